//! A run of a graph without types that is about to begin, and its events.

use std::fmt;
use std::future::{IntoFuture, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_core::Stream;
use serde_json::Value;

use super::graph::{AnyGraph, Events, Order, Spot, Told};
use super::outcome::ErasedOutcome;
use super::read::node;
use crate::definition::{BoxFuture, StateGraph};
use crate::engine::{Busy, Durability};
use crate::error::Error;
use crate::event::Kind;
use crate::id::MomentId;
use crate::invocation::Invocation;
use crate::stop::CancellationToken;

/// A run that begins when it is awaited, or streamed: an [`Invocation`] without types.
#[must_use = "a run begins when it is awaited or streamed"]
pub struct ErasedInvocation {
    graph: Arc<dyn AnyGraph>,
    order: Order,
}

/// How one run is done, as far as nobody needs to know the graph's types to say it.
#[derive(Default)]
pub(super) struct Options {
    pub(super) metadata: Vec<(String, String)>,
    step_limit: Option<usize>,
    durability: Option<Durability>,
    pause_before: Vec<String>,
    pause_after: Vec<String>,
    busy: Option<Busy>,
    tokens: Vec<CancellationToken>,
    deadline: Option<Duration>,
    kinds: Option<Vec<Kind>>,
}

impl Options {
    pub(super) fn apply<G: StateGraph>(
        self,
        mut run: Invocation<G>,
    ) -> Result<Invocation<G>, Error> {
        let nodes = |names: Vec<String>| -> Result<Vec<G::Node>, Error> {
            names.iter().map(|name| node::<G>(name)).collect()
        };
        run = run
            .pause_before(nodes(self.pause_before)?)
            .pause_after(nodes(self.pause_after)?);
        for (key, value) in self.metadata {
            run = run.metadata(key, value);
        }
        for token in &self.tokens {
            run = run.cancelled_by(token);
        }
        if let Some(steps) = self.step_limit {
            run = run.step_limit(steps);
        }
        if let Some(durability) = self.durability {
            run = run.durability(durability);
        }
        if let Some(busy) = self.busy {
            run = run.if_busy(busy);
        }
        if let Some(deadline) = self.deadline {
            run = run.deadline(deadline);
        }
        if let Some(kinds) = self.kinds {
            run = run.only(kinds);
        }
        Ok(run)
    }
}

impl ErasedInvocation {
    pub(super) fn new(graph: Arc<dyn AnyGraph>, spot: Spot, told: Told) -> Self {
        Self {
            graph,
            order: Order {
                spot,
                told,
                options: Options::default(),
            },
        }
    }

    /// Something for the run's moments to remember: who asked, from where.
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        let said = (key.into(), value.into());
        self.order.options.metadata.push(said);
        self
    }

    /// How many steps this run may take.
    pub fn step_limit(mut self, steps: usize) -> Self {
        self.order.options.step_limit = Some(steps);
        self
    }

    /// When a step of this run counts as taken.
    pub fn durability(mut self, durability: Durability) -> Self {
        self.order.options.durability = Some(durability);
        self
    }

    /// Pauses before each of these nodes runs, as [`Invocation::pause_before`] does.
    ///
    /// # Errors
    /// Of the run: [`Error::UnknownNode`].
    pub fn pause_before(mut self, nodes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let names = nodes.into_iter().map(Into::into);
        self.order.options.pause_before.extend(names);
        self
    }

    /// Pauses after each of these nodes has run, as [`Invocation::pause_after`] does.
    ///
    /// # Errors
    /// Of the run: [`Error::UnknownNode`].
    pub fn pause_after(mut self, nodes: impl IntoIterator<Item = impl Into<String>>) -> Self {
        let names = nodes.into_iter().map(Into::into);
        self.order.options.pause_after.extend(names);
        self
    }

    /// What becomes of this run where another one of the same thread is under way.
    pub fn if_busy(mut self, busy: Busy) -> Self {
        self.order.options.busy = Some(busy);
        self
    }

    /// A token that stops this run: at once, or before its next step. May be given more than once.
    pub fn cancelled_by(mut self, token: &CancellationToken) -> Self {
        self.order.options.tokens.push(token.clone());
        self
    }

    /// How long the run may take, as [`Invocation::deadline`] says.
    pub fn deadline(mut self, after: Duration) -> Self {
        self.order.options.deadline = Some(after);
        self
    }

    /// Streams only events of these kinds, and the last one, as [`Invocation::only`] does.
    pub fn only(mut self, kinds: impl IntoIterator<Item = Kind>) -> Self {
        self.order.options.kinds = Some(kinds.into_iter().collect());
        self
    }

    /// Puts the input into the thread's inbox, as [`Invocation::enqueue`] does, and gives the id that its moment will have.
    ///
    /// # Errors
    /// [`Error::CannotWait`], [`Error::Json`], [`Error::Store`].
    pub async fn enqueue(self) -> Result<MomentId, Error> {
        self.graph.enqueue(self.order).await
    }

    /// The run as a stream of its events, each as [`Event::to_json`](crate::Event::to_json) writes it. The run goes on only
    /// while it is polled.
    pub fn stream(self) -> ErasedRunStream {
        ErasedRunStream {
            events: self.graph.stream(self.order),
        }
    }
}

impl IntoFuture for ErasedInvocation {
    type Output = Result<ErasedOutcome, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move { self.graph.run(self.order).await })
    }
}

impl fmt::Debug for ErasedInvocation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ErasedInvocation")
            .field("graph", &self.graph.id())
            .field("thread", &self.order.spot.thread)
            .finish_non_exhaustive()
    }
}

/// A run as a stream of its events in JSON.
///
/// The last item is the event `done` or `paused`, or an error. Dropping the stream cancels the run; what was
/// acknowledged stands.
#[must_use = "a run goes on only while its stream is polled"]
pub struct ErasedRunStream {
    events: Events,
}

impl ErasedRunStream {
    /// The next event, or `None` after the last.
    pub async fn next(&mut self) -> Option<Result<Value, Error>> {
        poll_fn(|cx| self.events.as_mut().poll_next(cx)).await
    }
}

impl Stream for ErasedRunStream {
    type Item = Result<Value, Error>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        self.events.as_mut().poll_next(cx)
    }
}

impl fmt::Debug for ErasedRunStream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ErasedRunStream").finish_non_exhaustive()
    }
}
