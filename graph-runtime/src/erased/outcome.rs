//! How a run ended, without types.

use serde::Serialize;
use serde_json::Value;

use crate::definition::{GraphNode, StateGraph};
use crate::id::{MomentId, Timestamp};
use crate::outcome::Outcome;

/// How a run ended, when it didn't fail: an [`Outcome`] without types. As JSON an object with `outcome`, which is
/// `done` or `paused`, and the fields named here.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(tag = "outcome", rename_all = "lowercase")]
#[non_exhaustive]
pub enum ErasedOutcome {
    /// It came to its end.
    #[non_exhaustive]
    Done {
        /// The fields of the graph's `Output`.
        output: Value,
        /// The moment at which it ended.
        #[serde(skip_serializing_if = "Option::is_none")]
        moment: Option<MomentId>,
        /// Whether the run went on with what an earlier one had left unfinished rather than begin at `start`.
        went_on: bool,
    },
    /// It waits for somebody.
    #[non_exhaustive]
    Paused {
        /// The open questions, each as [`ErasedThread::questions`](crate::ErasedThread::questions) has it.
        questions: Vec<Value>,
        /// The nodes that the run was told to pause before, and that are next.
        before: Vec<&'static str>,
        /// The nodes that the run was told to pause after, and that have just run.
        after: Vec<&'static str>,
        /// The moment at which it paused.
        moment: MomentId,
        /// When to wake the thread if nobody answers before.
        #[serde(
            serialize_with = "Timestamp::write_text",
            skip_serializing_if = "Option::is_none"
        )]
        due: Option<Timestamp>,
        /// Whether the run went on with what an earlier one had left unfinished rather than begin at `start`.
        went_on: bool,
    },
}

impl ErasedOutcome {
    pub(super) fn of<G: StateGraph>(outcome: Outcome<G>) -> Result<Self, serde_json::Error> {
        let names = |nodes: &[G::Node]| nodes.iter().map(|node| node.name()).collect();
        Ok(match outcome {
            Outcome::Done(done) => Self::Done {
                output: G::output_json(&done.output)?,
                moment: done.moment(),
                went_on: done.went_on(),
            },
            Outcome::Paused(pause) => Self::Paused {
                questions: pause.asked.clone(),
                before: names(pause.before()),
                after: names(pause.after()),
                moment: pause.moment(),
                due: pause.due(),
                went_on: pause.went_on(),
            },
        })
    }

    /// The output, if the run came to its end.
    pub fn done(self) -> Option<Value> {
        match self {
            Self::Done { output, .. } => Some(output),
            Self::Paused { .. } => None,
        }
    }

    /// Whether it waits for somebody.
    pub fn is_paused(&self) -> bool {
        matches!(self, Self::Paused { .. })
    }

    /// The open questions; none if it came to its end.
    pub fn questions(&self) -> &[Value] {
        match self {
            Self::Done { .. } => &[],
            Self::Paused { questions, .. } => questions,
        }
    }
}
