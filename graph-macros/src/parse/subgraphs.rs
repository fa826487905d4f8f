//! `#[subgraph(path::State, share(a, b), into = field, memory, on_error = node, alias = "old")]`: another graph as a node.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens as _;
use syn::parse::{ParseStream, Parser as _};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, LitStr, Meta, Path, Token, token};

use super::args::{Arg, Args, Value};
use super::mend::{is_mended, mend};
use super::nodes::alias;
use super::policy::handler;
use crate::ast::{Handler, Subgraph};
use crate::findings::Findings;

const ARGS: [&str; 5] = ["share", "into", "memory", "on_error", "alias"];

/// Reads what the attribute says.
pub(super) fn subgraph(
    attr: &Attribute,
    on_error: &mut Option<Handler>,
    aliases: &mut Vec<LitStr>,
    findings: &mut Findings,
) -> Subgraph {
    let tokens = match &attr.meta {
        Meta::List(list) => list.tokens.clone(),
        Meta::Path(_) | Meta::NameValue(_) => TokenStream::new(),
    };
    let tokens = mend(tokens, findings);
    let (child, rest) = findings.keep(parts.parse2(tokens)).unwrap_or_default();
    if child.is_none() {
        findings.at(
            attr,
            "`subgraph` needs the state of the other graph; write `#[subgraph(module::State)]`",
        );
    }
    let path = child.to_token_stream();
    let mut args = Args::parse(rest, "subgraph", &ARGS, findings);
    let named = args.iter().flat_map(fields).collect();
    *aliases = alias(&mut args, findings);
    *on_error = handler(&mut args, findings);
    let share = args.names("share", "share(field)", findings);
    Subgraph {
        child: child.filter(|_| !is_mended(&path)),
        path,
        share: share.map(|share| share.names).unwrap_or_default(),
        into: args.value("into", "into = field", findings),
        memory: args.flag("memory", findings),
        named,
    }
}

/// The path, unless the arguments begin at once, and the arguments.
fn parts(input: ParseStream<'_>) -> syn::Result<(Option<Path>, TokenStream)> {
    let child = if begins_with_argument(input) {
        None
    } else {
        let child = input.call(Path::parse_mod_style)?;
        if !input.is_empty() {
            input.parse::<Token![,]>()?;
        }
        Some(child)
    };
    Ok((child, input.parse()?))
}

fn begins_with_argument(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    let word = ahead.parse::<Ident>();
    let is_word = word.is_ok_and(|word| word == "memory");
    let argument = ahead.peek(Token![=])
        || ahead.peek(token::Paren)
        || is_word && (ahead.is_empty() || ahead.peek(Token![,]));
    input.is_empty() || argument
}

/// The fields that an argument names, and the places where one could follow.
fn fields(arg: &Arg) -> Vec<Option<Ident>> {
    match &arg.value {
        Value::List(tokens) if arg.name == "share" => listed(tokens),
        Value::Is(Expr::Path(path)) if arg.name == "into" => vec![path.path.get_ident().cloned()],
        Value::Unfinished if arg.name == "into" => vec![None],
        _ => Vec::new(),
    }
}

fn listed(tokens: &TokenStream) -> Vec<Option<Ident>> {
    let parser = Punctuated::<Ident, Token![,]>::parse_terminated;
    let Ok(names) = parser.parse2(tokens.clone()) else {
        let idents = tokens.clone().into_iter().filter_map(|token| match token {
            TokenTree::Ident(ident) => Some(Some(ident)),
            _ => None,
        });
        return idents.collect();
    };
    let open = names.empty_or_trailing();
    let hole = open.then_some(None);
    names.into_iter().map(Some).chain(hole).collect()
}
