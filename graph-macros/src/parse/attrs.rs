//! Which attributes are ours, and which were probably meant to be.

use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use syn::spanned::Spanned as _;
use syn::{Attribute, Meta};

use crate::ast::{derived, ends_in};
use crate::findings::Findings;
use crate::names::{nearest, plain};

/// Ours on items of the module.
pub(super) const ITEMS: [&str; 7] = [
    "state", "context", "node", "ask", "subgraph", "wait", "migrate",
];

/// Ours on fields of the state.
pub(super) const FIELDS: [&str; 7] = [
    "input", "output", "unsaved", "default", "reduce", "scope", "secret",
];

/// What looks like one of ours and belongs to somebody else.
const OTHERS: [&str; 16] = [
    "allow",
    "cfg",
    "cfg_attr",
    "cold",
    "deny",
    "deprecated",
    "derive",
    "doc",
    "expect",
    "inline",
    "must_use",
    "repr",
    "serde",
    "test",
    "track_caller",
    "warn",
];

/// Those of `ours` among `attrs`; those that are nearly one of them are reported.
pub(super) fn ours<'a>(
    attrs: &'a [Attribute],
    ours: &[&str],
    findings: &mut Findings,
) -> Vec<&'a Attribute> {
    let (mine, others): (Vec<_>, Vec<_>) = attrs.iter().partition(|attr| is_one_of(attr, ours));
    for wrong in others.iter().filter_map(|attr| attr.path().get_ident()) {
        if let Some(near) = misspelt(wrong, ours) {
            findings.at(
                wrong,
                format!("there is no attribute `{wrong}`; did you mean `#[{near}]`?"),
            );
        }
    }
    mine
}

/// The tokens without the attributes that are `ours` or nearly so, which nobody else knows.
pub(super) fn strip(tokens: TokenStream, ours: &[&str]) -> TokenStream {
    without(tokens, &|brackets| is_ours(brackets, ours))
}

/// The tokens of the state without the attributes of its fields that are ours or nearly so. Those of
/// serde go too, unless the user derives it: what is derived otherwise has a struct of its own.
pub(super) fn strip_fields(tokens: TokenStream, with_serde: bool) -> TokenStream {
    let drop = |brackets: &Group| {
        is_ours(brackets, &FIELDS) || (!with_serde && is_ours(brackets, &["serde"]))
    };
    let strip_braces = |token| match token {
        TokenTree::Group(group) if group.delimiter() == Delimiter::Brace => {
            let mut stripped = Group::new(group.delimiter(), without(group.stream(), &drop));
            stripped.set_span(group.span());
            TokenTree::Group(stripped)
        }
        other => other,
    };
    tokens.into_iter().map(strip_braces).collect()
}

fn without(tokens: TokenStream, drop: &dyn Fn(&Group) -> bool) -> TokenStream {
    let mut kept: Vec<TokenTree> = Vec::new();
    for token in tokens {
        let pound = matches!(kept.last(), Some(TokenTree::Punct(punct)) if punct.as_char() == '#');
        match &token {
            TokenTree::Group(group) if pound && drop(group) => {
                kept.pop();
            }
            _ => kept.push(token),
        }
    }
    kept.into_iter().collect()
}

/// Whether the brackets of an attribute begin with a name of ours.
fn is_ours(brackets: &Group, ours: &[&str]) -> bool {
    let mut inside = brackets.stream().into_iter();
    let (Some(TokenTree::Ident(name)), None | Some(TokenTree::Group(_) | TokenTree::Punct(_))) =
        (inside.next(), inside.next())
    else {
        return false;
    };
    ours.contains(&plain(&name).as_str()) || misspelt(&name, ours).is_some()
}

/// The name of an attribute that is one of ours.
pub(super) fn name(attr: &Attribute) -> String {
    attr.path().get_ident().map(plain).unwrap_or_default()
}

/// The word of the attribute itself, for messages.
pub(super) fn word(attr: &Attribute) -> Ident {
    let span = attr.path().span();
    attr.path()
        .get_ident()
        .cloned()
        .unwrap_or_else(|| Ident::new("attribute", span))
}

/// The doc comments among `attrs`.
pub(super) fn docs(attrs: &[Attribute]) -> Vec<Attribute> {
    only(attrs, "doc")
}

/// Those of one name.
pub(super) fn only(attrs: &[Attribute], name: &str) -> Vec<Attribute> {
    attrs
        .iter()
        .filter(|attr| attr.path().is_ident(name))
        .cloned()
        .collect()
}

/// Where a whole attribute stands, if it is written without arguments; else what is wrong with it.
pub(super) fn bare(attr: &Attribute, findings: &mut Findings) -> Span {
    if !matches!(attr.meta, Meta::Path(_)) {
        let name = word(attr);
        findings.at(
            attr,
            format!("`{name}` takes no arguments; write `#[{name}]`"),
        );
    }
    attr.path().span()
}

/// Says that an item has to be there always, as the macro sees it.
pub(super) fn refuse_cfg(attrs: &[Attribute], what: &str, findings: &mut Findings) {
    for attr in only(attrs, "cfg")
        .into_iter()
        .chain(only(attrs, "cfg_attr"))
    {
        findings.at(
            attr,
            format!("`cfg` can't be evaluated on {what}; put it on a field, or on code that a node calls"),
        );
    }
}

/// Whether one of serde's traits is derived by these attributes.
pub(super) fn derive_serde(attrs: &[Attribute]) -> bool {
    derived(attrs).any(|path| ends_in(&path, "Serialize") || ends_in(&path, "Deserialize"))
}

fn is_one_of(attr: &Attribute, names: &[&str]) -> bool {
    attr.path()
        .get_ident()
        .is_some_and(|ident| names.contains(&plain(ident).as_str()))
}

fn misspelt<'a>(wrong: &Ident, ours: &[&'a str]) -> Option<&'a str> {
    let name = plain(wrong);
    let known = OTHERS.contains(&name.as_str()) || ours.contains(&name.as_str());
    if known {
        None
    } else {
        nearest(&name, ours.iter().copied())
    }
}
