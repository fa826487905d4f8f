//! `Input` as JSON: an object with what the setters take. It is derived once a graph, so that any format
//! reads it, and what it is embedded in.

use proc_macro2::TokenStream;
use quote::quote;

use super::emit::Emit;
use super::fields::{Taking, Writable};
use super::io::{inputs, is_required, is_value};
use crate::ast::ReduceHow;
use crate::text;

/// The attributes of the struct.
pub(super) fn derived(emit: &Emit<'_>) -> TokenStream {
    let (door, path) = (&emit.door, emit.serde_path());
    let serialize = bounds(emit, &format!("{path}::Serialize"));
    let deserialize = bounds(emit, &format!("{path}::Deserialize<'de>"));
    quote! {
        #[derive(#door::serde::Serialize, #door::serde::Deserialize)]
        #[serde(
            crate = #path,
            deny_unknown_fields,
            bound(serialize = #serialize, deserialize = #deserialize),
        )]
    }
}

/// Bounds that aren't held against a type before somebody needs them: what is never stored may be unknown
/// to serde. A field that may be missing can't have one, and what a user's reducer takes is said at the reducer.
fn bounds(emit: &Emit<'_>, of: &str) -> String {
    let known = |input: &Writable<'_>| {
        let reduce = input.field.ast.reduce.as_ref().map(|reduce| &reduce.how);
        input.field.ast.cfgs.is_empty() && !matches!(reduce, Some(ReduceHow::Custom(_)))
    };
    let bounds: Vec<String> = inputs(emit)
        .filter(known)
        .map(|input| format!("for<'__trivial> {}: {of}", text::ty(input.given())))
        .collect();
    bounds.join(", ")
}

/// The attribute of a field.
pub(super) fn field(input: &Writable<'_>) -> TokenStream {
    let door = text::ty(&input.emit.door);
    if is_value(input) {
        // By name, or serde takes an `Option` that is absent for `None`.
        let with = format!("{door}::serde::Deserialize::deserialize");
        return quote!(#[serde(deserialize_with = #with)]);
    }
    let with = match input.taking {
        Taking::Replaced | Taking::Unknown => format!("{door}::plain::value"),
        _ => format!("{door}::plain::delta"),
    };
    let absent = format!("{door}::Patch::is_absent");
    let default = (!is_required(input)).then(|| quote!(, default));
    quote!(#[serde(with = #with, skip_serializing_if = #absent #default)])
}
