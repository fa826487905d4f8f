//! A run as it happens: what is told, to whom, and how far a run may be ahead of whoever listens.

mod json;
mod kind;
mod listener;
mod queue;
mod stream;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

pub use kind::Kind;
pub(crate) use kind::Kinds;
pub(crate) use listener::Listener;
pub(crate) use queue::{Pace, QUEUE, Queue};
pub use stream::{RunStream, Running};

use crate::definition::{GraphNode, StateGraph, TellsWithin as _};
use crate::id::MomentId;
use crate::outcome::Done;
use crate::run::Emitted;

/// Something that happened in a run.
#[non_exhaustive]
pub enum Event<G: StateGraph> {
    /// A node began.
    Started {
        /// The node.
        node: G::Node,
        /// Which item, in a `for`.
        item: Option<u32>,
        /// The step.
        step: u64,
    },
    /// A node had finished in an earlier run, which stored what it set: it isn't run again.
    Kept {
        /// The node.
        node: G::Node,
        /// Which item, in a `for`.
        item: Option<u32>,
        /// The step.
        step: u64,
    },
    /// What a node sets was in the cache: it isn't run.
    Cached {
        /// The node.
        node: G::Node,
        /// Which item, in a `for`.
        item: Option<u32>,
        /// The step.
        step: u64,
    },
    /// The cache couldn't be asked, or told. The node is run as if there were none.
    CacheFailed {
        /// The node.
        node: G::Node,
        /// Which item, in a `for`.
        item: Option<u32>,
        /// The step.
        step: u64,
        /// What went wrong.
        error: String,
    },
    /// A node finished. In [`Durability::Sync`](crate::Durability::Sync) what it set is stored by now. Otherwise it is
    /// stored in the background or later, at the latest when the run has ended: a process that is killed before that
    /// runs the node again.
    Finished {
        /// The node.
        node: G::Node,
        /// Which item, in a `for`.
        item: Option<u32>,
        /// The step.
        step: u64,
    },
    /// A node waits from now on: for an answer, or until its time. It may run again then.
    Waiting {
        /// The node.
        node: G::Node,
        /// Which item, in a `for`.
        item: Option<u32>,
        /// The step.
        step: u64,
    },
    /// An attempt of a node failed, and there will be another.
    Retrying {
        /// The node.
        node: G::Node,
        /// Which item, in a `for`.
        item: Option<u32>,
        /// The step.
        step: u64,
        /// The attempt that failed, from 1.
        attempt: u32,
        /// What it said.
        error: String,
        /// How long it is until the next.
        delay: Duration,
    },
    /// A node failed for good. Where its `on_error` leads somewhere the run goes on there; else the run's error
    /// follows when its siblings have ended.
    Failed {
        /// The node.
        node: G::Node,
        /// Which item, in a `for`.
        item: Option<u32>,
        /// The step.
        step: u64,
        /// What it said.
        error: String,
    },
    /// An update was applied to the state: what a node set, or what the answers to an ask come to.
    Updated {
        /// The node.
        node: G::Node,
        /// Which item, in a `for`.
        item: Option<u32>,
        /// The step.
        step: u64,
        /// What was set.
        update: G::Update,
    },
    /// A node showed a value.
    Emitted(Emitted<G::Emit>),
    /// Something happened in a graph that is a node of this one.
    Within {
        /// The node.
        node: G::Node,
        /// Which item, in a `for`.
        item: Option<u32>,
        /// What happened there.
        event: G::Within,
    },
    /// A step was taken. With a checkpointer it has a moment, which is stored as the durability says.
    Step {
        /// The moment; `None` without a checkpointer.
        moment: Option<MomentId>,
        /// The step.
        step: u64,
        /// What is active next.
        next: Vec<G::Node>,
    },
    /// The state as a step has left it. Not told unless it is asked for.
    Values {
        /// The moment; `None` without a checkpointer.
        moment: Option<MomentId>,
        /// The step.
        step: u64,
        /// The state.
        state: Arc<G>,
    },
    /// A step was made a record, and handed to the checkpointer as the durability says. Of kind [`Kind::Debug`].
    Recorded {
        /// The moment.
        moment: MomentId,
        /// The step.
        step: u64,
        /// How many bytes it takes.
        bytes: usize,
        /// Whether it holds the whole state rather than a change.
        snapshot: bool,
    },
    /// The listener was too slow for so many events, which nobody will hear. See [`Invocation::spawn`](crate::Invocation::spawn).
    Missed {
        /// How many.
        count: u64,
    },
    /// The run waits for somebody. The last event.
    Paused(G::Pause),
    /// The run came to its end. The last event.
    Done(Done<G>),
}

impl<G: StateGraph> Event<G> {
    /// What it is about.
    pub fn kind(&self) -> Kind {
        match self {
            Self::Started { .. }
            | Self::Kept { .. }
            | Self::Cached { .. }
            | Self::CacheFailed { .. }
            | Self::Finished { .. }
            | Self::Waiting { .. }
            | Self::Retrying { .. }
            | Self::Failed { .. } => Kind::Tasks,
            Self::Updated { .. } => Kind::Updates,
            Self::Emitted(_) => Kind::Emitted,
            Self::Within { event, .. } => event.kind(),
            Self::Values { .. } => Kind::Values,
            Self::Recorded { .. } => Kind::Debug,
            Self::Step { .. } | Self::Missed { .. } | Self::Paused(_) | Self::Done(_) => {
                Kind::Moments
            }
        }
    }
}

/// The state of `Values` isn't shown: it may hold what nobody should read in a log.
impl<G> fmt::Debug for Event<G>
where
    G: StateGraph<Update: fmt::Debug, Emit: fmt::Debug, Within: fmt::Debug, Output: fmt::Debug>,
{
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut of_task = |name: &str, node: &G::Node, item: &Option<u32>, step: &u64| {
            f.debug_struct(name)
                .field("node", &node.name())
                .field("item", item)
                .field("step", step)
                .finish()
        };
        match self {
            Self::Started { node, item, step } => of_task("Started", node, item, step),
            Self::Kept { node, item, step } => of_task("Kept", node, item, step),
            Self::Cached { node, item, step } => of_task("Cached", node, item, step),
            Self::Finished { node, item, step } => of_task("Finished", node, item, step),
            Self::Waiting { node, item, step } => of_task("Waiting", node, item, step),
            Self::Retrying {
                node,
                item,
                step,
                attempt,
                error,
                delay,
            } => f
                .debug_struct("Retrying")
                .field("node", &node.name())
                .field("item", item)
                .field("step", step)
                .field("attempt", attempt)
                .field("error", error)
                .field("delay", delay)
                .finish(),
            Self::CacheFailed {
                node,
                item,
                step,
                error,
            } => f
                .debug_struct("CacheFailed")
                .field("node", &node.name())
                .field("item", item)
                .field("step", step)
                .field("error", error)
                .finish(),
            Self::Failed {
                node,
                item,
                step,
                error,
            } => f
                .debug_struct("Failed")
                .field("node", &node.name())
                .field("item", item)
                .field("step", step)
                .field("error", error)
                .finish(),
            Self::Updated {
                node,
                item,
                step,
                update,
            } => f
                .debug_struct("Updated")
                .field("node", &node.name())
                .field("item", item)
                .field("step", step)
                .field("update", update)
                .finish(),
            Self::Emitted(emitted) => f.debug_tuple("Emitted").field(emitted).finish(),
            Self::Within { node, event, .. } => f.debug_tuple(node.name()).field(event).finish(),
            Self::Step { moment, step, next } => {
                let next: Vec<_> = next.iter().map(|node| node.name()).collect();
                f.debug_struct("Step")
                    .field("moment", moment)
                    .field("step", step)
                    .field("next", &next)
                    .finish()
            }
            Self::Values { moment, step, .. } => f
                .debug_struct("Values")
                .field("moment", moment)
                .field("step", step)
                .finish_non_exhaustive(),
            Self::Recorded {
                moment,
                step,
                bytes,
                snapshot,
            } => f
                .debug_struct("Recorded")
                .field("moment", moment)
                .field("step", step)
                .field("bytes", bytes)
                .field("snapshot", snapshot)
                .finish(),
            Self::Missed { count } => f.debug_struct("Missed").field("count", count).finish(),
            Self::Paused(pause) => f.debug_tuple("Paused").field(&**pause).finish(),
            Self::Done(done) => f.debug_tuple("Done").field(done).finish(),
        }
    }
}
