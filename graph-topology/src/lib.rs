//! What a state graph is: its nodes, its edges, what each node reads and writes; the check that it
//! can always reach its end; and its drawings.
//!
//! This crate knows no tokens and no runtime. The macro builds a [`Topology`] from what a user wrote
//! and asks [`Topology::check`] about it; the runtime keeps the same value as a constant.
//!
//! ```
//! use graph_topology::{Arm, FindingKind, List, Member, Node, NodeKind, Route, Source, Topology};
//!
//! const NONE: List<u16> = List::Borrowed(&[]);
//!
//! // start -> draft;
//! let topology = Topology {
//!     id: "letter".into(),
//!     fields: vec![].into(),
//!     nodes: vec![Node {
//!         name: "draft".into(),
//!         kind: NodeKind::Task,
//!         reads: NONE,
//!         writes: NONE,
//!         on_error: None,
//!     }]
//!     .into(),
//!     routes: vec![Route {
//!         from: vec![Source::Start].into(),
//!         reads: NONE,
//!         arms: vec![Arm {
//!             when: vec![].into(),
//!             to: vec![Member { node: 0, guard: None, each: None }].into(),
//!         }]
//!         .into(),
//!         doc: "".into(),
//!     }]
//!     .into(),
//!     joins: vec![].into(),
//! };
//! let findings = topology.check();
//! assert_eq!(findings[0].kind, FindingKind::CantLeave);
//! ```

mod canonical;
mod check;
mod drawing;
mod finding;
mod model;
mod words;

pub use drawing::{Drawing, Meeting, Now, Step, Trail, Visit, Way};
pub use finding::{At, Finding, FindingKind, Move, Related};
pub use model::{Arm, Field, Join, List, Member, Node, NodeKind, Route, Source, Text, Topology};

// The unit tests read and make graphs as the integration tests do.
#[cfg(test)]
extern crate self as graph_topology;
#[cfg(test)]
#[path = "../tests/support/generate.rs"]
#[allow(
    dead_code,
    unreachable_pub,
    reason = "it belongs to the integration tests"
)]
mod generate;
#[cfg(test)]
#[path = "../tests/support/notation.rs"]
#[allow(unreachable_pub, reason = "it belongs to the integration tests")]
mod notation;
