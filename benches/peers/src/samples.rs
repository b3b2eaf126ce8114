//! The events: those of `tests/events`, and some of them with large bodies.

use std::fs;
use std::path::Path;

use crate::bodies;

/// The kind of an event, for the peers that need it as a parameter.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// REST APIs, and HTTP APIs with payload 1.0.
    V1,
    /// HTTP APIs and Function URLs.
    V2,
    Alb,
    LatticeV1,
    LatticeV2,
}

pub struct Sample {
    pub name: String,
    pub format: Format,
    pub payload: Vec<u8>,
    /// The id that the app answers with.
    pub id: &'static str,
}

impl Sample {
    /// `lambda_http` has no VPC Lattice events of version 1; it gets all others unchanged.
    pub fn lambda_http_reads(&self) -> bool {
        self.format != Format::LatticeV1
    }
}

/// One of `tests/events`.
pub fn sample(name: &str) -> Sample {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/events");
    let payload = fs::read(root.join(name).with_extension("json")).expect("a sample event");
    let format = match name {
        "lattice" => Format::LatticeV1,
        "lattice_v2" => Format::LatticeV2,
        _ if name.starts_with("alb") => Format::Alb,
        _ if name.starts_with("rest") || name == "http_v1" => Format::V1,
        _ => Format::V2,
    };
    let id = if matches!(name, "rest_post" | "rest_10k") { crate::app::NO_ID } else { "42" };
    Sample { name: name.to_owned(), format, payload, id }
}

/// All of `tests/events`, by name.
pub fn samples() -> Vec<Sample> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/events");
    let files = fs::read_dir(root).expect("the sample events").map(|entry| entry.expect("a file").path());
    let events = files.filter(|path| path.extension().is_some_and(|extension| extension == "json"));
    let mut names: Vec<String> =
        events.map(|path| path.file_stem().expect("a name").to_string_lossy().into_owned()).collect();
    names.sort();
    names.iter().map(|name| sample(name)).collect()
}

/// A REST or HTTP API event with a body, and its other fields unchanged.
pub fn with_body(base: &str, name: &str, body: &str) -> Sample {
    let mut sample = sample(base);
    let text = String::from_utf8(sample.payload).expect("a sample is text");
    // The samples end with a body that is null, or without a body.
    let (front, _) = text.rsplit_once(r#""isBase64Encoded":false"#).expect("the last field");
    let front = front.strip_suffix(r#""body":null,"#).unwrap_or(front);
    let body = serde_json::to_string(body).expect("text is JSON");
    sample.payload = format!(r#"{front}"body":{body},"isBase64Encoded":false}}"#).into_bytes();
    sample.name = name.to_owned();
    sample
}

/// The event of a REST API with another method and a JSON body.
pub fn sent(method: &str, bytes: usize) -> Sample {
    let mut sample = with_body("rest", "rest", &bodies::json(bytes));
    let text = String::from_utf8(sample.payload).expect("a sample is text");
    sample.payload = text.replace(r#""GET""#, &format!("\"{method}\"")).into_bytes();
    sample
}

/// Events with JSON bodies of 10 KB and 1 MB, of both payload formats.
pub fn large() -> Vec<Sample> {
    let (small, big) = (bodies::json(10 << 10), bodies::json(1 << 20));
    vec![
        with_body("rest", "rest+10KB", &small),
        with_body("http", "http+10KB", &small),
        with_body("rest", "rest+1MB", &big),
        with_body("http", "http+1MB", &big),
    ]
}
