//! The derive macro of gatewire, which exports it with its feature `macros`.
//!
//! The guide is `gatewire::manual::validation`.

mod attrs;
mod bundle;
mod case;
mod generics;
mod input;
mod rules;
mod shape;

use proc_macro::TokenStream;
use syn::{DeriveInput, parse_macro_input};

/// Makes a type an input of handlers: an argument, or a value in `Json`, `Query`, `Path` and others.
///
/// It implements `gatewire::extract::Input` and `Inspect`, as `gatewire::input!` does. It reads the attributes of serde and
/// garde, so that validation knows the structure and the rules of the type. A struct whose fields have one of these attributes
/// is an argument itself, and implements `FromRequest`:
///
/// | attribute | reads |
/// | --- | --- |
/// | `#[input(path)]`, `#[input(path = "name")]` | a parameter of the rule |
/// | `#[input(query)]`, `#[input(query = "name")]` | a query parameter |
/// | `#[input(header)]`, `#[input(header = "x-name")]` | a header field |
/// | `#[input(cookie)]`, `#[input(cookie = "name")]` | a cookie |
/// | `#[input(form)]`, `#[input(form = "name")]` | a field of a form, urlencoded or multipart |
/// | `#[input(file)]`, `#[input(file = "name")]` | a file of a multipart form: `gatewire::form::Part`, `Option`, `Vec` or `&[u8]` |
/// | `#[input(body)]` | the body, as JSON |
/// | `#[input(argument)]` | any other argument |
///
/// `default` and `default = value`, as in `#[input(query, default = 1)]`, are for absent values; `Option` is too.
/// `#[input(validate)]` on the type says that it implements `gatewire::validate::Validate` by hand.
#[proc_macro_derive(Input, attributes(input, serde, garde))]
pub fn derive_input(tokens: TokenStream) -> TokenStream {
    let input = parse_macro_input!(tokens as DeriveInput);
    input::expand(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}
