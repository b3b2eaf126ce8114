//! Cookies: what a response sets ([RFC 6265 section 4.1](https://www.rfc-editor.org/rfc/rfc6265#section-4.1)), and what
//! a request brings back (section 4.2).

use std::borrow::Cow;
use std::fmt;
use std::time::SystemTime;

use smallvec::SmallVec;

use super::{date, header};

/// A cookie that a response sets.
///
/// It is `Secure` unless told otherwise. Nothing is encoded on the way: what the text may hold is checked when the
/// response is written, and a cookie that fails ([`CookieError`]) fails the response. The name must be a token (letters,
/// digits and ``!#$%&'*+-.^_`|~``). The value and the attributes may hold anything but `;` and control characters:
/// that is more than RFC 6265 grants, and what browsers accept.
///
/// ```
/// use gatewire::{Cookie, SameSite};
///
/// let id = String::from("4f1c");
/// let session = Cookie::new("session", &id).path("/").max_age(3600).http_only(true).same_site(SameSite::Lax);
/// let mut header = Vec::new();
/// session.write(&mut header)?;
/// assert_eq!(header, b"session=4f1c; Path=/; Max-Age=3600; HttpOnly; Secure; SameSite=Lax");
///
/// // The same name, path and domain, and no time left: this takes the cookie away.
/// let gone = Cookie::new("session", "").path("/").max_age(0);
/// # header.clear();
/// # gone.write(&mut header)?;
/// # assert_eq!(header, b"session=; Path=/; Max-Age=0; Secure");
/// # Ok::<(), gatewire::CookieError>(())
/// ```
#[derive(Clone)]
#[must_use = "a cookie is set by giving it to a response"]
pub struct Cookie<'a> {
    name: Cow<'a, str>,
    value: Cow<'a, str>,
    path: Cow<'a, str>,
    domain: Cow<'a, str>,
    expires: Option<SystemTime>,
    max_age: Option<i64>,
    http_only: bool,
    secure: bool,
    same_site: Option<SameSite>,
    partitioned: bool,
    attributes: SmallVec<[Cow<'a, str>; 2]>,
}

/// Without the value, which may be a secret.
impl fmt::Debug for Cookie<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Cookie")
            .field("name", &self.name)
            .field("path", &self.path)
            .field("domain", &self.domain)
            .finish_non_exhaustive()
    }
}

/// Which requests of other sites carry the cookie along.
///
/// ```
/// use gatewire::{Cookie, SameSite};
///
/// let mut header = Vec::new();
/// Cookie::new("a", "b").same_site(SameSite::Strict).write(&mut header)?;
/// assert_eq!(header, b"a=b; Secure; SameSite=Strict");
/// # Ok::<(), gatewire::CookieError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SameSite {
    /// None do.
    Strict,
    /// Those that bring the user to this site.
    Lax,
    /// All do. Browsers want such a cookie to be `Secure`.
    None,
}

/// The part of a cookie that cannot be sent.
///
/// ```
/// use gatewire::{Cookie, CookieError};
///
/// let error = Cookie::new("a", "b; Domain=evil.example").write(&mut Vec::new());
/// assert_eq!(error, Err(CookieError::Value));
/// assert_eq!(CookieError::Value.to_string(), "the value of a cookie has a semicolon or a control character");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CookieError {
    /// The name is empty, or has a character that is not one of a token.
    Name,
    /// The value has a semicolon or a control character.
    Value,
    /// The path, the domain or an attribute of the caller's own has a semicolon or a control character.
    Attribute,
    /// The time of expiry is before the year 0 or after the year 9999.
    Expires,
}

impl fmt::Display for CookieError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Name => "the name of a cookie is not a token",
            Self::Value => "the value of a cookie has a semicolon or a control character",
            Self::Attribute => "an attribute of a cookie has a semicolon or a control character",
            Self::Expires => "a cookie expires before the year 0 or after the year 9999",
        })
    }
}

impl std::error::Error for CookieError {}

impl<'a> Cookie<'a> {
    /// A cookie with `Secure` as its only attribute.
    pub fn new(name: impl Into<Cow<'a, str>>, value: impl Into<Cow<'a, str>>) -> Self {
        Self {
            name: name.into(),
            value: value.into(),
            path: Cow::Borrowed(""),
            domain: Cow::Borrowed(""),
            expires: None,
            max_age: None,
            http_only: false,
            secure: true,
            same_site: None,
            partitioned: false,
            attributes: SmallVec::new(),
        }
    }

    /// The paths to send it to; an empty text leaves that to the browser.
    pub fn path(self, path: impl Into<Cow<'a, str>>) -> Self {
        Self { path: path.into(), ..self }
    }

    /// The domain, with its subdomains, to send it to; an empty text leaves that to the browser.
    pub fn domain(self, domain: impl Into<Cow<'a, str>>) -> Self {
        Self { domain: domain.into(), ..self }
    }

    /// When it ends, to the second. It must be in the years 0 to 9999.
    pub fn expires(self, time: SystemTime) -> Self {
        Self { expires: Some(time), ..self }
    }

    /// In how many seconds it ends. 0 and less end it at once, and are all written as 0.
    pub fn max_age(self, seconds: i64) -> Self {
        Self { max_age: Some(seconds), ..self }
    }

    /// Whether to keep it from scripts. It is not, unless told.
    pub fn http_only(self, http_only: bool) -> Self {
        Self { http_only, ..self }
    }

    /// Whether to send it over HTTPS only. It is, unless told otherwise.
    pub fn secure(self, secure: bool) -> Self {
        Self { secure, ..self }
    }

    /// Which requests of other sites carry it along.
    pub fn same_site(self, same_site: SameSite) -> Self {
        Self { same_site: Some(same_site), ..self }
    }

    /// Whether each site that embeds this one gets a cookie of its own (`Partitioned`).
    pub fn partitioned(self, partitioned: bool) -> Self {
        Self { partitioned, ..self }
    }

    /// Adds an attribute that has no method here, as it is to be written: `Priority=High`.
    ///
    /// ```
    /// let mut header = Vec::new();
    /// gatewire::Cookie::new("a", "b").attribute("Priority=High").write(&mut header)?;
    /// assert_eq!(header, b"a=b; Secure; Priority=High");
    /// # Ok::<(), gatewire::CookieError>(())
    /// ```
    pub fn attribute(mut self, attribute: impl Into<Cow<'a, str>>) -> Self {
        self.attributes.push(attribute.into());
        self
    }

    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The value.
    #[must_use]
    pub fn value(&self) -> &str {
        &self.value
    }

    /// Appends the value of its `Set-Cookie` header.
    ///
    /// # Errors
    ///
    /// Some part of it cannot be sent. Nothing has been appended then.
    pub fn write(&self, out: &mut Vec<u8>) -> Result<(), CookieError> {
        self.check()?;
        let expires = match self.expires {
            Some(time) => Some(date::imf_fixdate(time).ok_or(CookieError::Expires)?),
            None => None,
        };

        let mut push = |parts: [&[u8]; 2]| parts.iter().for_each(|part| out.extend_from_slice(part));
        push([self.name.as_bytes(), b"="]);
        push([self.value.as_bytes(), b""]);
        if !self.path.is_empty() {
            push([b"; Path=", self.path.as_bytes()]);
        }
        if !self.domain.is_empty() {
            push([b"; Domain=", self.domain.as_bytes()]);
        }
        if let Some(expires) = expires {
            push([b"; Expires=", &expires]);
        }
        if let Some(seconds) = self.max_age {
            push([b"; Max-Age=", itoa::Buffer::new().format(seconds.max(0)).as_bytes()]);
        }
        if self.http_only {
            push([b"; ", b"HttpOnly"]);
        }
        if self.secure {
            push([b"; ", b"Secure"]);
        }
        if let Some(same_site) = self.same_site {
            push([b"; SameSite=", same_site.as_str().as_bytes()]);
        }
        if self.partitioned {
            push([b"; ", b"Partitioned"]);
        }
        for attribute in &self.attributes {
            push([b"; ", attribute.as_bytes()]);
        }
        Ok(())
    }

    fn check(&self) -> Result<(), CookieError> {
        if !header::valid_name(&self.name) {
            return Err(CookieError::Name);
        }
        if !fits(&self.value) {
            return Err(CookieError::Value);
        }
        if !(fits(&self.path) && fits(&self.domain) && self.attributes.iter().all(|attribute| fits(attribute))) {
            return Err(CookieError::Attribute);
        }
        Ok(())
    }
}

/// Whether `text` ends where it is meant to: no `;`, which begins the next attribute, and no control characters.
fn fits(text: &str) -> bool {
    !text.bytes().any(|byte| byte == b';' || byte.is_ascii_control())
}

impl SameSite {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Strict => "Strict",
            Self::Lax => "Lax",
            Self::None => "None",
        }
    }
}

/// The names and values of a `Cookie` header, as they are written.
///
/// Blanks around names and values don't count, and what has no `=` is left out.
#[derive(Clone, Debug)]
pub(crate) struct RequestCookies<'a> {
    pairs: std::str::Split<'a, char>,
}

impl<'a> RequestCookies<'a> {
    pub(crate) fn new(header: &'a str) -> Self {
        Self { pairs: header.split(';') }
    }
}

impl<'a> Iterator for RequestCookies<'a> {
    type Item = (&'a str, &'a str);

    fn next(&mut self) -> Option<Self::Item> {
        let (name, value) = self.pairs.find_map(|pair| pair.split_once('='))?;
        Some((name.trim_matches([' ', '\t']), value.trim_matches([' ', '\t'])))
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, UNIX_EPOCH};

    use super::*;

    fn written(cookie: &Cookie) -> Result<String, CookieError> {
        let mut out = b"kept".to_vec();
        let result = cookie.write(&mut out);
        let text = String::from_utf8(out).unwrap();
        let text = text.strip_prefix("kept").unwrap();
        match result {
            Ok(()) => Ok(text.to_string()),
            Err(error) => {
                assert_eq!(text, "");
                Err(error)
            }
        }
    }

    #[test]
    fn attributes_come_in_their_order() {
        let full = Cookie::new("id", "42")
            .attribute("Priority=High")
            .attribute(String::from("X"))
            .partitioned(true)
            .same_site(SameSite::None)
            .secure(true)
            .http_only(true)
            .max_age(60)
            .expires(UNIX_EPOCH + Duration::from_secs(1_893_553_445))
            .domain("example.com")
            .path("/a")
            .attribute("Y=1");
        assert_eq!(
            written(&full).unwrap(),
            "id=42; Path=/a; Domain=example.com; Expires=Wed, 02 Jan 2030 03:04:05 GMT; Max-Age=60; HttpOnly; Secure; \
             SameSite=None; Partitioned; Priority=High; X; Y=1"
        );
        assert_eq!((full.name(), full.value()), ("id", "42"));
    }

    #[test]
    fn few_attributes() {
        assert_eq!(written(&Cookie::new("a", "b")).unwrap(), "a=b; Secure");
        assert_eq!(written(&Cookie::new("a", "b").secure(false)).unwrap(), "a=b");
        assert_eq!(written(&Cookie::new("gone", "").max_age(0)).unwrap(), "gone=; Max-Age=0; Secure");
        assert_eq!(written(&Cookie::new("a", "b").max_age(-5).path("")).unwrap(), "a=b; Max-Age=0; Secure");
        let long = Cookie::new("a", "b").max_age(i64::MAX).secure(false);
        assert_eq!(written(&long).unwrap(), "a=b; Max-Age=9223372036854775807");
    }

    #[test]
    fn values_that_browsers_accept() {
        for value in ["a b", "\"quoted\"", "a,b", "a=b==", "back\\slash", "naïve 😀", "{\"json\":1}"] {
            assert_eq!(written(&Cookie::new("n", value)).unwrap(), format!("n={value}; Secure"));
        }
    }

    #[test]
    fn what_would_break_out() {
        for name in ["", "a b", "a=b", "a;b", "a,b", "é", "a\r\n", "\"a\""] {
            assert_eq!(written(&Cookie::new(name, "v")), Err(CookieError::Name), "{name:?}");
        }
        for bad in ["a;b", "; Path=/", "a\r\nSet-Cookie: x=y", "\n", "\r", "\0", "\t", "\u{1b}", "\u{7f}"] {
            let cookie = Cookie::new("n", "v");
            assert_eq!(written(&Cookie::new("n", bad)), Err(CookieError::Value), "{bad:?}");
            assert_eq!(written(&cookie.clone().path(bad)), Err(CookieError::Attribute), "{bad:?}");
            assert_eq!(written(&cookie.clone().domain(bad)), Err(CookieError::Attribute), "{bad:?}");
            assert_eq!(written(&cookie.clone().attribute("X").attribute(bad)), Err(CookieError::Attribute), "{bad:?}");
        }
        let far = UNIX_EPOCH + Duration::from_secs(253_402_300_800);
        assert_eq!(written(&Cookie::new("n", "v").expires(far)), Err(CookieError::Expires));
    }

    #[test]
    fn cookies_of_a_request() {
        let cookies = |header| RequestCookies::new(header).collect::<Vec<_>>();
        assert_eq!(cookies(""), []);
        assert_eq!(cookies("a=b"), [("a", "b")]);
        assert_eq!(cookies("a=b; c=d;e=f"), [("a", "b"), ("c", "d"), ("e", "f")]);
        assert_eq!(
            cookies(" a = b \t;; flag; c=d=e;\te=\"f g\" ; a=2;"),
            [("a", "b"), ("c", "d=e"), ("e", "\"f g\""), ("a", "2")]
        );
        assert_eq!(cookies("=v; n=; é=😀"), [("", "v"), ("n", ""), ("é", "😀")]);
    }

    #[test]
    fn an_error_says_which_part_is_wrong() {
        let part = |cookie: &Cookie| written(cookie).unwrap_err().to_string();
        assert_eq!(part(&Cookie::new("a b", "c")), "the name of a cookie is not a token");
        assert_eq!(part(&Cookie::new("a", "b;c")), "the value of a cookie has a semicolon or a control character");
        let attribute = "an attribute of a cookie has a semicolon or a control character";
        assert_eq!(part(&Cookie::new("a", "b").attribute("c\n")), attribute);
        let before = UNIX_EPOCH - Duration::from_secs(100_000_000_000);
        assert_eq!(
            part(&Cookie::new("a", "b").expires(before)),
            "a cookie expires before the year 0 or after the year 9999"
        );
    }
}
