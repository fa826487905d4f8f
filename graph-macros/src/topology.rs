//! The model lowered to the topology that is checked, and the way back from a finding to a token.

use graph_topology::{
    Arm, At, Field, Finding, Join, Member, Node, NodeKind, Route, Source, Topology,
};
use proc_macro2::{Ident, TokenStream, TokenTree};
use quote::ToTokens;
use syn::Expr;

use crate::ast::{Guard, NodeRole, ReduceHow};
use crate::findings::Findings;
use crate::model::{self, Decision, Graph, Leaf, ParamSource};
use crate::names::plain;
use crate::text;

/// The topology of a graph whose edges are all there.
pub(crate) fn lower(graph: &Graph<'_>) -> Topology {
    Topology {
        id: graph.module.args.id.clone().unwrap_or_default().into(),
        fields: graph.fields.iter().map(field).collect(),
        nodes: graph.nodes.iter().map(|each| node(each, graph)).collect(),
        routes: graph
            .flow
            .routes
            .iter()
            .map(|each| route(each, graph))
            .collect(),
        joins: graph.flow.joins.iter().map(join).collect(),
    }
}

/// Says what the check found, each at the user's token.
pub(crate) fn report(found: &[Finding], graph: &Graph<'_>, findings: &mut Findings) {
    for finding in found {
        findings.at(
            place(finding.at, graph).unwrap_or_default(),
            &finding.message,
        );
    }
}

/// The user's tokens at a place of the topology.
fn place(at: At, graph: &Graph<'_>) -> Option<TokenStream> {
    let flow = &graph.flow;
    let arm = |route: usize, arm: usize| flow.routes.get(route)?.to.leaves().into_iter().nth(arm);
    Some(match at {
        At::Node(node) => graph.nodes.get(node)?.name().to_token_stream(),
        At::Field(field) => graph.fields.get(field)?.ast.name.to_token_stream(),
        At::RouteSource { route, source } => flow
            .routes
            .get(route)?
            .from
            .get(source)?
            .name
            .to_token_stream(),
        At::Arm { route, arm: index } => arm(route, index)?.tokens.clone(),
        At::Member {
            route,
            arm: index,
            member,
        } => arm(route, index)?
            .members
            .get(member)?
            .name
            .to_token_stream(),
        At::Slot { join, slot, member } => flow
            .joins
            .get(join)?
            .slots
            .get(slot)?
            .get(member)?
            .0
            .to_token_stream(),
        At::JoinTarget(join) => flow.joins.get(join)?.name.to_token_stream(),
        At::OnError(node) => graph.nodes.get(node)?.ast.handler()?.to_token_stream(),
    })
}

fn field(field: &model::Field<'_>) -> Field {
    Field {
        name: plain(&field.ast.name).into(),
        ty: text::ty(&field.ast.ty).into(),
        reducer: field
            .ast
            .reduce
            .as_ref()
            .and_then(|reduce| reducer(&reduce.how))
            .map(Into::into),
        given: field.input || field.ast.default.is_some(),
    }
}

fn reducer(how: &ReduceHow) -> Option<String> {
    match how {
        ReduceHow::Hole => None,
        ReduceHow::Named(word) if word == "replace" => None,
        ReduceHow::Named(word) => Some(plain(word)),
        ReduceHow::Upsert { word, key } => Some(format!("{word}(key = {key})")),
        ReduceHow::Custom(path) => Some(text::ty(path)),
    }
}

fn node(node: &model::Node<'_>, graph: &Graph<'_>) -> Node {
    let read = |param: &model::Param<'_>| match param.source {
        ParamSource::Field(field) => Some(short(field)),
        _ => None,
    };
    let shared = node.child.iter().flat_map(|child| &child.shared);
    let mut reads: Vec<u16> = node.params.iter().filter_map(read).collect();
    for field in shared.map(|shared| short(shared.field)) {
        if !reads.contains(&field) {
            reads.push(field);
        }
    }
    Node {
        name: plain(node.name()).into(),
        kind: match node.ast.role {
            NodeRole::Ask(_) => NodeKind::Ask,
            NodeRole::Subgraph(_) => NodeKind::Subgraph,
            NodeRole::Wait(_) => NodeKind::Wait,
            NodeRole::Task(_) => NodeKind::Task,
        },
        reads: reads.into(),
        writes: node.writes.iter().copied().map(short).collect(),
        on_error: node.ast.handler().and_then(|name| index_of(name, graph)),
    }
}

fn index_of(name: &Ident, graph: &Graph<'_>) -> Option<u16> {
    graph
        .nodes
        .iter()
        .position(|node| plain(node.name()) == plain(name))
        .map(short)
}

fn route(route: &model::Route<'_>, graph: &Graph<'_>) -> Route {
    let mut lowering = Lowering {
        graph,
        reads: Vec::new(),
        arms: Vec::new(),
        when: Vec::new(),
    };
    lowering.decision(&route.to);
    lowering.reads.sort_unstable();
    lowering.reads.dedup();
    Route {
        from: route
            .from
            .iter()
            .map(|origin| source(origin.source))
            .collect(),
        reads: lowering.reads.into(),
        arms: lowering.arms.into(),
        doc: text::docs(route.docs).into(),
    }
}

fn source(source: model::Source) -> Source {
    match source {
        model::Source::Start => Source::Start,
        model::Source::Node(node) => Source::Node(short(node)),
    }
}

fn join(join: &model::Join<'_>) -> Join {
    let slot = |slot: &Vec<(&Ident, usize)>| slot.iter().map(|(_, node)| short(*node)).collect();
    Join {
        slots: join.slots.iter().map(slot).collect(),
        to: short(join.to),
        doc: text::docs(join.docs).into(),
    }
}

/// A route on its way down to the leaves.
struct Lowering<'g, 'a> {
    graph: &'g Graph<'a>,
    reads: Vec<u16>,
    arms: Vec<Arm>,
    /// The conditions that hold here, outer ones first.
    when: Vec<String>,
}

impl Lowering<'_, '_> {
    fn decision(&mut self, decision: &Decision<'_>) {
        match decision {
            Decision::Leaf(leaf) => self.leaf(leaf),
            Decision::Match { route, arms } => {
                self.read(&route.subject);
                for (arm, to) in arms {
                    let mut when = text::expression(&arm.pat);
                    if let Some(guard) = &arm.guard {
                        when = format!("{when} if {}", self.condition(&guard.cond));
                    }
                    self.under(when, to);
                }
            }
            Decision::If {
                route,
                then,
                otherwise,
            } => {
                let when = self.condition(&route.cond);
                self.under(when, then);
                self.under("else".to_owned(), otherwise);
            }
            Decision::Hole => {}
        }
    }

    fn under(&mut self, when: String, decision: &Decision<'_>) {
        self.when.push(when);
        self.decision(decision);
        self.when.pop();
    }

    fn leaf(&mut self, leaf: &Leaf<'_>) {
        let mut to = Vec::new();
        for member in &leaf.members {
            let guard = |guard: &Guard| self.condition(&guard.cond).into();
            to.push(Member {
                node: short(member.node),
                guard: member.guard.map(guard),
                each: member
                    .each
                    .map(|each| format!("{} in {}", each.item, self.condition(&each.items)).into()),
            });
        }
        let when = self.when.iter().cloned().map(Into::into).collect();
        self.arms.push(Arm {
            when,
            to: to.into(),
        });
    }

    fn condition(&mut self, expr: &Expr) -> String {
        self.read(expr);
        text::expression(expr)
    }

    fn read(&mut self, expr: &Expr) {
        let fields = &self.graph.fields;
        read_fields(expr.to_token_stream(), &mut |name| {
            let field = fields
                .iter()
                .position(|field| plain(&field.ast.name) == plain(name));
            self.reads.extend(field.map(short));
        });
    }
}

/// Finds every `state.name` that isn't the call of a method.
fn read_fields(tokens: TokenStream, found: &mut impl FnMut(&Ident)) {
    let tokens: Vec<TokenTree> = tokens.into_iter().collect();
    for (at, token) in tokens.iter().enumerate() {
        match token {
            TokenTree::Group(group) => read_fields(group.stream(), found),
            TokenTree::Ident(word) if word == "state" => {
                if let [TokenTree::Punct(dot), TokenTree::Ident(name), rest @ ..] =
                    &tokens[at + 1..]
                    && dot.as_char() == '.'
                    && !matches!(rest.first(), Some(TokenTree::Group(_)))
                {
                    found(name);
                }
            }
            _ => {}
        }
    }
}

/// More than 65,535 nodes or fields don't fit into a module that anybody could compile.
fn short(index: usize) -> u16 {
    u16::try_from(index).unwrap_or(u16::MAX)
}
