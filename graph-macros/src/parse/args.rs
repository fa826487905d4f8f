//! The arguments of an attribute: `name`, `name = value`, `name(..)`, separated by commas.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens as _;
use syn::ext::IdentExt as _;
use syn::parse::{Parse, ParseStream, Parser};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, LitStr, Meta, Token};

use super::mend::mend;
use super::policy::refused_of_graph;
use crate::ast::Names;
use crate::findings::Findings;
use crate::names::{either, nearest, plain};

/// The arguments of one attribute, each taken once by the code that knows it.
pub(super) struct Args {
    /// The attribute as it is shown: `node`.
    attribute: &'static str,
    args: Vec<Arg>,
}

/// One argument.
pub(super) struct Arg {
    pub(super) name: Ident,
    pub(super) value: Value,
}

/// What stands behind the name of an argument.
pub(super) enum Value {
    Flag,
    Is(Expr),
    /// `name =`, and nothing yet.
    Unfinished,
    List(TokenStream),
}

impl Args {
    /// The arguments of `attr`, of which only those in `known` are kept.
    pub(super) fn of(
        attr: &Attribute,
        attribute: &'static str,
        known: &[&str],
        findings: &mut Findings,
    ) -> Self {
        let tokens = match &attr.meta {
            Meta::Path(_) => TokenStream::new(),
            Meta::List(list) => list.tokens.clone(),
            Meta::NameValue(_) => {
                findings.at(
                    attr,
                    format!(
                        "`{attribute}` takes its arguments in parentheses; write `#[{attribute}(..)]`"
                    ),
                );
                TokenStream::new()
            }
        };
        Self::parse(mend(tokens, findings), attribute, known, findings)
    }

    /// The arguments in `tokens`, of which only those in `known` are kept.
    pub(super) fn parse(
        tokens: TokenStream,
        attribute: &'static str,
        known: &[&str],
        findings: &mut Findings,
    ) -> Self {
        let parser = Punctuated::<Arg, Token![,]>::parse_terminated;
        let mut args: Vec<Arg> = Vec::new();
        for arg in findings.keep(parser.parse2(tokens)).into_iter().flatten() {
            let name = plain(&arg.name);
            if !known.contains(&name.as_str()) {
                findings.at(&arg.name, unknown(attribute, &name, known));
            } else if args.iter().any(|other| other.name == arg.name) {
                findings.at(
                    &arg.name,
                    format!("`{name}` is given twice; leave one of them out"),
                );
            } else {
                args.push(arg);
            }
        }
        Self { attribute, args }
    }

    /// Whether an argument of that name is there.
    pub(super) fn has(&self, name: &str) -> bool {
        self.args.iter().any(|arg| arg.name == name)
    }

    /// The word of an argument, without taking it.
    pub(super) fn word(&self, name: &str) -> Option<Ident> {
        let arg = self.args.iter().find(|arg| arg.name == name)?;
        Some(arg.name.clone())
    }

    /// Whether there is `name =`, and nothing behind it yet.
    pub(super) fn is_unfinished(&self, name: &str) -> bool {
        self.args
            .iter()
            .any(|arg| arg.name == name && matches!(arg.value, Value::Unfinished))
    }

    /// What stands there, in source order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Arg> {
        self.args.iter()
    }

    /// The argument of that name.
    pub(super) fn take(&mut self, name: &str) -> Option<Arg> {
        let at = self.args.iter().position(|arg| arg.name == name)?;
        Some(self.args.remove(at))
    }

    /// Whether the word stands there, alone.
    pub(super) fn flag(&mut self, name: &str, findings: &mut Findings) -> Option<Ident> {
        let arg = self.take(name)?;
        if !matches!(arg.value, Value::Flag) {
            findings.at(
                &arg.name,
                format!(
                    "`{name}` takes no value; write `#[{}({name})]`",
                    self.attribute
                ),
            );
        }
        Some(arg.name)
    }

    /// The value of `name = value`; `form` is shown where it is something else.
    pub(super) fn value<T: Parse>(
        &mut self,
        name: &str,
        form: &str,
        findings: &mut Findings,
    ) -> Option<T> {
        let arg = self.take(name)?;
        let value = match &arg.value {
            Value::Is(value) => syn::parse2(value.to_token_stream()).ok(),
            Value::Flag | Value::List(_) | Value::Unfinished => None,
        };
        if value.is_none() {
            findings.at(
                &arg.name,
                format!("`{name}` takes one value; write `{form}`"),
            );
        }
        value
    }

    /// The names of `name(a, b)`.
    pub(super) fn names(
        &mut self,
        name: &str,
        form: &str,
        findings: &mut Findings,
    ) -> Option<Names> {
        let arg = self.take(name)?;
        let Value::List(tokens) = arg.value else {
            findings.at(&arg.name, format!("`{name}` takes a list; write `{form}`"));
            return None;
        };
        let parser = Punctuated::<Ident, Token![,]>::parse_terminated;
        let names = findings.keep(parser.parse2(tokens))?;
        Some(Names {
            open: names.is_empty() || names.trailing_punct(),
            names: names.into_iter().collect(),
        })
    }
}

impl Args {
    /// The texts of `name = "a"` or `name("a", "b")`.
    pub(super) fn texts(&mut self, name: &str, form: &str, findings: &mut Findings) -> Vec<LitStr> {
        let Some(arg) = self.take(name) else {
            return Vec::new();
        };
        let tokens = match arg.value {
            Value::Is(value) => value.into_token_stream(),
            Value::List(tokens) => tokens,
            Value::Flag | Value::Unfinished => TokenStream::new(),
        };
        let parser = Punctuated::<LitStr, Token![,]>::parse_terminated;
        let texts: Vec<LitStr> = parser.parse2(tokens).into_iter().flatten().collect();
        if texts.is_empty() {
            findings.at(&arg.name, format!("`{name}` takes text; write `{form}`"));
        }
        texts
    }
}

/// What to say about an argument that nobody knows.
fn unknown(attribute: &str, name: &str, known: &[&str]) -> String {
    if let ("subgraph", Some(why)) = (attribute, refused_of_graph(name)) {
        return why.to_owned();
    }
    match nearest(name, known.iter().copied()) {
        Some(near) => format!("`{attribute}` has no argument `{name}`; did you mean `{near}`?"),
        None if known.is_empty() => {
            format!("`{attribute}` has no argument `{name}`; it takes none")
        }
        None => format!(
            "`{attribute}` has no argument `{name}`; it takes {}",
            either(known)
        ),
    }
}

impl Parse for Arg {
    fn parse(input: ParseStream<'_>) -> syn::Result<Self> {
        let name = input.call(Ident::parse_any)?;
        let value = if input.peek(Token![=]) {
            input.parse::<Token![=]>()?;
            if input.is_empty() || input.peek(Token![,]) {
                Value::Unfinished
            } else {
                Value::Is(input.parse()?)
            }
        } else if input.peek(syn::token::Paren) {
            let content;
            syn::parenthesized!(content in input);
            Value::List(content.parse()?)
        } else {
            Value::Flag
        };
        Ok(Self { name, value })
    }
}
