//! The state and the context.

use proc_macro2::TokenStream;
use syn::punctuated::Punctuated;
use syn::{Attribute, Field, Fields, ItemStruct, Token, Type, Visibility};

use super::{attrs, fields, items};
use crate::ast::{Context, ContextField, Module, State};
use crate::findings::Findings;

/// Reads `#[state] struct ..`.
pub(super) fn state(
    item: &ItemStruct,
    attr: &Attribute,
    module: &mut Module,
    findings: &mut Findings,
) {
    attrs::bare(attr, findings);
    attrs::refuse_cfg(&item.attrs, "the state", findings);
    if let Some(first) = &module.state {
        let message = format!(
            "a graph has one state, and that is `{}`; move the fields there",
            first.name
        );
        findings.at(&item.ident, message);
        return;
    }
    for attr in attrs::only(&item.attrs, "serde") {
        findings.at(
            attr,
            "the state is stored field by field; put `serde` attributes on its fields",
        );
    }
    let before = findings.count();
    refuse_generics(item, "state", findings);
    let fields = named(item, "state", findings);
    module.torn |= findings.count() > before;
    let fields = fields
        .into_iter()
        .flatten()
        .filter_map(|field| fields::field(field, findings));
    let fields = fields.collect();
    module.state = Some(State {
        name: item.ident.clone(),
        vis: item.vis.clone(),
        attrs: item
            .attrs
            .iter()
            .filter(|attr| !attr.path().is_ident("state"))
            .cloned()
            .collect(),
        fields,
    });
}

/// Reads what there is of a state that can't be parsed.
pub(super) fn torn_state(tokens: &TokenStream, module: &mut Module) {
    let Some(name) = items::name_after("struct", tokens) else {
        return;
    };
    let unknown = || Type::Verbatim(TokenStream::new());
    let fields = items::field_names(tokens)
        .into_iter()
        .map(|name| fields::plain_field(name, unknown()))
        .collect();
    module.torn = true;
    // How far it is seen can't be known, so nothing is said about that.
    let vis = Visibility::Public(Token![pub](name.span()));
    module.state = Some(State {
        name,
        vis,
        attrs: Vec::new(),
        fields,
    });
}

/// Reads what there is of a context that can't be parsed.
pub(super) fn torn_context(tokens: &TokenStream, module: &mut Module) {
    let Some(name) = items::name_after("struct", tokens) else {
        return;
    };
    let unknown = || Type::Verbatim(TokenStream::new());
    let fields = items::field_names(tokens)
        .into_iter()
        .map(|name| ContextField {
            name,
            ty: unknown(),
            cfgs: Vec::new(),
        })
        .collect();
    let vis = Visibility::Public(Token![pub](name.span()));
    module.torn = true;
    module.context = Some(Context { vis, name, fields });
}

/// Reads `#[context] struct ..`.
pub(super) fn context(
    item: &ItemStruct,
    attr: &Attribute,
    module: &mut Module,
    findings: &mut Findings,
) {
    attrs::bare(attr, findings);
    attrs::refuse_cfg(&item.attrs, "the context", findings);
    if let Some(first) = &module.context {
        let message = format!(
            "a graph has one context, and that is `{}`; move the fields there",
            first.name
        );
        findings.at(&item.ident, message);
        return;
    }
    let before = findings.count();
    refuse_generics(item, "context", findings);
    let fields = named(item, "context", findings);
    module.torn |= findings.count() > before;
    let named = |field: &Field| {
        Some(ContextField {
            name: field.ident.clone()?,
            ty: field.ty.clone(),
            cfgs: attrs::only(&field.attrs, "cfg"),
        })
    };
    let fields = fields.into_iter().flatten().filter_map(named).collect();
    module.context = Some(Context {
        vis: item.vis.clone(),
        name: item.ident.clone(),
        fields,
    });
}

/// The named fields, or none where the struct has no fields at all.
fn named<'a>(
    item: &'a ItemStruct,
    what: &str,
    findings: &mut Findings,
) -> Option<&'a Punctuated<Field, Token![,]>> {
    match &item.fields {
        Fields::Named(fields) => Some(&fields.named),
        Fields::Unit => None,
        Fields::Unnamed(fields) => {
            findings.at(
                fields,
                format!("the fields of the {what} are found by name; write `{{ name: Type }}`"),
            );
            None
        }
    }
}

fn refuse_generics(item: &ItemStruct, what: &str, findings: &mut Findings) {
    if item.generics.params.is_empty() {
        return;
    }
    let remedy = match what {
        "state" => "name the types; what differs from use to use belongs into the context",
        _ => "name the types, or keep a `Box<dyn Trait>`",
    };
    findings.at(
        &item.generics,
        format!("the {what} can't be generic; {remedy}"),
    );
}
