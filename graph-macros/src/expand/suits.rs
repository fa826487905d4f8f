//! What a graph needs that stops.

use proc_macro2::TokenStream;
use quote::quote;

use super::emit::Emit;
use super::questions::{Ask, asks};
use super::within::{Within, children};
use crate::ast::NodeRole;
use crate::names::{both, plain};

/// The trait by which a graph that asks is kept from being built without a checkpointer.
pub(super) fn suits(emit: &Emit<'_>) -> TokenStream {
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
