//! The attributes of serde and of this crate.

use proc_macro2::{Span, TokenStream};
use syn::ext::IdentExt;
use syn::meta::ParseNestedMeta;
use syn::parse::ParseStream;
use syn::spanned::Spanned;
use syn::{Attribute, Expr, LitStr, Token, token};

use crate::case::Case;

/// The attributes of a struct or an enum.
#[derive(Default)]
pub(crate) struct Container {
    pub(crate) rename_all: Option<Case>,
    pub(crate) rename_all_fields: Option<Case>,
    pub(crate) deny_unknown_fields: bool,
    pub(crate) default: bool,
    pub(crate) tag: Option<String>,
    pub(crate) content: Option<String>,
    pub(crate) transparent: bool,
    /// True if serde reads the type in a way that is not known here.
    pub(crate) opaque: bool,
    /// True if the type implements `gatewire::validate::Validate` by hand.
    pub(crate) validate: bool,
}

/// The attributes of a field or a variant.
#[derive(Default)]
pub(crate) struct Part {
    pub(crate) rename: Option<String>,
    pub(crate) aliases: Vec<String>,
    pub(crate) rename_all: Option<Case>,
    pub(crate) default: bool,
    pub(crate) skip: bool,
    pub(crate) flatten: bool,
    /// True if a function reads it.
    pub(crate) opaque: bool,
    /// True for the variant that takes all other names.
    pub(crate) other: bool,
    pub(crate) untagged: bool,
    pub(crate) source: Option<Source>,
}

/// The place that a field of a bundle is read from.
pub(crate) struct Source {
    pub(crate) kind: SourceKind,
    pub(crate) span: Span,
    /// The name of the parameter, field or cookie.
    pub(crate) name: Option<LitStr>,
    pub(crate) default: Option<Option<Expr>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum SourceKind {
    Path,
    Query,
    Header,
    Cookie,
    Form,
    File,
    Body,
    Argument,
}

impl Container {
    pub(crate) fn parse(attributes: &[Attribute]) -> syn::Result<Self> {
        let mut own = Self::default();
        for attribute in attributes {
            if attribute.path().is_ident("serde") {
                attribute.parse_nested_meta(|meta| own.serde(&meta))?;
            } else if attribute.path().is_ident("input") {
                attribute.parse_nested_meta(|meta| {
                    if meta.path.is_ident("validate") {
                        own.validate = true;
                        return Ok(());
                    }
                    Err(meta.error("a type takes `#[input(validate)]`; `path`, `query` and others stand on its fields"))
                })?;
            }
        }
        Ok(own)
    }

    fn serde(&mut self, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        let name = name_of(meta);
        match name.as_str() {
            "rename_all" => self.rename_all = case(meta)?.or(self.rename_all),
            "rename_all_fields" => self.rename_all_fields = case(meta)?.or(self.rename_all_fields),
            "deny_unknown_fields" => self.deny_unknown_fields = true,
            "transparent" => self.transparent = true,
            "tag" => self.tag = Some(text(meta)?.value()),
            "content" => self.content = Some(text(meta)?.value()),
            "untagged" | "from" | "try_from" | "remote" | "variant_identifier" | "field_identifier" => {
                self.opaque = true;
                ignore(meta)?;
            }
            "default" => {
                self.default = true;
                ignore(meta)?;
            }
            _ => ignore(meta)?,
        }
        Ok(())
    }
}

impl Part {
    pub(crate) fn parse(attributes: &[Attribute]) -> syn::Result<Self> {
        let mut own = Self::default();
        for attribute in attributes {
            if attribute.path().is_ident("serde") {
                attribute.parse_nested_meta(|meta| own.serde(&meta))?;
            } else if attribute.path().is_ident("input") {
                own.input(attribute)?;
            }
        }
        Ok(own)
    }

    fn serde(&mut self, meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
        match name_of(meta).as_str() {
            "rename" => self.rename = renamed(meta)?.or_else(|| self.rename.take()),
            "alias" => self.aliases.push(text(meta)?.value()),
            "rename_all" => self.rename_all = case(meta)?.or(self.rename_all),
            "skip" | "skip_deserializing" => self.skip = true,
            "flatten" => self.flatten = true,
            "other" => self.other = true,
            "untagged" => self.untagged = true,
            "with" | "deserialize_with" => {
                self.opaque = true;
                ignore(meta)?;
            }
            "default" => {
                self.default = true;
                ignore(meta)?;
            }
            _ => ignore(meta)?,
        }
        Ok(())
    }

    fn input(&mut self, attribute: &Attribute) -> syn::Result<()> {
        let mut default = None;
        attribute.parse_nested_meta(|meta| {
            let span = meta.path.span();
            let kind = match name_of(&meta).as_str() {
                "path" => SourceKind::Path,
                "query" => SourceKind::Query,
                "header" => SourceKind::Header,
                "cookie" => SourceKind::Cookie,
                "form" => SourceKind::Form,
                "file" => SourceKind::File,
                "body" => SourceKind::Body,
                "argument" => SourceKind::Argument,
                "default" => {
                    let value = if meta.input.peek(Token![=]) { Some(meta.value()?.parse::<Expr>()?) } else { None };
                    default = Some((value, span));
                    return Ok(());
                }
                _ => {
                    return Err(meta.error(
                        "expected where the field is read from: `path`, `query`, `header`, `cookie`, `form`, `file`, `body` or \
                         `argument`",
                    ));
                }
            };
            let named = meta.input.peek(Token![=]);
            if named && matches!(kind, SourceKind::Body | SourceKind::Argument) {
                return Err(meta.error("the body and other arguments have no name"));
            }
            let name = if named { Some(text(&meta)?) } else { None };
            if let Some(name) = name.as_ref().filter(|name| name.value().is_empty()) {
                return Err(syn::Error::new(name.span(), "the name is empty"));
            }
            if self.source.is_some() {
                return Err(meta.error("a field is read from one place"));
            }
            self.source = Some(Source { kind, span, name, default: None });
            Ok(())
        })?;
        if let Some((value, span)) = default {
            match &mut self.source {
                Some(source) if !matches!(source.kind, SourceKind::Path | SourceKind::File | SourceKind::Argument) => {
                    source.default = Some(value);
                }
                _ => {
                    let message = "only `query`, `header`, `cookie`, `form` and `body` take a default";
                    return Err(syn::Error::new(span, message));
                }
            }
        }
        Ok(())
    }
}

/// Returns the name of an attribute's argument; empty if it is a path of several.
fn name_of(meta: &ParseNestedMeta<'_>) -> String {
    meta.path.get_ident().map(|ident| ident.unraw().to_string()).unwrap_or_default()
}

fn text(meta: &ParseNestedMeta<'_>) -> syn::Result<LitStr> {
    meta.value()?.parse()
}

/// Reads `= "name"`, or `(deserialize = "name")`.
fn renamed(meta: &ParseNestedMeta<'_>) -> syn::Result<Option<String>> {
    if meta.input.peek(Token![=]) {
        return Ok(Some(text(meta)?.value()));
    }
    let mut name = None;
    meta.parse_nested_meta(|meta| {
        let value = text(&meta)?;
        if meta.path.is_ident("deserialize") {
            name = Some(value.value());
        }
        Ok(())
    })?;
    Ok(name)
}

fn case(meta: &ParseNestedMeta<'_>) -> syn::Result<Option<Case>> {
    let span = meta.path.span();
    renamed(meta)?.map(|name| Case::parse(&name, span)).transpose()
}

/// Steps over the value of an argument that means nothing here.
fn ignore(meta: &ParseNestedMeta<'_>) -> syn::Result<()> {
    let input: ParseStream<'_> = meta.input;
    if input.peek(Token![=]) {
        meta.value()?.parse::<Expr>()?;
    } else if input.peek(token::Paren) {
        let content;
        syn::parenthesized!(content in input);
        content.parse::<TokenStream>()?;
    }
    Ok(())
}
