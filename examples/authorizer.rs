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
//! The crate `jsonwebtoken` reads and checks the tokens. HS256 needs one secret that the issuer shares. Tokens of an identity
//! provider are signed with RS256 or ES256: only the key and the `Validation` differ, and the manual shows both.

use gatewire::authorizer::{Authorizer, AuthorizerRequest, Decision};
use jsonwebtoken::errors::Error;
use jsonwebtoken::{Algorithm, DecodingKey, Validation, decode};
use serde::Deserialize;

/// The key and the rules for tokens, in state: they are made once.
struct Tokens {
    key: DecodingKey,
    validation: Validation,
}

/// The claims that are looked at.
#[derive(Deserialize)]
struct Claims {
    sub: String,
    #[serde(default)]
    scope: String,
}

impl Tokens {
    fn new(secret: &[u8]) -> Self {
        // Never the algorithm that the token asks for. The time in `exp` is required, and must not be over.
        let mut validation = Validation::new(Algorithm::HS256);
        validation.leeway = 0;
        // If your issuer sets `iss` and `aud`, require them by `set_issuer` and `set_audience`.
        Self { key: DecodingKey::from_secret(secret), validation }
    }

    /// Returns the claims of a token whose signature is right and whose time is not over.
    fn verify(&self, token: &str) -> Result<Claims, Error> {
        decode(token, &self.key, &self.validation).map(|token| token.claims)
    }
}

fn authorize(req: AuthorizerRequest<'_>) -> Decision<'static> {
    let Some(token) = req.token() else { return Decision::unauthorized() };
    let Ok(Claims { sub, scope }) = req.state::<Tokens>().verify(token) else { return Decision::unauthorized() };
    // The API caches the decision for all requests with this token, which is all that it depends on; a token that expires
    // is accepted until the time to live of the cache is over.
    let decision = Decision::allow(sub.clone()).context("sub", sub);
    if scope.split(' ').any(|scope| scope == "write") {
        return decision.context("scope", scope);
    }
    decision.context("scope", scope).only("GET", "/*").only("HEAD", "/*")
}

fn authorizer(secret: &str) -> Authorizer {
    Authorizer::new(authorize).state(Tokens::new(secret.as_bytes()))
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    // On Lambda, take it from Secrets Manager in an async `main`, and await `gatewire::serve`.
    let secret = std::env::var("TOKEN_SECRET").map_err(|_| "TOKEN_SECRET is not set")?;
    // RFC 7518, section 3.2: whoever guesses a shorter one signs tokens of their own.
    if secret.len() < 32 {
        return Err("TOKEN_SECRET has less than 32 bytes".into());
    }
    Ok(gatewire::run(authorizer(&secret))?)
}

#[cfg(test)]
mod tests {
    use base64_simd::URL_SAFE_NO_PAD;
    use gatewire::authorizer::AuthorizerKind;
    use gatewire::testing::AuthorizerClient;
    use jsonwebtoken::{EncodingKey, Header, encode};
    use serde_json::{Value, json};

    use super::*;

    const SECRET: &str = "a-sample-secret-of-32-bytes-or-more";
    const KINDS: [AuthorizerKind; 4] =
        [AuthorizerKind::Token, AuthorizerKind::Request, AuthorizerKind::HttpApiV1, AuthorizerKind::HttpApiV2];

    fn token(header: &Header, claims: &Value, secret: &str) -> String {
        encode(header, claims, &EncodingKey::from_secret(secret.as_bytes())).unwrap()
    }

    /// A token with a header of its own and the rest of another one.
    fn with_header(header: &Value, token: &str) -> String {
        let (_, rest) = token.split_once('.').unwrap();
        format!("{}.{rest}", URL_SAFE_NO_PAD.encode_to_string(header.to_string()))
    }

    fn status(method: &str, token: &str) -> Vec<u16> {
        let client = AuthorizerClient::new(authorizer(SECRET)).unwrap();
        let call = |kind| client.call(kind, method, "/todos").header("Authorization", format!("Bearer {token}"));
        KINDS.map(|kind| call(kind).send().status()).to_vec()
    }

    #[test]
    fn a_token_allows_what_its_scope_says() {
        let of = |scope: &str| {
            token(&Header::default(), &json!({"sub": "ada", "exp": 4_102_444_800_u64, "scope": scope}), SECRET)
        };
        assert_eq!((status("GET", &of("read")), status("POST", &of("read"))), (vec![200; 4], vec![403; 4]));
        assert_eq!((status("GET", &of("read write")), status("POST", &of("read write"))), (vec![200; 4], vec![200; 4]));
    }

    #[test]
    fn other_tokens_are_refused() {
        let (header, claims) = (Header::default(), json!({"sub": "ada", "exp": 4_102_444_800_u64}));
        let good = token(&header, &claims, SECRET);
        assert_eq!(status("GET", &good), [200; 4]);
        for bad in [
            token(&header, &claims, "another secret"),
            token(&header, &json!({"sub": "ada", "exp": 1}), SECRET),
            token(&header, &json!({"exp": 4_102_444_800_u64}), SECRET),
            token(&header, &json!({"sub": "ada"}), SECRET),
            // RFC 8725, section 3.1: the key decides on the algorithm, not the token.
            token(&Header::new(Algorithm::HS384), &claims, SECRET),
            with_header(&json!({"alg": "none"}), &good),
            with_header(&json!({"alg": "HS384"}), &good),
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
