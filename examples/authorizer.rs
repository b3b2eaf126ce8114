//! A Lambda authorizer that checks JSON Web Tokens ([RFC 7519](https://www.rfc-editor.org/rfc/rfc7519)) signed with HS256.
//!
//! ```sh
//! TOKEN_SECRET=a-sample-secret-of-32-bytes-or-more cargo run --example authorizer
//! curl -i localhost:8080/todos
//! curl -i localhost:8080/todos -H "Authorization: Bearer eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiJhZGEiLCJleHAiOjQxMDI0NDQ4MDAsInNjb3BlIjoicmVhZCJ9.Haj4b7cAhSGOZiHNleMkpdX7hbOeWOofRzxhbfXtJ5E"
//! ```
//!
//! The gateway on your machine shows the decision. On Lambda, `examples/deploy/authorizer.yaml` puts the authorizer before an
//! HTTP API.
//!
//! HS256 needs one secret that the issuer shares, and two small crates. For tokens of an identity provider, which are signed
//! with RS256 or ES256, take the crate `jsonwebtoken` instead of `verify`: the manual shows how.

use std::time::{SystemTime, UNIX_EPOCH};

use base64_simd::URL_SAFE_NO_PAD;
use gatewire::authorizer::{Authorizer, AuthorizerRequest, Decision};
use hmac::{Hmac, KeyInit, Mac};
use serde::Deserialize;
use sha2::Sha256;

/// The secret that signs the tokens, in state: it is read once.
struct Secret(Vec<u8>);

#[derive(Deserialize)]
struct Header {
    alg: String,
}

/// The claims that are looked at.
#[derive(Deserialize)]
struct Claims {
    sub: String,
    exp: u64,
    #[serde(default)]
    scope: String,
}

/// Returns the claims of a token whose signature is right and whose time is not over.
fn verify(token: &str, secret: &[u8], now: u64) -> Option<Claims> {
    let (signed, signature) = token.rsplit_once('.')?;
    let (header, claims) = signed.split_once('.')?;
    // Never the algorithm that the token asks for, which may be `none`.
    let header: Header = decode(header)?;
    if header.alg != "HS256" {
        return None;
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).ok()?;
    mac.update(signed.as_bytes());
    // This compares in constant time.
    mac.verify_slice(&URL_SAFE_NO_PAD.decode_to_vec(signature).ok()?).ok()?;
    decode(claims).filter(|claims: &Claims| claims.exp > now)
}

fn decode<T: for<'de> Deserialize<'de>>(part: &str) -> Option<T> {
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode_to_vec(part).ok()?).ok()
}

fn authorize(req: AuthorizerRequest<'_>) -> Decision<'static> {
    let Some(token) = req.token() else { return Decision::unauthorized() };
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs();
    let Secret(secret) = req.state();
    let Some(Claims { sub, scope, .. }) = verify(token, secret, now) else { return Decision::unauthorized() };
    // The API caches the decision for all requests with this token, which is all that it depends on; a token that expires
    // is accepted until the time to live of the cache is over.
    let decision = Decision::allow(sub.clone()).context("sub", sub);
    if scope.split(' ').any(|scope| scope == "write") {
        return decision.context("scope", scope);
    }
    decision.context("scope", scope).only("GET", "/*").only("HEAD", "/*")
}

fn authorizer(secret: impl Into<Vec<u8>>) -> Authorizer {
    Authorizer::new(authorize).state(Secret(secret.into()))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // On Lambda, take it from Secrets Manager in an async `main`, and await `gatewire::serve`.
    let secret = std::env::var("TOKEN_SECRET").map_err(|_| "TOKEN_SECRET is not set")?;
    // RFC 7518, section 3.2: whoever guesses a shorter one signs tokens of their own.
    if secret.len() < 32 {
        return Err("TOKEN_SECRET has less than 32 bytes".into());
    }
    Ok(gatewire::run(authorizer(secret))?)
}

#[cfg(test)]
mod tests {
    use gatewire::authorizer::AuthorizerKind;
    use gatewire::testing::AuthorizerClient;
    use serde_json::{Value, json};

    use super::*;

    const SECRET: &str = "a-sample-secret-of-32-bytes-or-more";
    const KINDS: [AuthorizerKind; 4] =
        [AuthorizerKind::Token, AuthorizerKind::Request, AuthorizerKind::HttpApiV1, AuthorizerKind::HttpApiV2];

    fn token(header: &Value, claims: &Value, secret: &str) -> String {
        let encode = |part: &[u8]| URL_SAFE_NO_PAD.encode_to_string(part);
        let signed = format!("{}.{}", encode(header.to_string().as_bytes()), encode(claims.to_string().as_bytes()));
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(signed.as_bytes());
        format!("{signed}.{}", encode(&mac.finalize().into_bytes()))
    }

    fn status(method: &str, token: &str) -> Vec<u16> {
        let client = AuthorizerClient::new(authorizer(SECRET)).unwrap();
        let call = |kind| client.call(kind, method, "/todos").header("Authorization", format!("Bearer {token}"));
        KINDS.map(|kind| call(kind).send().status()).to_vec()
    }

    #[test]
    fn a_token_allows_what_its_scope_says() {
        let header = json!({"alg": "HS256", "typ": "JWT"});
        let of = |scope: &str| token(&header, &json!({"sub": "ada", "exp": 4_102_444_800_u64, "scope": scope}), SECRET);
        assert_eq!((status("GET", &of("read")), status("POST", &of("read"))), (vec![200; 4], vec![403; 4]));
        assert_eq!((status("GET", &of("read write")), status("POST", &of("read write"))), (vec![200; 4], vec![200; 4]));
    }

    #[test]
    fn other_tokens_are_refused() {
        let (header, claims) = (json!({"alg": "HS256"}), json!({"sub": "ada", "exp": 4_102_444_800_u64}));
        let good = token(&header, &claims, SECRET);
        assert_eq!(status("GET", &good), [200; 4]);
        for bad in [
            token(&header, &claims, "another secret"),
            token(&header, &json!({"sub": "ada", "exp": 1}), SECRET),
            token(&header, &json!({"exp": 4_102_444_800_u64}), SECRET),
            token(&json!({"alg": "none"}), &claims, SECRET),
            format!("{}.", good.rsplit_once('.').unwrap().0),
            format!("{good}A"),
            good.replacen('e', "f", 1),
            "a.b".to_owned(),
            String::new(),
        ] {
            assert_eq!(status("GET", &bad), [401; 4], "{bad}");
        }
    }

    /// The token in the text at the top of this file.
    #[test]
    fn the_published_token_is_valid() {
        let source = include_str!("authorizer.rs");
        let token = source.split("Bearer ").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
        assert_eq!(status("GET", token), [200; 4]);
    }
}
