//! The module with everything that makes it a graph. One expander: what is missing is left out, the
//! rest is the same with and without mistakes.

mod accepted;
mod answers;
mod batches;
mod caching;
mod calls;
mod conditional;
mod constant;
mod context;
mod definition;
mod editor;
mod emit;
mod emitted;
mod fields;
mod io;
mod json;
mod nodes;
mod pause;
mod policies;
mod questions;
mod returns;
mod routes;
mod schemas;
mod sound;
mod state;
mod subgraphs;
mod suits;
mod updates;
mod values;
mod waits;
mod within;

use proc_macro2::TokenStream;
use quote::quote;

use crate::ast::Module;
use crate::findings::Findings;
use crate::model::Graph;
use crate::{parse, topology};
use emit::Emit;
use fields::Writable;

/// Expands `#[graph(args)] item`.
pub(crate) fn graph(args: TokenStream, item: &TokenStream) -> TokenStream {
    let mut findings = Findings::default();
    let Some(module) = parse::module(args, item.clone(), &mut findings) else {
        // Not a module: whatever it is, it stays, and so does every name in it.
        let messages = findings.into_error().map(syn::Error::into_compile_error);
        return quote!(#item #messages);
    };
    let model = Graph::new(&module, &mut findings);
    let derived = model
        .as_ref()
        .filter(|graph| !graph.module.torn)
        .map(|graph| {
            let topology = graph.flow.whole.then(|| topology::lower(graph));
            if let Some(topology) = &topology {
                topology::report(&topology.check(), graph, &mut findings);
            }
            derived(&Emit::new(graph, topology))
        });
    let messages = findings.into_error().map(syn::Error::into_compile_error);
    let Module {
        attrs,
        vis,
        name,
        inner,
        tokens,
        ..
    } = &module;
    let editor = editor::editor(&module);
    let nodes = editor::nodes(&module);
    // What a user's token stands behind depends on nothing but what is before it in the source; see `editor`.
    // The types of a graph mostly stand around it: `use super::*;` is the idiom, unless the user forbids it.
    quote! {
        #[allow(clippy::wildcard_imports)]
        #(#attrs)*
        #vis mod #name {
            #(#inner)*
            #tokens
            #[allow(unexpected_cfgs, clippy::all, clippy::pedantic)]
            const _: () = {
                #editor
                #nodes
            };
            #derived
            #messages
        }
    }
}

/// Everything that is made of the module.
fn derived(emit: &Emit<'_>) -> TokenStream {
    let public = [
        definition::graph(emit),
        nodes::node_enum(emit),
        io::input(emit),
        io::output(emit),
        updates::updates(emit),
        values::values(emit),
        questions::questions(emit),
        within::events(emit),
        constant::constant(emit),
    ];
    let keys = (0..emit.graph.fields.len()).filter_map(|field| Writable::new(emit, field).key());
    let hidden = [
        state::defaults(emit),
        state::state(emit),
        batches::batches(emit),
        updates::serialize(emit),
        suits::suits(emit),
        returns::returns(emit),
        routes::routes(emit),
        context::context(emit),
        subgraphs::parts(emit),
        calls::calls(emit),
        definition::definition(emit),
        schemas::schemas(emit),
    ];
    let sound = sound::sound(emit);
    quote! {
        #(#keys)*
        #sound
        #(#public)*
        #[allow(
            clippy::all, clippy::pedantic, dead_code, private_bounds, unreachable_code, unreachable_pub,
            unused_mut, unused_qualifications, unused_variables,
        )]
        const _: () = {
            #(#hidden)*
        };
    }
}
