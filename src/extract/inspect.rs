//! The knowledge of validation about a type: its description, and how to check and to explain it.

use std::borrow::Cow;

use crate::handler::Request;

#[cfg(feature = "validate")]
use {
    crate::handler::Error,
    crate::mismatch::Loc,
    crate::validate::shape::{Shape, Slot},
    crate::validate::{self, Report},
    std::any::TypeId,
};

/// The knowledge of validation about a type that arguments are made of. `#[derive(Input)]` implements it with everything that
/// the attributes say, and [`input!`](crate::input) without.
///
/// Its methods need the feature `validate`.
#[diagnostic::on_unimplemented(
    message = "nothing is known of `{Self}` for validation",
    label = "does not implement `gatewire::extract::Inspect`",
    note = "`#[derive(Input)]` and `gatewire::input!` implement it; by hand: `impl Inspect for Name {{}}`"
)]
pub trait Inspect {
    /// True if the value is an argument that is read from the request, and that can be explained.
    #[doc(hidden)]
    #[cfg(feature = "validate")]
    const GATHERS: bool = false;

    /// Returns the description of the type.
    #[doc(hidden)]
    #[cfg(feature = "validate")]
    fn shape() -> &'static Shape {
        &Shape::Any
    }

    /// Adds the errors of a value that was read. The places are those inside of the value.
    #[cfg(feature = "validate")]
    #[cfg_attr(docsrs, doc(cfg(feature = "validate")))]
    fn check(&self, report: &mut Report) {
        let _ = report;
    }

    /// Returns the value as the key of a map. Which one a borrowed string is, is not known.
    #[doc(hidden)]
    #[cfg(feature = "validate")]
    fn key(&self) -> Loc {
        validate::any_key()
    }

    /// Returns whether the value is valid as an argument that was read from the request.
    #[doc(hidden)]
    #[cfg(feature = "validate")]
    #[inline(always)]
    fn is_valid(&self, req: Request<'_>) -> bool {
        let _ = req;
        let mut report = Report::new();
        self.check(&mut report);
        report.is_empty()
    }

    /// Adds the errors of an argument that was not read, or whose value is not valid: `own` has the errors of `check`.
    #[doc(hidden)]
    #[cfg(feature = "validate")]
    fn explain(req: Request<'_>, failed: Option<&Error>, own: Report, report: &mut Report) {
        let _ = (req, failed, own, report);
    }
}

impl Inspect for Request<'_> {}
impl<T, E> Inspect for Result<T, E> {}

/// An argument, or a value, that may be absent.
impl<T: Inspect> Inspect for Option<T> {
    #[cfg(feature = "validate")]
    const GATHERS: bool = T::GATHERS;

    #[cfg(feature = "validate")]
    fn shape() -> &'static Shape {
        const { &Shape::Option(T::shape) }
    }

    #[cfg(feature = "validate")]
    #[inline(always)]
    fn check(&self, report: &mut Report) {
        if let Some(value) = self {
            value.check(report);
        }
    }

    #[cfg(feature = "validate")]
    #[inline(always)]
    fn is_valid(&self, req: Request<'_>) -> bool {
        self.as_ref().is_none_or(|value| value.is_valid(req))
    }

    #[cfg(feature = "validate")]
    fn explain(req: Request<'_>, failed: Option<&Error>, own: Report, report: &mut Report) {
        T::explain(req, failed, own, report);
    }
}

/// The rules of a type, if it implements [`Validate`](crate::validate::Validate), and its description, if it implements
/// [`Inspect`]: the associated constants of this type are taken before those of [`__Unknown`].
#[cfg(feature = "validate")]
#[doc(hidden)]
#[derive(Debug)]
pub struct __Probe<T: ?Sized>(std::marker::PhantomData<T>);

#[cfg(feature = "validate")]
impl<T: crate::validate::Validate + ?Sized> __Probe<T> {
    pub const RULES: fn(&T, &mut Report) = T::validate;
}

#[cfg(feature = "validate")]
impl<T: Inspect> __Probe<T> {
    pub const SHAPE: crate::validate::shape::ShapeFn = T::shape;
    pub const CHECK: fn(&T, &mut Report) = T::check;
}

/// The constants of types of which nothing is known.
#[cfg(feature = "validate")]
#[doc(hidden)]
pub trait __Unknown {
    type Type: ?Sized;
    const RULES: fn(&Self::Type, &mut Report) = |_, _| {};
    const SHAPE: crate::validate::shape::ShapeFn = || &Shape::Any;
    const CHECK: fn(&Self::Type, &mut Report) = |_, _| {};
}

#[cfg(feature = "validate")]
impl<T: ?Sized> __Unknown for __Probe<T> {
    type Type = T;
}

// ---- values

macro_rules! values {
    ($($type:ty => $shape:expr;)+) => {
        $(impl Inspect for $type {
            #[cfg(feature = "validate")]
            fn shape() -> &'static Shape {
                const { &$shape }
            }
        })+
    };
}

values! {
    () => Shape::Unit;
    bool => Shape::Bool;
    char => Shape::Char;
    f32 => Shape::Float;
    f64 => Shape::Float;
    Box<str> => Shape::Text;
    std::net::IpAddr => Shape::Parsed { kind: "ip_any_address", check: |text| text.parse::<std::net::IpAddr>().is_ok() };
    std::net::Ipv4Addr => Shape::Parsed { kind: "ip_v4_address", check: |text| text.parse::<std::net::Ipv4Addr>().is_ok() };
    std::net::Ipv6Addr => Shape::Parsed { kind: "ip_v6_address", check: |text| text.parse::<std::net::Ipv6Addr>().is_ok() };
    std::net::SocketAddr => Shape::Parsed { kind: "value_error", check: |text| text.parse::<std::net::SocketAddr>().is_ok() };
}

impl Inspect for String {
    #[cfg(feature = "validate")]
    fn shape() -> &'static Shape {
        &Shape::Text
    }

    #[cfg(feature = "validate")]
    fn key(&self) -> Loc {
        Loc::from(&**self)
    }
}

macro_rules! integers {
    ($($integer:ident $nonzero:ident;)+) => {
        $(values! {
            $integer => Shape::Integer { min: $integer::MIN as i128, max: $integer::MAX as u128 };
            std::num::$nonzero => Shape::Integer {
                min: if $integer::MIN == 0 { 1 } else { $integer::MIN as i128 },
                max: $integer::MAX as u128,
            };
        })+
    };
}

integers! {
    i8 NonZeroI8; i16 NonZeroI16; i32 NonZeroI32; i64 NonZeroI64; i128 NonZeroI128; isize NonZeroIsize;
    u8 NonZeroU8; u16 NonZeroU16; u32 NonZeroU32; u64 NonZeroU64; u128 NonZeroU128; usize NonZeroUsize;
}

/// The description of `T`, if it is the only unsized type that one is known of.
#[cfg(feature = "validate")]
fn borrowed<T: ?Sized + 'static>() -> &'static Shape {
    if TypeId::of::<T>() == TypeId::of::<str>() { &Shape::Text } else { &Shape::Any }
}

impl<T: ?Sized + 'static> Inspect for &T {
    #[cfg(feature = "validate")]
    fn shape() -> &'static Shape {
        borrowed::<T>()
    }
}

impl<T: ?Sized + ToOwned + 'static> Inspect for Cow<'_, T> {
    #[cfg(feature = "validate")]
    fn shape() -> &'static Shape {
        borrowed::<T>()
    }
}

impl<T: Inspect> Inspect for Box<T> {
    #[cfg(feature = "validate")]
    fn shape() -> &'static Shape {
        T::shape()
    }

    #[cfg(feature = "validate")]
    #[inline(always)]
    fn check(&self, report: &mut Report) {
        (**self).check(report);
    }
}

/// Adds the errors of items, each in its place.
#[cfg(feature = "validate")]
#[inline(always)]
fn check_items<'i, T: Inspect + 'i>(items: impl IntoIterator<Item = &'i T>, report: &mut Report) {
    for (index, item) in items.into_iter().enumerate() {
        let before = report.len();
        item.check(report);
        report.nest(before, || Loc::Index(index));
    }
}

macro_rules! lists {
    ($($($name:ident)::+ [$($state:ident)?] $set:literal;)+) => {
        $(impl<T: Inspect $(, $state)?> Inspect for $($name)::+<T $(, $state)?> {
            #[cfg(feature = "validate")]
            fn shape() -> &'static Shape {
                const { &Shape::List { item: T::shape, set: $set } }
            }

            #[cfg(feature = "validate")]
            #[inline(always)]
            fn check(&self, report: &mut Report) {
                check_items(self, report);
            }
        })+
    };
}

lists! {
    Vec [] false;
    std::collections::VecDeque [] false;
    std::collections::BTreeSet [] true;
    std::collections::HashSet [S] true;
}

impl<T: Inspect, const N: usize> Inspect for [T; N] {
    #[cfg(feature = "validate")]
    fn shape() -> &'static Shape {
        const { &Shape::Array { item: T::shape, length: N } }
    }

    #[cfg(feature = "validate")]
    #[inline(always)]
    fn check(&self, report: &mut Report) {
        check_items(self, report);
    }
}

macro_rules! maps {
    ($($name:ident $($state:ident)?;)+) => {
        $(impl<K: Inspect, V: Inspect $(, $state)?> Inspect for std::collections::$name<K, V $(, $state)?> {
            #[cfg(feature = "validate")]
            fn shape() -> &'static Shape {
                const { &Shape::Map { value: V::shape } }
            }

            #[cfg(feature = "validate")]
            #[inline(always)]
            fn check(&self, report: &mut Report) {
                for (key, value) in self {
                    let before = report.len();
                    value.check(report);
                    report.nest(before, || key.key());
                }
            }
        })+
    };
}

maps! { BTreeMap; HashMap S; }

macro_rules! tuples {
    ($($($name:ident $index:tt)+;)+) => {
        $(impl<$($name: Inspect),+> Inspect for ($($name,)+) {
            #[cfg(feature = "validate")]
            fn shape() -> &'static Shape {
                const { &Shape::Tuple(&[$(Slot { shape: $name::shape, rules: &[] }),+]) }
            }

            #[cfg(feature = "validate")]
            #[inline(always)]
            fn check(&self, report: &mut Report) {
                $(
                    let before = report.len();
                    self.$index.check(report);
                    report.nest(before, || Loc::Index($index));
                )+
            }
        })+
    };
}

tuples! {
    A 0;
    A 0 B 1;
    A 0 B 1 C 2;
    A 0 B 1 C 2 D 3;
    A 0 B 1 C 2 D 3 E 4;
    A 0 B 1 C 2 D 3 E 4 F 5;
    A 0 B 1 C 2 D 3 E 4 F 5 G 6;
    A 0 B 1 C 2 D 3 E 4 F 5 G 6 H 7;
}
