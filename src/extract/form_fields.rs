//! The fields of a bundle that are read from a form: single values, and files.
//!
//! The derive calls the functions; they are no part of the API.

use bumpalo::collections::Vec as ArenaVec;
use serde::de::Deserialize;

use super::bundle::Values;
use crate::form::{self, FormError, FormFields, Multipart, Part};
use crate::handler::{Error, Request};
use crate::mismatch::{Fault, MismatchKind};
#[cfg(feature = "validate")]
use {
    super::bundle::{__Declared, explain},
    crate::mismatch::Loc,
    crate::validate::{self, Report, shape::Slot},
};

/// The form of a request, of either format.
#[derive(Clone, Debug)]
pub struct __Form<'r> {
    req: Request<'r>,
    content: Content<'r>,
}

#[derive(Clone, Debug)]
enum Content<'r> {
    /// A request without a body and without a content type.
    Empty,
    Fields(FormFields<'r>),
    Parts(Multipart<'r>),
}

impl<'r> __Form<'r> {
    /// Returns the values of a field, in their order.
    fn values(&self, name: &str) -> Result<ArenaVec<'r, &'r str>, FormError> {
        let mut values = ArenaVec::new_in(self.req.exchange.arena.bump());
        match &self.content {
            Content::Empty => {}
            Content::Fields(fields) => {
                values.extend(fields.clone().filter(|(own, _)| *own == name).map(|(_, value)| value))
            }
            Content::Parts(parts) => {
                for part in parts.all(name) {
                    values.push(part.text()?);
                }
            }
        }
        Ok(values)
    }

    /// Returns the files of a field, in their order.
    fn files(&self, name: &str) -> Result<ArenaVec<'r, Part<'r>>, Fault> {
        let mut files = ArenaVec::new_in(self.req.exchange.arena.bump());
        if let Content::Parts(parts) = &self.content {
            for part in parts.all(name) {
                match part.file_name {
                    None => return Err(Fault::new(MismatchKind::Type, "a file".to_owned(), "a string".to_owned())),
                    // A browser sends this if the user chose no file.
                    Some("") if part.bytes.is_empty() => {}
                    Some(_) => files.push(part),
                }
            }
        }
        Ok(files)
    }
}

/// Reads the form. `has_files` says that only a multipart form has all fields.
///
/// # Errors
/// As [`Request::form_fields`] and [`Request::multipart`]. A request without a body and a content type is an empty form.
pub fn __form(req: Request<'_>, has_files: bool) -> Result<__Form<'_>, FormError> {
    let content_type = req.header("content-type").filter(|own| !own.is_empty());
    let content = match content_type {
        None if req.body()?.is_empty() => Content::Empty,
        _ if has_files || form::is_multipart(content_type) => Content::Parts(req.multipart()?),
        _ => Content::Fields(req.form_fields()?),
    };
    Ok(__Form { req, content })
}

/// Reads a field of a form. `default` makes the value of one that is absent.
///
/// # Errors
/// If it is absent, and there is no default, or if it cannot be read.
pub fn __form_field<'r, T: Deserialize<'r>>(
    form: &__Form<'r>,
    name: &'static str,
    default: Option<fn() -> T>,
) -> Result<T, Error> {
    let values = form.values(name)?;
    match (default, &values[..]) {
        (Some(default), []) => Ok(default()),
        (_, values) => {
            T::deserialize(Values { values, name }).map_err(|fault| FormError::of_fields(fault.of(name)).into())
        }
    }
}

/// Reads files of a form.
///
/// # Errors
/// If the type needs a file and there is none, or if the field is not a file.
pub fn __form_file<'r, T: __File<'r>>(form: &__Form<'r>, name: &'static str) -> Result<T, Error> {
    read_file(form, name).map_err(|fault| FormError::of_fields(fault).into())
}

fn read_file<'r, T: __File<'r>>(form: &__Form<'r>, name: &'static str) -> Result<T, Fault> {
    let files = form.files(name).map_err(|fault| fault.of(name))?;
    T::from_files(&files).ok_or_else(|| Fault::missing(name))
}

/// A type that files of a form are read as.
#[diagnostic::on_unimplemented(
    message = "`{Self}` is not a file of a form",
    label = "not a file",
    note = "a field with `#[input(file)]` is a `gatewire::form::Part<'_>`, or an `Option` or a `Vec` of it; \
            `&[u8]` takes the bytes alone"
)]
pub trait __File<'r>: Sized {
    /// Returns the value; `None` if a file is missing.
    fn from_files(files: &[Part<'r>]) -> Option<Self>;
}

/// The last file of the name.
impl<'r> __File<'r> for Part<'r> {
    fn from_files(files: &[Self]) -> Option<Self> {
        files.last().copied()
    }
}

/// The bytes of the last file of the name.
impl<'r> __File<'r> for &'r [u8] {
    fn from_files(files: &[Part<'r>]) -> Option<Self> {
        files.last().map(|file| file.bytes)
    }
}

impl<'r, T: __File<'r>> __File<'r> for Option<T> {
    fn from_files(files: &[Part<'r>]) -> Option<Self> {
        Some(T::from_files(files))
    }
}

/// All files of the name.
impl<'r> __File<'r> for Vec<Part<'r>> {
    fn from_files(files: &[Part<'r>]) -> Option<Self> {
        Some(files.to_vec())
    }
}

/// Reads the form of a request whose errors are gathered; `None` if it cannot be read.
#[cfg(feature = "validate")]
#[cold]
pub fn __gather_form<'r>(req: Request<'r>, has_files: bool, report: &mut Report) -> Option<__Form<'r>> {
    if !req.exchange.validates.get() {
        return None;
    }
    __form(req, has_files)
        .inspect_err(|error| {
            if error.is_explained() {
                validate::unsupported(report);
            }
        })
        .ok()
}

/// Adds the errors of a field of a form.
#[cfg(feature = "validate")]
#[cold]
pub fn __explain_form_field<'r, T: Deserialize<'r>>(
    form: Option<&__Form<'r>>,
    declared: __Declared<T>,
    own: Report,
    report: &mut Report,
) {
    // Text that is not UTF-8 is no field: the error itself is the response.
    let Some(Ok(values)) = form.map(|form| form.values(declared.name)) else { return };
    explain(&values, declared, &[validate::Part::Body.loc(), Loc::from(declared.name)], own, report);
}

/// Adds the errors of a file of a form.
#[cfg(feature = "validate")]
#[cold]
pub fn __explain_form_file<'r, T: __File<'r>>(
    form: Option<&__Form<'r>>,
    name: &'static str,
    slot: &'static Slot,
    own: Report,
    report: &mut Report,
) {
    let Some(form) = form else { return };
    let loc = [validate::Part::Body.loc(), Loc::from(name)];
    let failed = read_file::<T>(form, name).err().map(FormError::of_fields);
    let sizes: Vec<usize> = form.files(name).into_iter().flatten().map(|file| file.bytes.len()).collect();
    validate::explain_files(&sizes, slot, &loc, failed.as_ref().and_then(FormError::mismatch), own, report);
}
