//! A thread of a graph without types: what can be done on it, and what can be read of it.

use std::fmt;
use std::future::IntoFuture;
use std::sync::Arc;

use serde_json::Value;

use super::graph::{AnyGraph, Spot, Told};
use super::invocation::ErasedInvocation;
use super::outcome::ErasedOutcome;
use super::update::ErasedUpdate;
use crate::definition::{BoxFuture, StateGraph};
use crate::drawing::RunDrawing;
use crate::engine::{Origin, Queued};
use crate::error::Error;
use crate::id::MomentId;
use crate::thread::History;
use crate::upkeep::Upkeep;

/// A thread of an [`ErasedGraph`](crate::ErasedGraph): a [`Thread`](crate::Thread) that speaks JSON. What is said
/// there of each method is so here too.
#[derive(Clone)]
pub struct ErasedThread {
    graph: Arc<dyn AnyGraph>,
    id: Arc<str>,
}

impl ErasedThread {
    pub(super) fn new(graph: Arc<dyn AnyGraph>, id: Arc<str>) -> Self {
        Self { graph, id }
    }

    /// The thread's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Merges an input and runs: from `start` where the last run has ended; where it failed, from the nodes
    /// that were to run. The input is an object with what the setters of the graph's `Input` take.
    ///
    /// # Errors
    /// Of the run: [`Error::Json`] if the input isn't one, and those of [`Thread::invoke`](crate::Thread::invoke).
    pub fn invoke(&self, input: Value) -> ErasedInvocation {
        self.run(Told::Invoke(input))
    }

    /// Begins at `start` with the state kept, whatever was unfinished.
    ///
    /// # Errors
    /// Of the run: [`Error::Json`] if the input isn't one.
    pub fn from_start(&self, input: Value) -> ErasedInvocation {
        self.run(Told::FromStart(input))
    }

    /// Goes on where the thread stands; see [`Thread::resume`](crate::Thread::resume).
    pub fn resume(&self) -> ErasedInvocation {
        self.run(Told::Resume)
    }

    /// Goes on as far as it is possible without anybody's word; see [`Thread::wake`](crate::Thread::wake).
    pub fn wake(&self) -> ErasedInvocation {
        self.answers([])
    }

    /// Answers a question and goes on: `{"id": .., "value": ..}`, whichever node has asked; or the whole of what the
    /// graph's `Answer` is read from. See [`Thread::answer`](crate::Thread::answer).
    ///
    /// # Errors
    /// Of the run: [`Error::Json`] if it isn't an answer or doesn't fit the question, [`Error::UnknownNode`],
    /// [`Error::Stale`] for a question that isn't open or has another answer; nothing is changed then.
    pub fn answer(&self, answer: Value) -> ErasedInvocation {
        self.answers([answer])
    }

    /// Answers several questions at once: all of them, or none if one is refused.
    pub fn answers(&self, answers: impl IntoIterator<Item = Value>) -> ErasedInvocation {
        self.run(Told::Answer(answers.into_iter().collect()))
    }

    /// Sets values by hand where the thread stands: an object with what the setters of the graph's `Values`
    /// take. See [`Thread::update`](crate::Thread::update).
    ///
    /// # Errors
    /// Of the update: [`Error::Json`] if they aren't values.
    pub fn update(&self, values: Value) -> ErasedUpdate {
        ErasedUpdate::new(Arc::clone(&self.graph), self.spot(), values)
    }

    /// The thread as it stood at a moment: to look at it, and to go on from there. The id comes from its text by
    /// `parse()`.
    pub fn at(&self, moment: MomentId) -> ErasedThreadAt {
        ErasedThreadAt {
            graph: Arc::clone(&self.graph),
            thread: Arc::clone(&self.id),
            moment,
            into: None,
        }
    }

    /// Where the thread stands, as a [`Moment`](crate::Moment) is written; `None` if it was never run.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::Corrupt`], [`Error::GraphChanged`].
    pub async fn state(&self) -> Result<Option<Value>, Error> {
        self.graph.state(&self.id).await
    }

    /// A moment of this thread.
    ///
    /// # Errors
    /// [`Error::UnknownMoment`] if it isn't one.
    pub async fn moment(&self, id: MomentId) -> Result<Value, Error> {
        self.graph.moment(&self.id, id).await
    }

    /// The thread's moments, newest first, those of all branches unless it is told otherwise.
    pub fn history(&self) -> ErasedHistory<'_> {
        ErasedHistory {
            thread: self,
            wanted: Wanted::default(),
        }
    }

    /// The questions that are open, in the order of their nodes and items: `{"node": .., "id": .., "question": ..}`,
    /// and `due` where a question is open only until then. Where the node is a graph, the `question` is that graph's:
    /// `{"node": .., "question": ..}`; its id is the one beside it.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::Corrupt`], [`Error::GraphChanged`].
    pub async fn questions(&self) -> Result<Vec<Value>, Error> {
        self.graph.questions(&self.id).await
    }

    /// A drawing of the way that led to where the thread stands; see [`Thread::drawing`](crate::Thread::drawing).
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::Corrupt`].
    pub async fn drawing(&self) -> Result<RunDrawing, Error> {
        self.graph.drawing(&self.id, None).await
    }

    /// Runs what waits in the thread's inbox; see [`Thread::work`](crate::Thread::work).
    ///
    /// # Errors
    /// [`Error::Unreadable`], [`Error::Store`].
    pub async fn work(&self) -> Result<usize, Error> {
        self.graph.work(&self.id).await
    }

    /// What waits in the thread's inbox; see [`Thread::inbox`](crate::Thread::inbox).
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn inbox(&self) -> Result<Vec<Queued>, Error> {
        self.graph.inbox(&self.id).await
    }

    /// Takes a message out of the thread's inbox; see [`Thread::discard`](crate::Thread::discard).
    ///
    /// # Errors
    /// [`Error::Busy`], [`Error::Store`].
    pub async fn discard(&self, position: u64) -> Result<(), Error> {
        self.graph.discard(&self.id, position).await
    }

    /// How the run of an input ended that was put into the inbox; see [`Thread::outcome`](crate::Thread::outcome).
    ///
    /// # Errors
    /// Of the run, as it is said there.
    pub async fn outcome(&self, input: MomentId) -> Result<Option<ErasedOutcome>, Error> {
        self.graph.outcome(&self.id, input).await
    }

    /// Lets what is ready begin anew; see [`Thread::requeue`](crate::Thread::requeue).
    ///
    /// # Errors
    /// [`Error::NothingToResume`], [`Error::Busy`], [`Error::Store`].
    pub async fn requeue(&self) -> Result<(), Error> {
        self.graph.requeue(&self.id).await
    }

    /// Forgets the thread: its state, its moments, and the users that lead to it.
    ///
    /// # Errors
    /// [`Error::Busy`] while it is being run, [`Error::Store`].
    pub async fn reset(&self) -> Result<(), Error> {
        self.graph.reset(&self.id).await
    }

    pub(crate) fn upkeep(&self) -> Result<Upkeep, Error> {
        self.graph.upkeep()
    }

    /// Another thread of the same graph.
    pub(crate) fn neighbour(&self, id: &str) -> Self {
        Self::new(Arc::clone(&self.graph), id.into())
    }

    fn run(&self, told: Told) -> ErasedInvocation {
        ErasedInvocation::new(Arc::clone(&self.graph), self.spot(), told)
    }

    fn spot(&self) -> Spot {
        Spot {
            thread: Arc::clone(&self.id),
            origin: Origin::Head,
        }
    }
}

impl fmt::Debug for ErasedThread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ErasedThread")
            .field("graph", &self.graph.id())
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}

/// A thread of an [`ErasedGraph`](crate::ErasedGraph) as it stood at a moment: a [`ThreadAt`](crate::ThreadAt) that
/// speaks JSON.
#[derive(Clone)]
pub struct ErasedThreadAt {
    graph: Arc<dyn AnyGraph>,
    thread: Arc<str>,
    moment: MomentId,
    /// The thread that what is done goes to, if it is another.
    into: Option<Arc<str>>,
}

impl ErasedThreadAt {
    /// The same moment, but what is done from here goes to another thread of the graph, which begins with a copy of it.
    ///
    /// # Errors
    /// Of what is done: [`Error::NotEmpty`] if the other thread has moments of its own.
    #[must_use = "the other thread begins with what is done there"]
    pub fn into(mut self, thread: impl Into<Arc<str>>) -> Self {
        self.into = Some(thread.into());
        self
    }

    /// The moment.
    ///
    /// # Errors
    /// [`Error::UnknownMoment`] if it isn't one of the thread.
    pub async fn state(&self) -> Result<Value, Error> {
        self.graph.moment(&self.thread, self.moment).await
    }

    /// A drawing of the way that led here.
    ///
    /// # Errors
    /// [`Error::UnknownMoment`] if it isn't a moment of the thread.
    pub async fn drawing(&self) -> Result<RunDrawing, Error> {
        self.graph.drawing(&self.thread, Some(self.moment)).await
    }

    /// Goes on from here on a branch of its own; see [`ThreadAt::replay`](crate::ThreadAt::replay).
    pub fn replay(&self) -> ErasedInvocation {
        self.run(Told::Replay)
    }

    /// Goes on from here; see [`ThreadAt::resume`](crate::ThreadAt::resume).
    pub fn resume(&self) -> ErasedInvocation {
        self.run(Told::Resume)
    }

    /// Merges an input here and runs; see [`ThreadAt::invoke`](crate::ThreadAt::invoke).
    pub fn invoke(&self, input: Value) -> ErasedInvocation {
        self.run(Told::Invoke(input))
    }

    /// Begins a branch here with values that are set by hand. No node is run.
    ///
    /// # Errors
    /// Of the update: [`Error::Json`] if they aren't values, [`Error::UnknownMoment`].
    pub fn fork(&self, values: Value) -> ErasedUpdate {
        ErasedUpdate::new(Arc::clone(&self.graph), self.spot(), values)
    }

    fn run(&self, told: Told) -> ErasedInvocation {
        ErasedInvocation::new(Arc::clone(&self.graph), self.spot(), told)
    }

    fn spot(&self) -> Spot {
        let thread = self.into.as_ref().unwrap_or(&self.thread);
        Spot {
            thread: Arc::clone(thread),
            origin: Origin::of(&self.thread, self.moment, thread),
        }
    }
}

impl fmt::Debug for ErasedThreadAt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ErasedThreadAt")
            .field("graph", &self.graph.id())
            .field("thread", &self.thread)
            .field("moment", &self.moment)
            .field("into", &self.into)
            .finish_non_exhaustive()
    }
}

/// Which moments of a thread to read. Awaiting it reads them, newest first, each as a [`Moment`](crate::Moment) is
/// written.
#[must_use = "a history is read when it is awaited"]
#[derive(Debug)]
pub struct ErasedHistory<'a> {
    thread: &'a ErasedThread,
    wanted: Wanted,
}

/// Which moments.
#[derive(Debug, Default)]
pub(super) struct Wanted {
    limit: Option<usize>,
    before: Option<MomentId>,
    inputs: bool,
    line: Option<Tip>,
    metadata: Vec<(String, String)>,
}

/// Where a line ends.
#[derive(Debug)]
enum Tip {
    Head,
    Moment(MomentId),
}

impl Wanted {
    pub(super) fn of<G: StateGraph>(self, mut history: History<'_, G>) -> History<'_, G> {
        if let Some(limit) = self.limit {
            history = history.limit(limit);
        }
        if let Some(before) = self.before {
            history = history.before(before);
        }
        if self.inputs {
            history = history.with_inputs();
        }
        for (key, value) in self.metadata {
            history = history.metadata(key, value);
        }
        match self.line {
            None => history,
            Some(Tip::Head) => history.line(),
            Some(Tip::Moment(tip)) => history.line_to(tip),
        }
    }
}

impl ErasedHistory<'_> {
    /// At most so many.
    pub fn limit(mut self, moments: usize) -> Self {
        self.wanted.limit = Some(moments);
        self
    }

    /// Only those that were written before this one: the next page.
    pub fn before(mut self, moment: MomentId) -> Self {
        self.wanted.before = Some(moment);
        self
    }

    /// The records of inputs too.
    pub fn with_inputs(mut self) -> Self {
        self.wanted.inputs = true;
        self
    }

    /// Only those that lead to where the thread stands.
    pub fn line(mut self) -> Self {
        self.wanted.line = Some(Tip::Head);
        self
    }

    /// Only those that lead to this one, and itself.
    pub fn line_to(mut self, moment: MomentId) -> Self {
        self.wanted.line = Some(Tip::Moment(moment));
        self
    }

    /// Only those whose run was given this to remember of itself; see [`History::metadata`].
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.wanted.metadata.push((key.into(), value.into()));
        self
    }
}

impl<'a> IntoFuture for ErasedHistory<'a> {
    type Output = Result<Vec<Value>, Error>;
    type IntoFuture = BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        let Self { thread, wanted } = self;
        Box::pin(async move { thread.graph.history(&thread.id, wanted).await })
    }
}
