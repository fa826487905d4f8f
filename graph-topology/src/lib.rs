//! What a state graph is: its nodes, its edges, what each node reads and writes; the check that it
//! can always reach its end; and its drawings.
//!
//! This crate knows no tokens and no runtime. The macro builds a [`Topology`] from what a user wrote
//! and asks [`Topology::check`] about it; the runtime keeps the same value as a constant.

mod check;
mod finding;
mod model;

pub use finding::{At, Finding, FindingKind, Move, Related};
pub use model::{Arm, Field, Join, List, Member, Node, NodeKind, Route, Source, Text, Topology};
