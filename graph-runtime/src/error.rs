//! What can go wrong with a run, said for people: what happened, to which thread and node, and what to do.

use std::fmt;
use std::time::Duration;

use crate::checkpointer::StoreError;
use crate::erased::JsonPart;
use crate::failure::Permanent;
use crate::id::{InvalidId, MomentId, QuestionId, Timestamp};
use crate::policy::IsError;

/// Why a run, or a question about a thread, has no result.
///
/// Whatever is said here, what was acknowledged stands: the thread can be read, and resumed unless the text
/// says otherwise.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// A node returned an error or panicked. Its siblings' results are kept.
    #[error(
        "node {} failed in step {step}{thread}: {}; the thread is kept as it was before the step: `resume()` runs the \
         node again", Way(node, *item, source), source.innermost()
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
    /// A node that may happen only once has begun, and nobody knows what came of it.
    #[error(
        "node `{node}`{item}{thread} may happen only once, has begun already, and what came of it isn't known; find out, \
         then say it with `update(..).as_node(..)`, or let it run again with `requeue()`"
    )]
    OutcomeUnknown {
        /// Where.
        thread: OfThread,
        /// The node's name.
        node: &'static str,
        /// Which item, in a `for`.
        item: OfItem,
    },
    /// The process has died each time that a node was to run. Nothing was run.
    #[error(
        "node `{node}` of {thread} was begun again {attempts} times, and none of them came to an end: it seems to kill its \
         process, or to be killed; mend it, then let it run again with `requeue()`"
    )]
    Poisoned {
        /// The thread.
        thread: String,
        /// The node's name.
        node: &'static str,
        /// How often a run has begun it again, and wasn't heard of any more.
        attempts: u32,
    },
    /// A sub-step with this id is under way in the same turn of the node.
    #[error(
        "node `{node}` has begun the sub-step `{id}` already and not ended it; give each sub-step an id of its own"
    )]
    OnceTwice {
        /// The node's name.
        node: &'static str,
        /// The sub-step's id.
        id: String,
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
    /// Another run of this thread is under way, here or in another process. Nothing of this one was taken in.
    #[error(
        "another run of {thread} is under way; wait for it, say what to do then by `.if_busy(..)`, or use another thread"
    )]
    Busy {
        /// The thread.
        thread: String,
    },
    /// The run waits in the thread's inbox, where it was put because others came first; it was stopped from waiting for it
    /// to be run. It is run when its turn has come.
    #[error(
        "the input {input} waits in the inbox of {thread} and will be run when its turn has come; this run has stopped \
         waiting for that"
    )]
    Enqueued {
        /// The thread.
        thread: String,
        /// The id of the moment that will store the input.
        input: MomentId,
    },
    /// The input can't be put into the thread's inbox. Nothing of it was taken in.
    #[error("the input can't wait in the inbox of {thread}: {why}; `invoke` it")]
    CannotWait {
        /// The thread.
        thread: String,
        /// Why not.
        why: &'static str,
    },
    /// The input was run by another process, where its run has failed.
    #[error("another process has run this: {error}")]
    FailedElsewhere {
        /// The thread.
        thread: String,
        /// What the run said there.
        error: String,
    },
    /// A message in the thread's inbox can't be run: it is damaged, or from another version of the graph. It is passed
    /// over, and stays where it is.
    #[error(
        "the message at {position} in the inbox of {thread} can't be run: {what}; it is passed over; run it with the version \
         of the graph that has sent it, or take it out with `discard({position})`"
    )]
    Unreadable {
        /// The thread.
        thread: String,
        /// Where in the inbox it lies.
        position: u64,
        /// What is wrong with it.
        what: String,
    },
    /// The run was cancelled: by a [`CancellationToken`](crate::CancellationToken), or by another run that was begun
    /// with [`Busy::Cancel`](crate::Busy::Cancel) or [`Busy::Rollback`](crate::Busy::Rollback).
    #[error("the run{thread} was cancelled; {}", Resumable(.thread))]
    Cancelled {
        /// Where.
        thread: OfThread,
    },
    /// The run stopped before its next step, as its [`CancellationToken`](crate::CancellationToken) said.
    #[error("the run{thread} stopped before its next step, as it was told to; {}", Resumable(.thread))]
    Drained {
        /// Where.
        thread: OfThread,
    },
    /// The run has taken as long as it may.
    #[error("the run{thread} was not at its end after {after:?}, which is its deadline; {}", Resumable(.thread))]
    Deadline {
        /// Where.
        thread: OfThread,
        /// How long it was given.
        after: Duration,
    },
    /// Another process has taken the thread over from this run, which was out of reach for too long.
    #[error(
        "{thread} was taken over by another run, because this one didn't renew its lease in time; what it had stored \
         stands, the rest belongs to the other one now"
    )]
    TakenOver {
        /// The thread.
        thread: String,
    },
    /// A node wants memory across threads, and the graph was built without. It isn't made up, or what is put there would be
    /// gone with the process.
    #[error(
        "node `{node}` asks for the store, and the graph was built without one; give it with `.store(..)`"
    )]
    NoStore {
        /// The node's name.
        node: &'static str,
    },
    /// There is no tokio runtime, or one without its time driver.
    #[error(
        "{what} needs a tokio runtime with its time driver; run it in one (`Builder::enable_all`)"
    )]
    NoRuntime {
        /// What needs it.
        what: &'static str,
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
    /// JSON isn't what the graph takes, and nothing was changed; or something can't be said in JSON, and what was done
    /// stands.
    #[error("{part} of {thread} {}: {source}; {}", part.trouble(), part.remedy())]
    Json {
        /// The thread.
        thread: String,
        /// What it was to be.
        part: JsonPart,
        /// What serde said.
        source: serde_json::Error,
    },
    /// No node of the graph has this name. Nothing was changed.
    #[error("graph `{graph}` has no node `{node}`; its nodes are {}", Names(.known))]
    UnknownNode {
        /// The graph's id.
        graph: &'static str,
        /// The name as it was given.
        node: String,
        /// The names that there are.
        known: Vec<&'static str>,
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
    /// The run could never come to its end from where it was put by hand. Nothing was written.
    #[error(
        "{thread} can't go on behind `{node}`: {what}; nothing was written, name a node behind which the run can come to \
         its end"
    )]
    Unsound {
        /// The thread.
        thread: String,
        /// The node that the values were to come from.
        node: &'static str,
        /// What would wait for ever, or start twice.
        what: String,
    },
    /// At that moment nothing calls the graph within this one that was to stand elsewhere. Nothing was written.
    #[error(
        "nothing calls `{path}` where {thread} is to go on from; choose a moment that has its node in `next`"
    )]
    NotActive {
        /// The thread.
        thread: String,
        /// The path of the graph within it.
        path: String,
    },
    /// A moment, or a whole thread, can't be taken to a thread that has moments of its own. Nothing was written.
    #[error(
        "{thread} has moments of its own, and a branch or a copy needs a thread without any; choose another id, or \
         `reset()` it"
    )]
    NotEmpty {
        /// The thread.
        thread: String,
    },
    /// The thread stands at something that this version of the graph doesn't have.
    #[error(
        "{thread} was saved by another version of its graph: {what}; bring it back (`alias` for a node, `#[migrate]` or \
         serde's attributes for the state), go on elsewhere with `.at(moment).fork(values).as_node(node)`, or begin again \
         with `.from_start(input)`"
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

impl Error {
    /// Whether it is about the run and what it is stored in, not about a node: nobody takes it on, or what is stored
    /// would be passed over.
    fn is_of_the_run(&self) -> bool {
        matches!(
            self,
            Self::Store { .. }
                | Self::Corrupt { .. }
                | Self::GraphChanged { .. }
                | Self::TakenOver { .. }
        ) || self.is_stop()
    }

    /// Whether somebody has stopped the run.
    pub(crate) fn is_stop(&self) -> bool {
        matches!(
            self,
            Self::Cancelled { .. } | Self::Drained { .. } | Self::Deadline { .. }
        )
    }

    /// Whether the run around a graph ends with it as it is: it names the thread, and what to do there.
    pub(crate) fn speaks_for_itself(&self) -> bool {
        self.is_of_the_run() || matches!(self, Self::OutcomeUnknown { .. })
    }

    /// The error of a graph within, as the run around it ends with it: somebody who stops a run stops all of it.
    pub(crate) fn around(self, outer: OfThread) -> Self {
        match self {
            Self::Cancelled { .. } => Self::Cancelled { thread: outer },
            Self::Drained { .. } => Self::Drained { thread: outer },
            Self::Deadline { after, .. } => Self::Deadline {
                thread: outer,
                after,
            },
            other => other,
        }
    }
}

/// What a node said when it failed, or what is said of it.
#[derive(Debug)]
#[non_exhaustive]
pub enum NodeError {
    /// It returned an error.
    Returned(Box<dyn std::error::Error + Send + Sync>),
    /// It panicked, with this message.
    Panicked(String),
    /// It is a graph, whose run failed with this.
    Within(Box<Error>),
    /// It took longer than it may.
    TimedOut(Timeout, Duration),
    /// It may happen only once, has begun, and nobody knows what came of it.
    OutcomeUnknown,
    /// It has a timeout or waits between its attempts, and there is nothing to wait with.
    NoTimer,
}

/// Which time was over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Timeout {
    /// That of the whole attempt.
    Run,
    /// That in which it showed no sign of life.
    Idle,
}

impl fmt::Display for NodeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Returned(error) => fmt::Display::fmt(error, f),
            Self::Panicked(message) => write!(f, "panicked: {message}"),
            Self::Within(error) => match &**error {
                Error::Node {
                    node, item, source, ..
                } => write!(f, "{}: {}", Way(node, *item, source), source.innermost()),
                other => fmt::Display::fmt(other, f),
            },
            Self::TimedOut(Timeout::Run, longest) => {
                write!(f, "it took longer than {longest:?}")
            }
            Self::TimedOut(Timeout::Idle, longest) => {
                write!(f, "it showed no sign of life for {longest:?}")
            }
            Self::OutcomeUnknown => f.write_str(
                "it may happen only once, has begun already, and what came of it isn't known",
            ),
            Self::NoTimer => f.write_str(
                "its timeout or the delay between its attempts needs the timer of tokio; build the runtime with \
                 `enable_time()`",
            ),
        }
    }
}

/// The way down to the node that failed: `web` > `search` (item 2).
struct Way<'a>(&'a str, OfItem, &'a NodeError);

impl fmt::Display for Way<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(node, item, error) = self;
        write!(f, "`{node}`{item}")?;
        match error.within() {
            Some((node, item, error)) => write!(f, " > {}", Way(node, item, error)),
            None => Ok(()),
        }
    }
}

impl std::error::Error for NodeError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            // The text is the error's own, so the chain goes on with what lies behind it.
            Self::Returned(error) => error.source(),
            Self::Within(error) => Some(error),
            _ => None,
        }
    }
}

impl NodeError {
    /// From what a panic carries.
    pub(crate) fn from_panic(payload: &(dyn std::any::Any + Send)) -> Self {
        Self::Panicked(panic_message(payload))
    }

    /// The error as the type that the node returned, if it did; also what it called [`Permanent`]. Where the node is a
    /// graph, what the node in there returned.
    pub fn downcast_ref<E: std::error::Error + 'static>(&self) -> Option<&E> {
        let Self::Returned(error) = self.innermost() else {
            return None;
        };
        error
            .downcast_ref()
            .or_else(|| error.downcast_ref::<Permanent>()?.inner().downcast_ref())
    }

    /// What ended a graph within, if that is no failure of any node: the run ends with it, whatever is done about
    /// the node.
    pub(crate) fn of_the_run(&self) -> Option<&Error> {
        match self {
            Self::Within(error) if error.is_of_the_run() => Some(error),
            _ => None,
        }
    }

    /// Whether the node is a graph that was told to stop.
    pub(crate) fn is_stop(&self) -> bool {
        self.of_the_run().is_some_and(Error::is_stop)
    }

    /// The node that failed, where this node is a graph.
    fn within(&self) -> Option<(&'static str, OfItem, &NodeError)> {
        let Self::Within(error) = self else {
            return None;
        };
        match &**error {
            Error::Node {
                node, item, source, ..
            } => Some((node, *item, source)),
            _ => None,
        }
    }

    /// What the node said that all the others fail by.
    pub(crate) fn innermost(&self) -> &Self {
        match self.within() {
            Some((.., error)) => error.innermost(),
            None => self,
        }
    }

    /// Whether it may be gone the next time: unless it panicked, said that it is [`Permanent`], or is of a type that
    /// `lasting` knows, itself or by what lies behind it.
    pub(crate) fn is_passing(&self, lasting: &[IsError]) -> bool {
        match self {
            Self::Returned(error) => {
                let first: &(dyn std::error::Error + 'static) = &**error;
                let mut all = std::iter::successors(Some(first), |error| error.source());
                !all.any(|error| {
                    error.is::<Permanent>() || lasting.iter().any(|is_it| is_it(error))
                })
            }
            Self::TimedOut(..) => true,
            Self::Panicked(_) | Self::Within(_) | Self::OutcomeUnknown | Self::NoTimer => false,
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

/// What can be done about a run that was stopped.
struct Resumable<'a>(&'a OfThread);

impl fmt::Display for Resumable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0.0 {
            Some(_) => "what was done is stored, and `resume()` goes on there",
            None => "without a checkpointer nothing of it is kept",
        })
    }
}

struct Names<'a>(&'a [&'static str]);

impl fmt::Display for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, name) in self.0.iter().enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            write!(f, "{comma}`{name}`")?;
        }
        Ok(())
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
