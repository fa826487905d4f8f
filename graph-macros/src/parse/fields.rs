//! The fields of the state and what their attributes say.

use proc_macro2::Ident;
use syn::parse::{ParseStream, Parser as _};
use syn::spanned::Spanned as _;
use syn::{Attribute, Expr, Meta, Path, Token, Type, Visibility};

use super::args::Args;
use super::attrs::{self, docs, only};
use super::serde;
use crate::ast::{Default, Field, Input, Reduce, ReduceHow, Scope};
use crate::findings::Findings;
use crate::names::{either, nearest, plain};

const REDUCERS: [&str; 12] = [
    "replace",
    "append",
    "sum",
    "max",
    "min",
    "union",
    "merge",
    "upsert",
    "and",
    "or",
    "keep_first",
    "last",
];

/// Reads a field.
pub(super) fn field(field: &syn::Field, findings: &mut Findings) -> Option<Field> {
    let ours = attrs::ours(&field.attrs, &attrs::FIELDS, findings);
    let mut read = plain_field(field.ident.clone()?, field.ty.clone());
    read.vis = field.vis.clone();
    read.docs = docs(&field.attrs);
    read.cfgs = only(&field.attrs, "cfg");
    read.serde = only(&field.attrs, "serde");
    for attr in &read.serde {
        serde::check(attr, findings);
    }
    let mut seen: Vec<String> = Vec::new();
    for attr in ours {
        let name = attrs::name(attr);
        if seen.contains(&name) {
            findings.at(
                attr,
                format!("`#[{name}]` is given twice; leave one of them out"),
            );
        } else {
            apply(attr, &mut read, findings);
        }
        seen.push(name);
    }
    agree(&read, findings);
    Some(read)
}

/// A field about which nothing is said.
pub(super) fn plain_field(name: Ident, ty: Type) -> Field {
    Field {
        name,
        vis: Visibility::Inherited,
        ty,
        docs: Vec::new(),
        cfgs: Vec::new(),
        serde: Vec::new(),
        input: None,
        output: None,
        unsaved: None,
        secret: None,
        default: None,
        reduce: None,
        scope: Scope::Thread,
    }
}

fn apply(attr: &Attribute, field: &mut Field, findings: &mut Findings) {
    match attrs::name(attr).as_str() {
        "input" => {
            let mut args = Args::of(attr, "input", &["required"], findings);
            let required = args.flag("required", findings).is_some();
            field.input = Some(Input {
                span: attr.path().span(),
                required,
            });
        }
        "output" => field.output = Some(attrs::bare(attr, findings)),
        "unsaved" => field.unsaved = Some(attrs::bare(attr, findings)),
        "default" => field.default = default(attr, findings),
        "reduce" => field.reduce = Some(reduce(attr, findings)),
        "secret" => field.secret = Some(attrs::bare(attr, findings)),
        _ => field.scope = scope(attr, findings),
    }
}

/// Attributes of one field that contradict each other.
fn agree(field: &Field, findings: &mut Findings) {
    if let (Some(output), Some(_)) = (field.output, field.secret) {
        findings.at_span(
            output,
            format!(
                "`{0}` is a secret, and what goes out is shown; leave `output` out, and read it where it is kept: `moment.state.{0}`",
                plain(&field.name)
            ),
        );
    }
    let Some(input) = &field.input else { return };
    if field.scope == Scope::Step {
        findings.at_span(
            input.span,
            "an input is gone after the first step with `#[scope(step)]`; use `#[scope(run)]`",
        );
    }
    // With a reducer the input is added to the default, so both are needed.
    if !input.required || field.reduce.is_some() {
        return;
    }
    if let Some(default) = &field.default {
        findings.at_span(
            default.span,
            "a required input needs no default; leave one of the two out",
        );
    } else if field.scope == Scope::Run {
        findings.at_span(
            input.span,
            "a required input has no default to go back to; leave out `required` or the scope",
        );
    } else if let Some(unsaved) = field.unsaved {
        findings.at_span(
            unsaved,
            "a field that isn't stored needs a default when the run is resumed; leave out `required`",
        );
    }
}

fn default(attr: &Attribute, findings: &mut Findings) -> Option<Default> {
    let form = "write `#[default(expr)]`, or leave it out for the `Default` of the type";
    let value = match &attr.meta {
        Meta::List(list) => list.parse_args::<Expr>(),
        Meta::Path(_) | Meta::NameValue(_) => Err(syn::Error::new_spanned(
            attr,
            format!("`default` needs its value in parentheses; {form}"),
        )),
    };
    let value = findings.keep(value)?;
    Some(Default {
        span: attr.path().span(),
        value,
    })
}

fn scope(attr: &Attribute, findings: &mut Findings) -> Scope {
    let mut args = Args::of(attr, "scope", &["step", "run"], findings);
    let step = args.flag("step", findings);
    let run = args.flag("run", findings);
    match (step, run) {
        (Some(_), Some(run)) => {
            findings.at(
                run,
                "a field has one scope; write `#[scope(step)]` or `#[scope(run)]`",
            );
            Scope::Run
        }
        (Some(_), None) => Scope::Step,
        (None, Some(_)) => Scope::Run,
        (None, None) => {
            if attr.meta.require_path_only().is_ok() {
                findings.at(
                    attr,
                    "`scope` needs its length; write `#[scope(step)]` or `#[scope(run)]`",
                );
            }
            Scope::Thread
        }
    }
}

fn reduce(attr: &Attribute, findings: &mut Findings) -> Reduce {
    let Meta::List(list) = &attr.meta else {
        findings.at(
            attr,
            "`reduce` needs to know how; write `#[reduce(append)]`",
        );
        return Reduce {
            span: attr.span(),
            how: ReduceHow::Hole,
        };
    };
    let how = findings
        .keep(reduce_how.parse2(list.tokens.clone()))
        .unwrap_or(ReduceHow::Hole);
    let first = list.tokens.clone().into_iter().next();
    Reduce {
        span: first.map_or_else(|| attr.span(), |token| token.span()),
        how,
    }
}

fn reduce_how(input: ParseStream<'_>) -> syn::Result<ReduceHow> {
    let path: Path = input.parse()?;
    let Some(word) = path.get_ident().cloned() else {
        return Ok(ReduceHow::Custom(path));
    };
    let name = plain(&word);
    if name == "upsert" {
        return upsert(word, input);
    }
    if REDUCERS.contains(&name.as_str()) {
        return Ok(ReduceHow::Named(word));
    }
    // A reducer of the user's is a type, and types are written in camel case.
    if name.starts_with(char::is_uppercase) {
        return Ok(ReduceHow::Custom(path));
    }
    Err(syn::Error::new(word.span(), unknown_reducer(&name)))
}

fn unknown_reducer(name: &str) -> String {
    match nearest(name, REDUCERS) {
        Some(near) => format!("there is no reducer `{name}`; did you mean `{near}`?"),
        None => format!(
            "there is no reducer `{name}`; use {}, or a type that implements `Reducer`",
            either(REDUCERS)
        ),
    }
}

fn upsert(word: Ident, input: ParseStream<'_>) -> syn::Result<ReduceHow> {
    let form = "`upsert` needs the field that tells items apart; write `upsert(key = id)`";
    if !input.peek(syn::token::Paren) {
        return Err(syn::Error::new(word.span(), form));
    }
    let content;
    syn::parenthesized!(content in input);
    let key: Ident = content.parse()?;
    if key != "key" {
        return Err(syn::Error::new(key.span(), form));
    }
    content.parse::<Token![=]>()?;
    Ok(ReduceHow::Upsert {
        word,
        key: content.parse()?,
    })
}
