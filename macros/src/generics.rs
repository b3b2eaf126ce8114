//! The generic parameters of a type: at most one lifetime, which is that of the request, and types.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};
use syn::{DeriveInput, GenericParam, Lifetime, parse_quote};

/// The parameters of a type.
pub(crate) struct Parameters<'i> {
    pub(crate) lifetime: Option<&'i Lifetime>,
    input: &'i DeriveInput,
}

impl<'i> Parameters<'i> {
    pub(crate) fn new(input: &'i DeriveInput) -> syn::Result<Self> {
        let mut lifetimes = input.generics.lifetimes();
        let lifetime = lifetimes.next().map(|parameter| &parameter.lifetime);
        if let Some(second) = lifetimes.next() {
            return Err(syn::Error::new_spanned(
                second,
                "an input has at most one lifetime, which is that of the request it borrows from",
            ));
        }
        Ok(Self { lifetime, input })
    }

    /// Returns whether there are type parameters.
    pub(crate) fn has_types(&self) -> bool {
        self.input.generics.type_params().next().is_some()
    }

    /// The names and types of the const parameters.
    pub(crate) fn constants(&self) -> impl Iterator<Item = TokenStream> {
        self.input.generics.const_params().map(|parameter| {
            let (name, of) = (&parameter.ident, &parameter.ty);
            quote!(#name: #of)
        })
    }

    /// The type, with another lifetime, and its type parameters as `with` writes them.
    pub(crate) fn type_at(&self, lifetime: &Lifetime, with: impl Fn(&syn::Ident) -> TokenStream) -> TokenStream {
        let name = &self.input.ident;
        let arguments = self.input.generics.params.iter().map(|parameter| match parameter {
            GenericParam::Lifetime(_) => lifetime.to_token_stream(),
            GenericParam::Type(parameter) => with(&parameter.ident),
            GenericParam::Const(parameter) => parameter.ident.to_token_stream(),
        });
        quote!(#name<#(#arguments),*>)
    }

    /// `<'r, T: Bound>` for an implementation, with the lifetime if `with_lifetime` holds.
    pub(crate) fn of_impl(&self, lifetime: Option<&Lifetime>, bound: &TokenStream) -> TokenStream {
        let parameters = self.input.generics.params.iter().filter_map(|parameter| match parameter {
            GenericParam::Lifetime(_) => None,
            GenericParam::Type(parameter) => {
                let mut parameter = parameter.clone();
                parameter.default = None;
                parameter.eq_token = None;
                parameter.bounds.push(parse_quote!(#bound));
                Some(parameter.to_token_stream())
            }
            GenericParam::Const(parameter) => {
                let mut parameter = parameter.clone();
                parameter.default = None;
                parameter.eq_token = None;
                Some(parameter.to_token_stream())
            }
        });
        let parameters = lifetime.map(ToTokens::to_token_stream).into_iter().chain(parameters);
        quote!(<#(#parameters),*>)
    }

    /// The bounds of the type.
    pub(crate) fn bounds(&self) -> Option<&syn::WhereClause> {
        self.input.generics.where_clause.as_ref()
    }
}
