//! Cookies with a signature: the browser keeps them, and cannot change them.

use std::fmt;

use base64_simd::{Out, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;

use crate::handler::Request;
use crate::http::Cookie;

/// The bytes of a signature, and their length in base64.
const SIGNATURE: usize = 32;
const ENCODED: usize = 43;

/// The fewest bytes of a key: as many as the hash has, as [RFC 2104 section
/// 3](https://www.rfc-editor.org/rfc/rfc2104#section-3) asks for.
const SHORTEST_KEY: usize = 32;

/// Signs cookies and verifies them, by HMAC-SHA256: the value of a cookie is `<value>.<signature>`. The signature covers the
/// name too, so that the value of one cookie is not valid in another. It is compared in constant time.
///
/// The value is readable for everyone who has the cookie, and stays valid as long as its key: put a time into the value if it
/// must expire, and keep the key out of the program, as in an environment variable or in AWS Secrets Manager.
///
/// ```
/// use gatewire::testing::Client;
/// use gatewire::{App, Request, Response, SignedCookies};
///
/// fn login(req: Request<'_>) -> Response<'_> {
///     let session = req.state::<SignedCookies>().sign(req, "session", "ada").path("/").http_only(true);
///     Response::new(()).status(204).cookie(session)
/// }
///
/// fn me(req: Request<'_>) -> Option<&str> {
///     req.state::<SignedCookies>().verify(req, "session")
/// }
///
/// # let key = [7; 32];
/// let app = App::new().state(SignedCookies::new(key)).post("/login", login).get("/me", me);
/// let client = Client::new(app)?;
/// let cookie = client.post("/login").send().cookies()[0].split(';').next().unwrap().to_owned();
/// let (name, value) = cookie.split_once('=').unwrap();
/// assert_eq!(client.get("/me").cookie(name, value).send().text(), "ada");
/// assert_eq!(client.get("/me").cookie(name, &value.replace("ada", "bob")).send().status(), 404);
/// # Ok::<(), gatewire::error::BuildError>(())
/// ```
///
/// # Changing the key
///
/// Cookies are signed with the key of [`new`](Self::new), and also accepted with the keys of
/// [`accept`](Self::accept). To change the key, first deploy the new one as accepted, then sign with it and accept the old
/// one, and remove the old one when its cookies have expired.
#[derive(Clone)]
pub struct SignedCookies {
    /// Signs with the first, and accepts all.
    keys: Vec<Hmac<Sha256>>,
}

impl SignedCookies {
    /// Signs and accepts with this key: 32 or more random bytes, such as those of `openssl rand 32`. A password is no key.
    ///
    /// # Panics
    /// If the key has fewer than 32 bytes.
    #[track_caller]
    pub fn new(key: impl AsRef<[u8]>) -> Self {
        Self { keys: Vec::new() }.accept(key)
    }

    /// Also accepts cookies that were signed with this key.
    ///
    /// # Panics
    /// If the key has fewer than 32 bytes.
    #[must_use]
    #[track_caller]
    pub fn accept(mut self, key: impl AsRef<[u8]>) -> Self {
        let key = key.as_ref();
        let length = key.len();
        assert!(
            length >= SHORTEST_KEY,
            "the key of signed cookies has {length} bytes: it needs {SHORTEST_KEY} or more random bytes"
        );
        // Keys of any length are taken.
        self.keys.extend(Hmac::new_from_slice(key));
        self
    }

    /// Returns the cookie with this value and its signature, in the memory of the invocation. Its attributes are set as for
    /// any [`Cookie`], and are not signed.
    pub fn sign<'r>(&self, req: Request<'r>, name: &'r str, value: &str) -> Cookie<'r> {
        let signature: [u8; SIGNATURE] = match self.keys.first() {
            Some(key) => mac(key, name, value).finalize().into_bytes().into(),
            None => unreachable!("`new` adds a key"),
        };
        let mut encoded = [0; ENCODED];
        let encoded = URL_SAFE_NO_PAD.encode_as_str(&signature, Out::from_slice(&mut encoded));
        let signed = bumpalo::format!(in req.exchange.arena.bump(), "{}.{}", value, encoded);
        Cookie::new(name, signed.into_bump_str())
    }

    /// Returns the value of a cookie whose signature is valid; `None` if there is none. If several cookies of the name are
    /// valid, this is the last. Others without a valid signature, which a page of another subdomain may have set, do not hide
    /// it; a cookie that is signed for somebody else may: name it `__Host-…`, which keeps other subdomains out.
    pub fn verify<'r>(&self, req: Request<'r>, name: &str) -> Option<&'r str> {
        let signed = req.cookies().filter(|(own, _)| *own == name);
        signed.filter_map(|(_, signed)| self.value_of(name, signed)).last()
    }

    fn value_of<'r>(&self, name: &str, signed: &'r str) -> Option<&'r str> {
        let (value, encoded) = signed.rsplit_once('.')?;
        if encoded.len() != ENCODED {
            return None;
        }
        let mut signature = [0; SIGNATURE];
        URL_SAFE_NO_PAD.decode(encoded.as_bytes(), Out::from_slice(&mut signature)).ok()?;
        self.keys.iter().any(|key| mac(key, name, value).verify_slice(&signature).is_ok()).then_some(value)
    }
}

/// The keyed hash over a cookie. A name has no `=`, so that no other pair has the same bytes.
fn mac(key: &Hmac<Sha256>, name: &str, value: &str) -> Hmac<Sha256> {
    let mut mac = key.clone();
    mac.update(name.as_bytes());
    mac.update(b"=");
    mac.update(value.as_bytes());
    mac
}

/// Without the keys.
impl fmt::Debug for SignedCookies {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedCookies").field("keys", &self.keys.len()).finish_non_exhaustive()
    }
}
