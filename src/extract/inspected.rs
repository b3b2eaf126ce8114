//! How arguments are checked and explained.

use super::{Claims, Cookies, Extension, Form, Header, HeaderName, Inspect, Owned, Path, Query, RawBody, State, Text};
use crate::event::{Headers, RequestContext};
use crate::form::Multipart;
use crate::handler::{Json, LambdaContext};

#[cfg(feature = "validate")]
use {
    crate::event::BodyError,
    crate::form::FormError,
    crate::handler::{Error, ParamError, Request, explain_json},
    crate::mismatch::{Loc, Mismatch},
    crate::validate::shape::{Rule, Shape, Slot},
    crate::validate::{self, Part, Report},
};

impl Inspect for Headers<'_> {}
impl Inspect for RequestContext<'_> {}
impl Inspect for LambdaContext<'_> {}
impl Inspect for RawBody<'_> {}
impl Inspect for Text<'_> {}
impl Inspect for Cookies<'_> {}
impl Inspect for crate::form::Part<'_> {}
impl<T: Inspect> Inspect for Claims<T> {
    #[cfg(feature = "validate")]
    #[inline(always)]
    fn check(&self, report: &mut Report) {
        self.0.check(report);
    }
}
impl<T> Inspect for Extension<T> {}
impl<T> Inspect for Owned<T> {}
impl<T> Inspect for State<T> {}

impl<T: Inspect> Inspect for Json<T> {
    #[cfg(feature = "validate")]
    const GATHERS: bool = true;

    #[cfg(feature = "validate")]
    #[inline(always)]
    fn check(&self, report: &mut Report) {
        self.0.check(report);
    }

    #[cfg(feature = "validate")]
    #[inline]
    fn is_valid(&self, req: Request<'_>) -> bool {
        has_json(req) && self.0.is_valid(req)
    }

    #[cfg(feature = "validate")]
    #[cold]
    fn explain(req: Request<'_>, failed: Option<&Error>, own: Report, report: &mut Report) {
        if !has_json(req) {
            return validate::unsupported(report);
        }
        let slot = Slot { shape: T::shape, rules: &[Rule::Dive] };
        explain_json(req, &slot, failed.and_then(Error::downcast_ref::<BodyError>), own, report);
    }
}

/// Returns whether the content type is that of JSON, or absent; an empty one is treated as absent.
#[cfg(feature = "validate")]
#[inline]
pub(super) fn has_json(req: Request<'_>) -> bool {
    req.header("content-type").is_none_or(|content_type| content_type.is_empty() || is_json(content_type))
}

/// Returns whether a media type is that of JSON: `application/json`, or one that ends with `+json`.
#[cfg(feature = "validate")]
fn is_json(content_type: &str) -> bool {
    let essence = content_type.split(';').next().unwrap_or_default().trim();
    let ends_with = |end: &str| {
        essence
            .len()
            .checked_sub(end.len())
            .and_then(|at| essence.get(at..))
            .is_some_and(|rest| rest.eq_ignore_ascii_case(end))
    };
    essence.eq_ignore_ascii_case("application/json") || ends_with("+json")
}

impl<T: Inspect> Inspect for Query<T> {
    #[cfg(feature = "validate")]
    const GATHERS: bool = true;

    #[cfg(feature = "validate")]
    #[inline(always)]
    fn check(&self, report: &mut Report) {
        self.0.check(report);
    }

    #[cfg(feature = "validate")]
    #[cold]
    fn explain(req: Request<'_>, failed: Option<&Error>, own: Report, report: &mut Report) {
        validate::explain_fields(Part::Query, T::shape(), &mut req.query_pairs(), mismatch_of(failed), own, report);
    }
}

impl Inspect for Multipart<'_> {
    #[cfg(feature = "validate")]
    const GATHERS: bool = true;

    #[cfg(feature = "validate")]
    #[cold]
    fn explain(_: Request<'_>, failed: Option<&Error>, _: Report, report: &mut Report) {
        let error = failed.and_then(Error::downcast_ref::<FormError>);
        if error.is_some_and(FormError::is_explained) {
            validate::unsupported(report);
        }
    }
}

impl<T: Inspect> Inspect for Form<T> {
    #[cfg(feature = "validate")]
    const GATHERS: bool = true;

    #[cfg(feature = "validate")]
    #[inline(always)]
    fn check(&self, report: &mut Report) {
        self.0.check(report);
    }

    #[cfg(feature = "validate")]
    #[cold]
    fn explain(req: Request<'_>, failed: Option<&Error>, own: Report, report: &mut Report) {
        match req.form_fields() {
            Ok(mut fields) => {
                let failed = failed.and_then(Error::downcast_ref::<FormError>).and_then(FormError::mismatch);
                validate::explain_fields(Part::Body, T::shape(), &mut fields, failed, own, report);
            }
            Err(error) if error.is_explained() => validate::unsupported(report),
            // A form that cannot be read has no fields to explain: the error itself is the response.
            Err(_) => {}
        }
    }
}

impl<T: Inspect> Inspect for Path<T> {
    #[cfg(feature = "validate")]
    const GATHERS: bool = true;

    #[cfg(feature = "validate")]
    #[inline(always)]
    fn check(&self, report: &mut Report) {
        self.0.check(report);
    }

    #[cfg(feature = "validate")]
    #[cold]
    fn explain(req: Request<'_>, failed: Option<&Error>, own: Report, report: &mut Report) {
        let (shape, failed) = (T::shape(), mismatch_of(failed));
        let place = |name: &str| [Part::Path.loc(), Loc::from(name)];
        match shape {
            Shape::Struct(_) | Shape::Any | Shape::Map { .. } | Shape::List { .. } => {
                validate::explain_fields(Part::Path, shape, &mut req.params(), failed, own, report);
            }
            Shape::Tuple(slots) => {
                for (slot, (name, value)) in slots.iter().zip(req.params()) {
                    let failed = failed.filter(|failed| failed.path() == name);
                    validate::explain_values(&[value], slot, false, &place(name), failed, Report::new(), report);
                }
            }
            _ => {
                let slot = Slot { shape: T::shape, rules: &[] };
                let (name, values) = match req.params().next() {
                    Some((name, value)) => (name, vec![value]),
                    None => ("", Vec::new()),
                };
                validate::explain_values(&values, &slot, false, &place(name), failed, own, report);
            }
        }
    }
}

/// The mismatch of a path or a query.
#[cfg(feature = "validate")]
fn mismatch_of(failed: Option<&Error>) -> Option<&Mismatch> {
    failed.and_then(Error::downcast_ref::<ParamError>).map(ParamError::mismatch)
}

impl<N: HeaderName> Inspect for Header<'_, N> {
    #[cfg(feature = "validate")]
    const GATHERS: bool = true;

    #[cfg(feature = "validate")]
    #[cold]
    fn explain(req: Request<'_>, failed: Option<&Error>, own: Report, report: &mut Report) {
        let slot = Slot { shape: || &Shape::Any, rules: &[] };
        let loc = [Part::Header.loc(), Loc::from(N::NAME.to_ascii_lowercase())];
        let values: Vec<&str> = req.header_all(N::NAME).collect();
        validate::explain_values(&values, &slot, false, &loc, mismatch_of(failed), own, report);
    }
}

#[cfg(all(test, feature = "validate"))]
mod tests {
    use super::*;

    #[test]
    fn media_types_of_json() {
        for content_type in ["application/json", "Application/JSON; charset=utf-8", "application/problem+json"] {
            assert!(is_json(content_type), "{content_type}");
        }
        for content_type in ["", "text/csv", "application/jsonl", "json", "+jso", "é+jsoné"] {
            assert!(!is_json(content_type), "{content_type}");
        }
    }
}
