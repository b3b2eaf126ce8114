//! Payload format 1.0: of REST APIs, and of HTTP APIs that are configured for it.

use super::object::Object;
use super::parts::{self, ACCOUNT_ID, API_ID, Arrival, Grouped, HeaderStyle, TextBodies};
use super::request::HttpRequest;

/// The event of a REST API.
pub(super) fn event(request: &HttpRequest) -> Vec<u8> {
    let stage = request.stage.as_deref().unwrap_or("prod");
    Object::json(|event| {
        let arrival = Arrival::now();
        write_request(event, request, &request.path, &arrival);
        event.object("requestContext", |context| rest_context(context, request, stage, &arrival));
        write_body(event, request, TextBodies::Utf8);
    })
}

/// The event of an HTTP API in this format.
pub(super) fn http_v1_event(request: &HttpRequest) -> Vec<u8> {
    let stage = request.stage.as_deref().unwrap_or("$default");
    // With a custom domain the path is the client's: with the base path, and without the stage.
    let stage_in_path = if request.base_path.is_empty() { stage } else { "$default" };
    let path = parts::staged_path(&request.path, stage_in_path);
    Object::json(|event| {
        let arrival = Arrival::now();
        event.text("version", "1.0");
        write_request(event, request, &path, &arrival);
        event.object("requestContext", |context| http_context(context, request, stage, &path, &arrival));
        write_body(event, request, TextBodies::ByType);
    })
}

/// The resource that takes the request. A proxy resource takes no empty path: the root has its own resource.
fn resource(request: &HttpRequest) -> &'static str {
    if parts::own_path(request) == "/" { "/" } else { "/{proxy+}" }
}

fn write_request(event: &mut Object, request: &HttpRequest, path: &str, arrival: &Arrival) {
    event.text("resource", resource(request));
    event.text("path", path);
    event.text("httpMethod", &request.method);
    let headers = parts::headers(request, arrival, HeaderStyle::AsSent);
    write_maps(event, &headers, "headers", "multiValueHeaders");
    write_maps(event, &parts::decoded_query(request), "queryStringParameters", "multiValueQueryStringParameters");
    let path = parts::own_path(request);
    if path == "/" {
        event.null("pathParameters");
    } else {
        let path = parts::decoded_path(path);
        event.object("pathParameters", |map| map.text("proxy", path.strip_prefix('/').unwrap_or(&path)));
    }
    event.null("stageVariables");
}

/// The map of last values and the map of all values; `null` if they are empty.
fn write_maps(event: &mut Object, map: &Grouped, single: &str, multi: &str) {
    if map.is_empty() {
        event.null(single);
        event.null(multi);
    } else {
        map.write_last(event, single);
        map.write_lists(event, multi);
    }
}

fn write_body(event: &mut Object, request: &HttpRequest, texts: TextBodies) {
    let (body, base64) = parts::body(request, texts);
    event.nullable("body", body.as_deref());
    event.bool("isBase64Encoded", base64);
}

fn rest_context(context: &mut Object, request: &HttpRequest, stage: &str, arrival: &Arrival) {
    context.text("resourceId", "i8fg8g");
    context.text("resourcePath", resource(request));
    context.text("httpMethod", &request.method);
    context.text("extendedRequestId", &arrival.short_id());
    context.text("requestTime", &arrival.time());
    let stage_in_path = if request.base_path.is_empty() { format!("/{stage}") } else { String::new() };
    context.text("path", &format!("{stage_in_path}{}", request.path));
    context.text("accountId", ACCOUNT_ID);
    context.text("protocol", "HTTP/1.1");
    context.text("stage", stage);
    context.int("requestTimeEpoch", arrival.epoch_millis());
    context.text("requestId", &arrival.uuid());
    context.object("identity", |identity| write_identity(identity, request));
    parts::write_domain(context, request);
    context.text("deploymentId", "d7x2qk");
    context.text("apiId", API_ID);
}

fn http_context(context: &mut Object, request: &HttpRequest, stage: &str, path: &str, arrival: &Arrival) {
    let resource = resource(request);
    context.text("accountId", ACCOUNT_ID);
    context.text("apiId", API_ID);
    parts::write_domain(context, request);
    context.text("extendedRequestId", &arrival.short_id());
    context.text("httpMethod", &request.method);
    context.object("identity", |identity| {
        identity.null("cognitoAmr");
        write_identity(identity, request);
    });
    context.text("path", path);
    context.text("protocol", "HTTP/1.1");
    context.text("requestId", &arrival.short_id());
    context.text("requestTime", &arrival.time());
    context.int("requestTimeEpoch", arrival.epoch_millis());
    context.text("resourceId", &format!("ANY {resource}"));
    context.text("resourcePath", resource);
    context.text("stage", stage);
}

/// The sender of the request: an unauthenticated caller, from the address.
fn write_identity(identity: &mut Object, request: &HttpRequest) {
    for unknown in [
        "accessKey",
        "accountId",
        "caller",
        "cognitoAuthenticationProvider",
        "cognitoAuthenticationType",
        "cognitoIdentityId",
        "cognitoIdentityPoolId",
        "principalOrgId",
        "user",
        "userArn",
    ] {
        identity.null(unknown);
    }
    identity.text("sourceIp", &request.source_ip);
    identity.nullable("userAgent", parts::last_header(request, "user-agent"));
}
