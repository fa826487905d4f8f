//! Calling the user's functions: one function a node, which hands the parameters over and takes what is
//! returned.

use proc_macro2::{Ident, Span, TokenStream};
use quote::{ToTokens, format_ident, quote, quote_spanned};
use syn::{ReturnType, Signature};

use super::batches;
use super::emit::{Emit, enclosed, local, quiet, sound};
use super::returns::question_type;
use super::subgraphs;
use super::waits;
use super::within::Within;
use crate::ast::NodeRole;
use crate::model::{Form, Node, Param, ParamSource};

/// The functions, and the types that they share.
pub(super) fn calls(emit: &Emit<'_>) -> TokenStream {
    let Emit { door, .. } = emit;
    let state = emit.state();
    let functions = emit.graph.nodes.iter().map(|node| call(emit, node));
    quote! {
        type __Call<'a> = #door::Call<'a, #state>;
        type __Ended = ::core::result::Result<#door::Ended<#state>, #door::NodeError>;
        #(#functions)*
    }
}

/// The methods of the definition that call a node.
pub(super) fn methods(emit: &Emit<'_>) -> TokenStream {
    let Emit {
        krate, door, graph, ..
    } = emit;
    let camel: Vec<_> = graph.nodes.iter().map(|node| &node.camel).collect();
    let functions: Vec<_> = graph.nodes.iter().map(function).collect();
    // At the function's name, where it is said of a node that can't be sent to another thread.
    let given = local("call");
    let boxed = graph.nodes.iter().zip(&functions).map(|(node, function)| {
        quote_spanned!(node.name().span()=> ::std::boxed::Box::pin(#function(#given)))
    });
    quote! {
        async fn call(call: __Call<'_>) -> __Ended {
            match call.node {
                #(Node::#camel => #door::InPlace(::core::pin::pin!(#functions(call))).await,)*
            }
        }

        fn call_boxed(call: __Call<'_>) -> #krate::BoxFuture<'_, __Ended> {
            match call.node { #(Node::#camel => #boxed,)* }
        }
    }
}

fn function(node: &Node<'_>) -> Ident {
    format_ident!(
        "__call_{}",
        crate::names::plain(node.name()),
        span = Span::call_site()
    )
}

/// That several threads may use the state. Taken for granted wherever a graph is made of it: if it isn't so, that
/// was said of the field, see `sound`.
pub(super) fn shared_state(emit: &Emit<'_>) -> TokenStream {
    let state = emit.state();
    quote!(where for<'__trivial> #state: ::core::marker::Send + ::core::marker::Sync,)
}

fn call(emit: &Emit<'_>, node: &Node<'_>) -> TokenStream {
    let name = function(node);
    let shared = shared_state(emit);
    let Some(signature) = node.ast.signature.as_ref().filter(|_| node.whole) else {
        return quote!(async fn #name(_call: __Call<'_>) -> __Ended #shared { ::core::unreachable!() });
    };
    let door = &emit.door;
    if let NodeRole::Wait(wait) = &node.ast.role {
        return waits::call(emit, node, wait, &name);
    }
    let item = item(emit, node);
    if let Some(child) = &node.child {
        let body = within(emit, &Within { node, child }, signature);
        return quote! {
            async fn #name(call: __Call<'_>) -> __Ended #shared {
                #item
                #body
            }
        };
    }
    let (called, ended) = (
        called(node, signature),
        ended(emit, node, &signature.output),
    );
    let (spawn, blocking) = match &node.ast.role {
        NodeRole::Task(task) => (task.spawn, task.blocking),
        NodeRole::Ask(_) | NodeRole::Subgraph(_) | NodeRole::Wait(_) => (false, false),
    };
    let given = given(emit, node);
    let run = waits::interruptible(emit, node, &quote!(#called #ended));
    let body = match (spawn, blocking) {
        (false, false) => {
            let here = given
                .iter()
                .map(|Given { name, here, .. }| quote!(let #name = #here;));
            quote!(#(#here)* #run)
        }
        (true, _) => {
            let (taken, lent) = taken_along(&given);
            quote!(#taken #door::spawned(async move { #lent #run }).await)
        }
        (_, true) => {
            let (taken, lent) = taken_along(&given);
            quote!(#taken #door::blocking(move || { #lent #run }).await)
        }
    };
    quote! {
        async fn #name(call: __Call<'_>) -> __Ended #shared {
            let _ = &call;
            #item
            #body
        }
    }
}

/// A node that is another graph: the function is called only if that has to begin.
fn within(emit: &Emit<'_>, within: &Within<'_>, signature: &Signature) -> TokenStream {
    let given = given(emit, within.node);
    let here = given
        .iter()
        .map(|Given { name, here, .. }| quote!(let #name = #here;));
    let called = called(within.node, signature);
    let (first, returned) = returned(within.node, &signature.output);
    let taker = Ident::new(&within.begin().to_string(), first);
    let input = quote_spanned!(first=> #taker::begin(#returned));
    subgraphs::call(emit, within, &quote!(#(#here)* #called #input))
}

/// The item of a node that is called for each.
fn item(emit: &Emit<'_>, node: &Node<'_>) -> Option<TokenStream> {
    node.item.as_ref()?;
    let door = &emit.door;
    let missing = format!("node `{}` has no item", crate::names::plain(node.name()));
    let failed = quote!(return ::core::result::Result::Err(#door::failed(#missing)));
    Some(batches::item(node, &quote!(call.item), &failed))
}

/// Something that parameters are taken from.
struct Given {
    name: Ident,
    /// A reference to it, where the task is.
    here: TokenStream,
    /// A share of it, for another thread.
    shared: TokenStream,
}

fn given(emit: &Emit<'_>, node: &Node<'_>) -> Vec<Given> {
    let door = &emit.door;
    let needs =
        |wanted: fn(ParamSource) -> bool| node.params.iter().any(|param| wanted(param.source));
    let given = |name: &str, here: TokenStream, shared: TokenStream| Given {
        name: format_ident!("{name}"),
        here,
        shared,
    };
    let mut all = Vec::new();
    if needs(|source| matches!(source, ParamSource::Field(_) | ParamSource::State)) {
        all.push(given(
            "__state",
            quote!(call.state),
            quote!(#door::share(call.state)),
        ));
    }
    if needs(|source| matches!(source, ParamSource::Context(_))) {
        all.push(given(
            "__context",
            quote!(call.context),
            quote!(#door::share(call.context)),
        ));
    }
    if needs(|source| source == ParamSource::Run) {
        let asking = node
            .interrupts()
            .map(|question| waits::asking(emit, question));
        let run = asking.unwrap_or_else(|| quote!(call.run()));
        all.push(given("__run", quote!(&#run), run));
    }
    if node.item.is_some() {
        all.push(given(
            "__item",
            quote!(__item),
            quote!(::core::clone::Clone::clone(__item)),
        ));
    }
    all
}

/// What is taken along to another thread, and lent to the function there.
fn taken_along(given: &[Given]) -> (TokenStream, TokenStream) {
    let taken = given
        .iter()
        .map(|Given { name, shared, .. }| quote!(let #name = #shared;));
    let lent = given
        .iter()
        .map(|Given { name, .. }| quote!(let #name = &#name;));
    (taken.collect(), lent.collect())
}

/// The call itself. What is returned stands in a tuple, so that what is said about it can cover all of
/// the return type: a name alone has one place, `returned.0` reaches from a first to a last.
fn called(node: &Node<'_>, signature: &Signature) -> TokenStream {
    let name = quiet(node.name());
    let arguments = node.params.iter().map(argument);
    let wait = signature.asyncness.map(|_| quote!(.await));
    let returned = Ident::new("returned", return_type(node, &signature.output).0);
    quote!(let #returned = (self::#name(#(#arguments),*)#wait,);)
}

/// Hands over what a parameter names. A type that doesn't fit is said at the parameter's type.
fn argument(param: &Param<'_>) -> TokenStream {
    let (first, last) = ends(param.ty);
    let place = match param.source {
        ParamSource::Field(_) => member("__state", param.name),
        ParamSource::Context(_) => member("__context", param.name),
        ParamSource::State => quote!(**__state),
        ParamSource::Run => quote!(*__run),
        ParamSource::Item => quote!(*__item),
    };
    let place = enclosed(place, last);
    match param.form {
        Form::Reference => quote_spanned!(first=> &#place),
        Form::Pointee => quote_spanned!(first=> &*#place),
        Form::OptionReference => quote_spanned!(first=> ::core::option::Option::as_ref(&#place)),
        Form::OptionPointee => quote_spanned!(first=> ::core::option::Option::as_deref(&#place)),
        Form::Clone => quote_spanned!(first=> ::core::clone::Clone::clone(&#place)),
    }
}

fn member(of: &str, name: &Ident) -> TokenStream {
    let (of, name) = (local(of), quiet(name));
    quote!(#of.#name)
}

/// Takes what was returned.
fn ended(emit: &Emit<'_>, node: &Node<'_>, output: &ReturnType) -> TokenStream {
    let (door, camel) = (&emit.door, &node.camel);
    let (first, returned) = returned(node, output);
    if node.answer().is_some() {
        let ask = Ident::new(&format!("__Ask{camel}"), first);
        let asked = quote_spanned!(first=> #ask::ask(#returned));
        let (question, within) = (question_type(node).map(sound), waits::within(node));
        return quote! {
            let asked = #asked?;
            #door::asks::<_, #question>(&call, ::core::option::Option::as_ref(&asked), #within)
        };
    }
    let trait_name = Ident::new(&format!("__Return{camel}"), first);
    let update = quote_spanned!(first=> #trait_name::update(#returned));
    quote! {
        let update = #update?;
        ::core::result::Result::Ok(#door::Ended::Update(Update::#camel(update)))
    }
}

/// What was returned, with what is said about it at the return type, and where that begins.
fn returned(node: &Node<'_>, output: &ReturnType) -> (Span, TokenStream) {
    let (first, last) = return_type(node, output);
    let returned = Ident::new("returned", first);
    let index = syn::Index {
        index: 0,
        span: last,
    };
    (first, quote_spanned!(first=> #returned.#index))
}

/// Where the return type begins and ends; at the name, where there is none.
fn return_type(node: &Node<'_>, output: &ReturnType) -> (Span, Span) {
    match output {
        ReturnType::Default => (node.name().span(), node.name().span()),
        ReturnType::Type(_, ty) => ends(ty),
    }
}

/// The first and the last place of some tokens.
fn ends(tokens: &impl ToTokens) -> (Span, Span) {
    let mut tokens = tokens.to_token_stream().into_iter();
    let first = tokens
        .next()
        .map_or_else(Span::call_site, |token| token.span());
    (first, tokens.last().map_or(first, |token| token.span()))
}
