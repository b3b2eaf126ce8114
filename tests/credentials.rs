//! Credentials of requests: bearer tokens, user names with passwords, and signed cookies.

use gatewire::handler::{BasicCredentials, Unauthorized, require_basic, require_bearer};
use gatewire::testing::{self, Client};
use gatewire::{App, Error, HttpError, Json, Request, Router};
use proptest::prelude::*;

fn seen() -> Client {
    let app =
        App::new().get("/bearer", |req: Request| req.reply(Json(req.bearer_token()))).get("/basic", |req: Request| {
            let credentials = req.basic_credentials();
            req.reply(Json(credentials.map(|BasicCredentials { username, password }| [username, password])))
        });
    Client::new(app).unwrap()
}

fn bearer(client: &Client, value: &str) -> Option<String> {
    client.get("/bearer").header("Authorization", value).send().json()
}

fn basic(client: &Client, value: &str) -> Option<[String; 2]> {
    client.get("/basic").header("Authorization", value).send().json()
}

/// `Basic` credentials with these bytes.
fn encoded(bytes: &[u8]) -> String {
    use base64::Engine as _;
    format!("Basic {}", base64::engine::general_purpose::STANDARD.encode(bytes))
}

#[test]
fn bearer_tokens_have_the_characters_of_rfc_6750() {
    let client = seen();
    for (value, token) in [
        ("Bearer abc", Some("abc")),
        ("bearer abc", Some("abc")),
        ("BEARER   abc ", Some("abc")),
        ("Bearer a-._~+/Z9==", Some("a-._~+/Z9==")),
        ("Bearer", None),
        ("Bearer ", None),
        ("Bearer ==", None),
        ("Bearer a=b", None),
        ("Bearer a b", None),
        ("Bearer a,b", None),
        ("Bearer \"a\"", None),
        ("Bearer é", None),
        ("Bearerabc", None),
        ("Basic abc", None),
        ("abc", None),
        ("", None),
    ] {
        assert_eq!(bearer(&client, value).as_deref(), token, "{value:?}");
    }
    for source in testing::sources() {
        let response = client.get("/bearer").source(source).header("authorization", "Bearer abc").send();
        assert_eq!(response.json::<Option<String>>().as_deref(), Some("abc"), "{source:?}");
    }
    assert_eq!(client.get("/bearer").send().json::<Option<String>>(), None);
}

/// The examples of RFC 7617 among them.
#[test]
fn user_names_and_passwords_are_decoded() {
    let client = seen();
    let pair = |username: &str, password: &str| Some([username.to_owned(), password.to_owned()]);
    assert_eq!(basic(&client, "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="), pair("Aladdin", "open sesame"));
    assert_eq!(basic(&client, "basic dGVzdDoxMjPCow=="), pair("test", "123£"));
    assert_eq!(basic(&client, &encoded(b"a:b:c")), pair("a", "b:c"));
    assert_eq!(basic(&client, &encoded(b":")), pair("", ""));
    for value in [
        "Basic",
        "Basic ",
        "Basic !!!!",
        "Basic dGVzdDoxMjPCow",
        "Basic dGVzdDoxMjPCow==x",
        "Bearer dGVzdDoxMjPCow==",
        &*encoded(b"no colon"),
        &*encoded(b"a:\xff"),
        &*encoded(b"a:b\n"),
        &*encoded(b"a\0:b"),
        &*encoded("a:\u{85}".as_bytes()),
        &*encoded(b""),
    ] {
        assert_eq!(basic(&client, value), None, "{value:?}");
    }
}

/// The number of cases in the randomised tests.
fn config() -> ProptestConfig {
    let given = std::env::var("GATEWIRE_CASES").ok().and_then(|text| text.parse().ok());
    let cases = given.unwrap_or(if cfg!(miri) { 1 } else { 256 });
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn random_credentials_are_read_back(username in "[^:\\p{Cc}]{0,12}", password in "\\P{Cc}{0,12}") {
        let value = encoded(format!("{username}:{password}").as_bytes());
        prop_assert_eq!(basic(&seen(), &value), Some([username, password]));
    }

    #[test]
    fn random_fields_are_read_without_a_fault(value in "(Basic|Bearer|[a-z]{0,3})[ \t]{0,2}[!-~é]{0,12}") {
        let client = seen();
        let token = value.strip_prefix("Bearer").and_then(|rest| {
            let token = rest.trim_start_matches([' ', '\t']);
            let digits = token.trim_end_matches('=');
            let fine = |c: char| c.is_ascii_alphanumeric() || "-._~+/".contains(c);
            (token != rest && !digits.is_empty() && digits.chars().all(fine)).then(|| token.to_owned())
        });
        prop_assert_eq!(bearer(&client, &value), token);
        prop_assert!(basic(&client, &value).is_none_or(|_| value.starts_with("Basic")));
    }
}

fn guarded() -> App {
    let staff = Router::new()
        .before(require_basic("sta\"ff", |_, who| (who.username, who.password) == ("ada", "s3cr3t")))
        .get("/", |_: Request| "staff");
    let api = Router::new()
        .before(require_bearer("api", |req, token| {
            req.set_extension(token.len());
            token == "s3cr3t"
        }))
        .get("/", |req: Request| req.extension::<usize>().map(|length| length.to_string()));
    App::new().include("/staff", staff).include("/api", api).get("/error", |req: Request| -> Result<(), Error> {
        req.bearer_token().ok_or_else(|| Unauthorized::bearer("error"))?;
        Ok(())
    })
}

#[test]
fn requests_without_valid_credentials_are_refused_with_a_challenge() {
    let client = Client::new(guarded()).unwrap();
    for source in testing::sources() {
        for (path, value, challenge) in [
            ("/staff", None, Some("Basic realm=\"sta\\\"ff\", charset=\"UTF-8\"")),
            ("/staff", Some("Basic YWRhOndyb25n"), Some("Basic realm=\"sta\\\"ff\", charset=\"UTF-8\"")),
            ("/staff", Some("Basic YWRhOnMzY3IzdA=="), None),
            ("/api", None, Some("Bearer realm=\"api\"")),
            ("/api", Some("Basic YWRhOnMzY3IzdA=="), Some("Bearer realm=\"api\"")),
            ("/api", Some("Bearer wrong"), Some("Bearer realm=\"api\", error=\"invalid_token\"")),
            ("/api", Some("Bearer s3cr3t"), None),
            ("/error", None, Some("Bearer realm=\"error\"")),
            ("/error", Some("Bearer x"), None),
        ] {
            let mut request = client.get(path).source(source);
            if let Some(value) = value {
                request = request.header("Authorization", value);
            }
            let response = request.send();
            assert_eq!(response.header("www-authenticate"), challenge, "{source:?} {path} {value:?}");
            assert_eq!(response.status(), if challenge.is_some() { 401 } else { 200 }, "{source:?} {path} {value:?}");
            if challenge.is_some() {
                assert_eq!(response.text(), r#"{"statusCode":401,"message":"Unauthorized"}"#);
            }
        }
    }
}

#[test]
fn error_handlers_and_middleware_see_the_refusal() {
    let app = guarded()
        .after(|req| {
            let status = req.response().status().as_u16().to_string();
            req.response().set_header("X-Status", status);
        })
        .on_error(|error: &Unauthorized, req: Request| {
            (403, [("WWW-Authenticate", error.challenge().to_string())], format!("{error}: {}", req.path()))
        });
    let response = Client::new(app).unwrap().get("/error").send();
    assert_eq!(
        (response.status(), response.text(), response.header("x-status")),
        (403, "the request has no bearer token: /error", Some("403"))
    );
    assert_eq!(response.header("www-authenticate"), Some("Bearer realm=\"error\""));
    // One for `HttpError` does not get it.
    let app = guarded().on_error(|_: &HttpError, _: Request| (500, "never"));
    assert_eq!(Client::new(app).unwrap().get("/error").send().status(), 401);
}

#[test]
fn a_realm_that_would_split_the_response_is_an_error() {
    let app = App::new().get("/", |_: Request| Unauthorized::bearer("a\r\nb"));
    assert!(Client::new(app).unwrap().get("/").try_send().unwrap_err().message().contains("WWW-Authenticate"));
}

#[cfg(feature = "signed-cookies")]
mod signed {
    use gatewire::{Response, SignedCookies};

    use super::*;

    fn app(cookies: SignedCookies) -> Client {
        fn sign(req: Request<'_>) -> Response<'_> {
            let value = req.query("value").unwrap_or_default();
            Response::new(()).cookie(req.state::<SignedCookies>().sign(req, req.param("name"), value).path("/"))
        }
        fn verify(req: Request<'_>) -> Json<Option<&str>> {
            Json(req.state::<SignedCookies>().verify(req, req.param("name")))
        }
        Client::new(App::new().state(cookies).post("/{name}", sign).get("/{name}", verify)).unwrap()
    }

    /// Returns the signed value of a cookie.
    fn signed(client: &Client, name: &str, value: &str) -> String {
        let response = client.post(&format!("/{name}")).query("value", value).send();
        let cookie = response.cookies()[0].to_owned();
        assert!(cookie.ends_with("; Path=/; Secure"), "{cookie}");
        cookie.split_once(';').unwrap().0.split_once('=').unwrap().1.to_owned()
    }

    fn verified(client: &Client, name: &str, value: &str) -> Option<String> {
        client.get(&format!("/{name}")).cookie(name, value).send().json()
    }

    const KEY: [u8; 32] = [1; 32];

    /// The signature was made by Python's `hmac`: `hmac.new(bytes([1] * 32), b"a=b", hashlib.sha256)`.
    #[test]
    fn a_signature_is_hmac_sha256_of_name_and_value() {
        let client = app(SignedCookies::new(KEY));
        assert_eq!(signed(&client, "a", "b"), "b.k3qRvEYvQ0Klzp_IERNIFf9V7m3c80sm1PpscsiiUeU");
    }

    #[test]
    fn a_signed_cookie_is_read_back_and_no_other() {
        let client = app(SignedCookies::new(KEY));
        for value in ["", "ada", "a.b.c", "x=y", "é", "two words"] {
            let sent = signed(&client, "session", value);
            assert_eq!(verified(&client, "session", &sent).as_deref(), Some(value));
            assert_eq!(verified(&client, "other", &sent), None, "the name is signed too");
            for at in (0..sent.len()).filter(|at| sent.is_char_boundary(*at) && sent.is_char_boundary(at + 1)) {
                let other = if &sent[at..=at] == "A" { "B" } else { "A" };
                let changed = format!("{}{other}{}", &sent[..at], &sent[at + 1..]);
                assert_eq!(verified(&client, "session", &changed), None, "{changed}");
                assert_eq!(verified(&client, "session", &sent[..at]), None);
            }
            assert_eq!(verified(&client, "session", &format!("{sent}=")), None);
            assert_eq!(verified(&app(SignedCookies::new([2; 32])), "session", &sent), None, "another key");
        }
        assert_eq!(client.get("/session").send().json::<Option<String>>(), None);
    }

    #[test]
    fn name_and_value_cannot_be_shifted() {
        let client = app(SignedCookies::new(KEY));
        let sent = signed(&client, "a", "b=c");
        let signature = sent.rsplit_once('.').unwrap().1;
        let cookie = format!("c.{signature}");
        assert_eq!(verified(&client, "a=b", &cookie), None);
        assert_eq!(
            client.get("/a").header("Cookie", format!("a=b=c.{signature}")).send().json::<Option<String>>().as_deref(),
            Some("b=c")
        );
    }

    #[test]
    fn keys_are_changed_without_losing_cookies() {
        let (old, new) = ([1; 32], [2; 40]);
        let before = app(SignedCookies::new(old));
        let between = app(SignedCookies::new(new).accept(old));
        let after = app(SignedCookies::new(new));
        let (of_old, of_new) = (signed(&before, "a", "1"), signed(&between, "a", "2"));
        assert_eq!(verified(&between, "a", &of_old).as_deref(), Some("1"));
        assert_eq!(verified(&between, "a", &of_new).as_deref(), Some("2"));
        assert_eq!(verified(&after, "a", &of_old), None);
        assert_eq!(verified(&after, "a", &of_new).as_deref(), Some("2"));
        assert_eq!(verified(&before, "a", &of_new), None);
    }

    #[test]
    fn a_forged_cookie_of_the_name_does_not_hide_the_signed_one() {
        let client = app(SignedCookies::new(KEY));
        let sent = signed(&client, "a", "1");
        for cookies in [format!("a={sent}; a=forged"), format!("a=forged; a={sent}")] {
            let read: Option<String> = client.get("/a").header("Cookie", cookies).send().json();
            assert_eq!(read.as_deref(), Some("1"));
        }
    }

    #[test]
    fn keys_are_long_and_never_shown() {
        let panic = std::panic::catch_unwind(|| SignedCookies::new([1; 31])).unwrap_err();
        assert!(panic.downcast_ref::<String>().unwrap().contains("has 31 bytes"));
        assert_eq!(format!("{:?}", SignedCookies::new([3; 32])), "SignedCookies { keys: 1, .. }");
    }
}
