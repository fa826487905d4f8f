//! What a graph that was killed has lost or done twice.

use std::fmt;

use crate::error::Error;

/// Where a run was killed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Killed {
    /// Before this call of the checkpointer, counted from 1, had any effect.
    BeforeCall(u64),
    /// After this call of the checkpointer had its effect, and before anybody heard of it.
    AfterCall(u64),
    /// After so many polls of the run.
    AtPoll(usize),
}

impl fmt::Display for Killed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::BeforeCall(call) => write!(f, "killed before call {call} of the checkpointer"),
            Self::AfterCall(call) => write!(f, "killed after call {call} of the checkpointer"),
            Self::AtPoll(poll) => write!(f, "killed after {poll} polls"),
        }
    }
}

/// Why a graph doesn't survive being killed.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CrashError {
    /// It fails even if it isn't killed, so there is nothing to compare with.
    #[error("undisturbed, the run fails: {0}")]
    Undisturbed(#[source] Error),
    /// It can't be resumed.
    #[error("{killed}, the run can't be resumed: {error}")]
    Recovery {
        /// Where it was killed.
        killed: Killed,
        /// What went wrong then.
        #[source]
        error: Error,
    },
    /// A node whose end was stored was run again.
    #[error("{killed}, node {node} was run again though its end was stored")]
    RanAgain {
        /// Where the run was killed.
        killed: Killed,
        /// The node, and the way there where it is in a graph within: `` `web` > `search` (item 2) ``.
        node: String,
    },
    /// It comes to another end.
    #[error("{killed}, the run comes to another end: {found}; undisturbed, it is {expected}")]
    Differs {
        /// Where it was killed.
        killed: Killed,
        /// What an undisturbed run comes to.
        expected: String,
        /// What it came to.
        found: String,
    },
}
