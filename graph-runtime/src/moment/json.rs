//! Moments as JSON, for whoever isn't written in Rust.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};

use super::{Child, Moment};
use crate::checkpointer::Source;
use crate::definition::{GraphNode, StateGraph};
use crate::id::{MomentId, Timestamp};
use crate::secret::ShownState;

/// A moment as it is written.
#[derive(Serialize)]
struct Written<'a, G: StateGraph> {
    id: MomentId,
    #[serde(skip_serializing_if = "Option::is_none")]
    parent: Option<MomentId>,
    sequence: u64,
    step: u64,
    source: Source,
    #[serde(serialize_with = "Timestamp::write_text")]
    created_at: Option<Timestamp>,
    #[serde(
        serialize_with = "Timestamp::write_text",
        skip_serializing_if = "Option::is_none"
    )]
    due: Option<Timestamp>,
    run: &'a str,
    metadata: &'a BTreeMap<String, String>,
    ran: Vec<&'static str>,
    next: Vec<&'static str>,
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    children: &'a [Child],
    #[serde(skip_serializing_if = "<[_]>::is_empty")]
    gone: &'a [String],
    state: ShownState<'a, G>,
}

/// An object with the fields of the moment. Nodes are written by their names, times as in RFC 3339; `parent`, `due`,
/// `children` and `gone` are left out where there is none, and so are the state's secrets.
impl<G: StateGraph> Serialize for Moment<G> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let names = |nodes: &[G::Node]| nodes.iter().map(|node| node.name()).collect();
        let written = Written {
            id: self.id,
            parent: self.parent,
            sequence: self.sequence,
            step: self.step,
            source: self.source,
            created_at: Some(self.created_at),
            due: self.due,
            run: &self.run,
            metadata: &self.metadata,
            ran: names(&self.ran),
            next: names(&self.next),
            children: &self.children,
            gone: &self.gone,
            state: ShownState(&self.state),
        };
        written.serialize(serializer)
    }
}
