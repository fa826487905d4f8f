//! The graph as it was written, with every name resolved to an index. Nothing is derived here.

use std::borrow::Cow;

/// A word of the user's: a name, a type, a condition. Borrowed in a constant, owned in the macro.
pub type Text = Cow<'static, str>;

/// A sequence in source order. Borrowed in a constant, owned in the macro.
pub type List<T> = Cow<'static, [T]>;

/// A state graph as it was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Topology {
    /// The graph's id, from `#[graph(id = "...")]`.
    pub id: Text,
    /// The fields of the state, in declaration order.
    pub fields: List<Field>,
    /// The nodes, in declaration order. All other parts refer to a node by its index here.
    pub nodes: List<Node>,
    /// What follows a node (or `start`), in source order.
    pub routes: List<Route>,
    /// What waits for several nodes, in source order.
    pub joins: List<Join>,
}

/// A field of the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Field {
    /// Its name.
    pub name: Text,
    /// Its type, as written.
    pub ty: Text,
    /// How updates of one step are combined, as written (`append`, `sum`, ...); `None` replaces.
    pub reducer: Option<Text>,
    /// Whether something other than a node gives it a value that was meant: it is an input or has an
    /// explicit default.
    pub given: bool,
}

/// A node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its name.
    pub name: Text,
    /// What running it means.
    pub kind: NodeKind,
    /// The fields that it names as parameters. A parameter `state` counts as none of them.
    pub reads: List<u16>,
    /// The fields that it sets.
    pub writes: List<u16>,
    /// Where its error leads, from `on_error = ...`.
    pub on_error: Option<u16>,
}

/// What running a node means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NodeKind {
    /// A function is called.
    Task,
    /// Somebody is asked; the node ends when the answer is there.
    Ask,
    /// Only the clock ends it.
    Wait,
    /// Another graph runs.
    Subgraph,
}

/// Where a route begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Source {
    /// The beginning of a run.
    Start,
    /// A node that has ended.
    Node(u16),
}

/// What follows when any of its sources has ended. Exactly one arm is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Route {
    /// One source, or the alternatives of `a | b -> ...`.
    pub from: List<Source>,
    /// The fields that its conditions name.
    pub reads: List<u16>,
    /// The leaves of the `match` or `if`, in source order; one without a condition otherwise.
    pub arms: List<Arm>,
    /// The doc comment on the statement, or empty.
    pub doc: Text,
}

/// One way on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arm {
    /// The condition as written, outer ones first (`Some(Topic::Bug)`, `if state.done`, `else`); empty where
    /// there is no choice.
    pub when: List<Text>,
    /// What is started, all of it at once; nothing leads to `end`.
    ///
    /// A member that is the target of a join in which the route's source stands as a member is not
    /// started: the source arrives at that join.
    pub to: List<Member>,
}

/// A node as the target of an arm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Member {
    /// The node.
    pub node: u16,
    /// The guard of `{b if cond, c}` as written. Where it doesn't hold the member is skipped, which
    /// fills every slot that names it.
    pub guard: Option<Text>,
    /// The `item in expr` of a `for`, as written: one task for each item, over when the last has ended.
    pub each: Option<Text>,
}

/// `{b | x, c} -> d`: when every slot is filled they are emptied and the target starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Join {
    /// The slots, each with the nodes that can fill it. A node without a route of its own fills its slots
    /// when it ends; one with a route only by an arm that names the join's target.
    pub slots: List<List<u16>>,
    /// The node that starts.
    pub to: u16,
    /// The doc comment on the statement, or empty.
    pub doc: Text,
}
