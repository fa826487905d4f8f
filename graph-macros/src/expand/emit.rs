//! What all parts of the expansion share: the graph, the way to the runtime, the names of what is generated.

use graph_topology::Topology;
use proc_macro2::{Delimiter, Group, Ident, Span, TokenStream, TokenTree};
use quote::{ToTokens, format_ident, quote};
use syn::Visibility;

use crate::ast::{Module, ReduceHow};
use crate::model::{Field, Graph, Node};

/// A graph on its way to tokens.
pub(super) struct Emit<'a> {
    pub(super) graph: &'a Graph<'a>,
    /// Nothing where edges are missing; what depends on them is left out then.
    pub(super) topology: Option<Topology>,
    /// The path to the runtime.
    pub(super) krate: TokenStream,
    /// The path to its door for generated code.
    pub(super) door: TokenStream,
}

impl<'a> Emit<'a> {
    pub(super) fn new(graph: &'a Graph<'a>, topology: Option<Topology>) -> Self {
        let given = graph.module.args.krate.as_ref();
        let krate = given.map_or_else(|| quote!(::graph_runtime), |path| quote!(#path));
        let door = quote!(#krate::__private);
        Self {
            graph,
            topology,
            krate,
            door,
        }
    }

    /// The state's type. Without the user's span, so that an editor doesn't list it as a use.
    pub(super) fn state(&self) -> Ident {
        quiet(&self.graph.state.name)
    }

    /// The visibility of everything that is generated.
    pub(super) fn vis(&self) -> &'a Visibility {
        &self.graph.state.vis
    }

    /// What the compiler says where a trait isn't implemented. Without the prelude it doesn't find the attribute;
    /// then it says it in its own words.
    pub(super) fn unimplemented(
        &self,
        message: &str,
        label: &str,
        note: Option<&str>,
    ) -> TokenStream {
        if self.without_prelude() {
            return TokenStream::new();
        }
        let note = note.map(|note| quote!(, note = #note));
        quote!(#[diagnostic::on_unimplemented(message = #message, label = #label #note)])
    }

    /// Keeps the compiler from looking for the reason in this impl.
    pub(super) fn not_recommended(&self) -> TokenStream {
        if self.without_prelude() {
            return TokenStream::new();
        }
        quote!(#[diagnostic::do_not_recommend])
    }

    fn without_prelude(&self) -> bool {
        let Module { attrs, inner, .. } = self.graph.module;
        attrs
            .iter()
            .chain(inner)
            .any(|attr| attr.path().is_ident("no_implicit_prelude"))
    }

    /// The fields with their indices.
    pub(super) fn fields(&self) -> impl Iterator<Item = (usize, &'a Field<'a>)> {
        self.graph.fields.iter().enumerate()
    }

    /// The nodes that ask, with the index of the field that takes the answer.
    pub(super) fn asks(&self) -> impl Iterator<Item = (&'a Node<'a>, usize)> {
        self.graph
            .nodes
            .iter()
            .filter_map(|node| node.answer().map(|field| (node, field)))
    }

    /// The nodes that are reached by a `for`, with the type of their items.
    pub(super) fn batches(&self) -> impl Iterator<Item = (&'a Node<'a>, &'a syn::Type)> {
        self.graph
            .nodes
            .iter()
            .filter_map(|node| Some((node, node.item.as_ref()?)))
    }

    /// The path by which serde finds itself.
    pub(super) fn serde_path(&self) -> String {
        crate::text::ty(&self.door) + "::serde"
    }
}

/// The same visibility, as it is written one module further in.
pub(super) fn within(vis: &Visibility) -> TokenStream {
    let Visibility::Restricted(restricted) = vis else {
        return quote!(#vis);
    };
    let path = &restricted.path;
    match path.segments.first() {
        Some(first) if first.ident == "super" => quote!(pub(in super::#path)),
        _ => quote!(#vis),
    }
}

/// What generated items are allowed beside what the user's crate allows.
pub(super) fn allowances() -> TokenStream {
    quote!(#[allow(clippy::all, clippy::pedantic, dead_code, unreachable_pub, unused_qualifications)])
}

/// The function that makes a field's default.
pub(super) fn default_of(field: usize) -> Ident {
    format_ident!("__default_{field}")
}

/// The trait of what can be written to a field.
pub(super) fn value_of(field: usize) -> Ident {
    format_ident!("__Value{field}")
}

/// The struct of what a node sets.
pub(super) fn update_of(node: &Node<'_>) -> Ident {
    format_ident!("Update{}", node.camel, span = Span::call_site())
}

/// A type of the user's as all generated code names it that relies on what it can do; see `sound`.
pub(super) fn sound(ty: &impl ToTokens) -> TokenStream {
    quote!(__Sound<#ty>)
}

/// The same name without the user's span.
pub(super) fn quiet(name: &Ident) -> Ident {
    let mut name = name.clone();
    name.set_span(Span::call_site());
    name
}

/// The type of a reducer, at the user's token.
pub(super) fn reducer(how: &ReduceHow, span: Span, door: &TokenStream) -> Option<TokenStream> {
    let name = match how {
        ReduceHow::Named(word) if word == "replace" => return None,
        ReduceHow::Named(word) | ReduceHow::Upsert { word, .. } => crate::names::camel(word)?,
        ReduceHow::Custom(path) => return Some(quote!(#path)),
        ReduceHow::Hole => return None,
    };
    Some(quote::quote_spanned!(span=> #door::#name))
}

/// A variable of what is generated, within tokens that have the user's place as it is. Names are looked up where all
/// that is generated is: the two differ where a graph is written by a macro of the user's. A place that were looked up
/// there, too, would do as well, but the compiler tells of the expansion wherever it shows one.
pub(super) fn local(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}

/// Something generated in parentheses that have the user's place: of what it is a part of, the compiler sees no more
/// than they show.
pub(super) fn enclosed(tokens: TokenStream, span: Span) -> TokenStream {
    let mut group = Group::new(Delimiter::Parenthesis, tokens);
    group.set_span(span);
    TokenTree::from(group).into()
}

/// A name as the user's expressions say it, so that they find what it stands for: where a graph is written by a
/// macro of the user's, two that are spelled alike need not be the same.
pub(super) fn as_said(name: &str, expressions: &TokenStream) -> Ident {
    let said = find(name, expressions).unwrap_or_else(Span::call_site);
    Ident::new(name, Span::call_site().resolved_at(said))
}

fn find(name: &str, tokens: &TokenStream) -> Option<Span> {
    tokens.clone().into_iter().find_map(|token| match token {
        TokenTree::Ident(ident) if ident == name => Some(ident.span()),
        TokenTree::Group(group) => find(name, &group.stream()),
        _ => None,
    })
}

/// The same tokens, all of them at one place.
pub(super) fn spanned(tokens: &TokenStream, span: Span) -> TokenStream {
    let at = |mut token: TokenTree| {
        token.set_span(span);
        token
    };
    tokens.clone().into_iter().map(at).collect()
}
