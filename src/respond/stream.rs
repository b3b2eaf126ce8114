//! A response that is streamed: a prelude of JSON, and the raw body.

use super::buffer::{Body, ResponseBuffer};
use super::fields::write_fields;
use super::shape::Shape;
use crate::source::EventSource;

impl ResponseBuffer {
    /// Sets a body that is written piece by piece after the handler has returned.
    pub(crate) fn set_stream(&mut self, content_type: Option<&'static str>) {
        self.begin(Body::Stream, content_type);
        self.piece.clear();
    }

    pub(crate) fn is_stream(&self) -> bool {
        self.body == Body::Stream
    }

    /// Appends bytes to the piece that is not sent yet.
    pub(crate) fn write_piece(&mut self, bytes: &[u8]) {
        self.piece.extend_from_slice(bytes);
    }

    /// Returns the bytes that were written and are not sent yet.
    pub(crate) fn piece(&self) -> &[u8] {
        &self.piece
    }

    pub(crate) fn clear_piece(&mut self) {
        self.piece.clear();
    }

    /// Makes the body from the bytes that were written: text if they are UTF-8, and bytes otherwise.
    pub(crate) fn join_stream(&mut self) {
        let piece = std::mem::take(&mut self.piece);
        let content_type = self.content_type;
        match simdutf8::basic::from_utf8(&piece) {
            Ok(text) => self.set_text(text, content_type),
            Err(_) => self.set_bytes(&piece, content_type),
        }
        self.piece = piece;
    }

    /// Encodes the prelude instead of the response, and returns it with the part of the body that is there. `pad`: an
    /// empty body becomes one blank.
    pub(crate) fn encode_prelude(&mut self, source: EventSource, pad: bool) -> (&[u8], &[u8]) {
        let shape = Shape::of_prelude(source);
        self.drop_forbidden();
        if !self.is_stream() {
            let mut body = std::mem::take(&mut self.piece);
            self.read_body(&mut body);
            self.piece = body;
        }
        if self.status().forbids_body() {
            self.piece.clear();
        }
        if pad && self.piece.is_empty() {
            self.piece.push(b' ');
        }
        self.out.clear();
        self.out.extend_from_slice(b"{\"statusCode\":");
        self.out.extend_from_slice(itoa::Buffer::new().format(self.status().as_u16()).as_bytes());
        self.out.push(b',');
        let content_type = self.content_type.filter(|_| self.head.get("content-type").is_none());
        write_fields(shape, &mut self.out, content_type, &self.head, &self.cookies);
        self.out.push(b'}');
        (&self.out, &self.piece)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::http::{Cookie, StatusCode};

    fn begun(buffer: &mut ResponseBuffer, source: EventSource) -> (String, Vec<u8>) {
        let (prelude, body) = buffer.encode_prelude(source, false);
        (String::from_utf8(prelude.to_vec()).unwrap(), body.to_vec())
    }

    #[test]
    fn the_prelude_is_in_the_form_of_the_source() {
        let mut buffer = ResponseBuffer::new();
        buffer.set_stream(Some("application/octet-stream"));
        buffer.set_status(StatusCode::CREATED);
        buffer.head.append("X-A", "1\"").unwrap();
        buffer.head.append("X-A", "2").unwrap();
        buffer.add_cookie(&Cookie::new("a", "b")).unwrap();
        buffer.write_piece(b"\xff\0");
        let joined = r#"{"statusCode":201,"headers":{"Content-Type":"application/octet-stream","X-A":"1\", 2"},"cookies":["a=b; Secure"]}"#;
        assert_eq!(begun(&mut buffer, EventSource::FunctionUrl), (joined.to_owned(), b"\xff\0".to_vec()));
        let multi = r#"{"statusCode":201,"multiValueHeaders":{"Content-Type":["application/octet-stream"],"X-A":["1\"","2"],"Set-Cookie":["a=b; Secure"]}}"#;
        assert_eq!(begun(&mut buffer, EventSource::RestApi), (multi.to_owned(), b"\xff\0".to_vec()));
    }

    #[test]
    fn other_bodies_are_sent_as_before_their_encoding() {
        let mut buffer = ResponseBuffer::new();
        buffer.set_text("\"line\"\n\u{e9}", Some("text/plain"));
        let (prelude, body) = begun(&mut buffer, EventSource::FunctionUrl);
        assert_eq!(prelude, r#"{"statusCode":200,"headers":{"Content-Type":"text/plain"},"cookies":[]}"#);
        assert_eq!(body, "\"line\"\n\u{e9}".as_bytes());
        buffer.clear();
        buffer.set_bytes(&[0, 255, 1], None);
        assert_eq!(begun(&mut buffer, EventSource::FunctionUrl).1, [0, 255, 1]);
        buffer.clear();
        buffer.set_text("x", None);
        buffer.set_status(StatusCode::NO_CONTENT);
        assert_eq!(begun(&mut buffer, EventSource::FunctionUrl).1, b"");
        buffer.clear();
        assert_eq!(begun(&mut buffer, EventSource::FunctionUrl).1, b"", "nothing is left of another");
    }

    #[test]
    fn an_empty_body_can_be_padded() {
        let mut buffer = ResponseBuffer::new();
        buffer.set_status(StatusCode::FOUND);
        assert_eq!(buffer.encode_prelude(EventSource::FunctionUrl, true).1, b" ");
        buffer.clear();
        buffer.set_text("x", None);
        assert_eq!(buffer.encode_prelude(EventSource::FunctionUrl, true).1, b"x");
        buffer.set_status(StatusCode::NO_CONTENT);
        assert_eq!(buffer.encode_prelude(EventSource::FunctionUrl, true).1, b" ");
    }

    #[test]
    fn pieces_wait_until_they_are_sent_or_joined() {
        let mut buffer = ResponseBuffer::new();
        buffer.set_stream(Some("text/plain"));
        assert!(buffer.is_stream());
        buffer.write_piece(b"a");
        buffer.write_piece(b"b");
        assert_eq!(buffer.piece(), b"ab");
        buffer.clear_piece();
        assert_eq!(buffer.piece(), b"");
        buffer.write_piece(b"c");
        buffer.join_stream();
        assert!(!buffer.is_stream());
        assert_eq!(begun(&mut buffer, EventSource::FunctionUrl).1, b"c");
    }
}
