//! What was written, before any name is looked up. Every node of the tree keeps its tokens, so that
//! whatever is found wrong later is said at the user's own token.

mod edges;
mod items;

pub(crate) use edges::{
    AnyOf, Edges, For, From, Group, Guard, If, Line, Match, MatchArm, Member, Statement, Step,
    Target,
};
pub(crate) use items::{
    Ask, Asks, Cache, Context, ContextField, Default, Effect, Field, GraphArgs, Handler, Input,
    Module, Names, Node, NodeRole, Policy, Reduce, ReduceHow, Retry, Scope, State, Subgraph, Task,
    Time, Wait, derived, ends_in,
};
