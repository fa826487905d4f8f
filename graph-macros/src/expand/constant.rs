//! `TOPOLOGY`: the graph as it was written, as a constant.

use graph_topology::{Arm, Field, Join, Member, Node, NodeKind, Route, Source, Topology};
use proc_macro2::TokenStream;
use quote::quote;

use super::emit::Emit;

pub(super) fn constant(emit: &Emit<'_>) -> TokenStream {
    let (vis, door) = (emit.vis(), &emit.door);
    let value = match &emit.topology {
        Some(graph) => topology(graph),
        None => topology(&Topology {
            id: "".into(),
            fields: Vec::new().into(),
            nodes: Vec::new().into(),
            routes: Vec::new().into(),
            joins: Vec::new().into(),
        }),
    };
    quote! {
        /// The graph as it was written.
        #[allow(dead_code)]
        #vis static TOPOLOGY: #door::topology::Topology = {
            use #door::topology as __topology;
            use ::core::option::Option::{None as __None, Some as __Some};
            use ::std::borrow::Cow::Borrowed as __Borrowed;
            #value
        };
    }
}

fn topology(it: &Topology) -> TokenStream {
    let id = &*it.id;
    let fields = list(&it.fields, field);
    let nodes = list(&it.nodes, node);
    let routes = list(&it.routes, route);
    let joins = list(&it.joins, join);
    quote! {
        __topology::Topology {
            id: __Borrowed(#id),
            fields: #fields,
            nodes: #nodes,
            routes: #routes,
            joins: #joins,
        }
    }
}

fn field(it: &Field) -> TokenStream {
    let Field {
        name,
        ty,
        reducer,
        given,
    } = it;
    let reducer = optional(reducer.as_deref().map(text));
    quote!(__topology::Field {
        name: __Borrowed(#name),
        ty: __Borrowed(#ty),
        reducer: #reducer,
        given: #given,
    })
}

fn node(it: &Node) -> TokenStream {
    let Node {
        name,
        kind,
        reads,
        writes,
        on_error,
    } = it;
    let kind = match kind {
        NodeKind::Task => quote!(Task),
        NodeKind::Ask => quote!(Ask),
        NodeKind::Wait => quote!(Wait),
        NodeKind::Subgraph => quote!(Subgraph),
    };
    let (reads, writes) = (numbers(reads), numbers(writes));
    let on_error = optional(on_error.map(|node| quote!(#node)));
    quote!(__topology::Node {
        name: __Borrowed(#name),
        kind: __topology::NodeKind::#kind,
        reads: #reads,
        writes: #writes,
        on_error: #on_error,
    })
}

fn route(it: &Route) -> TokenStream {
    let Route {
        from,
        reads,
        arms,
        doc,
    } = it;
    let (from, reads, arms) = (
        list(from, |from| source(*from)),
        numbers(reads),
        list(arms, arm),
    );
    quote!(__topology::Route { from: #from, reads: #reads, arms: #arms, doc: __Borrowed(#doc) })
}

fn source(it: Source) -> TokenStream {
    match it {
        Source::Start => quote!(__topology::Source::Start),
        Source::Node(node) => quote!(__topology::Source::Node(#node)),
    }
}

fn arm(it: &Arm) -> TokenStream {
    let when = list(&it.when, |when| text(when));
    let to = list(&it.to, member);
    quote!(__topology::Arm { when: #when, to: #to })
}

fn member(it: &Member) -> TokenStream {
    let Member { node, guard, each } = it;
    let guard = optional(guard.as_deref().map(text));
    let each = optional(each.as_deref().map(text));
    quote!(__topology::Member { node: #node, guard: #guard, each: #each })
}

fn join(it: &Join) -> TokenStream {
    let Join { slots, to, doc } = it;
    let slots = list(slots, |slot| numbers(slot));
    quote!(__topology::Join { slots: #slots, to: #to, doc: __Borrowed(#doc) })
}

fn list<T>(items: &[T], write: impl Fn(&T) -> TokenStream) -> TokenStream {
    let items = items.iter().map(write);
    quote!(__Borrowed(&[#(#items),*]))
}

fn numbers(numbers: &[u16]) -> TokenStream {
    quote!(__Borrowed(&[#(#numbers),*]))
}

fn text(text: &str) -> TokenStream {
    quote!(__Borrowed(#text))
}

fn optional(value: Option<TokenStream>) -> TokenStream {
    value.map_or_else(|| quote!(__None), |value| quote!(__Some(#value)))
}
