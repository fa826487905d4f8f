//! What a node sets: a struct for each node that sets something, and `Update`, which is any of them.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};

use super::conditional::{Part, Shape};
use super::emit::{Emit, allowances, update_of, within};
use super::fields::Writable;
use crate::ast;
use crate::model::Node;
use crate::names::plain;

/// Whether there is a struct for what the node sets; its update is `()` else.
pub(super) fn has_update(node: &Node<'_>) -> bool {
    !node.writes.is_empty() || !node.unknown.is_empty()
}

/// The type of what a node sets.
pub(super) fn update_type(node: &Node<'_>) -> TokenStream {
    if has_update(node) {
        let name = update_of(node);
        quote!(#name)
    } else {
        quote!(())
    }
}

pub(super) fn updates(emit: &Emit<'_>) -> TokenStream {
    let vis = emit.vis();
    let nodes = || emit.graph.nodes.iter().filter(|node| has_update(node));
    let structs = nodes().map(|node| update(emit, node));
    let inner = within(vis);
    let exports = nodes().map(|node| {
        let (name, camel) = (update_of(node), &node.camel);
        quote!(#[doc(inline)] #inner use super::#name as #camel;)
    });
    let exported = allowances();
    let union = union(emit);
    quote! {
        #(#structs)*

        /// What each node sets, by the node's name.
        #exported
        #[allow(unused_imports)]
        #vis mod update {
            #(#exports)*
        }

        #union
    }
}

fn update(emit: &Emit<'_>, node: &Node<'_>) -> TokenStream {
    let (vis, allow, name) = (emit.vis(), allowances(), update_of(node));
    let writes = || writes(emit, node);
    let parts: Vec<Part> = writes()
        .map(|write| Part::of(write.field.ast, write.patch()))
        .collect();
    let fields = parts
        .iter()
        .map(|Part { name, ty, cfgs, .. }| quote!(#(#cfgs)* #name: #ty));
    let fields = quote!(#(#fields),*);
    let empty = parts.iter().map(
        |Part { name, cfgs, .. }| quote!(#(#cfgs)* #name: ::core::default::Default::default()),
    );
    let empty = quote!(#(#empty),*);
    let shape = Shape {
        name: name.clone(),
        fields: parts,
    };
    let (debug, eq) = (shape.debug(), shape.partial_eq());
    let setters = writes().map(|write| write.setters());
    let getters = writes().map(|write| write.getter());
    let unknown = node.unknown.iter().map(|name| unknown(emit, name));
    let doc = format!("What `{}` sets.", plain(node.name()));
    quote! {
        #[doc = #doc]
        #allow
        #[derive(::core::clone::Clone)]
        #[doc(hidden)]
        #vis struct #name { #fields }

        #allow
        impl #name {
            /// An update that sets nothing.
            #[must_use]
            #vis fn new() -> Self {
                Self { #empty }
            }
            #(#setters)*
            #(#getters)*
            #(#unknown)*
        }

        #[automatically_derived]
        impl ::core::default::Default for #name {
            fn default() -> Self {
                Self::new()
            }
        }

        #debug
        #eq
    }
}

/// A setter for what is no field, which was said; its callers aren't told again.
fn unknown(emit: &Emit<'_>, name: &Ident) -> TokenStream {
    let vis = emit.vis();
    quote! {
        #[doc(hidden)]
        #vis fn #name(self, _: impl ::core::marker::Sized) -> Self {
            self
        }
    }
}

fn union(emit: &Emit<'_>) -> TokenStream {
    let graph = emit.graph;
    let (vis, allow) = (emit.vis(), allowances());
    let variants = graph.nodes.iter().map(|node| {
        let (camel, ty) = (&node.camel, update_type(node));
        let doc = format!("What `{}` sets.", plain(node.name()));
        quote!(#[doc = #doc] #camel(#ty))
    });
    let camel: Vec<_> = graph.nodes.iter().map(|node| &node.camel).collect();
    let names = graph.nodes.iter().map(|node| plain(node.name()));
    let types: Vec<_> = graph
        .nodes
        .iter()
        .filter(|node| has_update(node))
        .map(update_type)
        .collect();
    quote! {
        /// What a node sets.
        #allow
        #[derive(::core::clone::Clone)]
        #vis enum Update { #(#variants),* }

        #[automatically_derived]
        impl ::core::fmt::Debug for Update where #(for<'__trivial> #types: ::core::fmt::Debug,)* {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                match *self {
                    #(Self::#camel(ref update) => {
                        ::core::fmt::Formatter::debug_tuple(f, #names).field(update).finish()
                    })*
                }
            }
        }
    }
}

/// The method of the definition that applies an update.
pub(super) fn apply(emit: &Emit<'_>) -> TokenStream {
    let door = &emit.door;
    let arms = emit.graph.nodes.iter().map(|node| {
        let (camel, update) = (&node.camel, format_ident!("update"));
        let applied = writes(emit, node).map(|write| write.apply(&update));
        quote! {
            Update::#camel(update) => {
                let _ = &update;
                #(#applied)*
            }
        }
    });
    quote! {
        fn apply(&mut self, update: Update, change: &mut #door::Change) {
            let _ = &change;
            match update { #(#arms)* }
        }
    }
}

/// `Update` as JSON: the patches that do something, by the names of their fields. Whoever is shown it sees no secrets.
pub(super) fn serialize(emit: &Emit<'_>) -> TokenStream {
    let door = &emit.door;
    let written = written(emit, &quote!(self), |field| !field.is_secret());
    quote! {
        impl #door::serde::Serialize for Update {
            fn serialize<S: #door::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                #written
            }
        }
    }
}

/// The method of the definition that writes an update as it is stored; as it comes, where no node sets a secret.
pub(super) fn store_update(emit: &Emit<'_>) -> TokenStream {
    let door = &emit.door;
    let mut fields = emit.graph.nodes.iter().flat_map(|node| &node.writes);
    if !fields.any(|&field| emit.graph.fields[field].ast.is_secret()) {
        return TokenStream::new();
    }
    let written = written(emit, &quote!(update), |_| true);
    quote! {
        fn store_update<S: #door::serde::Serializer>(
            update: &Update,
            serializer: S,
        ) -> ::core::result::Result<S::Ok, S::Error> {
            #written
        }
    }
}

/// Writes the patches of those fields.
fn written(
    emit: &Emit<'_>,
    update: &TokenStream,
    is_written: impl Fn(&ast::Field) -> bool,
) -> TokenStream {
    let door = &emit.door;
    let arms = emit.graph.nodes.iter().map(|node| {
        let camel = &node.camel;
        let entries = writes(emit, node).filter(|write| is_written(write.field.ast));
        let entries = entries.map(|write| {
            let (name, text, cfgs) = (write.name(), plain(write.name()), &write.field.ast.cfgs);
            quote!(#(#cfgs)* #door::entry(&mut fields, #text, &update.#name)?;)
        });
        quote!(Update::#camel(update) => { #(#entries)* })
    });
    quote! {
        let mut fields = #door::serde::Serializer::serialize_map(
            serializer,
            ::core::option::Option::None,
        )?;
        match #update { #(#arms)* }
        #door::serde::ser::SerializeMap::end(fields)
    }
}

/// The method of the definition that reads an update back.
pub(super) fn read_update(emit: &Emit<'_>) -> TokenStream {
    let door = &emit.door;
    let arms = emit.graph.nodes.iter().map(|node| {
        let camel = &node.camel;
        if !has_update(node) {
            return quote!(Node::#camel => Update::#camel(()),);
        }
        let update = update_of(node);
        let read = writes(emit, node).map(|write| {
            let (name, text, cfgs) = (write.name(), plain(write.name()), &write.field.ast.cfgs);
            let take = if write.field.ast.is_secret() {
                quote!(take_secret)
            } else {
                quote!(take)
            };
            quote!(#(#cfgs)* #name: fields.#take(#text)?)
        });
        quote!(Node::#camel => Update::#camel(#update { #(#read),* }),)
    });
    quote! {
        fn read_update(
            node: Node,
            json: &#door::serde_json::value::RawValue,
        ) -> ::core::result::Result<Update, #door::serde_json::Error> {
            let mut fields = #door::Fields::read(json)?;
            let update = match node { #(#arms)* };
            #door::Fields::finish(fields)?;
            ::core::result::Result::Ok(update)
        }
    }
}

/// The fields that a node sets.
pub(super) fn writes<'e>(
    emit: &'e Emit<'e>,
    node: &'e Node<'e>,
) -> impl Iterator<Item = Writable<'e>> {
    node.writes.iter().map(|field| Writable::new(emit, *field))
}
