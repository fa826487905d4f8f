//! What is needed of the user's types, said before everything that needs it: one mistake, one message.
//!
//! `__SOUND` asks for it, each at the type's own token, and `__Sound<T>` is `T` if all is well. Where something is
//! amiss, it is no type at all, and the compiler keeps silent about the generated code that names it.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens, quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned as _;

use super::emit::{Emit, spanned};
use super::fields::Writable;
use super::returns::question_type;
use crate::ast::{Field, NodeRole};
use crate::model::{Node, ParamSource};

pub(super) fn sound(emit: &Emit<'_>) -> TokenStream {
    let door = &emit.door;
    let types = [fields(emit), context(emit), nodes(emit)];
    let (asked, reducers) = (asked(emit), reducers(emit));
    let all = if asked.is_some() {
        quote!(__ASKED)
    } else {
        quote!(true)
    };
    quote! {
        #asked
        #[allow(dead_code)]
        const __TYPES: bool = { #(#types)* #all };
        #[allow(dead_code)]
        const __SOUND: bool = { #reducers __TYPES };

        #[cfg(not(doc))]
        type __Sound<T> = #door::Sound<T, __SOUND>;
        #[cfg(doc)]
        type __Sound<T> = T;
    }
}

/// Asks for `what` at the type.
fn ask(emit: &Emit<'_>, what: &str, ty: &impl ToTokens) -> TokenStream {
    let span = ty.span();
    let door = spanned(&emit.door, span);
    let what = Ident::new(what, span);
    quote_spanned!(span=> #door::#what::<#ty>();)
}

fn fields(emit: &Emit<'_>) -> TokenStream {
    emit.fields()
        .map(|(index, field)| {
            let (cfgs, ty) = (&field.ast.cfgs, &field.ast.ty);
            let asked = if field.ast.unsaved.is_some() && !is_encoded(emit, index) {
                ask(emit, "an_unsaved_field", ty)
            } else {
                ask(emit, "a_field", ty)
            };
            quote!(#(#cfgs)* #asked)
        })
        .collect()
}

/// Whether a node sets the field, which is kept while others run, or is looked up in a cache by it.
fn is_encoded(emit: &Emit<'_>, field: usize) -> bool {
    let mut nodes = emit.graph.nodes.iter();
    nodes.any(|node| {
        let mut params = node.params.iter();
        let policy = node.ast.policy();
        node.writes.contains(&field)
            || policy.is_some_and(|policy| policy.cache.is_some())
                && params.any(|param| param.source == ParamSource::Field(field))
    })
}

fn context(emit: &Emit<'_>) -> TokenStream {
    let context = emit.graph.module.context.iter();
    context
        .flat_map(|context| &context.fields)
        .map(|field| {
            let (cfgs, asked) = (&field.cfgs, ask(emit, "a_part_of_the_context", &field.ty));
            quote!(#(#cfgs)* #asked)
        })
        .collect()
}

/// What is answered: by itself, since a state may hold answers.
fn asked(emit: &Emit<'_>) -> Option<TokenStream> {
    let questions = emit.graph.nodes.iter().filter_map(Node::interrupts);
    let fields = emit.asks().map(|(_, field)| emit.graph.fields[field].ast);
    let asked: Vec<_> = questions
        .map(|ty| ask(emit, "a_question_with_its_answer", ty))
        .chain(fields.map(|Field { ty, cfgs, .. }| {
            let asked = ask(emit, "a_field", ty);
            quote!(#(#cfgs)* #asked)
        }))
        .collect();
    (!asked.is_empty()).then(|| {
        quote! {
            #[allow(dead_code)]
            const __ASKED: bool = { #(#asked)* true };
        }
    })
}

/// What nodes are given, ask and show.
fn nodes(emit: &Emit<'_>) -> TokenStream {
    let items = emit.batches().map(|(_, ty)| ask(emit, "an_item", ty));
    let asks = emit.graph.nodes.iter();
    let asks = asks.filter(|node| node.whole && matches!(node.ast.role, NodeRole::Ask(_)));
    let questions = asks
        .filter_map(question_type)
        .map(|ty: &Type| ask(emit, "a_question", ty));
    let emitted = emit.graph.module.args.emits.iter();
    let emitted = emitted.map(|ty| ask(emit, "an_emitted_value", ty));
    items.chain(questions).chain(emitted).collect()
}

/// Whether reducers fit: not asked where the types themselves don't hold.
fn reducers(emit: &Emit<'_>) -> TokenStream {
    let door = &emit.door;
    let fields = (0..emit.graph.fields.len()).map(|field| Writable::new(emit, field));
    fields
        .filter_map(|field| {
            let (reducer, span, ty) = (field.taking.reducer()?, field.span(), field.ty());
            let cfgs = &field.field.ast.cfgs;
            let at = spanned(door, span);
            Some(quote_spanned! {span=>
                #(#cfgs)*
                #at::a_reducer::<#reducer, #at::Sound<#ty, __TYPES>>();
            })
        })
        .collect()
}
