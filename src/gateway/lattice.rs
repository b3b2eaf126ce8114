//! The events of VPC Lattice, in both versions.

use super::object::Object;
use super::parts::{self, Arrival, HeaderStyle, TextBodies};
use super::request::HttpRequest;

const REGION: &str = "eu-central-1";
const SERVICE_NETWORK: &str = "arn:aws:vpc-lattice:eu-central-1:111122223333:servicenetwork/sn-0123456789abcdef0";
const SERVICE: &str = "arn:aws:vpc-lattice:eu-central-1:111122223333:service/svc-0123456789abcdef0";
const TARGET_GROUP: &str = "arn:aws:vpc-lattice:eu-central-1:111122223333:targetgroup/tg-0123456789abcdef0";
const SOURCE_VPC: &str = "arn:aws:ec2:eu-central-1:111122223333:vpc/vpc-0123456789abcdef0";

/// The event of version 1.
pub(super) fn event(request: &HttpRequest) -> Vec<u8> {
    let headers = parts::headers(request, &Arrival::now(), HeaderStyle::LowerCaseAppend);
    Object::json(|event| {
        let HttpRequest { path, query, .. } = request;
        let target = if query.is_empty() { path.clone() } else { format!("{path}?{query}") };
        event.text("raw_path", &target);
        event.text("method", &request.method);
        headers.write_last(event, "headers");
        parts::decoded_query(request).write_last(event, "query_string_parameters");
        write_body(event, request, "is_base64_encoded");
    })
}

/// The event of version 2.
pub(super) fn v2_event(request: &HttpRequest) -> Vec<u8> {
    let arrival = Arrival::now();
    Object::json(|event| {
        event.text("version", "2.0");
        event.text("path", &request.path);
        event.text("method", &request.method);
        parts::headers(request, &arrival, HeaderStyle::LowerCaseAppend).write_lists(event, "headers");
        let query = parts::decoded_query(request);
        if !query.is_empty() {
            query.write_lists(event, "queryStringParameters");
        }
        write_body(event, request, "isBase64Encoded");
        event.object("requestContext", |context| {
            context.text("serviceNetworkArn", SERVICE_NETWORK);
            context.text("serviceArn", SERVICE);
            context.text("targetGroupArn", TARGET_GROUP);
            // The caller has not signed the request: only its origin is known.
            context.object("identity", |identity| identity.text("sourceVpcArn", SOURCE_VPC));
            context.text("region", REGION);
            context.text("timeEpoch", &arrival.epoch_micros().to_string());
        });
    })
}

/// The body, or an empty string without one, and whether it is base64, under the name of the version.
fn write_body(event: &mut Object, request: &HttpRequest, base64_key: &str) {
    let (body, base64) = parts::body(request, TextBodies::ByTypeUnencoded);
    event.text("body", body.as_deref().unwrap_or_default());
    event.bool(base64_key, base64);
}
