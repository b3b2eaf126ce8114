//! `lambda_http`, with an axum router and with a function that matches on the path; and the same router on gatewire.

use std::collections::HashMap;
use std::convert::Infallible;

use axum::body::Bytes;
use axum::extract::{Path, Query};
use axum::routing::{get, put};
use axum::{Extension, Json, Router};
use futures_util::FutureExt;
use http::header::{CONTENT_TYPE, HeaderName, USER_AGENT};
use http::{HeaderMap, Method, Response, StatusCode};
use lambda_http::request::LambdaRequest;
use lambda_http::{Adapter, Body, Context, IntoResponse, LambdaEvent, Request, Service, service_fn};
use serde::Serialize;

use crate::app::{BUSY_HEADERS, NO_ID};
use crate::axum_router::{one, router};
use crate::{Handle, Todo, owned};

/// The work of `lambda_runtime` around a service.
fn run<S, R>(mut service: Adapter<'static, R, S>) -> impl Handle
where
    S: Service<Request, Response = R, Error = Infallible>,
    S::Future: Send + 'static,
    R: IntoResponse + Send + 'static,
{
    owned(move |payload| {
        let json = &mut serde_json::Deserializer::from_slice(payload);
        let request: LambdaRequest = serde_path_to_error::deserialize(json).expect("lambda_http reads the event");
        let future = service.call(LambdaEvent::new(request, Context::default()));
        let response = future.now_or_never().expect("nothing to wait for").expect("an infallible service");
        serde_json::to_vec(&response).expect("a response is JSON")
    })
}

/// `lambda_http` and a router of axum.
pub(crate) fn of_router(router: Router) -> impl Handle {
    run(Adapter::from(router))
}

/// `lambda_http` and axum, as both document their use.
pub fn axum() -> impl Handle {
    run(Adapter::from(router(get(one))))
}

/// The same with a busy handler at `GET /todos/{id}`.
pub fn busy_axum() -> impl Handle {
    run(Adapter::from(router(get(busy))))
}

/// The same with four extractors at `GET /todos/{id}`.
pub fn typed_axum() -> impl Handle {
    run(Adapter::from(router(get(typed)).layer(Extension(Table("42")))))
}

/// A router that reads bodies: `PUT` is answered with the body, `POST` with its length.
pub fn bodies_axum() -> impl Handle {
    run(Adapter::from(bodies()))
}

/// The same router on gatewire, by feature `tower`.
pub fn axum_on_gatewire() -> impl Handle {
    on_gatewire(router(get(one)))
}

/// The same with the busy handler.
pub fn busy_axum_on_gatewire() -> impl Handle {
    on_gatewire(router(get(busy)))
}

/// The same with four extractors.
pub fn typed_axum_on_gatewire() -> impl Handle {
    on_gatewire(router(get(typed)).layer(Extension(Table("42"))))
}

/// The same with the router that reads bodies.
pub fn bodies_axum_on_gatewire() -> impl Handle {
    on_gatewire(bodies())
}

fn on_gatewire(router: Router) -> impl Handle {
    crate::gatewire(&gatewire::App::new().fallback_service(router).build().expect("an app without routes builds"))
}

fn bodies() -> Router {
    Router::new().route("/todos/{id}", put(echo).post(length))
}

async fn echo(body: String) -> ([(HeaderName, &'static str); 1], String) {
    ([(CONTENT_TYPE, "application/json")], body)
}

async fn length(body: Bytes) -> Json<usize> {
    Json(body.len())
}

#[derive(Serialize)]
struct Read {
    id: String,
    fields: String,
    lang: String,
    headers: usize,
}

async fn busy(
    Path(id): Path<String>,
    Query(mut query): Query<HashMap<String, String>>,
    fields: HeaderMap,
) -> Json<Read> {
    let mut take = |name| query.remove(name).unwrap_or_default();
    let (fields_asked, lang) = (take("fields"), take("lang"));
    let headers = BUSY_HEADERS.iter().filter_map(|name| fields.get(*name)).map(|value| value.len()).sum();
    Json(Read { id, fields: fields_asked, lang, headers })
}

#[derive(Clone)]
struct Table(&'static str);

/// The counterpart of the typed handler in `app`. The query is a map, because the event repeats a parameter, which is an error
/// for a struct.
async fn typed(
    Path(id): Path<u32>,
    Query(mut query): Query<HashMap<String, String>>,
    headers: HeaderMap,
    Extension(table): Extension<Table>,
) -> Result<Json<Read>, StatusCode> {
    let mut take = |name| query.remove(name).ok_or(StatusCode::BAD_REQUEST);
    let (fields, lang) = (take("fields")?, take("lang")?);
    let agent = headers.get(USER_AGENT).and_then(|value| value.to_str().ok()).ok_or(StatusCode::BAD_REQUEST)?;
    let id = if id == 42 { table.0.to_owned() } else { String::new() };
    Ok(Json(Read { id, fields, lang, headers: agent.len() }))
}

/// `lambda_http` and a function that matches on method and path: no router.
pub fn matching() -> impl Handle {
    run(Adapter::from(service_fn(by_hand)))
}

async fn by_hand(request: Request) -> Result<Response<Body>, Infallible> {
    // The longest rule except `/files` has four segments, and no other request of the rig has more.
    let mut segments = [""; 8];
    let path = request.uri().path();
    let mut count = 0;
    for (slot, segment) in segments.iter_mut().zip(path[1..].split('/')) {
        *slot = segment;
        count += 1;
    }
    let id = match (request.method(), &segments[..count]) {
        (&Method::GET, ["" | "health" | "todos" | "lists" | "users" | "teams" | "tags"])
        | (&Method::GET, ["todos", "search"] | ["reports", "daily" | "weekly"])
        | (&Method::POST, ["todos"]) => Some(NO_ID),
        (&Method::GET, ["todos", id] | ["todos", id, "comments" | "history"] | ["todos", id, "comments", _])
        | (&Method::GET, ["lists", id] | ["lists", id, "todos" | "members"])
        | (&Method::GET, ["users", id] | ["users", id, "lists" | "settings"])
        | (&Method::GET, ["teams", id] | ["teams", id, "members"] | ["teams", id, "members", _])
        | (&Method::GET, ["tags", id] | ["reports", id, _] | ["exports", id])
        | (&Method::POST, ["todos", id, "photo"])
        | (&Method::DELETE, ["todos", id]) => Some(*id),
        (&Method::GET, ["files", _, ..]) => Some(&path["/files/".len()..]),
        _ => None,
    };
    let response = Response::builder();
    let response = match id {
        Some(id) => {
            let body = serde_json::to_string(&Todo { id: id.to_owned() }).expect("a todo is JSON");
            response.header("content-type", "application/json").body(Body::from(body))
        }
        None => response.status(404).body(Body::Empty),
    };
    Ok(response.expect("a response of constants"))
}
