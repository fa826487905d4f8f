//! How a run ended.

use std::fmt;
use std::ops::Deref;

use crate::definition::{GraphNode, StateGraph};
use crate::id::{MomentId, Timestamp};

/// How a run ended, when it didn't fail.
pub enum Outcome<G: StateGraph> {
    /// It came to its end.
    Done(Done<G>),
    /// It waits for somebody.
    Paused(G::Pause),
}

/// What a run that came to its end gives. Reads like the graph's `Output`.
pub struct Done<G: StateGraph> {
    /// The output.
    pub output: G::Output,
    pub(crate) moment: Option<MomentId>,
    pub(crate) went_on: bool,
}

impl<G: StateGraph> Done<G> {
    /// The moment at which it ended; `None` without a checkpointer.
    pub fn moment(&self) -> Option<MomentId> {
        self.moment
    }

    /// Whether the run went on with what an earlier one had left unfinished rather than begin at `start`.
    pub fn went_on(&self) -> bool {
        self.went_on
    }
}

impl<G: StateGraph> Deref for Done<G> {
    type Target = G::Output;

    fn deref(&self) -> &G::Output {
        &self.output
    }
}

/// What a paused run waits for. Each graph has a `Pause` of its own, which reads like this one and has an
/// accessor for each ask.
pub struct Pause<G: StateGraph> {
    pub(crate) questions: Vec<G::Question>,
    /// The same as JSON.
    pub(crate) asked: Vec<serde_json::Value>,
    pub(crate) before: Vec<G::Node>,
    pub(crate) after: Vec<G::Node>,
    pub(crate) moment: MomentId,
    pub(crate) due: Option<Timestamp>,
    pub(crate) went_on: bool,
}

impl<G: StateGraph> Pause<G> {
    /// The open questions, in the order of their nodes and items.
    pub fn questions(&self) -> &[G::Question] {
        &self.questions
    }

    /// The nodes that the run was told to pause before, and that are next.
    pub fn before(&self) -> &[G::Node] {
        &self.before
    }

    /// The nodes that the run was told to pause after, and that have just run.
    pub fn after(&self) -> &[G::Node] {
        &self.after
    }

    /// The moment at which it paused.
    pub fn moment(&self) -> MomentId {
        self.moment
    }

    /// When to wake the thread if nobody answers before: the earliest time that an ask or a wait has set.
    pub fn due(&self) -> Option<Timestamp> {
        self.due
    }

    /// Whether the run went on with what an earlier one had left unfinished rather than begin at `start`.
    pub fn went_on(&self) -> bool {
        self.went_on
    }
}

impl<G: StateGraph> Outcome<G> {
    /// The output, if the run came to its end.
    pub fn done(self) -> Option<G::Output> {
        match self {
            Self::Done(done) => Some(done.output),
            Self::Paused(_) => None,
        }
    }

    /// The pause, if it waits for somebody.
    pub fn paused(self) -> Option<G::Pause> {
        match self {
            Self::Done(_) => None,
            Self::Paused(pause) => Some(pause),
        }
    }

    /// Whether it waits for somebody.
    pub fn is_paused(&self) -> bool {
        matches!(self, Self::Paused(_))
    }
}

impl<G: StateGraph<Output: fmt::Debug, Pause: fmt::Debug>> fmt::Debug for Outcome<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Done(done) => f.debug_tuple("Done").field(&done.output).finish(),
            Self::Paused(pause) => f.debug_tuple("Paused").field(pause).finish(),
        }
    }
}

impl<G: StateGraph<Output: fmt::Debug>> fmt::Debug for Done<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Done")
            .field("output", &self.output)
            .field("moment", &self.moment)
            .field("went_on", &self.went_on)
            .finish()
    }
}

impl<G: StateGraph> fmt::Debug for Pause<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = |nodes: &[G::Node]| nodes.iter().map(|node| node.name()).collect::<Vec<_>>();
        f.debug_struct("Pause")
            .field("questions", &self.questions.len())
            .field("before", &names(&self.before))
            .field("after", &names(&self.after))
            .field("moment", &self.moment)
            .field("due", &self.due)
            .finish_non_exhaustive()
    }
}
