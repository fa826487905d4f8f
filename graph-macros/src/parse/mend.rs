//! Unfinished ends, as they stand while somebody types: `state.`, `Topic::`, `a ->`. A placeholder
//! completes them before parsing, so that an editor can go on where the cursor is.

use proc_macro2::{Delimiter, Group, Ident, TokenStream, TokenTree};

use crate::findings::Findings;

/// Stands where a name is still to be written.
pub(crate) const PLACEHOLDER: &str = "__unfinished";

/// The same tokens with a placeholder behind each dangling end, which is reported.
pub(super) fn mend(tokens: TokenStream, findings: &mut Findings) -> TokenStream {
    let mut mended = Vec::new();
    let mut tokens = tokens.into_iter().peekable();
    let mut before = String::new();
    while let Some(token) = tokens.next() {
        before = join_puncts(before, &token);
        let span = token.span();
        mended.push(inside(token, findings));
        if let Some(missing) = missing(&before, tokens.peek()) {
            findings.at_span(span, missing);
            mended.push(TokenTree::Ident(Ident::new(PLACEHOLDER, span)));
            before.clear();
        }
    }
    mended.into_iter().collect()
}

/// Whether a placeholder stands anywhere in these tokens.
pub(crate) fn is_mended(tokens: &TokenStream) -> bool {
    tokens.clone().into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == PLACEHOLDER,
        TokenTree::Group(group) => is_mended(&group.stream()),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}

fn inside(token: TokenTree, findings: &mut Findings) -> TokenTree {
    let TokenTree::Group(group) = token else {
        return token;
    };
    let mut inner = Group::new(group.delimiter(), mend(group.stream(), findings));
    inner.set_span(group.span());
    TokenTree::Group(inner)
}

/// The punctuation up to and with this token, as one string: `:` and `:` are `::`.
fn join_puncts(mut before: String, token: &TokenTree) -> String {
    match token {
        TokenTree::Punct(punct) => before.push(punct.as_char()),
        _ => before.clear(),
    }
    before
}

fn missing(punctuation: &str, next: Option<&TokenTree>) -> Option<&'static str> {
    match punctuation {
        "." if !begins_member(next) => {
            Some("a name is missing after `.`; write a field or a method")
        }
        "::" if !begins_segment(next) => {
            Some("a name is missing after `::`; write the rest of the path")
        }
        "->" if is_over(next) => Some("a target is missing after `->`; write a node or `end`"),
        "=>" if is_over(next) => Some("a target is missing after `=>`; write a node or `end`"),
        _ => None,
    }
}

fn begins_member(next: Option<&TokenTree>) -> bool {
    match next {
        Some(TokenTree::Ident(word)) => !begins_statement(word),
        Some(TokenTree::Literal(_)) => true,
        // The second dot of a range.
        Some(TokenTree::Punct(punct)) => punct.as_char() == '.',
        Some(TokenTree::Group(_)) | None => false,
    }
}

fn begins_segment(next: Option<&TokenTree>) -> bool {
    match next {
        Some(TokenTree::Ident(word)) => !begins_statement(word),
        // The second colon, or the angle of a turbofish.
        Some(TokenTree::Punct(punct)) => matches!(punct.as_char(), ':' | '<' | '*'),
        Some(TokenTree::Group(group)) => group.delimiter() == Delimiter::None,
        Some(TokenTree::Literal(_)) | None => false,
    }
}

/// After a dangling end such a word belongs to what follows.
fn begins_statement(word: &Ident) -> bool {
    ["else", "if", "in", "match", "for"]
        .iter()
        .any(|keyword| word == keyword)
}

fn is_over(next: Option<&TokenTree>) -> bool {
    match next {
        None => true,
        Some(TokenTree::Punct(punct)) => matches!(punct.as_char(), ';' | ',' | '-'),
        _ => false,
    }
}
