//! What can be written but doesn't run yet: read in full, and answered with what to do meanwhile.

use proc_macro2::Ident;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Expr, LitStr, Token, Type};

use super::args::{Arg, Args, Value};
use crate::findings::Findings;

/// The shape in which a word has to be written.
enum Shape {
    Text,
    Expr,
    Types,
}

struct Later {
    name: &'static str,
    shape: Shape,
    form: &'static str,
    meanwhile: &'static str,
}

const NODE: &[Later] = &[Later {
    name: "asks",
    shape: Shape::Types,
    form: "asks(Question)",
    meanwhile: "ask in a node of its own, with `#[ask(into = ..)]`",
}];

const ASK: &[Later] = &[
    Later {
        name: "within",
        shape: Shape::Text,
        form: "within = \"3d\"",
        meanwhile: "answer it from outside when the time has come",
    },
    Later {
        name: "else",
        shape: Shape::Expr,
        form: "else = value",
        meanwhile: "answer it from outside when the time has come",
    },
];

/// The arguments of `#[node]` that are still to come.
pub(super) const NODE_ARGS: [&str; 1] = ["asks"];

/// The arguments of `#[ask]` that are still to come.
pub(super) const ASK_ARGS: [&str; 2] = ["within", "else"];

/// Answers what `#[node]` can't do yet.
pub(super) fn node(args: &mut Args, findings: &mut Findings) {
    answer(NODE, args, findings);
}

/// Answers what `#[ask]` can't do yet.
pub(super) fn ask(args: &mut Args, findings: &mut Findings) {
    answer(ASK, args, findings);
}

/// The message for a whole attribute that is still to come.
pub(super) fn attribute(name: &Ident, meanwhile: &str, findings: &mut Findings) {
    findings.at(
        name,
        format!("`#[{name}]` is not there yet; for now, {meanwhile}"),
    );
}

fn answer(later: &[Later], args: &mut Args, findings: &mut Findings) {
    for Later {
        name,
        shape,
        form,
        meanwhile,
    } in later
    {
        let Some(arg) = args.take(name) else { continue };
        let message = if shape.fits(&arg) {
            format!("`{name}` is not there yet; for now, {meanwhile}")
        } else {
            format!(
                "`{name}` isn't written like that, and is not there yet; leave it out for now (later: `{form}`)"
            )
        };
        findings.at(&arg.name, message);
    }
}

impl Shape {
    fn fits(&self, arg: &Arg) -> bool {
        match (self, &arg.value) {
            (Self::Expr, Value::Is(_)) => true,
            (Self::Text, Value::Is(value)) => is::<LitStr>(value),
            (Self::Types, Value::List(types)) => Punctuated::<Type, Token![,]>::parse_terminated
                .parse2(types.clone())
                .is_ok(),
            _ => false,
        }
    }
}

fn is<T: syn::parse::Parse>(value: &Expr) -> bool {
    syn::parse2::<T>(quote::ToTokens::to_token_stream(value)).is_ok()
}
