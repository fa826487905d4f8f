//! What a graph needs of a checkpointer: that there is one where it stops, that it seals where its state has secrets.

use proc_macro2::TokenStream;
use quote::quote;

use super::emit::Emit;
use super::questions::{Ask, asks};
use super::within::{Within, children};
use crate::ast::NodeRole;
use crate::names::{both, plain};

pub(super) fn suits(emit: &Emit<'_>) -> TokenStream {
    let (stops, trusts) = (stops(emit), trusts(emit));
    quote!(#stops #trusts)
}

/// The trait by which a graph with secrets is kept from a checkpointer that doesn't seal.
fn trusts(emit: &Emit<'_>) -> TokenStream {
    let Emit { krate, graph, .. } = emit;
    let state = emit.state();
    // What a graph that is a node stores goes to the same checkpointer.
    let children = children(emit);
    let children: Vec<_> = children.iter().map(Within::state).collect();
    let children = quote!(#(#children: #krate::Trusts<C>,)*);
    let secrets = sealed(emit);
    if secrets.is_empty() {
        return quote!(impl<C> #krate::Trusts<C> for #state where #children {});
    }
    let id = graph.module.args.id.as_deref().unwrap_or_default();
    let fields = if secrets.len() == 1 {
        "field"
    } else {
        "fields"
    };
    let message = format!(
        "the state of graph `{id}` has the secret {fields} {}, so its checkpointer has to seal",
        both(&secrets)
    );
    let said = emit.unimplemented(
        &message,
        "`{Self}` stores what it is given in the clear",
        Some("wrap it: `Sealed::new(checkpointer, keys)`, of `graph-checkpointers` with the feature `seal`"),
    );
    let quiet = emit.not_recommended();
    quote! {
        #[doc(hidden)]
        #said
        pub trait __Sealing {}
        #quiet
        impl<C: #krate::Seals> __Sealing for C {}
        impl<C: __Sealing> #krate::Trusts<C> for #state where #children {}
    }
}

/// The secrets that come to a checkpointer: those that are stored, and those that a node sets, which are kept while its
/// siblings run.
fn sealed(emit: &Emit<'_>) -> Vec<String> {
    let is_set = |field| {
        let mut nodes = emit.graph.nodes.iter();
        nodes.any(|node| node.writes.contains(&field))
    };
    let secrets = emit.fields().filter(|(index, field)| {
        field.ast.is_secret() && (field.ast.unsaved.is_none() || is_set(*index))
    });
    secrets.map(|(_, field)| plain(&field.ast.name)).collect()
}

/// The trait by which a graph that asks is kept from being built without a checkpointer.
fn stops(emit: &Emit<'_>) -> TokenStream {
    let Emit { krate, .. } = emit;
    let state = emit.state();
    let asks = asks(emit);
    // A graph that asks makes one that it is a node of ask.
    let children = children(emit);
    let children: Vec<_> = children.iter().map(Within::state).collect();
    let children = quote!(#(#children: #krate::Suits<P>,)*);
    let waits = emit.graph.nodes.iter();
    let waits: Vec<_> = waits
        .filter(|node| matches!(node.ast.role, NodeRole::Wait(_)))
        .map(|node| plain(node.name()))
        .collect();
    let names = both(asks.iter().map(Ask::name));
    let stops = match (asks.as_slice(), waits.as_slice()) {
        ([], []) => return quote!(impl<P> #krate::Suits<P> for #state where #children {}),
        (_, []) => format!("stops for an answer at {names}"),
        ([], _) => format!("waits for its time at {}", both(&waits)),
        _ => format!(
            "stops for an answer at {names} and for its time at {}",
            both(&waits)
        ),
    };
    let message = format!("this graph {stops}, so it needs a checkpointer");
    let said = emit.unimplemented(
        &message,
        "built without a checkpointer",
        Some("give it one before `.build()`: `.checkpointer(MemorySaver::new())`, or one that keeps its moments"),
    );
    quote! {
        #[doc(hidden)]
        #said
        pub trait __Persistent {}
        impl __Persistent for #krate::Saved {}
        impl<P: __Persistent> #krate::Suits<P> for #state where #children {}
    }
}
