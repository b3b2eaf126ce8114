//! The events of an Application Load Balancer.

use super::object::Object;
use super::parts::{self, Arrival, HeaderStyle, TextBodies};
use super::request::HttpRequest;

const TARGET_GROUP: &str =
    "arn:aws:elasticloadbalancing:eu-central-1:111122223333:targetgroup/functions/0123456789abcdef";

/// The event of a load balancer, whose target group has multi-value headers turned on or not.
pub(super) fn event(request: &HttpRequest) -> Vec<u8> {
    let query = parts::raw_query(request);
    let headers = parts::headers(request, &Arrival::now(), HeaderStyle::LowerCaseAppend);
    Object::json(|event| {
        event.object("requestContext", |context| {
            context.object("elb", |elb| elb.text("targetGroupArn", TARGET_GROUP));
        });
        event.text("httpMethod", &request.method);
        event.text("path", &request.path);
        if request.multi_value {
            query.write_lists(event, "multiValueQueryStringParameters");
            headers.write_lists(event, "multiValueHeaders");
        } else {
            query.write_last(event, "queryStringParameters");
            headers.write_last(event, "headers");
        }
        let (body, base64) = parts::body(request, TextBodies::ByTypeUnencoded);
        event.text("body", body.as_deref().unwrap_or_default());
        event.bool("isBase64Encoded", base64);
    })
}
