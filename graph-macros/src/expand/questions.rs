//! What the graph asks and what it is answered.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Type;
use syn::spanned::Spanned as _;

use super::conditional::{Part, Shape};
use super::emit::{Emit, allowances, spanned, within};
use super::returns::question_type;
use super::subgraphs::{self, Within, children};
use crate::ast;
use crate::model::Node;
use crate::names::plain;

/// An ask of which everything is known.
pub(super) struct Ask<'e> {
    pub(super) node: &'e Node<'e>,
    pub(super) question: &'e Type,
    /// The field that takes the answer; nothing where the node takes it while it runs.
    pub(super) into: Option<&'e ast::Field>,
}

pub(super) fn asks<'e>(emit: &'e Emit<'e>) -> Vec<Ask<'e>> {
    let ask = |node: &'e Node<'e>| match node.answer() {
        Some(field) => Some(Ask {
            node,
            question: question_type(node)?,
            into: Some(emit.graph.fields[field].ast),
        }),
        None => Some(Ask {
            node,
            question: node.interrupts()?,
            into: None,
        }),
    };
    emit.graph.nodes.iter().filter_map(ask).collect()
}

impl Ask<'_> {
    pub(super) fn camel(&self) -> &Ident {
        &self.node.camel
    }

    pub(super) fn name(&self) -> String {
        plain(self.node.name())
    }

    /// The struct of its open question.
    pub(super) fn open(&self) -> Ident {
        format_ident!("Question{}", self.node.camel)
    }

    /// The type of an answer.
    pub(super) fn answer(&self, emit: &Emit<'_>) -> TokenStream {
        if !self.node.whole {
            return quote!(());
        }
        let (Emit { krate, door, .. }, question) = (emit, self.question);
        if let Some(ast::Field { ty, .. }) = self.into {
            return quote!(<#ty as #door::Fills>::Answer);
        }
        // At the type, where a private one is said to be.
        let krate = spanned(krate, question.span());
        quote_spanned!(question.span()=> <#question as #krate::Asks>::Answer)
    }

    /// What the setter of the answer takes: anything, where it isn't known what fits.
    fn argument(&self, emit: &Emit<'_>) -> (TokenStream, TokenStream) {
        if !self.node.whole {
            return (
                quote!(::core::marker::Sized),
                quote!({
                    let _ = answer;
                }),
            );
        }
        let answer = self.answer(emit);
        (
            quote!(::core::convert::Into<#answer>),
            quote!(::core::convert::Into::into(answer)),
        )
    }
}

/// The types that stand for questions and answers in the definition.
pub(super) fn types(emit: &Emit<'_>) -> TokenStream {
    let door = &emit.door;
    if asks(emit).is_empty() && children(emit).is_empty() {
        quote!(type Question = #door::NoAnswer; type Answer = #door::NoAnswer;)
    } else {
        quote!(
            type Question = Question;
            type Answer = Answer;
        )
    }
}

pub(super) fn questions(emit: &Emit<'_>) -> TokenStream {
    let (asks, children) = (asks(emit), children(emit));
    let pause = pause(emit, &asks, &children);
    if asks.is_empty() && children.is_empty() {
        return pause;
    }
    let vis = emit.vis();
    let open = asks.iter().map(|ask| open(emit, ask));
    let open_within = children.iter().map(|each| subgraphs::open(emit, each));
    let inner = within(vis);
    let names = asks.iter().map(|ask| (ask.open(), ask.camel()));
    let names = names.chain(children.iter().map(|each| (each.open(), each.camel())));
    let exports =
        names.map(|(name, camel)| quote!(#[doc(inline)] #inner use super::#name as #camel;));
    let allow = allowances();
    let question = question(emit, &asks, &children);
    let answer = answer(emit, &asks, &children);
    quote! {
        #(#open)*
        #(#open_within)*

        /// What each ask asks, by its name.
        #allow
        #[allow(unused_imports)]
        #vis mod question {
            #(#exports)*
        }

        #question
        #answer
        #pause
    }
}

/// The open question of one ask.
fn open(emit: &Emit<'_>, ask: &Ask<'_>) -> TokenStream {
    let Emit { krate, door, .. } = emit;
    let (vis, allow, name, camel) = (emit.vis(), allowances(), ask.open(), ask.camel());
    let (question, (argument, value)) = (ask.question, ask.argument(emit));
    let node = ask.name();
    let doc = match ask.into {
        Some(into) => format!(
            "Asked at `{node}`; the answer goes into `{}`.",
            plain(&into.name)
        ),
        None => format!("Asked by `{node}` while it runs."),
    };
    let called = ask.into.is_none().then(|| {
        quote! {
            /// What the node calls it.
            #[must_use]
            #vis fn name(&self) -> &str {
                ::core::option::Option::as_deref(&self.id.name).unwrap_or_default()
            }
        }
    });
    let shape = Shape {
        name: name.clone(),
        fields: vec![
            Part::new(&format_ident!("id"), quote!(#krate::QuestionId), &[]),
            Part::new(&format_ident!("question"), question, &[]),
            Part::new(
                &format_ident!("due"),
                quote!(::core::option::Option<#krate::Timestamp>),
                &[],
            ),
        ],
    }
    .impls();
    quote! {
        #[doc = #doc]
        #allow
        #[doc(hidden)]
        #vis struct #name {
            /// The question's id, which its answer carries.
            pub id: #krate::QuestionId,
            /// What is asked.
            pub question: #question,
            /// When it is open no longer.
            pub due: ::core::option::Option<#krate::Timestamp>,
        }

        #allow
        impl #name {
            /// Answers it.
            #[must_use]
            #vis fn answer(&self, answer: impl #argument) -> Answer {
                Answer::#camel { id: ::core::clone::Clone::clone(&self.id), value: #value }
            }
            #called
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
                #door::serialize_question(serializer, #node, &self.id, &self.question, self.due)
            }
        }

        #[automatically_derived]
        impl ::core::ops::Deref for #name {
            type Target = #question;

            fn deref(&self) -> &#question {
                &self.question
            }
        }

        #[automatically_derived]
        impl ::core::fmt::Display for #name
        where
            for<'__trivial> #question: ::core::fmt::Display,
        {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Display::fmt(&self.question, f)
            }
        }

        #shape
    }
}

fn question(emit: &Emit<'_>, asks: &[Ask<'_>], children: &[Within<'_>]) -> TokenStream {
    let Emit { krate, door, .. } = emit;
    let (vis, allow) = (emit.vis(), allowances());
    let camel = asks.iter().map(Ask::camel);
    let camel: Vec<_> = camel.chain(children.iter().map(Within::camel)).collect();
    let open = asks.iter().map(Ask::open);
    let open: Vec<_> = open.chain(children.iter().map(Within::open)).collect();
    let docs = asks.iter().map(|ask| format!("Asked at `{}`.", ask.name()));
    let within = children
        .iter()
        .map(|each| format!("Asked in the graph of `{}`.", each.name()));
    let docs = docs.chain(within);
    quote! {
        /// An open question. As JSON: `{"node": .., "id": .., "question": .., "due": ..}`.
        #allow
        #vis enum Question { #(#[doc = #docs] #camel(#open)),* }

        #allow
        impl Question {
            /// The question's id, which its answer carries.
            #[must_use]
            #vis fn id(&self) -> #krate::QuestionId {
                match self { #(Self::#camel(question) => ::core::clone::Clone::clone(&question.id),)* }
            }

            /// The node that asks.
            #[must_use]
            #vis fn node(&self) -> Node {
                match self { #(Self::#camel(_) => Node::#camel,)* }
            }
        }

        #[automatically_derived]
        impl #door::serde::Serialize for Question
        where
            #(for<'__trivial> #open: #door::serde::Serialize,)*
        {
            fn serialize<S: #door::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                match self {
                    #(Self::#camel(question) => #door::serde::Serialize::serialize(question, serializer),)*
                }
            }
        }

        #[automatically_derived]
        impl ::core::clone::Clone for Question where #(for<'__trivial> #open: ::core::clone::Clone,)* {
            fn clone(&self) -> Self {
                match self {
                    #(Self::#camel(question) => Self::#camel(::core::clone::Clone::clone(question)),)*
                }
            }
        }

        #[automatically_derived]
        impl ::core::fmt::Debug for Question where #(for<'__trivial> #open: ::core::fmt::Debug,)* {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                match self {
                    #(Self::#camel(question) => ::core::fmt::Debug::fmt(question, f),)*
                }
            }
        }
    }
}

fn answer(emit: &Emit<'_>, asks: &[Ask<'_>], children: &[Within<'_>]) -> TokenStream {
    let Emit { krate, door, .. } = emit;
    let (vis, allow, path) = (emit.vis(), allowances(), emit.serde_path());
    let camel: Vec<_> = asks.iter().map(Ask::camel).collect();
    let names: Vec<_> = asks.iter().map(Ask::name).collect();
    let docs = names.iter().map(|name| format!("Answers `{name}`."));
    let aliases = asks.iter().map(|ask| {
        let aliases = ask.node.ast.aliases.iter();
        let aliases = aliases.map(|alias| quote!(#[serde(alias = #alias)]));
        quote!(#(#aliases)*)
    });
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
    let answering = answering(emit, asks, children);
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
                    value: #values,
                },
            )*
            #(
                #[doc = #within_docs]
                #[serde(rename = #within_names)]
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
            #(for<'__trivial> #values: ::core::fmt::Debug,)*
            #(for<'__trivial> #answers: ::core::fmt::Debug,)*
        {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                match self {
                    #(Self::#camel { id, value } => {
                        ::core::fmt::Formatter::debug_struct(f, #names)
                            .field("id", id)
                            .field("value", value)
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

            fn path(&self) -> ::std::vec::Vec<&'static str> {
                match self {
                    #(Self::#camel { .. } => ::std::vec::Vec::from([#names]),)*
                    #(Self::#within { answer } => #door::path(#within_names, answer),)*
                }
            }

            fn to_json(
                &self,
            ) -> ::core::result::Result<
                ::std::boxed::Box<#door::serde_json::value::RawValue>,
                #door::serde_json::Error,
            > {
                match self {
                    #(Self::#camel { value, .. } => #door::to_raw(value),)*
                    #(Self::#within { answer } => #krate::Answering::to_json(answer),)*
                }
            }
        }
    }
}

fn pause(emit: &Emit<'_>, asks: &[Ask<'_>], children: &[Within<'_>]) -> TokenStream {
    let Emit { krate, .. } = emit;
    let (vis, allow, state) = (emit.vis(), allowances(), emit.state());
    let several = asks.len() + children.len() > 1;
    let kinds = asks.iter().map(|ask| {
        let doc = format!(
            "The question of `{}`, if it is open; the first one of several.",
            ask.name()
        );
        (ask.node.name(), ask.camel(), ask.open(), doc)
    });
    let within = children.iter().map(|each| {
        let doc = format!(
            "The first question of the graph of `{}`, if one is open.",
            each.name()
        );
        (each.node.name(), each.camel(), each.open(), doc)
    });
    let accessors = kinds.chain(within).map(|(name, camel, open, doc)| {
        let others = several.then(|| quote!(_ => ::core::option::Option::None,));
        quote! {
            #[doc = #doc]
            #[must_use]
            #vis fn #name(&self) -> ::core::option::Option<&#open> {
                let mut questions = <[_]>::iter(self.0.questions());
                ::core::iter::Iterator::find_map(&mut questions, |question| match question {
                    Question::#camel(question) => ::core::option::Option::Some(question),
                    #others
                })
            }
        }
    });
    quote! {
        /// A pause of this graph, with its open questions.
        #allow
        #vis struct Pause(#krate::Pause<#state>);

        #allow
        impl Pause { #(#accessors)* }

        #[automatically_derived]
        impl ::core::ops::Deref for Pause {
            type Target = #krate::Pause<#state>;

            fn deref(&self) -> &#krate::Pause<#state> {
                &self.0
            }
        }

        #[automatically_derived]
        impl ::core::convert::From<#krate::Pause<#state>> for Pause {
            fn from(pause: #krate::Pause<#state>) -> Self {
                Self(pause)
            }
        }

        #[automatically_derived]
        impl ::core::fmt::Debug for Pause {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                ::core::fmt::Debug::fmt(&self.0, f)
            }
        }
    }
}
