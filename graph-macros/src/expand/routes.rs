//! Where a node leads: one function for each statement with a choice, which holds the user's expressions
//! and gives the arm that is taken; and the method that starts what the arm says.

use proc_macro2::{Ident, TokenStream};
use quote::{format_ident, quote, quote_spanned};
use syn::spanned::Spanned as _;

use super::emit::{Emit, as_said, spanned};
use crate::model::{Decision, Leaf, Member, Route, Source};

/// Whether the routes can be written out: all of them are there, and all items have a type.
pub(super) fn are_whole(emit: &Emit<'_>) -> bool {
    let flow = &emit.graph.flow;
    let leaves = flow.routes.iter().flat_map(|route| route.to.leaves());
    let typed =
        |member: &Member<'_>| member.each.is_none() || emit.graph.nodes[member.node].item.is_some();
    flow.whole && leaves.flat_map(|leaf| &leaf.members).all(typed)
}

/// The functions and the types of what they give.
pub(super) fn routes(emit: &Emit<'_>) -> TokenStream {
    if !are_whole(emit) {
        return TokenStream::new();
    }
    let routes = emit.graph.flow.routes.iter().enumerate();
    routes
        .filter(|(_, route)| has_choice(route))
        .map(|(index, each)| route(emit, index, each))
        .collect()
}

/// A route without one is known without looking at the state.
fn has_choice(route: &Route<'_>) -> bool {
    match &route.to {
        Decision::Leaf(leaf) => leaf.members.iter().any(|member| has_payload(member)),
        Decision::Match { .. } | Decision::If { .. } | Decision::Hole => true,
    }
}

fn has_payload(member: &Member<'_>) -> bool {
    member.guard.is_some() || member.each.is_some()
}

fn function(index: usize) -> Ident {
    format_ident!("__route_{index}")
}

fn target(index: usize) -> Ident {
    format_ident!("__Route{index}")
}

fn arm(index: usize) -> Ident {
    format_ident!("Arm{index}")
}

fn route(emit: &Emit<'_>, index: usize, route: &Route<'_>) -> TokenStream {
    let (function, target, state) = (function(index), target(index), emit.state());
    let arms = route.to.leaves().into_iter().enumerate().map(|(at, leaf)| {
        let (arm, types) = (arm(at), payload_types(emit, leaf));
        if types.is_empty() {
            quote!(#arm)
        } else {
            quote!(#arm(#(#types),*))
        }
    });
    let mut writer = Writer {
        emit,
        target: target.clone(),
        next: 0,
    };
    let body = writer.decision(&route.to);
    let said = as_said("state", &body);
    quote! {
        enum #target { #(#arms),* }
        fn #function(#said: &#state) -> #target { #body }
    }
}

/// What an arm carries: a flag for each guard, the items and the limit of each `for`.
fn payload_types(emit: &Emit<'_>, leaf: &Leaf<'_>) -> Vec<TokenStream> {
    let mut types = Vec::new();
    for member in &leaf.members {
        if member.guard.is_some() {
            types.push(quote!(bool));
        }
        if let (Some(each), Some(item)) = (member.each, &emit.graph.nodes[member.node].item) {
            types.push(quote!(::std::vec::Vec<#item>));
            types.extend(each.limit.as_ref().map(|_| quote!(usize)));
        }
    }
    types
}

/// Writes a decision out, numbering its leaves.
struct Writer<'e> {
    emit: &'e Emit<'e>,
    target: Ident,
    next: usize,
}

impl Writer<'_> {
    fn decision(&mut self, decision: &Decision<'_>) -> TokenStream {
        match decision {
            Decision::Leaf(leaf) => self.leaf(leaf),
            Decision::Match { route, arms } => {
                let (word, subject) = (route.word, &route.subject);
                let mut written = TokenStream::new();
                for (arm, to) in arms {
                    let pat = &arm.pat;
                    let guard = arm.guard.as_ref().map(|guard| {
                        let (word, cond) = (guard.word, &guard.cond);
                        quote!(#word #cond)
                    });
                    let braces = arm.target.end();
                    let to = self.decision(to);
                    // Where the compiler proposes another arm, it goes behind these braces.
                    written.extend(quote_spanned!(braces=> #pat #guard => { #to }));
                }
                quote!(#word #subject { #written })
            }
            Decision::If {
                route,
                then,
                otherwise,
            } => {
                let (word, cond) = (route.word, &route.cond);
                let (then, otherwise) = (self.decision(then), self.decision(otherwise));
                quote!(#word #cond { #then } else { #otherwise })
            }
            Decision::Hole => quote!(::core::unreachable!()),
        }
    }

    fn leaf(&mut self, leaf: &Leaf<'_>) -> TokenStream {
        let (target, arm) = (&self.target, arm(self.next));
        self.next += 1;
        let door = &self.emit.door;
        let mut values = Vec::new();
        for member in &leaf.members {
            if let Some(guard) = member.guard {
                let cond = &guard.cond;
                // A condition may be a `let`, which is none outside of an `if`.
                values.push(quote_spanned!(cond.span()=> if #cond { true } else { false }));
            }
            if let Some(each) = member.each {
                let items = &each.items;
                // At the expression, since what is said about the call is said about that.
                let span = items.span();
                let door = spanned(door, span);
                values.push(quote_spanned!(span=> #door::items(#items)));
                values.extend(each.limit.as_ref().map(|limit| quote!(#limit)));
            }
        }
        if values.is_empty() {
            quote!(#target::#arm)
        } else {
            quote!(#target::#arm(#(#values),*))
        }
    }
}

/// The method of the definition that starts and fills what follows.
pub(super) fn method(emit: &Emit<'_>) -> TokenStream {
    let door = &emit.door;
    let body = if are_whole(emit) {
        body(emit)
    } else {
        quote!(let _ = (from, next);)
    };
    quote! {
        fn route(&self, from: ::core::option::Option<Node>, next: &mut #door::Next<Self>) {
            #body
        }
    }
}

fn body(emit: &Emit<'_>) -> TokenStream {
    let start = follows(emit, Source::Start);
    let nodes = emit.graph.nodes.iter().enumerate().map(|(index, node)| {
        let (camel, follows) = (&node.camel, follows(emit, Source::Node(index)));
        quote!(::core::option::Option::Some(Node::#camel) => { #follows })
    });
    quote! {
        match from {
            ::core::option::Option::None => { #start }
            #(#nodes)*
        }
    }
}

/// What follows one source: its route, or, without one, the slots that it fills.
fn follows(emit: &Emit<'_>, source: Source) -> TokenStream {
    let leads =
        |(_, route): &(usize, &Route<'_>)| route.from.iter().any(|origin| origin.source == source);
    let Some((index, route)) = emit.graph.flow.routes.iter().enumerate().find(leads) else {
        return match source {
            Source::Start => TokenStream::new(),
            Source::Node(node) => fill(slots(emit, node, None)),
        };
    };
    if !has_choice(route) {
        return route
            .to
            .leaves()
            .into_iter()
            .map(|leaf| started(emit, source, leaf))
            .collect();
    }
    let (function, target) = (function(index), target(index));
    let arms = route.to.leaves().into_iter().enumerate().map(|(at, leaf)| {
        let (arm, started) = (arm(at), started(emit, source, leaf));
        let names = payload_names(leaf);
        let payload = (!names.is_empty()).then(|| quote!((#(#names),*)));
        quote!(#target::#arm #payload => { #started })
    });
    quote!(match #function(self) { #(#arms)* })
}

fn payload_names(leaf: &Leaf<'_>) -> Vec<Ident> {
    let mut names = Vec::new();
    for (at, member) in leaf.members.iter().enumerate() {
        names.extend(member.guard.map(|_| format_ident!("guard_{at}")));
        if let Some(each) = member.each {
            names.push(format_ident!("items_{at}"));
            names.extend(each.limit.as_ref().map(|_| format_ident!("limit_{at}")));
        }
    }
    names
}

/// Starts the members of a leaf, or fills the slots in which their source arrives.
fn started(emit: &Emit<'_>, source: Source, leaf: &Leaf<'_>) -> TokenStream {
    let members = leaf.members.iter().enumerate().map(|(at, member)| {
        let start = start(emit, source, at, member);
        if member.guard.is_none() {
            return start;
        }
        let (guard, skipped) = (
            format_ident!("guard_{at}"),
            fill(slots(emit, member.node, None)),
        );
        quote!(if #guard { #start } else { #skipped })
    });
    members.collect()
}

fn start(emit: &Emit<'_>, source: Source, at: usize, member: &Member<'_>) -> TokenStream {
    let camel = &emit.graph.nodes[member.node].camel;
    if let Some(each) = member.each {
        let items = format_ident!("items_{at}");
        let limit = if each.limit.is_some() {
            let limit = format_ident!("limit_{at}");
            quote!(::core::option::Option::Some(#limit))
        } else {
            quote!(::core::option::Option::None)
        };
        return quote!(next.each(Node::#camel, __Items::#camel(#items), #limit););
    }
    let arrives = match source {
        Source::Node(node) => slots(emit, node, Some(member.node)),
        Source::Start => Vec::new(),
    };
    if arrives.is_empty() {
        quote!(next.start(Node::#camel);)
    } else {
        fill(arrives)
    }
}

/// The slots that name a node, of the joins that lead to `to` or of all.
fn slots(emit: &Emit<'_>, node: usize, to: Option<usize>) -> Vec<(usize, u32)> {
    let mut found = Vec::new();
    for (index, join) in emit.graph.flow.joins.iter().enumerate() {
        if to.is_some_and(|to| join.to != to) {
            continue;
        }
        for (slot, members) in (0..).zip(&join.slots) {
            if members.iter().any(|(_, member)| *member == node) {
                found.push((index, slot));
            }
        }
    }
    found
}

fn fill(slots: Vec<(usize, u32)>) -> TokenStream {
    slots
        .into_iter()
        .map(|(join, slot)| quote!(next.fill(#join, #slot);))
        .collect()
}
