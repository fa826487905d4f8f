//! What a run did, as a drawing shows it, gathered from the moments that it left. No state is read.

use graph_topology::{Step, Trail};

use super::read::thread_text;
use super::replay::Replay;
use super::{Reader, StoredActivation};
use crate::checkpointer::{Query, Record};
use crate::definition::{GraphNode, StateGraph, node_named};
use crate::error::Error;
use crate::id::{MomentId, Timestamp};

/// What a record says of the step that it ends. Nodes that this version of the graph doesn't have are left out.
struct Footprint {
    at: Timestamp,
    ran: Vec<u16>,
    active: Vec<u16>,
    waiting: Vec<u16>,
}

impl Footprint {
    fn of<G: StateGraph>(record: &Record, replay: &Replay<'_>) -> Self {
        let active = || replay.active.iter().map(|(_, turn)| turn);
        let waits = |turn: &&StoredActivation<'_>| turn.questions.is_some();
        let node = |turn: &StoredActivation<'_>| place::<G>(&turn.node);
        Self {
            at: record.created_at,
            ran: replay
                .ran
                .iter()
                .filter_map(|name| place::<G>(name))
                .collect(),
            active: active().filter_map(node).collect(),
            waiting: active().filter(waits).filter_map(node).collect(),
        }
    }
}

/// A node's place in the topology.
fn place<G: StateGraph>(name: &str) -> Option<u16> {
    u16::try_from(node_named::<G>(name)?.index()).ok()
}

impl Reader<'_> {
    /// The trail of the line that leads to a moment, or to the head.
    pub(crate) async fn trail<G: StateGraph>(&self, tip: Option<MomentId>) -> Result<Trail, Error> {
        let listed = self.line(&Query::default(), tip).await?;
        if let (Some(moment), true) = (tip, listed.is_empty()) {
            return Err(Error::UnknownMoment {
                thread: thread_text(self.key),
                moment,
            });
        }
        let look = |record: &Record, replay: &Replay<'_>| Ok(Footprint::of::<G>(record, replay));
        let footprints = self.look_at(&listed, look).await?;
        let mut trail = Trail::default();
        let mut before = None;
        for Footprint {
            at,
            ran,
            active,
            waiting,
        } in footprints.into_iter().rev()
        {
            let step = Step {
                ran: &ran,
                active: &active,
                waiting: &waiting,
                time: before.map_or_else(Default::default, |before| at.since(before)),
            };
            trail.step(G::topology(), &step);
            before = Some(at);
        }
        Ok(trail)
    }
}
