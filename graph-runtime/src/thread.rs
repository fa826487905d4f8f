//! A thread: one conversation, one order, one approval, over any number of runs.

use std::fmt;
use std::sync::Arc;

use serde_json::Value;

use crate::branch::{ThreadAt, Update};
use crate::checkpointer::{At, Query, Write, WriteKind};
use crate::definition::StateGraph;
use crate::drawing::RunDrawing;
use crate::engine::{
    Command, Home, Origin, Queued, asked, discard, open_questions, outcome, requeue, waiting, work,
};
use crate::error::Error;
use crate::event::RunStream;
use crate::id::{MomentId, QuestionId};
use crate::invocation::Invocation;
use crate::moment::{Moment, Wanted, thread_text};
use crate::outcome::Outcome;
use crate::shared::Core;
use crate::upkeep::Upkeep;

/// A thread of a graph: everything that was ever said on it, and where it stands.
///
/// A handle and nothing more: cheap to make and to clone, and any number may stand for the same thread.
pub struct Thread<G: StateGraph> {
    core: Arc<Core<G>>,
    id: Arc<str>,
}

impl<G: StateGraph> Thread<G> {
    pub(crate) fn new(core: Arc<Core<G>>, id: Arc<str>) -> Self {
        Self { core, id }
    }

    /// The thread's id.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Merges an input and runs: from `start` where the last run has ended; where it failed, from the nodes
    /// that were to run (the outcome says so by `went_on()`).
    ///
    /// # Errors
    /// Of the run: [`Error::Paused`] where somebody has to answer first, [`Error::Busy`], and whatever stops it.
    pub fn invoke(&self, input: G::Input) -> Invocation<G> {
        self.run(Command::Invoke(input))
    }

    /// [`invoke`](Self::invoke), as a stream of events.
    pub fn stream(&self, input: G::Input) -> RunStream<G> {
        self.invoke(input).stream()
    }

    /// Begins at `start` with the state kept, whatever was unfinished.
    pub fn from_start(&self, input: G::Input) -> Invocation<G> {
        self.run(Command::FromStart(input))
    }

    /// Goes on where the thread stands. Where the last run has ended, nothing is run, and the outcome is what it
    /// ended with.
    ///
    /// # Errors
    /// Of the run: [`Error::NothingToResume`] on a thread that was never run.
    pub fn resume(&self) -> Invocation<G> {
        self.run(Command::Resume)
    }

    /// Answers a question and goes on. The answer is stored before anything else happens; the same one given
    /// twice is one answer. While another run of the thread is under way in this process, that run takes the
    /// answer along, and the outcome is how the thread stands after it. Where a run has paused before a node, it
    /// stays there: going past is what `resume()` says.
    ///
    /// # Errors
    /// Of the run: [`Error::Stale`] for a question that isn't open or has another answer; nothing is changed then.
    pub fn answer(&self, answer: G::Answer) -> Invocation<G> {
        self.answers([answer])
    }

    /// Answers several questions at once: all of them, or none if one is refused.
    pub fn answers(&self, answers: impl IntoIterator<Item = G::Answer>) -> Invocation<G> {
        self.run(Command::Answer(answers.into_iter().collect()))
    }

    pub(crate) fn home(&self) -> Result<Home, Error> {
        self.core.home(&self.id)
    }

    /// Sets values by hand where the thread stands: a moment is written, no node is run. What is active stays so, open
    /// questions keep their ids; with [`Update::as_node`] the run goes on behind a node.
    ///
    /// # Errors
    /// Of the update: [`Error::NothingToResume`] on a thread that was never run, [`Error::Busy`] while it is run.
    pub fn update(&self, values: impl Into<G::Values>) -> Update<G> {
        Update::new(
            Arc::clone(&self.core),
            Arc::clone(&self.id),
            Origin::Head,
            values.into(),
        )
    }

    /// The thread as it stood at a moment: to look at it, and to go on from there.
    pub fn at(&self, moment: MomentId) -> ThreadAt<G> {
        ThreadAt::new(Arc::clone(&self.core), Arc::clone(&self.id), moment)
    }

    /// Lets what is ready begin anew: a node that has taken too many processes along
    /// ([`Error::Poisoned`]), and one that may happen only once and of which nobody knows what came
    /// ([`Error::OutcomeUnknown`]), also in graphs that its nodes are in the middle of. It runs nothing; `resume()` does.
    ///
    /// # Errors
    /// [`Error::NothingToResume`] on a thread that was never run, [`Error::Busy`] while it is being run,
    /// [`Error::Store`].
    pub async fn requeue(&self) -> Result<(), Error> {
        let home = self.core.home(&self.id)?;
        let hold = home.take().await?;
        let done = requeue::<G>(&home).await;
        hold.give_back().await;
        done
    }

    /// Goes on as far as it is possible without anybody's word: asks and waits whose time has come are over, what
    /// they and others have left unfinished runs. Where nothing is due, the outcome is the pause that stands. Unlike
    /// [`resume`](Self::resume) it doesn't go past a node that a run was told to pause before, and it waits for a
    /// run that is under way in this process. [`Graph::due`](crate::Graph::due) says whom to wake.
    ///
    /// # Errors
    /// Of the run: [`Error::NothingToResume`] on a thread that was never run.
    pub fn wake(&self) -> Invocation<G> {
        self.answers([])
    }

    /// Runs what waits in the thread's inbox, in order, each input as a run of its own, until nothing does or somebody
    /// else is at it. Gives how many were run; how each ended is stored with it. For a process that works for others: inputs
    /// get there by [`Invocation::enqueue`], and by [`Busy::Enqueue`](crate::Busy::Enqueue) from processes that have died since.
    ///
    /// # Errors
    /// [`Error::Unreadable`] if there is a message that can't be run, when all others were; [`Error::Store`].
    pub async fn work(&self) -> Result<usize, Error> {
        let home = self.core.home(&self.id)?;
        work(&self.core, &home).await
    }

    /// What waits in the thread's inbox, in the order in which it is run.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn inbox(&self) -> Result<Vec<Queued>, Error> {
        let home = self.core.home(&self.id)?;
        Ok(waiting::<G>(&home).await?.into_queued())
    }

    /// Takes a message out of the thread's inbox, whether or not it can be run.
    ///
    /// # Errors
    /// [`Error::Busy`] while the thread is run, since it might be this message that is; [`Error::Store`].
    pub async fn discard(&self, position: u64) -> Result<(), Error> {
        let home = self.core.home(&self.id)?;
        discard(&home, position).await
    }

    /// How the run of an input ended that was put into the inbox, in whatever process; `None` as long as it waits or is
    /// run. The id is that of the moment which stores the input.
    ///
    /// # Errors
    /// Of the run: [`Error::FailedElsewhere`], [`Error::Cancelled`] if another run stopped it or took it back,
    /// [`Error::TakenOver`] if its process died and another input has gone on with it.
    pub async fn outcome(&self, input: MomentId) -> Result<Option<Outcome<G>>, Error> {
        outcome(&self.core.home(&self.id)?, input).await
    }

    fn run(&self, command: Command<G>) -> Invocation<G> {
        Invocation::on_thread(Arc::clone(&self.core), Arc::clone(&self.id), command)
    }

    /// Where the thread stands; `None` if it was never run.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::Corrupt`], [`Error::GraphChanged`].
    pub async fn state(&self) -> Result<Option<Moment<G>>, Error> {
        let home = self.core.home(&self.id)?;
        Ok(home
            .reader()
            .stand(At::Head)
            .await?
            .map(|stand| stand.moment))
    }

    /// A moment of this thread.
    ///
    /// # Errors
    /// [`Error::UnknownMoment`] if it isn't one.
    pub async fn moment(&self, id: MomentId) -> Result<Moment<G>, Error> {
        self.at(id).state().await
    }

    /// The questions that are open, in the order of their nodes and items.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::Corrupt`], [`Error::GraphChanged`].
    pub async fn questions(&self) -> Result<Vec<G::Question>, Error> {
        let home = self.core.home(&self.id)?;
        let Some(stand) = home.reader().stand::<G>(At::Head).await? else {
            return Ok(Vec::new());
        };
        let is_answered = |id: &QuestionId| is_answered(&stand.writes, id);
        open_questions(&stand.frontier?, &thread_text(&home.key), is_answered)
    }

    /// The same as JSON.
    pub(crate) async fn asked(&self) -> Result<Vec<Value>, Error> {
        let home = self.core.home(&self.id)?;
        let Some(stand) = home.reader().stand::<G>(At::Head).await? else {
            return Ok(Vec::new());
        };
        Ok(asked(&stand.frontier?, |id| is_answered(&stand.writes, id)))
    }

    /// A drawing of the way that led to where the thread stands: which nodes ran how often and how long, which ways
    /// were taken, what waits. On a thread that was never run nothing stands out.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::Corrupt`].
    pub async fn drawing(&self) -> Result<RunDrawing, Error> {
        let home = self.core.home(&self.id)?;
        let trail = home.reader().trail::<G>(None).await?;
        Ok(RunDrawing::new(G::topology(), trail))
    }

    /// The thread's moments, newest first, those of all branches unless it is told otherwise.
    pub fn history(&self) -> History<'_, G> {
        History {
            thread: self,
            before: None,
            wanted: Wanted {
                query: Query {
                    without_inputs: true,
                    ..Query::default()
                },
                ..Wanted::default()
            },
        }
    }

    /// Forgets the thread: its state, its moments, the graphs within it, and the users that lead to it. What is younger
    /// can be kept by [`prune`](Self::prune).
    ///
    /// # Errors
    /// [`Error::Busy`] while it is being run, [`Error::Store`].
    pub async fn reset(&self) -> Result<(), Error> {
        self.upkeep()?.forget(&self.id).await
    }

    pub(crate) fn upkeep(&self) -> Result<Upkeep, Error> {
        self.core.upkeep()
    }

    /// Another thread of the same graph.
    pub(crate) fn neighbour(&self, id: &str) -> Self {
        Self::new(Arc::clone(&self.core), id.into())
    }
}

/// Whether there is an answer among what is kept beside the records.
fn is_answered(writes: &[Write], question: &QuestionId) -> bool {
    let mut answers = writes
        .iter()
        .filter(|write| write.key.kind == WriteKind::Answer);
    answers.any(|write| write.key.question() == *question)
}

/// Which moments of a thread to read. Awaiting it reads them, newest first.
#[must_use = "a history is read when it is awaited"]
pub struct History<'a, G: StateGraph> {
    thread: &'a Thread<G>,
    before: Option<MomentId>,
    wanted: Wanted,
}

impl<G: StateGraph> History<'_, G> {
    /// At most so many.
    pub fn limit(mut self, moments: usize) -> Self {
        self.wanted.query.limit = Some(moments);
        self
    }

    /// Only those that were written before this one: the next page.
    pub fn before(mut self, moment: MomentId) -> Self {
        self.before = Some(moment);
        self
    }

    /// The records of inputs too.
    pub fn with_inputs(mut self) -> Self {
        self.wanted.query.without_inputs = false;
        self
    }

    /// Only those that lead to where the thread stands.
    pub fn line(mut self) -> Self {
        self.wanted.line = Some(None);
        self
    }

    /// Only those that lead to this one, and itself.
    pub fn line_to(mut self, moment: MomentId) -> Self {
        self.wanted.line = Some(Some(moment));
        self
    }

    /// Only those whose run was given this to remember of itself, by
    /// [`Invocation::metadata`](crate::Invocation::metadata). Said several times, all of it. A limit counts what is
    /// listed, and reads as far as it has to.
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.wanted.metadata.push((key.into(), value.into()));
        self
    }

    async fn read(mut self) -> Result<Vec<Moment<G>>, Error> {
        if let Some(before) = self.before {
            self.wanted.query.before = Some(self.thread.moment(before).await?.sequence);
        }
        if let Some(Some(tip)) = self.wanted.line {
            self.thread.moment(tip).await?;
        }
        let home = self.thread.core.home(&self.thread.id)?;
        home.reader().history(&self.wanted).await
    }
}

impl<'a, G: StateGraph> std::future::IntoFuture for History<'a, G> {
    type Output = Result<Vec<Moment<G>>, Error>;
    type IntoFuture = crate::definition::BoxFuture<'a, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.read())
    }
}

impl<G: StateGraph> Clone for Thread<G> {
    fn clone(&self) -> Self {
        Self {
            core: Arc::clone(&self.core),
            id: Arc::clone(&self.id),
        }
    }
}

impl<G: StateGraph> fmt::Debug for Thread<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Thread")
            .field("graph", &G::ID)
            .field("id", &self.id)
            .finish_non_exhaustive()
    }
}
