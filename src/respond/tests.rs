//! Whole responses, for every source.

use serde_json::json;

use super::*;
use crate::http::{Cookie, StatusCode};
use crate::source::EventSource;

/// Returns the header members of a response with these fields, and then these cookies.
fn headers(source: EventSource, multi_value: bool, fields: &[(&str, &str)], cookies: &[&str]) -> serde_json::Value {
    let mut buffer = ResponseBuffer::new();
    fields.iter().for_each(|(name, value)| buffer.head.append(name, value).unwrap());
    cookies.iter().for_each(|name| buffer.add_cookie(&Cookie::new(*name, "1").secure(false)).unwrap());
    let mut response: serde_json::Value = serde_json::from_slice(buffer.encode(source, multi_value)).unwrap();
    let fields = response.as_object_mut().unwrap();
    ["statusCode", "body", "isBase64Encoded"].iter().for_each(|key| drop(fields.remove(*key)));
    response
}

#[test]
fn repeated_fields_are_sent_through_every_gateway() {
    let fields = [("Vary", "Origin"), ("X-A", "1"), ("vary", "Accept"), ("x-a", "2"), ("Vary", "Cookie")];
    let joined = json!({"Vary": "Origin, Accept, Cookie", "X-A": "1, 2"});
    for source in [
        EventSource::HttpApiV2,
        EventSource::FunctionUrl,
        EventSource::Alb,
        EventSource::LatticeV1,
        EventSource::LatticeV2,
    ] {
        assert_eq!(headers(source, false, &fields, &[])["headers"], joined, "{source:?}");
    }
    let lists = json!({"multiValueHeaders": {"Vary": ["Origin", "Accept", "Cookie"], "X-A": ["1", "2"]}});
    for (source, multi_value) in
        [(EventSource::RestApi, false), (EventSource::HttpApiV1, false), (EventSource::Alb, true)]
    {
        assert_eq!(headers(source, multi_value, &fields, &[]), lists, "{source:?}");
    }
}

#[test]
fn the_last_value_of_a_single_valued_field_counts() {
    let fields = [("Content-Type", "text/plain"), ("Location", "/a"), ("content-type", "a/b"), ("LOCATION", "/b")];
    let last = json!({"Content-Type": "a/b", "Location": "/b"});
    for source in [
        EventSource::HttpApiV2,
        EventSource::FunctionUrl,
        EventSource::Alb,
        EventSource::LatticeV1,
        EventSource::LatticeV2,
    ] {
        assert_eq!(headers(source, false, &fields, &[])["headers"], last, "{source:?}");
    }
    let last = json!({"multiValueHeaders": {"Content-Type": ["a/b"], "Location": ["/b"]}});
    for (source, multi_value) in
        [(EventSource::RestApi, false), (EventSource::HttpApiV1, false), (EventSource::Alb, true)]
    {
        assert_eq!(headers(source, multi_value, &fields, &[]), last, "{source:?}");
    }
}

#[test]
fn cookies_are_sent_as_each_gateway_takes_them() {
    let of = |source, multi_value, fields: &[&str], cookies: &[&str]| {
        let fields: Vec<_> = fields.iter().map(|value| ("set-Cookie", *value)).collect();
        headers(source, multi_value, &fields, cookies)
    };
    for source in [EventSource::Alb, EventSource::LatticeV1, EventSource::LatticeV2] {
        assert_eq!(of(source, false, &[], &[]), json!({"headers": {}}));
        assert_eq!(of(source, false, &[], &["a"]), json!({"headers": {"Set-Cookie": "a=1"}}));
        assert_eq!(of(source, false, &["h=1"], &[]), json!({"headers": {"Set-Cookie": "h=1"}}));
    }
    let cased = json!({"headers": {"Set-Cookie": "h=1", "set-cookie": "a=1", "Set-cookie": "b=1"}});
    for source in [EventSource::Alb, EventSource::LatticeV1] {
        assert_eq!(of(source, false, &["h=1"], &["a", "b"]), cased);
    }
    let listed = json!({"headers": {"Set-Cookie": ["h=1", "a=1", "b=1"]}});
    assert_eq!(of(EventSource::LatticeV2, false, &["h=1"], &["a", "b"]), listed);
    let apart = json!({"headers": {}, "cookies": ["h=1", "a=1", "b=1"]});
    for source in [EventSource::HttpApiV2, EventSource::FunctionUrl] {
        assert_eq!(of(source, false, &["h=1"], &["a", "b"]), apart);
    }
    let multi = json!({"multiValueHeaders": {"set-Cookie": ["h=1", "a=1", "b=1"]}});
    for (source, multi_value) in
        [(EventSource::RestApi, false), (EventSource::HttpApiV1, false), (EventSource::Alb, true)]
    {
        assert_eq!(of(source, multi_value, &["h=1"], &["a", "b"]), multi);
    }
}

#[test]
fn a_response_is_whole_with_every_kind_of_body() {
    let whole = |buffer: &mut ResponseBuffer, source| {
        let text = String::from_utf8(buffer.encode(source, false).to_vec()).unwrap();
        buffer.clear();
        text
    };
    let mut buffer = ResponseBuffer::new();
    buffer.set_status(StatusCode::NOT_FOUND);
    let none = r#"{"statusCode":404,"body":null,"isBase64Encoded":false,"headers":{},"cookies":[]}"#;
    assert_eq!(whole(&mut buffer, EventSource::HttpApiV2), none);
    let none = r#"{"statusCode":200,"body":"","isBase64Encoded":false,"headers":{}}"#;
    for source in [EventSource::Alb, EventSource::LatticeV1, EventSource::LatticeV2] {
        assert_eq!(whole(&mut buffer, source), none);
    }
    buffer.set_text("a\"", Some("text/plain"));
    let text = r#"{"statusCode":200,"body":"a\"","isBase64Encoded":false,"headers":{"Content-Type":"text/plain"}}"#;
    assert_eq!(whole(&mut buffer, EventSource::Alb), text);
    buffer.set_bytes(b"\xff", None);
    let bytes = r#"{"statusCode":200,"body":"/w==","isBase64Encoded":true,"headers":{}}"#;
    assert_eq!(whole(&mut buffer, EventSource::Alb), bytes);
    buffer.set_text("a", Some("text/plain"));
    buffer.set_status(StatusCode::NO_CONTENT);
    let forbidden = r#"{"statusCode":204,"body":"","isBase64Encoded":false,"headers":{}}"#;
    assert_eq!(whole(&mut buffer, EventSource::Alb), forbidden);
}

#[test]
fn a_field_of_the_response_overrides_its_content_type() {
    let mut buffer = ResponseBuffer::new();
    assert_eq!(buffer.content_type(), None);
    buffer.set_text("a", Some("text/plain"));
    assert_eq!(buffer.content_type(), Some("text/plain"));
    buffer.head.append("content-Type", "text/html").unwrap();
    assert_eq!(buffer.content_type(), Some("text/html"));
}

#[test]
fn vary_names_a_field_once_and_no_field_beside_a_star() {
    let varied = |given: &str, field: &str| {
        let mut buffer = ResponseBuffer::new();
        buffer.head.append("Vary", given).unwrap();
        buffer.vary(field);
        buffer.head.values("vary").map(String::from).collect::<Vec<_>>().join("|")
    };
    assert_eq!(varied("Accept", "Origin"), "Accept|Origin");
    assert_eq!(varied("Accept, origin", "Origin"), "Accept, origin");
    assert_eq!(varied("Accept, *", "Origin"), "Accept, *");
}
