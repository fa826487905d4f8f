//! What a result from the cache is looked up by: all that the node reads of the state, and its item.

use proc_macro2::TokenStream;
use quote::quote;

use super::batches;
use super::emit::{Emit, quiet};
use crate::model::{Node, Param, ParamSource, forms};
use crate::names::plain;

/// The method of the definition; as it comes, where no node is looked up.
pub(super) fn method(emit: &Emit<'_>) -> TokenStream {
    let door = &emit.door;
    let nodes = emit.graph.nodes.iter();
    let arms: Vec<_> = nodes.filter_map(|node| arm(emit, node)).collect();
    if arms.is_empty() {
        return TokenStream::new();
    }
    let rest = (arms.len() < emit.graph.nodes.len())
        .then(|| quote!(_ => ::core::result::Result::Ok(::core::option::Option::None),));
    quote! {
        fn cache_key(
            call: &#door::Call<'_, Self>,
        ) -> ::core::result::Result<
            ::core::option::Option<::std::vec::Vec<u8>>,
            #door::serde_json::Error,
        > {
            match call.node { #(#arms)* #rest }
        }
    }
}

/// What a node reads that is looked up.
fn arm(emit: &Emit<'_>, node: &Node<'_>) -> Option<TokenStream> {
    let (door, camel) = (&emit.door, &node.camel);
    let is_cached = node
        .ast
        .policy()
        .is_some_and(|policy| policy.cache.is_some());
    if !node.whole || !is_cached {
        return None;
    }
    let reads = node.params.iter().filter_map(|param| read(emit, param));
    let item = node.item.is_some().then(|| {
        let none = quote!(return ::core::result::Result::Ok(::core::option::Option::None));
        batches::item(node, &quote!(call.item), &none)
    });
    Some(quote! {
        Node::#camel => {
            #item
            #door::cache_key(&[#(#reads),*])
        }
    })
}

/// What a parameter reads, if it counts: neither the context nor the run does.
fn read(emit: &Emit<'_>, param: &Param<'_>) -> Option<TokenStream> {
    let (door, name) = (&emit.door, plain(param.name));
    let (value, unordered) = match param.source {
        ParamSource::Context(_) | ParamSource::Run => return None,
        ParamSource::Item => (quote!(__item), false),
        ParamSource::State => (quote!(&**call.state), false),
        ParamSource::Field(field) => {
            let field = emit.graph.fields[field].ast;
            let name = quiet(&field.name);
            (quote!(&call.state.#name), forms::is_unordered(&field.ty))
        }
    };
    Some(quote!((#name, #value as &dyn #door::Readable, #unordered)))
}
