//! Stopping a run from outside: at once, at the next step boundary, or when its time is over. Whatever stops it,
//! what was done is kept.

use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::Instant;

use crate::definition::{BoxFuture, StateGraph};
use crate::error::{Error, OfThread};
use crate::setting::Setting;
use crate::timer::Timer;

/// Stops runs from outside: all runs that were given a clone of it.
///
/// [`cancel`](Self::cancel) stops at once: nodes that are under way are dropped, and run again when the thread is
/// resumed; what their siblings have finished is kept. [`drain`](Self::drain) lets the step that is under way end
/// and stops before the next one: for a process that is to be shut down. A graph that is a node stops before its own
/// next step. Either way everything that was done is stored
/// before the run ends with [`Error::Cancelled`] or [`Error::Drained`], and `resume()` goes on there.
/// A run that comes to its end or a pause first ends as it would have.
///
/// A node that is to stop by itself (one on another thread) looks at
/// [`run.is_cancelled()`](crate::Run::is_cancelled).
///
/// ```
/// use graph_runtime::CancellationToken;
///
/// let token = CancellationToken::new();
/// let held_by_the_run = token.clone();
/// token.drain();
/// assert!(held_by_the_run.is_draining() && !held_by_the_run.is_cancelled());
/// ```
#[derive(Clone, Default)]
pub struct CancellationToken(Arc<Signal>);

#[derive(Default)]
struct Signal {
    /// How urgent it is; never less than it was.
    urgency: AtomicU8,
    moved: Notify,
}

const DRAINING: u8 = 1;
const CANCELLED: u8 = 2;

impl CancellationToken {
    /// A token that stops nothing yet.
    pub fn new() -> Self {
        Self::default()
    }

    /// Stops the runs that have it, and every run that is given it later, at once.
    pub fn cancel(&self) {
        self.raise(CANCELLED);
    }

    /// Stops the runs that have it, and every run that is given it later, before their next step.
    pub fn drain(&self) {
        self.raise(DRAINING);
    }

    /// Whether it says to stop at once.
    pub fn is_cancelled(&self) -> bool {
        self.urgency() == CANCELLED
    }

    /// Whether it says to stop at all: at once, or before the next step.
    pub fn is_draining(&self) -> bool {
        self.urgency() >= DRAINING
    }

    /// Waits until it says to stop at once.
    pub async fn cancelled(&self) {
        loop {
            let moved = self.0.moved.notified();
            if self.is_cancelled() {
                return;
            }
            moved.await;
        }
    }

    fn urgency(&self) -> u8 {
        self.0.urgency.load(Ordering::Acquire)
    }

    fn raise(&self, urgency: u8) {
        self.0.urgency.fetch_max(urgency, Ordering::AcqRel);
        self.0.moved.notify_waiters();
    }
}

impl fmt::Debug for CancellationToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("CancellationToken")
            .field("draining", &self.is_draining())
            .field("cancelled", &self.is_cancelled())
            .finish()
    }
}

/// Why a run is to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    Cancelled,
    Drained,
    /// It has taken as long as it may.
    Late(Duration),
}

impl Stop {
    pub(crate) fn into_error(self, thread: OfThread) -> Error {
        match self {
            Self::Cancelled => Error::Cancelled { thread },
            Self::Drained => Error::Drained { thread },
            Self::Late(after) => Error::Deadline { thread, after },
        }
    }
}

/// What one run may be stopped by. Most have nothing, and then nothing is looked at.
pub(crate) struct Stopping {
    tokens: Vec<CancellationToken>,
    deadline: Option<(Instant, Duration)>,
    /// Made when a run waits for the first time, and kept: mostly it goes on waiting for the same.
    waiting: Mutex<Option<BoxFuture<'static, Stop>>>,
}

impl Stopping {
    /// # Errors
    /// [`Error::NoRuntime`] if there is a deadline and nobody to keep the time.
    pub(crate) fn new(
        tokens: Vec<CancellationToken>,
        deadline: Option<Duration>,
    ) -> Result<Self, Error> {
        let deadline = match deadline {
            Some(after) if Timer::after(after).is_none() => {
                return Err(Error::NoRuntime { what: "a deadline" });
            }
            // So far away that it can't be counted is none.
            Some(after) => Instant::now().checked_add(after).map(|at| (at, after)),
            None => None,
        };
        Ok(Self {
            tokens,
            deadline,
            waiting: Mutex::default(),
        })
    }

    /// For a run that is begun on behalf of somebody else: what stops all runs of the graph.
    ///
    /// # Errors
    /// Of [`new`](Self::new).
    pub(crate) fn of_graph<G: StateGraph>(setting: &Setting<G>) -> Result<Self, Error> {
        Self::new(setting.tokens.clone(), setting.deadline)
    }

    /// For a graph within the run: the same, waited for by itself.
    pub(crate) fn within(&self) -> Self {
        Self {
            tokens: self.tokens.clone(),
            deadline: self.deadline,
            waiting: Mutex::default(),
        }
    }

    /// One token more.
    pub(crate) fn heed(&mut self, token: CancellationToken) {
        self.tokens.push(token);
    }

    /// Whether to stop before the next step.
    #[inline]
    pub(crate) fn between_steps(&self) -> Option<Stop> {
        if self.is_idle() {
            return None;
        }
        let urgency = self.tokens.iter().map(CancellationToken::urgency).max();
        match urgency {
            Some(CANCELLED) => Some(Stop::Cancelled),
            Some(DRAINING) => Some(Stop::Drained),
            _ => self
                .deadline
                .filter(|(at, _)| Instant::now() >= *at)
                .map(|(_, after)| Stop::Late(after)),
        }
    }

    /// Waits for something, unless the run is to stop at once. As long as there is nothing to wait for, nobody asks.
    #[inline]
    pub(crate) async fn or<F: Future>(&self, future: F) -> Result<F::Output, Stop> {
        let mut future = pin!(future);
        poll_fn(|cx| match future.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Ok(output)),
            Poll::Pending => self.poll(cx).map(Err),
        })
        .await
    }

    /// Ready as soon as the run is to stop at once.
    #[inline]
    pub(crate) fn poll(&self, cx: &mut Context<'_>) -> Poll<Stop> {
        if self.is_idle() {
            return Poll::Pending;
        }
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting
            .get_or_insert_with(|| Box::pin(first(self.tokens.clone(), self.deadline)))
            .as_mut()
            .poll(cx)
    }

    fn is_idle(&self) -> bool {
        self.tokens.is_empty() && self.deadline.is_none()
    }
}

/// What stops first: a token, or the deadline.
async fn first(tokens: Vec<CancellationToken>, deadline: Option<(Instant, Duration)>) -> Stop {
    let mut cancelled: Vec<Pin<Box<_>>> = tokens
        .iter()
        .map(|token| Box::pin(token.cancelled()))
        .collect();
    let mut late = deadline.and_then(|(at, after)| Some((Timer::until(at)?, after)));
    poll_fn(|cx| {
        if cancelled
            .iter_mut()
            .any(|one| one.as_mut().poll(cx).is_ready())
        {
            return Poll::Ready(Stop::Cancelled);
        }
        match &mut late {
            Some((timer, after)) => Pin::new(timer).poll(cx).map(|()| Stop::Late(*after)),
            None => Poll::Pending,
        }
    })
    .await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_cancelled_is_not_merely_drained_any_more() {
        let token = CancellationToken::new();
        assert!(!token.is_draining());
        token.cancel();
        token.drain();
        assert!(token.is_cancelled() && token.is_draining());
    }

    #[test]
    fn of_several_tokens_the_most_urgent_one_counts() {
        let (calm, urgent) = (CancellationToken::new(), CancellationToken::new());
        let stopping = Stopping::new(vec![calm.clone(), urgent.clone()], None).unwrap();
        assert_eq!(stopping.between_steps(), None);
        calm.drain();
        assert_eq!(stopping.between_steps(), Some(Stop::Drained));
        urgent.cancel();
        assert_eq!(stopping.between_steps(), Some(Stop::Cancelled));
    }

    #[test]
    fn without_a_runtime_nobody_keeps_a_deadline() {
        let stopping = Stopping::new(Vec::new(), Some(Duration::from_secs(1)));
        assert!(matches!(stopping, Err(Error::NoRuntime { .. })));
    }
}
