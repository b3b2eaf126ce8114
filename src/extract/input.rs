//! The types of arguments as families: one type for each lifetime of a request.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer};

use super::Inspect;
use crate::handler::Request;
#[cfg(feature = "openapi")]
use crate::handler::Schemas;

/// A type that the arguments of handlers are made of: the argument itself, or a value in one such as the `T` of
/// [`Json<T>`](crate::Json).
///
/// A handler takes values that borrow from any request, so the type is needed at any lifetime: the trait is implemented
/// for the type with `'static` as its lifetime, and [`At`](Self::At) is the type with another one.
/// [`input!`](crate::input) implements it, and so does `#[derive(Input)]` of the feature `macros`, which also reads attributes
/// for validation and makes bundles of arguments: see the guide `manual::validation`.
#[diagnostic::on_unimplemented(
    message = "`{Self}` cannot be an argument of a handler, or a value in one",
    label = "not known as an input",
    note = "a type of your own needs `gatewire::input!(Name);`, or `gatewire::input!(Name<'r>);` if it has a lifetime; one of another crate is `Owned<Name>`",
    note = "state is borrowed: `State<&T>`"
)]
pub trait Input: 'static {
    /// The same type, of the lifetime `'r`.
    type At<'r>: Inspect;

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
    note = "a type of your own needs `gatewire::input!(Name);`, or `gatewire::input!(Name<'r>);` if it has a lifetime; one of another crate is `Owned<Name>`",
    note = "state is borrowed: `State<&T>`"
)]
pub trait HandlerArgument: 'static {
    /// The same type, of the lifetime `'r`.
    type At<'r>: Inspect;

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

/// Adds the schemas of the types in a member of a bundle if it is an [`Input`], which only the code that names the type can
/// find out.
#[cfg(feature = "openapi")]
#[doc(hidden)]
#[derive(Debug)]
pub struct __InputProbe<T>(std::marker::PhantomData<T>);

#[cfg(feature = "openapi")]
impl<T> __InputProbe<T> {
    /// A probe of the type.
    pub const NEW: Self = Self(std::marker::PhantomData);
}

// The compiler prefers this method to the one of the trait, if the type is an input.
#[cfg(feature = "openapi")]
impl<T: HandlerArgument> __InputProbe<T> {
    /// Adds the schemas.
    pub fn add_to(&self, schemas: &mut Schemas) {
        T::schemas(schemas);
    }
}

/// For types that are no input.
#[cfg(feature = "openapi")]
#[doc(hidden)]
pub trait __WithoutInput {
    /// Adds nothing.
    fn add_to(&self, _: &mut Schemas) {}
}

#[cfg(feature = "openapi")]
impl<T> __WithoutInput for __InputProbe<T> {}

/// A value of a type that borrows nothing and is not an [`Input`], such as one of another crate: `Path<Owned<Uuid>>`.
///
/// ```
/// use gatewire::{App, extract::{Owned, Path}};
/// use std::ops::Range;
///
/// // A type of another crate that implements `Deserialize`.
/// let app = App::new().get("/{start}/{end}", |Path(Owned(range)): Path<Owned<Range<u32>>>| range.len().to_string());
/// # let client = gatewire::testing::Client::new(app)?;
/// # assert_eq!(client.get("/3/7").send().text(), "4");
/// # Ok::<(), gatewire::error::BuildError>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Owned<T>(pub T);

impl<T: 'static> Input for Owned<T> {
    type At<'r> = Self;
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Owned<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        T::deserialize(deserializer).map(Self)
    }
}

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

containers! { Option Box Vec std::collections::VecDeque std::collections::BTreeSet }

impl<T: Input, E: 'static> Input for Result<T, E> {
    type At<'r> = Result<T::At<'r>, E>;
    schemas_of! { T }
}

impl<T: Input, S: 'static> Input for std::collections::HashSet<T, S> {
    type At<'r> = std::collections::HashSet<T::At<'r>, S>;
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
