//! What only a language server sees: every name that stands in `edges!` or in an attribute, once, with
//! its span, in a place where completion offers what fits.
//!
//! A server completes by expanding the module a second time with a word inserted at the cursor, and
//! looks for that word at the same distance from the start. So what is emitted before a user's token
//! depends on nothing but what stands before it in the source: not on what it resolves to, not on mistakes.

use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::{format_ident, quote};
use syn::parse::{ParseStream, Parser as _};
use syn::{Expr, Token, token};

use crate::ast::{
    AnyOf, For, From, Group, Guard, Handler, Line, Member, Module, Names, NodeRole, Statement,
    Subgraph, Target, Time, Wait,
};
use crate::parse::PLACEHOLDER;

/// All of it.
pub(super) fn editor(module: &Module) -> TokenStream {
    let Some(state) = &module.state else {
        return TokenStream::new();
    };
    let state_name = &quiet(&state.name);
    let fields = state.fields.iter().map(|field| {
        let (cfgs, name) = (&field.cfgs, &field.name);
        quote!(#(#cfgs)* #name: _,)
    });
    let attributes = module.nodes.iter().enumerate().map(|(index, node)| {
        let fields = attribute(index, &node.role, state_name);
        let handler = node.on_error.as_ref().map(|it| handler(index, it));
        quote!(#fields #handler)
    });
    let lines = module.edges.iter().flat_map(|edges| &edges.lines);
    let statements = lines.enumerate().map(|(index, each)| {
        let name = format_ident!("statement_{index}");
        let body = line(each);
        quote! {
            #[cfg(rust_analyzer)]
            fn #name(state: &#state_name) { #body }
        }
    });
    quote! {
        #[cfg(rust_analyzer)]
        fn fields(it: &#state_name) { let #state_name { #(#fields)* .. } = it; }
        #(#attributes)*
        #(#statements)*
    }
}

/// The module in which the names of `edges!` are looked up.
pub(super) fn nodes(module: &Module) -> TokenStream {
    let names = module.nodes.iter().map(|node| quiet(&node.name));
    quote! {
        #[cfg(rust_analyzer)]
        mod nodes {
            pub(super) use super::{#(#names),*};
            pub(super) fn start() {}
            pub(super) fn end() {}
        }
    }
}

/// The same name without the user's span, so that it isn't found a second time.
fn quiet(name: &Ident) -> Ident {
    let mut name = name.clone();
    name.set_span(proc_macro2::Span::call_site());
    name
}

/// The fields that an attribute names, as a pattern: completion offers those that aren't there yet.
fn attribute(index: usize, role: &NodeRole, state: &Ident) -> Option<TokenStream> {
    let name = format_ident!("attribute_{index}");
    let (names, open): (&[Ident], bool) = match role {
        NodeRole::Subgraph(subgraph) => return Some(other_graph(&name, subgraph, state)),
        NodeRole::Task(task) => match &task.writes {
            Some(Names { names, open }) => (names, *open),
            None if task.asks.is_none() => return None,
            None => (&[], false),
        },
        NodeRole::Ask(ask) => (ask.into.as_slice(), ask.into.is_none()),
        NodeRole::Wait(_) => (&[], false),
    };
    let rest = match role {
        NodeRole::Task(task) => task.asks.as_ref().map(|asks| {
            let question = &asks.question;
            quote!(let _: #question;)
        }),
        NodeRole::Ask(ask) => ask
            .otherwise
            .as_ref()
            .map(|answer| quote!(let _ = #answer;)),
        NodeRole::Wait(Wait {
            time: Some(Time::Until(time)),
        }) => Some(quote!(let _ = #time;)),
        NodeRole::Wait(_) | NodeRole::Subgraph(_) => None,
    };
    let hole = open.then(|| format_ident!("{PLACEHOLDER}")).into_iter();
    Some(quote! {
        #[cfg(rust_analyzer)]
        fn #name(it: &#state, state: &#state) { let #state { #(#names: _,)* #(#hole: _,)* .. } = it; #rest }
    })
}

/// The path to another graph, and the fields that it shares or whose value it gives.
fn other_graph(name: &Ident, subgraph: &Subgraph, state: &Ident) -> TokenStream {
    let hole = format_ident!("{PLACEHOLDER}");
    let path = if subgraph.path.is_empty() {
        quote!(#hole)
    } else {
        subgraph.path.clone()
    };
    let names = subgraph.named.iter();
    let names = names.map(|name| name.as_ref().unwrap_or(&hole));
    quote! {
        #[cfg(rust_analyzer)]
        fn #name(it: &#state) { let _: #path; let #state { #(#names: _,)* .. } = it; }
    }
}

/// The node that an attribute names.
fn handler(index: usize, handler: &Handler) -> TokenStream {
    let function = format_ident!("handler_{index}");
    let name = handler.name.as_ref().map_or_else(hole, name);
    quote! {
        #[cfg(rust_analyzer)]
        fn #function() { #name }
    }
}

fn line(line: &Line) -> TokenStream {
    match line {
        Line::Statement(each) => statement(each),
        Line::Torn(tokens) => torn(tokens.clone()),
    }
}

fn statement(statement: &Statement) -> TokenStream {
    let from = match &statement.from {
        From::Any(names) => any_of(names),
        From::All(members) => group(members),
    };
    let steps = statement.steps.iter().map(|step| target(&step.target));
    quote!(#from #(#steps)*)
}

fn target(to: &Target) -> TokenStream {
    match to {
        Target::Named(names) => any_of(names),
        Target::Group(members) => group(members),
        Target::For(each) => for_each(each),
        Target::Match(route) => {
            let subject = &route.subject;
            let arms = route.arms.iter().map(|arm| {
                let pat = &arm.pat;
                let guard = arm
                    .guard
                    .as_ref()
                    .map(|Guard { word, cond }| quote!(#word #cond));
                let to = target(&arm.target);
                quote!(#pat #guard => { #to })
            });
            quote!(match #subject { #(#arms)* })
        }
        Target::If(route) => {
            let cond = &route.cond;
            let then = target(&route.then);
            let otherwise = target(&route.otherwise);
            quote!(if #cond { #then } else { #otherwise })
        }
        Target::Hole | Target::Missing(_) => hole(),
    }
}

fn group(group: &Group) -> TokenStream {
    let members = group.members.iter().map(|member| match member {
        Member::For(each) => for_each(each),
        Member::Named { names, guard } => {
            let names = any_of(names);
            let guard = guard
                .as_ref()
                .map(|Guard { word, cond }| quote!(#word #cond {}));
            quote!(#names #guard)
        }
    });
    let hole = group.open.then(hole);
    quote!(#(#members)* #hole)
}

fn for_each(each: &For) -> TokenStream {
    let For {
        item,
        items,
        limit,
        node,
        passed,
        ..
    } = each;
    let node = name(node);
    let limit = limit.as_ref().map(|limit| quote!(let _: usize = #limit;));
    quote!(for #item in #items { #limit #node let _ = #passed; })
}

fn any_of(names: &AnyOf) -> TokenStream {
    names.names.iter().map(name).collect()
}

/// A node's name, where only nodes are offered.
fn name(name: &Ident) -> TokenStream {
    if name == PLACEHOLDER {
        return hole();
    }
    quote!(#[cfg(rust_analyzer)] use nodes::#name as _;)
}

/// The same up to the name.
fn hole() -> TokenStream {
    quote!(
        #[cfg(rust_analyzer)]
        use nodes::{};
    )
}

/// What couldn't be read as an edge: its names and expressions, as far as they go.
fn torn(tokens: TokenStream) -> TokenStream {
    pieces.parse2(tokens).unwrap_or_default()
}

fn pieces(input: ParseStream<'_>) -> syn::Result<TokenStream> {
    let mut found = TokenStream::new();
    while !input.is_empty() {
        if input.peek(Token![match]) || input.peek(Token![if]) || input.peek(Token![in]) {
            input.parse::<TokenTree>()?;
            let Ok(expr) = input.call(Expr::parse_without_eager_brace) else {
                break;
            };
            found.extend(quote!(match #expr { _ => {} }));
        } else if input.peek(token::Brace) {
            let content;
            syn::braced!(content in input);
            let inner = pieces(&content)?;
            let hole = hole();
            found.extend(quote!({ #inner #hole }));
        } else if input.peek(syn::Ident) {
            found.extend(name(&input.parse()?));
        } else {
            input.parse::<TokenTree>()?;
        }
    }
    // What couldn't be read is taken all the same, or syn would say so.
    input.parse::<TokenStream>()?;
    Ok(found)
}
