//! A file with its precompressed forms, made ready when the app is built.

use std::borrow::Cow;

use twox_hash::XxHash3_64;

use crate::respond;

/// A file for [`StaticFiles::file`](super::StaticFiles::file): its bytes, and how they are sent. Bytes become one by `into`.
///
/// ```
/// use gatewire::static_files::StaticFile;
///
/// // `include_bytes!("../site/app.js")`, and the same after `gzip -9` and `brotli -9`.
/// let (plain, gzip, brotli): (&[u8], &[u8], &[u8]) = (b"let a", b"\x1f\x8b", b"\x0b");
/// let script = StaticFile::new(plain).gzip(gzip).brotli(brotli).cache_control("public, max-age=31536000, immutable");
/// ```
#[derive(Clone, Debug)]
#[must_use]
pub struct StaticFile {
    pub(super) plain: Form,
    /// Preferred in this order if the client likes them equally.
    pub(super) encoded: Vec<(Coding, Form)>,
    pub(super) content_type: Option<Cow<'static, str>>,
    pub(super) cache_control: Option<Cow<'static, str>>,
}

/// A content coding, the one that makes bodies smaller first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Coding {
    Brotli,
    Gzip,
}

impl Coding {
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Brotli => "br",
            Self::Gzip => "gzip",
        }
    }
}

/// The bytes of a file in one coding.
#[derive(Clone)]
pub(super) struct Form {
    pub(super) bytes: Cow<'static, [u8]>,
    /// A strong tag: forms differ in their bytes, and so in their tags.
    pub(super) etag: String,
    /// True if the bytes are UTF-8.
    pub(super) is_text: bool,
}

impl Form {
    fn new(bytes: Cow<'static, [u8]>) -> Self {
        let etag = format!("\"{:x}-{:016x}\"", bytes.len(), XxHash3_64::oneshot(&bytes));
        let is_text = simdutf8::basic::from_utf8(&bytes).is_ok();
        Self { bytes, etag, is_text }
    }
}

/// Shows the length, not the bytes.
impl std::fmt::Debug for Form {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} bytes, {}", self.bytes.len(), self.etag)
    }
}

impl StaticFile {
    /// A file of these bytes, such as those of `include_bytes!`. Its entity tag is made here, from its length and its XXH3
    /// hash.
    pub fn new(bytes: impl Into<Cow<'static, [u8]>>) -> Self {
        Self { plain: Form::new(bytes.into()), encoded: Vec::new(), content_type: None, cache_control: None }
    }

    /// Adds the same file compressed by gzip, for clients that accept it.
    pub fn gzip(self, bytes: impl Into<Cow<'static, [u8]>>) -> Self {
        self.form(Coding::Gzip, bytes.into())
    }

    /// Adds the same file compressed by Brotli, for clients that accept it. It is preferred to gzip if the client likes both
    /// equally.
    pub fn brotli(self, bytes: impl Into<Cow<'static, [u8]>>) -> Self {
        self.form(Coding::Brotli, bytes.into())
    }

    fn form(mut self, coding: Coding, bytes: Cow<'static, [u8]>) -> Self {
        self.encoded.retain(|(own, _)| *own != coding);
        self.encoded.push((coding, Form::new(bytes)));
        self.encoded.sort_by_key(|(coding, _)| *coding);
        self
    }

    /// Sets the `Content-Type`. Without it, the extension of the name decides.
    ///
    /// # Panics
    /// If the value has a control character.
    #[track_caller]
    pub fn content_type(mut self, value: impl Into<Cow<'static, str>>) -> Self {
        self.content_type = Some(checked("Content-Type", value.into()));
        self
    }

    /// Sets the `Cache-Control`, instead of [that of all files](super::StaticFiles::cache_control).
    ///
    /// # Panics
    /// If the value has a control character.
    #[track_caller]
    pub fn cache_control(mut self, value: impl Into<Cow<'static, str>>) -> Self {
        self.cache_control = Some(checked("Cache-Control", value.into()));
        self
    }
}

#[track_caller]
pub(super) fn checked(name: &str, value: Cow<'static, str>) -> Cow<'static, str> {
    match respond::check_field(name, &value) {
        Ok(()) => value,
        Err(error) => panic!("{error}: {value:?}"),
    }
}

impl<B: Into<Cow<'static, [u8]>>> From<B> for StaticFile {
    fn from(bytes: B) -> Self {
        Self::new(bytes)
    }
}
