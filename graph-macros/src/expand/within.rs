//! Nodes that are other graphs, and what of them shows outside: their events and their questions.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote};
use syn::Path;

use super::conditional::{Part, Shape};
use super::emit::{Emit, allowances};
use crate::model::{Child, Node};
use crate::names::plain;

/// A node that is another graph.
pub(super) struct Within<'e> {
    pub(super) node: &'e Node<'e>,
    pub(super) child: &'e Child<'e>,
}

pub(super) fn children<'e>(emit: &'e Emit<'e>) -> Vec<Within<'e>> {
    let nodes = emit.graph.nodes.iter();
    nodes
        .filter_map(|node| {
            let child = node.child.as_ref()?;
            Some(Within { node, child })
        })
        .collect()
}

impl Within<'_> {
    pub(super) fn camel(&self) -> &Ident {
        &self.node.camel
    }

    pub(super) fn name(&self) -> String {
        plain(self.node.name())
    }

    pub(super) fn state(&self) -> &Path {
        self.child.state
    }

    /// The struct of an open question of the other graph.
    pub(super) fn open(&self) -> Ident {
        format_ident!("Question{}", self.node.camel, span = Span::call_site())
    }

    /// One of the other graph's types.
    pub(super) fn of(&self, emit: &Emit<'_>, name: &str) -> TokenStream {
        let (krate, state) = (&emit.krate, self.state());
        let name = format_ident!("{name}");
        quote!(<#state as #krate::StateGraph>::#name)
    }

    /// The function that finds the shared fields in the other graph's state.
    pub(super) fn shared(&self) -> Ident {
        format_ident!("__shared_{}", self.name())
    }

    /// What takes what the node returns.
    pub(super) fn begin(&self) -> Ident {
        format_ident!("__Begin{}", self.node.camel, span = Span::call_site())
    }
}

/// What is told of the runs of other graphs.
pub(super) fn events(emit: &Emit<'_>) -> TokenStream {
    let children = children(emit);
    if children.is_empty() {
        return TokenStream::new();
    }
    let Emit { krate, door, .. } = emit;
    let (vis, allow) = (emit.vis(), allowances());
    let camel: Vec<_> = children.iter().map(Within::camel).collect();
    let states: Vec<_> = children.iter().map(Within::state).collect();
    let variants = children.iter().map(|each| {
        let (camel, state) = (each.camel(), each.state());
        let doc = format!("In the graph of `{}`.", each.name());
        quote!(#[doc = #doc] #camel(#krate::Event<#state>))
    });
    quote! {
        /// Something that happened in a graph that is a node of this one.
        #allow
        #vis enum Within { #(#variants),* }

        #[automatically_derived]
        impl ::core::fmt::Debug for Within
        where
            #(for<'__trivial> #krate::Event<#states>: ::core::fmt::Debug,)*
        {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                match self {
                    #(Self::#camel(event) => ::core::fmt::Debug::fmt(event, f),)*
                }
            }
        }

        #[automatically_derived]
        impl #door::TellsWithin for Within {
            fn kind(&self) -> #krate::Kind {
                match self { #(Self::#camel(event) => #krate::Event::kind(event),)* }
            }

            fn to_json(
                &self,
            ) -> ::core::result::Result<#door::serde_json::Value, #door::serde_json::Error> {
                match self { #(Self::#camel(event) => #krate::Event::to_json(event),)* }
            }
        }
    }
}

/// The type that stands for such events in the definition.
pub(super) fn events_type(emit: &Emit<'_>) -> TokenStream {
    let door = &emit.door;
    if children(emit).is_empty() {
        quote!(#door::NoWithin)
    } else {
        quote!(Within)
    }
}

/// The graphs among the nodes; nothing where there is none.
pub(super) fn constant(emit: &Emit<'_>) -> Option<TokenStream> {
    let door = &emit.door;
    let children = children(emit);
    let nested = children.iter().map(|each| {
        let (camel, state, memory) = (each.camel(), each.state(), each.child.memory);
        quote!(#door::Nested::of::<#state>(Node::#camel as usize, #memory))
    });
    (!children.is_empty())
        .then(|| quote!(const NESTED: &'static [#door::Nested] = &[#(#nested),*];))
}

/// The open question of another graph, as one of ours.
pub(super) fn open(emit: &Emit<'_>, within: &Within<'_>) -> TokenStream {
    let Emit { krate, door, .. } = emit;
    let (vis, allow, name, camel) = (emit.vis(), allowances(), within.open(), within.camel());
    let node = within.name();
    let (question, answer) = (within.of(emit, "Question"), within.of(emit, "Answer"));
    let doc = format!("Asked in the graph of `{}`.", within.name());
    let id = quote!(#krate::QuestionId);
    let item = quote!(::core::option::Option<u32>);
    let fields = vec![
        Part::new(&format_ident!("id"), &id, &[]),
        Part::new(&format_ident!("item"), &item, &[]),
        Part::new(&format_ident!("question"), &question, &[]),
    ];
    let shape = Shape {
        name: name.clone(),
        fields,
    }
    .impls();
    quote! {
        #[doc = #doc]
        #allow
        #[doc(hidden)]
        #vis struct #name {
            /// The question's id, which its answer carries.
            pub id: #id,
            /// Which item of the `for` the graph was called with, in one.
            pub item: #item,
            /// What is asked there.
            pub question: #question,
        }

        #allow
        impl #name {
            /// Answers it by an answer of the graph that asks.
            #[must_use]
            #vis fn answer(&self, answer: #answer) -> Answer {
                Answer::#camel { answer }
            }
        }

        #[automatically_derived]
        impl #door::serde::Serialize for #name
        where
            for<'__trivial> #question: #door::serde::Serialize,
        {
            fn serialize<S: #door::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                #door::serialize_within(serializer, #node, self.item, &self.question)
            }
        }

        #[automatically_derived]
        impl ::core::ops::Deref for #name {
            type Target = #question;

            fn deref(&self) -> &#question {
                &self.question
            }
        }

        #shape
    }
}

/// The arms that read such a question.
pub(super) fn read_question(emit: &Emit<'_>) -> Vec<TokenStream> {
    let door = &emit.door;
    let arm = |each: &Within<'_>| {
        let (camel, open, state) = (each.camel(), each.open(), each.state());
        quote! {
            Node::#camel => {
                let (item, question) = #door::read_within::<#state>(&id, due, json)?;
                ::core::result::Result::Ok(Question::#camel(#open { id, item, question }))
            }
        }
    };
    children(emit).iter().map(arm).collect()
}
