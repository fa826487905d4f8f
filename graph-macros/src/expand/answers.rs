//! The answers of a graph: their type, and how the engine reads them and the questions.

use proc_macro2::TokenStream;
use quote::quote;

use super::conditional::redacted;
use super::emit::{Emit, allowances, sound, update_of};
use super::questions::{Ask, asks};
use super::within::{self, Within, children};
use crate::ast::NodeRole;
use crate::model::Node;

/// What is answered, as a type.
pub(super) fn answer(emit: &Emit<'_>, asks: &[Ask<'_>], children: &[Within<'_>]) -> TokenStream {
    let Emit { krate, door, .. } = emit;
    let (vis, allow, path) = (emit.vis(), allowances(), emit.serde_path());
    let camel: Vec<_> = asks.iter().map(Ask::camel).collect();
    let names: Vec<_> = asks.iter().map(Ask::name).collect();
    let docs = names.iter().map(|name| format!("Answers `{name}`."));
    let aliases_of = |node: &Node<'_>| {
        let aliases = node.ast.aliases.iter();
        let aliases = aliases.map(|alias| quote!(#[serde(alias = #alias)]));
        quote!(#(#aliases)*)
    };
    let aliases = asks.iter().map(|ask| aliases_of(ask.node));
    let within_aliases = children.iter().map(|each| aliases_of(each.node));
    let values: Vec<_> = asks.iter().map(|ask| ask.answer(emit)).collect();
    let within: Vec<_> = children.iter().map(Within::camel).collect();
    let within_names: Vec<_> = children.iter().map(Within::name).collect();
    let within_docs = within_names
        .iter()
        .map(|name| format!("Answers a question of the graph of `{name}`."));
    let answers: Vec<_> = children
        .iter()
        .map(|each| each.of(emit, "Answer"))
        .collect();
    let shown = asks.iter().zip(&values);
    let shown = shown.filter_map(|(ask, value)| (!ask.is_secret()).then_some(value));
    let told = asks.iter().map(|ask| {
        if ask.is_secret() {
            redacted()
        } else {
            quote!(value)
        }
    });
    let answering = answering(emit, asks, children);
    let serde = asks.iter().map(|ask| ask.serde(emit));
    quote! {
        /// An answer: made from its question, or read from JSON: `{"node": .., "id": .., "value": ..}`, or, for a node
        /// that is a graph, `{"node": .., "answer": ..}`.
        #allow
        #[derive(#door::serde::Serialize, #door::serde::Deserialize)]
        #[serde(crate = #path, tag = "node")]
        #vis enum Answer {
            #(
                #[doc = #docs]
                #[serde(rename = #names)]
                #aliases
                #camel {
                    /// The question's id.
                    id: #krate::QuestionId,
                    /// The answer.
                    #serde
                    value: #values,
                },
            )*
            #(
                #[doc = #within_docs]
                #[serde(rename = #within_names)]
                #within_aliases
                #within {
                    /// The answer as that graph takes it.
                    answer: #answers,
                },
            )*
        }

        #[automatically_derived]
        impl ::core::clone::Clone for Answer
        where
            #(for<'__trivial> #values: ::core::clone::Clone,)*
            #(for<'__trivial> #answers: ::core::clone::Clone,)*
        {
            fn clone(&self) -> Self {
                match self {
                    #(Self::#camel { id, value } => Self::#camel {
                        id: ::core::clone::Clone::clone(id),
                        value: ::core::clone::Clone::clone(value),
                    },)*
                    #(Self::#within { answer } => Self::#within {
                        answer: ::core::clone::Clone::clone(answer),
                    },)*
                }
            }
        }

        #[automatically_derived]
        impl ::core::fmt::Debug for Answer
        where
            #(for<'__trivial> #shown: ::core::fmt::Debug,)*
            #(for<'__trivial> #answers: ::core::fmt::Debug,)*
        {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                match self {
                    #(Self::#camel { id, value } => {
                        let _ = value;
                        ::core::fmt::Formatter::debug_struct(f, #names)
                            .field("id", id)
                            .field("value", #told)
                            .finish()
                    })*
                    #(Self::#within { answer } => {
                        ::core::fmt::Formatter::debug_tuple(f, #within_names).field(answer).finish()
                    })*
                }
            }
        }

        #answering
    }
}

/// How the engine knows an answer.
fn answering(emit: &Emit<'_>, asks: &[Ask<'_>], children: &[Within<'_>]) -> TokenStream {
    let Emit { krate, door, .. } = emit;
    let camel: Vec<_> = asks.iter().map(Ask::camel).collect();
    let names: Vec<_> = asks.iter().map(Ask::name).collect();
    let within: Vec<_> = children.iter().map(Within::camel).collect();
    let within_names: Vec<_> = children.iter().map(Within::name).collect();
    let all_names = |name: &String, node: &Node<'_>| {
        let aliases = &node.ast.aliases;
        quote!(#name #(, #aliases)*)
    };
    let ways = names.iter().zip(asks);
    let ways = ways.map(|(name, ask)| all_names(name, ask.node));
    let within_ways = within_names.iter().zip(children);
    let within_ways = within_ways.map(|(name, each)| all_names(name, each.node));
    let written = asks.iter().map(|ask| ask.write_answer(emit));
    quote! {
        #[automatically_derived]
        impl #krate::Answering for Answer {
            fn id(&self) -> #krate::QuestionId {
                match self {
                    #(Self::#camel { id, .. } => ::core::clone::Clone::clone(id),)*
                    #(Self::#within { answer } => #krate::Answering::id(answer),)*
                }
            }

            fn node(&self) -> &'static str {
                match self {
                    #(Self::#camel { .. } => #names,)*
                    #(Self::#within { .. } => #within_names,)*
                }
            }

            fn way(&self) -> ::std::vec::Vec<&'static [&'static str]> {
                match self {
                    #(Self::#camel { .. } => ::core::convert::From::from([&[#ways] as &[&str]]),)*
                    #(Self::#within { answer } => #door::way(&[#within_ways], answer),)*
                }
            }

            fn to_json(
                &self,
            ) -> ::core::result::Result<
                ::std::boxed::Box<#door::serde_json::value::RawValue>,
                #door::serde_json::Error,
            > {
                match self {
                    #(Self::#camel { value, .. } => #written,)*
                    #(Self::#within { answer } => #krate::Answering::to_json(answer),)*
                }
            }
        }
    }
}

/// The method of the definition that types a question.
pub(super) fn read_question(emit: &Emit<'_>) -> TokenStream {
    let Emit { krate, door, .. } = emit;
    let asks = asks(emit);
    let arms = asks.iter().map(|ask| {
        let (camel, open) = (ask.camel(), ask.open());
        let read = ask.read_question(emit);
        quote! {
            Node::#camel => ::core::result::Result::Ok(Question::#camel(#open { id, question: #read, due })),
        }
    });
    let within = within::read_question(emit);
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
        let (camel, read) = (ask.camel(), ask.read_answer(emit));
        quote!(Node::#camel => ::core::result::Result::Ok(Answer::#camel { id, value: #read }),)
    });
    let children = children(emit);
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
        let (camel, into, read) = (ask.camel(), &field.name, ask.reader(emit));
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
                    let __value = ::core::option::Option::Some(#read(answer)?);
                    #made
                }
            };
        }
        let ty = sound(&field.ty);
        quote! {
            (Node::#camel, ::core::option::Option::Some(__Items::#camel(items)), answers) => {
                let mut __value = <#ty as ::core::default::Default>::default();
                for (index, answer) in answers {
                    let ::core::option::Option::Some(item) = <[_]>::get(items, *index as usize) else {
                        return #door::unexpected("item", #krate::GraphNode::name(node));
                    };
                    __value.insert(#door::KeyFor::key_for(*index, item), #read(answer)?);
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
