use super::*;

type Owned = (String, Option<String>, Option<String>, Vec<u8>);

fn read(boundary: &str, body: &[u8]) -> Result<Vec<Owned>, FormError> {
    let arena = Bump::new();
    let owned = |part: Part<'_>| {
        let text = |text: Option<&str>| text.map(str::to_owned);
        (part.name.to_owned(), text(part.file_name), text(part.content_type), part.bytes.to_vec())
    };
    multipart(body, boundary, &arena).map(|parts| parts.map(owned).collect())
}

fn field(name: &str, value: &str) -> Owned {
    (name.to_owned(), None, None, value.as_bytes().to_vec())
}

fn fault(boundary: &str, body: &[u8]) -> (usize, MultipartFault) {
    match read(boundary, body) {
        Err(FormError::Multipart { offset, kind }) => (offset, kind),
        other => panic!("{other:?}"),
    }
}

/// A part with this content.
fn part(name: &str, value: &str) -> String {
    format!("Content-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}")
}

#[test]
fn fields_and_files_are_read() {
    let body = format!(
        "--B\r\n{}\r\n--B\r\nContent-Disposition: form-data; name=\"f\"; filename=\"x.bin\"\r\n\
         Content-Type: application/octet-stream\r\n\r\n\0\r\n--A\r\n\r\n--B--\r\n",
        part("title", "one\r\ntwo"),
    );
    let file = (
        "f".to_owned(),
        Some("x.bin".to_owned()),
        Some("application/octet-stream".to_owned()),
        b"\0\r\n--A\r\n".to_vec(),
    );
    assert_eq!(read("B", body.as_bytes()), Ok(vec![field("title", "one\r\ntwo"), file]));
}

#[test]
fn text_around_the_form_and_blanks_after_a_boundary_are_ignored() {
    let body = format!("preamble\r\n--B \t\r\n{}\r\n--B--epilogue --B\r\n", part("a", ""));
    assert_eq!(read("B", body.as_bytes()), Ok(vec![field("a", "")]));
    assert_eq!(read("B", b"--B--"), Ok(vec![]));
    assert_eq!(read("B", b"x--B--\r\n"), Ok(vec![]));
}

#[test]
fn bodies_without_their_line_breaks_are_refused() {
    let of = |body: &str| fault("B", body.as_bytes());
    assert_eq!(of(""), (0, MultipartFault::NoBoundary));
    assert_eq!(of("--b--"), (0, MultipartFault::NoBoundary));
    assert_eq!(of("--B"), (3, MultipartFault::Unclosed));
    assert_eq!(of("--B-"), (3, MultipartFault::Unclosed));
    assert_eq!(of("--B\r"), (3, MultipartFault::Unclosed));
    assert_eq!(of("--B\n"), (3, MultipartFault::BoundaryLine));
    assert_eq!(of("--Bx\r\n"), (3, MultipartFault::BoundaryLine));
    assert_eq!(of("--B\r\n"), (5, MultipartFault::Head));
    assert_eq!(of("--B\r\nContent-Disposition: form-data; name=a\n\n1\r\n--B--"), (5, MultipartFault::Head));
    // Nothing between the head and the boundary: the line break belongs to the boundary, and is missing.
    assert_eq!(of(&format!("--B\r\n{}--B--", part("a", ""))).1, MultipartFault::Unclosed);
    assert_eq!(of(&format!("--B\r\n{}", part("a", "1"))).1, MultipartFault::Unclosed);
    assert_eq!(of(&format!("--B\r\n{}\n--B--", part("a", "1"))).1, MultipartFault::Unclosed);
    assert_eq!(of(&format!("--B\r\n{}\r\n--B", part("a", "1"))).1, MultipartFault::Unclosed);
    assert_eq!(of("--B\r\n\r\n1\r\n--B--"), (5, MultipartFault::Head));
    assert_eq!(of("--B\r\nX: y\r\n\r\n1\r\n--B--"), (5, MultipartFault::NoName));
}

#[test]
fn names_that_are_not_utf8_are_refused_and_contents_may_be_anything() {
    let body = b"--B\r\nContent-Disposition: form-data; name=\"\xff\"\r\n\r\n1\r\n--B--";
    assert_eq!(read("B", body), Err(FormError::NotUtf8));
    let body = b"--B\r\nContent-Disposition: form-data; name=a\r\n\r\n\xff\r\n--B--";
    let arena = Bump::new();
    let part = multipart(body, "B", &arena).unwrap().get("a").unwrap();
    assert_eq!((part.bytes, part.text()), (&b"\xff"[..], Err(FormError::NotUtf8)));
}

#[test]
fn parts_and_their_heads_are_bounded() {
    let parts = |count: usize| format!("--B\r\n{}", format!("{}\r\n--B\r\n", part("a", "1")).repeat(count));
    let closed = |count: usize| parts(count).trim_end().to_owned() + "--";
    assert_eq!(read("B", closed(MAX_PARTS).as_bytes()).map(|parts| parts.len()), Ok(MAX_PARTS));
    assert_eq!(read("B", closed(MAX_PARTS + 1).as_bytes()), Err(FormError::TooMany { limit: MAX_PARTS }));
    let with_head = |length: usize| {
        let head = "Content-Disposition: form-data; name=a\r\nX: ";
        format!("--B\r\n{head}{}\r\n\r\n1\r\n--B--", "x".repeat(length - head.len()))
    };
    assert_eq!(read("B", with_head(MAX_HEAD_BYTES).as_bytes()), Ok(vec![field("a", "1")]));
    assert_eq!(fault("B", with_head(MAX_HEAD_BYTES + 1).as_bytes()), (5, MultipartFault::LongHead));
}

#[test]
fn boundaries_are_read_from_the_content_type() {
    let arena = Bump::new();
    let longest = "x".repeat(70);
    for (content_type, wanted) in [
        ("multipart/form-data; boundary=----WebKitFormBoundaryAbC", "----WebKitFormBoundaryAbC"),
        ("Multipart/Form-Data;charset=utf-8;BOUNDARY=\"a b'()+_,-./:=?\"", "a b'()+_,-./:=?"),
        (&format!("multipart/form-data; boundary={longest}"), &longest),
    ] {
        assert_eq!(boundary(Some(content_type), &arena), Ok(wanted));
    }
    for content_type in [
        "multipart/form-data",
        "multipart/form-data; boundary=",
        "multipart/form-data; boundary=\"\"",
        "multipart/form-data; boundary=\"a ",
        "multipart/form-data; boundary=\"a \"",
        "multipart/form-data; boundary=é",
        "multipart/form-data; boundary=a; boundary=a",
        &format!("multipart/form-data; boundary={longest}x"),
    ] {
        assert_eq!(boundary(Some(content_type), &arena), Err(FormError::Boundary), "{content_type}");
    }
    for content_type in [None, Some(""), Some("multipart/mixed; boundary=a"), Some("application/json")] {
        assert_eq!(boundary(content_type, &arena).unwrap_err().status(), 415);
    }
}

#[test]
fn parts_are_found_by_name() {
    let body = ["a", "b", "a"].map(|name| format!("--B\r\n{}\r\n", part(name, name))).concat() + "--B--";
    let arena = Bump::new();
    let mut form = multipart(body.as_bytes(), "B", &arena).unwrap();
    assert_eq!((form.len(), form.all("a").count(), form.get("c")), (3, 2, None));
    assert_eq!(form.get("b").unwrap().text(), Ok("b"));
    assert_eq!(format!("{form:?}"), r#"Multipart ["a", "b", "a"]"#);
    let first = form.next().unwrap();
    assert_eq!(format!("{first:?}"), r#"Part { name: "a", file_name: None, content_type: None, length: 1, .. }"#);
    assert_eq!(form.all("a").count(), 1);
}
