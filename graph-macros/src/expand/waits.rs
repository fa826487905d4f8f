//! How nodes wait: the time of a wait, the deadline of an ask and its `else`, what a node asks while it runs.

use proc_macro2::{Ident, TokenStream};
use quote::{ToTokens as _, format_ident, quote, quote_spanned};
use syn::spanned::Spanned as _;
use syn::{Expr, Type};

use super::batches;
use super::calls::shared_state;
use super::emit::{Emit, as_said, local, quiet, spanned};
use super::questions::{Ask, asks};
use crate::ast::{NodeRole, Time, Wait};
use crate::model::{Node, ParamSource};
use crate::names::plain;
use crate::parse::is_mended;

/// The function that runs a wait. The user's function is there for its name.
pub(super) fn call(emit: &Emit<'_>, node: &Node<'_>, wait: &Wait, name: &Ident) -> TokenStream {
    let (door, state, shared) = (&emit.door, emit.state(), shared_state(emit));
    let function = quiet(node.name());
    let due = match &wait.time {
        Some(Time::Until(expr)) if is_finished(expr) => {
            let door = spanned(door, expr.span());
            quote_spanned!(expr.span()=> #door::Until::until(#expr))
        }
        Some(Time::Length(length)) => {
            let micros = micros(*length);
            quote!(#door::after(#micros))
        }
        _ => quote!(::core::option::Option::None),
    };
    let until = format_ident!("__until_{}", plain(node.name()));
    let said = as_said("state", &due);
    quote! {
        fn #until(#said: &#state) -> ::core::option::Option<#door::Due> { #due }
        async fn #name(call: __Call<'_>) -> __Ended #shared {
            let _ = self::#function;
            ::core::result::Result::Ok(#door::waits(&call, #until(call.state)))
        }
    }
}

/// How long the question of an ask is open, in microseconds.
pub(super) fn within(node: &Node<'_>) -> TokenStream {
    let within = match &node.ast.role {
        NodeRole::Ask(ask) => ask.within,
        _ => None,
    };
    within.map(micros).map_or_else(
        || quote!(::core::option::Option::None),
        |micros| quote!(::core::option::Option::Some(#micros)),
    )
}

/// No length that can be written is longer than this holds.
fn micros(length: std::time::Duration) -> u64 {
    u64::try_from(length.as_micros()).unwrap_or(u64::MAX)
}

/// The run of a node that asks while it runs.
pub(super) fn asking(emit: &Emit<'_>, question: &Type) -> TokenStream {
    let (span, call) = (question.span(), local("call"));
    let door = spanned(&emit.door, span);
    quote_spanned!(span=> #door::asking::<#question, _>(&#call))
}

/// The work of a node, which stops where it asks.
pub(super) fn interruptible(emit: &Emit<'_>, node: &Node<'_>, work: &TokenStream) -> TokenStream {
    let door = &emit.door;
    match node.interrupts() {
        Some(_) => quote!(#door::interruptible(__run, async { #work }).await),
        None => work.clone(),
    }
}

/// The method of the definition that gives the answer when nobody has.
pub(super) fn otherwise(emit: &Emit<'_>) -> TokenStream {
    let door = &emit.door;
    let asks = asks(emit);
    let timed: Vec<_> = asks
        .iter()
        .filter_map(|ask| Some((ask, in_the_end(ask)?)))
        .collect();
    let arms = timed
        .iter()
        .map(|(ask, expr)| answer_in_time(emit, ask, expr));
    let rest = (timed.len() < emit.graph.nodes.len())
        .then(|| quote!(_ => ::core::result::Result::Ok(::core::option::Option::None),));
    quote! {
        fn otherwise(
            &self,
            node: Node,
            item: ::core::option::Option<(&Self::Items, usize)>,
        ) -> ::core::result::Result<
            ::core::option::Option<::std::boxed::Box<#door::serde_json::value::RawValue>>,
            #door::serde_json::Error,
        > {
            let _ = &item;
            match node { #(#arms)* #rest }
        }
    }
}

fn in_the_end<'e>(ask: &Ask<'e>) -> Option<&'e Expr> {
    match &ask.node.ast.role {
        NodeRole::Ask(role) if ask.node.whole => {
            role.otherwise.as_ref().filter(|expr| is_finished(expr))
        }
        _ => None,
    }
}

/// What breaks off was reported; the compiler would say it once more.
fn is_finished(expr: &Expr) -> bool {
    !is_mended(&expr.to_token_stream())
}

/// A function of its own, so that the expression is no more than one.
fn answer_in_time(emit: &Emit<'_>, ask: &Ask<'_>, expr: &Expr) -> TokenStream {
    let Emit { krate, door, .. } = emit;
    let (state, camel, answer) = (emit.state(), ask.camel(), ask.answer(emit));
    let mut params = ask.node.params.iter();
    let item = params
        .find(|param| param.source == ParamSource::Item)
        .zip(ask.node.item.as_ref())
        .map(|(param, ty)| (quiet(param.name), ty));
    let param = item.as_ref().map(|(name, ty)| quote!(#name: &#ty));
    let (found, given) = match &item {
        Some(_) => {
            let nothing = quote!(return #door::unexpected("item", #krate::GraphNode::name(node)));
            let found = batches::item(ask.node, &quote!(item), &nothing);
            (found, quote!(__item))
        }
        None => (TokenStream::new(), TokenStream::new()),
    };
    let said = as_said("state", &quote!(#expr));
    quote! {
        Node::#camel => {
            fn __otherwise(#said: &#state, #param) -> #answer { #expr }
            #found
            #door::to_raw(&__otherwise(self, #given)).map(::core::option::Option::Some)
        }
    }
}
