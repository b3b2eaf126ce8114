//! The parts of a request.

use crate::mismatch::Loc;

/// A part of a request, in the order in which their errors are listed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    Path,
    Query,
    Header,
    Cookie,
    Body,
}

impl Part {
    pub(crate) const ALL: [Self; 5] = [Self::Path, Self::Query, Self::Header, Self::Cookie, Self::Body];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Header => "header",
            Self::Cookie => "cookie",
            Self::Body => "body",
        }
    }

    pub(crate) fn loc(self) -> Loc {
        Loc::Name(self.name().into())
    }
}
