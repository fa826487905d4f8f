//! What a task can wait for: an answer, a time, or whichever comes first.

use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use serde_json::value::RawValue;

use crate::id::{QuestionId, Timestamp};

/// Something that a task waits for.
#[derive(Debug)]
pub struct Awaited {
    /// By what an answer finds it.
    pub id: QuestionId,
    /// What is asked; `None` where only the clock answers.
    pub question: Option<Box<RawValue>>,
    /// When it is waited for no longer.
    pub due: Option<Due>,
}

/// The answers of a thread that nothing has taken in yet; `None` for a question whose time came without one.
pub(crate) type Answers = HashMap<QuestionId, Option<Box<RawValue>>>;

/// A time as it is said: a point, or how long from now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Due {
    /// Then.
    At(Timestamp),
    /// So long after the moment at which the task is found to wait.
    After(Duration),
}

impl Due {
    /// The point in time. Databases count with a sign, so none is later than they can say.
    pub(crate) fn at(self, now: Timestamp) -> Timestamp {
        let at = match self {
            Self::At(at) => at,
            Self::After(span) => now.saturating_add(span),
        };
        at.min(Timestamp::from_micros(i64::MAX.unsigned_abs()))
    }
}

/// What `#[wait(until = ..)]` takes: a point in time, how long from now, or an `Option` of one, where `None` is not
/// to wait at all.
///
/// ```
/// use graph_runtime::prelude::*;
///
/// #[graph(id = "reminder")]
/// mod reminder {
///     use std::time::Duration;
///
///     use graph_runtime::Timestamp;
///
///     #[state]
///     pub struct Reminder {
///         #[input]
///         pub at: Option<Timestamp>,
///     }
///
///     edges! { start -> alarm -> snooze -> end; }
///
///     #[wait(until = state.at)]
///     fn alarm() {}
///
///     #[wait(until = Duration::from_secs(600))]
///     fn snooze() {}
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no time to wait until",
    label = "not a time",
    note = "give a `Timestamp`, a `SystemTime`, a `Duration` from now, or an `Option` of one"
)]
pub trait Until {
    /// The time.
    fn until(self) -> Option<Due>;
}

impl Until for Timestamp {
    fn until(self) -> Option<Due> {
        Some(Due::At(self))
    }
}

impl Until for SystemTime {
    fn until(self) -> Option<Due> {
        Some(Due::At(self.into()))
    }
}

impl Until for Duration {
    fn until(self) -> Option<Due> {
        Some(Due::After(self))
    }
}

impl<T: Until> Until for Option<T> {
    fn until(self) -> Option<Due> {
        self.and_then(Until::until)
    }
}
