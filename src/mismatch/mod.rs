//! A value that does not fit its type: its place, the expected value, and the value that was found.
//!
//! Serde describes errors in the words of Rust. Clients read the errors, so this module translates them to the terms of
//! JSON. All of it runs only after something has failed.

mod bounded;
mod fault;
#[cfg(feature = "validate")]
mod loc;
mod phrases;

use std::fmt;

pub(crate) use bounded::{bounded, quoted};
pub(crate) use fault::{Fault, NO_PLACE};
#[cfg(feature = "validate")]
pub use loc::Loc;

/// A value that does not fit the handler's type: its place, the expected value, and the value that was found.
///
/// [`BodyError::Type`](crate::error::BodyError::Type) and [`ParamError`](crate::error::ParamError) hold one. Its texts are made for
/// clients: they name no Rust type, have no control characters and a limited length, however long the input is.
///
/// ```
/// use gatewire::{error::BodyError, testing::Client, App, Json, Request};
///
/// #[derive(serde::Deserialize)]
/// struct Order {
///     items: Vec<Item>,
/// }
///
/// #[derive(serde::Deserialize)]
/// struct Item {
///     count: u8,
/// }
///
/// let app = App::new()
///     .post("/orders", |req: Request| -> Result<String, BodyError> {
///         let order: Order = req.body_json()?;
///         Ok(order.items.iter().map(|item| u32::from(item.count)).sum::<u32>().to_string())
///     })
///     .on_error(|error: &BodyError, _: Request| {
///         let mismatch = error.mismatch();
///         (422, Json(mismatch.map(|mismatch| [mismatch.path().to_owned(), mismatch.expected().to_owned()])))
///     });
/// let client = Client::new(app)?;
/// let response = client.post("/orders").body(r#"{"items":[{"count":1},{"count":-1}]}"#).send();
/// assert_eq!(response.text(), r#"["items[1].count","an integer from 0 to 255"]"#);
/// # Ok::<(), gatewire::error::BuildError>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct Mismatch(Box<Parts>);

#[derive(Clone, PartialEq, Eq)]
struct Parts {
    kind: MismatchKind,
    path: String,
    expected: String,
    found: String,
    /// The path in parts.
    #[cfg(feature = "validate")]
    loc: Vec<Loc>,
}

/// The kind of fault of a value, and what [`Mismatch::expected`] and [`Mismatch::found`] hold for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MismatchKind {
    /// The value is of another kind: `a string`, `a number`.
    Type,
    /// The value is of the right kind, but not allowed: `an integer from 0 to 255`, `300`.
    Value,
    /// An array or object has too many or too few items: `an array of length 2`, `3 items`.
    Length,
    /// A field or parameter is absent; `expected` and `found` are empty.
    Missing,
    /// A field is not known; `expected` lists the known ones.
    Unknown,
    /// A field is repeated; `expected` and `found` are empty.
    Duplicate,
    /// The type has its own rule; `expected` is its message, `found` is empty.
    Custom,
}

impl Mismatch {
    pub(crate) fn new(kind: MismatchKind, path: String, expected: String, found: String) -> Self {
        Self(Box::new(Parts {
            kind,
            #[cfg(feature = "validate")]
            loc: if path.is_empty() { Vec::new() } else { vec![Loc::from(&*path)] },
            path,
            expected,
            found,
        }))
    }

    /// Sets the path in parts, if it is more than one name.
    #[cfg(feature = "validate")]
    pub(crate) fn with_loc(mut self, loc: Vec<Loc>) -> Self {
        self.0.loc = loc;
        self
    }

    /// Returns the path in parts.
    #[cfg(feature = "validate")]
    pub(crate) fn loc(&self) -> &[Loc] {
        &self.0.loc
    }

    /// The kind of fault.
    pub fn kind(&self) -> MismatchKind {
        self.0.kind
    }

    /// The place of the value: `title`, `items[1].count`, or the name of a parameter. It is empty for the body or query as
    /// a whole. Long paths are shortened in the middle.
    pub fn path(&self) -> &str {
        &self.0.path
    }

    /// The expected value, as in `a string` or `an integer from 0 to 255`; for [`MismatchKind::Custom`] the message of
    /// the type.
    pub fn expected(&self) -> &str {
        &self.0.expected
    }

    /// The value that was found, as in `a number` or `"blue"`.
    pub fn found(&self) -> &str {
        &self.0.found
    }

    /// Writes the sentence, with `subject` for the place.
    pub(crate) fn describe(&self, f: &mut fmt::Formatter<'_>, subject: fmt::Arguments<'_>) -> fmt::Result {
        let Parts { kind, expected, found, .. } = &*self.0;
        match kind {
            MismatchKind::Type | MismatchKind::Value | MismatchKind::Length => {
                write!(f, "{subject}: expected {expected}, found {found}")
            }
            MismatchKind::Missing => write!(f, "{subject} is missing"),
            MismatchKind::Unknown if expected.is_empty() => write!(f, "{subject} is unknown"),
            MismatchKind::Unknown => write!(f, "{subject} is unknown, expected {expected}"),
            MismatchKind::Duplicate => write!(f, "{subject} is there more than once"),
            MismatchKind::Custom => write!(f, "{subject}: {expected}"),
        }
    }
}

impl fmt::Display for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.path() {
            "" => self.describe(f, format_args!("the value")),
            path => self.describe(f, format_args!("{path}")),
        }
    }
}

impl fmt::Debug for Mismatch {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts { kind, path, expected, found, .. } = &*self.0;
        f.debug_struct("Mismatch")
            .field("kind", kind)
            .field("path", path)
            .field("expected", expected)
            .field("found", found)
            .finish()
    }
}

impl std::error::Error for Mismatch {}
