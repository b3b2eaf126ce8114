//! The generic parameters of a type: at most one lifetime, which is that of the request, and types.

use proc_macro2::{Group, TokenStream, TokenTree};
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

    /// The bounds of the type, with another lifetime.
    pub(crate) fn bounds_at(&self, lifetime: &Lifetime) -> TokenStream {
        let bounds = self.bounds().to_token_stream();
        match self.lifetime {
            Some(own) => with_lifetime(bounds, own, lifetime),
            None => bounds,
        }
    }
}

/// Replaces a lifetime, which is an apostrophe and a name.
fn with_lifetime(tokens: TokenStream, own: &Lifetime, other: &Lifetime) -> TokenStream {
    let mut is_lifetime = false;
    let replaced = tokens.into_iter().map(|token| {
        let follows =
            std::mem::replace(&mut is_lifetime, matches!(&token, TokenTree::Punct(mark) if mark.as_char() == '\''));
        match token {
            TokenTree::Ident(name) if follows && name == own.ident => other.ident.clone().into(),
            TokenTree::Group(group) => Group::new(group.delimiter(), with_lifetime(group.stream(), own, other)).into(),
            token => token,
        }
    });
    replaced.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bounds_have_the_lifetime_that_is_asked_for() {
        let input: DeriveInput = parse_quote! {
            struct Own<'r, const N: usize> where [&'r str; N]: Default, for<'o> r<'o>: From<&'r r<'o>> { name: &'r str }
        };
        let wanted: syn::WhereClause =
            parse_quote!(where [&'static str; N]: Default, for<'o> r<'o>: From<&'static r<'o>>);
        let bounds = Parameters::new(&input).unwrap().bounds_at(&parse_quote!('static));
        assert_eq!(bounds.to_string(), wanted.to_token_stream().to_string());
    }
}
