//! What becomes of a run that finds its thread taken.

use serde::{Deserialize, Serialize};

/// What becomes of a run where another one of the same thread is under way.
///
/// An answer never gets in the way of a run: that run takes it along.
///
/// As it comes, only runs of this process are seen. With [`Builder::shared`](crate::Builder::shared) those of other
/// processes on the same store are, too, and an input that has to wait does so in the thread's durable
/// inbox, wherever the other run is: see there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Busy {
    /// It is refused with [`Error::Busy`](crate::Error::Busy), and nothing of it is taken in.
    #[default]
    Reject,
    /// It waits for its turn. Runs begin in the order in which they came.
    Enqueue,
    /// The one that is under way is stopped, and ends with [`Error::Cancelled`](crate::Error::Cancelled). What it has done is kept: this one
    /// merges its input and goes on there. It has to wait until the other one was polled once more, so a stream that
    /// nobody polls holds it up.
    Cancel,
    /// The one that is under way is stopped, and ends with [`Error::Cancelled`](crate::Error::Cancelled). The thread goes back to where it
    /// stood before that run, whose moments stay readable as a branch of their own, and this one begins there.
    Rollback,
}

impl Busy {
    /// Whether it stops who is there.
    pub(crate) fn interrupts(self) -> bool {
        matches!(self, Self::Cancel | Self::Rollback)
    }

    /// What an input that lines up says of those before it.
    pub(crate) fn in_line(self) -> Self {
        match self {
            Self::Reject | Self::Enqueue => Self::Enqueue,
            interrupts => interrupts,
        }
    }
}
