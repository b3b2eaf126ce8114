//! The rules of garde, as far as they can be checked without a value: those for lengths, numbers and strings.

use proc_macro2::{TokenStream, TokenTree};
use quote::quote;
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, GenericArgument, Ident, PathArguments, Token, Type, token};

/// Returns whether there are attributes of garde.
pub(crate) fn has_rules(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| attribute.path().is_ident("garde"))
}

/// Returns whether garde looks at the inside of a field.
pub(crate) fn dives(attributes: &[Attribute]) -> bool {
    let own = attributes.iter().filter(|attribute| attribute.path().is_ident("garde"));
    own.filter_map(|attribute| attribute.parse_args_with(List::parse_terminated).ok())
        .flatten()
        .any(|rule| rule.name == "dive")
}

/// The name of the context of the rules, which only exists while a value is checked.
pub(crate) fn context(attributes: &[Attribute]) -> String {
    let mut name = "ctx".to_owned();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("garde")) {
        // `context(Type as name)`; garde reports what is wrong with it.
        let Ok(list) = attribute.meta.require_list() else { continue };
        let mut words = list.tokens.clone().into_iter().flat_map(|token| match token {
            TokenTree::Group(group) => group.stream().into_iter().collect(),
            token => vec![token],
        });
        if words.any(|word| word.to_string() == "as")
            && let Some(TokenTree::Ident(own)) = words.next()
        {
            name = own.to_string();
        }
    }
    name
}

/// One rule: its name, and what is in its parentheses.
struct Raw {
    name: String,
    arguments: TokenStream,
}

impl Parse for Raw {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = Ident::parse_any(input)?.to_string();
        let mut arguments = TokenStream::new();
        if input.peek(token::Paren) {
            let content;
            syn::parenthesized!(content in input);
            arguments = content.parse()?;
        }
        Ok(Self { name, arguments })
    }
}

type List = Punctuated<Raw, Token![,]>;

/// Returns the rules of a field, each an expression of the type `Rule`.
///
/// A rule that cannot be read is left out: garde reports what is wrong with it.
pub(crate) fn rules(attributes: &[Attribute], of: &Type, context: &str) -> Vec<TokenStream> {
    let mut raw = Vec::new();
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("garde")) {
        if let Ok(list) = attribute.parse_args_with(List::parse_terminated) {
            raw.extend(list);
        }
    }
    convert(&raw, of, context)
}

fn convert(raw: &[Raw], of: &Type, context: &str) -> Vec<TokenStream> {
    if raw.iter().any(|rule| matches!(rule.name.as_str(), "skip" | "adapt")) {
        return Vec::new();
    }
    let mut rules: Vec<(u8, TokenStream)> = raw.iter().filter_map(|rule| one(rule, of, context)).collect();
    // As in pydantic, a length comes before a pattern.
    rules.sort_by_key(|(rank, _)| *rank);
    rules.into_iter().map(|(_, rule)| rule).collect()
}

/// The rule with its rank.
fn one(Raw { name, arguments }: &Raw, of: &Type, context: &str) -> Option<(u8, TokenStream)> {
    let shape = quote!(::gatewire::validate::shape);
    let rules = quote!(::gatewire::validate::__garde::rules);
    if mentions(arguments, context) {
        return None;
    }
    let text = |kind: &str, message: &str, check: TokenStream| {
        let check = quote!(|text: &str| #check.is_ok());
        let format = match name.as_str() {
            "url" => Some("uri"),
            "email" | "ip" | "ipv4" | "ipv6" => Some(name.as_str()),
            _ => None,
        };
        let schema = option(format.map(|format| quote!(("format", #format))));
        Some((2, quote!(#shape::Rule::Text { kind: #kind, message: #message, schema: #schema, check: #check })))
    };
    let plain = |kind: &str, message: &str, module: &str| {
        let module = quote::format_ident!("{module}");
        text(kind, message, quote!(#rules::#module::apply(&text, ())))
    };
    let with = |message: &str, module: &str| {
        let module = quote::format_ident!("{module}");
        text("value_error", message, quote!(#rules::#module::apply(&text, (&*{ #arguments },))))
    };
    let ip = |kind: &str, message: &str, which: &str| {
        let which = quote::format_ident!("{which}");
        text(kind, message, quote!(#rules::ip::apply(&text, (#rules::ip::IpKind::#which,))))
    };
    match name.as_str() {
        "dive" => Some((4, quote!(#shape::Rule::Dive))),
        "required" => Some((0, quote!(#shape::Rule::Required))),
        "inner" => {
            let raw = syn::parse::Parser::parse2(List::parse_terminated, arguments.clone()).ok()?;
            let inner = convert(&raw.into_iter().collect::<Vec<_>>(), inside(of)?, context);
            Some((3, quote!(#shape::Rule::Inner(&[#(#inner),*]))))
        }
        "length" => Some((1, length(arguments, &shape)?)),
        "range" => Some((1, range(arguments, of, &shape)?)),
        "ascii" => plain("value_error", "value is not ASCII", "ascii"),
        "alphanumeric" => plain("value_error", "value is not alphanumeric", "alphanumeric"),
        "email" => plain("value_error", "value is not a valid email address", "email"),
        "url" => plain("url_parsing", "Input should be a valid URL", "url"),
        "credit_card" => plain("value_error", "value is not a valid card number", "credit_card"),
        "phone_number" => plain("value_error", "value is not a valid phone number", "phone_number"),
        "ip" => ip("ip_any_address", "value is not a valid IPv4 or IPv6 address", "Any"),
        "ipv4" => ip("ip_v4_address", "Input is not a valid IPv4 address", "V4"),
        "ipv6" => ip("ip_v6_address", "Input is not a valid IPv6 address", "V6"),
        "contains" => with("value lacks a part", "contains"),
        "prefix" => with("value has another beginning", "prefix"),
        "suffix" => with("value has another end", "suffix"),
        "pattern" => pattern(arguments, &shape, &rules),
        _ => None,
    }
}

fn pattern(arguments: &TokenStream, shape: &TokenStream, rules: &TokenStream) -> Option<(u8, TokenStream)> {
    let (message, schema, check) = match syn::parse2::<syn::LitStr>(arguments.clone()) {
        Ok(literal) => (
            format!("String should match pattern '{}'", literal.value()),
            Some(quote!(("pattern", #literal))),
            quote!({
                static PATTERN: #rules::pattern::regex::StaticPattern = #rules::pattern::regex::init_pattern!(#literal);
                #rules::pattern::apply(&text, (&PATTERN,))
            }),
        ),
        Err(_) => {
            ("String should match pattern".to_owned(), None, quote!(#rules::pattern::apply(&text, (&#arguments,))))
        }
    };
    let (schema, check) = (option(schema), quote!(|text: &str| #check.is_ok()));
    let kind = "string_pattern_mismatch";
    Some((2, quote!(#shape::Rule::Text { kind: #kind, message: #message, schema: #schema, check: #check })))
}

/// The limits of a length or a range.
struct Limits {
    mode: Option<String>,
    min: Option<Expr>,
    max: Option<Expr>,
}

impl Parse for Limits {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let mut limits = Self { mode: None, min: None, max: None };
        while !input.is_empty() {
            let name = Ident::parse_any(input)?.to_string();
            if input.peek(Token![=]) {
                input.parse::<Token![=]>()?;
                let value: Expr = input.parse()?;
                match name.as_str() {
                    "min" => limits.min = Some(value),
                    "max" => limits.max = Some(value),
                    _ => {
                        limits.min = Some(value.clone());
                        limits.max = Some(value);
                    }
                }
            } else {
                limits.mode = Some(name);
            }
            if !input.is_empty() {
                input.parse::<Token![,]>()?;
            }
        }
        Ok(limits)
    }
}

fn option(value: Option<TokenStream>) -> TokenStream {
    value.map_or_else(|| quote!(::core::option::Option::None), |value| quote!(::core::option::Option::Some(#value)))
}

fn length(arguments: &TokenStream, shape: &TokenStream) -> Option<TokenStream> {
    let Limits { mode, min, max } = syn::parse2(arguments.clone()).ok()?;
    let unit = match mode.as_deref() {
        // Without a mode, garde counts the bytes of strings.
        None | Some("bytes" | "simple") => quote!(Bytes),
        Some("chars") => quote!(Chars),
        Some("utf16") => quote!(Utf16),
        Some(_) => return None,
    };
    let limit = |limit: Option<Expr>| option(limit.map(|limit| quote!(|| -> usize { #limit })));
    let (min, max) = (limit(min), limit(max));
    Some(quote!(#shape::Rule::Length { unit: #shape::Unit::#unit, min: #min, max: #max }))
}

fn range(arguments: &TokenStream, of: &Type, shape: &TokenStream) -> Option<TokenStream> {
    let Limits { min, max, .. } = syn::parse2(arguments.clone()).ok()?;
    let of = number(of)?;
    let limit = |limit: Option<Expr>| {
        option(limit.map(|limit| {
            quote!(|| {
                let limit: #of = #limit;
                #shape::Number::from(limit)
            })
        }))
    };
    let (min, max) = (limit(min), limit(max));
    Some(quote!(#shape::Rule::Range { min: #min, max: #max }))
}

/// The type of number in a type, if it is one of the language.
fn number(of: &Type) -> Option<&Ident> {
    const NUMBERS: [&str; 14] =
        ["u8", "u16", "u32", "u64", "u128", "usize", "i8", "i16", "i32", "i64", "i128", "isize", "f32", "f64"];
    let Type::Path(path) = of else { return None };
    let last = path.path.segments.last()?;
    if last.ident == "Option" {
        return number(inside(of)?);
    }
    NUMBERS.iter().any(|name| last.ident == name).then_some(&last.ident)
}

/// The type of the items of a list, or of what an `Option` holds.
fn inside(of: &Type) -> Option<&Type> {
    match of {
        Type::Reference(reference) => inside(&reference.elem),
        Type::Array(array) => Some(&array.elem),
        Type::Slice(slice) => Some(&slice.elem),
        Type::Path(path) => {
            let PathArguments::AngleBracketed(arguments) = &path.path.segments.last()?.arguments else { return None };
            arguments.args.iter().rev().find_map(|argument| match argument {
                GenericArgument::Type(inside) => Some(inside),
                _ => None,
            })
        }
        _ => None,
    }
}

/// Returns whether an expression needs the value or the context.
fn mentions(tokens: &TokenStream, context: &str) -> bool {
    tokens.clone().into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == "self" || ident == context,
        TokenTree::Group(group) => mentions(&group.stream(), context),
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use syn::parse_quote;

    fn names(attribute: Attribute, of: Type) -> Vec<String> {
        let rules = rules(&[attribute], &of, "ctx");
        let name = |rule: &TokenStream| rule.to_string().split("Rule :: ").nth(1).unwrap_or_default().to_owned();
        rules.iter().map(|rule| name(rule).split(' ').next().unwrap_or_default().to_owned()).collect()
    }

    #[test]
    fn lengths_come_before_patterns() {
        let attribute = parse_quote!(#[garde(pattern("a"), length(chars, min = 1), dive)]);
        assert_eq!(names(attribute, parse_quote!(&'r str)), ["Length", "Text", "Dive"]);
    }

    #[test]
    fn rules_that_need_a_value_are_left_to_garde() {
        let attribute = parse_quote!(#[garde(length(min = self.least), range(max = ctx.most), custom(check))]);
        assert!(names(attribute, parse_quote!(String)).is_empty());
        let attribute = parse_quote!(#[garde(range(max = MOST))]);
        assert!(names(attribute, parse_quote!(Decimal)).is_empty());
    }

    #[test]
    fn rules_inside_know_the_type_of_items() {
        let attribute: Attribute = parse_quote!(#[garde(inner(range(min = 1)))]);
        assert_eq!(names(attribute.clone(), parse_quote!(Vec<u8>)), ["Inner"]);
        let text = rules(&[attribute], &parse_quote!(Option<[u16; 2]>), "ctx")[0].to_string();
        assert!(!text.contains("u16"), "an `Option` is a level of its own: {text}");
        assert_eq!(context(&[parse_quote!(#[garde(context(Limits as limits))])]), "limits");
        assert_eq!(context(&[]), "ctx");
    }
}
