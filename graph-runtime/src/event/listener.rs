//! The run's side: who is told something, if anybody.

use std::sync::Arc;

use super::queue::Queue;
use super::{Event, Kind};
use crate::definition::StateGraph;

/// Takes events, if anybody listens.
pub(crate) struct Listener<G: StateGraph> {
    queue: Option<Arc<Queue<G>>>,
    /// Whether what a step does is told only once it is stored.
    holds: bool,
}

impl<G: StateGraph> Clone for Listener<G> {
    fn clone(&self) -> Self {
        Self {
            queue: self.queue.clone(),
            holds: self.holds,
        }
    }
}

impl<G: StateGraph> Listener<G> {
    pub(crate) fn none() -> Self {
        Self {
            queue: None,
            holds: false,
        }
    }

    pub(crate) fn to(queue: &Arc<Queue<G>>) -> Self {
        Self {
            queue: Some(Arc::clone(queue)),
            holds: false,
        }
    }

    #[inline]
    pub(crate) fn listens(&self) -> bool {
        self.queue.is_some()
    }

    /// Tells what a step does only once it is stored.
    pub(crate) fn hold(&mut self) {
        self.holds = self.queue.is_some();
    }

    pub(crate) fn holds(&self) -> bool {
        self.holds
    }

    /// Whether somebody wants to hear of this.
    #[inline]
    pub(crate) fn wants(&self, kind: Kind) -> bool {
        self.queue.as_ref().is_some_and(|queue| queue.wants(kind))
    }

    /// Tells the listener; an event that nobody wants isn't even made.
    #[inline]
    pub(crate) fn tell(&self, kind: Kind, event: impl FnOnce() -> Event<G>) {
        if let Some(queue) = &self.queue
            && queue.wants(kind)
        {
            queue.push(event());
        }
    }

    /// [`tell`](Self::tell), of what is true only once it is stored.
    #[inline]
    pub(crate) fn tell_stored(&self, kind: Kind, event: impl FnOnce() -> Event<G>) {
        if let Some(queue) = &self.queue
            && queue.wants(kind)
        {
            if self.holds {
                queue.hold(event());
            } else {
                queue.push(event());
            }
        }
    }

    /// The first so many of what was told by [`tell_stored`](Self::tell_stored) are stored.
    #[inline]
    pub(crate) fn stored(&self, count: usize) {
        if let Some(queue) = &self.queue
            && self.holds
        {
            queue.release(count);
        }
    }

    /// Waits until the listener has heard enough for the run to go on: so that it is ahead by a step at most, or by
    /// a queue.
    #[inline]
    pub(crate) async fn heard(&self) {
        if let Some(queue) = &self.queue {
            queue.caught_up().await;
        }
    }
}
