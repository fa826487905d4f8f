//! Tokens as text, spaced as a person would. The text goes into messages, drawings and the fingerprint,
//! so it may not depend on the compiler's own printing.

use proc_macro2::{Delimiter, Group, Punct, Spacing, TokenStream, TokenTree};
use quote::ToTokens;
use syn::{Attribute, Expr, Lit, Meta};

/// An expression or a pattern.
pub(crate) fn expression(tokens: impl ToTokens) -> String {
    Printer::new(false).print(tokens.to_token_stream())
}

/// A type, in which `<` isn't "less than".
pub(crate) fn ty(tokens: impl ToTokens) -> String {
    Printer::new(true).print(tokens.to_token_stream())
}

/// The lines of doc comments.
pub(crate) fn docs(attrs: &[Attribute]) -> String {
    let line = |attr: &Attribute| match &attr.meta {
        Meta::NameValue(pair) => match &pair.value {
            Expr::Lit(value) => match &value.lit {
                Lit::Str(text) => Some(text.value()),
                _ => None,
            },
            _ => None,
        },
        _ => None,
    };
    let lines: Vec<String> = attrs.iter().filter_map(line).collect();
    let lines: Vec<&str> = lines
        .iter()
        .map(|line| line.strip_prefix(' ').unwrap_or(line))
        .collect();
    lines.join("\n").trim().to_owned()
}

struct Printer {
    text: String,
    before: Before,
    /// Whether this is a type, in which every `<` opens something.
    is_type: bool,
    /// How many `<` are open.
    angles: usize,
    /// Whether a closure's parameters are still open.
    closure: bool,
}

/// What the next token stands behind.
#[derive(Clone, Copy, PartialEq)]
enum Before {
    /// Nothing, or what nothing is separated from: `(`, `.`, `::`, `&x`.
    Open,
    /// A name or a value.
    Value,
    /// A word after which an expression begins: `if`, `in`.
    Word,
    /// An operator between two values, perhaps to be continued.
    Operator,
    /// The first part of a longer operator.
    Part,
    /// A comma or semicolon.
    Separator,
}

impl Printer {
    fn new(is_type: bool) -> Self {
        Self {
            text: String::new(),
            before: Before::Open,
            is_type,
            angles: 0,
            closure: false,
        }
    }

    fn print(mut self, tokens: TokenStream) -> String {
        self.tokens(tokens);
        self.text
    }

    fn tokens(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    let word = ident.to_string();
                    self.value(&word);
                    if ["as", "else", "if", "in", "let", "match", "mut", "ref"]
                        .contains(&word.as_str())
                    {
                        self.before = Before::Word;
                    }
                }
                TokenTree::Literal(literal) => self.value(&literal.to_string()),
                TokenTree::Punct(punct) => self.punct(&punct),
                TokenTree::Group(group) => self.group(&group),
            }
        }
    }

    fn value(&mut self, text: &str) {
        if !matches!(self.before, Before::Open | Before::Part) {
            self.text.push(' ');
        }
        self.text.push_str(text);
        self.before = Before::Value;
    }

    fn punct(&mut self, punct: &Punct) {
        let sign = punct.as_char();
        let joint = punct.spacing() == Spacing::Joint;
        let path = sign == ':' && (joint || self.text.ends_with(':'));
        match sign {
            '\'' => {
                self.value("'");
                self.before = Before::Open;
            }
            '.' if self.before == Before::Separator => {
                self.text.push_str(" .");
                self.before = Before::Open;
            }
            '.' | '?' => self.tight(
                sign,
                if sign == '?' {
                    Before::Value
                } else {
                    Before::Open
                },
            ),
            ':' if path => {
                if self.before != Before::Value && self.before != Before::Open {
                    self.text.push(' ');
                }
                self.tight(':', Before::Open);
            }
            ',' | ';' | ':' => self.tight(sign, Before::Separator),
            '<' if self.is_type || self.angles > 0 || self.text.ends_with("::") => {
                self.angles += 1;
                self.tight(sign, Before::Open);
            }
            '>' if self.angles > 0 => {
                self.angles -= 1;
                self.tight(sign, Before::Value);
            }
            '|' if self.closure => {
                self.tight(sign, Before::Operator);
                self.closure = false;
            }
            '!' if self.before == Before::Value && !joint => self.tight(sign, Before::Open),
            _ => self.operator(sign, joint),
        }
    }

    fn tight(&mut self, sign: char, before: Before) {
        self.text.push(sign);
        self.before = before;
    }

    fn operator(&mut self, sign: char, joint: bool) {
        let continued = self.before == Before::Part;
        let prefix = matches!(sign, '&' | '!' | '*' | '-' | '|' | '#')
            && !matches!(self.before, Before::Value | Before::Part);
        if !continued && self.before != Before::Open {
            self.text.push(' ');
        }
        self.text.push(sign);
        self.closure = prefix && sign == '|';
        self.before = match (prefix, joint) {
            (true, _) => Before::Open,
            (false, true) => Before::Part,
            (false, false) => Before::Operator,
        };
    }

    fn group(&mut self, group: &Group) {
        let (open, close) = match group.delimiter() {
            Delimiter::Parenthesis => ("(", ")"),
            Delimiter::Bracket => ("[", "]"),
            Delimiter::Brace => ("{ ", " }"),
            Delimiter::None => ("", ""),
        };
        let spaced = group.delimiter() == Delimiter::Brace || self.before != Before::Value;
        if spaced && self.before != Before::Open {
            self.text.push(' ');
        }
        self.text.push_str(open);
        self.before = Before::Open;
        self.tokens(group.stream());
        self.text.push_str(close);
        self.before = Before::Value;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(source: &str) {
        let tokens: TokenStream = source.parse().unwrap();
        assert_eq!(expression(tokens), source);
    }

    #[test]
    fn expressions_are_spaced_as_they_are_written() {
        same("state.approved == Some(true)");
        same("Some(Topic::Many(_)) if state.turns >= 3 && !state.done");
        same("state.parts().iter().filter(|part| part.len() > 2)");
        same("&state.items[1..]");
        same("matches!(state.topic, Some(x) | None)");
        same("let Some(Part { id, .. }) = &state.part");
        same("-1 < state.balance - 2");
        same("\"a\" | 'b' => c");
        same("state.map.get::<str>(\"x\")?.0");
    }

    #[test]
    fn types_are_spaced_as_they_are_written() {
        let source = "::std::collections::BTreeMap<String, Vec<(u32, &'static str)>>";
        assert_eq!(ty(source.parse::<TokenStream>().unwrap()), source);
    }
}
