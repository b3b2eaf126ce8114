//! Payload format 2.0: of HTTP APIs and of Function URLs.

use super::object::Object;
use super::parts::{self, ACCOUNT_ID, API_ID, Arrival, HeaderStyle, TextBodies};
use super::request::HttpRequest;

const URL_ID: &str = "exampleurlid0exampleurlid0exampl";
const URL_DOMAIN: &str = "exampleurlid0exampleurlid0exampl.lambda-url.eu-central-1.on.aws";

/// The route for all requests that no other route takes. A Function URL has no other.
const ROUTE_KEY: &str = "$default";

/// The event of an HTTP API.
pub(super) fn event(request: &HttpRequest) -> Vec<u8> {
    let stage = request.stage.as_deref().unwrap_or("$default");
    let path = parts::staged_path(parts::own_path(request), stage);
    let arrival = Arrival::now();
    write_event(request, &path, &arrival, HeaderStyle::LowerCaseNoCookies, |context| {
        context.text("accountId", ACCOUNT_ID);
        context.text("apiId", API_ID);
        parts::write_domain(context, request);
        context.text("requestId", &arrival.short_id());
        context.text("stage", stage);
    })
}

/// The event of a Function URL.
pub(super) fn function_url_event(request: &HttpRequest) -> Vec<u8> {
    let arrival = Arrival::now();
    write_event(request, &request.path, &arrival, HeaderStyle::LowerCase, |context| {
        // Callers who don't sign their requests have no known account.
        context.text("accountId", "anonymous");
        context.text("apiId", URL_ID);
        context.null("authentication");
        context.text("domainName", URL_DOMAIN);
        context.text("domainPrefix", URL_ID);
        context.text("requestId", &arrival.uuid());
        context.text("stage", "$default");
    })
}

/// Writes the event; `own` writes the gateway's own fields into the context.
fn write_event(
    request: &HttpRequest,
    path: &str,
    arrival: &Arrival,
    style: HeaderStyle,
    own: impl FnOnce(&mut Object),
) -> Vec<u8> {
    Object::json(|event| {
        event.text("version", "2.0");
        event.text("routeKey", ROUTE_KEY);
        event.text("rawPath", path);
        event.text("rawQueryString", &request.query);
        let cookies = parts::cookies(request);
        if !cookies.is_empty() {
            event.texts("cookies", &cookies);
        }
        parts::headers(request, arrival, style).write_joined(event, "headers");
        let query = parts::decoded_query(request);
        if !query.is_empty() {
            query.write_joined(event, "queryStringParameters");
        }
        event.object("requestContext", |context| {
            own(context);
            context.object("http", |http| write_http(http, request, path));
            context.text("routeKey", ROUTE_KEY);
            context.text("time", &arrival.time());
            context.int("timeEpoch", arrival.epoch_millis());
        });
        let (body, base64) = parts::body(request, TextBodies::ByType);
        if let Some(body) = body {
            event.text("body", &body);
        }
        event.bool("isBase64Encoded", base64);
    })
}

fn write_http(http: &mut Object, request: &HttpRequest, path: &str) {
    http.text("method", &request.method);
    http.text("path", path);
    http.text("protocol", "HTTP/1.1");
    http.text("sourceIp", &request.source_ip);
    http.text("userAgent", parts::last_header(request, "user-agent").unwrap_or_default());
}
