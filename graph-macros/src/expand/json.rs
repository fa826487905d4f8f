//! `Input` and `Values` as JSON: an object with what the setters take; and `Output`: one with its fields. They are
//! derived once a graph, so that any format reads them, and what they are embedded in.

use proc_macro2::TokenStream;
use quote::quote;

use super::emit::Emit;
use super::fields::{Taking, Writable};
use super::io::{is_required, is_value};
use super::values::is_stored;
use crate::ast::ReduceHow;
use crate::model::{Field, forms};
use crate::text;

/// The attributes of the struct.
pub(super) fn derived<'e>(
    emit: &Emit<'_>,
    fields: impl Iterator<Item = Writable<'e>>,
) -> TokenStream {
    let (door, path) = (&emit.door, emit.serde_path());
    let types = given(fields);
    let serialize = bounds(&types, &format!("{path}::Serialize"));
    let deserialize = bounds(&types, &format!("{path}::Deserialize<'de>"));
    quote! {
        #[derive(#door::serde::Serialize, #door::serde::Deserialize)]
        #[serde(
            crate = #path,
            deny_unknown_fields,
            bound(serialize = #serialize, deserialize = #deserialize),
        )]
    }
}

/// The attributes of the struct of an output. It is stored where another graph takes it into its state.
pub(super) fn output(emit: &Emit<'_>) -> TokenStream {
    let (door, path) = (&emit.door, emit.serde_path());
    let shown = emit.graph.fields.iter();
    let shown = shown.filter(|field| field.output && field.ast.cfgs.is_empty());
    let types: Vec<_> = shown.map(|field| text::ty(&field.ast.ty)).collect();
    let serialize = bounds(&types, &format!("{path}::Serialize"));
    let deserialize = bounds(&types, &format!("{path}::Deserialize<'de>"));
    quote! {
        #[derive(#door::serde::Serialize, #door::serde::Deserialize)]
        #[serde(crate = #path, bound(serialize = #serialize, deserialize = #deserialize))]
    }
}

/// The attribute of a field of an output.
pub(super) fn output_field(emit: &Emit<'_>, field: &Field<'_>) -> Option<TokenStream> {
    let sorted = text::ty(&emit.door) + "::serialize_sorted";
    forms::is_unordered(&field.ast.ty).then(|| quote!(#[serde(serialize_with = #sorted)]))
}

/// The types that the setters take. A field that may be missing can't have a bound, and what a user's reducer takes
/// is said at the reducer.
fn given<'e>(fields: impl Iterator<Item = Writable<'e>>) -> Vec<String> {
    let known = |input: &Writable<'_>| {
        let reduce = input.field.ast.reduce.as_ref().map(|reduce| &reduce.how);
        input.field.ast.cfgs.is_empty() && !matches!(reduce, Some(ReduceHow::Custom(_)))
    };
    fields
        .filter(known)
        .map(|input| text::ty(input.given()))
        .collect()
}

/// Bounds that aren't held against a type before somebody needs them: what is never stored may be unknown
/// to serde.
fn bounds(types: &[String], of: &str) -> String {
    let bounds: Vec<String> = types
        .iter()
        .map(|ty| format!("for<'__trivial> {ty}: {of}"))
        .collect();
    bounds.join(", ")
}

/// The attribute of a field of `Input`.
pub(super) fn field(input: &Writable<'_>) -> TokenStream {
    if is_value(input) {
        let door = text::ty(&input.emit.door);
        // By name, or serde takes an `Option` that is absent for `None`.
        let with = if input.field.ast.is_secret() {
            format!("{door}::read_secret")
        } else {
            format!("{door}::serde::Deserialize::deserialize")
        };
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
    if field.field.ast.is_secret() {
        let (write, read) = (format!("{with}::serialize"), format!("{with}::read_secret"));
        return quote! {
            #[serde(
                serialize_with = #write,
                deserialize_with = #read,
                skip_serializing_if = #absent
                #default
            )]
        };
    }
    quote!(#[serde(with = #with, skip_serializing_if = #absent #default)])
}
