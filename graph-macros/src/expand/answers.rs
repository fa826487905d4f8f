//! Questions and answers as the engine reads them, and what a graph needs that asks.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::emit::{Emit, Placed as _, spanned, update_of};
use super::questions::{Ask, asks};
use super::subgraphs::{self, Within};
use crate::ast::NodeRole;
use crate::names::{both, plain};

/// The trait by which a graph that asks is kept from being built without a checkpointer.
pub(super) fn suits(emit: &Emit<'_>) -> TokenStream {
    let Emit { krate, .. } = emit;
    let state = emit.state();
    let asks = asks(emit);
    // A graph that asks makes one that it is a node of ask.
    let children = subgraphs::children(emit);
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

/// The method of the definition that types a question.
pub(super) fn read_question(emit: &Emit<'_>) -> TokenStream {
    let Emit { krate, door, .. } = emit;
    let asks = asks(emit);
    let arms = asks.iter().map(|ask| {
        let (camel, open, question) = (ask.camel(), ask.open(), ask.question);
        let span = question.place();
        let door = spanned(door, span);
        let read = quote_spanned!(span=> #door::from_raw::<#question>(json)?);
        quote! {
            Node::#camel => ::core::result::Result::Ok(Question::#camel(#open { id, question: #read, due })),
        }
    });
    let within = subgraphs::read_question(emit);
    let rest = (asks.len() + within.len() < emit.graph.nodes.len())
        .then(|| quote!(_ => #door::unexpected("questions", #krate::GraphNode::name(node)),));
    quote! {
        fn read_question(
            node: Node,
            id: #krate::QuestionId,
            due: ::core::option::Option<#krate::Timestamp>,
            json: &#door::serde_json::value::RawValue,
        ) -> ::core::result::Result<Self::Question, #door::serde_json::Error> {
            let _ = (&id, due, json);
            match node { #(#arms)* #(#within)* #rest }
        }
    }
}

/// The method of the definition that types an answer.
pub(super) fn read_answer(emit: &Emit<'_>) -> TokenStream {
    let Emit { krate, door, .. } = emit;
    let asks = asks(emit);
    let arms = asks.iter().map(|ask| {
        let camel = ask.camel();
        quote! {
            Node::#camel => ::core::result::Result::Ok(Answer::#camel { id, value: #door::from_raw(json)? }),
        }
    });
    let children = subgraphs::children(emit);
    let within: Vec<_> = children.iter().map(Within::camel).collect();
    let rest = (asks.len() + within.len() < emit.graph.nodes.len())
        .then(|| quote!(_ => #door::unexpected("questions", #krate::GraphNode::name(node)),));
    quote! {
        fn read_answer(
            node: Node,
            id: #krate::QuestionId,
            json: &#door::serde_json::value::RawValue,
        ) -> ::core::result::Result<Self::Answer, #door::serde_json::Error> {
            let _ = (&id, json);
            match node {
                #(#arms)*
                #(Node::#within => ::core::result::Result::Ok(Answer::#within { answer: #door::from_raw(json)? }),)*
                #rest
            }
        }
    }
}

/// The method of the definition that makes an update of answers.
pub(super) fn read_answers(emit: &Emit<'_>) -> TokenStream {
    let Emit { krate, door, .. } = emit;
    let asks = asks(emit);
    let filled = asks
        .iter()
        .filter(|ask| ask.node.whole)
        .filter_map(|ask| Some((ask, ask.into?)));
    let waits = emit.graph.nodes.iter();
    let waits = waits
        .filter(|node| matches!(node.ast.role, NodeRole::Wait(_)))
        .map(|node| {
            let camel = &node.camel;
            quote!((Node::#camel, _, []) => ::core::result::Result::Ok(Update::#camel(())),)
        });
    let arms = filled.map(|(ask, field)| {
        let (camel, into) = (ask.camel(), &field.name);
        let update = update_of(ask.node);
        let made = quote!(::core::result::Result::Ok(Update::#camel(#update {
            #into: #door::Patch::set(__value),
        })));
        if ask.node.item.is_none() {
            return quote! {
                (Node::#camel, _, []) => ::core::result::Result::Ok(Update::#camel(#update {
                    #into: ::core::default::Default::default(),
                })),
                (Node::#camel, _, [(_, answer)]) => {
                    let __value = ::core::option::Option::Some(#door::from_raw(answer)?);
                    #made
                }
            };
        }
        let (ty, missing) = (&field.ty, "item");
        quote! {
            (Node::#camel, ::core::option::Option::Some(__Items::#camel(items)), answers) => {
                let mut __value = <#ty as ::core::default::Default>::default();
                for (index, answer) in answers {
                    let ::core::option::Option::Some(item) = <[_]>::get(items, *index as usize) else {
                        return #door::unexpected(#missing, #krate::GraphNode::name(node));
                    };
                    __value.insert(#door::KeyFor::key_for(*index, item), #door::from_raw(answer)?);
                }
                #made
            }
        }
    });
    quote! {
        fn read_answers(
            node: Node,
            items: ::core::option::Option<&Self::Items>,
            answers: &[(u32, &#door::serde_json::value::RawValue)],
        ) -> ::core::result::Result<Update, #door::serde_json::Error> {
            match (node, items, answers) {
                #(#arms)*
                #(#waits)*
                _ => #door::unexpected("answers", #krate::GraphNode::name(node)),
            }
        }
    }
}
