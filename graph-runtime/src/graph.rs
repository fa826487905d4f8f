//! A graph that is ready to run, and what it is built with.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::checkpointer::{Checkpointer, Page};
use crate::definition::StateGraph;
use crate::engine::Durability;
use crate::error::Error;
use crate::event::RunStream;
use crate::id::{MomentId, Timestamp, check_name};
use crate::invocation::Invocation;
use crate::shared::{Core, HasThreads, RunsAlone, Saved, Unsaved};
use crate::thread::Thread;

/// How many steps a run may take unless it is told otherwise.
pub const DEFAULT_STEP_LIMIT: usize = 1_000;

/// A graph that is ready to run: cheap to clone, shared between tasks and threads.
pub struct Graph<G: StateGraph, P = Saved> {
    pub(crate) core: Arc<Core<G>>,
    persistence: PhantomData<fn() -> P>,
}

/// What a graph is built with. `Support::graph()` makes one.
#[must_use = "a builder does nothing until `.build()`"]
pub struct Builder<G: StateGraph, P = Unsaved, X = ()> {
    context: X,
    saver: Option<Arc<dyn Checkpointer>>,
    namespace: Arc<str>,
    step_limit: usize,
    durability: Durability,
    graph: PhantomData<fn() -> (G, P)>,
}

/// Whether a graph can do with this persistence: one that asks can't do without a checkpointer. Implemented by
/// the macro.
pub trait Suits<P> {}

/// Whether a context was given, where the graph has one.
#[diagnostic::on_unimplemented(
    message = "this graph's nodes use a context, and none was given",
    label = "needs `.context(..)` before it",
    note = "give it with `.context({C} {{ .. }})`"
)]
pub trait Supplies<C> {
    /// The context.
    fn supply(self) -> C;
}

impl<C> Supplies<C> for C {
    fn supply(self) -> C {
        self
    }
}

impl<G: StateGraph> Default for Builder<G> {
    fn default() -> Self {
        Self {
            context: (),
            saver: None,
            namespace: G::ID.into(),
            step_limit: DEFAULT_STEP_LIMIT,
            durability: Durability::default(),
            graph: PhantomData,
        }
    }
}

impl<G: StateGraph, P, X> Builder<G, P, X> {
    /// What nodes use and no moment stores: clients, pools. Other than this one can be given for a single run.
    pub fn context(self, context: G::Context) -> Builder<G, P, G::Context> {
        let Self {
            saver,
            namespace,
            step_limit,
            durability,
            ..
        } = self;
        Builder {
            context,
            saver,
            namespace,
            step_limit,
            durability,
            graph: PhantomData,
        }
    }

    /// Where moments are kept. A graph with a checkpointer has threads.
    pub fn checkpointer(self, saver: impl Checkpointer) -> Builder<G, Saved, X> {
        let Self {
            context,
            namespace,
            step_limit,
            durability,
            ..
        } = self;
        Builder {
            context,
            saver: Some(Arc::new(saver)),
            namespace,
            step_limit,
            durability,
            graph: PhantomData,
        }
    }

    /// What separates this graph's threads from those of other graphs in the same database; as it comes, the
    /// graph's id.
    pub fn namespace(mut self, namespace: impl Into<Arc<str>>) -> Self {
        self.namespace = namespace.into();
        self
    }

    /// How many steps a run may take; as it comes, [`DEFAULT_STEP_LIMIT`].
    pub fn step_limit(mut self, steps: usize) -> Self {
        self.step_limit = steps;
        self
    }

    /// When a step counts as taken; as it comes, [`Durability::Async`].
    pub fn durability(mut self, durability: Durability) -> Self {
        self.durability = durability;
        self
    }

    /// The graph.
    pub fn build(self) -> Graph<G, P>
    where
        G: Suits<P>,
        X: Supplies<G::Context>,
    {
        let Self {
            context,
            saver,
            namespace,
            step_limit,
            durability,
            ..
        } = self;
        let context = Arc::new(context.supply());
        let core = Core {
            context,
            saver,
            namespace,
            registry: Arc::default(),
            step_limit,
            durability,
        };
        Graph {
            core: Arc::new(core),
            persistence: PhantomData,
        }
    }
}

impl<G: StateGraph, P> Graph<G, P> {
    /// The thread with this id. A bad id is an error at the thread's first use.
    pub fn thread(&self, id: impl Into<Arc<str>>) -> Thread<G>
    where
        P: HasThreads,
    {
        Thread::new(Arc::clone(&self.core), id.into())
    }

    /// The thread that belongs to a user of this graph: always the same, across restarts.
    ///
    /// # Errors
    /// [`Error::InvalidId`] for an id that can't be stored, [`Error::Store`].
    pub async fn thread_of(&self, user: impl AsRef<str>) -> Result<Thread<G>, Error>
    where
        P: HasThreads,
    {
        let user = user.as_ref();
        check_name("user", user)?;
        let proposed = MomentId::at(Timestamp::now()).to_string();
        let home = self.core.home(&proposed.as_str().into())?;
        let thread = home
            .saver
            .thread_of(&self.core.namespace, user, &proposed)
            .await;
        Ok(self.thread(thread.map_err(|source| home.reader().store(source))?))
    }

    /// The ids of the graph's threads in byte order, a page at a time.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn threads(&self, page: &Page) -> Result<Vec<String>, Error>
    where
        P: HasThreads,
    {
        let Some(saver) = &self.core.saver else {
            return Ok(Vec::new());
        };
        let namespace = &*self.core.namespace;
        let listed = saver.threads(namespace, page).await;
        listed.map_err(|source| Error::Store {
            thread: format!("the threads of graph `{namespace}`"),
            source,
        })
    }
}

impl<G: StateGraph, P> Graph<G, P> {
    /// Runs the graph from `start` to its end. Nothing is stored.
    pub fn invoke(&self, input: G::Input) -> Invocation<G, Unsaved>
    where
        P: RunsAlone,
    {
        Invocation::unsaved(Arc::clone(&self.core), input)
    }

    /// [`invoke`](Self::invoke), as a stream of events.
    pub fn stream(&self, input: G::Input) -> RunStream<G>
    where
        P: RunsAlone,
    {
        self.invoke(input).stream()
    }
}

impl<G: StateGraph, P> Clone for Graph<G, P> {
    fn clone(&self) -> Self {
        Self {
            core: Arc::clone(&self.core),
            persistence: PhantomData,
        }
    }
}

impl<G: StateGraph, P> fmt::Debug for Graph<G, P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Graph")
            .field("id", &G::ID)
            .field("namespace", &self.core.namespace)
            .finish_non_exhaustive()
    }
}

impl<G: StateGraph, P, X> fmt::Debug for Builder<G, P, X> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("id", &G::ID)
            .field("namespace", &self.namespace)
            .finish_non_exhaustive()
    }
}
