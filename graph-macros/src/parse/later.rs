//! What can be written but doesn't run yet: read in full, and answered with what to do meanwhile.

use proc_macro2::Ident;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::{Expr, LitStr, Token};

use super::args::{Arg, Args, Value};
use crate::findings::Findings;

/// The shape in which a word has to be written.
enum Shape {
    Flag,
    Text,
    Name,
    /// `(name = value, ..)`
    Settings,
    /// Any of the above.
    Any,
}

struct Later {
    name: &'static str,
    shape: Shape,
    form: &'static str,
    meanwhile: &'static str,
}

const NODE: &[Later] = &[
    Later {
        name: "retry",
        shape: Shape::Settings,
        form: "retry(times = 3)",
        meanwhile: "try again inside the function",
    },
    Later {
        name: "timeout",
        shape: Shape::Text,
        form: "timeout = \"30s\"",
        meanwhile: "bound the waiting inside the function",
    },
    Later {
        name: "on_error",
        shape: Shape::Name,
        form: "on_error = handler",
        meanwhile: "write the failure into a field and route on it",
    },
    Later {
        name: "cache",
        shape: Shape::Any,
        form: "cache",
        meanwhile: "keep the result in a field and route around the node",
    },
    Later {
        name: "effect",
        shape: Shape::Flag,
        form: "effect",
        meanwhile: "make sure that the function may run twice",
    },
    Later {
        name: "at_most_once",
        shape: Shape::Flag,
        form: "at_most_once",
        meanwhile: "make sure that the function may run twice",
    },
];

/// The arguments of `#[node]` that are still to come.
pub(super) const NODE_ARGS: [&str; 6] = [
    "retry",
    "timeout",
    "on_error",
    "cache",
    "effect",
    "at_most_once",
];

/// Answers what `#[node]` can't do yet.
pub(super) fn node(args: &mut Args, findings: &mut Findings) {
    answer(NODE, args, findings);
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
            (Self::Any, _) | (Self::Flag, Value::Flag) => true,
            (Self::Text, Value::Is(value)) => is::<LitStr>(value),
            (Self::Name, Value::Is(value)) => is::<Ident>(value),
            // A time limit can be told apart further: `timeout(idle = "5s")`.
            (Self::Settings | Self::Text, Value::List(settings)) => {
                let parser = Punctuated::<Arg, Token![,]>::parse_terminated;
                parser
                    .parse2(settings.clone())
                    .is_ok_and(|settings| !settings.is_empty())
            }
            _ => false,
        }
    }
}

fn is<T: syn::parse::Parse>(value: &Expr) -> bool {
    syn::parse2::<T>(quote::ToTokens::to_token_stream(value)).is_ok()
}
