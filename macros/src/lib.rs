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
/// See `gatewire::extract::Input` for what it reads.
#[proc_macro_derive(Input, attributes(input, serde, garde))]
pub fn derive_input(tokens: TokenStream) -> TokenStream {
    let input = parse_macro_input!(tokens as DeriveInput);
    input::expand(&input).unwrap_or_else(syn::Error::into_compile_error).into()
}
