//! The implementations that the derive makes.

use proc_macro2::TokenStream;
use quote::{ToTokens, format_ident, quote};
use syn::ext::IdentExt;
use syn::{Data, DeriveInput, Fields, Lifetime, parse_quote};

use crate::attrs::{Container, Part};
use crate::generics::Parameters;
use crate::shape::Common;
use crate::{bundle, rules, shape};

/// Expands the derive.
pub(crate) fn expand(input: &DeriveInput) -> syn::Result<TokenStream> {
    let parameters = Parameters::new(input)?;
    let container = Container::parse(&input.attrs)?;
    let has_rules = container.validate || has_rules(input);
    if has_rules && parameters.has_types() {
        return Err(syn::Error::new_spanned(
            &input.generics,
            "a generic input has no rules of its own: put the rules on the types of its fields",
        ));
    }
    let context = rules::context(&input.attrs);
    let common = Common { has_rules, context: &context };
    if let Some(fields) = bundle::fields(input)? {
        let bundle = bundle::expand(input, &parameters, &fields, has_rules, &common)?;
        let family = family(&parameters, &bundle::schemas(&parameters, &fields));
        return Ok(quote!(#family #bundle));
    }
    let family = family(&parameters, &schema(&parameters));
    let shape = shape::shape(input, &container, &common)?;
    let check =
        if has_rules { quote!(::gatewire::validate::Validate::validate(self, report);) } else { checks(input)? };
    let (of_impl, this, bounds) = inspected(&parameters);
    Ok(quote! {
        #family

        #[automatically_derived]
        impl #of_impl ::gatewire::extract::Inspect for #this #bounds {
            ::gatewire::__if_validate! {
                {
                    fn shape() -> &'static ::gatewire::validate::shape::Shape {
                        #[allow(unused_imports)]
                        use ::gatewire::extract::__Unknown as _;
                        const { &#shape }
                    }

                    #[inline(always)]
                    fn check(&self, report: &mut ::gatewire::validate::Report) {
                        #[allow(unused_imports)]
                        use ::gatewire::extract::__Unknown as _;
                        let _ = &report;
                        #check
                    }
                }
                {}
            }
        }
    })
}

/// The parts of an implementation for the type at its own lifetime.
pub(crate) fn inspected<'i>(
    parameters: &'i Parameters<'_>,
) -> (TokenStream, TokenStream, Option<&'i syn::WhereClause>) {
    let own: Lifetime = parameters.lifetime.cloned().unwrap_or_else(|| parse_quote!('static));
    let bound = quote!(::gatewire::extract::Inspect);
    let of_impl = parameters.of_impl(parameters.lifetime, &bound);
    (of_impl, parameters.type_at(&own, |name| name.to_token_stream()), parameters.bounds())
}

/// The schema of a value, for the OpenAPI document. That of a generic type depends on its parameters.
fn schema(parameters: &Parameters<'_>) -> TokenStream {
    if parameters.has_types() {
        return TokenStream::new();
    }
    let this = parameters.type_at(&parse_quote!('static), |name| name.to_token_stream());
    quote!(::gatewire::__schema_of_input! { #this })
}

/// The implementation of `Input`: the type for each lifetime of a request.
fn family(parameters: &Parameters<'_>, schemas: &TokenStream) -> TokenStream {
    let (any, fixed): (Lifetime, Lifetime) = (parse_quote!('__input), parse_quote!('static));
    let of_impl = parameters.of_impl(None, &quote!(::gatewire::extract::Input));
    let this = parameters.type_at(&fixed, |name| name.to_token_stream());
    let at = parameters.type_at(&any, |name| quote!(<#name as ::gatewire::extract::Input>::At<#any>));
    let bounds = parameters.bounds_at(&fixed);
    quote! {
        #[automatically_derived]
        impl #of_impl ::gatewire::extract::Input for #this #bounds {
            type At<#any> = #at;
            #schemas
        }
    }
}

/// Returns whether garde checks the type.
fn has_rules(input: &DeriveInput) -> bool {
    rules::has_rules(&input.attrs) || has_own_rules(input)
}

fn has_own_rules(input: &DeriveInput) -> bool {
    let of_fields = |fields: &Fields| fields.iter().any(|field| rules::has_rules(&field.attrs));
    match &input.data {
        Data::Struct(data) => of_fields(&data.fields),
        Data::Enum(data) => data.variants.iter().any(|variant| of_fields(&variant.fields)),
        Data::Union(_) => false,
    }
}

/// The checks of the fields of a type without rules of its own.
fn checks(input: &DeriveInput) -> syn::Result<TokenStream> {
    let of_field = |place: TokenStream, of: &syn::Type, value: TokenStream| {
        quote! {
            ::gatewire::validate::__inside(report, #place, |report| {
                <::gatewire::extract::__Probe<#of>>::CHECK(#value, report);
            });
        }
    };
    let mut all = TokenStream::new();
    match &input.data {
        Data::Struct(data) => {
            for (index, field) in data.fields.iter().enumerate() {
                if Part::parse(&field.attrs)?.skip {
                    continue;
                }
                let member = syn::Member::from(index);
                let (place, value) = match &field.ident {
                    Some(ident) => {
                        let name = ident.unraw().to_string();
                        (quote!(#name), quote!(&self.#ident))
                    }
                    None => (quote!(#index), quote!(&self.#member)),
                };
                all.extend(of_field(place, &field.ty, value));
            }
        }
        Data::Enum(data) => {
            let mut arms = TokenStream::new();
            for variant in &data.variants {
                let name = &variant.ident;
                let mut checks = TokenStream::new();
                let mut bindings = TokenStream::new();
                for (index, field) in variant.fields.iter().enumerate() {
                    let value = format_ident!("field_{index}");
                    let place = match &field.ident {
                        Some(ident) => {
                            let name = ident.unraw().to_string();
                            bindings.extend(quote!(#ident: #value,));
                            quote!(#name)
                        }
                        None => {
                            let member = syn::Index::from(index);
                            bindings.extend(quote!(#member: #value,));
                            quote!(#index)
                        }
                    };
                    checks.extend(of_field(place, &field.ty, quote!(#value)));
                }
                arms.extend(quote!(Self::#name { #bindings } => { #checks }));
            }
            if !data.variants.is_empty() {
                all.extend(quote!(match self { #arms }));
            }
        }
        Data::Union(_) => {}
    }
    Ok(all)
}
