//! The request context: the gateway's knowledge about a request beyond HTTP. Read on demand.

use std::fmt;

use bumpalo::Bump;

use super::view::{JsonView, Outline};
use crate::json::Value;

/// An object of the event, or none: the base of the typed views in this file.
#[derive(Clone, Copy)]
struct Object<'r> {
    value: Option<Value<'r>>,
    arena: &'r Bump,
}

impl<'r> Object<'r> {
    fn json(self, key: &str) -> Option<JsonView<'r>> {
        let value = self.value?.get(key)?;
        (!value.is_null()).then(|| JsonView::new(value, self.arena))
    }

    fn text(self, key: &str) -> Option<&'r str> {
        self.json(key)?.as_str()
    }

    /// A string, unless it is empty: payload 2.0 writes an unknown value as an empty string.
    fn known(self, key: &str) -> Option<&'r str> {
        self.text(key).filter(|text| !text.is_empty())
    }

    fn object(self, key: &str) -> Self {
        Self { value: self.value.and_then(|value| value.get(key)).filter(|value| !value.is_null()), ..self }
    }

    fn exists(self) -> Option<Self> {
        self.value.is_some().then_some(self)
    }
}

/// Declares `Debug` for views: with the names of the fields that there are, as their values may be secrets.
macro_rules! outlines {
    ($($name:ident),+ $(,)?) => {
        $(impl fmt::Debug for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_tuple(stringify!($name)).field(&Outline(self.0.value)).finish()
            }
        })+
    };
}

outlines! {
    RequestContext, Identity, ClientCertificate, Validity, Authorizer, IamAuthorizer, CognitoIdentity, StringMap
}

/// Declares accessors that read a string field: name, JSON key, documentation.
macro_rules! texts {
    ($($(#[$documentation:meta])* $name:ident = $key:literal;)+) => {
        $($(#[$documentation])*
        pub fn $name(self) -> Option<&'r str> {
            self.0.text($key)
        })+
    };
}

/// The `requestContext` of an event, of any source: an accessor returns `None` if the source has no such field.
///
/// Made by [`Request::context`](crate::Request::context). Fields: [REST API and payload 1.0][rest],
/// [HTTP API][http], [Application Load Balancer][alb], [Function URL][url], [VPC Lattice][lattice] (version 2:
/// version 1 has no context).
///
/// ```
/// # fn handler(req: gatewire::Request<'_>) -> Option<()> {
/// let context = req.context();
/// let tenant = context.authorizer().claim("custom:tenant")?;
/// let subject = context.client_certificate()?.subject_dn()?;
/// # Some(()) }
/// ```
///
/// [rest]: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html#api-gateway-simple-proxy-for-lambda-input-format
/// [http]: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
/// [alb]: https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html
/// [url]: https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads
/// [lattice]: https://docs.aws.amazon.com/vpc-lattice/latest/ug/lambda-functions.html#receive-event-from-service
#[derive(Clone, Copy)]
pub struct RequestContext<'r>(Object<'r>);

impl<'r> RequestContext<'r> {
    pub(crate) fn new(value: Option<Value<'r>>, arena: &'r Bump) -> Self {
        Self(Object { value, arena })
    }

    texts! {
        /// `accountId`: the AWS account of the API.
        account_id = "accountId";
        /// `apiId`: the identifier of the API, or of the Function URL.
        api_id = "apiId";
        /// `domainName`: the host name that the client called.
        domain_name = "domainName";
        /// `domainPrefix`: the first label of [`domain_name`](Self::domain_name).
        domain_prefix = "domainPrefix";
        /// `stage`: the stage of the API; `$default` for a Function URL.
        stage = "stage";
        /// `requestId`: the gateway's identifier of this request, not the one of the invocation.
        request_id = "requestId";
        /// `extendedRequestId` (REST): with it AWS support finds the request.
        extended_request_id = "extendedRequestId";
        /// `deploymentId` (REST).
        deployment_id = "deploymentId";
        /// `resourceId` (REST).
        resource_id = "resourceId";
        /// `resourcePath` (REST): the resource as it is configured, as in `/todos/{id}`.
        resource_path = "resourcePath";
        /// `operationName` (REST).
        operation_name = "operationName";
        /// `routeKey` (HTTP API, Function URL): the route that matched in the gateway, as in `GET /todos/{id}`.
        route_key = "routeKey";
        /// `routeId` (HTTP API): the identifier of that route.
        route_id = "routeId";
        /// `serviceNetworkArn` (VPC Lattice): the service network that delivered the request.
        service_network_arn = "serviceNetworkArn";
        /// `serviceArn` (VPC Lattice): the service that received the request.
        service_arn = "serviceArn";
        /// `region` (VPC Lattice): the AWS Region, as in `eu-central-1`.
        region = "region";
    }

    /// The identifiers and the caller, found in one walk over the context.
    pub(crate) fn ids(self) -> Ids<'r> {
        let Object { value, arena } = self.0;
        let mut ids = Ids::default();
        let Some(context) = value else { return ids };
        let text = |value: Value<'r>| value.as_text().map(|text| text.decode(arena));
        let mut entries = context.entries();
        // As in `get`, the last of equal keys counts.
        while let Some((key, value)) = entries.advance() {
            // An escape has five bytes more than its letter: a key without room for it is as it stands.
            let key = if key.raw().len() < "http".len() + 5 { key.raw() } else { key.decode(arena) };
            match key {
                "requestId" => ids.request = text(value),
                "apiId" => ids.api = text(value),
                "extendedRequestId" => ids.extended = text(value),
                "identity" => ids.identity = Some(value),
                "http" => ids.http = Some(value),
                _ => {}
            }
        }
        ids
    }

    /// `requestTime` or `time`: when the gateway got the request, in the common log format
    /// (`10/Mar/2020:00:03:59 +0000`).
    pub fn time(self) -> Option<&'r str> {
        self.0.text("requestTime").or_else(|| self.0.text("time"))
    }

    /// `requestTimeEpoch` or `timeEpoch`: when the gateway got the request, in milliseconds since the Unix epoch. VPC
    /// Lattice sends a string of microseconds, which is truncated to milliseconds here.
    pub fn time_epoch_millis(self) -> Option<u64> {
        let time = self.0.json("requestTimeEpoch").or_else(|| self.0.json("timeEpoch"))?;
        match time.as_str() {
            Some(micros) => micros.parse::<u64>().ok().map(|micros| micros / 1000),
            None => time.as_u64(),
        }
    }

    /// `path` or `http.path`: the path as the gateway knows it, with the stage.
    pub fn path(self) -> Option<&'r str> {
        self.0.text("path").or_else(|| self.0.object("http").text("path"))
    }

    /// `httpMethod` or `http.method`.
    pub fn method(self) -> Option<&'r str> {
        self.0.text("httpMethod").or_else(|| self.0.object("http").text("method"))
    }

    /// `protocol` or `http.protocol`, as in `HTTP/1.1`.
    pub fn protocol(self) -> Option<&'r str> {
        self.0.text("protocol").or_else(|| self.0.object("http").text("protocol"))
    }

    /// `identity.sourceIp` or `http.sourceIp`: the address of the gateway's peer. Load balancers and VPC Lattice send
    /// no such field: the address is in `X-Forwarded-For`. `None` also if the event has an empty string.
    pub fn source_ip(self) -> Option<&'r str> {
        self.ids().source_ip(self.0.arena)
    }

    /// `identity.userAgent` or `http.userAgent`; `None` also if the event has an empty string.
    pub fn user_agent(self) -> Option<&'r str> {
        self.ids().user_agent(self.0.arena)
    }

    /// `elb.targetGroupArn` (load balancer) or `targetGroupArn` (VPC Lattice): the target group that the function is in.
    pub fn target_group_arn(self) -> Option<&'r str> {
        self.0.object("elb").text("targetGroupArn").or_else(|| self.0.text("targetGroupArn"))
    }

    /// `identity` (REST, payload 1.0 and VPC Lattice).
    pub fn identity(self) -> Identity<'r> {
        Identity(self.0.object("identity"))
    }

    /// `authorizer`: the result of the gateway's authorizer.
    pub fn authorizer(self) -> Authorizer<'r> {
        Authorizer(self.0.object("authorizer"))
    }

    /// `identity.clientCert` or `authentication.clientCert`: the certificate of a client that used mutual TLS.
    pub fn client_certificate(self) -> Option<ClientCertificate<'r>> {
        let version_1 = self.0.object("identity").object("clientCert").exists();
        version_1.or_else(|| self.0.object("authentication").object("clientCert").exists()).map(ClientCertificate)
    }

    /// The whole context, for fields that no accessor names; `None` if the event has no context.
    pub fn json(self) -> Option<JsonView<'r>> {
        self.0.value.map(|value| JsonView::new(value, self.0.arena))
    }
}

/// The identifiers of a request context, and the objects that describe the caller.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Ids<'r> {
    /// [`RequestContext::request_id`]
    pub(crate) request: Option<&'r str>,
    /// [`RequestContext::api_id`]
    pub(crate) api: Option<&'r str>,
    /// [`RequestContext::extended_request_id`]
    pub(crate) extended: Option<&'r str>,
    identity: Option<Value<'r>>,
    http: Option<Value<'r>>,
}

impl<'r> Ids<'r> {
    /// [`RequestContext::source_ip`]
    pub(crate) fn source_ip(&self, arena: &'r Bump) -> Option<&'r str> {
        self.of_caller("sourceIp", arena)
    }

    /// [`RequestContext::user_agent`]
    pub(crate) fn user_agent(&self, arena: &'r Bump) -> Option<&'r str> {
        self.of_caller("userAgent", arena)
    }

    fn of_caller(&self, key: &str, arena: &'r Bump) -> Option<&'r str> {
        [self.identity, self.http].into_iter().find_map(|value| Object { value, arena }.known(key))
    }
}

/// `requestContext.identity` of REST APIs, of payload 1.0 and of VPC Lattice: who called. An absent field is `None`.
#[derive(Clone, Copy)]
pub struct Identity<'r>(Object<'r>);

impl<'r> Identity<'r> {
    texts! {
        /// `accessKey`: the AWS access key of a signed request.
        access_key = "accessKey";
        /// `accountId`: the AWS account of a signed request.
        account_id = "accountId";
        /// `apiKey`: the API key of a method that requires one.
        api_key = "apiKey";
        /// `apiKeyId`: the identifier of that key.
        api_key_id = "apiKeyId";
        /// `caller`: the principal of a signed request.
        caller = "caller";
        /// `cognitoAuthenticationProvider`
        cognito_authentication_provider = "cognitoAuthenticationProvider";
        /// `cognitoAuthenticationType`
        cognito_authentication_type = "cognitoAuthenticationType";
        /// `cognitoIdentityId`
        cognito_identity_id = "cognitoIdentityId";
        /// `cognitoIdentityPoolId`
        cognito_identity_pool_id = "cognitoIdentityPoolId";
        /// `principal` (VPC Lattice): the ARN of the authenticated principal.
        principal = "principal";
        /// `sessionName` (VPC Lattice): the name of the authenticated session.
        session_name = "sessionName";
        /// `sourceVpcArn` (VPC Lattice): the VPC that the request came from.
        source_vpc_arn = "sourceVpcArn";
        /// `type` (VPC Lattice): how the caller was authenticated, as in `AWS_IAM`.
        identity_type = "type";
        /// `x509IssuerOu` (VPC Lattice, as the other `x509` fields): the organizational unit of the issuer of the
        /// certificate with which the caller got its credentials.
        x509_issuer_ou = "x509IssuerOu";
        /// `x509SanDns`: the DNS name in a subject alternative name of that certificate.
        x509_san_dns = "x509SanDns";
        /// `x509SanNameCn`: the common name in a subject alternative name of that certificate.
        x509_san_name_cn = "x509SanNameCn";
        /// `x509SanUri`: the URI in a subject alternative name of that certificate.
        x509_san_uri = "x509SanUri";
        /// `x509SubjectCn`: the common name of that certificate's subject.
        x509_subject_cn = "x509SubjectCn";
        /// `user`: the principal that is authorized.
        user = "user";
        /// `userAgent`
        user_agent = "userAgent";
        /// `userArn`: the ARN of the principal.
        user_arn = "userArn";
        /// `vpcId` (private APIs)
        vpc_id = "vpcId";
        /// `vpceId` (private APIs): the interface endpoint.
        vpce_id = "vpceId";
    }

    /// `sourceIp`: the address of the gateway's peer; `None` also if the event has an empty string.
    pub fn source_ip(self) -> Option<&'r str> {
        self.0.known("sourceIp")
    }

    /// `principalOrgId`, or `principalOrgID` (VPC Lattice): the AWS organization of the caller.
    pub fn principal_org_id(self) -> Option<&'r str> {
        self.0.text("principalOrgId").or_else(|| self.0.text("principalOrgID"))
    }
}

/// A client's certificate, if the API uses [mutual TLS][mtls].
///
/// [mtls]: https://docs.aws.amazon.com/apigateway/latest/developerguide/rest-api-mutual-tls.html
#[derive(Clone, Copy)]
pub struct ClientCertificate<'r>(Object<'r>);

impl<'r> ClientCertificate<'r> {
    texts! {
        /// `clientCertPem`: the certificate in PEM encoding.
        pem = "clientCertPem";
        /// `issuerDN`: the distinguished name of the issuer.
        issuer_dn = "issuerDN";
        /// `serialNumber`
        serial_number = "serialNumber";
        /// `subjectDN`: the distinguished name of the subject.
        subject_dn = "subjectDN";
    }

    /// `validity`: from when to when the certificate is valid.
    pub fn validity(self) -> Validity<'r> {
        Validity(self.0.object("validity"))
    }
}

/// From when to when a certificate is valid, as in `May 28 12:30:02 2019 GMT`.
#[derive(Clone, Copy)]
pub struct Validity<'r>(Object<'r>);

impl<'r> Validity<'r> {
    texts! {
        /// `notBefore`
        not_before = "notBefore";
        /// `notAfter`
        not_after = "notAfter";
    }
}

/// `requestContext.authorizer`, of any kind: JWT and Cognito claims, a Lambda authorizer's context, or IAM.
///
/// If the source has no authorizer, everything is `None` or empty.
#[derive(Clone, Copy)]
pub struct Authorizer<'r>(Object<'r>);

impl<'r> Authorizer<'r> {
    /// Returns whether the event has an authorizer.
    pub fn exists(self) -> bool {
        self.0.exists().is_some()
    }

    /// `principalId` (REST): the user that a Lambda authorizer named.
    pub fn principal_id(self) -> Option<&'r str> {
        self.0.text("principalId")
    }

    /// `integrationLatency` (REST): how long the Lambda authorizer took, in milliseconds.
    pub fn integration_latency(self) -> Option<u64> {
        self.0.json("integrationLatency")?.as_u64()
    }

    /// The claims of a token: `jwt.claims` of an HTTP API, `claims` of a Cognito user pool on a REST API.
    fn claims_object(self) -> Object<'r> {
        let jwt = self.0.object("jwt").object("claims");
        if jwt.exists().is_some() { jwt } else { self.0.object("claims") }
    }

    /// A claim of the token by its name. A claim that is not a string is returned as its JSON.
    pub fn claim(self, name: &str) -> Option<&'r str> {
        self.claims_object().json(name).map(JsonView::text)
    }

    /// All claims of the token.
    pub fn claims(self) -> StringMap<'r> {
        StringMap(self.claims_object())
    }

    /// The scopes of the route that the token has (HTTP API).
    pub fn scopes(self) -> impl Iterator<Item = &'r str> {
        self.0.object("jwt").json("scopes").into_iter().flat_map(JsonView::items).filter_map(JsonView::as_str)
    }

    /// A value of the context that a Lambda authorizer returned: below `lambda` for HTTP APIs, in the authorizer itself
    /// for REST APIs.
    pub fn context(self, name: &str) -> Option<JsonView<'r>> {
        let lambda = self.0.object("lambda");
        if lambda.exists().is_some() { lambda.json(name) } else { self.0.json(name) }
    }

    /// The caller of a request that IAM authorized (HTTP API, Function URL).
    pub fn iam(self) -> Option<IamAuthorizer<'r>> {
        self.0.object("iam").exists().map(IamAuthorizer)
    }

    /// The whole authorizer, for fields that no accessor names.
    pub fn json(self) -> Option<JsonView<'r>> {
        self.0.value.map(|value| JsonView::new(value, self.0.arena))
    }
}

/// `authorizer.iam`: the caller of a request that IAM authorized.
#[derive(Clone, Copy)]
pub struct IamAuthorizer<'r>(Object<'r>);

impl<'r> IamAuthorizer<'r> {
    texts! {
        /// `accessKey`: the access key that signed the request.
        access_key = "accessKey";
        /// `accountId`: the account of the caller.
        account_id = "accountId";
        /// `callerId`
        caller_id = "callerId";
        /// `principalOrgId`: the organization of the caller.
        principal_org_id = "principalOrgId";
        /// `userArn`: the ARN of the caller.
        user_arn = "userArn";
        /// `userId`
        user_id = "userId";
    }

    /// `cognitoIdentity`: present if the caller got its credentials from an identity pool.
    pub fn cognito_identity(self) -> Option<CognitoIdentity<'r>> {
        self.0.object("cognitoIdentity").exists().map(CognitoIdentity)
    }
}

/// `authorizer.iam.cognitoIdentity`
#[derive(Clone, Copy)]
pub struct CognitoIdentity<'r>(Object<'r>);

impl<'r> CognitoIdentity<'r> {
    texts! {
        /// `identityId`
        identity_id = "identityId";
        /// `identityPoolId`
        identity_pool_id = "identityPoolId";
    }

    /// `amr`: the authentication methods.
    pub fn amr(self) -> impl Iterator<Item = &'r str> {
        self.0.json("amr").into_iter().flat_map(JsonView::items).filter_map(JsonView::as_str)
    }
}

/// A map of strings to strings in the event: stage variables, the gateway's path parameters, claims.
#[derive(Clone, Copy)]
pub struct StringMap<'r>(Object<'r>);

impl<'r> StringMap<'r> {
    pub(crate) fn new(value: Option<Value<'r>>, arena: &'r Bump) -> Self {
        Self(Object { value, arena })
    }

    /// The value of a name. A value that is not a string is returned as its JSON; `null` is `None`.
    pub fn get(self, name: &str) -> Option<&'r str> {
        self.0.json(name).map(JsonView::text)
    }

    /// All names and values, in the order of the event.
    pub fn iter(self) -> impl Iterator<Item = (&'r str, &'r str)> {
        let map = self.0.value.map(|value| JsonView::new(value, self.0.arena));
        map.into_iter().flat_map(JsonView::entries).map(|(name, value)| (name, value.text()))
    }
}
