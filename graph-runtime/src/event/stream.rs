//! The listener's side: a run as a stream, driven by whoever listens or going on by itself.

use std::future::poll_fn;
use std::panic::resume_unwind;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};

use futures_core::Stream;
use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::queue::{Pace, Queue};
use super::{Event, Kind, Kinds, Listener};
use crate::definition::{BoxFuture, StateGraph};
use crate::error::{Error, OfThread};
use crate::outcome::Outcome;

/// What a run comes to.
type Ending<G> = Result<Outcome<G>, Error>;

/// A run as a stream of its events; the run goes on only while it is polled, and is never ahead of its listener by
/// more than a step. For one that goes on by itself see [`Invocation::spawn`](crate::Invocation::spawn).
///
/// The last item is [`Event::Done`], [`Event::Paused`] or an error, whatever else is asked for. Dropping the stream
/// cancels the run; what was acknowledged stands.
pub struct RunStream<G: StateGraph> {
    queue: Arc<Queue<G>>,
    run: Option<BoxFuture<'static, Ending<G>>>,
    ending: Option<Ending<G>>,
}

impl<G: StateGraph> RunStream<G> {
    pub(crate) fn new(
        queue: Arc<Queue<G>>,
        run: impl FnOnce(Listener<G>) -> BoxFuture<'static, Ending<G>>,
    ) -> Self {
        let run = run(Listener::to(&queue));
        Self {
            queue,
            run: Some(run),
            ending: None,
        }
    }

    pub(crate) fn driven(
        wanted: Kinds,
        capacity: usize,
        run: impl FnOnce(Listener<G>) -> BoxFuture<'static, Ending<G>>,
    ) -> Self {
        Self::new(Arc::new(Queue::new(wanted, capacity, Pace::Driven)), run)
    }

    /// Tells only events of these kinds, and the last one. What isn't asked for isn't even made. As it comes, a stream
    /// tells everything but [`Kind::Values`] and [`Kind::Debug`].
    #[must_use]
    pub fn only(self, kinds: impl IntoIterator<Item = Kind>) -> Self {
        self.queue.want(kinds.into_iter().collect());
        self
    }

    /// The next event, or `None` after the last.
    pub async fn next(&mut self) -> Option<Result<Event<G>, Error>> {
        poll_fn(|cx| Pin::new(&mut *self).poll_next(cx)).await
    }

    /// Moves the run, and gives the next event if there is one; `Ready(None)` when only the ending is left.
    fn poll_event(&mut self, cx: &mut Context<'_>) -> Poll<Option<Event<G>>> {
        self.queue.wait(cx.waker());
        // What has happened is shown before anything more happens: a slow listener slows the run down rather than
        // pile up events.
        if let Some(event) = self.queue.pop() {
            return Poll::Ready(Some(event));
        }
        if let Some(run) = &mut self.run
            && let Poll::Ready(ending) = run.as_mut().poll(cx)
        {
            self.run = None;
            self.ending = Some(ending);
        }
        match self.queue.pop() {
            Some(event) => Poll::Ready(Some(event)),
            None if self.run.is_none() => Poll::Ready(None),
            None => Poll::Pending,
        }
    }
}

impl<G: StateGraph> Stream for RunStream<G> {
    type Item = Result<Event<G>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.poll_event(cx).map(|event| match event {
            Some(event) => Some(Ok(event)),
            None => Some(self.ending.take()?.map(|outcome| match outcome {
                Outcome::Done(done) => Event::Done(done),
                Outcome::Paused(pause) => Event::Paused(pause),
            })),
        })
    }
}

// Nothing in it is pinned in place: the run is in a box.
impl<G: StateGraph> Unpin for RunStream<G> {}

/// A run that goes on by itself, whether or not anybody listens: a stream of its events like [`RunStream`], and a
/// handle on it. See [`Invocation::spawn`](crate::Invocation::spawn).
///
/// Dropping it cancels the run, which is gone a moment later; what was acknowledged stands. A run of the same thread that
/// is begun at once had better wait for that, by [`Busy::Enqueue`](crate::Busy::Enqueue).
/// [`detach`](Self::detach) lets it go on alone.
pub struct Running<G: StateGraph> {
    stream: RunStream<G>,
    let_go: Arc<AtomicBool>,
}

impl<G: StateGraph> Running<G> {
    pub(crate) fn new(
        queue: Arc<Queue<G>>,
        run: impl FnOnce(Listener<G>) -> BoxFuture<'static, Ending<G>>,
    ) -> Self {
        let let_go = Arc::<AtomicBool>::default();
        let stream = RunStream::new(queue, |listener| {
            let Ok(runtime) = Handle::try_current() else {
                return Box::pin(async {
                    Err(Error::NoRuntime {
                        what: "a run that goes on by itself",
                    })
                });
            };
            let task = Task {
                handle: runtime.spawn(run(listener)),
                let_go: Arc::clone(&let_go),
            };
            Box::pin(task.ending())
        });
        Self { stream, let_go }
    }

    /// The next event, or `None` after the last.
    pub async fn next(&mut self) -> Option<Result<Event<G>, Error>> {
        self.stream.next().await
    }

    /// Waits for the end without listening.
    ///
    /// # Errors
    /// Of the run.
    pub async fn outcome(mut self) -> Result<Outcome<G>, Error> {
        self.stream.queue.close();
        loop {
            if poll_fn(|cx| self.stream.poll_event(cx)).await.is_none() {
                return self.stream.ending.take().unwrap_or_else(|| {
                    Err(Error::Cancelled {
                        thread: OfThread::default(),
                    })
                });
            }
        }
    }

    /// Lets the run go on alone, to its end or its next pause. Nobody hears of it; the thread can be read.
    pub fn detach(self) {
        self.let_go.store(true, Ordering::Release);
        self.stream.queue.close();
    }
}

impl<G: StateGraph> Stream for Running<G> {
    type Item = Result<Event<G>, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        Pin::new(&mut self.stream).poll_next(cx)
    }
}

/// The run on the runtime: stopped when its handle goes, unless it was let go.
struct Task<G: StateGraph> {
    handle: JoinHandle<Ending<G>>,
    let_go: Arc<AtomicBool>,
}

impl<G: StateGraph> Task<G> {
    async fn ending(mut self) -> Ending<G> {
        match (&mut self.handle).await {
            Ok(ending) => ending,
            Err(failure) => match failure.try_into_panic() {
                Ok(panic) => resume_unwind(panic),
                // The runtime was shut down.
                Err(_) => Err(Error::Cancelled {
                    thread: OfThread::default(),
                }),
            },
        }
    }
}

impl<G: StateGraph> Drop for Task<G> {
    fn drop(&mut self) {
        if !self.let_go.load(Ordering::Acquire) {
            self.handle.abort();
        }
    }
}
