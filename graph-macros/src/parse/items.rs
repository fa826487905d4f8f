//! The items of the module, one by one. One that can't be parsed costs only itself: its tokens are
//! kept, since it is the compiler or the editor that has to say something about it.

use proc_macro2::{Delimiter, Ident, TokenStream, TokenTree};
use syn::parse::ParseStream;
use syn::parse::discouraged::Speculative as _;
use syn::{Attribute, Item, Token};

/// An item and its tokens.
pub(super) struct Piece {
    pub(super) tokens: TokenStream,
    /// Nothing if it can't be parsed.
    pub(super) item: Option<Item>,
}

/// The items of a module's body.
pub(super) fn pieces(body: ParseStream<'_>) -> syn::Result<Vec<Piece>> {
    let mut pieces = Vec::new();
    while !body.is_empty() {
        let ahead = body.fork();
        pieces.push(match ahead.parse::<Item>() {
            Ok(item) => Piece {
                tokens: up_to(body, &ahead)?,
                item: Some(item),
            },
            Err(_) => Piece {
                tokens: unparsed(body)?,
                item: None,
            },
        });
    }
    Ok(pieces)
}

/// The attributes in front of an item that can't be parsed.
pub(super) fn attributes(tokens: &TokenStream) -> Vec<Attribute> {
    let attributes = |input: ParseStream<'_>| {
        let attributes = Attribute::parse_outer(input).unwrap_or_default();
        input.parse::<TokenStream>()?;
        Ok(attributes)
    };
    syn::parse::Parser::parse2(attributes, tokens.clone()).unwrap_or_default()
}

/// The name after `fn` or `struct` of an item that can't be parsed.
pub(super) fn name_after(keyword: &str, tokens: &TokenStream) -> Option<Ident> {
    let mut tokens = tokens.clone().into_iter();
    tokens.find(|token| matches!(token, TokenTree::Ident(word) if word == keyword))?;
    match tokens.next() {
        Some(TokenTree::Ident(name)) => Some(name),
        _ => None,
    }
}

/// The names before a colon in the braces of a struct that can't be parsed.
pub(super) fn field_names(tokens: &TokenStream) -> Vec<Ident> {
    let braces = tokens.clone().into_iter().find_map(|token| match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => Some(group.stream()),
        _ => None,
    });
    let mut names = Vec::new();
    let mut fresh = true;
    let mut tokens = braces.unwrap_or_default().into_iter().peekable();
    while let Some(token) = tokens.next() {
        match token {
            TokenTree::Punct(punct) if punct.as_char() == ',' => fresh = true,
            TokenTree::Ident(name) if fresh && name != "pub" && is_colon(tokens.peek()) => {
                names.push(name);
                fresh = false;
            }
            _ => {}
        }
    }
    names
}

fn is_colon(token: Option<&TokenTree>) -> bool {
    matches!(token, Some(TokenTree::Punct(punct)) if punct.as_char() == ':')
}

/// The tokens up to where `ahead` stands.
fn up_to(body: ParseStream<'_>, ahead: ParseStream<'_>) -> syn::Result<TokenStream> {
    let from = body.fork();
    body.advance_to(ahead);
    let mut tokens = TokenStream::new();
    while from.cursor() != body.cursor() && !from.is_empty() {
        tokens.extend([from.parse::<TokenTree>()?]);
    }
    Ok(tokens)
}

/// What is most likely one item: up to a semicolon or braces, or to the attributes of the next.
fn unparsed(body: ParseStream<'_>) -> syn::Result<TokenStream> {
    let mut tokens = TokenStream::new();
    while body.peek(Token![#]) && body.peek2(syn::token::Bracket) {
        tokens.extend([body.parse::<TokenTree>()?, body.parse()?]);
    }
    let only_semicolon = body.peek(Token![use])
        || body.peek(Token![static])
        || body.peek(Token![type])
        || body.peek(Token![const]) && !body.peek2(Token![fn]);
    while !body.is_empty() && !body.peek(Token![#]) {
        let token = body.parse::<TokenTree>()?;
        let last = match &token {
            TokenTree::Punct(punct) => punct.as_char() == ';',
            TokenTree::Group(group) => group.delimiter() == Delimiter::Brace && !only_semicolon,
            TokenTree::Ident(_) | TokenTree::Literal(_) => false,
        };
        tokens.extend([token]);
        if last {
            break;
        }
    }
    if tokens.is_empty() {
        tokens.extend([body.parse::<TokenTree>()?]);
    }
    Ok(tokens)
}
