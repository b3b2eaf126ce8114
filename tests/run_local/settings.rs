//! Stage, base path, multi-value headers and CORS: the settings of the environment, and the requests of a browser.

use crate::server::Server;

#[test]
fn the_stage_is_in_the_event_and_not_in_the_url() {
    for (source, expected) in [
        ("rest", r#""path":"/event""#),
        ("rest", r#""path":"/dev/event""#),
        ("http_v1", r#""path":"/dev/event""#),
        ("http", r#""rawPath":"/dev/event""#),
    ] {
        let server = Server::start(&[("GATEWIRE_SOURCE", source), ("GATEWIRE_STAGE", "dev")]);
        assert!(server.start_line.contains(", stage dev; "), "{}", server.start_line);
        let answer = server.client().ask("GET", "/event", "");
        assert_eq!(answer.status, 200);
        assert!(answer.text().contains(r#""stage":"dev""#) && answer.text().contains(expected), "{}", answer.text());
    }
}

#[test]
fn a_base_path_is_in_the_url_and_in_the_events_that_keep_it() {
    for (source, path) in [
        ("rest", r#""path":"/shop/event""#),
        ("http_v1", r#""path":"/shop/event""#),
        ("http", r#""rawPath":"/event""#),
        ("alb", r#""path":"/shop/event""#),
        ("url", r#""rawPath":"/shop/event""#),
    ] {
        let server = Server::start(&[("GATEWIRE_SOURCE", source), ("GATEWIRE_BASE_PATH", "/shop/")]);
        assert!(server.start_line.contains(&format!("http://{}/shop plays", server.address)), "{}", server.start_line);
        let mut client = server.client();
        let answer = client.ask("GET", "/shop/event", "");
        assert!(answer.status == 200 && answer.text().contains(path), "{source}: {}", answer.text());
        for outside in ["/event", "/shopping", "/"] {
            let answer = client.ask("GET", outside, "");
            assert_eq!((answer.status, answer.text()), (403, r#"{"message":"Forbidden"}"#), "{source} {outside}");
            server.line_with("not below the base path");
        }
        assert_eq!(client.ask("GET", "/shop/nowhere", "").status, 404, "{source}");
        assert_eq!(client.ask("GET", "/shop/hello?name=ada", "").text(), "hello ada", "{source}");
    }
}

#[test]
fn a_load_balancer_may_have_multi_value_headers() {
    let server = Server::start(&[("GATEWIRE_SOURCE", "alb"), ("GATEWIRE_MULTI_VALUE", "true")]);
    assert!(server.start_line.contains("an Application Load Balancer with multi-value headers;"));
    let mut client = server.client();
    let event = client.ask("GET", "/event?a=1&a=2", "X-A: 1\r\nX-A: 2\r\n").json();
    assert_eq!(event["multiValueQueryStringParameters"]["a"], serde_json::json!(["1", "2"]));
    assert_eq!(event["multiValueHeaders"]["x-a"], serde_json::json!(["1", "2"]));
    assert!(event.get("headers").is_none());
    let cookies = client.ask("GET", "/cookies", "");
    assert_eq!(cookies.headers.iter().filter(|(name, _)| name == "set-cookie").count(), 2);
}

#[test]
fn a_page_of_another_origin_may_call() {
    // A browser sends a preflight before a PUT with a custom header, and then the allowed request.
    for source in ["rest", "http", "alb", "url", "lattice_v2"] {
        let server = Server::start(&[("GATEWIRE_SOURCE", source)]);
        let mut client = server.client();
        let origin = "Origin: http://localhost:3000\r\n";
        let asks = "Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: content-type,x-trace\r\n";
        let preflight = client.ask("OPTIONS", "/echo", &format!("{origin}{asks}"));
        assert_eq!((preflight.status, preflight.body.len()), (204, 0), "{source}");
        let allowed = |name: &str| preflight.header(name).unwrap_or_default().to_ascii_lowercase();
        assert_eq!(allowed("access-control-allow-origin"), "http://localhost:3000", "{source}");
        assert!(allowed("access-control-allow-methods").split([',', ' ']).any(|method| method == "post"), "{source}");
        for name in ["content-type", "x-trace"] {
            assert!(
                allowed("access-control-allow-headers").split([',', ' ']).any(|own| own == name),
                "{source} {name}"
            );
        }
        for target in ["/hello", "/nowhere"] {
            let answer = client.ask("GET", target, origin);
            assert_eq!(
                answer.header("access-control-allow-origin"),
                Some("http://localhost:3000"),
                "{source} {target}"
            );
        }
        let stranger = client.ask("GET", "/hello", "Origin: http://elsewhere.example\r\n");
        assert_eq!(stranger.header("access-control-allow-origin"), None, "{source}");
    }
}
