//! The credentials of a request: the `Authorization` field
//! ([RFC 9110 section 11.6.2](https://www.rfc-editor.org/rfc/rfc9110#section-11.6.2)).

use std::borrow::Cow;
use std::fmt;
use std::ops::ControlFlow;

use super::reply::Reply;
use super::request::Request;
use super::unauthorized::Unauthorized;
use crate::codec::base64;

/// The user name and the password of [RFC 7617](https://www.rfc-editor.org/rfc/rfc7617), as
/// [`Request::basic_credentials`] returns them.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct BasicCredentials<'r> {
    /// The user name, which has no colon. It may be empty.
    pub username: &'r str,
    /// The password. It may be empty.
    pub password: &'r str,
}

/// Only the user name.
impl fmt::Debug for BasicCredentials<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("BasicCredentials").field("username", &self.username).finish_non_exhaustive()
    }
}

/// Credentials.
impl<'r> Request<'r> {
    /// Returns the token of `Authorization: Bearer …` ([RFC 6750 section
    /// 2.1](https://www.rfc-editor.org/rfc/rfc6750#section-2.1)); `None` if there is none, or if it has characters that a token
    /// cannot have. The token is not verified.
    ///
    /// ```
    /// use gatewire::handler::Unauthorized;
    /// use gatewire::testing::Client;
    /// use gatewire::{App, Error, Request};
    ///
    /// fn mine(req: Request<'_>) -> Result<&'static str, Error> {
    ///     match req.bearer_token() {
    ///         Some("s3cr3t") => Ok("yours"),
    ///         Some(_) => Err(Unauthorized::invalid_token("todos").into()),
    ///         None => Err(Unauthorized::bearer("todos").into()),
    ///     }
    /// }
    ///
    /// let client = Client::new(App::new().get("/mine", mine))?;
    /// assert_eq!(client.get("/mine").header("Authorization", "Bearer s3cr3t").send().text(), "yours");
    /// let refused = client.get("/mine").send();
    /// assert_eq!((refused.status(), refused.header("www-authenticate")), (401, Some("Bearer realm=\"todos\"")));
    /// # Ok::<(), gatewire::error::BuildError>(())
    /// ```
    pub fn bearer_token(self) -> Option<&'r str> {
        let token = self.credentials("Bearer")?;
        // One or more letters, digits and signs, and then only `=`.
        let body = token.trim_end_matches('=');
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~+/".contains(&byte);
        (!body.is_empty() && body.bytes().all(allowed)).then_some(token)
    }

    /// Returns the user name and password of `Authorization: Basic …` ([RFC 7617 section
    /// 2](https://www.rfc-editor.org/rfc/rfc7617#section-2)), decoded from base64 into the memory of the invocation; `None` if
    /// there are none, or if they are malformed: not base64, not UTF-8, without a colon, or with a control character.
    ///
    /// [`require_basic`] is middleware that checks them.
    pub fn basic_credentials(self) -> Option<BasicCredentials<'r>> {
        let encoded = self.credentials("Basic")?;
        let decoded = base64::decode(self.exchange.arena.bump(), encoded.as_bytes()).ok()?;
        let text = simdutf8::basic::from_utf8(decoded).ok()?;
        let (username, password) = text.split_once(':')?;
        (!text.chars().any(char::is_control)).then_some(BasicCredentials { username, password })
    }

    /// Returns the credentials after the name of a scheme, which is compared without regard to case.
    fn credentials(self, scheme: &str) -> Option<&'r str> {
        let (own, credentials) = self.header("authorization")?.trim_matches(BLANK).split_once(BLANK)?;
        own.eq_ignore_ascii_case(scheme).then(|| credentials.trim_start_matches(BLANK))
    }
}

const BLANK: [char; 2] = [' ', '\t'];

/// Returns middleware for [`before`](crate::App::before) that lets a request pass if it has a bearer token that `accept`
/// accepts. Others are answered with [`Unauthorized`].
///
/// Compare a secret in constant time, as with `subtle` or `constant_time_eq`; a signed token (JWT) is verified by its crate.
///
/// ```
/// use gatewire::handler::require_bearer;
/// use gatewire::testing::Client;
/// use gatewire::{App, Request, Router};
///
/// struct User(&'static str);
///
/// let api = Router::new()
///     .before(require_bearer("todos", |req, token| {
///         let known = token == "s3cr3t";
///         if known {
///             req.set_extension(User("ada"));
///         }
///         known
///     }))
///     .get("/me", |req: Request| req.extension::<User>().map(|user| user.0));
/// let client = Client::new(App::new().include("/api", api))?;
/// assert_eq!(client.get("/api/me").header("Authorization", "Bearer s3cr3t").send().text(), "ada");
/// let refused = client.get("/api/me").header("Authorization", "Bearer other").send();
/// assert_eq!(refused.header("www-authenticate"), Some("Bearer realm=\"todos\", error=\"invalid_token\""));
/// # Ok::<(), gatewire::error::BuildError>(())
/// ```
pub fn require_bearer<F>(
    realm: impl Into<Cow<'static, str>>,
    accept: F,
) -> impl for<'r> Fn(Request<'r>) -> ControlFlow<Reply> + Send + Sync + 'static
where
    F: for<'r> Fn(Request<'r>, &'r str) -> bool + Send + Sync + 'static,
{
    let realm = kept(realm.into());
    move |req| match req.bearer_token() {
        Some(token) if accept(req, token) => ControlFlow::Continue(()),
        Some(_) => refuse(req, Unauthorized::invalid_token(realm)),
        None => refuse(req, Unauthorized::bearer(realm)),
    }
}

/// Returns middleware for [`before`](crate::App::before) that lets a request pass if it has a user name and a password that
/// `accept` accepts. Others are answered with [`Unauthorized`], and browsers ask the user.
///
/// ```
/// use gatewire::handler::require_basic;
/// use gatewire::testing::Client;
/// use gatewire::{App, Request};
///
/// let app = App::new()
///     .before(require_basic("staff", |_, who| who.username == "ada" && who.password == "s3cr3t"))
///     .get("/", |_: Request| "hello");
/// let client = Client::new(app)?;
/// assert_eq!(client.get("/").header("Authorization", "Basic YWRhOnMzY3IzdA==").send().status(), 200);
/// let refused = client.get("/").send();
/// assert_eq!(refused.header("www-authenticate"), Some("Basic realm=\"staff\", charset=\"UTF-8\""));
/// # Ok::<(), gatewire::error::BuildError>(())
/// ```
pub fn require_basic<F>(
    realm: impl Into<Cow<'static, str>>,
    accept: F,
) -> impl for<'r> Fn(Request<'r>) -> ControlFlow<Reply> + Send + Sync + 'static
where
    F: for<'r> Fn(Request<'r>, BasicCredentials<'r>) -> bool + Send + Sync + 'static,
{
    let realm = kept(realm.into());
    move |req| match req.basic_credentials() {
        Some(credentials) if accept(req, credentials) => ControlFlow::Continue(()),
        _ => refuse(req, Unauthorized::basic(realm)),
    }
}

/// Keeps a realm for the life of the program, so that a refusal does not copy it.
fn kept(realm: Cow<'static, str>) -> &'static str {
    match realm {
        Cow::Borrowed(realm) => realm,
        Cow::Owned(realm) => realm.leak(),
    }
}

fn refuse(req: Request<'_>, error: Unauthorized) -> ControlFlow<Reply> {
    ControlFlow::Break(req.reply(error))
}
