//! What the module means: every name looked up, every kind decided. What couldn't be looked up is a
//! hole, which was reported; whoever depends on it keeps quiet.

mod aliases;
mod flow;
pub(crate) mod forms;
mod nodes;
mod params;
mod reserved;
mod state;
mod subgraphs;
mod targets;
mod waits;

use proc_macro2::Ident;
use syn::{Path, Type};

use crate::ast;
use crate::findings::Findings;
use crate::names::plain;

pub(crate) use flow::{Decision, Flow, Join, Leaf, Member, Route, Source};
pub(crate) use forms::Form;
pub(crate) use params::{Param, ParamSource};
pub(crate) use subgraphs::input_of;

/// A graph with its names resolved.
pub(crate) struct Graph<'a> {
    pub(crate) module: &'a ast::Module,
    /// The struct of the state; without one there is nothing to generate.
    pub(crate) state: &'a ast::State,
    /// In declaration order; all other parts refer to a field by its index.
    pub(crate) fields: Vec<Field<'a>>,
    /// In declaration order; all other parts refer to a node by its index.
    pub(crate) nodes: Vec<Node<'a>>,
    pub(crate) flow: Flow<'a>,
}

/// A field of the state.
pub(crate) struct Field<'a> {
    pub(crate) ast: &'a ast::Field,
    /// Whether `Input` can set it.
    pub(crate) input: bool,
    /// Whether `Output` shows it.
    pub(crate) output: bool,
    /// Whether its reducer is known not to fit.
    pub(crate) misfit: bool,
}

/// A node.
pub(crate) struct Node<'a> {
    pub(crate) ast: &'a ast::Node,
    /// Its name as a variant and in the names of types.
    pub(crate) camel: Ident,
    pub(crate) params: Vec<Param<'a>>,
    /// What it sets, in the order of `writes`; for an ask the one field that takes the answer, for a subgraph the
    /// one that takes the output and those that are shared.
    pub(crate) writes: Vec<usize>,
    /// Names in `writes` that are no fields.
    pub(crate) unknown: Vec<&'a Ident>,
    /// The other graph, if it is one and is known.
    pub(crate) child: Option<Child<'a>>,
    /// The type of its item, where it is reached by a `for`.
    pub(crate) item: Option<Type>,
    /// Whether everything about it could be resolved.
    pub(crate) whole: bool,
}

/// Another graph as a node.
pub(crate) struct Child<'a> {
    /// Its state.
    pub(crate) state: &'a Path,
    /// The field that takes its output.
    pub(crate) into: Option<Shared<'a>>,
    /// The fields that it works on too.
    pub(crate) shared: Vec<Shared<'a>>,
    /// Whether its calls go on with what the last one left.
    pub(crate) memory: bool,
}

/// A field of the state that a subgraph names.
pub(crate) struct Shared<'a> {
    /// As it is written in the attribute.
    pub(crate) name: &'a Ident,
    pub(crate) field: usize,
}

impl<'a> Graph<'a> {
    /// Looks up every name of the module; nothing without a state.
    pub(crate) fn new(module: &'a ast::Module, findings: &mut Findings) -> Option<Self> {
        let state = module.state.as_ref()?;
        reserved::check(module, findings);
        let fields = state::fields(state, findings);
        state::check(module, state, findings);
        let named = nodes::named(&module.nodes, findings);
        aliases::check(&named, findings);
        let flow = flow::flow(module.edges.as_ref(), &named, module, findings);
        let nodes = nodes::nodes(&named, module, state, &flow, findings);
        Some(Self {
            module,
            state,
            fields,
            nodes,
            flow,
        })
    }
}

impl Node<'_> {
    /// The function's name, as written.
    pub(crate) fn name(&self) -> &Ident {
        &self.ast.name
    }

    /// What it asks while it runs.
    pub(crate) fn interrupts(&self) -> Option<&Type> {
        match &self.ast.role {
            ast::NodeRole::Task(task) => task.asks.as_ref().map(|asks| &asks.question),
            _ => None,
        }
    }

    /// The field that takes the answer, if it asks.
    pub(crate) fn answer(&self) -> Option<usize> {
        match self.ast.role {
            ast::NodeRole::Ask(_) => self.writes.first().copied(),
            ast::NodeRole::Task(_) | ast::NodeRole::Subgraph(_) | ast::NodeRole::Wait(_) => None,
        }
    }
}

/// The position of a name among others.
fn position<'n>(name: &Ident, names: impl IntoIterator<Item = &'n Ident>) -> Option<usize> {
    let name = plain(name);
    names.into_iter().position(|other| plain(other) == name)
}
