//! The type of a value, and its place in a document.

/// The type of a JSON value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Null,
    Bool,
    Number,
    String,
    Array,
    Object,
}

impl Kind {
    /// Returns the type of the value that starts with `byte`. Types come in no predictable order, hence a table.
    #[inline(always)]
    pub(super) const fn of(byte: u8) -> Option<Self> {
        const KINDS: [Option<Kind>; 256] = {
            let mut kinds = [None; 256];
            let mut byte = 0;
            while byte < kinds.len() {
                kinds[byte] = Kind::starting_with(byte as u8);
                byte += 1;
            }
            kinds
        };
        KINDS[byte as usize]
    }

    const fn starting_with(byte: u8) -> Option<Self> {
        match byte {
            b'n' => Some(Self::Null),
            b't' | b'f' => Some(Self::Bool),
            b'-' | b'0'..=b'9' => Some(Self::Number),
            b'"' => Some(Self::String),
            b'[' => Some(Self::Array),
            b'{' => Some(Self::Object),
            _ => None,
        }
    }
}

/// The place of a value in its document. The default is [`Span::ABSENT`].
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Span {
    start: u32,
    /// The offset after the last byte; 0 for no value.
    end: u32,
    /// The number of strings that end between its first byte and the end of the document.
    strings: u32,
}

impl Span {
    /// No value at all: reads as `null`.
    pub(crate) const ABSENT: Self = Self { start: 0, end: 0, strings: 0 };

    #[inline(always)]
    pub(super) const fn new(start: u32, end: u32, strings: u32) -> Self {
        Self { start, end, strings }
    }

    /// Returns a span with the same start that ends at `end`.
    #[inline]
    pub(super) const fn until(self, end: usize) -> Self {
        Self { end: end as u32, ..self }
    }

    /// Returns whether there is no value.
    #[inline]
    pub(crate) const fn is_absent(self) -> bool {
        self.end == 0
    }

    /// The offset of the value's first byte.
    #[inline]
    pub(crate) const fn start(self) -> usize {
        self.start as usize
    }

    /// The offset after the value's last byte.
    #[inline]
    pub(crate) const fn end(self) -> usize {
        self.end as usize
    }

    /// The number of strings that end between the value's first byte and the end of the document.
    #[inline]
    pub(super) const fn strings(self) -> usize {
        self.strings as usize
    }
}
