//! Bundles: structs that are an argument, whose fields are read from several places of the request.

use proc_macro2::TokenStream;
use quote::{ToTokens, quote, quote_spanned};
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Data, DeriveInput, Expr, Fields, Ident, Lifetime, Lit, Type, UnOp, parse_quote};

use crate::attrs::{Part, Source, SourceKind};
use crate::generics::Parameters;
use crate::input::inspected;
use crate::rules;
use crate::shape::{Common, slot};

/// A field of a bundle.
pub(crate) struct Field<'i> {
    ident: &'i Ident,
    of: &'i Type,
    source: Source,
    attributes: &'i [syn::Attribute],
    part: Part,
}

impl Field<'_> {
    /// The name of the parameter, header field or cookie.
    fn name(&self) -> String {
        let own = || {
            let ident = self.ident.unraw().to_string();
            if self.source.kind == SourceKind::Header { ident.replace('_', "-") } else { ident }
        };
        self.source.name.as_ref().map_or_else(own, syn::LitStr::value)
    }

    fn location(&self) -> Option<TokenStream> {
        let name = match self.source.kind {
            SourceKind::Path => quote!(Path),
            SourceKind::Query => quote!(Query),
            SourceKind::Header => quote!(Header),
            SourceKind::Cookie => quote!(Cookie),
            SourceKind::Form | SourceKind::File | SourceKind::Body | SourceKind::Argument => return None,
        };
        Some(quote!(::gatewire::extract::Location::#name))
    }

    /// Returns whether the field is a part of a form.
    fn is_of_form(&self) -> bool {
        matches!(self.source.kind, SourceKind::Form | SourceKind::File)
    }

    /// The function that makes the value of an absent parameter.
    fn default(&self) -> TokenStream {
        match &self.source.default {
            None => quote!(::core::option::Option::None),
            Some(None) => quote!(::core::option::Option::Some(|| ::core::default::Default::default())),
            Some(Some(value)) => quote!(::core::option::Option::Some(|| #value)),
        }
    }
}

/// The fields of a bundle; `None` if the type is a value.
pub(crate) fn fields(input: &DeriveInput) -> syn::Result<Option<Vec<Field<'_>>>> {
    let (Data::Struct(_) | Data::Enum(_)) = &input.data else { return Ok(None) };
    let Data::Struct(data) = &input.data else {
        for field in all_fields(input) {
            if let Some(source) = Part::parse(&field.attrs)?.source {
                return Err(syn::Error::new(
                    source.span,
                    "only the fields of a struct are read from places of a request",
                ));
            }
        }
        return Ok(None);
    };
    let mut fields = Vec::new();
    let mut without = None;
    for field in &data.fields {
        let mut part = Part::parse(&field.attrs)?;
        match (part.source.take(), &field.ident) {
            (Some(source), Some(ident)) => {
                fields.push(Field { ident, of: &field.ty, source, attributes: &field.attrs, part });
            }
            (Some(source), None) => {
                return Err(syn::Error::new(source.span, "a bundle has named fields"));
            }
            (None, _) => without = Some(field),
        }
    }
    if fields.is_empty() {
        return Ok(None);
    }
    if let Some(field) = without {
        let message = "say where this field is read from, as for the others: `#[input(path)]`, `query`, `header`, \
                       `cookie`, `form`, `file`, `body` or `argument`";
        return Err(syn::Error::new_spanned(field, message));
    }
    let mut bodies = fields.iter().filter(|field| field.source.kind == SourceKind::Body);
    if let (Some(_), Some(second)) = (bodies.next(), bodies.next()) {
        return Err(syn::Error::new(second.source.span, "a request has one body: make one struct of both"));
    }
    let body = fields.iter().find(|field| field.source.kind == SourceKind::Body);
    if let (Some(body), true) = (body, fields.iter().any(Field::is_of_form)) {
        return Err(syn::Error::new(body.source.span, "a request has one body: a form, or JSON"));
    }
    Ok(Some(fields))
}

fn all_fields(input: &DeriveInput) -> Vec<&syn::Field> {
    match &input.data {
        Data::Struct(data) => data.fields.iter().collect(),
        Data::Enum(data) => data.variants.iter().flat_map(|variant| fields_of(&variant.fields)).collect(),
        Data::Union(_) => Vec::new(),
    }
}

fn fields_of(fields: &Fields) -> impl Iterator<Item = &syn::Field> {
    fields.iter()
}

/// The implementations for a bundle.
pub(crate) fn expand(
    input: &DeriveInput,
    parameters: &Parameters<'_>,
    fields: &[Field<'_>],
    has_rules: bool,
    common: &Common<'_>,
) -> syn::Result<TokenStream> {
    if parameters.has_types() {
        return Err(syn::Error::new_spanned(&input.generics, "a bundle has no type parameters"));
    }
    let lifetime: Lifetime = parameters.lifetime.cloned().unwrap_or_else(|| parse_quote!('__input));
    let (of_impl, this, bounds) = inspected(parameters);
    let request_impl = parameters.of_impl(Some(&lifetime), &TokenStream::new());
    let has_files = fields.iter().any(|field| field.source.kind == SourceKind::File);
    let first_of_form = fields.iter().position(Field::is_of_form);
    let reads: Vec<_> = fields
        .iter()
        .enumerate()
        .map(|(index, field)| {
            // The form is read where its first field stands, so that errors of the fields before it come first.
            let form = (first_of_form == Some(index))
                .then(|| quote!(__form = ::gatewire::extract::__form(request, #has_files)?;));
            read(field, form, &lifetime)
        })
        .collect();
    let form = first_of_form.map(|_| quote!(let __form;));
    let gathered_form =
        first_of_form.map(|_| quote!(let __form = ::gatewire::extract::__gather_form(request, #has_files, report);));
    let describes: Vec<_> = fields.iter().map(|field| describe(field, has_files, common, &lifetime)).collect();
    let explains: Vec<_> = fields.iter().map(|field| explain(field, common)).collect();
    let valid: Vec<_> = fields.iter().filter_map(valid).collect();
    let check =
        if has_rules { quote!(::gatewire::validate::Validate::validate(self, report);) } else { checks(fields) };
    Ok(quote! {
        #[automatically_derived]
        impl #request_impl ::gatewire::extract::FromRequest<#lifetime> for #this #bounds {
            type Rejection = ::gatewire::Error;

            fn from_request(
                request: ::gatewire::Request<#lifetime>,
            ) -> ::core::result::Result<Self, ::gatewire::Error> {
                let read = || -> ::core::result::Result<Self, ::gatewire::Error> {
                    #form
                    ::core::result::Result::Ok(Self { #(#reads),* })
                };
                ::gatewire::__if_validate! {
                    {
                        ::gatewire::extract::__bundle(
                            request,
                            &read,
                            |own: &Self| {
                                !::gatewire::extract::__validates(request)
                                    || (#(#valid &&)* ::gatewire::extract::Inspect::is_valid(own, request))
                            },
                            |report: &mut ::gatewire::validate::Report| {
                                #[allow(unused_imports)]
                                use ::gatewire::extract::__Unknown as _;
                                let mut own = ::gatewire::validate::Report::new();
                                if let ::core::result::Result::Ok(value) = read() {
                                    ::gatewire::extract::Inspect::check(&value, &mut own);
                                }
                                let own = &mut own;
                                #gathered_form
                                #(#explains)*
                                ::gatewire::validate::__rest(own, report);
                            },
                        )
                    }
                    { read() }
                }
            }

            fn describe(arguments: &mut ::gatewire::extract::Arguments) {
                #(#describes)*
            }
        }

        #[automatically_derived]
        impl #of_impl ::gatewire::extract::Inspect for #this #bounds {
            ::gatewire::__if_validate! {
                {
                    const GATHERS: bool = true;

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

/// Reads a field; `form` reads the form if this is its first field.
fn read(field: &Field<'_>, form: Option<TokenStream>, lifetime: &Lifetime) -> TokenStream {
    let Field { ident, of, source, .. } = field;
    let span = of.span();
    let value = match (field.location(), source.kind) {
        (Some(location), _) => {
            let (name, default) = (field.name(), field.default());
            quote_spanned!(span=> ::gatewire::extract::__field::<#of>(request, #location, #name, #default)?)
        }
        (None, SourceKind::Body) => {
            let default = field.default();
            quote_spanned!(span=> ::gatewire::extract::__body::<#of>(request, #default)?)
        }
        (None, SourceKind::Form) => {
            let (name, default) = (field.name(), field.default());
            quote_spanned!(span=> { #form ::gatewire::extract::__form_field::<#of>(&__form, #name, #default)? })
        }
        (None, SourceKind::File) => {
            let name = field.name();
            quote_spanned!(span=> { #form ::gatewire::extract::__form_file::<#of>(&__form, #name)? })
        }
        (None, _) => quote_spanned! {span=>
            <#of as ::gatewire::extract::FromRequest<#lifetime>>::from_request(request)
                .map_err(::gatewire::handler::IntoError::into_error)?
        },
    };
    quote!(#ident: #value)
}

/// The schemas of the fields, for the OpenAPI document, and that of the bundle, which has the limits of its fields.
pub(crate) fn schemas(parameters: &Parameters<'_>, fields: &[Field<'_>]) -> TokenStream {
    let lifetime = parameters.lifetime;
    let own: Lifetime = lifetime.cloned().unwrap_or_else(|| parse_quote!('static));
    let this = parameters.type_at(&own, |name| name.to_token_stream());
    let of_kind = |is_argument: bool| {
        let is_own = move |field: &&Field<'_>| {
            field.source.kind != SourceKind::File && (field.source.kind == SourceKind::Argument) == is_argument
        };
        fields.iter().filter(is_own).map(|field| field.of)
    };
    let (values, arguments, constants) = (of_kind(false), of_kind(true), parameters.constants());
    let bounds = parameters.bounds();
    quote! {
        ::gatewire::__schemas_of_bundle! {
            [#lifetime] [#(#constants),*] [#bounds] #this #(, #values)*; #(#arguments),*
        }
    }
}

/// Describes a field for `App::build` and the OpenAPI document.
fn describe(field: &Field<'_>, has_files: bool, common: &Common<'_>, lifetime: &Lifetime) -> TokenStream {
    let Field { ident, of, source, .. } = field;
    let (name, member) = (field.name(), ident.unraw().to_string());
    let location = match (field.location(), source.kind) {
        (Some(location), _) => location,
        (None, SourceKind::Form) => quote!(::gatewire::extract::Location::Form),
        (None, SourceKind::File) => quote!(::gatewire::extract::Location::File),
        (None, SourceKind::Body) => quote!(::gatewire::extract::Location::Body),
        (None, _) => return quote!(<#of as ::gatewire::extract::FromRequest<#lifetime>>::describe(arguments);),
    };
    let details = match source.kind {
        SourceKind::Path => quote! {
            .name(#name).__path(|names| ::gatewire::extract::__has_parameter(names, #name))
        },
        SourceKind::Body => quote!(.content_type("application/json")),
        SourceKind::Form | SourceKind::File => {
            let media_type = if has_files { "multipart/form-data" } else { "application/x-www-form-urlencoded" };
            quote!(.name(#name).content_type(#media_type))
        }
        _ => quote!(.name(#name)),
    };
    let (default, rules) = (default_of(source), rules_of(field, common));
    let required = match source.kind {
        SourceKind::Path => None,
        _ if source.default.is_some() => Some(quote!(false)),
        SourceKind::File => Some(quote!(!::gatewire::extract::__is_optional_file::<#of>())),
        _ => Some(quote!(!::gatewire::extract::__is_optional::<#of>())),
    }
    .map(|required| quote!(argument.required = #required;));
    quote! {
        #[allow(unused_mut)]
        let mut argument =
            ::gatewire::extract::Argument::new::<#of>(#location).__member::<Self>(#member)#details #default;
        #required
        #rules
        arguments.add(argument);
    }
}

/// The call that sets the default of a field in its description.
fn default_of(source: &Source) -> Option<TokenStream> {
    Some(match source.default.as_ref()? {
        None => quote!(.__default(::core::option::Option::None)),
        Some(value) => {
            let json = json(value)?;
            quote!(.__default(::core::option::Option::Some(#json)))
        }
    })
}

/// The statement that sets the rules of a field in its description.
fn rules_of(field: &Field<'_>, common: &Common<'_>) -> Option<TokenStream> {
    let rules = if common.has_rules { rules::rules(field.attributes, field.of, common.context) } else { Vec::new() };
    (!rules.is_empty()).then(|| {
        quote! {
            ::gatewire::__if_validate! { { let argument = argument.__rules(const { &[#(#rules),*] }); } {} }
        }
    })
}

/// Returns a literal as JSON.
fn json(value: &Expr) -> Option<String> {
    Some(match value {
        Expr::Lit(literal) => match &literal.lit {
            Lit::Bool(value) => value.value.to_string(),
            Lit::Int(value) => value.base10_digits().to_owned(),
            Lit::Float(value) => value.base10_digits().to_owned(),
            Lit::Str(value) => quoted(&value.value()),
            _ => return None,
        },
        Expr::Unary(unary) if matches!(unary.op, UnOp::Neg(_)) => format!("-{}", json(&unary.expr)?),
        _ => return None,
    })
}

/// Returns a string of JSON.
fn quoted(text: &str) -> String {
    let mut quoted = String::from('"');
    for character in text.chars() {
        match character {
            '"' | '\\' => quoted.extend(['\\', character]),
            control if control < ' ' => quoted.push_str(&format!("\\u{:04x}", u32::from(control))),
            plain => quoted.push(plain),
        }
    }
    quoted + "\""
}

/// Adds the errors of a field.
fn explain(field: &Field<'_>, common: &Common<'_>) -> TokenStream {
    let Field { ident, of, source, attributes, part } = field;
    let ident = ident.unraw().to_string();
    let default = source.default.is_some();
    let check = match common.has_rules && !rules::dives(attributes) {
        true => quote!(|_, _| {}),
        false => quote!(<::gatewire::extract::__Probe<#of>>::CHECK),
    };
    let slot = slot(of, attributes, part, common);
    let name = field.name();
    let declared = quote! {
        ::gatewire::extract::__Declared { name: #name, default: #default, slot: const { &#slot }, check: #check }
    };
    match (field.location(), source.kind) {
        (Some(location), _) => quote! {
            ::gatewire::extract::__explain_field::<#of>(
                request, #location, #declared, ::gatewire::validate::__take(own, #ident), report,
            );
        },
        (None, SourceKind::Form) => quote! {
            ::gatewire::extract::__explain_form_field::<#of>(
                __form.as_ref(), #declared, ::gatewire::validate::__take(own, #ident), report,
            );
        },
        (None, SourceKind::File) => quote! {
            ::gatewire::extract::__explain_form_file::<#of>(
                __form.as_ref(), #name, const { &#slot }, ::gatewire::validate::__take(own, #ident), report,
            );
        },
        (None, SourceKind::Body) => quote! {
            ::gatewire::extract::__explain_body::<#of>(
                request, #default, const { &#slot }, #check, ::gatewire::validate::__take(own, #ident), report,
            );
        },
        (None, _) => quote!(::gatewire::extract::__gather::<#of>(request, report);),
    }
}

/// A condition on the request besides the rules.
fn valid(field: &Field<'_>) -> Option<TokenStream> {
    let Field { ident, source, .. } = field;
    match source.kind {
        SourceKind::Body => Some(quote!(::gatewire::extract::__has_json(request))),
        SourceKind::Argument => Some(quote!(::gatewire::extract::__is_valid(&own.#ident, request))),
        _ => None,
    }
}

/// The checks of the fields of a bundle without rules of its own.
fn checks(fields: &[Field<'_>]) -> TokenStream {
    let checks = fields.iter().filter(|field| field.source.kind != SourceKind::Argument).map(|field| {
        let Field { ident, of, .. } = field;
        let name = ident.unraw().to_string();
        quote! {
            ::gatewire::validate::__inside(report, #name, |report| {
                <::gatewire::extract::__Probe<#of>>::CHECK(&self.#ident, report);
            });
        }
    });
    quote!(#(#checks)*)
}
