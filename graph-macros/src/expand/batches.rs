//! The items of `for`s, one variant for each node that is reached by one.

use proc_macro2::TokenStream;
use quote::quote;

use super::emit::{Emit, sound};
use crate::model::Node;

/// The type that stands for items in the definition.
pub(super) fn type_of(emit: &Emit<'_>) -> TokenStream {
    let door = &emit.door;
    if emit.batches().next().is_none() {
        quote!(#door::NoItems)
    } else {
        quote!(__Items)
    }
}

/// Takes a task's item as `__item` out of `from`, the items and its index; `or` is what happens where there is none.
pub(super) fn item(node: &Node<'_>, from: &TokenStream, or: &TokenStream) -> TokenStream {
    let camel = &node.camel;
    quote! {
        let ::core::option::Option::Some((__Items::#camel(items), index)) = #from else { #or };
        let ::core::option::Option::Some(__item) = <[_]>::get(items, index) else { #or };
    }
}

/// The type of the items.
pub(super) fn batches(emit: &Emit<'_>) -> TokenStream {
    let Emit { krate, door, .. } = emit;
    let state = sound(&emit.state());
    let camel: Vec<_> = emit.batches().map(|(node, _)| &node.camel).collect();
    if camel.is_empty() {
        return TokenStream::new();
    }
    let types: Vec<_> = emit.batches().map(|(_, ty)| sound(ty)).collect();
    let rest = (camel.len() < emit.graph.nodes.len())
        .then(|| quote!(_ => #door::unexpected("items", #krate::GraphNode::name(node)),));
    quote! {
        #[doc(hidden)]
        pub enum __Items { #(#camel(::std::vec::Vec<#types>)),* }

        impl #door::Items<#state> for __Items {
            fn len(&self) -> usize {
                match self { #(Self::#camel(items) => ::std::vec::Vec::len(items),)* }
            }

            fn to_json(
                &self,
            ) -> ::core::result::Result<
                ::std::boxed::Box<#door::serde_json::value::RawValue>,
                #door::serde_json::Error,
            > {
                match self { #(Self::#camel(items) => #door::to_raw(items),)* }
            }

            fn from_json(
                node: Node,
                json: &#door::serde_json::value::RawValue,
            ) -> ::core::result::Result<Self, #door::serde_json::Error> {
                match node {
                    #(Node::#camel => ::core::result::Result::map(#door::from_raw(json), Self::#camel),)*
                    #rest
                }
            }
        }
    }
}
