//! Macros for types and functions of the program.

use super::{FromRequest, HandlerArgument};
use crate::handler::IntoResponse;

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
/// hand: `impl<T: Input> Input for Page<T> { type At<'r> = Page<T::At<'r>>; }`, and `impl<T> Inspect for Page<T> {}`.
///
/// # A bundle of arguments
///
/// A struct in the macro becomes an argument that has several arguments as its fields. They are read from the first to
/// the last. The names of the fields mean nothing.
///
/// ```
/// use gatewire::extract::{Path, Query, State};
/// use gatewire::App;
///
/// #[derive(serde::Deserialize)]
/// struct Page {
///     page: u32,
/// }
///
/// struct Database(&'static str);
///
/// gatewire::input!(Page);
/// gatewire::input! {
///     /// What all lists of a user take.
///     struct List<'r> {
///         user: Path<&'r str>,
///         page: Option<Query<Page>>,
///         database: State<&'r Database>,
///     }
/// }
///
/// fn todos(list: List<'_>) -> String {
///     let page = list.page.map_or(1, |Query(page)| page.page);
///     format!("page {page} of {} in {}", list.user.0, list.database.0.0)
/// }
/// # let client = gatewire::testing::Client::new(App::new().state(Database("db")).get("/{user}/todos", todos))?;
/// # assert_eq!(client.get("/ada/todos?page=2").send().text(), "page 2 of ada in db");
/// # Ok::<(), gatewire::error::BuildError>(())
/// ```
#[macro_export]
macro_rules! input {
    (
        $(#[$attribute:meta])*
        $visibility:vis struct $name:ident $(<$lifetime:lifetime>)? {
            $($(#[$of_field:meta])* $visible:vis $field:ident: $type:ty),+ $(,)?
        }
    ) => {
        $(#[$attribute])*
        $visibility struct $name $(<$lifetime>)? {
            $($(#[$of_field])* $visible $field: $type),+
        }

        $crate::input! { @bundle $name ($($lifetime)?) $($field: $type),+ }
    };
    (@bundle $name:ident () $($field:ident: $type:ty),+) => {
        impl $crate::extract::Input for $name {
            type At<'r> = $name;
            $crate::__schemas_of_bundle! { [] [] [] $name; $($type),+ }
        }

        impl $crate::extract::Inspect for $name {
            $crate::__inspect_bundle! {}
        }

        impl<'r> $crate::extract::FromRequest<'r> for $name {
            $crate::input! { @read 'r $($field: $type),+ }
        }
    };
    (@bundle $name:ident ($lifetime:lifetime) $($field:ident: $type:ty),+) => {
        impl $crate::extract::Input for $name<'static> {
            type At<$lifetime> = $name<$lifetime>;
            $crate::__schemas_of_bundle! { [$lifetime] [] [] $name<$lifetime>; $($type),+ }
        }

        impl<$lifetime> $crate::extract::Inspect for $name<$lifetime> {
            $crate::__inspect_bundle! {}
        }

        impl<$lifetime> $crate::extract::FromRequest<$lifetime> for $name<$lifetime> {
            $crate::input! { @read $lifetime $($field: $type),+ }
        }
    };
    (@read $lifetime:lifetime $($field:ident: $type:ty),+) => {
        type Rejection = $crate::handler::Error;

        #[inline]
        fn from_request(req: $crate::handler::Request<$lifetime>) -> ::core::result::Result<Self, $crate::handler::Error> {
            $crate::__read_bundle! { req $($field: $type),+ }
        }

        fn describe(arguments: &mut $crate::extract::Arguments) {
            $(<$type as $crate::extract::FromRequest<$lifetime>>::describe(arguments);)+
        }
    };
    ($($name:ident $(<$lifetime:lifetime>)?),+ $(,)?) => {
        $($crate::input! { @impl $name $(<$lifetime>)? })+
    };
    (@impl $name:ident) => {
        $crate::input! { @family $name }

        impl $crate::extract::Inspect for $name {
            $crate::__inspect_rules! {}
        }
    };
    (@impl $name:ident <$lifetime:lifetime>) => {
        $crate::input! { @family $name<$lifetime> }

        impl<$lifetime> $crate::extract::Inspect for $name<$lifetime> {
            $crate::__inspect_rules! {}
        }
    };
    (@family $name:ident) => {
        impl $crate::extract::Input for $name {
            type At<'r> = $name;
            $crate::__schema_of_input! { $name }
        }
    };
    (@family $name:ident <$lifetime:lifetime>) => {
        impl $crate::extract::Input for $name<'static> {
            type At<$lifetime> = $name<$lifetime>;
            $crate::__schema_of_input! { $name<'static> }
        }
    };
}

/// Expands to its first part with the feature `validate`, and to its second part without.
#[cfg(feature = "validate")]
#[doc(hidden)]
#[macro_export]
macro_rules! __if_validate {
    ({$($with:tt)*} {$($without:tt)*}) => { $($with)* };
}

/// Expands to its first part with the feature `validate`, and to its second part without.
#[cfg(not(feature = "validate"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __if_validate {
    ({$($with:tt)*} {$($without:tt)*}) => { $($without)* };
}

/// The check of a type by its rules, if it has any.
#[cfg(feature = "validate")]
#[doc(hidden)]
#[macro_export]
macro_rules! __inspect_rules {
    () => {
        #[inline(always)]
        fn check(&self, report: &mut $crate::validate::Report) {
            #[allow(unused_imports)]
            use $crate::extract::__Unknown as _;
            <$crate::extract::__Probe<Self>>::RULES(self, report);
        }
    };
}

/// The schema of a type that [`input!`](crate::input) names, if the type has one.
#[cfg(feature = "openapi")]
#[doc(hidden)]
#[macro_export]
macro_rules! __schema_of_input {
    ($($type:ty),+) => {
        fn schemas(schemas: &mut $crate::handler::Schemas) {
            #[allow(unused_imports)]
            use $crate::handler::WithoutSchema as _;
            $($crate::handler::SchemaProbe::<$type>::NEW.add_to(schemas);)+
        }
    };
}

/// The schemas of the types in a bundle: those of values, if they have one, and those in arguments.
#[cfg(feature = "openapi")]
#[doc(hidden)]
#[macro_export]
macro_rules! __schemas_of_bundle {
    (
        [$($lifetime:lifetime)?] [$($constant:ident: $of:ty),*] [$($bounds:tt)*]
        $($value:ty),*; $($argument:ty),*
    ) => {
        fn schemas(schemas: &mut $crate::handler::Schemas) {
            // The types name the lifetime of the bundle. The schemas are those of `'static`.
            #[allow(clippy::extra_unused_lifetimes)]
            fn of_members<$($lifetime: 'static,)? $(const $constant: $of),*>(schemas: &mut $crate::handler::Schemas)
            $($bounds)*
            {
                #[allow(unused_imports)]
                use $crate::extract::__WithoutInput as _;
                #[allow(unused_imports)]
                use $crate::handler::WithoutSchema as _;
                $($crate::handler::SchemaProbe::<$value>::NEW.add_to(schemas);)*
                $($crate::extract::__InputProbe::<$argument>::NEW.add_to(schemas);)*
            }
            of_members::<$($constant),*>(schemas);
        }
    };
}

/// Nothing is checked without the feature `validate`.
#[cfg(not(feature = "validate"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __inspect_rules {
    () => {};
}

/// A bundle looks at its arguments while it is read.
#[cfg(feature = "validate")]
#[doc(hidden)]
#[macro_export]
macro_rules! __inspect_bundle {
    () => {
        const GATHERS: bool = true;
    };
}

/// Nothing is checked without the feature `validate`.
#[cfg(not(feature = "validate"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __inspect_bundle {
    () => {};
}

/// Reads the arguments of a bundle. If one is not valid, all are looked at.
#[cfg(feature = "validate")]
#[doc(hidden)]
#[macro_export]
macro_rules! __read_bundle {
    ($req:ident $($field:ident: $type:ty),+) => {
        $crate::extract::__bundle(
            $req,
            || ::core::result::Result::Ok(Self { $($field: $req.extract::<$type>()?),+ }),
            |own: &Self| $($crate::extract::__is_valid(&own.$field, $req))&&+,
            |report| {
                $($crate::extract::__gather::<$type>($req, report);)+
            },
        )
    };
}

/// Reads the arguments of a bundle.
#[cfg(not(feature = "validate"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __read_bundle {
    ($req:ident $($field:ident: $type:ty),+) => {
        ::core::result::Result::Ok(Self { $($field: $req.extract::<$type>()?),+ })
    };
}

/// Nothing, without the feature `openapi` of this crate.
#[cfg(not(feature = "openapi"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __schema_of_input {
    ($($type:ty),+) => {};
}

/// Nothing, without the feature `openapi` of this crate.
#[cfg(not(feature = "openapi"))]
#[doc(hidden)]
#[macro_export]
macro_rules! __schemas_of_bundle {
    ($($types:tt)*) => {};
}

/// Leaves a function as it is, and makes the compiler underline what is wrong with it as a handler: an argument, or the
/// type that it returns.
///
/// Without the macro, the compiler only says that the function is not a handler. Put it around the function until it
/// compiles; it may also stay, since it adds nothing to the program.
///
/// ```
/// use gatewire::extract::{Path, State};
///
/// struct Greeting(&'static str);
///
/// gatewire::check_handler! {
///     /// Greets somebody.
///     async fn hello(Path(name): Path<&str>, State(greeting): State<&Greeting>) -> String {
///         format!("{} {name}", greeting.0)
///     }
/// }
/// # gatewire::App::new().state(Greeting("hi")).get("/{name}", hello).build().unwrap();
/// ```
///
/// It takes functions whose generic parameters are lifetimes.
#[macro_export]
macro_rules! check_handler {
    ($($function:tt)+) => {
        $($function)+

        $crate::__check_handler! { $($function)+ }
    };
}

/// The checks of `check_handler!`: they are spanned to the types that they check.
#[doc(hidden)]
#[macro_export]
macro_rules! __check_handler {
    // The attributes and the words in front of the name.
    (#[$attribute:meta] $($rest:tt)+) => { $crate::__check_handler! { $($rest)+ } };
    ($(pub $(($($scope:tt)+))?)? $(async)? fn $name:ident $(<$($lifetime:lifetime),* $(,)?>)? ($($arguments:tt)*) $($rest:tt)+) => {
        const _: () = {
            // With this bound, each lifetime is `'static`: the types are checked at the lifetime that they are known at.
            #[allow(dead_code, clippy::extra_unused_lifetimes)]
            fn check $(<$($lifetime: 'static),*>)? () {
                $crate::__check_handler! { @arguments () $($arguments)* }
                $crate::__check_handler! { @response $($rest)+ }
            }
        };
    };
    // A pattern ends at its colon. A pattern may not be followed by one as a fragment, so it is read word by word.
    (@arguments ()) => {};
    (@arguments ($($pattern:tt)*) : $type:ty $(, $($rest:tt)*)?) => {
        $crate::extract::__argument::<$type>();
        $crate::__check_handler! { @arguments () $($($rest)*)? }
    };
    (@arguments ($($pattern:tt)*) $next:tt $($rest:tt)*) => {
        $crate::__check_handler! { @arguments ($($pattern)* $next) $($rest)* }
    };
    // A type without a name cannot be checked here.
    (@response -> impl $($rest:tt)+) => {};
    (@response -> $type:ty $body:block) => { $crate::extract::__response::<$type>(); };
    (@response $body:block) => {};
}

#[doc(hidden)]
pub const fn __argument<A: HandlerArgument + FromRequest<'static>>() {}

#[doc(hidden)]
pub const fn __response<R: IntoResponse>() {}
