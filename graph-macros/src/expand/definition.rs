//! `impl StateGraph`: all that the engine asks of a graph.

use proc_macro2::TokenStream;
use quote::{quote, quote_spanned};

use super::emit::{Emit, allowances, default_of, sound};
use super::fields::Writable;
use super::{
    answers, batches, caching, calls, emitted, io, policies, questions, routes, state, updates,
    values, waits, within,
};
use crate::ast::Scope;
use crate::model::forms;
use crate::names::plain;

pub(super) fn definition(emit: &Emit<'_>) -> TokenStream {
    let Emit {
        krate,
        door,
        graph,
        topology,
        ..
    } = emit;
    let name = emit.state();
    let id = graph.module.args.id.clone().unwrap_or_default();
    let fingerprint = topology
        .as_ref()
        .map_or(0, graph_topology::Topology::fingerprint);
    let specs = graph.fields.iter().map(|field| {
        let (name, said) = (state::stored_name(field.ast), plain(&field.ast.name));
        let (saved, secret, unordered) = (
            field.ast.unsaved.is_none(),
            field.ast.is_secret(),
            forms::is_unordered(&field.ast.ty),
        );
        quote! {
            #door::FieldSpec {
                name: #name,
                said: #said,
                saved: #saved,
                secret: #secret,
                unordered: #unordered,
            }
        }
    });
    let shared = calls::shared_state(emit);
    let items = batches::type_of(emit);
    let evolution = evolution(emit);
    let types = questions::types(emit);
    let context = graph.module.context.as_ref().map_or_else(
        || quote!(()),
        |context| {
            let name = super::emit::quiet(&context.name);
            sound(&name)
        },
    );
    let within = within::events_type(emit);
    let emits = emitted::type_of(emit);
    let (policies, nested) = (policies::constant(emit), within::constant(emit));
    let methods = [
        io::merging(emit),
        updates::apply(emit),
        values::apply(emit),
        resets(emit),
        reach(emit),
        io::into_output(emit),
        io::output_json(emit),
        io::waiting(emit),
        state::show(emit),
        updates::store_update(emit),
        emitted::json(emit),
        routes::method(emit),
        calls::methods(emit),
        caching::method(emit),
        updates::read_update(emit),
        answers::read_question(emit),
        answers::read_answer(emit),
        answers::read_answers(emit),
        waits::otherwise(emit),
    ];
    quote! {
        impl #krate::StateGraph for #name #shared {
            const ID: &'static str = #id;
            const FINGERPRINT: u64 = #fingerprint;
            const FIELDS: &'static [#door::FieldSpec] = &[#(#specs),*];
            #evolution
            #policies
            #nested

            type Node = Node;
            type Items = #items;
            type Input = Input;
            type Output = __Sound<Output>;
            type Values = Values;
            type Update = Update;
            #types
            type Pause = Pause;
            type Context = #context;
            type Emit = #emits;
            type Within = #within;

            fn topology() -> &'static #door::topology::Topology {
                &TOPOLOGY
            }

            #(#methods)*
        }
    }
}

/// How what an earlier version has stored is read.
fn evolution(emit: &Emit<'_>) -> TokenStream {
    let door = &emit.door;
    let aliases: Vec<TokenStream> = emit
        .graph
        .nodes
        .iter()
        .flat_map(|node| {
            let camel = &node.camel;
            let aliases = node.ast.aliases.iter().map(syn::LitStr::value);
            aliases.map(move |alias| quote!((#alias, Node::#camel)))
        })
        .collect();
    let aliases = (!aliases.is_empty())
        .then(|| quote!(const ALIASES: &'static [(&'static str, Node)] = &[#(#aliases),*];));
    let migrate = emit.graph.module.migrate.as_ref().map(|function| {
        let (span, state) = (function.span(), super::emit::local("state"));
        let door = super::emit::spanned(door, span);
        let done = quote_spanned!(span=> #door::Migrated::done(#function(#state)));
        quote! {
            const MIGRATE: ::core::option::Option<#door::Migrate> =
                ::core::option::Option::Some(|state| #done);
        }
    });
    quote!(#aliases #migrate)
}

/// `Graph` and what builds one.
pub(super) fn graph(emit: &Emit<'_>) -> TokenStream {
    let krate = &emit.krate;
    let (vis, state, allow) = (emit.vis(), emit.state(), allowances());
    let sound = sound(&state);
    let drawing = emit.topology.as_ref().map(drawing);
    quote! {
        /// The graph, ready to run, with a checkpointer.
        #drawing
        #allow
        #vis type Graph = #krate::Graph<#sound>;

        #allow
        impl #state {
            /// A builder of this graph.
            #vis fn graph() -> #krate::Builder<#sound> {
                ::core::default::Default::default()
            }
        }
    }
}

/// The graph as an image, for rustdoc alone: an editor would show its source.
///
/// A `div` begins a block of HTML, and as the image has no blank line, Markdown leaves all of it alone.
fn drawing(topology: &graph_topology::Topology) -> TokenStream {
    let image = topology.svg();
    let drawing = format!("\n\n<div style=\"overflow-x:auto\">\n{image}</div>\n");
    quote!(#[cfg_attr(doc, doc = #drawing)])
}

fn resets(emit: &Emit<'_>) -> TokenStream {
    let door = &emit.door;
    let reset = |scope: Scope| -> TokenStream {
        emit.fields()
            .filter(|(_, field)| field.ast.scope == scope && !field.ast.is_given_at_start())
            .map(|(index, field)| {
                let (cfgs, default) = (&field.ast.cfgs, default_of(index));
                let reset = Writable::new(emit, index).change("reset", &quote!(#default()));
                quote!(#(#cfgs)* #reset)
            })
            .collect()
    };
    let (run, step) = (reset(Scope::Run), reset(Scope::Step));
    quote! {
        fn reset_run(&mut self, change: &mut #door::Change) {
            let _ = &change;
            #run
        }

        fn reset_step(&mut self, change: &mut #door::Change) {
            let _ = &change;
            #step
        }
    }
}

/// The field that an ask fills is emptied when the ask is reached.
fn reach(emit: &Emit<'_>) -> TokenStream {
    let door = &emit.door;
    let whole = || emit.asks().filter(|(node, _)| node.whole);
    let arms = whole().map(|(node, field)| {
        let camel = &node.camel;
        let cfgs = &emit.graph.fields[field].ast.cfgs;
        let empty = quote!(::core::default::Default::default());
        let reset = Writable::new(emit, field).change("reset", &empty);
        quote!(Node::#camel => { #(#cfgs)* #reset })
    });
    let rest = (whole().count() < emit.graph.nodes.len()).then(|| quote!(_ => {}));
    quote! {
        fn reach(&mut self, node: Node, change: &mut #door::Change) {
            let _ = &change;
            match node { #(#arms)* #rest }
        }
    }
}
