//! Cookies: the form in which a response sets them
//! ([RFC 6265 section 4.1](https://www.rfc-editor.org/rfc/rfc6265#section-4.1)), and the form in which a request returns them
//! (section 4.2).

use std::borrow::Cow;
use std::fmt;
use std::time::SystemTime;

use smallvec::SmallVec;

use super::{date, header};
use crate::swar;

/// A cookie that a response sets.
///
/// A cookie is `Secure` by default. Nothing in it is encoded: it is checked when the response is written, and an invalid
/// cookie ([`CookieError`]) fails the response. The name must be a token (letters, digits and ``!#$%&'*+-.^_`|~``). The
/// value and the attributes may contain everything except `;` and control characters: this is more than RFC 6265 allows,
/// but browsers accept it.
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
/// // The same name, path and domain without any time left: this deletes the cookie.
/// let gone = Cookie::new("session", "").path("/").max_age(0);
/// # header.clear();
/// # gone.write(&mut header)?;
/// # assert_eq!(header, b"session=; Path=/; Max-Age=0; Secure");
/// # Ok::<(), gatewire::error::CookieError>(())
/// ```
#[derive(Clone)]
#[must_use = "a cookie has no effect until it is added to a response"]
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

/// The requests from other sites that send the cookie.
///
/// ```
/// use gatewire::{Cookie, SameSite};
///
/// let mut header = Vec::new();
/// Cookie::new("a", "b").same_site(SameSite::Strict).write(&mut header)?;
/// assert_eq!(header, b"a=b; Secure; SameSite=Strict");
/// # Ok::<(), gatewire::error::CookieError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum SameSite {
    /// No request from another site.
    Strict,
    /// Requests that navigate the user to this site.
    Lax,
    /// All requests. Browsers require such a cookie to be `Secure`.
    None,
}

/// The part of a cookie that cannot be sent.
///
/// ```
/// use gatewire::{error::CookieError, Cookie};
///
/// let error = Cookie::new("a", "b; Domain=evil.example").write(&mut Vec::new());
/// assert_eq!(error, Err(CookieError::Value));
/// assert_eq!(CookieError::Value.to_string(), "the value of a cookie has a semicolon or a control character");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum CookieError {
    /// The name is empty, or has a character that a token may not have.
    Name,
    /// The value has a semicolon or a control character.
    Value,
    /// The path, the domain or a custom attribute has a semicolon or a control character.
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
    /// Creates a cookie with `Secure` as its only attribute.
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

    /// Sets the path below which the browser sends it. If empty, the browser uses the path of the request.
    pub fn path(self, path: impl Into<Cow<'a, str>>) -> Self {
        Self { path: path.into(), ..self }
    }

    /// Sets the domain to which the browser sends it, subdomains included. If empty, the browser uses the host of the request.
    pub fn domain(self, domain: impl Into<Cow<'a, str>>) -> Self {
        Self { domain: domain.into(), ..self }
    }

    /// Sets the time of expiry, to the second. It must be in the years 0 to 9999.
    pub fn expires(self, time: SystemTime) -> Self {
        Self { expires: Some(time), ..self }
    }

    /// Sets the number of seconds until it expires. 0 and negative numbers expire it at once; all are written as 0.
    pub fn max_age(self, seconds: i64) -> Self {
        Self { max_age: Some(seconds), ..self }
    }

    /// Hides it from scripts if `true`. The default is `false`.
    pub fn http_only(self, http_only: bool) -> Self {
        Self { http_only, ..self }
    }

    /// Restricts it to HTTPS if `true`, the default.
    pub fn secure(self, secure: bool) -> Self {
        Self { secure, ..self }
    }

    /// Sets which requests from other sites send it.
    pub fn same_site(self, same_site: SameSite) -> Self {
        Self { same_site: Some(same_site), ..self }
    }

    /// Separates the cookie by the site that embeds this one (`Partitioned`) if `true`. The default is `false`.
    pub fn partitioned(self, partitioned: bool) -> Self {
        Self { partitioned, ..self }
    }

    /// Adds a custom attribute, such as `Priority=High`, which is written unchanged.
    ///
    /// ```
    /// let mut header = Vec::new();
    /// gatewire::Cookie::new("a", "b").attribute("Priority=High").write(&mut header)?;
    /// assert_eq!(header, b"a=b; Secure; Priority=High");
    /// # Ok::<(), gatewire::error::CookieError>(())
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
    /// If some part of it cannot be sent. Then nothing is appended.
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

/// Returns whether `text` has no `;`, which would begin the next attribute, and no control characters.
fn fits(text: &str) -> bool {
    !swar::any_marked(text.as_bytes(), |word| swar::control_marks(word) | swar::equal_marks(word, b';'))
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

/// The names and values of a `Cookie` header, without any decoding.
///
/// Blanks around names and values are removed; pieces without `=` are left out.
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
        Some((name.trim_matches(BLANKS), value.trim_matches(BLANKS)))
    }
}

/// Returns the value that [`RequestCookies`] finds last for a name.
pub(crate) fn last_value<'a>(header: &'a str, name: &str) -> Option<&'a str> {
    let mut rest = header;
    loop {
        let end = memchr::memrchr(b';', rest.as_bytes());
        let pair = rest[end.map_or(0, |end| end + 1)..].trim_start_matches(BLANKS);
        // Most other pairs are told apart by the first bytes.
        if pair.starts_with(name)
            && let Some((own, value)) = pair.split_once('=')
            && own.trim_end_matches(BLANKS) == name
        {
            return Some(value.trim_matches(BLANKS));
        }
        rest = &rest[..end?];
    }
}

const BLANKS: [char; 2] = [' ', '\t'];

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
    fn attributes_are_written_in_a_fixed_order() {
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
    fn parts_that_would_break_out() {
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

    proptest::proptest! {
        #![proptest_config(proptest::test_runner::Config {
            cases: std::env::var("GATEWIRE_CASES").map_or(if cfg!(miri) { 1 } else { 2000 }, |cases| cases.parse().expect("a number")),
            failure_persistence: None,
            ..proptest::test_runner::Config::default()
        })]

        #[test]
        fn the_last_value_is_that_of_the_last_pair(header in "[abé=;\" \t]{0,24}", name in "[abé= \t;]{0,3}") {
            let last = RequestCookies::new(&header).filter(|(own, _)| *own == name).last();
            assert_eq!(last_value(&header, &name), last.map(|(_, value)| value), "{name:?} in {header:?}");
        }
    }

    #[test]
    fn an_error_names_the_invalid_part() {
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
