//! Forms: `application/x-www-form-urlencoded` and `multipart/form-data`, read in place from the body.
//!
//! [`Request::form_as`](crate::Request::form_as), [`Request::form_fields`](crate::Request::form_fields) and
//! [`Request::multipart`](crate::Request::multipart) read them; [`manual::forms`](crate::manual::forms) is the guide.
//!
//! Both readers take time that grows with the length of the body alone, and no heap memory: names and values are parts of
//! the body, or decoded into the arena of the invocation.

mod disposition;
mod error;
mod limits;
mod multipart;
mod scalar;
mod urlencoded;
mod values;

pub use error::{FormError, MultipartFault};
pub use limits::{MAX_FIELDS, MAX_HEAD_BYTES, MAX_PARTS};
pub use multipart::{Multipart, Part};
pub use urlencoded::FormFields;

pub(crate) use multipart::{boundary, is_multipart, multipart};
pub(crate) use scalar::{Scalar, scalar_methods};
pub(crate) use urlencoded::{check_urlencoded, fields};
pub(crate) use values::deserialize;
