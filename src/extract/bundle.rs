//! The fields of a bundle that `#[derive(Input)]` makes: single values from places of the request.
//!
//! The derive calls the functions; they are no part of the API.

use std::any::type_name;

use bumpalo::collections::Vec;
use serde::de::{Deserialize, DeserializeSeed, Deserializer, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::Location;
use crate::form::{Scalar, scalar_methods};
use crate::handler::{Error, ParamError, Request};
use crate::mismatch::Fault;
#[cfg(feature = "validate")]
use {
    super::inspected::has_json,
    crate::event::BodyError,
    crate::handler::explain_json,
    crate::mismatch::Loc,
    crate::validate::{self, Part, Report, shape::Slot},
};

/// Returns the values of a parameter, a header field or a cookie.
fn values<'r>(req: Request<'r>, location: Location, name: &str) -> Vec<'r, &'r str> {
    let mut values = Vec::new_in(req.exchange.arena.bump());
    match location {
        Location::Path => values.extend(req.find_param(name)),
        Location::Query => values.extend(req.query_all(name)),
        Location::Header => values.extend(req.header_all(name)),
        _ => values.extend(req.cookies().filter(|(own, _)| *own == name).map(|(_, value)| value)),
    }
    values
}

/// Reads a parameter, a header field or a cookie. `default` makes the value of one that is absent.
///
/// # Errors
/// If it is absent, and there is no default, or if it cannot be read.
pub fn __field<'r, T: Deserialize<'r>>(
    req: Request<'r>,
    location: Location,
    name: &'static str,
    default: Option<fn() -> T>,
) -> Result<T, Error> {
    let values = values(req, location, name);
    if let (Some(default), []) = (default, &values[..]) {
        return Ok(default());
    }
    T::deserialize(Values { values: &values, name }).map_err(|fault| ParamError::new(location, fault.of(name)).into())
}

/// Reads the body from JSON. `default` makes the value of an absent one.
///
/// # Errors
/// As [`Request::body_json`].
pub fn __body<'r, T: Deserialize<'r>>(req: Request<'r>, default: Option<fn() -> T>) -> Result<T, Error> {
    match default {
        Some(default) if req.body()?.is_empty() => Ok(default()),
        _ => Ok(req.body_json()?),
    }
}

/// Checks that a rule has a parameter.
///
/// # Errors
/// The name of the parameter that it lacks.
pub fn __has_parameter(names: &[&str], name: &str) -> Result<(), String> {
    if names.contains(&name) {
        return Ok(());
    }
    Err(format!("the rule has no parameter `{name}`"))
}

/// Returns whether a type is an `Option`.
pub fn __is_optional<T>() -> bool {
    type_name::<T>().starts_with("core::option::Option<")
}

/// Returns whether there may be no file of the name: a list may be empty.
pub fn __is_optional_file<T>() -> bool {
    __is_optional::<T>() || type_name::<T>().starts_with("alloc::vec::Vec<")
}

/// Returns whether the arguments of the request are checked.
#[cfg(feature = "validate")]
#[inline(always)]
pub fn __validates(req: Request<'_>) -> bool {
    req.exchange.validates.get()
}

/// Returns whether the content type is that of JSON, or absent.
#[cfg(feature = "validate")]
#[inline]
pub fn __has_json(req: Request<'_>) -> bool {
    has_json(req)
}

/// The declaration of a field, as the derive writes it.
#[cfg(feature = "validate")]
#[derive(Debug)]
pub struct __Declared<T> {
    /// The name of the parameter, header field, cookie or field of a form.
    pub name: &'static str,
    /// True if the field may be absent, whatever its type is.
    pub default: bool,
    /// The shape of its type, and its rules.
    pub slot: &'static Slot,
    /// Finds the errors of the value alone, which counts if the bundle as a whole could not be read.
    pub check: fn(&T, &mut Report),
}

#[cfg(feature = "validate")]
impl<T> Clone for __Declared<T> {
    fn clone(&self) -> Self {
        *self
    }
}

#[cfg(feature = "validate")]
impl<T> Copy for __Declared<T> {}

/// Adds the errors of a parameter, a header field or a cookie. `own` has those of the bundle's validator.
#[cfg(feature = "validate")]
#[cold]
pub fn __explain_field<'r, T: Deserialize<'r>>(
    req: Request<'r>,
    location: Location,
    declared: __Declared<T>,
    own: Report,
    report: &mut Report,
) {
    if !req.exchange.validates.get() {
        return;
    }
    let name = declared.name;
    let (part, shown) = match location {
        Location::Path => (Part::Path, name.to_owned()),
        Location::Query => (Part::Query, name.to_owned()),
        Location::Header => (Part::Header, name.to_ascii_lowercase()),
        _ => (Part::Cookie, name.to_owned()),
    };
    explain(&values(req, location, name), declared, &[part.loc(), Loc::from(shown)], own, report);
}

/// Adds the errors of the values of a field, whose place is `loc`.
#[cfg(feature = "validate")]
pub(super) fn explain<'r, T: Deserialize<'r>>(
    values: &[&'r str],
    declared: __Declared<T>,
    loc: &[Loc],
    mut own: Report,
    report: &mut Report,
) {
    let __Declared { name, default, slot, check } = declared;
    let failed = match T::deserialize(Values { values, name }) {
        Ok(value) if own.is_empty() => {
            check(&value, &mut own);
            None
        }
        Err(fault) if !(values.is_empty() && default) => {
            Some(fault.of(name).into_mismatch(|name| name.unwrap_or_default().to_owned()))
        }
        _ => None,
    };
    validate::explain_values(values, slot, default, loc, failed.as_ref(), own, report);
}

/// Adds the errors of the body.
#[cfg(feature = "validate")]
#[cold]
pub fn __explain_body<'r, T: Deserialize<'r>>(
    req: Request<'r>,
    default: bool,
    slot: &'static Slot,
    check: fn(&T, &mut Report),
    mut own: Report,
    report: &mut Report,
) {
    if !req.exchange.validates.get() {
        return;
    }
    if !has_json(req) {
        return validate::unsupported(report);
    }
    if default && matches!(req.body(), Ok([])) {
        return;
    }
    let failed: Option<BodyError> = match req.body_json::<T>() {
        Ok(value) if own.is_empty() => {
            check(&value, &mut own);
            None
        }
        read => read.err(),
    };
    explain_json(req, slot, failed.as_ref(), own, report);
}

/// The values of one parameter as a serde value: a list takes all, any other type the last.
#[derive(Clone, Copy)]
pub(super) struct Values<'v, 'de> {
    pub(super) values: &'v [&'de str],
    pub(super) name: &'static str,
}

impl<'de> Values<'_, 'de> {
    fn last(self) -> Result<Scalar<'de>, Fault> {
        self.values.last().map(|text| Scalar(text)).ok_or_else(|| Fault::missing(self.name))
    }
}

impl<'de> Deserializer<'de> for Values<'_, 'de> {
    type Error = Fault;

    scalar_methods! { self => self.last()?; deserialize_str deserialize_string }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.values.is_empty() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.last()?.deserialize_enum(name, variants, visitor)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        self.last()?;
        visitor.visit_seq(self)
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_seq(visitor)
    }

    forward_to_deserialize_any! { bytes byte_buf unit unit_struct tuple_struct map struct identifier ignored_any }
}

impl<'de> SeqAccess<'de> for Values<'_, 'de> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        let Some((first, rest)) = self.values.split_first() else { return Ok(None) };
        self.values = rest;
        seed.deserialize(Scalar(first)).map(Some)
    }

    fn size_hint(&self) -> Option<usize> {
        Some(self.values.len())
    }
}
