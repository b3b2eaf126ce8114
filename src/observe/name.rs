//! The names of fields.

/// The name of a field.
#[derive(Clone, Copy, Debug)]
pub(super) enum Name<'n> {
    Own(OwnName),
    Any(&'n str),
}

impl From<OwnName> for Name<'_> {
    fn from(name: OwnName) -> Self {
        Self::Own(name)
    }
}

impl<'n> From<&'n str> for Name<'n> {
    fn from(name: &'n str) -> Self {
        Self::Any(name)
    }
}

/// A name of this crate, with all that is written between the value before it and its own value. It needs no escapes, and
/// its field is never the first of an object. Made by [`own!`].
#[derive(Clone, Copy, Debug)]
pub(super) struct OwnName {
    pub(super) json: &'static str,
    pub(super) text: &'static str,
}

impl OwnName {
    /// Returns the name alone.
    pub(super) fn plain(self) -> &'static str {
        &self.json[2..self.json.len() - 2]
    }
}

/// Makes an [`OwnName`] of a literal.
macro_rules! own {
    ($name:literal) => {
        $crate::observe::name::OwnName { json: concat!(",\"", $name, "\":"), text: concat!(" ", $name, "=") }
    };
}
pub(super) use own;
