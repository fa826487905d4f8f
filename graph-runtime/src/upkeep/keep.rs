//! What is kept of threads, and for how long.

use std::time::Duration;

use crate::id::Timestamp;

/// Which moments of a thread stay when it is pruned: the last so many, those younger than so long, or both of
/// these.
///
/// Moments are counted as [`history()`](crate::Thread::history) lists them, over all branches by the order of
/// writing. What stays beside them is said at [`Thread::prune`](crate::Thread::prune).
///
/// ```
/// use std::time::Duration;
/// use graph_runtime::Keep;
///
/// let month = Duration::from_hours(24 * 30);
/// // The last hundred, however old; and whatever is younger than a month, however many.
/// let keep = Keep::last(100).and_younger_than(month);
/// assert_ne!(keep, Keep::younger_than(month));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Keep {
    last: usize,
    younger_than: Option<Duration>,
}

impl Keep {
    /// The last so many moments.
    pub fn last(moments: usize) -> Self {
        Self {
            last: moments,
            younger_than: None,
        }
    }

    /// The moments that are younger than this, by the graph's clock.
    pub fn younger_than(age: Duration) -> Self {
        Self::last(0).and_younger_than(age)
    }

    /// And the last so many, however old they are.
    #[must_use]
    pub fn and_last(self, moments: usize) -> Self {
        Self {
            last: moments,
            ..self
        }
    }

    /// And those that are younger than this, however many they are.
    #[must_use]
    pub fn and_younger_than(self, age: Duration) -> Self {
        Self {
            younger_than: Some(age),
            ..self
        }
    }

    /// Whether it keeps a moment before which so many newer ones are listed.
    pub(super) fn keeps(&self, newer: usize, written: Timestamp, now: Timestamp) -> bool {
        let is_young = |age| now.since(written) < age;
        newer < self.last || self.younger_than.is_some_and(is_young)
    }
}

/// What [`Graph::sweep`](crate::Graph::sweep) leaves of a graph's threads.
///
/// ```
/// use std::time::Duration;
/// use graph_runtime::{Keep, Retention};
///
/// let day = Duration::from_hours(24);
/// let retention = Retention::new().keep(Keep::last(200)).time_to_live(30 * day);
/// assert_ne!(retention, Retention::default());
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Retention {
    pub(super) keep: Option<Keep>,
    pub(super) time_to_live: Option<Duration>,
}

impl Retention {
    /// One that leaves everything.
    pub fn new() -> Self {
        Self::default()
    }

    /// Prunes each thread to this.
    #[must_use]
    pub fn keep(self, keep: Keep) -> Self {
        Self {
            keep: Some(keep),
            ..self
        }
    }

    /// Deletes threads to which nothing was written for so long, by the graph's clock: with all their moments, also
    /// where a question is still open. One that waits for a time isn't idle before that has come, and as long after
    /// it.
    #[must_use]
    pub fn time_to_live(self, idle: Duration) -> Self {
        Self {
            time_to_live: Some(idle),
            ..self
        }
    }
}
