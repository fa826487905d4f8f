//! What the graph asks.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote};
use syn::Type;

use super::conditional::{Part, Shape};
use super::emit::{self, Emit, allowances, sound};
use super::returns::question_type;
use super::within::{self, Within, children};
use super::{answers, pause};
use crate::ast;
use crate::model::Node;
use crate::names::plain;
use crate::text;

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

    /// The type of an answer. Not by way of what is asked of all types: a state may hold answers.
    pub(super) fn answer(&self, emit: &Emit<'_>) -> TokenStream {
        if !self.node.whole {
            return quote!(());
        }
        let (door, question) = (&emit.door, self.question);
        if let Some(ast::Field { ty, .. }) = self.into {
            return quote!(<#door::Sound<#ty, __ASKED> as #door::Fills>::Answer);
        }
        quote!(<#door::Sound<#question, __ASKED> as #door::Answered>::Answer)
    }

    /// The question out of `json`. Where only a trait says what it is, it's the trait that says that it can be read.
    pub(super) fn read_question(&self, emit: &Emit<'_>) -> TokenStream {
        let (door, question) = (&emit.door, sound(self.question));
        if self.into.is_none() {
            return quote!(#door::question_from_raw::<#question>(json)?);
        }
        quote!(#door::from_raw::<#question>(json)?)
    }

    /// An answer out of `json`.
    pub(super) fn read_answer(&self, emit: &Emit<'_>) -> TokenStream {
        let (door, question) = (&emit.door, sound(self.question));
        if self.into.is_none() {
            return quote!(#door::answer_from_raw::<#question>(json)?);
        }
        let read = self.reader(emit);
        quote!(#read(json)?)
    }

    /// Whether nobody is shown what is answered.
    pub(super) fn is_secret(&self) -> bool {
        self.into.is_some_and(ast::Field::is_secret)
    }

    /// What reads the answer for its field.
    pub(super) fn reader(&self, emit: &Emit<'_>) -> TokenStream {
        let door = &emit.door;
        if self.is_secret() {
            quote!(#door::secret_from_raw)
        } else {
            quote!(#door::from_raw)
        }
    }

    /// How serde writes and reads an answer of which only a trait says that it can be written and read, or that is a
    /// secret.
    pub(super) fn serde(&self, emit: &Emit<'_>) -> Option<TokenStream> {
        let door = text::ty(&emit.door);
        if self.is_secret() {
            let read = format!("{door}::read_secret");
            return Some(quote!(#[serde(deserialize_with = #read)]));
        }
        if !self.node.whole || self.into.is_some() {
            return None;
        }
        let question = format!("{door}::Sound<{}, __ASKED>", text::ty(self.question));
        let (write, read) = (
            format!("{door}::write_answer::<{question}, _>"),
            format!("{door}::read_answer::<{question}, _>"),
        );
        Some(quote!(#[serde(serialize_with = #write, deserialize_with = #read)]))
    }

    /// The answer `value` as JSON.
    pub(super) fn write_answer(&self, emit: &Emit<'_>) -> TokenStream {
        let (door, question) = (&emit.door, sound(self.question));
        if self.into.is_none() {
            return quote!(#door::answer_to_raw::<#question>(value));
        }
        quote!(#door::to_raw(value))
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
    let (door, asks) = (&emit.door, asks(emit));
    if asks.is_empty() && children(emit).is_empty() {
        return quote!(type Question = #door::NoAnswer; type Answer = #door::NoAnswer;);
    }
    quote!(
        type Question = __Sound<Question>;
        type Answer = Answer;
    )
}

pub(super) fn questions(emit: &Emit<'_>) -> TokenStream {
    let (asks, children) = (asks(emit), children(emit));
    let pause = pause::pause(emit, &asks, &children);
    if asks.is_empty() && children.is_empty() {
        return pause;
    }
    let vis = emit.vis();
    let open = asks.iter().map(|ask| open(emit, ask));
    let open_within = children.iter().map(|each| within::open(emit, each));
    let inner = emit::within(vis);
    let names = asks.iter().map(|ask| (ask.open(), ask.camel()));
    let names = names.chain(children.iter().map(|each| (each.open(), each.camel())));
    let exports =
        names.map(|(name, camel)| quote!(#[doc(inline)] #inner use super::#name as #camel;));
    let allow = allowances();
    let question = question(emit, &asks, &children);
    let answer = answers::answer(emit, &asks, &children);
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
