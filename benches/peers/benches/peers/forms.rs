//! Forms, read from a body that is in memory: into a struct, and into parts.

use std::hint::black_box;

use bytes::Bytes;
use criterion::Criterion;
use gatewire::internals::Forms;
use gatewire_benches::typed::{BOUNDARY, with_multer};
use serde::Deserialize;

use crate::{Case, GATEWIRE};

pub(crate) fn benches(criterion: &mut Criterion) {
    urlencoded(criterion, "forms/6 fields", 20);
    urlencoded(criterion, "forms/note of 10 KB", 740);
    multipart(criterion, "forms/3 parts of 1 KB", 1 << 10);
    multipart(criterion, "forms/3 parts of 100 KB", 100 << 10);
}

#[derive(Deserialize)]
struct Borrowed<'r> {
    name: &'r str,
    email: &'r str,
    age: u8,
    note: &'r str,
}

#[derive(Deserialize)]
struct Owned {
    name: String,
    email: String,
    age: u8,
    note: String,
}

fn urlencoded(criterion: &mut Criterion, name: &str, repeats: usize) {
    let note = "hello+world%21".repeat(repeats);
    let body = format!("name=Ada+Lovelace&email=ada%40example.com&age=36&tag=a&tag=b&note={note}");
    let mut forms = Forms::default();
    let mut own = |body: &str| {
        let Borrowed { name, email, age, note } = forms.read(body).expect("the form fits");
        name.len() + email.len() + usize::from(age) + note.len()
    };
    let theirs = |body: &str| {
        let Owned { name, email, age, note } = serde_urlencoded::from_str(body).expect("the form fits");
        name.len() + email.len() + usize::from(age) + note.len()
    };
    assert_eq!(own(&body), theirs(&body));
    let mut case = Case::bytes(criterion, name, body.len());
    case.engine(GATEWIRE, || own(black_box(&body)));
    case.engine("serde_urlencoded", || theirs(black_box(&body)));
}

/// A field and two files, with this many bytes altogether.
fn multipart(criterion: &mut Criterion, name: &str, size: usize) {
    let mut body = Vec::new();
    for (name, bytes) in [("title", 20), ("file", size - 60), ("note", 40)] {
        let head =
            format!("--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"; filename=\"{name}.bin\"\r\n");
        body.extend_from_slice(head.as_bytes());
        body.extend_from_slice(b"Content-Type: application/octet-stream\r\n\r\n");
        body.extend((0..bytes).map(|at| (at * 7 % 251) as u8));
        body.extend_from_slice(b"\r\n");
    }
    body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
    let mut forms = Forms::default();
    let mut own = |body: &[u8]| {
        let parts = forms.multipart(body, BOUNDARY).expect("the form is well-formed");
        parts.map(|part| part.name.len() + part.bytes.len()).sum::<usize>()
    };
    let shared = Bytes::from(body.clone());
    assert_eq!(own(&body), with_multer(&shared));
    let mut case = Case::bytes(criterion, name, body.len());
    case.engine(GATEWIRE, || own(black_box(&body)));
    case.engine("multer", || with_multer(black_box(&shared)));
}
