//! What can go wrong with a run, said for people: what happened, to which thread and node, and what to do.

use std::fmt;

use crate::checkpointer::StoreError;
use crate::id::{InvalidId, MomentId, QuestionId, Timestamp};

/// Why a run, or a question about a thread, has no result.
///
/// Whatever is said here, what was acknowledged stands: the thread can be read, and resumed unless the text
/// says otherwise.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A node returned an error or panicked. Its siblings' results are kept.
    #[error(
        "node `{node}`{item} failed in step {step}{thread}: {source}; the thread is kept as it was before the step: \
         `resume()` runs the node again"
    )]
    Node {
        /// Where.
        thread: OfThread,
        /// The node's name.
        node: &'static str,
        /// Which item, in a `for`.
        item: OfItem,
        /// The step in which it ran.
        step: u64,
        /// What it said.
        source: NodeError,
    },
    /// A route's expression panicked. Neither it nor the step before it took effect.
    #[error(
        "the route after `{from}`{thread} panicked: {message}; the step is not taken, `resume()` tries it again"
    )]
    Route {
        /// Where.
        thread: OfThread,
        /// The node that the route leads on from, or `start`.
        from: &'static str,
        /// What it said.
        message: String,
    },
    /// The run has taken as many steps as it may.
    #[error(
        "the run{thread} took {limit} steps and is not at its end: a loop that doesn't end, or a limit that is too \
         low; `resume()` goes on, `.step_limit(n)` raises the limit"
    )]
    StepLimit {
        /// Where.
        thread: OfThread,
        /// The limit.
        limit: usize,
    },
    /// The thread waits for somebody, so a new input can't go on there.
    #[error(
        "{thread} is paused{}; answer, or `resume()` past a pause, or begin again with `.from_start(input)`",
        Waiting(.questions, .before, *.due)
    )]
    Paused {
        /// The thread.
        thread: String,
        /// The open questions, each with the node that asks.
        questions: Vec<(QuestionId, &'static str)>,
        /// The nodes that the run paused before or after.
        before: Vec<&'static str>,
        /// When it goes on by itself, if it is woken then.
        due: Option<Timestamp>,
    },
    /// Another run of this thread is under way in this process.
    #[error("another run of {thread} is under way; wait for it, or use another thread")]
    Busy {
        /// The thread.
        thread: String,
    },
    /// The thread was never run, so there is nothing to go on with.
    #[error("{thread} was never run, so there is nothing to resume; `invoke(input)` begins it")]
    NothingToResume {
        /// The thread.
        thread: String,
    },
    /// The thread has no such moment.
    #[error("{thread} has no moment {moment}; `history()` lists those it has")]
    UnknownMoment {
        /// The thread.
        thread: String,
        /// The moment's id.
        moment: MomentId,
    },
    /// The question isn't open (any more), or has another answer already. Nothing was changed.
    #[error(
        "the question {question} is not open on {thread}, or has another answer; `questions()` lists what is open"
    )]
    Stale {
        /// The thread.
        thread: String,
        /// The question's id.
        question: QuestionId,
    },
    /// An id that can't be used.
    #[error(transparent)]
    InvalidId(#[from] InvalidId),
    /// A value can't be stored as JSON. Nothing of the step was stored.
    #[error("{what} can't be stored: {source}; its `Serialize` has to succeed")]
    Encode {
        /// The field, item or question.
        what: String,
        /// What serde said.
        source: serde_json::Error,
    },
    /// What is stored isn't what was written. Nothing was changed.
    #[error("moment {moment} of {thread} is damaged: {what}")]
    Corrupt {
        /// The thread.
        thread: String,
        /// The damaged moment.
        moment: MomentId,
        /// What is wrong with it.
        what: String,
    },
    /// The thread stands at something that this version of the graph doesn't have.
    #[error(
        "{thread} was saved by another version of its graph: {what}; bring it back, or begin again with `.from_start(input)`"
    )]
    GraphChanged {
        /// The thread.
        thread: String,
        /// What is gone or retyped.
        what: String,
    },
    /// The checkpointer failed.
    #[error("the checkpointer failed on {thread}: {source}")]
    Store {
        /// The thread.
        thread: String,
        /// Its error.
        source: StoreError,
    },
}

/// What a node said when it failed.
#[derive(Debug)]
pub enum NodeError {
    /// It returned an error.
    Returned(Box<dyn std::error::Error + Send + Sync>),
    /// It panicked, with this message.
    Panicked(String),
}

impl fmt::Display for NodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Returned(error) => fmt::Display::fmt(error, f),
            Self::Panicked(message) => write!(f, "panicked: {message}"),
        }
    }
}

impl std::error::Error for NodeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            // The text is the error's own, so the chain goes on with what lies behind it.
            Self::Returned(error) => error.source(),
            Self::Panicked(_) => None,
        }
    }
}

impl NodeError {
    /// From what a panic carries.
    pub(crate) fn from_panic(payload: &(dyn std::any::Any + Send)) -> Self {
        Self::Panicked(panic_message(payload))
    }

    /// The error as the type that the node returned, if it did.
    pub fn downcast_ref<E: std::error::Error + 'static>(&self) -> Option<&E> {
        match self {
            Self::Returned(error) => error.downcast_ref(),
            Self::Panicked(_) => None,
        }
    }
}

pub(crate) fn panic_message(payload: &(dyn std::any::Any + Send)) -> String {
    let text = payload
        .downcast_ref::<&str>()
        .map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "without a message".to_owned())
}

/// The thread that an error speaks of, if the run has one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OfThread(pub Option<String>);

impl fmt::Display for OfThread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0
            .as_ref()
            .map_or(Ok(()), |thread| write!(f, " of {thread}"))
    }
}

/// The item that an error speaks of, if there is one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct OfItem(pub Option<u32>);

impl fmt::Display for OfItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.map_or(Ok(()), |item| write!(f, " (item {item})"))
    }
}

struct Waiting<'a>(
    &'a [(QuestionId, &'static str)],
    &'a [&'static str],
    Option<Timestamp>,
);

impl fmt::Display for Waiting<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, (id, node)) in self.0.iter().enumerate() {
            write!(
                f,
                "{} `{node}` waits for an answer to question {id}",
                if place == 0 { ":" } else { "," }
            )?;
        }
        for node in self.1 {
            write!(f, " at `{node}`")?;
        }
        self.2.map_or(Ok(()), |due| write!(f, " until {due}"))
    }
}
