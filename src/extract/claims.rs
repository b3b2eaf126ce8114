//! The claims of the gateway's authorizer as an argument.

use serde::Deserialize;
use serde::de::value::BorrowedStrDeserializer;
use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde::forward_to_deserialize_any;

use super::{Argument, Arguments, FromRequest, Input, Location};
use crate::event::JsonView;
use crate::form::Scalar;
use crate::handler::{HttpError, Request};
use crate::mismatch::Fault;

/// The claims that the gateway's authorizer has verified, as a value of a type of your own.
///
/// | gateway and authorizer | what is read |
/// | --- | --- |
/// | HTTP API, JWT authorizer | `authorizer.jwt.claims` |
/// | REST API, Cognito user pool | `authorizer.claims` |
/// | HTTP API, Lambda authorizer | `authorizer.lambda`: the context that it returned |
/// | REST API, Lambda authorizer | `authorizer`: the context that it returned, and `principalId` |
///
/// Gateways send most claims as strings. So numbers and booleans are read from strings too, and a list also from a
/// string such as `[a b]` ([HTTP APIs][http]) or `a,b`.
///
/// ```
/// use gatewire::{App, extract::Claims};
///
/// #[derive(serde::Deserialize)]
/// struct User<'r> {
///     sub: &'r str,
///     #[serde(rename = "cognito:groups", default, borrow)]
///     groups: Vec<&'r str>,
/// }
///
/// gatewire::input!(User<'r>);
///
/// fn me<'r>(Claims(user): Claims<User<'r>>) -> &'r str {
///     if user.groups.contains(&"admin") { "admin" } else { user.sub }
/// }
/// # gatewire::App::new().get("/me", me).build().unwrap();
/// ```
///
/// The response to a request without an authorizer is 401, and to one whose claims are not those of the type 403. An
/// `Option` of it is `None` without an authorizer.
///
/// [http]: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-jwt-authorizer.html
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claims<T>(pub T);

impl<T: Input> Input for Claims<T> {
    type At<'r> = Claims<T::At<'r>>;
}

impl<'r, T: Deserialize<'r>> FromRequest<'r> for Claims<T> {
    type Rejection = HttpError;

    fn from_request(req: Request<'r>) -> Result<Self, HttpError> {
        Self::find_in_request(req)?.ok_or_else(|| HttpError::unauthorized("the request has no claims of an authorizer"))
    }

    fn find_in_request(req: Request<'r>) -> Result<Option<Self>, HttpError> {
        let Some(claims) = verified(req) else { return Ok(None) };
        T::deserialize(Claim(claims)).map(|value| Some(Self(value))).map_err(refuse)
    }

    fn describe(arguments: &mut Arguments) {
        arguments.add(Argument::new::<T>(Location::Context));
    }
}

/// Returns the object with the claims.
fn verified(req: Request<'_>) -> Option<JsonView<'_>> {
    let authorizer = req.context().authorizer().json()?;
    let is_object = |view: &JsonView<'_>| view.raw().starts_with('{');
    let token = authorizer.get("jwt").and_then(|jwt| jwt.get("claims")).filter(is_object);
    // The context of a Lambda authorizer may have members of these names too; their values are not objects.
    let claims = token.or_else(|| authorizer.get("claims").filter(is_object));
    let claims = claims.or_else(|| authorizer.get("lambda").filter(is_object)).unwrap_or(authorizer);
    is_object(&claims).then_some(claims)
}

#[cold]
fn refuse(fault: Fault) -> HttpError {
    let mismatch = fault.into_mismatch(|name| name.unwrap_or_default().to_owned());
    let whole = mismatch.path().is_empty();
    HttpError::forbidden(format!("{}{mismatch}", if whole { "the claims of the token: " } else { "the claim " }))
}

/// A claim as a serde value.
#[derive(Clone, Copy)]
struct Claim<'de>(JsonView<'de>);

impl<'de> Claim<'de> {
    fn is(self, first: char) -> bool {
        self.0.raw().starts_with(first)
    }

    /// Numbers and booleans have the form of the strings that they are read from.
    fn scalar(self) -> Option<Scalar<'de>> {
        if self.is('{') || self.is('[') || self.0.is_null() { None } else { Some(Scalar(self.0.text())) }
    }
}

macro_rules! scalars {
    ($($method:ident)+) => {
        $(fn $method<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
            match self.scalar() {
                Some(scalar) => scalar.$method(visitor),
                None => self.deserialize_any(visitor),
            }
        })+
    };
}

impl<'de> Deserializer<'de> for Claim<'de> {
    type Error = Fault;

    scalars! {
        deserialize_bool deserialize_char deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_i128 deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64 deserialize_u128
        deserialize_f32 deserialize_f64 deserialize_str deserialize_string deserialize_identifier
    }

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.is('{') {
            return visitor.visit_map(Members { entries: self.0.entries(), value: None });
        }
        if self.is('[') {
            return visitor.visit_seq(List(self.0.items().map(Claim)));
        }
        match (self.0.as_str(), self.0.as_bool(), self.0.as_u64(), self.0.as_i64(), self.0.as_f64()) {
            (Some(text), ..) => visitor.visit_borrowed_str(text),
            (_, Some(flag), ..) => visitor.visit_bool(flag),
            (_, _, Some(number), ..) => visitor.visit_u64(number),
            (_, _, _, Some(number), _) => visitor.visit_i64(number),
            (.., Some(number)) => visitor.visit_f64(number),
            _ => visitor.visit_unit(),
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(self, _: &'static str, visitor: V) -> Result<V::Value, Fault> {
        visitor.visit_newtype_struct(self)
    }

    fn deserialize_seq<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Fault> {
        let Some(text) = self.0.as_str() else { return self.deserialize_any(visitor) };
        // `[a b]` is how HTTP APIs write a list.
        let inner = text.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(text);
        visitor.visit_seq(List(inner.split([' ', ',']).filter(|item| !item.is_empty()).map(Scalar)))
    }

    fn deserialize_tuple<V: Visitor<'de>>(self, _: usize, visitor: V) -> Result<V::Value, Fault> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_tuple_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: usize,
        visitor: V,
    ) -> Result<V::Value, Fault> {
        self.deserialize_seq(visitor)
    }

    fn deserialize_enum<V: Visitor<'de>>(
        self,
        name: &'static str,
        variants: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Fault> {
        match self.scalar() {
            Some(scalar) => scalar.deserialize_enum(name, variants, visitor),
            None => Err(Fault::custom("a string is expected")),
        }
    }

    forward_to_deserialize_any! { bytes byte_buf unit unit_struct map struct ignored_any }
}

/// The members of an object.
struct Members<'de, I> {
    entries: I,
    /// The member whose key was read last.
    value: Option<(&'de str, JsonView<'de>)>,
}

impl<'de, I: Iterator<Item = (&'de str, JsonView<'de>)>> MapAccess<'de> for Members<'de, I> {
    type Error = Fault;

    fn next_key_seed<K: DeserializeSeed<'de>>(&mut self, seed: K) -> Result<Option<K::Value>, Fault> {
        self.value = self.entries.next();
        match self.value {
            Some((name, _)) => seed.deserialize(BorrowedStrDeserializer::new(name)).map(Some),
            None => Ok(None),
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, Fault> {
        let Some((name, value)) = self.value.take() else {
            return Err(Fault::custom("a value is asked for before its key"));
        };
        seed.deserialize(Claim(value)).map_err(|fault| fault.of(name))
    }
}

/// The items of a list.
struct List<I>(I);

impl<'de, D: Deserializer<'de, Error = Fault>, I: Iterator<Item = D>> SeqAccess<'de> for List<I> {
    type Error = Fault;

    fn next_element_seed<T: DeserializeSeed<'de>>(&mut self, seed: T) -> Result<Option<T::Value>, Fault> {
        self.0.next().map(|item| seed.deserialize(item)).transpose()
    }
}
