//! Files that are compiled into the program: forms, ranges, conditions and names.
#![cfg(feature = "static-files")]

use gatewire::static_files;
use gatewire::static_files::{StaticFile, StaticFiles};
use gatewire::testing::{self, Client, TestResponse};
use gatewire::{App, Cors, Request};
use proptest::prelude::*;

const SCRIPT: &[u8] = b"let number = 1;\n";
const PICTURE: &[u8] = &[0x89, b'P', b'N', b'G', 0, 255, 254, 253];
/// Stand-ins: nothing here decodes them.
const GZIP: &[u8] = &[0x1f, 0x8b, 8, 0, 200];
const BROTLI: &[u8] = &[0x0b, 0x07, 0x80, 201];

fn site() -> StaticFiles {
    StaticFiles::new()
        .file("index.html", "<h1>é</h1>".as_bytes())
        .file("js/app.js", StaticFile::new(SCRIPT).gzip(GZIP).brotli(BROTLI).cache_control("immutable"))
        .file("picture.png", PICTURE)
        .file("a b%.txt", b"blank")
        .file("..", b"two dots")
        .file("empty.css", b"")
        .file("data.bin", StaticFile::new(vec![7; 100]).content_type("application/x-own"))
        .index("index.html")
        .cache_control("max-age=60")
}

fn client() -> Client {
    Client::new(App::new().include("/site", site()).get("/other", |_: Request| "other")).unwrap()
}

fn ask(client: &Client, method: &str, path: &str, fields: &[(&str, &str)]) -> TestResponse {
    let request = client.request(method, path);
    fields.iter().fold(request, |request, (name, value)| request.header(*name, *value)).send()
}

#[test]
fn a_file_is_sent_through_every_gateway() {
    let client = client();
    for source in testing::sources() {
        for (path, content_type, cache_control, bytes) in [
            ("/site", "text/html; charset=utf-8", "max-age=60", "<h1>é</h1>".as_bytes()),
            ("/site/index.html", "text/html; charset=utf-8", "max-age=60", "<h1>é</h1>".as_bytes()),
            ("/site/js/app.js", "text/javascript; charset=utf-8", "immutable", SCRIPT),
            ("/site/picture.png", "image/png", "max-age=60", PICTURE),
            ("/site/a%20b%25.txt", "text/plain; charset=utf-8", "max-age=60", b"blank"),
            ("/site/empty.css", "text/css; charset=utf-8", "max-age=60", b""),
            ("/site/data.bin", "application/x-own", "max-age=60", &[7; 100]),
        ] {
            let response = client.get(path).source(source).send();
            assert_eq!((response.status(), response.raw_bytes()), (200, bytes), "{source:?} {path}");
            assert_eq!(response.header_all("content-type"), [content_type], "{source:?} {path}");
            assert_eq!(response.header_all("cache-control"), [cache_control], "{source:?} {path}");
            assert_eq!(response.header_all("accept-ranges"), ["bytes"], "{source:?} {path}");
            let tag = response.header("etag").unwrap();
            assert!(tag.starts_with('"') && tag.ends_with('"'), "{tag}");
            let head = client.head(path).source(source).send();
            assert_eq!((head.status(), head.raw_bytes(), head.header("etag")), (200, &b""[..], Some(tag)));
            assert_eq!(head.header_all("content-type"), [content_type], "{source:?} {path}");
        }
    }
}

#[test]
fn no_path_leads_to_a_file_without_its_name() {
    let app = App::new().include("/site", site()).not_found(|req: Request| format!("nothing at {}", req.path()));
    let client = Client::new(app).unwrap();
    for path in [
        "/site/js",
        "/site/js/",
        "/site/js/app.js/",
        "/site//js/app.js",
        "/site/js/../index.html",
        "/site/../../etc/passwd",
        "/site/%2e%2e/%2e%2e/etc/passwd",
        "/site/..%2f..%2fCargo.toml",
        "/site/..%5c..%5cCargo.toml",
        "/site/index.html%00.png",
        "/site/INDEX.HTML",
        "/site/index.htm",
        "/index.html",
    ] {
        let response = ask(&client, "GET", path, &[]);
        assert_eq!(response.status(), 404, "{path}");
        assert!(response.text().starts_with("nothing at "), "{path}");
    }
    // A name like any other.
    assert_eq!(ask(&client, "GET", "/site/..", &[]).text(), "two dots");
    assert_eq!(ask(&client, "POST", "/site/index.html", &[]).status(), 404);
}

#[test]
fn the_form_that_the_client_prefers_is_sent() {
    let client = client();
    for (accepted, coding) in [
        (None, None),
        (Some("br"), Some("br")),
        (Some("gzip"), Some("gzip")),
        (Some("gzip, br"), Some("br")),
        (Some("gzip, deflate, br, zstd"), Some("br")),
        (Some("br;q=0.5, gzip"), Some("gzip")),
        (Some("br;q=0, *"), Some("gzip")),
        (Some("*"), Some("br")),
        (Some("identity, gzip;q=0.5"), None),
        (Some("identity;q=0.5, gzip"), Some("gzip")),
        (Some("deflate, zstd"), None),
        (Some("gzip;q=0, br;q=0"), None),
        (Some("identity;q=0"), None),
    ] {
        let fields: Vec<_> = accepted.iter().map(|accepted| ("Accept-Encoding", *accepted)).collect();
        let response = ask(&client, "GET", "/site/js/app.js", &fields);
        let bytes = match coding {
            Some("br") => BROTLI,
            Some(_) => GZIP,
            None => SCRIPT,
        };
        assert_eq!((response.header("content-encoding"), response.raw_bytes()), (coding, bytes), "{accepted:?}");
        assert_eq!(response.header_all("vary"), ["Accept-Encoding"], "{accepted:?}");
        assert_eq!(response.header("content-type"), Some("text/javascript; charset=utf-8"));
    }
    // A file of one form does not vary.
    assert_eq!(ask(&client, "GET", "/site/picture.png", &[("Accept-Encoding", "br")]).header("vary"), None);
}

#[test]
fn each_form_has_its_own_tag_which_is_compared() {
    let client = client();
    let tag = |coding: &str| {
        let response = ask(&client, "GET", "/site/js/app.js", &[("Accept-Encoding", coding)]);
        response.header("etag").unwrap().to_owned()
    };
    let (plain, gzip, brotli) = (tag("identity"), tag("gzip"), tag("br"));
    assert!(plain != gzip && gzip != brotli && plain != brotli);
    for method in ["GET", "HEAD"] {
        for (field, value, coding, status) in [
            ("If-None-Match", &plain, "identity", 304),
            ("If-None-Match", &gzip, "gzip", 304),
            ("If-None-Match", &format!("W/{brotli}, \"x\""), "br", 304),
            ("If-None-Match", &plain, "gzip", 200),
            ("If-None-Match", &"*".to_owned(), "br", 304),
            ("If-Match", &plain, "identity", 200),
            ("If-Match", &plain, "gzip", 412),
            ("If-Match", &"*".to_owned(), "gzip", 200),
        ] {
            let response = ask(&client, method, "/site/js/app.js", &[(field, value), ("Accept-Encoding", coding)]);
            assert_eq!(response.status(), status, "{method} {field}: {value} {coding}");
            if status == 304 {
                assert_eq!(response.header_all("cache-control"), ["immutable"]);
                assert_eq!(response.header_all("vary"), ["Accept-Encoding"]);
                assert_eq!((response.header("content-type"), response.header("content-encoding")), (None, None));
                assert_eq!(response.header("etag"), Some(&*tag(coding)));
                assert_eq!(response.raw_bytes(), b"");
            }
        }
    }
}

#[test]
fn a_part_is_sent_through_every_gateway() {
    let client = client();
    for source in testing::sources() {
        for (path, range, content_range, bytes) in [
            ("/site/js/app.js", "bytes=4-9", "bytes 4-9/16", &b"number"[..]),
            ("/site/js/app.js", "bytes=-3", "bytes 13-15/16", b"1;\n"),
            ("/site/picture.png", "bytes=4-", "bytes 4-7/8", &[0, 255, 254, 253]),
            // The first byte of a character of two.
            ("/site/index.html", "bytes=3-4", "bytes 3-4/11", &"1>é".as_bytes()[1..3]),
            ("/site/data.bin", "bytes=0-0", "bytes 0-0/100", &[7]),
        ] {
            let response = client.get(path).source(source).header("Range", range).send();
            assert_eq!((response.status(), response.header("content-range")), (206, Some(content_range)), "{path}");
            assert_eq!(response.raw_bytes(), bytes, "{source:?} {path} {range}");
            let whole = client.get(path).source(source).send();
            for name in ["content-type", "etag", "cache-control"] {
                assert_eq!(response.header(name), whole.header(name), "{name}");
            }
            let head = client.head(path).source(source).header("Range", range).send();
            assert_eq!((head.status(), head.header("content-range")), (200, None));
        }
        let beyond = client.get("/site/js/app.js").source(source).header("Range", "bytes=16-").send();
        assert_eq!((beyond.status(), beyond.header("content-range")), (416, Some("bytes */16")));
        assert_eq!(beyond.raw_bytes(), b"");
        let empty = client.get("/site/empty.css").source(source).header("Range", "bytes=0-").send();
        assert_eq!((empty.status(), empty.header("content-range")), (416, Some("bytes */0")));
    }
}

#[test]
fn ranges_count_in_the_form_that_is_sent_and_only_if_the_tag_is_its_own() {
    let client = client();
    let script = |fields: &[(&str, &str)]| {
        let response = ask(&client, "GET", "/site/js/app.js", fields);
        (response.status(), response.raw_bytes().to_vec(), response.header("etag").map(str::to_owned))
    };
    let range = ("Range", "bytes=1-2");
    let (_, _, tag) = script(&[]);
    let tag = tag.unwrap();
    assert_eq!(script(&[range, ("Accept-Encoding", "gzip")]).1, GZIP[1..3]);
    assert_eq!(script(&[range, ("If-Range", &tag)]).0, 206);
    for other in [&*format!("W/{tag}"), "\"x\"", "Sun, 06 Nov 1994 08:49:37 GMT", ""] {
        assert_eq!(script(&[range, ("If-Range", other)]).0, 200, "{other}");
    }
    assert_eq!(script(&[range, ("If-Range", &tag), ("Accept-Encoding", "gzip")]).0, 200, "the tag of another form");
    // Several parts, and other units, are answered with the whole.
    assert_eq!(script(&[("Range", "bytes=0-0,2-2")]).0, 200);
    assert_eq!(script(&[("Range", "lines=0-0")]).0, 200);
    // A client that has the file needs no part of it.
    assert_eq!(script(&[range, ("If-None-Match", &tag)]).0, 304);
}

#[test]
fn settings_of_the_app_apply_to_files() {
    let app = App::new()
        .cors(Cors::any())
        .security_headers(gatewire::app::SecurityHeaders::new())
        .after(|req| req.response().set_header("X-After", "1"))
        .etag(true)
        .method_fallbacks(true)
        .include("/", site());
    let client = Client::new(app).unwrap();
    let response = ask(&client, "GET", "/picture.png", &[("Origin", "https://a.example")]);
    assert_eq!(response.header("access-control-allow-origin"), Some("*"));
    assert_eq!((response.header("x-content-type-options"), response.header("x-after")), (Some("nosniff"), Some("1")));
    assert!(response.header("etag").unwrap().starts_with('"'), "the file's own tag stays");
    let refused = ask(&client, "DELETE", "/picture.png", &[]);
    assert_eq!((refused.status(), refused.header("allow")), (405, Some("GET, HEAD, OPTIONS")));
    assert_eq!(ask(&client, "GET", "/nothing", &[]).header("x-after"), Some("1"));
    assert_eq!(ask(&client, "GET", "/", &[]).text(), "<h1>é</h1>");
}

#[cfg(feature = "gzip")]
#[test]
fn an_app_that_compresses_leaves_the_precompressed_forms_alone() {
    let long = StaticFile::new("row,".repeat(100).into_bytes());
    let both = StaticFile::new("row,".repeat(100).into_bytes()).brotli(BROTLI);
    let files = StaticFiles::new().file("long.txt", long).file("both.txt", both);
    let client = Client::new(App::new().compress(true).include("/", files)).unwrap();
    let gzip = ("Accept-Encoding", "gzip");
    let response = ask(&client, "GET", "/long.txt", &[gzip]);
    assert_eq!((response.header("content-encoding"), response.header("accept-ranges")), (Some("gzip"), None));
    let weak = response.header("etag").unwrap();
    assert!(weak.starts_with("W/\""), "{weak}");
    let again = ask(&client, "GET", "/long.txt", &[gzip, ("If-None-Match", weak)]);
    assert_eq!((again.status(), again.header("etag")), (304, Some(weak)));
    let part = ask(&client, "GET", "/long.txt", &[gzip, ("Range", "bytes=0-2")]);
    assert_eq!((part.status(), part.text(), part.header("content-encoding")), (206, "row", None));
    assert_eq!(ask(&client, "GET", "/both.txt", &[gzip]).header("content-encoding"), None);
    assert_eq!(ask(&client, "GET", "/both.txt", &[("Accept-Encoding", "br")]).raw_bytes(), BROTLI);
}

#[test]
fn the_macro_lists_the_files_of_a_folder() {
    let files = static_files!("events": "rest.json", "http.json");
    let client = Client::new(App::new().include("/events", files)).unwrap();
    let response = ask(&client, "GET", "/events/rest.json", &[]);
    assert_eq!(response.raw_bytes(), include_bytes!("events/rest.json"));
    assert_eq!(response.header("content-type"), Some("application/json"));
    assert_eq!(ask(&client, "GET", "/events/alb.json", &[]).status(), 404);
}

fn panics(build: impl FnOnce() -> StaticFiles + std::panic::UnwindSafe) -> String {
    let panic = std::panic::catch_unwind(build).unwrap_err();
    panic.downcast_ref::<String>().cloned().unwrap_or_default()
}

#[test]
fn mistakes_are_found_when_the_files_are_listed() {
    for (message, wanted) in [
        (panics(|| StaticFiles::new().file("/a.txt", b"a")), "without a slash in front"),
        (panics(|| StaticFiles::new().file("", b"a")), "needs a name"),
        (panics(|| StaticFiles::new().index("a.txt")), "add it before"),
        (panics(|| StaticFiles::new().cache_control("a\r\nb")), "control character"),
        (panics(|| StaticFiles::new().file("a", StaticFile::new(b"a").content_type("a\nb"))), "control character"),
    ] {
        assert!(message.contains(wanted), "{message}");
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
    fn parts_join_to_the_whole(bytes in proptest::collection::vec(any::<u8>(), 1..60), cuts in proptest::collection::vec(0usize..60, 0..6)) {
        let files = StaticFiles::new().file("file", bytes.clone());
        let client = Client::new(App::new().include("/", files)).unwrap();
        let mut ends: Vec<usize> = cuts.into_iter().map(|cut| cut % bytes.len()).collect();
        ends.push(bytes.len() - 1);
        ends.sort_unstable();
        ends.dedup();
        let (mut joined, mut start) = (Vec::new(), 0);
        for end in ends {
            let response = ask(&client, "GET", "/file", &[("Range", &format!("bytes={start}-{end}"))]);
            prop_assert_eq!(response.status(), 206);
            let content_range = format!("bytes {start}-{end}/{}", bytes.len());
            prop_assert_eq!(response.header("content-range"), Some(&*content_range));
            joined.extend_from_slice(response.raw_bytes());
            start = end + 1;
        }
        prop_assert_eq!(joined, bytes);
    }
}
