//! What has failed for good in a step, and what becomes of that: somebody takes it on, or the run ends with it.

use crate::definition::{GraphNode, StateGraph};
use crate::error::NodeError;
use crate::failure::Failure;
use crate::frontier::Activation;
use crate::id::ActivationId;

/// Why a task has failed for good, after so many attempts of this run.
pub(crate) struct Fault {
    pub(crate) source: NodeError,
    pub(crate) attempts: u32,
}

/// A task that has failed for good.
pub(crate) struct Failed {
    /// The activation's place in the frontier.
    pub(crate) place: usize,
    /// The item's index; 0 outside of a `for`.
    pub(crate) item: u32,
    pub(crate) fault: Fault,
}

/// A task's failure that somebody takes on.
pub(super) struct TakenOn {
    pub(super) place: usize,
    pub(super) item: u32,
    /// What whoever takes it on is told.
    pub(super) failure: Failure,
}

/// What has failed for good in a step.
#[derive(Default)]
pub(crate) struct Failures {
    /// What somebody takes on, in task order once the step is over.
    pub(super) taken_on: Vec<TakenOn>,
    /// What the run ends with.
    fatal: Vec<Failed>,
    /// How often the turns of all of them were tried.
    tried: Vec<(ActivationId, u32)>,
}

impl Fault {
    pub(crate) fn of(source: NodeError, attempts: u32) -> Self {
        Self { source, attempts }
    }

    /// What counts more comes first.
    fn gravity(&self) -> u8 {
        match self.source.of_the_run() {
            Some(error) if error.is_stop() => 2,
            Some(_) => 0,
            None => 1,
        }
    }
}

impl Failures {
    pub(super) fn clear(&mut self) {
        self.taken_on.clear();
        self.fatal.clear();
        self.tried.clear();
    }

    /// Adds a task's failure.
    pub(super) fn add<G: StateGraph>(&mut self, activation: &Activation<G>, failed: Failed) {
        let Failed { place, item, fault } = &failed;
        self.tried.push((activation.id, fault.attempts));
        if is_taken_on::<G>(activation.node) && fault.source.of_the_run().is_none() {
            let (node, of_item) = (activation.node.name(), activation.item(*item));
            self.taken_on.push(TakenOn {
                place: *place,
                item: *item,
                failure: Failure::new(node, of_item, &fault.source, fault.attempts),
            });
        } else {
            self.fatal.push(failed);
        }
    }

    pub(super) fn is_fatal(&self) -> bool {
        !self.fatal.is_empty()
    }

    /// Whether what has failed is a reason to drop what still runs. Who was told to stop lets the others end.
    pub(super) fn cancel_siblings(&self) -> bool {
        self.fatal.iter().any(|task| !task.fault.source.is_stop())
    }

    /// What the run ends with, if anything: what its store said, or else a node, or else that it was told to stop; of
    /// several the first in task order.
    pub(super) fn settle(&mut self) -> Option<Failed> {
        self.taken_on.sort_by_key(|task| (task.place, task.item));
        self.fatal
            .drain(..)
            .min_by_key(|task| (task.fault.gravity(), task.place, task.item))
    }

    /// Whether a turn ends by a failure that somebody takes on.
    pub(super) fn end(&self, place: usize) -> bool {
        self.taken_on.iter().any(|failed| failed.place == place)
    }

    /// How often a turn was tried, if it has failed.
    pub(super) fn attempts(&self, id: ActivationId) -> Option<u32> {
        let of_turn = self.tried.iter().filter(|(of, _)| *of == id);
        of_turn.map(|(_, attempts)| *attempts).max()
    }
}

/// Whether somebody takes on what becomes of a node that fails.
pub(super) fn is_taken_on<G: StateGraph>(node: G::Node) -> bool {
    G::topology().nodes[node.index()].on_error.is_some()
}
