//! The types of arguments as families: one type for each lifetime of a request.

use std::borrow::Cow;

use crate::handler::Request;
#[cfg(feature = "openapi")]
use crate::handler::Schemas;

/// A type that the arguments of handlers are made of: the argument itself, or a value in one such as the `T` of
/// [`Json<T>`](crate::Json).
///
/// A handler takes values that borrow from any request, so the type is needed at any lifetime: the trait is implemented
/// for the type with `'static` in the place of the lifetime, and [`At`](Self::At) is the type with another one.
/// [`input!`](crate::input) implements it.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of a handler, or a value in one",
    label = "not known as an input",
    note = "for a type of your own: `gatewire::input!(Name);`, or `gatewire::input!(Name<'r>);` if it has a lifetime"
)]
pub trait Input: 'static {
    /// The same type, of the lifetime `'r`.
    type At<'r>;

    /// Adds the schemas of the types in it, for the OpenAPI document.
    #[cfg(feature = "openapi")]
    #[doc(hidden)]
    fn schemas(schemas: &mut Schemas) {
        let _ = schemas;
    }
}

/// An argument among several: an [`Input`], or the request.
#[doc(hidden)]
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of a handler",
    label = "not known as an input",
    note = "for a type of your own: `gatewire::input!(Name);`, or `gatewire::input!(Name<'r>);` if it has a lifetime"
)]
pub trait HandlerArgument: 'static {
    /// The same type, of the lifetime `'r`.
    type At<'r>;

    /// Adds the schemas of the types in it, for the OpenAPI document.
    #[cfg(feature = "openapi")]
    #[doc(hidden)]
    fn schemas(schemas: &mut Schemas) {
        let _ = schemas;
    }
}

impl<T: Input> HandlerArgument for T {
    type At<'r> = T::At<'r>;

    #[cfg(feature = "openapi")]
    fn schemas(schemas: &mut Schemas) {
        T::schemas(schemas);
    }
}

// Not an `Input`: a handler whose one argument is the request is of the plain kind.
impl HandlerArgument for Request<'static> {
    type At<'r> = Request<'r>;
}

/// Implements [`Input`](crate::extract::Input) for types of your own, so that they can be arguments of handlers, or
/// values in [`Path`](crate::extract::Path), [`Query`](crate::extract::Query), [`Json`](crate::Json) and the others.
///
/// ```
/// use gatewire::{App, Json, extract::Path};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Deserialize, Serialize)]
/// struct NewTodo<'r> {
///     title: &'r str,
/// }
///
/// #[derive(Deserialize)]
/// struct TodoId(u64);
///
/// gatewire::input!(NewTodo<'r>, TodoId);
///
/// fn replace<'r>(Path(TodoId(id)): Path<TodoId>, Json(todo): Json<NewTodo<'r>>) -> (u16, Json<NewTodo<'r>>) {
///     (if id == 0 { 404 } else { 200 }, Json(todo))
/// }
/// # let client = gatewire::testing::Client::new(App::new().put("/todos/{id}", replace))?;
/// # assert_eq!(client.put("/todos/1").body(r#"{"title":"milk"}"#).send().text(), r#"{"title":"milk"}"#);
/// # Ok::<(), gatewire::error::BuildError>(())
/// ```
///
/// A type may have one lifetime, which is that of the request, or none. A type with type parameters takes the trait by
/// hand: `impl<T: Input> Input for Page<T> { type At<'r> = Page<T::At<'r>>; }`.
#[macro_export]
macro_rules! input {
    ($($name:ident $(<$lifetime:lifetime>)?),+ $(,)?) => {
        $($crate::input! { @impl $name $(<$lifetime>)? })+
    };
    (@impl $name:ident) => {
        impl $crate::extract::Input for $name {
            type At<'r> = $name;
            $crate::__schema_of_input! { $name }
        }
    };
    (@impl $name:ident <$lifetime:lifetime>) => {
        impl $crate::extract::Input for $name<'static> {
            type At<$lifetime> = $name<$lifetime>;
            $crate::__schema_of_input! { $name<'static> }
        }
    };
}

/// The schema of a type that [`input!`](crate::input) names, if the type has one.
#[cfg(feature = "openapi")]
#[doc(hidden)]
#[macro_export]
macro_rules! __schema_of_input {
    ($type:ty) => {
        fn schemas(schemas: &mut $crate::handler::Schemas) {
            #[allow(unused_imports)]
            use $crate::handler::WithoutSchema as _;
            $crate::handler::SchemaProbe::<$type>::NEW.add_to(schemas);
        }
    };
}

/// Nothing, without the feature `openapi` of this crate.
#[cfg(not(feature = "openapi"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __schema_of_input {
    ($type:ty) => {};
}

/// Forwards to the types in a type.
macro_rules! schemas_of {
    ($($type:ty),+) => {
        #[cfg(feature = "openapi")]
        fn schemas(schemas: &mut $crate::handler::Schemas) {
            $(<$type as $crate::extract::Input>::schemas(schemas);)+
        }
    };
}

pub(super) use schemas_of;

macro_rules! owned {
    ($($type:ty)+) => {
        $(impl Input for $type {
            type At<'r> = $type;
        })+
    };
}

owned! {
    bool char i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize f32 f64 String Box<str> ()
    std::num::NonZeroI8 std::num::NonZeroI16 std::num::NonZeroI32 std::num::NonZeroI64 std::num::NonZeroI128
    std::num::NonZeroU8 std::num::NonZeroU16 std::num::NonZeroU32 std::num::NonZeroU64 std::num::NonZeroU128
    std::net::IpAddr std::net::Ipv4Addr std::net::Ipv6Addr std::net::SocketAddr
}

impl<T: ?Sized + 'static> Input for &'static T {
    type At<'r> = &'r T;
}

impl<T: ?Sized + ToOwned + 'static> Input for Cow<'static, T> {
    type At<'r> = Cow<'r, T>;
}

macro_rules! containers {
    ($($($name:ident)::+)+) => {
        $(impl<T: Input> Input for $($name)::+<T> {
            type At<'r> = $($name)::+<T::At<'r>>;
            schemas_of! { T }
        })+
    };
}

containers! { Option Box Vec std::collections::VecDeque }

impl<T: Input, E: 'static> Input for Result<T, E> {
    type At<'r> = Result<T::At<'r>, E>;
    schemas_of! { T }
}

impl<T: Input, const N: usize> Input for [T; N] {
    type At<'r> = [T::At<'r>; N];
    schemas_of! { T }
}

macro_rules! maps {
    ($($name:ident $($state:ident)?;)+) => {
        $(impl<K: Input, V: Input $(, $state: 'static)?> Input for std::collections::$name<K, V $(, $state)?> {
            type At<'r> = std::collections::$name<K::At<'r>, V::At<'r> $(, $state)?>;
            schemas_of! { K, V }
        })+
    };
}

maps! { BTreeMap; HashMap S; }
