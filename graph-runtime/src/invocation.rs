//! A run that is about to begin: what to do, and how.

use std::future::IntoFuture;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use crate::definition::{BoxFuture, StateGraph};
use crate::engine::{Busy, Command, Durability, Origin, Request, enqueue, run, run_thread};
use crate::error::Error;
use crate::event::{Kind, Listener, Pace, Queue, RunStream, Running};
use crate::id::MomentId;
use crate::outcome::Outcome;
use crate::policy::Policy;
use crate::setting::{Setting, Siblings};
use crate::shared::{Core, HasThreads, Saved, Unsaved};
use crate::stop::CancellationToken;

/// A run that begins when it is awaited, or streamed.
///
/// Dropping it while it runs is safe at any point: what was acknowledged stands, and `resume()` goes on.
#[must_use = "a run begins when it is awaited or streamed"]
pub struct Invocation<G: StateGraph, P = Saved> {
    core: Arc<Core<G>>,
    context: Arc<G::Context>,
    thread: Option<Arc<str>>,
    origin: Origin,
    command: Command<G>,
    pub(crate) setting: Setting<G>,
    persistence: PhantomData<fn() -> P>,
}

impl<G: StateGraph> Invocation<G, Unsaved> {
    pub(crate) fn unsaved(core: Arc<Core<G>>, input: G::Input) -> Self {
        Self::new(core, None, Command::Invoke(input))
    }
}

impl<G: StateGraph> Invocation<G> {
    pub(crate) fn on_thread(core: Arc<Core<G>>, thread: Arc<str>, command: Command<G>) -> Self {
        Self::new(core, Some(thread), command)
    }

    /// Begins at a moment, which is not where the thread stands.
    pub(crate) fn from(mut self, origin: Origin) -> Self {
        self.origin = origin;
        self
    }
}

impl<G: StateGraph, P> Invocation<G, P> {
    fn new(core: Arc<Core<G>>, thread: Option<Arc<str>>, command: Command<G>) -> Self {
        let (context, setting) = (Arc::clone(&core.context), core.setting.clone());
        Self {
            core,
            context,
            thread,
            origin: Origin::default(),
            command,
            setting,
            persistence: PhantomData,
        }
    }

    /// Another context for this run.
    pub fn context(mut self, context: G::Context) -> Self {
        self.context = Arc::new(context);
        self
    }

    /// How many steps this run may take.
    pub fn step_limit(mut self, steps: usize) -> Self {
        self.setting.step_limit = steps;
        self
    }

    /// When a step of this run counts as taken.
    pub fn durability(mut self, durability: Durability) -> Self {
        self.setting.durability = durability;
        self
    }

    /// What is done about a node in this run, in place of what the graph says.
    pub fn policy(mut self, node: G::Node, policy: Policy) -> Self {
        self.setting.policies.set(node, policy);
        self
    }

    /// What a failed node means in this run to those that run beside it.
    pub fn siblings(mut self, siblings: Siblings) -> Self {
        self.setting.siblings = siblings;
        self
    }

    /// How often this run may find a node begun that took its process along, before it is
    /// [`Poisoned`](Error::Poisoned).
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.setting.max_attempts = attempts;
        self
    }

    /// Pauses before each of these nodes runs. `resume()` goes on past the pause; with the same option it pauses
    /// at the next one.
    pub fn pause_before(mut self, nodes: impl IntoIterator<Item = G::Node>) -> Self
    where
        P: HasThreads,
    {
        self.setting.pause_before.extend(nodes);
        self
    }

    /// Pauses after each of these nodes has run, unless that is the end.
    pub fn pause_after(mut self, nodes: impl IntoIterator<Item = G::Node>) -> Self
    where
        P: HasThreads,
    {
        self.setting.pause_after.extend(nodes);
        self
    }

    /// Something for the run's moments to remember: who asked, from where.
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.setting.metadata.insert(key.into(), value.into());
        self
    }

    /// What becomes of this run where another one of the same thread is under way.
    pub fn if_busy(mut self, busy: Busy) -> Self
    where
        P: HasThreads,
    {
        self.setting.if_busy = busy;
        self
    }

    /// A token that stops this run: at once, or before its next step. May be given more than once; the graph's own
    /// tokens stop it too.
    pub fn cancelled_by(mut self, token: &CancellationToken) -> Self {
        self.setting.tokens.push(token.clone());
        self
    }

    /// How long the run may take, counted from when it begins to run; waiting for its turn behind another run counts
    /// as well. When the time is over the run is stopped as by
    /// [`CancellationToken::cancel`] and ends with [`Error::Deadline`]; `resume()` goes on there.
    ///
    /// The time is tokio's: in a runtime with its time driver.
    pub fn deadline(mut self, after: Duration) -> Self {
        self.setting.deadline = Some(after);
        self
    }

    /// Tells a listener only events of these kinds, and the last one. What isn't asked for isn't even made. As it
    /// comes, everything is told but [`Kind::Values`] and [`Kind::Debug`].
    pub fn only(mut self, kinds: impl IntoIterator<Item = Kind>) -> Self {
        self.setting.kinds = kinds.into_iter().collect();
        self
    }

    /// How long the run waits for its listener, if it goes on by itself: see [`spawn`](Self::spawn).
    pub fn patience(mut self, patience: Duration) -> Self {
        self.setting.patience = patience;
        self
    }

    /// How many events wait to be heard, at the most. Where more come in, the oldest are dropped, and
    /// [`Event::Missed`](crate::Event::Missed) says how many.
    pub fn queue(mut self, events: usize) -> Self {
        self.setting.queue = events;
        self
    }

    /// The run as a stream of its events. Awaiting it is the same run, with nobody listening.
    pub fn stream(self) -> RunStream<G> {
        let (kinds, queue) = (self.setting.kinds, self.setting.queue);
        RunStream::driven(kinds, queue, |listener| self.begin(listener))
    }

    /// The run as a task of the runtime, which goes on by itself, with a stream of its events.
    ///
    /// A listener that is slow slows the run down, but can't stall it for ever: at the end of a step the run waits
    /// while more than half of the [`queue`](Self::queue) is unheard, at most for its
    /// [`patience`](Self::patience) (ten seconds as it comes). Then it goes on, and where the queue is full the
    /// oldest events are dropped, of which [`Event::Missed`](crate::Event::Missed) tells the number. The end,
    /// a pause and an error are never dropped.
    ///
    /// Dropping the handle cancels the run, unless it is [`detach`](Running::detach)ed.
    ///
    /// # Errors
    /// Of the run: [`Error::NoRuntime`] outside of a tokio runtime.
    pub fn spawn(self) -> Running<G> {
        let Setting {
            kinds,
            queue,
            patience,
            ..
        } = self.setting;
        let queue = Arc::new(Queue::new(kinds, queue, Pace::Patient(patience)));
        Running::new(queue, |listener| self.begin(listener))
    }

    /// Puts the input into the thread's inbox, and returns as soon as it is stored there, with the id that its moment
    /// will have. Whoever runs the thread runs it when its turn has come: the run that is under way when it has ended,
    /// the next one that comes, or a process that [works](crate::Thread::work) for others.
    /// [`Thread::outcome`](crate::Thread::outcome) says what became of it.
    ///
    /// What the run was told beside its input goes along as far as any process can heed it: metadata, durability, step
    /// limit, pauses. Context and policies are those of the process that runs it.
    ///
    /// # Errors
    /// [`Error::CannotWait`] where the checkpointer has no inbox, the graph isn't [`shared`](crate::Builder::shared), or
    /// this isn't an input for where the thread stands; [`Error::Store`].
    pub fn enqueue(self) -> impl Future<Output = Result<MomentId, Error>> + Send + use<G, P>
    where
        P: HasThreads,
    {
        let sent = self
            .into_request(Listener::none())
            .map(|request| enqueue(&request));
        async move { sent?.await }
    }

    fn begin(self, listener: Listener<G>) -> BoxFuture<'static, Result<Outcome<G>, Error>> {
        if self.thread.is_some() {
            let request = self.into_request(listener);
            return Box::pin(async { run_thread(request?).await });
        }
        match self.command {
            Command::Invoke(input) | Command::FromStart(input) => {
                Box::pin(run(self.context, input, self.setting, listener))
            }
            _ => Box::pin(async { Err(without_a_thread()) }),
        }
    }

    fn into_request(self, listener: Listener<G>) -> Result<Request<G>, Error> {
        let thread = self.thread.ok_or_else(without_a_thread)?;
        Ok(Request {
            home: self.core.home(&thread)?,
            core: self.core,
            context: self.context,
            origin: self.origin,
            command: self.command,
            setting: self.setting,
            listener,
        })
    }
}

fn without_a_thread() -> Error {
    Error::NothingToResume {
        thread: "a run without a thread".to_owned(),
    }
}

impl<G: StateGraph, P> IntoFuture for Invocation<G, P> {
    type Output = Result<Outcome<G>, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        self.begin(Listener::none())
    }
}
