//! Forms, compared with `form_urlencoded` and `multer`.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker};

use bumpalo::Bump;
use bytes::Bytes;
use futures_core::Stream;

use crate::form::{FormError, FormFields, MAX_FIELDS, MultipartFault, Part, deserialize, fields, multipart as read};

/// Reads bytes as a form of the type `application/x-www-form-urlencoded`. The oracle is `form_urlencoded`.
pub fn form(body: &[u8]) {
    let Ok(body) = str::from_utf8(body) else { return };
    let arena = Bump::new();
    let wanted: Vec<(String, String)> = form_urlencoded::parse(body.as_bytes()).into_owned().collect();
    match fields(body, &arena) {
        Ok(own) => {
            assert_eq!(owned(own.clone()), wanted);
            let mut by_name = BTreeMap::<String, Vec<String>>::new();
            for (name, value) in &wanted {
                by_name.entry(name.clone()).or_default().push(value.clone());
            }
            assert_eq!(deserialize::<BTreeMap<String, Vec<String>>>(own.clone(), &arena).ok(), Some(by_name));
            let last: BTreeMap<String, String> = wanted.into_iter().collect();
            assert_eq!(deserialize::<BTreeMap<String, String>>(own, &arena).ok(), Some(last));
        }
        Err(FormError::NotUtf8) => {
            let lossy = |text: &str| text.contains(char::REPLACEMENT_CHARACTER);
            assert!(wanted.iter().any(|(name, value)| lossy(name) || lossy(value)), "{wanted:?}");
        }
        Err(FormError::TooMany { .. }) => assert!(wanted.len() > MAX_FIELDS),
        Err(error) => panic!("{error}"),
    }
}

fn owned(fields: FormFields<'_>) -> Vec<(String, String)> {
    fields.map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

/// Reads bytes as a form of the type `multipart/form-data`; the first line is the boundary. The oracle is `multer`.
pub fn multipart(data: &[u8]) {
    let (boundary, body) = data.split_at(data.iter().position(|byte| *byte == b'\n').unwrap_or(0));
    let body = body.strip_prefix(b"\n").unwrap_or(body);
    let boundary = match str::from_utf8(boundary) {
        Ok(boundary) if (1..=70).contains(&boundary.len()) && boundary.bytes().all(|b| matches!(b, b'!'..=b'~')) => {
            boundary
        }
        _ => "B",
    };
    let arena = Bump::new();
    match (read(body, boundary, &arena), read_with_multer(body, boundary)) {
        (Ok(own), Some(theirs)) => {
            assert_eq!(own.len(), theirs.len());
            for (own, theirs) in own.zip(&theirs) {
                compare(own, theirs);
            }
        }
        // multer counts header fields.
        (Ok(_), None) => assert!(body.split(|byte| *byte == b'\n').count() > 32, "multer refuses what is accepted"),
        // multer accepts parts without a name, and reads two fields or parameters of one name as one of them.
        (Err(FormError::TooMany { .. } | FormError::NotUtf8), Some(_)) | (Err(_), None) => {}
        (Err(FormError::Multipart { kind, .. }), Some(_)) => {
            let allowed = [MultipartFault::Head, MultipartFault::LongHead, MultipartFault::NoName];
            assert!(allowed.contains(&kind), "multer accepts what is refused: {kind:?}");
        }
        (Err(error), Some(_)) => panic!("{error}"),
    }
}

/// A part as multer reads it.
struct Theirs {
    name: Option<String>,
    file_name: Option<String>,
    /// The header fields of the part.
    disposition: String,
    content_type: Option<Vec<u8>>,
    bytes: Vec<u8>,
}

fn compare(own: Part<'_>, theirs: &Theirs) {
    assert_eq!(own.bytes, theirs.bytes);
    assert_eq!(own.content_type.map(str::as_bytes), theirs.content_type.as_deref());
    // multer searches the whole value for `name`, also other parameters and quoted strings.
    let disposition = &theirs.disposition;
    let names = disposition.to_ascii_lowercase().matches("name").count();
    let is_plain = names == disposition.matches("name").count() && !disposition.contains(['*', '\t']);
    if is_plain && names == 1 + usize::from(own.file_name.is_some()) {
        // multer leaves the escapes of browsers as they are.
        let decoded = |text: &str| {
            let text = text.replace("%22", "\"").replace("%0D", "\r").replace("%0d", "\r");
            text.replace("%0A", "\n").replace("%0a", "\n")
        };
        assert_eq!(Some(own.name.to_owned()), theirs.name.as_deref().map(decoded), "{disposition}");
        assert_eq!(own.file_name.map(str::to_owned), theirs.file_name.as_deref().map(decoded), "{disposition}");
    }
}

/// The body as one piece.
struct Once(Option<Bytes>);

impl Stream for Once {
    type Item = Result<Bytes, Infallible>;

    fn poll_next(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Poll::Ready(self.0.take().map(Ok))
    }
}

/// Returns the parts, or `None` if multer refuses the body.
fn read_with_multer(body: &[u8], boundary: &str) -> Option<Vec<Theirs>> {
    let mut form = multer::Multipart::new(Once(Some(Bytes::copy_from_slice(body))), boundary);
    let mut parts = Vec::new();
    while let Some(field) = now(form.next_field()).ok()? {
        let name = field.name().map(str::to_owned);
        let file_name = field.file_name().map(str::to_owned);
        let header = |name: &str| field.headers().get(name).map(|value| value.as_bytes().to_vec());
        let disposition = String::from_utf8_lossy(&header("content-disposition").unwrap_or_default()).into_owned();
        let content_type = header("content-type");
        let bytes = now(field.bytes()).ok()?.to_vec();
        parts.push(Theirs { name, file_name, disposition, content_type, bytes });
    }
    Some(parts)
}

/// Drives a future whose input is all there.
fn now<F: Future>(future: F) -> F::Output {
    let mut future = pin!(future);
    for _ in 0..1000 {
        if let Poll::Ready(output) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return output;
        }
    }
    panic!("the input is all there, and the future waits")
}
