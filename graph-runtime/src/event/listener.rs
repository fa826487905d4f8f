//! The run's side: who is told something, if anybody.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use super::queue::Queue;
use super::{Event, Kind};
use crate::definition::StateGraph;

/// Takes events, if anybody listens.
pub(crate) struct Listener<G: StateGraph> {
    ear: Option<Ear<G>>,
    /// Whether what a step does is told only once it is stored.
    holds: bool,
}

/// Who listens.
enum Ear<G: StateGraph> {
    Queue(Arc<Queue<G>>),
    /// Whoever listens to the run that this one is a part of.
    Outer(Arc<Outer<G>>),
}

struct Outer<G: StateGraph> {
    wants: Box<dyn Fn(Kind) -> bool + Send + Sync>,
    tell: Box<dyn Fn(Event<G>) + Send + Sync>,
    heard: Box<dyn Fn() -> Hearing + Send + Sync>,
}

/// Until the listener has heard enough.
type Hearing = Pin<Box<dyn Future<Output = ()> + Send>>;

impl<G: StateGraph> Clone for Ear<G> {
    fn clone(&self) -> Self {
        match self {
            Self::Queue(queue) => Self::Queue(Arc::clone(queue)),
            Self::Outer(outer) => Self::Outer(Arc::clone(outer)),
        }
    }
}

impl<G: StateGraph> Ear<G> {
    #[inline]
    fn wants(&self, kind: Kind) -> bool {
        match self {
            Self::Queue(queue) => queue.wants(kind),
            Self::Outer(outer) => (outer.wants)(kind),
        }
    }

    fn push(&self, event: Event<G>) {
        match self {
            Self::Queue(queue) => queue.push(event),
            Self::Outer(outer) => (outer.tell)(event),
        }
    }
}

impl<G: StateGraph> Clone for Listener<G> {
    fn clone(&self) -> Self {
        Self {
            ear: self.ear.clone(),
            holds: self.holds,
        }
    }
}

impl<G: StateGraph> Listener<G> {
    pub(crate) fn none() -> Self {
        Self {
            ear: None,
            holds: false,
        }
    }

    pub(crate) fn to(queue: &Arc<Queue<G>>) -> Self {
        Self {
            ear: Some(Ear::Queue(Arc::clone(queue))),
            holds: false,
        }
    }

    /// For a graph within this one: what is told there is told here, as `wrap` says.
    pub(crate) fn within<C: StateGraph>(
        &self,
        wrap: impl Fn(Event<C>) -> Event<G> + Send + Sync + 'static,
    ) -> Listener<C> {
        let Some(ear) = &self.ear else {
            return Listener::none();
        };
        let (wanting, telling, hearing) = (ear.clone(), ear.clone(), ear.clone());
        let outer = Outer {
            wants: Box::new(move |kind| wanting.wants(kind)),
            tell: Box::new(move |event| telling.push(wrap(event))),
            heard: Box::new(move || match &hearing {
                Ear::Queue(queue) => Box::pin(Arc::clone(queue).caught_up_within()),
                Ear::Outer(outer) => (outer.heard)(),
            }),
        };
        Listener {
            ear: Some(Ear::Outer(Arc::new(outer))),
            holds: false,
        }
    }

    #[inline]
    pub(crate) fn listens(&self) -> bool {
        self.ear.is_some()
    }

    /// Tells what a step does only once it is stored.
    pub(crate) fn hold(&mut self) {
        self.holds = matches!(self.ear, Some(Ear::Queue(_)));
    }

    pub(crate) fn holds(&self) -> bool {
        self.holds
    }

    /// Whether somebody wants to hear of this.
    #[inline]
    pub(crate) fn wants(&self, kind: Kind) -> bool {
        self.ear.as_ref().is_some_and(|ear| ear.wants(kind))
    }

    /// Tells the listener; an event that nobody wants isn't even made.
    #[inline]
    pub(crate) fn tell(&self, kind: Kind, event: impl FnOnce() -> Event<G>) {
        if let Some(ear) = &self.ear
            && ear.wants(kind)
        {
            ear.push(event());
        }
    }

    /// [`tell`](Self::tell), of what is true only once it is stored.
    #[inline]
    pub(crate) fn tell_stored(&self, kind: Kind, event: impl FnOnce() -> Event<G>) {
        match &self.ear {
            Some(Ear::Queue(queue)) if self.holds && queue.wants(kind) => queue.hold(event()),
            _ => self.tell(kind, event),
        }
    }

    /// The first so many of what was told by [`tell_stored`](Self::tell_stored) are stored.
    #[inline]
    pub(crate) fn stored(&self, count: usize) {
        if let Some(Ear::Queue(queue)) = &self.ear
            && self.holds
        {
            queue.release(count);
        }
    }

    /// Waits until the listener has heard enough for the run to go on: so that it is ahead by a step at most, or by
    /// a queue.
    #[inline]
    pub(crate) async fn heard(&self) {
        match &self.ear {
            None => {}
            Some(Ear::Queue(queue)) => queue.caught_up().await,
            Some(Ear::Outer(outer)) => (outer.heard)().await,
        }
    }
}
