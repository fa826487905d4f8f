//! What keeps one thread up, with its types and without.

use std::collections::HashSet;

use super::keep::Keep;
use super::plan::Rule;
use super::{Pruned, Upkeep};
use crate::checkpointer::Usage;
use crate::definition::StateGraph;
use crate::erased::ErasedThread;
use crate::error::Error;
use crate::thread::Thread;

impl Upkeep {
    async fn prune(&self, thread: &str, keep: Keep) -> Result<Pruned, Error> {
        let rule = Rule::Keep {
            keep,
            now: self.now(),
        };
        self.prune_by(thread, &rule).await
    }

    async fn delete_runs(&self, thread: &str, runs: HashSet<String>) -> Result<Pruned, Error> {
        self.prune_by(thread, &Rule::WithoutRuns(runs)).await
    }

    async fn usage(&self, thread: &str) -> Result<Usage, Error> {
        let home = self.home(thread)?;
        let usage = home.saver.usage(&home.key).await;
        usage.map_err(|source| home.reader().store(source))
    }
}

impl<G: StateGraph> Thread<G> {
    /// Removes old moments. What stays is what it was: every moment that is kept has the state, the questions and the
    /// graphs within that it had, and can be gone back to; what waits for answers and what siblings have finished
    /// is untouched.
    ///
    /// Beside the moments that [`Keep`] names these stay: the thread's head; the input before a step that
    /// stays; and, of graphs within, the moments at which those that stay say they stood. The same [`Keep`] goes
    /// for the moments of each of these graphs; what only moments that went have called goes whole. The parent of a moment
    /// is then the nearest one on its way that stayed, or none.
    ///
    /// A prune that was cut off leaves a thread that works, and the next one does the rest. An answer that was given
    /// before is still known for the same, except where it is told by its id alone and the moment that asked has
    /// gone: then it is [`Error::Stale`].
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
    /// # use counter::{Counter, Input};
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), Error> {
    /// use graph_runtime::Keep;
    ///
    /// let thread = Counter::graph().checkpointer(MemorySaver::new()).build().thread("t");
    /// for by in 1..=10 {
    ///     thread.invoke(Input::new().by(by)).await?;
    /// }
    /// thread.prune(Keep::last(3)).await?;
    /// let history = thread.history().await?;
    /// assert_eq!(history.len(), 3);
    /// assert_eq!(history[0].state.count, 55);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`Error::Busy`] while it is being run, [`Error::Store`] (with
    /// [`Unsupported`](crate::StoreError::Unsupported) where the checkpointer has no upkeep),
    /// [`Error::Corrupt`].
    pub async fn prune(&self, keep: Keep) -> Result<Pruned, Error> {
        self.upkeep()?.prune(self.id(), keep).await
    }

    /// Removes the moments of these runs, by [`Moment::run`](crate::Moment::run), with their inputs. All else stays,
    /// as at [`prune`](Self::prune); so does the thread's head, whosever it is.
    ///
    /// # Errors
    /// Those of [`prune`](Self::prune).
    pub async fn delete_runs(
        &self,
        runs: impl IntoIterator<Item: Into<String>>,
    ) -> Result<Pruned, Error> {
        let runs = runs.into_iter().map(Into::into).collect();
        self.upkeep()?.delete_runs(self.id(), runs).await
    }

    /// Copies the thread to another one, which has no moments yet, and gives that. All its moments go along, with
    /// their ids, and so do the graphs within, open questions, answers that weren't taken yet and what siblings have
    /// finished: the copy stands where this one stands. What waits in the inbox and the users that lead here don't.
    ///
    /// It is there whole or not at all. To take only one moment along, see [`ThreadAt::into`](crate::ThreadAt::into).
    ///
    /// # Errors
    /// [`Error::NotEmpty`] if the other thread has moments, [`Error::NothingToResume`] if this one has none,
    /// [`Error::Busy`] while one of them is being run, [`Error::Store`], [`Error::Corrupt`].
    pub async fn copy_to(&self, thread: impl AsRef<str>) -> Result<Self, Error> {
        let thread = thread.as_ref();
        self.upkeep()?.copy(self.id(), thread).await?;
        Ok(self.neighbour(thread))
    }

    /// How much is stored of the thread, with the graphs within it.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn usage(&self) -> Result<Usage, Error> {
        self.upkeep()?.usage(self.id()).await
    }
}

impl ErasedThread {
    /// Removes old moments; see [`Thread::prune`].
    ///
    /// # Errors
    /// [`Error::Busy`] while it is being run, [`Error::Store`], [`Error::Corrupt`].
    pub async fn prune(&self, keep: Keep) -> Result<Pruned, Error> {
        self.upkeep()?.prune(self.id(), keep).await
    }

    /// Removes the moments of these runs; see [`Thread::delete_runs`].
    ///
    /// # Errors
    /// Those of [`prune`](Self::prune).
    pub async fn delete_runs(
        &self,
        runs: impl IntoIterator<Item: Into<String>>,
    ) -> Result<Pruned, Error> {
        let runs = runs.into_iter().map(Into::into).collect();
        self.upkeep()?.delete_runs(self.id(), runs).await
    }

    /// Copies the thread to another one, which has no moments yet, and gives that; see [`Thread::copy_to`].
    ///
    /// # Errors
    /// [`Error::NotEmpty`], [`Error::NothingToResume`], [`Error::Busy`], [`Error::Store`], [`Error::Corrupt`].
    pub async fn copy_to(&self, thread: impl AsRef<str>) -> Result<Self, Error> {
        let thread = thread.as_ref();
        self.upkeep()?.copy(self.id(), thread).await?;
        Ok(self.neighbour(thread))
    }

    /// How much is stored of the thread, with the graphs within it.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn usage(&self) -> Result<Usage, Error> {
        self.upkeep()?.usage(self.id()).await
    }
}
