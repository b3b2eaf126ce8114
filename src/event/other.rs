//! Names the events of other services, which are refused, for the message.

use std::fmt;

use crate::json::{Kind, Value};

/// The kind of an event that is not a request through a gateway, as far as its keys show.
///
/// ```
/// use gatewire::{context::LambdaContext, App, Request};
///
/// let mut worker = App::new().get("/", |_: Request| "hello").build()?.worker();
/// let event = br#"{"Records":[{"eventSource":"aws:sqs","body":"milk"}]}"#;
/// let error = worker.call_blocking(event, &LambdaContext::default()).unwrap_err();
/// assert_eq!(error.message(), "the payload is not a proxy event: it is an event of SQS");
/// # Ok::<(), gatewire::error::BuildError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OtherEvent {
    /// A message, a connect or a disconnect of a WebSocket API.
    WebSocket,
    /// A request of API Gateway to a Lambda authorizer.
    Authorizer,
    /// The records of a queue, a stream or a bucket: the service that sent them, as in `SQS`; `None` for an unknown
    /// service.
    Records(Option<&'static str>),
    /// An event of EventBridge, such as a schedule.
    EventBridge,
    /// The log lines that a subscription of CloudWatch Logs sends.
    Logs,
    /// A trigger of a Cognito user pool.
    Cognito,
    /// A request of a Bedrock agent to its action group.
    BedrockAgent,
    /// The template with which the Lambda console begins a test.
    ConsoleTest,
}

impl OtherEvent {
    /// The kind of an event of neither a WebSocket API nor an authorizer, if its keys show it.
    #[cold]
    pub(super) fn of(event: Value<'_>) -> Option<Self> {
        let has = |key: &str| event.get(key).is_some_and(|value| !value.is_null());
        let kind = |key: &str| event.get(key).map_or(Kind::Null, Value::kind);
        Some(if kind("Records") == Kind::Array || kind("records") == Kind::Object {
            Self::Records(service(event))
        } else if has("detail-type") {
            Self::EventBridge
        } else if kind("awslogs") == Kind::Object {
            Self::Logs
        } else if has("triggerSource") {
            Self::Cognito
        } else if has("actionGroup") {
            Self::BedrockAgent
        } else if has("key1") && has("key2") && has("key3") {
            Self::ConsoleTest
        } else {
            return None;
        })
    }
}

/// The service that the records of an event name.
fn service(event: Value<'_>) -> Option<&'static str> {
    const SERVICES: &[(&str, &str)] = &[
        ("aws:sqs", "SQS"),
        ("aws:sns", "SNS"),
        ("aws:s3", "S3"),
        ("aws:dynamodb", "DynamoDB"),
        ("aws:kinesis", "Kinesis"),
        ("aws:ses", "SES"),
        ("aws:codecommit", "CodeCommit"),
        ("aws:kafka", "Amazon MSK"),
        ("SelfManagedKafka", "Kafka"),
    ];
    let first = event.get("Records").and_then(|records| records.items().next());
    let record = first.unwrap_or(event);
    if record.get("cf").is_some() {
        return Some("CloudFront");
    }
    let name = ["eventSource", "EventSource"].iter().find_map(|key| record.get(key)?.as_text())?;
    SERVICES.iter().find(|(source, _)| name.eq(source)).map(|(_, service)| *service)
}

impl fmt::Display for OtherEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::WebSocket => "an event of a WebSocket API, which no route can answer (`App::websocket` takes it)",
            Self::Authorizer => {
                "the event of a Lambda authorizer, which is answered with a policy (by `gatewire::authorizer`)"
            }
            Self::Records(Some(service)) => return write!(f, "an event of {service}"),
            Self::Records(None) => "an event with records, as those of queues, streams and buckets",
            Self::EventBridge => "an event of EventBridge",
            Self::Logs => "an event of CloudWatch Logs",
            Self::Cognito => "a trigger of a Cognito user pool",
            Self::BedrockAgent => "an event of a Bedrock agent",
            Self::ConsoleTest => {
                "the template `hello-world` of the Lambda console (the templates `apigateway-http-api-proxy` and \
                 `apigateway-aws-proxy` are requests)"
            }
        })
    }
}
