//! `aws_lambda_events` and `matchit`, joined by hand: code for those who want neither `lambda_http` nor axum.

use aws_lambda_events::alb::{AlbTargetGroupRequest, AlbTargetGroupResponse};
use aws_lambda_events::apigw::{
    ApiGatewayProxyRequest, ApiGatewayProxyResponse, ApiGatewayV2httpRequest, ApiGatewayV2httpResponse,
};
use aws_lambda_events::encodings::Body;
use aws_lambda_events::vpc_lattice::{VpcLatticeRequestV1, VpcLatticeRequestV2, VpcLatticeResponse};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue, Method};
use serde::de::DeserializeOwned;

use crate::routes::Methods;
use crate::samples::Format;
use crate::{Handle, Todo, owned};

/// As `lambda_runtime` reads events.
fn read<T: DeserializeOwned>(payload: &[u8]) -> T {
    let json = &mut serde_json::Deserializer::from_slice(payload);
    serde_path_to_error::deserialize(json).expect("aws_lambda_events reads the event")
}

/// The app's response: status, header fields, body.
fn answer(routes: &Methods, method: &Method, path: &str) -> (u16, HeaderMap, Option<Body>) {
    let mut headers = HeaderMap::new();
    let Some(id) = routes.find(method.as_str(), path) else { return (404, headers, None) };
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let body = serde_json::to_string(&Todo { id: id.to_owned() }).expect("a todo is JSON");
    (200, headers, Some(Body::Text(body)))
}

/// Fills in a response, whose type cannot be written as a literal outside its crate, and returns its JSON.
macro_rules! response {
    ($type:ty, $answer:expr) => {{
        let mut response = <$type>::default();
        let (status, headers, body) = $answer;
        response.status_code = status.into();
        response.headers = headers;
        response.body = body;
        serde_json::to_vec(&response).expect("a response is JSON")
    }};
}

/// Knows the format of its events, like a function that has one gateway.
pub fn matchit(format: Format) -> impl Handle {
    let routes = Methods::new();
    owned(move |payload| match format {
        Format::V1 => {
            let event: ApiGatewayProxyRequest = read(payload);
            let path = event.path.as_deref().unwrap_or_default();
            response!(ApiGatewayProxyResponse, answer(&routes, &event.http_method, path))
        }
        Format::V2 => {
            let event: ApiGatewayV2httpRequest = read(payload);
            let path = event.raw_path.as_deref().unwrap_or_default();
            response!(ApiGatewayV2httpResponse, answer(&routes, &event.request_context.http.method, path))
        }
        Format::Alb => {
            let event: AlbTargetGroupRequest = read(payload);
            let path = event.path.as_deref().unwrap_or_default();
            response!(AlbTargetGroupResponse, answer(&routes, &event.http_method, path))
        }
        Format::LatticeV1 => {
            let event: VpcLatticeRequestV1 = read(payload);
            let target = event.raw_path.as_deref().unwrap_or_default();
            let path = target.split_once('?').map_or(target, |(path, _)| path);
            response!(VpcLatticeResponse, answer(&routes, event.method.as_ref().unwrap_or(&Method::GET), path))
        }
        Format::LatticeV2 => {
            let event: VpcLatticeRequestV2 = read(payload);
            let path = event.path.as_deref().unwrap_or_default();
            response!(VpcLatticeResponse, answer(&routes, event.method.as_ref().unwrap_or(&Method::GET), path))
        }
    })
}
