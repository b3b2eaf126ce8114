//! Validation: requests that do not fit what their handler declares are answered with 422, and a list of all errors.
//!
//! [`App::validation`](crate::App::validation) turns it on for all routes, [`Route::validation`](crate::Route::validation)
//! for one, and [`Valid`](crate::extract::Valid) for one argument. The rules are those of the crate
//! garde, or of an implementation of [`Validate`]. The guide is
//! [`manual::validation`](crate::manual::validation).

mod chain;
mod explain;
mod kinds;
mod part;
mod report;
mod rules;
mod settings;
#[doc(hidden)]
#[allow(missing_docs)]
pub mod shape;
mod text;
mod walk;

pub use report::{Detail, Report, ResponseValidationError, ValidationError};
pub use rules::Validate;
pub use settings::Validation;

pub use crate::mismatch::Loc;

// For the derive.
#[doc(hidden)]
pub use garde as __garde;
#[doc(hidden)]
pub use report::{__inside, __rest, __take};

pub(crate) use explain::{
    explain_document, explain_failure, explain_field, explain_fields, explain_files, explain_values, extend,
    invalid_body, no_body, unsupported,
};
pub(crate) use part::Part;
pub(crate) use report::{any_key, finish};
