//! The gateways that an event can come from, and their differences.

/// The kind of gateway, and of payload, that an event came from.
///
/// A handler never needs it: a [`Request`](crate::Request) reads the same from each of them. It is recognised by the
/// keys of the event, or pinned with [`App::source`](crate::App::source).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum EventSource {
    /// An API Gateway REST API: [payload format 1.0][docs].
    ///
    /// [docs]: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
    RestApi,
    /// An API Gateway HTTP API that sends [payload format 1.0][docs].
    ///
    /// [docs]: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
    HttpApiV1,
    /// An API Gateway HTTP API: [payload format 2.0][docs].
    ///
    /// [docs]: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
    HttpApiV2,
    /// An [Application Load Balancer][docs], with or without multi-value headers.
    ///
    /// [docs]: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
    Alb,
    /// A [Lambda Function URL][docs].
    ///
    /// [docs]: https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html
    FunctionUrl,
    /// A VPC Lattice service, to a target group whose event structure is [version 1][docs]. Cookies of a response are
    /// header fields; AWS documents one, and nobody has tried several yet: see
    /// [`Response::cookie`](crate::Response::cookie).
    ///
    /// [docs]: https://docs.aws.amazon.com/vpc-lattice/latest/ug/lambda-functions.html#receive-event-from-service
    LatticeV1,
    /// A VPC Lattice service, to a target group whose event structure is [version 2][docs]. Cookies of a response are
    /// header fields; AWS documents one, and nobody has tried several yet: see
    /// [`Response::cookie`](crate::Response::cookie).
    ///
    /// [docs]: https://docs.aws.amazon.com/vpc-lattice/latest/ug/lambda-functions.html#receive-event-from-service
    LatticeV2,
}

impl EventSource {
    /// Returns whether a response can be sent while it is made: whether the gateway has a mode that takes one.
    pub(crate) const fn can_stream(self) -> bool {
        // https://docs.aws.amazon.com/lambda/latest/dg/config-rs-invoke-furls.html
        // https://docs.aws.amazon.com/apigateway/latest/developerguide/response-transfer-mode-lambda.html
        matches!(self, Self::RestApi | Self::FunctionUrl)
    }

    /// Returns whether a JSON body of `null` is sent as no body at all, as in Powertools.
    pub(crate) const fn takes_null_for_none(self) -> bool {
        matches!(self, Self::Alb)
    }

    /// Returns the name of the variant.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::RestApi => "RestApi",
            Self::HttpApiV1 => "HttpApiV1",
            Self::HttpApiV2 => "HttpApiV2",
            Self::Alb => "Alb",
            Self::FunctionUrl => "FunctionUrl",
            Self::LatticeV1 => "LatticeV1",
            Self::LatticeV2 => "LatticeV2",
        }
    }

    /// Returns the most bytes that a response may have.
    pub(crate) const fn response_limit(self) -> usize {
        match self {
            // https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
            Self::Alb => 1024 * 1024,
            // Lambda's own limit of 6 MB, with the 100 bytes that it allows beyond it.
            _ => 6 * 1024 * 1024 + 100,
        }
    }
}

/// The kinds of events that a Lambda authorizer receives.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum AuthorizerKind {
    /// A REST API, authorizer of type `TOKEN`: the [token alone][docs].
    ///
    /// [docs]: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html
    Token,
    /// A REST API, authorizer of type `REQUEST`: the [request without its body][docs].
    ///
    /// [docs]: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-lambda-authorizer-input.html
    Request,
    /// An HTTP API, [payload format 1.0][docs].
    ///
    /// [docs]: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
    HttpApiV1,
    /// An HTTP API, [payload format 2.0][docs].
    ///
    /// [docs]: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html
    HttpApiV2,
    /// A WebSocket API, when a [connection begins][docs].
    ///
    /// [docs]: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-lambda-auth.html
    WebSocket,
}
