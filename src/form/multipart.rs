//! Forms of the type `multipart/form-data`: [RFC 7578](https://www.rfc-editor.org/rfc/rfc7578), over [RFC 2046 section
//! 5.1](https://www.rfc-editor.org/rfc/rfc2046#section-5.1).
//!
//! The body is searched once, from its start to its end, for the boundary. The search takes linear time for every boundary
//! and every body: it is the one of the crate `memchr`.

use std::fmt;

use bumpalo::Bump;
use bumpalo::collections::Vec as ArenaVec;
use memchr::memmem;

use super::disposition::{Head, read_head};
use super::error::{FormError, MultipartFault};
use super::limits::{MAX_HEAD_BYTES, MAX_PARTS};
use crate::http::parameters::{main_value, parameters};

const FORM_DATA: &str = "multipart/form-data";
/// [RFC 2046 section 5.1.1](https://www.rfc-editor.org/rfc/rfc2046#section-5.1.1).
const MAX_BOUNDARY_BYTES: usize = 70;

/// Returns the boundary that a `Content-Type` names.
pub(crate) fn boundary<'r>(content_type: Option<&'r str>, arena: &'r Bump) -> Result<&'r str, FormError> {
    let content_type = content_type.filter(|own| is_multipart(Some(own)));
    let content_type = content_type.ok_or(FormError::ContentType { expected: FORM_DATA })?;
    let mut found = None;
    for parameter in parameters(content_type) {
        let (name, value) = parameter.map_err(|_| FormError::Boundary)?;
        if name.eq_ignore_ascii_case("boundary") && found.replace(value.decode(arena)).is_some() {
            return Err(FormError::Boundary);
        }
    }
    let is_valid = |boundary: &&str| {
        (1..=MAX_BOUNDARY_BYTES).contains(&boundary.len())
            && boundary.bytes().all(|byte| matches!(byte, b' '..=b'~'))
            && !boundary.ends_with(' ')
    };
    found.filter(is_valid).ok_or(FormError::Boundary)
}

/// Returns whether a `Content-Type` is that of a multipart form.
pub(crate) fn is_multipart(content_type: Option<&str>) -> bool {
    content_type.is_some_and(|own| main_value(own).eq_ignore_ascii_case(FORM_DATA))
}

/// Reads the parts of a body.
pub(crate) fn multipart<'r>(body: &'r [u8], boundary: &str, arena: &'r Bump) -> Result<Multipart<'r>, FormError> {
    let mut delimiter = ArenaVec::with_capacity_in(boundary.len() + 4, arena);
    delimiter.extend_from_slice(b"\r\n--");
    delimiter.extend_from_slice(boundary.as_bytes());
    let mut reader = Reader { body, at: 0, delimiter: memmem::Finder::new(delimiter.into_bump_slice()), arena };
    let mut parts = ArenaVec::new_in(arena);
    reader.skip_preamble()?;
    while !reader.finish_boundary_line()? {
        if parts.len() == MAX_PARTS {
            return Err(FormError::TooMany { limit: MAX_PARTS });
        }
        parts.push(reader.read_part()?);
    }
    Ok(Multipart { parts: parts.into_bump_slice() })
}

struct Reader<'r> {
    body: &'r [u8],
    /// The number of bytes that have been read.
    at: usize,
    /// Finds a line break, two hyphens and the boundary.
    delimiter: memmem::Finder<'r>,
    arena: &'r Bump,
}

impl<'r> Reader<'r> {
    fn rest(&self) -> &'r [u8] {
        &self.body[self.at..]
    }

    fn fault<T>(&self, kind: MultipartFault) -> Result<T, FormError> {
        Err(FormError::multipart(self.at, kind))
    }

    /// Goes past the first boundary. The text before it is ignored.
    fn skip_preamble(&mut self) -> Result<(), FormError> {
        let boundary = &self.delimiter.needle()[2..];
        match memmem::find(self.body, boundary) {
            Some(start) => {
                self.at = start + boundary.len();
                Ok(())
            }
            None => self.fault(MultipartFault::NoBoundary),
        }
    }

    /// Reads the rest of the line of a boundary. Returns `true` if the boundary closes the form; the text after it is
    /// ignored.
    fn finish_boundary_line(&mut self) -> Result<bool, FormError> {
        if self.rest().starts_with(b"--") {
            return Ok(true);
        }
        // Gateways of mail may add blanks: RFC 2046 calls them transport padding.
        let padding = self.rest().iter().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        self.at += padding;
        match self.rest() {
            [b'\r', b'\n', ..] => {
                self.at += 2;
                Ok(false)
            }
            [] | [b'\r'] | [b'-'] => self.fault(MultipartFault::Unclosed),
            _ => self.fault(MultipartFault::BoundaryLine),
        }
    }

    /// Reads a part, and goes past the boundary after it.
    fn read_part(&mut self) -> Result<Part<'r>, FormError> {
        let Head { name, file_name, content_type } = self.read_head()?;
        let rest = self.rest();
        let Some(length) = self.delimiter.find(rest) else { return self.fault(MultipartFault::Unclosed) };
        self.at += length + self.delimiter.needle().len();
        Ok(Part { name, file_name, content_type, bytes: &rest[..length] })
    }

    /// Reads the header fields of a part, and goes past the empty line after them.
    fn read_head(&mut self) -> Result<Head<'r>, FormError> {
        const END: &[u8] = b"\r\n\r\n";
        let rest = self.rest();
        let length = match memmem::find(&rest[..rest.len().min(MAX_HEAD_BYTES + END.len())], END) {
            Some(length) => length,
            None if rest.len() > MAX_HEAD_BYTES => return self.fault(MultipartFault::LongHead),
            None => return self.fault(MultipartFault::Head),
        };
        let lines = str::from_utf8(&rest[..length]).map_err(|_| FormError::NotUtf8)?;
        let head = read_head(lines, self.arena).map_err(|kind| FormError::multipart(self.at, kind))?;
        self.at += length + END.len();
        Ok(head)
    }
}

/// The parts of a multipart form in their order: an iterator, made by
/// [`Request::multipart`](crate::Request::multipart).
///
/// ```
/// use gatewire::{error::FormError, Request};
///
/// fn sizes(req: Request<'_>) -> Result<String, FormError> {
///     let sizes = req.multipart()?.map(|part| format!("{}: {} bytes\n", part.name, part.bytes.len()));
///     Ok(sizes.collect())
/// }
/// # let _ = gatewire::App::new().post("/sizes", sizes).build().unwrap();
/// ```
#[derive(Clone, Copy)]
pub struct Multipart<'r> {
    parts: &'r [Part<'r>],
}

impl<'r> Multipart<'r> {
    /// Returns the last part of a name, of those that the iterator has not returned yet.
    pub fn get(&self, name: &str) -> Option<Part<'r>> {
        self.parts.iter().rfind(|part| part.name == name).copied()
    }

    /// Returns all parts of a name, of those that the iterator has not returned yet, in their order.
    pub fn all<'n>(&self, name: &'n str) -> impl Iterator<Item = Part<'r>> + use<'r, 'n> {
        self.parts.iter().filter(move |part| part.name == name).copied()
    }
}

impl<'r> Iterator for Multipart<'r> {
    type Item = Part<'r>;

    fn next(&mut self) -> Option<Part<'r>> {
        let (first, rest) = self.parts.split_first()?;
        self.parts = rest;
        Some(*first)
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        (self.parts.len(), Some(self.parts.len()))
    }
}

impl ExactSizeIterator for Multipart<'_> {}

/// Only the names: values may be secrets.
impl fmt::Debug for Multipart<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Multipart ")?;
        f.debug_list().entries(self.parts.iter().map(|part| part.name)).finish()
    }
}

/// One part of a [`Multipart`] form: a field, or a file.
#[derive(Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct Part<'r> {
    /// The name of the field.
    pub name: &'r str,
    /// The name of the file as the client sent it; `None` for a field that is not a file. A browser sends an empty name
    /// if no file was chosen.
    ///
    /// **Do not use it as a path:** it may be `../../etc/passwd`, and have control characters.
    pub file_name: Option<&'r str>,
    /// The `Content-Type` of the part, as the client sent it.
    pub content_type: Option<&'r str>,
    /// The content.
    pub bytes: &'r [u8],
}

impl<'r> Part<'r> {
    /// Returns the content as a string.
    ///
    /// # Errors
    /// [`FormError::NotUtf8`]
    pub fn text(&self) -> Result<&'r str, FormError> {
        simdutf8::basic::from_utf8(self.bytes).map_err(|_| FormError::NotUtf8)
    }
}

/// Without the content, which may be a secret.
impl fmt::Debug for Part<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Part")
            .field("name", &self.name)
            .field("file_name", &self.file_name)
            .field("content_type", &self.content_type)
            .field("length", &self.bytes.len())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
#[path = "multipart_tests.rs"]
mod tests;
