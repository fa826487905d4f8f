//! The `edges!` block: statements, one after another, a broken one costing only itself.

use proc_macro2::{TokenStream, TokenTree};
use syn::parse::discouraged::Speculative as _;
use syn::parse::{ParseStream, Parser};
use syn::{Attribute, Error, Macro, Token, token};

use super::mend::{is_mended, mend};
use super::targets::{any_of, group, target};
use crate::ast::{Edges, From, Line, Statement, Step, Target};
use crate::findings::Findings;

/// Reads the block of `edges! { .. }`.
pub(super) fn edges(block: &Macro, findings: &mut Findings) -> Option<Edges> {
    let word = block.path.get_ident()?.clone();
    let before = findings.count();
    let tokens = mend(block.tokens.clone(), findings);
    let parser = |input: ParseStream<'_>| Ok(lines(input, findings));
    let lines = parser.parse2(tokens);
    let lines = findings.keep(lines).unwrap_or_default();
    Some(Edges {
        word,
        lines,
        torn: findings.count() > before,
    })
}

fn lines(input: ParseStream<'_>, findings: &mut Findings) -> Vec<Line> {
    let mut lines = Vec::new();
    while !input.is_empty() {
        // On a fork, since syn holds it against the whole block when a part isn't read to its end.
        let ahead = input.fork();
        lines.push(match statement(&ahead, findings) {
            Ok(statement) => {
                input.advance_to(&ahead);
                Line::Statement(statement)
            }
            Err(error) => {
                let torn = skip_statement(input);
                // What is unfinished was reported when it was mended.
                if !is_mended(&torn) {
                    findings.add(error);
                }
                Line::Torn(torn)
            }
        });
    }
    lines
}

fn statement(input: ParseStream<'_>, findings: &mut Findings) -> syn::Result<Statement> {
    let before = findings.count();
    let docs = docs(input.call(Attribute::parse_outer)?, findings);
    let refused = findings.count() > before;
    let from = from(input)?;
    let mut steps = Vec::new();
    while input.peek(Token![->]) {
        steps.push(Step {
            arrow: input.parse()?,
            target: target(input)?,
        });
    }
    match steps.last() {
        None => return Err(input.error("an edge needs its `->`; write `a -> b;`")),
        Some(last) => finish(input, last, findings),
    }
    Ok(Statement {
        refused,
        docs,
        from,
        steps,
    })
}

fn from(input: ParseStream<'_>) -> syn::Result<From> {
    if input.peek(token::Brace) {
        let group = group(input)?;
        if group.members.is_empty() {
            return Err(Error::new(
                group.span,
                "a join needs members to wait for; write `{a, b} -> c;`",
            ));
        }
        Ok(From::All(group))
    } else if input.peek(syn::Ident) {
        any_of(input).map(From::Any)
    } else {
        Err(input.error("an edge begins with a node, `start` or `{a, b}`; write `a -> b;`"))
    }
}

/// Takes the semicolon, or does as if it were there.
fn finish(input: ParseStream<'_>, last: &Step, findings: &mut Findings) {
    if input.parse::<Option<Token![;]>>().ok().flatten().is_some() {
        return;
    }
    let end = input.cursor().prev_span();
    if input.is_empty() || begins_edge(input) {
        // What isn't finished needs no semicolon yet.
        if !matches!(last.target, Target::Hole) {
            findings.at_span(
                end,
                "a `;` is missing after this edge; every edge ends with one",
            );
        }
    } else {
        findings.at_span(
            input.span(),
            "expected `->` or `;` here; an edge is written `a -> b;`, and several targets `{a, b}`",
        );
        skip_statement(input);
    }
}

/// Whether what follows can be read as an edge of its own.
fn begins_edge(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    let attrs = ahead.call(Attribute::parse_outer);
    attrs.is_ok() && from(&ahead).is_ok() && ahead.peek(Token![->])
}

/// Doc comments are kept; of other attributes none means anything here.
fn docs(attrs: Vec<Attribute>, findings: &mut Findings) -> Vec<Attribute> {
    let (docs, others): (Vec<_>, Vec<_>) = attrs
        .into_iter()
        .partition(|attr| attr.path().is_ident("doc"));
    for attr in others {
        let message = if attr.path().is_ident("cfg") {
            "`cfg` can't be evaluated on an edge; put it on a field, or decide inside a node"
        } else {
            "an edge takes no attributes; only a doc comment is kept"
        };
        findings.at(attr, message);
    }
    docs
}

/// Goes on behind the next semicolon and gives what was left out.
fn skip_statement(input: ParseStream<'_>) -> TokenStream {
    let mut skipped = TokenStream::new();
    while let Ok(token) = input.parse::<TokenTree>() {
        let last = matches!(&token, TokenTree::Punct(punct) if punct.as_char() == ';');
        skipped.extend([token]);
        if last {
            break;
        }
    }
    skipped
}
