//! What HTTP asks of answers, whatever the gateway: which statuses leave, what compression changes, which bytes are text.

use gatewire::testing::Client;
use gatewire::{App, BuildError, Request, Router, Source};

/// Every gateway.
const SOURCES: [Source; 7] = [
    Source::Rest,
    Source::HttpV1,
    Source::Http,
    Source::FunctionUrl,
    Source::Alb,
    Source::LatticeV1,
    Source::LatticeV2,
];

#[test]
fn a_prefix_and_a_rule_have_one_slash_between_them() {
    let router = || Router::new().get("/", |_: Request| "root").get("/users", |_: Request| "users");
    for (prefix, root) in [("/api", "/api"), ("/api/", "/api/"), ("/api//", "/api//"), ("/", "/"), ("", "/")] {
        let client = Client::new(App::new().include(prefix, router())).unwrap();
        let users = if prefix.len() > 1 { "/api/users" } else { "/users" };
        assert_eq!(client.get(users).send().text(), "users", "{prefix:?}");
        assert_eq!(client.get(root).send().text(), "root", "{prefix:?}");
    }
    let nested = Router::new().include("/b/", Router::new().get(r"\d+", |_: Request| "digits"));
    let client = Client::new(App::new().include("/a/", nested)).unwrap();
    assert_eq!(client.get("/a/b/5").send().text(), "digits");
    assert_eq!(client.get("/a/b5").send().status(), 404);
}

#[test]
fn routes_that_nobody_reaches_do_not_build() {
    let handler = |_: Request<'_>| "never";
    let said = |app: App| app.build().err().map(|error| error.to_string()).unwrap_or_default();
    let slash = "GET x: a rule starts with `/`";
    assert!(said(App::new().get("x", handler)).starts_with(slash));
    assert!(said(App::new().include("/v1", Router::new().get("x", handler))).starts_with(slash));
    assert!(
        said(App::new().include("v1", Router::new().get("/x", handler))).starts_with("GET v1/x: a rule starts with")
    );
    for rule in ["/:id", "/a/*rest", "/{id}?x=1", "/<int:id>", "/{*rest}", "/a#b"] {
        let error = App::new().get(rule, handler).build().unwrap_err();
        assert!(matches!(error, BuildError::Routes(_)) && error.to_string().starts_with(&format!("GET {rule}: ")));
        let error = App::new().include(rule, Router::new().get("/x", handler)).build();
        assert!(error.is_err(), "{rule} as a prefix");
    }
    for prefix in ["payment/", "/{tenant}"] {
        let error = App::new().strip_prefix(prefix).build().unwrap_err();
        assert!(matches!(error, BuildError::Prefix { .. }) && error.to_string().contains(&format!("{prefix:?}")));
    }
    let client = Client::new(App::new().strip_prefix("/payment/").get("/cards", |_: Request| "cards")).unwrap();
    assert_eq!(client.get("/payment/cards").send().text(), "cards");
}
