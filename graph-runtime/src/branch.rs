//! Branches in time: going back to a moment, and setting values by hand.

use std::fmt;
use std::future::IntoFuture;
use std::sync::Arc;

use crate::checkpointer::At;
use crate::child::ChildAt;
use crate::definition::{BoxFuture, StateGraph};
use crate::drawing::RunDrawing;
use crate::engine::{ByHand, Command, Origin, Request, set_by_hand};
use crate::error::Error;
use crate::event::Listener;
use crate::id::MomentId;
use crate::invocation::Invocation;
use crate::moment::{Moment, Placed, thread_text};
use crate::setting::Setting;
use crate::shared::Core;

/// A thread as it stood at a moment: to look at it, and to go on from there.
///
/// Going on from a moment that isn't the thread's head begins a branch: a moment whose parent is the old one. The
/// thread's head is what was written last, so the branch is where the thread stands from then on; the moments of
/// the old branch stay as they are, and [`history`](crate::Thread::history) shows them all. Whatever was unfinished on the
/// old branch stays there: its questions can't be answered any more (on the branch they are asked under new ids), and what
/// siblings had finished is run again. A graph within this one stands on the branch where it stood at the moment,
/// also one that remembers its calls; [`with_child`](Self::with_child) goes back within it.
///
/// ```
/// # use graph_runtime::prelude::*;
/// # #[graph(id = "counter")]
/// # mod counter {
/// #     #[state]
/// #     pub struct Counter {
/// #         #[input]
/// #         pub by: u32,
/// #         #[reduce(sum)]
/// #         pub count: u32,
/// #     }
/// #     edges! { start -> add -> end; }
/// #     #[node(writes(count))]
/// #     fn add(by: u32) -> u32 { by }
/// # }
/// # use counter::{Counter, Input, Values};
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Error> {
/// let thread = Counter::graph().checkpointer(MemorySaver::new()).build().thread("t");
/// thread.invoke(Input::new().by(1)).await?;
/// thread.invoke(Input::new().by(10)).await?;
/// // What if it had been another ten?
/// let first = thread.history().await?.remove(1);
/// let fork = thread.at(first.id).fork(Values::new().count(100)).await?;
/// assert_eq!((fork.parent, fork.state.count), (Some(first.id), 101));
/// # Ok(())
/// # }
/// ```
pub struct ThreadAt<G: StateGraph> {
    core: Arc<Core<G>>,
    thread: Arc<str>,
    moment: MomentId,
    /// The thread that what is done goes to, if it is another.
    into: Option<Arc<str>>,
    /// Graphs within that are to stand elsewhere.
    placed: Vec<Placed>,
}

impl<G: StateGraph> ThreadAt<G> {
    pub(crate) fn new(core: Arc<Core<G>>, thread: Arc<str>, moment: MomentId) -> Self {
        Self {
            core,
            thread,
            moment,
            into: None,
            placed: Vec::new(),
        }
    }

    /// The same moment, but what is done from here goes to another thread of the graph, which begins with a copy of it.
    /// This one is left as it is.
    ///
    /// # Errors
    /// Of what is done: [`Error::NotEmpty`] if the other thread has moments of its own.
    #[must_use = "the other thread begins with what is done there"]
    pub fn into(mut self, thread: impl Into<Arc<str>>) -> Self {
        self.into = Some(thread.into());
        self
    }

    /// The same moment, but a graph within stands at another moment of its own, or with other values: a branch that
    /// goes on in the middle of what the graph has done. Its node has to be active here. Others stand as they stood.
    ///
    /// ```
    /// # use graph_runtime::prelude::*;
    /// # #[graph(id = "draft")]
    /// # pub mod draft {
    /// #     #[state]
    /// #     pub struct Draft {
    /// #         #[input]
    /// #         pub topic: String,
    /// #         pub text: String,
    /// #     }
    /// #     edges! { start -> look_up -> write -> end; }
    /// #     #[node]
    /// #     fn look_up() {}
    /// #     #[node(writes(text))]
    /// #     fn write(topic: &str) -> String { format!("about {topic}") }
    /// # }
    /// # #[graph(id = "desk")]
    /// # mod desk {
    /// #     use super::draft;
    /// #     #[state]
    /// #     pub struct Desk {
    /// #         pub draft: Option<draft::Output>,
    /// #     }
    /// #     edges! { start -> plan -> author -> end; }
    /// #     #[node]
    /// #     fn plan() {}
    /// #     #[subgraph(draft::Draft, into = draft)]
    /// #     fn author() -> draft::Input { draft::Input::new().topic("rain") }
    /// # }
    /// # use draft::{Draft, Values};
    /// # use desk::Desk;
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Error> {
    /// # let thread = Desk::graph().checkpointer(MemorySaver::new()).build().thread("t");
    /// # thread.invoke(desk::Input::new()).await?;
    /// let history = thread.history().await?;
    /// // What `author` did, newest first: `write`, `look_up`.
    /// let author = thread.child::<Draft>(&history[0].children[0])?;
    /// let looked_up = author.history().await?.remove(1);
    /// // Once more from there, about something else.
    /// let snow = author.at(looked_up.id).values(Values::new().topic("snow"));
    /// let planned = history[1].id;
    /// let outcome = thread.at(planned).with_child(snow).resume().await?;
    /// if let Outcome::Done(output) = outcome {
    ///     assert_eq!(output.draft.as_ref().unwrap().text, "about snow");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// Of what is done: [`Error::NotActive`] if nothing calls the graph here, [`Error::UnknownMoment`] if the graph has no
    /// such moment, [`Error::GraphChanged`] if values are to be set in what this version can't read.
    #[must_use = "it stands there on the branch that is begun next"]
    pub fn with_child<C: StateGraph>(mut self, child: ChildAt<C>) -> Self {
        self.placed.push(child.into_placed());
        self
    }

    /// The moment.
    ///
    /// # Errors
    /// [`Error::UnknownMoment`] if it isn't one of the thread.
    pub async fn state(&self) -> Result<Moment<G>, Error> {
        let home = self.core.home(&self.thread)?;
        let stand = home.reader().stand(At::Moment(self.moment)).await?;
        stand
            .map(|stand| stand.moment)
            .ok_or_else(|| Error::UnknownMoment {
                thread: thread_text(&home.key),
                moment: self.moment,
            })
    }

    /// A drawing of the way that led here; see [`Thread::drawing`](crate::Thread::drawing).
    ///
    /// # Errors
    /// [`Error::UnknownMoment`] if it isn't one of the thread.
    pub async fn drawing(&self) -> Result<RunDrawing, Error> {
        let home = self.core.home(&self.thread)?;
        let trail = home.reader().trail::<G>(Some(self.moment)).await?;
        Ok(RunDrawing::new(G::topology(), trail))
    }

    /// Goes on from here on a branch of its own, whatever has come of the moment before. At the end of a run nothing
    /// is run, and the thread stands there again.
    ///
    /// # Errors
    /// Of the run: [`Error::UnknownMoment`], and whatever stops it.
    pub fn replay(&self) -> Invocation<G> {
        self.run(Command::Replay)
    }

    /// Goes on from here: at the thread's head like [`Thread::resume`](crate::Thread::resume), which keeps what is finished, at
    /// an older moment like [`replay`](Self::replay).
    ///
    /// # Errors
    /// As with [`replay`](Self::replay).
    pub fn resume(&self) -> Invocation<G> {
        self.run(Command::Resume)
    }

    /// Merges an input here and runs, like [`Thread::invoke`](crate::Thread::invoke); at an older moment a branch begins with it.
    ///
    /// # Errors
    /// Of the run: [`Error::UnknownMoment`], [`Error::Paused`] where somebody has to answer first (the branch isn't begun
    /// then), and whatever stops it.
    pub fn invoke(&self, input: G::Input) -> Invocation<G> {
        self.run(Command::Invoke(input))
    }

    /// Begins a branch here with values that are set by hand. No node is run.
    ///
    /// # Errors
    /// Of the update: [`Error::UnknownMoment`], [`Error::Busy`] while the thread is run.
    pub fn fork(&self, values: impl Into<G::Values>) -> Update<G> {
        Update::new(
            Arc::clone(&self.core),
            Arc::clone(self.destination()),
            self.origin(),
            values.into(),
        )
    }

    fn run(&self, command: Command<G>) -> Invocation<G> {
        let (core, thread) = (Arc::clone(&self.core), Arc::clone(self.destination()));
        Invocation::on_thread(core, thread, command).from(self.origin())
    }

    fn destination(&self) -> &Arc<str> {
        self.into.as_ref().unwrap_or(&self.thread)
    }

    fn origin(&self) -> Origin {
        Origin::of(&self.thread, self.moment, self.destination()).with(self.placed.clone())
    }
}

impl<G: StateGraph> Clone for ThreadAt<G> {
    fn clone(&self) -> Self {
        Self {
            core: Arc::clone(&self.core),
            thread: Arc::clone(&self.thread),
            moment: self.moment,
            into: self.into.clone(),
            placed: self.placed.clone(),
        }
    }
}

impl<G: StateGraph> fmt::Debug for ThreadAt<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ThreadAt")
            .field("graph", &G::ID)
            .field("thread", &self.thread)
            .field("moment", &self.moment)
            .field("into", &self.into)
            .finish_non_exhaustive()
    }
}

/// Values that are about to be set by hand. Awaiting it writes the moment and gives it; [`resume`](Self::resume) writes
/// it and runs.
///
/// The values go through the reducers as those of a node do; `set_..` sets a field past its reducer.
#[must_use = "values are set when the update is awaited or resumed"]
pub struct Update<G: StateGraph> {
    core: Arc<Core<G>>,
    thread: Arc<str>,
    origin: Origin,
    by_hand: ByHand<G>,
    setting: Setting<G>,
}

impl<G: StateGraph> Update<G> {
    pub(crate) fn new(
        core: Arc<Core<G>>,
        thread: Arc<str>,
        origin: Origin,
        values: G::Values,
    ) -> Self {
        let setting = core.setting.clone();
        Self {
            core,
            thread,
            origin,
            by_hand: ByHand { values, node: None },
            setting,
        }
    }

    /// As if this node had just run and set these values: its turn ends (all of it, in a `for`), and what follows it comes
    /// next. Where it isn't active, everything that is active is abandoned first, half filled joins too; that
    /// is also a way on where this version of the graph can't read what is active.
    ///
    /// # Errors
    /// Of the update: [`Error::Unsound`] if the run could never come to its end from there.
    pub fn as_node(mut self, node: G::Node) -> Self {
        self.by_hand.node = Some(node);
        self
    }

    /// Something for the moment to remember: who set it, and why.
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.setting.metadata.insert(key.into(), value.into());
        self
    }

    /// Writes the moment and runs from there.
    pub fn resume(self) -> Invocation<G> {
        let metadata = self.setting.metadata;
        let run = Invocation::on_thread(self.core, self.thread, Command::Set(self.by_hand));
        metadata
            .into_iter()
            .fold(run.from(self.origin), |run, (key, value)| {
                run.metadata(key, value)
            })
    }
}

impl<G: StateGraph> IntoFuture for Update<G> {
    type Output = Result<Moment<G>, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(async move {
            set_by_hand(Request {
                home: self.core.home(&self.thread)?,
                context: Arc::clone(&self.core.context),
                core: self.core,
                origin: self.origin,
                command: Command::Set(self.by_hand),
                setting: self.setting,
                listener: Listener::none(),
            })
            .await
        })
    }
}

impl<G: StateGraph> fmt::Debug for Update<G> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Update")
            .field("graph", &G::ID)
            .field("thread", &self.thread)
            .field("node", &self.by_hand.node)
            .finish_non_exhaustive()
    }
}
