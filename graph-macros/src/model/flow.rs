//! The edges with their nodes looked up: what follows what, and what waits for what.

use proc_macro2::{Ident, TokenStream};
use syn::Attribute;

use super::nodes::Named;
use super::targets::Lookup;
use crate::ast::{
    self, AnyOf, Edges, For, From, Guard, If, Match, MatchArm, Module, Statement, Target,
};
use crate::findings::Findings;
use crate::names::{both, plain};

/// All edges.
pub(crate) struct Flow<'a> {
    /// In source order.
    pub(crate) routes: Vec<Route<'a>>,
    /// In source order.
    pub(crate) joins: Vec<Join<'a>>,
    /// The nodes that take failures on.
    pub(crate) handlers: Vec<usize>,
    /// Whether nothing is missing.
    pub(crate) whole: bool,
}

/// What follows when one of its origins has ended.
pub(crate) struct Route<'a> {
    pub(crate) from: Vec<Origin<'a>>,
    pub(crate) to: Decision<'a>,
    pub(crate) docs: &'a [Attribute],
}

/// Where a route begins.
pub(crate) struct Origin<'a> {
    pub(crate) name: &'a Ident,
    pub(crate) source: Source,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Start,
    Node(usize),
}

/// A target, looked up.
pub(crate) enum Decision<'a> {
    Leaf(Leaf<'a>),
    Match {
        route: &'a Match,
        arms: Vec<(&'a MatchArm, Decision<'a>)>,
    },
    If {
        route: &'a If,
        then: Box<Decision<'a>>,
        otherwise: Box<Decision<'a>>,
    },
    /// What couldn't be looked up.
    Hole,
}

/// What is started together; nothing at `end`.
pub(crate) struct Leaf<'a> {
    pub(crate) tokens: TokenStream,
    pub(crate) members: Vec<Member<'a>>,
}

/// A node as a target.
pub(crate) struct Member<'a> {
    pub(crate) name: &'a Ident,
    pub(crate) node: usize,
    pub(crate) guard: Option<&'a Guard>,
    pub(crate) each: Option<&'a For>,
}

/// `{a | x, b} -> to`
pub(crate) struct Join<'a> {
    /// The nodes that fill each slot.
    pub(crate) slots: Vec<Vec<(&'a Ident, usize)>>,
    pub(crate) name: &'a Ident,
    pub(crate) to: usize,
    pub(crate) docs: &'a [Attribute],
}

impl<'a> Flow<'a> {
    /// Every place where a route leads to the node.
    pub(super) fn arrivals(&self, node: usize) -> impl Iterator<Item = &Member<'a>> {
        self.routes
            .iter()
            .flat_map(|route| route.to.leaves())
            .flat_map(|leaf| &leaf.members)
            .filter(move |member| member.node == node)
    }
}

impl<'a> Decision<'a> {
    /// The leaves in source order.
    pub(crate) fn leaves(&self) -> Vec<&Leaf<'a>> {
        match self {
            Self::Leaf(leaf) => vec![leaf],
            Self::Match { arms, .. } => arms.iter().flat_map(|(_, to)| to.leaves()).collect(),
            Self::If {
                then, otherwise, ..
            } => then
                .leaves()
                .into_iter()
                .chain(otherwise.leaves())
                .collect(),
            Self::Hole => Vec::new(),
        }
    }
}

/// Looks up all edges.
pub(super) fn flow<'a>(
    edges: Option<&'a Edges>,
    nodes: &[Named<'a>],
    module: &'a Module,
    findings: &mut Findings,
) -> Flow<'a> {
    let before = findings.count();
    let mut lowering = Lowering {
        lookup: Lookup::new(nodes, module, findings),
        flow: Flow {
            routes: Vec::new(),
            joins: Vec::new(),
            handlers: Vec::new(),
            whole: false,
        },
    };
    for statement in edges
        .into_iter()
        .flat_map(Edges::statements)
        .filter(|statement| !statement.refused)
    {
        lowering.statement(statement);
    }
    for node in nodes {
        lowering.handler(node);
    }
    let mut flow = lowering.flow;
    let duplicates = nodes.len() != module.nodes.len();
    flow.whole =
        !duplicates && edges.is_some_and(|edges| !edges.torn) && findings.count() == before;
    flow
}

struct Lowering<'a, 'l> {
    lookup: Lookup<'a, 'l>,
    flow: Flow<'a>,
}

/// What stands to the left of an arrow.
enum Left<'a> {
    Any(Vec<&'a Ident>),
    All(&'a ast::Group),
    /// Something after which nothing can follow, which is reported where something does.
    Nothing(&'static str),
    Hole,
}

impl<'a> Lowering<'a, '_> {
    fn statement(&mut self, statement: &'a Statement) {
        let mut left = match &statement.from {
            From::Any(AnyOf { names }) => Left::Any(names.iter().collect()),
            From::All(group) => {
                self.lookup.refuse_guards(group);
                Left::All(group)
            }
        };
        let mut docs: &[Attribute] = &statement.docs;
        let last = statement.steps.len() - 1;
        for (index, step) in statement.steps.iter().enumerate() {
            match left {
                Left::Any(names) => self.route(&names, &step.target, index < last, docs),
                Left::All(group) => self.join(group, &step.target, docs),
                Left::Nothing(message) => self.lookup.findings.at(step.arrow, message),
                Left::Hole => {}
            }
            left = after(&step.target);
            docs = &[];
        }
    }

    fn route(
        &mut self,
        names: &[&'a Ident],
        target: &'a Target,
        joined: bool,
        docs: &'a [Attribute],
    ) {
        let from: Vec<Origin<'a>> = names.iter().filter_map(|name| self.origin(name)).collect();
        let to = self.lookup.decision(target, joined);
        // The duplicate is reported; with it the net would mean something else.
        let from = from
            .into_iter()
            .filter(|origin| self.leads_on_once(origin, &to))
            .collect();
        self.flow.routes.push(Route { from, to, docs });
    }

    /// Where the node's failures lead.
    fn handler(&mut self, node: &Named<'a>) {
        let Some(name) = node.ast.handler() else {
            return;
        };
        if matches!(plain(name).as_str(), "start" | "end") {
            self.lookup.findings.at(
                name,
                format!("`{name}` takes no failure on; name a node that does, and leads on"),
            );
        } else if let Some(handler) = self.lookup.node(name) {
            self.flow.handlers.push(handler);
        }
    }

    fn origin(&mut self, name: &'a Ident) -> Option<Origin<'a>> {
        match plain(name).as_str() {
            "start" => Some(Origin {
                name,
                source: Source::Start,
            }),
            "end" => {
                self.lookup.findings.at(
                    name,
                    "nothing follows `end`; begin the edge with a node or `start`",
                );
                None
            }
            _ => {
                let node = self.lookup.node(name)?;
                Some(Origin {
                    name,
                    source: Source::Node(node),
                })
            }
        }
    }

    fn leads_on_once(&mut self, origin: &Origin<'a>, to: &Decision<'_>) -> bool {
        let leads_on =
            |route: &&Route<'_>| route.from.iter().any(|other| other.source == origin.source);
        let Some(first) = self.flow.routes.iter().find(leads_on) else {
            return true;
        };
        let name = origin.name;
        let remedy = match (started(&first.to), started(to)) {
            (Some(first), Some(second)) => {
                format!("write one edge: `{name} -> {{{first}, {second}}};`")
            }
            _ => "write one edge that says where it goes".to_owned(),
        };
        self.lookup.findings.at(
            name,
            format!("`{name}` leads on in another edge already; {remedy}"),
        );
        false
    }

    fn join(&mut self, group: &'a ast::Group, target: &'a Target, docs: &'a [Attribute]) {
        let slots = self.lookup.slots(group);
        let Some(name) = self.join_target(group, target) else {
            return;
        };
        let Some(to) = self.lookup.node(name) else {
            return;
        };
        self.flow.joins.push(Join {
            slots,
            name,
            to,
            docs,
        });
    }

    fn join_target(&mut self, group: &'a ast::Group, target: &'a Target) -> Option<&'a Ident> {
        let message = match target {
            Target::Hole => return None,
            Target::Missing(_) => {
                self.lookup.decision(target, true);
                return None;
            }
            Target::Named(AnyOf { names }) => match names.as_slice() {
                [name] if plain(name) != "end" => return Some(name),
                [_] => {
                    let members = group.names().map(plain).collect::<Vec<_>>().join(" | ");
                    format!(
                        "`end` needs no join, several branches may reach it; write `{members} -> end;`"
                    )
                }
                _ => format!("a join leads to one node; choose one of {}", both(names)),
            },
            _ => "a join leads to one node; let that node lead on".to_owned(),
        };
        self.lookup.findings.at_span(target.span(), message);
        // The names in it are looked at all the same.
        self.lookup.decision(target, true);
        None
    }
}

/// What a further arrow would begin at.
fn after(target: &Target) -> Left<'_> {
    match target {
        Target::Named(AnyOf { names }) => match names.as_slice() {
            [name] if plain(name) == "end" => {
                Left::Nothing("nothing follows `end`; let the edge finish here with `;`")
            }
            [name] => Left::Any(vec![name]),
            _ => Left::Hole,
        },
        Target::Group(group) => Left::All(group),
        Target::For(each) => Left::Any(vec![&each.node]),
        Target::Match(_) => Left::Nothing(
            "a chain can't go on behind a `match`; write what follows its nodes as edges of their own",
        ),
        Target::If(_) => Left::Nothing(
            "a chain can't go on behind an `if`; write what follows its nodes as edges of their own",
        ),
        Target::Hole | Target::Missing(_) => Left::Hole,
    }
}

/// What is always started, as it stands in a group.
fn started(to: &Decision<'_>) -> Option<String> {
    match to {
        Decision::Leaf(leaf) if !leaf.members.is_empty() => {
            let names: Vec<String> = leaf
                .members
                .iter()
                .map(|member| member.name.to_string())
                .collect();
            Some(names.join(", "))
        }
        _ => None,
    }
}
