//! The description of a type as serde reads it.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Fields, Type};

use crate::attrs::{Container, Part};
use crate::case::Case;
use crate::rules;

/// Properties that the fields of a type share.
pub(crate) struct Common<'c> {
    /// True if the type has rules of its own: otherwise its fields are checked one by one.
    pub(crate) has_rules: bool,
    pub(crate) context: &'c str,
}

fn path() -> TokenStream {
    quote!(::gatewire::validate::shape)
}

/// The description of a type, an expression of the type `Shape`.
pub(crate) fn shape(input: &DeriveInput, container: &Container, common: &Common<'_>) -> syn::Result<TokenStream> {
    let shape = path();
    if container.opaque {
        return Ok(quote!(#shape::Shape::Any));
    }
    match &input.data {
        Data::Struct(data) => of_struct(&data.fields, container, common),
        Data::Enum(data) => {
            let mut variants = Vec::new();
            for variant in &data.variants {
                let part = Part::parse(&variant.attrs)?;
                if part.untagged {
                    return Ok(quote!(#shape::Shape::Any));
                }
                if part.skip {
                    continue;
                }
                let name = variant.ident.unraw().to_string();
                let names = match part.other {
                    true => Vec::new(),
                    false => {
                        names(&part, || container.rename_all.map_or_else(|| name.clone(), |case| case.variant(&name)))
                    }
                };
                let case = part.rename_all.or(container.rename_all_fields);
                let body = of_variant(&variant.fields, container, case, common)?;
                variants.push(quote!(#shape::Variant { names: &[#(#names),*], body: #body }));
            }
            let tagging = match (&container.tag, &container.content) {
                (Some(tag), Some(content)) => quote!(Adjacent { tag: #tag, content: #content }),
                (Some(tag), None) => quote!(Internal { tag: #tag }),
                _ => quote!(External),
            };
            Ok(quote!(#shape::Shape::Enum(&#shape::Enum {
                tagging: #shape::Tagging::#tagging,
                variants: &[#(#variants),*],
            })))
        }
        Data::Union(data) => Err(syn::Error::new(data.union_token.span, "a union cannot be read from a request")),
    }
}

fn of_struct(fields: &Fields, container: &Container, common: &Common<'_>) -> syn::Result<TokenStream> {
    let shape = path();
    Ok(match fields {
        Fields::Named(named) if container.transparent => {
            let mut slots = Vec::new();
            for field in &named.named {
                let part = Part::parse(&field.attrs)?;
                if !part.skip {
                    slots.push(slot(&field.ty, &field.attrs, &part, common));
                }
            }
            match &slots[..] {
                [slot] => quote!(#shape::Shape::Newtype(#slot)),
                _ => quote!(#shape::Shape::Any),
            }
        }
        Fields::Named(_) => {
            let inner = named(fields, container, container.rename_all, common)?;
            quote!(#shape::Shape::Struct(#inner))
        }
        Fields::Unnamed(_) => match slots(fields, common)? {
            Some(slots) if slots.len() == 1 => {
                let slot = &slots[0];
                quote!(#shape::Shape::Newtype(#slot))
            }
            Some(slots) => quote!(#shape::Shape::Tuple(&[#(#slots),*])),
            None => quote!(#shape::Shape::Any),
        },
        Fields::Unit => quote!(#shape::Shape::Unit),
    })
}

fn of_variant(
    fields: &Fields,
    container: &Container,
    case: Option<Case>,
    common: &Common<'_>,
) -> syn::Result<TokenStream> {
    let shape = path();
    Ok(match fields {
        Fields::Unit => quote!(#shape::Body::Unit),
        Fields::Named(_) => {
            let inner = named(fields, container, case, common)?;
            quote!(#shape::Body::Struct(#inner))
        }
        Fields::Unnamed(_) => match slots(fields, common)? {
            Some(slots) if slots.len() == 1 => {
                let slot = &slots[0];
                quote!(#shape::Body::Newtype(#slot))
            }
            Some(slots) => quote!(#shape::Body::Tuple(&[#(#slots),*])),
            None => quote!(#shape::Body::Newtype(#shape::Slot { shape: || &#shape::Shape::Any, rules: &[] })),
        },
    })
}

/// The fields of a tuple; `None` if some are not read.
fn slots(fields: &Fields, common: &Common<'_>) -> syn::Result<Option<Vec<TokenStream>>> {
    let mut slots = Vec::new();
    for field in fields {
        let part = Part::parse(&field.attrs)?;
        if part.skip || part.default {
            return Ok(None);
        }
        slots.push(slot(&field.ty, &field.attrs, &part, common));
    }
    Ok(Some(slots))
}

/// The named fields of a struct or a variant.
fn named(fields: &Fields, container: &Container, case: Option<Case>, common: &Common<'_>) -> syn::Result<TokenStream> {
    let shape = path();
    let mut all = Vec::new();
    for field in fields {
        let part = Part::parse(&field.attrs)?;
        let Some(ident) = field.ident.as_ref().filter(|_| !part.skip) else { continue };
        let ident = ident.unraw().to_string();
        let names = names(&part, || case.map_or_else(|| ident.clone(), |case| case.field(&ident)));
        let (default, flatten) = (part.default || container.default, part.flatten);
        let slot = slot(&field.ty, &field.attrs, &part, common);
        all.push(quote!(#shape::Field {
            ident: #ident,
            names: &[#(#names),*],
            default: #default,
            flatten: #flatten,
            slot: #slot,
        }));
    }
    let closed = container.deny_unknown_fields;
    Ok(quote!(&#shape::Struct { fields: &[#(#all),*], closed: #closed }))
}

/// The name in documents, and its aliases.
fn names(part: &Part, own: impl Fn() -> String) -> Vec<String> {
    std::iter::once(part.rename.clone().unwrap_or_else(own)).chain(part.aliases.iter().cloned()).collect()
}

/// A value with its rules.
pub(crate) fn slot(of: &Type, attributes: &[syn::Attribute], part: &Part, common: &Common<'_>) -> TokenStream {
    let shape = path();
    let rules = match common.has_rules {
        true => rules::rules(attributes, of, common.context),
        false => vec![quote!(#shape::Rule::Dive)],
    };
    let known = match part.opaque {
        true => quote!(|| &#shape::Shape::Any),
        false => quote!(<::gatewire::extract::__Probe<#of>>::SHAPE),
    };
    quote!(#shape::Slot { shape: #known, rules: &[#(#rules),*] })
}
