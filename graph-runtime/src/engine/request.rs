//! What a run is told to do, where it begins, and where it is stored.

use std::sync::Arc;
use std::time::Duration;

use super::busy::Busy;
use super::lease::{Leased, Runner};
use super::registry::{Hold, Registry};
use crate::checkpointer::Checkpointer;
use crate::definition::StateGraph;
use crate::error::Error;
use crate::id::{MomentId, ThreadKey};
use crate::moment::{Format, Placed, Reader, ThreadSeal, thread_text};

/// What a run is told to do.
pub(crate) enum Command<G: StateGraph> {
    /// Merge an input; begin at `start`, or go on with what is unfinished.
    Invoke(G::Input),
    /// Merge an input and begin at `start`, whatever is unfinished.
    FromStart(G::Input),
    /// Go on.
    Resume,
    /// Go on, on a branch of its own.
    Replay,
    /// Take answers and go on.
    Answer(Vec<G::Answer>),
    /// Set values by hand and go on.
    Set(ByHand<G>),
}

/// What somebody sets by hand.
pub(crate) struct ByHand<G: StateGraph> {
    pub(crate) values: G::Values,
    /// The node that is taken to have set it, and is left behind.
    pub(crate) node: Option<G::Node>,
}

/// Where a run begins.
#[derive(Clone, Default)]
pub(crate) enum Origin {
    /// Where the thread stands.
    #[default]
    Head,
    /// At a moment.
    Moment(Then),
}

/// A moment to begin at.
#[derive(Clone)]
pub(crate) struct Then {
    pub(crate) moment: MomentId,
    /// The thread whose moment it is, if that is another one. It is left as it is.
    pub(crate) thread: Option<Arc<str>>,
    /// Graphs within that are to stand elsewhere.
    pub(crate) placed: Vec<Placed>,
}

impl Origin {
    /// A moment of a thread, for what goes to this one or another.
    pub(crate) fn of(thread: &Arc<str>, moment: MomentId, destination: &Arc<str>) -> Self {
        Self::Moment(Then {
            moment,
            thread: Some(Arc::clone(thread)).filter(|thread| thread != destination),
            placed: Vec::new(),
        })
    }

    /// With graphs within that stand elsewhere.
    pub(crate) fn with(mut self, placed: Vec<Placed>) -> Self {
        if let Self::Moment(then) = &mut self {
            then.placed = placed;
        }
        self
    }

    /// A moment of the thread itself.
    pub(crate) fn here(moment: MomentId) -> Self {
        Self::Moment(Then {
            moment,
            thread: None,
            placed: Vec::new(),
        })
    }
}

impl<G: StateGraph> Command<G> {
    /// Whether a branch begins with it even at the thread's head.
    pub(super) fn branches(&self) -> bool {
        matches!(self, Self::Replay | Self::Set(_))
    }

    /// Whether what is unfinished doesn't matter to it, so that it needn't be readable.
    pub(super) fn abandons(&self) -> bool {
        matches!(
            self,
            Self::FromStart(_) | Self::Set(ByHand { node: Some(_), .. })
        )
    }
}

/// Where a run is stored.
#[derive(Clone)]
pub(crate) struct Home {
    pub(crate) saver: Arc<dyn Checkpointer>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) key: ThreadKey,
    /// How long a lease is taken for, where other processes run threads of the same store.
    pub(crate) lease: Option<Duration>,
    /// How what is new is written.
    pub(crate) format: Format,
}

impl Home {
    /// Keeps runs away from the thread, those of other processes too.
    ///
    /// # Errors
    /// [`Error::Busy`] if there is one.
    pub(crate) async fn take(&self) -> Result<Hold, Error> {
        let hold = self.registry.take(&self.key, Busy::Reject).await?;
        match Leased::take(self, &Runner::new(), &hold).await? {
            None => Ok(hold),
            Some(_) => Err(Error::Busy {
                thread: thread_text(&self.key),
            }),
        }
    }

    /// Does something to a thread that nobody runs meanwhile, in this process or another.
    ///
    /// # Errors
    /// [`Error::Busy`] if somebody runs it, and those of the work.
    pub(crate) async fn alone<T>(
        &self,
        work: impl Future<Output = Result<T, Error>>,
    ) -> Result<T, Error> {
        let hold = self.take().await?;
        let done = work.await;
        hold.give_back().await;
        done
    }

    pub(crate) fn reader(&self) -> Reader<'_> {
        Reader {
            saver: &*self.saver,
            key: &self.key,
            seal: ThreadSeal::new(&self.key, self.format),
        }
    }

    /// Where a graph within it is stored.
    pub(super) fn below(&self, step: &str) -> Result<Self, Error> {
        Ok(Self {
            key: self.key.child(step)?,
            ..self.clone()
        })
    }

    /// Another thread of the same graph.
    pub(crate) fn neighbour(&self, thread: &Arc<str>) -> Result<Self, Error> {
        Ok(Self {
            key: ThreadKey::new(self.key.namespace(), Arc::clone(thread))?,
            ..self.clone()
        })
    }
}
