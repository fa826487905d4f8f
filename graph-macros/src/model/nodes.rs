//! The nodes: which there are, what they set, how they are reached.

use proc_macro2::Ident;
use syn::{GenericParam, ReturnType, Safety};

use super::flow::Flow;
use super::params::{Param, ParamSource, Reached, Scope};
use super::{Node, forms, position, subgraphs, waits};
use crate::ast::{self, Module, NodeRole, State};
use crate::findings::Findings;
use crate::names::{camel, either, nearest, plain};

/// A node that can be referred to, before anything in it is looked up.
pub(super) struct Named<'a> {
    pub(super) ast: &'a ast::Node,
    pub(super) camel: Ident,
}

impl Named<'_> {
    pub(super) fn name(&self) -> &Ident {
        &self.ast.name
    }
}

/// The nodes whose names are their own.
pub(super) fn named<'a>(nodes: &'a [ast::Node], findings: &mut Findings) -> Vec<Named<'a>> {
    let mut named: Vec<Named<'a>> = Vec::new();
    for node in nodes {
        let name = &node.name;
        // Said already, where the reserved names are.
        let Some(camel) = camel(name) else { continue };
        match named.iter().find(|other| other.camel == camel) {
            Some(other) if plain(other.name()) == plain(name) => findings.at(
                name,
                format!("there is a node `{name}` already; give this one another name"),
            ),
            Some(other) => findings.at(
                name,
                format!(
                    "`{name}` and `{}` are both `{camel}` as types; give one of them another name",
                    other.name()
                ),
            ),
            None => named.push(Named { ast: node, camel }),
        }
    }
    named
}

/// The nodes with everything in them looked up.
pub(super) fn nodes<'a>(
    named: &[Named<'a>],
    module: &'a Module,
    state: &'a State,
    flow: &Flow<'_>,
    findings: &mut Findings,
) -> Vec<Node<'a>> {
    let scope = Scope::new(module, state);
    named
        .iter()
        .enumerate()
        .map(|(index, named)| node(index, named, &scope, state, flow, findings))
        .collect()
}

fn node<'a>(
    index: usize,
    named: &Named<'a>,
    scope: &Scope<'a>,
    state: &'a State,
    flow: &Flow<'_>,
    findings: &mut Findings,
) -> Node<'a> {
    let ast = named.ast;
    let before = findings.count();
    check_signature(ast, findings);
    let (writes, unknown) = writes(ast, state, findings);
    let reached = reached(index, flow);
    if let (
        NodeRole::Ask(ast::Ask {
            into: Some(name), ..
        }),
        [field],
    ) = (&ast.role, writes.as_slice())
    {
        let each = matches!(reached, Reached::ByItem(_));
        check_answer(name, &state.fields[*field], each, findings);
    }
    let child = match &ast.role {
        NodeRole::Subgraph(subgraph) => subgraphs::child(subgraph, state, reached, findings),
        _ => None,
    };
    waits::check(ast, reached, findings);
    let (params, resolved) = match ast.role {
        NodeRole::Wait(_) => (Vec::new(), true),
        _ => scope.params(ast, reached, findings),
    };
    check_cache(ast, &params, state, findings);
    let item = params
        .iter()
        .find(|param| param.source == ParamSource::Item)
        .filter(|_| matches!(reached, Reached::ByItem(_)))
        .map(|param| forms::owned(param.ty));
    let unknown_graph = matches!(ast.role, NodeRole::Subgraph(_)) && child.is_none();
    let whole = resolved && !unknown_graph && ast.signature.is_some() && findings.count() == before;
    Node {
        ast,
        camel: named.camel.clone(),
        params,
        writes,
        unknown,
        child,
        item,
        whole,
    }
}

/// A node is called by the engine, which has no types to give.
fn check_signature(node: &ast::Node, findings: &mut Findings) {
    let Some(signature) = &node.signature else {
        return;
    };
    for param in &signature.generics.params {
        if !matches!(param, GenericParam::Lifetime(_)) {
            findings.at(
                param,
                "a node can't be generic; name the type, or take `&dyn Trait`",
            );
        }
    }
    if matches!(
        (&node.role, &signature.output),
        (NodeRole::Ask(_), ReturnType::Default)
    ) {
        let name = &node.name;
        findings.at(
            name,
            format!("`{name}` asks nothing; return its question, `-> Question`"),
        );
    }
    if let (NodeRole::Subgraph(subgraph), ReturnType::Default) = (&node.role, &signature.output) {
        let name = &node.name;
        let input = subgraphs::input_of(subgraph);
        findings.at(
            name,
            format!("`{name}` gives its graph no input; return it, `-> {input}`"),
        );
    }
    if let Safety::Unsafe(word) = &signature.safety {
        findings.at(
            word,
            "a node can't be `unsafe`; keep the unsafe block inside",
        );
    }
}

/// The fields that a node sets, and the names that are none.
fn writes<'a>(
    node: &'a ast::Node,
    state: &State,
    findings: &mut Findings,
) -> (Vec<usize>, Vec<&'a Ident>) {
    let names: Vec<&Ident> = match &node.role {
        NodeRole::Task(task) => {
            let writes = task.writes.iter();
            writes.flat_map(|writes| &writes.names).collect()
        }
        NodeRole::Ask(ask) => ask.into.iter().collect(),
        NodeRole::Subgraph(subgraph) => subgraph.into.iter().chain(&subgraph.share).collect(),
        NodeRole::Wait(_) => Vec::new(),
    };
    let mut writes = Vec::new();
    let mut unknown = Vec::new();
    for name in names {
        match position(name, state.fields.iter().map(|field| &field.name)) {
            None => {
                findings.at(name, no_field(name, state));
                unknown.push(name);
            }
            Some(field) if writes.contains(&field) => {
                findings.at(
                    name,
                    format!("`{name}` is named twice; leave one of them out"),
                );
            }
            Some(field) => writes.push(field),
        }
    }
    (writes, unknown)
}

/// What is taken from a cache is looked up by what the node reads. A cache isn't sealed, so no secret gets there.
fn check_cache(node: &ast::Node, params: &[Param<'_>], state: &State, findings: &mut Findings) {
    if node.policy().is_none_or(|policy| policy.cache.is_none()) {
        return;
    }
    let is_secret = |field: usize| state.fields[field].is_secret();
    for param in params {
        let name = param.name;
        match param.source {
            ParamSource::Field(field) if is_secret(field) => findings.at(
                name,
                format!("`{name}` is a secret, and a result is looked up by it in a cache, which isn't sealed; leave `cache` out, or keep `{name}` in the context"),
            ),
            ParamSource::Field(field) if state.fields[field].unsaved.is_some() => findings.at(
                name,
                format!("`{name}` is never stored, so no result can be looked up by it; leave `cache` out, or save the field"),
            ),
            ParamSource::State if (0..state.fields.len()).any(is_secret) => findings.at(
                name,
                "the state has secrets, and a result is looked up by all of it in a cache, which isn't sealed; leave `cache` out, or name the fields that are read",
            ),
            _ => {}
        }
    }
    let NodeRole::Task(task) = &node.role else {
        return;
    };
    for name in task.writes.iter().flat_map(|writes| &writes.names) {
        let mut fields = state.fields.iter();
        if fields.any(|field| field.is_secret() && plain(&field.name) == plain(name)) {
            findings.at(
                name,
                format!("`{name}` is a secret, and what is set here goes into a cache, which isn't sealed; leave `cache` out"),
            );
        }
    }
}

/// An answer replaces what was there, or a second one would be mixed with the first.
fn check_answer(name: &Ident, field: &ast::Field, each: bool, findings: &mut Findings) {
    if field.reduce.is_some() {
        findings.at(
            name,
            format!("an answer sets `{name}`, but the field has a reducer; take the reducer off, or answer into another field"),
        );
    } else if let Some(input) = field.input.as_ref().filter(|input| input.required) {
        findings.at_span(
            input.span,
            format!("`{name}` is empty until it is answered, so it can't be required; leave `required` out"),
        );
    } else if each && !forms::is_map(&field.ty) {
        findings.at(
            &field.ty,
            format!("`{name}` takes an answer for each item of a `for`; make it a map: `BTreeMap<usize, Answer>`"),
        );
    } else if !each && !forms::is_option(&field.ty) {
        findings.at(
            &field.ty,
            format!("`{name}` is empty until it is answered; make it an `Option`"),
        );
    }
}

fn no_field(name: &Ident, state: &State) -> String {
    let known: Vec<String> = state
        .fields
        .iter()
        .map(|field| plain(&field.name))
        .collect();
    let state = &state.name;
    match nearest(&plain(name), known.iter().map(String::as_str)) {
        Some(near) => format!("`{state}` has no field `{name}`; did you mean `{near}`?"),
        None if known.is_empty() => format!("`{state}` has no field `{name}`; add it to the state"),
        None => format!("`{state}` has no field `{name}`; it has {}", either(known)),
    }
}

/// How edges lead to a node. Where one leads there with an item and another without, the topology says so.
fn reached<'f>(index: usize, flow: &'f Flow<'_>) -> Reached<'f> {
    let each = flow.arrivals(index).find_map(|arrival| arrival.each);
    let plainly = flow.arrivals(index).next().is_some()
        || flow.joins.iter().any(|join| join.to == index)
        || flow.handlers.contains(&index);
    match each {
        Some(each) => Reached::ByItem(&each.item),
        None if plainly && flow.whole => Reached::Plainly,
        None => Reached::Perhaps,
    }
}
