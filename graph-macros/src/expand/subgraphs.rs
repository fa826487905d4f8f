//! Nodes that are other graphs: what they are called with, what comes back, what of them shows outside.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::Path;
use syn::spanned::Spanned as _;

use super::conditional::{Part, Shape};
use super::emit::{Emit, allowances, spanned, update_of};
use super::fields::{Taking, Writable};
use super::updates::has_update;
use crate::ast::NodeRole;
use crate::model::{Child, Node, Shared, forms};
use crate::names::plain;
use crate::text;

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
    fn shared(&self) -> Ident {
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

/// The functions and traits that the calls need.
pub(super) fn parts(emit: &Emit<'_>) -> TokenStream {
    let children = children(emit);
    let whole = children.iter().filter(|each| each.node.whole);
    whole
        .map(|each| {
            let (begin, shared) = (begin(emit, each), shared(emit, each));
            quote!(#begin #shared)
        })
        .collect()
}

fn begin(emit: &Emit<'_>, within: &Within<'_>) -> TokenStream {
    let door = &emit.door;
    let (name, input) = (within.begin(), within.of(emit, "Input"));
    let state = text::ty(within.state());
    let written = match &within.node.ast.role {
        NodeRole::Subgraph(subgraph) => crate::model::input_of(subgraph),
        _ => String::new(),
    };
    let message = format!(
        "`{}` begins `{state}`, so it returns its input, `{written}`, or a `Result` of it",
        within.name()
    );
    let said = emit.unimplemented(&message, &format!("not an input of `{state}`"), None);
    let begun = quote!(::core::result::Result<#input, #door::NodeError>);
    quote! {
        #said
        trait #name {
            fn begin(self) -> #begun;
        }
        impl #name for #input {
            fn begin(self) -> #begun {
                ::core::result::Result::Ok(self)
            }
        }
        impl<E: __Fails> #name for ::core::result::Result<#input, E> {
            fn begin(self) -> #begun {
                self.map_err(#door::failed)
            }
        }
    }
}

/// The one place at which the other state's fields are named, so that one that isn't there is said once.
fn shared(emit: &Emit<'_>, within: &Within<'_>) -> TokenStream {
    if within.child.shared.is_empty() {
        return TokenStream::new();
    }
    let (function, state) = (within.shared(), within.state());
    let types = within.child.shared.iter().map(|shared| {
        let ty = &emit.graph.fields[shared.field].ast.ty;
        quote!(&'a mut #ty)
    });
    let fields = within.child.shared.iter().map(|Shared { name, .. }| {
        let child = Ident::new("child", name.span());
        quote_spanned!(name.span()=> &mut #child.#name)
    });
    quote! {
        fn #function<'a>(child: &'a mut #state) -> (#(#types,)*) {
            (#(#fields,)*)
        }
    }
}

/// Calls the other graph; `input` is what makes its input, if it has to begin.
pub(super) fn call(emit: &Emit<'_>, within: &Within<'_>, input: &TokenStream) -> TokenStream {
    let (door, camel, child) = (&emit.door, within.camel(), within.state());
    let state = emit.state();
    let memory = within.child.memory;
    let lend = lend(emit, within);
    let context = {
        let (span, door) = (child.span(), spanned(door, child.span()));
        quote_spanned!(span=> #door::context_of::<#state, #child>)
    };
    let update = update(emit, within);
    quote! {
        let __nesting = #door::Nesting::<#state, #child> {
            memory: #memory,
            lend: #lend,
            context: #context,
            within: Within::#camel,
        };
        let __input = async { #input };
        match #door::subgraph(&call, __nesting, __input).await? {
            #door::Returned::Waits(__waits) => {
                ::core::result::Result::Ok(#door::Ended::Waits(__waits))
            }
            #door::Returned::Ended { before: __before, after: __after } => {
                let _ = (&__before, &__after);
                #update
            }
        }
    }
}

/// Gives the other graph its shared fields.
fn lend(emit: &Emit<'_>, within: &Within<'_>) -> TokenStream {
    let fields = &within.child.shared;
    if fields.is_empty() {
        return quote!(::core::option::Option::None);
    }
    let (shared, state, child) = (within.shared(), emit.state(), within.state());
    let places: Vec<Ident> = (0..fields.len())
        .map(|at| format_ident!("to_{at}"))
        .collect();
    let names = fields
        .iter()
        .map(|shared| &emit.graph.fields[shared.field].ast.name);
    quote! {
        ::core::option::Option::Some(|state: &#state, child: &mut #child| {
            let (#(#places,)*) = #shared(child);
            #(*#places = ::core::clone::Clone::clone(&state.#names);)*
        })
    }
}

/// What the other graph's run comes to for our state.
fn update(emit: &Emit<'_>, within: &Within<'_>) -> TokenStream {
    let (door, krate, camel) = (&emit.door, &emit.krate, within.camel());
    if !has_update(within.node) {
        return quote!(::core::result::Result::Ok(#door::Ended::Update(Update::#camel(()))));
    }
    let (function, update) = (within.shared(), update_of(within.node));
    let fields = &within.child.shared;
    let before: Vec<Ident> = (0..fields.len())
        .map(|at| format_ident!("before_{at}"))
        .collect();
    let after: Vec<Ident> = (0..fields.len())
        .map(|at| format_ident!("after_{at}"))
        .collect();
    let differences = fields
        .iter()
        .zip(before.iter().zip(&after))
        .map(|(shared, (before, after))| difference(emit, shared, before, after));
    let compared = (!fields.is_empty()).then(|| {
        quote! {
            let (mut __before, mut __after) = (__before, __after);
            // Whoever shares fields is given both.
            let __before = ::core::option::Option::get_or_insert_with(
                &mut __before,
                || ::core::clone::Clone::clone(&__after),
            );
            let (#(#before,)*) = #function(__before);
            let (#(#after,)*) = #function(&mut __after);
            #(#differences)*
        }
    });
    let shared = fields
        .iter()
        .map(|shared| &emit.graph.fields[shared.field].ast.name);
    let output = within.child.into.as_ref().map(|into| {
        let (field, patch) = (&emit.graph.fields[into.field].ast, output(emit, into));
        let (name, cfgs) = (&field.name, &field.cfgs);
        quote!(#(#cfgs)* #name: {
            let output = #krate::StateGraph::into_output(__after);
            #patch
        },)
    });
    quote! {
        #compared
        ::core::result::Result::Ok(#door::Ended::Update(Update::#camel(#update {
            #(#shared,)*
            #output
        })))
    }
}

/// What was done to a shared field, in terms of our reducer.
fn difference(emit: &Emit<'_>, shared: &Shared<'_>, before: &Ident, after: &Ident) -> TokenStream {
    let write = Writable::new(emit, shared.field);
    let (name, ty, span) = (write.name(), write.ty(), shared.name.span());
    let (door, krate) = (spanned(&emit.door, span), spanned(&emit.krate, span));
    let after = quote!(::core::clone::Clone::clone(#after));
    let patch = match &write.taking {
        Taking::Unknown => quote!(::core::default::Default::default()),
        Taking::Replaced => quote_spanned!(span=> #door::replaced(#before, #after)),
        taking => {
            let reducer = taking.reducer().map(|reducer| spanned(reducer, span));
            quote_spanned!(span=> <#reducer as #krate::Shares<#ty, _>>::difference(#before, #after))
        }
    };
    quote!(let #name = #patch;)
}

/// The patch that an output comes to.
fn output(emit: &Emit<'_>, into: &Shared<'_>) -> TokenStream {
    let write = Writable::new(emit, into.field);
    let span = into.name.span();
    let door = spanned(&emit.door, span);
    match &write.taking {
        Taking::Unknown => quote!({
            let _ = output;
            ::core::default::Default::default()
        }),
        Taking::Replaced if forms::is_option(write.ty()) => {
            quote_spanned!(span=> #door::Patch::set(::core::option::Option::Some(output)))
        }
        _ => {
            let value = Ident::new(&super::emit::value_of(into.field).to_string(), span);
            quote_spanned!(span=> #value::patch(output))
        }
    }
}
