//! A run as it happens.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use futures_core::Stream;

use crate::definition::{BoxFuture, StateGraph};
use crate::error::Error;
use crate::id::MomentId;
use crate::outcome::{Done, Outcome};
use crate::run::Emitted;

/// Something that happened in a run.
#[non_exhaustive]
pub enum Event<G: StateGraph> {
    /// A node began.
    Started {
        /// The node.
        node: G::Node,
        /// Which item, in a `for`.
        item: Option<u32>,
        /// The step.
        step: u64,
    },
    /// A node had finished in an earlier run, which stored what it set: it isn't run again.
    Kept {
        /// The node.
        node: G::Node,
        /// Which item, in a `for`.
        item: Option<u32>,
    },
    /// A node finished. What it set is stored with the step, or before that if its siblings take longer.
    Finished {
        /// The node.
        node: G::Node,
        /// Which item, in a `for`.
        item: Option<u32>,
    },
    /// A node waits from now on: for an answer, or until its time. It may run again then.
    Waiting {
        /// The node.
        node: G::Node,
        /// Which item, in a `for`.
        item: Option<u32>,
    },
    /// A node failed. The run's error follows when its siblings have ended.
    Failed {
        /// The node.
        node: G::Node,
        /// Which item, in a `for`.
        item: Option<u32>,
        /// What it said.
        error: String,
    },
    /// An update was applied to the state.
    Updated {
        /// What was set.
        update: G::Update,
    },
    /// A node showed a value.
    Emitted(Emitted<G::Emit>),
    /// A step was taken. With a checkpointer it has a moment, which is stored as the durability says.
    Step {
        /// The moment; `None` without a checkpointer.
        moment: Option<MomentId>,
        /// The step.
        step: u64,
        /// What is active next.
        next: Vec<G::Node>,
    },
    /// The run waits for somebody. The last event.
    Paused(G::Pause),
    /// The run came to its end. The last event.
    Done(Done<G>),
}

/// Takes events, if anybody listens.
pub(crate) struct Listener<G: StateGraph>(Option<Arc<Queue<G>>>);

/// What was told and not yet heard.
struct Queue<G: StateGraph> {
    events: Mutex<VecDeque<Event<G>>>,
    /// The listener, where it waits: a node on another thread may tell something while the run itself doesn't move.
    waiting: Mutex<Option<Waker>>,
}

impl<G: StateGraph> Clone for Listener<G> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<G: StateGraph> Queue<G> {
    fn push(&self, event: Event<G>) {
        lock(&self.events).push_back(event);
        if let Some(waker) = lock(&self.waiting).take() {
            waker.wake();
        }
    }

    fn pop(&self) -> Option<Event<G>> {
        lock(&self.events).pop_front()
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl<G: StateGraph> Listener<G> {
    pub(crate) fn none() -> Self {
        Self(None)
    }

    /// Tells the listener; the event isn't even made where there is none.
    #[inline]
    pub(crate) fn tell(&self, event: impl FnOnce() -> Event<G>) {
        if let Some(queue) = &self.0 {
            queue.push(event());
        }
    }

    /// Waits until everything that was told has been heard, so that a run is never ahead of its listener by more
    /// than a step. The stream polls the run only when nothing is left to hear, so nobody has to be woken.
    #[inline]
    pub(crate) async fn heard(&self) {
        if let Some(queue) = &self.0 {
            poll_fn(|_| {
                if lock(&queue.events).is_empty() {
                    Poll::Ready(())
                } else {
                    Poll::Pending
                }
            })
            .await;
        }
    }

    pub(crate) fn is_listening(&self) -> bool {
        self.0.is_some()
    }
}

/// A run as a stream of its events; the run goes on only while it is polled.
///
/// The last item is [`Event::Done`], [`Event::Paused`] or an error. Dropping the stream cancels the run; what
/// was acknowledged stands.
pub struct RunStream<G: StateGraph> {
    queue: Arc<Queue<G>>,
    run: Option<BoxFuture<'static, Result<Outcome<G>, Error>>>,
    last: Option<Result<Event<G>, Error>>,
}

impl<G: StateGraph> RunStream<G> {
    pub(crate) fn new(
        run: impl FnOnce(Listener<G>) -> BoxFuture<'static, Result<Outcome<G>, Error>>,
    ) -> Self {
        let queue = Arc::new(Queue {
            events: Mutex::default(),
            waiting: Mutex::default(),
        });
        let run = run(Listener(Some(Arc::clone(&queue))));
        Self {
            queue,
            run: Some(run),
            last: None,
        }
    }

    /// The next event, or `None` after the last.
    pub async fn next(&mut self) -> Option<Result<Event<G>, Error>> {
        std::future::poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }
}

impl<G: StateGraph> Stream for RunStream<G> {
    type Item = Result<Event<G>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        *lock(&self.queue.waiting) = Some(cx.waker().clone());
        // What has happened is shown before anything more happens: a slow listener slows the run down rather than
        // pile up events.
        if let Some(event) = self.queue.pop() {
            return Poll::Ready(Some(Ok(event)));
        }
        if let Some(run) = &mut self.run
            && let Poll::Ready(outcome) = run.as_mut().poll(cx)
        {
            self.run = None;
            self.last = Some(outcome.map(|outcome| match outcome {
                Outcome::Done(done) => Event::Done(done),
                Outcome::Paused(pause) => Event::Paused(pause),
            }));
        }
        match self.queue.pop() {
            Some(event) => Poll::Ready(Some(Ok(event))),
            None if self.run.is_none() => Poll::Ready(self.last.take()),
            None => Poll::Pending,
        }
    }
}

// Nothing in it is pinned in place: the run is in a box.
impl<G: StateGraph> Unpin for RunStream<G> {}
