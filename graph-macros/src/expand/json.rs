//! `Input` and `Values` as JSON: an object with what the setters take. It is derived once a graph, so that any
//! format reads it, and what it is embedded in.

use proc_macro2::TokenStream;
use quote::quote;

use super::emit::Emit;
use super::fields::{Taking, Writable};
use super::io::{is_required, is_value};
use super::values::is_stored;
use crate::ast::ReduceHow;
use crate::text;

/// The attributes of the struct.
pub(super) fn derived<'e>(
    emit: &Emit<'_>,
    fields: impl Iterator<Item = Writable<'e>>,
) -> TokenStream {
    let (door, path) = (&emit.door, emit.serde_path());
    let fields: Vec<_> = fields.collect();
    let serialize = bounds(&fields, &format!("{path}::Serialize"));
    let deserialize = bounds(&fields, &format!("{path}::Deserialize<'de>"));
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
fn bounds(fields: &[Writable<'_>], of: &str) -> String {
    let known = |input: &&Writable<'_>| {
        let reduce = input.field.ast.reduce.as_ref().map(|reduce| &reduce.how);
        input.field.ast.cfgs.is_empty() && !matches!(reduce, Some(ReduceHow::Custom(_)))
    };
    let bounds: Vec<String> = fields
        .iter()
        .filter(known)
        .map(|input| format!("for<'__trivial> {}: {of}", text::ty(input.given())))
        .collect();
    bounds.join(", ")
}

/// The attribute of a field of `Input`.
pub(super) fn field(input: &Writable<'_>) -> TokenStream {
    if is_value(input) {
        let door = text::ty(&input.emit.door);
        // By name, or serde takes an `Option` that is absent for `None`.
        let with = format!("{door}::serde::Deserialize::deserialize");
        return quote!(#[serde(deserialize_with = #with)]);
    }
    patch(input, !is_required(input))
}

/// The attribute of a field of `Values`.
pub(super) fn any_field(field: &Writable<'_>) -> TokenStream {
    if is_stored(field) {
        patch(field, true)
    } else {
        quote!(#[serde(skip)])
    }
}

fn patch(field: &Writable<'_>, may_be_absent: bool) -> TokenStream {
    let door = text::ty(&field.emit.door);
    let with = match field.taking {
        Taking::Replaced | Taking::Unknown => format!("{door}::plain::value"),
        _ => format!("{door}::plain::delta"),
    };
    let absent = format!("{door}::Patch::is_absent");
    let default = may_be_absent.then(|| quote!(, default));
    quote!(#[serde(with = #with, skip_serializing_if = #absent #default)])
}
