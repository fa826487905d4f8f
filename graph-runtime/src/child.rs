//! Reading what a graph within another has stored.

use std::fmt;

use crate::checkpointer::{At, Query};
use crate::definition::StateGraph;
use crate::engine::Home;
use crate::error::Error;
use crate::moment::{Child, Moment, thread_text};
use crate::thread::Thread;

/// A graph within another one, as it stood at a moment: to be read. It is run with its thread.
pub struct ChildThread<C: StateGraph> {
    home: Home,
    child: Child,
    graph: std::marker::PhantomData<fn() -> C>,
}

impl<G: StateGraph> Thread<G> {
    /// A graph within this one, as a moment says it stood: `thread.child::<research::Research>(&moment.children[0])`.
    ///
    /// # Errors
    /// [`Error::NothingToResume`] for a graph without a checkpointer.
    pub fn child<C: StateGraph>(&self, child: &Child) -> Result<ChildThread<C>, Error> {
        ChildThread::below(self.home()?, child)
    }
}

impl<C: StateGraph> ChildThread<C> {
    fn below(outer: Home, child: &Child) -> Result<Self, Error> {
        let mut key = outer.key.root();
        for step in child.path.split('/') {
            key = key.child(step)?;
        }
        Ok(Self {
            home: Home { key, ..outer },
            child: child.clone(),
            graph: std::marker::PhantomData,
        })
    }

    /// Where it stood then.
    ///
    /// # Errors
    /// [`Error::UnknownMoment`] if it isn't stored any more, [`Error::GraphChanged`] if it is another graph,
    /// [`Error::Store`], [`Error::Corrupt`].
    pub async fn state(&self) -> Result<Moment<C>, Error> {
        let stand = self
            .home
            .reader()
            .stand(At::Moment(self.child.moment))
            .await?;
        stand
            .map(|stand| stand.moment)
            .ok_or_else(|| Error::UnknownMoment {
                thread: thread_text(&self.home.key),
                moment: self.child.moment,
            })
    }

    /// All its moments, newest first, also those that came later.
    ///
    /// # Errors
    /// Those of [`state`](Self::state).
    pub async fn history(&self) -> Result<Vec<Moment<C>>, Error> {
        let query = Query {
            without_inputs: true,
            ..Query::default()
        };
        self.home.reader().history(&query).await
    }

    /// A graph within this one.
    ///
    /// # Errors
    /// If the path can't be one.
    pub fn child<D: StateGraph>(&self, child: &Child) -> Result<ChildThread<D>, Error> {
        ChildThread::below(self.home.clone(), child)
    }
}

impl<C: StateGraph> fmt::Debug for ChildThread<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ChildThread")
            .field("graph", &C::ID)
            .field("child", &self.child)
            .finish_non_exhaustive()
    }
}
