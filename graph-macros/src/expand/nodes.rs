//! `Node`: the nodes by name.

use proc_macro2::TokenStream;
use quote::quote;

use super::emit::{Emit, allowances, sound};
use crate::names::plain;
use crate::text;

pub(super) fn node_enum(emit: &Emit<'_>) -> TokenStream {
    let Emit {
        krate, door, graph, ..
    } = emit;
    let (vis, state, allow) = (emit.vis(), emit.state(), allowances());
    let sound = sound(&state);
    let camel: Vec<_> = graph.nodes.iter().map(|node| &node.camel).collect();
    let names: Vec<String> = graph.nodes.iter().map(|node| plain(node.name())).collect();
    let indices = 0..graph.nodes.len();
    let variants = graph.nodes.iter().map(|node| {
        let camel = &node.camel;
        let said = text::docs(&node.ast.docs);
        let doc = if said.is_empty() {
            format!("`{}`.", plain(node.name()))
        } else {
            said
        };
        quote!(#[doc = #doc] #camel)
    });
    quote! {
        /// The nodes of this graph.
        #allow
        #[derive(
            ::core::clone::Clone, ::core::marker::Copy, ::core::fmt::Debug, ::core::cmp::PartialEq,
            ::core::cmp::Eq, ::core::hash::Hash, ::core::cmp::PartialOrd, ::core::cmp::Ord,
        )]
        #vis enum Node { #(#variants),* }

        #allow
        impl Node {
            /// Where this node leads on `state`: the nodes that start, in order. None of them where the run
            /// ends, or where a join still waits.
            #[must_use]
            #vis fn route(self, state: &#state) -> ::std::vec::Vec<Node> {
                let mut next = ::core::default::Default::default();
                <#sound as #krate::StateGraph>::route(state, ::core::option::Option::Some(self), &mut next);
                #door::Next::nodes(&next)
            }

            /// Where `start` leads on `state`.
            #[must_use]
            #vis fn route_from_start(state: &#state) -> ::std::vec::Vec<Node> {
                let mut next = ::core::default::Default::default();
                <#sound as #krate::StateGraph>::route(state, ::core::option::Option::None, &mut next);
                #door::Next::nodes(&next)
            }
        }

        #[automatically_derived]
        impl #krate::GraphNode for Node {
            const ALL: &'static [Node] = &[#(Node::#camel),*];

            fn index(self) -> usize {
                match self { #(Node::#camel => #indices,)* }
            }

            fn name(self) -> &'static str {
                match self { #(Node::#camel => #names,)* }
            }
        }

        #[automatically_derived]
        impl ::core::fmt::Display for Node {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Formatter::write_str(f, #krate::GraphNode::name(*self))
            }
        }
    }
}
