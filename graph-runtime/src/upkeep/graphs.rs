//! What keeps all threads of a graph up, with its types and without.

use super::keep::Retention;
use super::sweep::Swept;
use crate::definition::StateGraph;
use crate::erased::ErasedGraph;
use crate::error::Error;
use crate::graph::Graph;
use crate::shared::HasThreads;

impl<G: StateGraph, P> Graph<G, P> {
    /// Deletes and prunes what is to go of the graph's threads, one after the other, and says what was done. A thread
    /// that is being run, here or in another process, is left for the next time.
    ///
    /// Nothing runs by itself between two calls, so some process has to come by from time to time. To prune
    /// reads the records of every thread; to delete asks the store which are idle.
    ///
    /// ```
    /// use std::time::Duration;
    ///
    /// use graph_runtime::prelude::*;
    /// use graph_runtime::{Keep, Retention};
    ///
    /// /// Once a night.
    /// async fn clean<G: StateGraph>(graph: &graph_runtime::Graph<G>) -> Result<(), Error> {
    ///     let day = Duration::from_hours(24);
    ///     let retention = Retention::new().keep(Keep::last(500)).time_to_live(30 * day);
    ///     let swept = graph.sweep(&retention).await?;
    ///     println!("{} deleted, {} pruned", swept.deleted, swept.pruned);
    ///     for (thread, error) in &swept.failed {
    ///         eprintln!("{thread}: {error}");
    ///     }
    ///     Ok(())
    /// }
    /// ```
    ///
    /// # Errors
    /// [`Error::Store`] if the store can't be reached or has no upkeep. What is wrong with one thread is among what was
    /// [`failed`](Swept::failed).
    pub async fn sweep(&self, retention: &Retention) -> Result<Swept, Error>
    where
        P: HasThreads,
    {
        self.core.upkeep()?.sweep(retention).await
    }
}

impl ErasedGraph {
    /// Deletes and prunes what is to go of the graph's threads; see [`Graph::sweep`].
    ///
    /// # Errors
    /// [`Error::Store`] if the store can't be reached or has no upkeep.
    pub async fn sweep(&self, retention: &Retention) -> Result<Swept, Error> {
        self.upkeep()?.sweep(retention).await
    }
}
