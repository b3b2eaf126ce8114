//! Arguments that are read from the body.

use std::fmt;

use serde::Deserialize;

use super::input::schemas_of;
use super::{Argument, Arguments, FromRequest, Input, Location};
use crate::event::BodyError;
use crate::handler::{Json, Request};

impl<T: Input> Input for Json<T> {
    type At<'r> = Json<T::At<'r>>;
    schemas_of! { T }
}

/// The body, read from JSON as [`Request::body_json`] does. An `Option` of it is `None` without a body.
impl<'r, T: Deserialize<'r>> FromRequest<'r> for Json<T> {
    type Rejection = BodyError;

    #[inline]
    fn from_request(req: Request<'r>) -> Result<Self, BodyError> {
        req.body_json().map(Self)
    }

    fn find_in_request(req: Request<'r>) -> Result<Option<Self>, BodyError> {
        if req.body()?.is_empty() { Ok(None) } else { Self::from_request(req).map(Some) }
    }

    fn describe(arguments: &mut Arguments) {
        arguments.add(Argument::new::<T>(Location::Body).content_type("application/json"));
    }
}

/// The body, decoded from base64 if the gateway encoded it, as [`Request::body`] returns it; empty if there is none.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct RawBody<'r>(pub &'r [u8]);

/// Only the length: a body may hold secrets.
impl fmt::Debug for RawBody<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "RawBody({} bytes)", self.0.len())
    }
}

impl Input for RawBody<'static> {
    type At<'r> = RawBody<'r>;
}

impl<'r> FromRequest<'r> for RawBody<'r> {
    type Rejection = BodyError;

    #[inline]
    fn from_request(req: Request<'r>) -> Result<Self, BodyError> {
        req.body().map(Self)
    }

    fn find_in_request(req: Request<'r>) -> Result<Option<Self>, BodyError> {
        Ok(Some(Self::from_request(req)?).filter(|body| !body.0.is_empty()))
    }

    fn describe(arguments: &mut Arguments) {
        arguments.add(Argument::new::<&[u8]>(Location::Body).content_type("application/octet-stream"));
    }
}

/// The body as a string, as [`Request::body_text`] returns it; empty if there is none.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Text<'r>(pub &'r str);

/// Only the length: a body may hold secrets.
impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Text({} bytes)", self.0.len())
    }
}

impl Input for Text<'static> {
    type At<'r> = Text<'r>;
}

impl<'r> FromRequest<'r> for Text<'r> {
    type Rejection = BodyError;

    #[inline]
    fn from_request(req: Request<'r>) -> Result<Self, BodyError> {
        req.body_text().map(Self)
    }

    fn find_in_request(req: Request<'r>) -> Result<Option<Self>, BodyError> {
        Ok(Some(Self::from_request(req)?).filter(|body| !body.0.is_empty()))
    }

    fn describe(arguments: &mut Arguments) {
        arguments.add(Argument::new::<&str>(Location::Body).content_type("text/plain"));
    }
}
