//! An app as a service.

use std::convert::Infallible;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::routing::get;
use gatewire::tower::{AppService, Peer};
use gatewire::{App, Cookie, Error, EventSource, Json, Request, Response, Stream};
use http::StatusCode;
use http_body_util::BodyExt;
use tower::{Service, ServiceExt};

fn app() -> App {
    App::new()
        .streaming(true)
        .get("/hello/{name}", |req: Request| req.reply(Json([req.param("name"), req.query("q").unwrap_or("none")])))
        .post("/bytes", async |req: Request<'_>| -> Result<_, Error> { Ok(req.body()?.to_vec()) })
        .get("/cookies", |_: Request| {
            Response::new("set")
                .status(201)
                .cookie(Cookie::new("a", "1"))
                .cookie(Cookie::new("b", "2"))
                .header("X-A", "b")
        })
        .get("/fields", |req: Request| req.reply(Json(req.headers().collect::<Vec<_>>())))
        .get("/ip", |req: Request| req.reply(req.source_ip().unwrap_or("none")))
        .get("/slow", async |_: Request<'_>| {
            tokio::time::sleep(Duration::from_millis(20)).await;
            "slow"
        })
        .get("/panic", |_: Request| -> &'static str { panic!("in the app") })
        .get("/pieces", |_: Request| {
            Stream::new(async |mut sink| {
                for piece in ["one", "two", "three"] {
                    sink.write(piece).await;
                }
                Ok(())
            })
        })
        .get("/endless", |_: Request| {
            Stream::new(async |mut sink| {
                loop {
                    sink.write([7; 1024]).await;
                }
            })
        })
        .get("/breaks", |_: Request| {
            Stream::new(async |mut sink| {
                sink.write("one").await;
                let number: u8 = "x".parse()?;
                sink.write([number]).await;
                Ok(())
            })
        })
}

async fn send(service: &AppService, request: http::Request<Body>) -> (StatusCode, http::HeaderMap, Vec<u8>) {
    let response = service.clone().oneshot(request).await.unwrap();
    let (parts, body) = response.into_parts();
    (parts.status, parts.headers, body.collect().await.unwrap().to_bytes().to_vec())
}

fn request(method: &str, target: &str) -> http::request::Builder {
    http::Request::builder().method(method).uri(target)
}

#[tokio::test]
async fn an_app_answers_by_oneshot() {
    let service = AppService::new(app()).unwrap();
    for source in gatewire::testing::sources() {
        let service = service.clone().source(source);
        let (status, headers, body) =
            send(&service, request("GET", "/hello/a%20b?q=c%26d").body(Body::empty()).unwrap()).await;
        assert_eq!((status.as_u16(), body.as_slice()), (200, &br#"["a b","c&d"]"#[..]), "{source:?}");
        assert_eq!(headers["content-type"], "application/json");
        let bytes: Vec<u8> = (0..=255).collect();
        let (_, _, body) = send(&service, request("POST", "/bytes").body(Body::from(bytes.clone())).unwrap()).await;
        assert_eq!(body, bytes, "{source:?}");
        assert_eq!(send(&service, request("GET", "/nowhere").body(Body::empty()).unwrap()).await.0, 404);
    }
    let (status, headers, body) = send(&service, request("GET", "/cookies").body(Body::empty()).unwrap()).await;
    assert_eq!((status.as_u16(), headers["x-a"].as_bytes(), body.as_slice()), (201, &b"b"[..], &b"set"[..]));
    assert_eq!(headers.get_all("set-cookie").iter().count(), 2);
}

#[tokio::test]
async fn every_part_of_the_request_reaches_the_app() {
    let service = AppService::new(app()).unwrap();
    let with_authority = request("GET", "https://example.com/fields").header("x-a", "b").body(Body::empty()).unwrap();
    let (_, _, body) = send(&service, with_authority).await;
    let body = String::from_utf8(body).unwrap();
    assert!(body.contains(r#"["host","example.com"]"#) && body.contains(r#"["x-a","b"]"#), "{body}");
    let mut from = request("GET", "/ip").body(Body::empty()).unwrap();
    from.extensions_mut().insert(Peer("192.0.2.9".parse().unwrap()));
    assert_eq!(send(&service, from).await.2, b"192.0.2.9");
    let large = Body::from(vec![b'a'; 7 << 20]);
    assert_eq!(send(&service, request("POST", "/bytes").body(large).unwrap()).await.0, StatusCode::PAYLOAD_TOO_LARGE);
}

#[tokio::test]
async fn an_invocation_that_fails_is_a_502_and_the_next_is_answered() {
    let service = AppService::with_threads(&app().build().unwrap(), 1);
    for _ in 0..2 {
        let (status, _, body) = send(&service, request("GET", "/panic").body(Body::empty()).unwrap()).await;
        assert_eq!((status.as_u16(), body.as_slice()), (502, &br#"{"message":"Bad Gateway"}"#[..]));
        assert_eq!(send(&service, request("GET", "/ip").body(Body::empty()).unwrap()).await.0, 200);
    }
}

#[tokio::test]
async fn pieces_come_one_by_one_and_a_failure_cuts_them_off() {
    let service = AppService::with_threads(&app().build().unwrap(), 1);
    let response = service.clone().oneshot(request("GET", "/pieces").body(Body::empty()).unwrap()).await.unwrap();
    let mut body = response.into_body();
    let mut pieces = Vec::new();
    while let Some(frame) = body.frame().await {
        pieces.push(frame.unwrap().into_data().unwrap());
    }
    assert_eq!(pieces, ["one", "two", "three"]);
    // A dropped response ends its handler, or the only thread would never be free again.
    let endless = service.clone().oneshot(request("GET", "/endless").body(Body::empty()).unwrap()).await.unwrap();
    let mut body = endless.into_body();
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap().len(), 1024);
    drop(body);
    let breaks = service.clone().oneshot(request("GET", "/breaks").body(Body::empty()).unwrap()).await.unwrap();
    let mut body = breaks.into_body();
    assert_eq!(body.frame().await.unwrap().unwrap().into_data().unwrap(), "one");
    assert!(body.frame().await.unwrap().is_err());
    assert!(body.frame().await.is_none());
    // A source without streams gets the whole body in one piece.
    let joined = service.source(EventSource::HttpApiV2);
    assert_eq!(send(&joined, request("GET", "/pieces").body(Body::empty()).unwrap()).await.2, b"onetwothree");
}

/// The service's future may move between threads.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_requests_run_at_a_time() {
    let service = AppService::with_threads(&app().build().unwrap(), 3);
    let tasks: Vec<_> = (0..30)
        .map(|number| {
            let mut service = service.clone();
            tokio::spawn(async move {
                let target = if number % 3 == 0 { "/slow".to_owned() } else { format!("/hello/{number}") };
                let response = service.call(request("GET", &target).body(Body::empty()).unwrap()).await.unwrap();
                (number, response.into_body().collect().await.unwrap().to_bytes())
            })
        })
        .collect();
    for task in tasks {
        let (number, body) = task.await.unwrap();
        let expected = if number % 3 == 0 { "slow".to_owned() } else { format!(r#"["{number}","none"]"#) };
        assert_eq!(body, expected);
    }
}

#[tokio::test]
async fn an_app_stands_in_an_axum_router_and_the_router_in_an_app() {
    let router = Router::new().route("/axum", get(async || "axum")).fallback_service(AppService::new(app()).unwrap());
    let answer = router.clone().oneshot(request("GET", "/ip").body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(answer.into_body().collect().await.unwrap().to_bytes(), "127.0.0.1");
    let outer = AppService::new(App::new().get("/outer", |_: Request| "outer").fallback_service(router)).unwrap();
    for (target, expected) in [("/outer", "outer"), ("/axum", "axum"), ("/hello/x", r#"["x","none"]"#)] {
        assert_eq!(send(&outer, request("GET", target).body(Body::empty()).unwrap()).await.2, expected.as_bytes());
    }
    let _: Result<(), Infallible> = Ok(());
}
