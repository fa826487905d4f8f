//! A graph that is ready to run.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::checkpointer::{Page, StoreError};
use crate::definition::StateGraph;
use crate::error::Error;
use crate::event::RunStream;
use crate::id::{MomentId, Timestamp, check_name};
use crate::invocation::Invocation;
use crate::shared::{Core, HasThreads, RunsAlone, Saved, Unsaved};
use crate::thread::Thread;

/// A graph that is ready to run: cheap to clone, shared between tasks and threads.
pub struct Graph<G: StateGraph, P = Saved> {
    pub(crate) core: Arc<Core<G>>,
    persistence: PhantomData<fn() -> P>,
}

impl<G: StateGraph, P> Graph<G, P> {
    pub(crate) fn new(core: Core<G>) -> Self {
        Self {
            core: Arc::new(core),
            persistence: PhantomData,
        }
    }
}

impl<G: StateGraph, P> Graph<G, P> {
    /// The same graph, which is known to have a checkpointer.
    pub(crate) fn saved(&self) -> Graph<G>
    where
        P: HasThreads,
    {
        Graph {
            core: Arc::clone(&self.core),
            persistence: PhantomData,
        }
    }

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
        let proposed = MomentId::at(self.core.setting.clock.now()).to_string();
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
        listed.map_err(|source| self.of_threads(source))
    }
}

impl<G: StateGraph, P> Graph<G, P> {
    /// The threads to wake: those that stand at an ask or a wait whose time has come by then, the earliest first.
    /// Each is woken by [`thread.wake()`](Thread::wake).
    ///
    /// Nothing runs by itself between two calls, so some process has to come by from time to time. Any may, and
    /// several may at once: a thread is run by one of them.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use graph_runtime::prelude::*;
    /// use graph_runtime::{Clock, StateGraph, SystemClock};
    ///
    /// /// Wakes whoever is to be woken, for ever.
    /// async fn schedule<G: StateGraph>(graph: graph_runtime::Graph<G>) -> Result<(), Error> {
    ///     loop {
    ///         for (thread, _) in graph.due(SystemClock.now()).await? {
    ///             match thread.wake().await {
    ///                 Ok(_) => {}
    ///                 Err(error) => eprintln!("{error}"),
    ///             }
    ///         }
    ///         tokio::time::sleep(Duration::from_secs(1)).await;
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn due(&self, now: Timestamp) -> Result<Vec<(Thread<G>, Timestamp)>, Error>
    where
        P: HasThreads,
    {
        let Some(saver) = &self.core.saver else {
            return Ok(Vec::new());
        };
        let namespace = &*self.core.namespace;
        let due = saver.due(namespace, now, &Page::default()).await;
        let due = due.map_err(|source| self.of_threads(source))?;
        Ok(due
            .into_iter()
            .map(|(id, at)| (self.thread(id), at))
            .collect())
    }

    fn of_threads(&self, source: StoreError) -> Error {
        Error::Store {
            thread: format!("the threads of graph `{}`", self.core.namespace),
            source,
        }
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
