//! What a run is told to do, and where it is stored.

use std::sync::Arc;
use std::time::Duration;

use super::registry::{Busy, Hold, Registry};
use crate::checkpointer::Checkpointer;
use crate::definition::StateGraph;
use crate::error::Error;
use crate::id::ThreadKey;
use crate::moment::{Reader, ThreadSeal};

/// What a run is told to do.
pub(crate) enum Command<G: StateGraph> {
    /// Merge an input; begin at `start`, or go on with what is unfinished.
    Invoke(G::Input),
    /// Merge an input and begin at `start`, whatever is unfinished.
    FromStart(G::Input),
    /// Go on.
    Resume,
    /// Take answers and go on.
    Answer(Vec<G::Answer>),
}

/// Where a run is stored.
#[derive(Clone)]
pub(crate) struct Home {
    pub(crate) saver: Arc<dyn Checkpointer>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) key: ThreadKey,
    /// How long a lease is taken for, where other processes run threads of the same store.
    pub(crate) lease: Option<Duration>,
}

impl Home {
    /// Keeps runs away from the thread.
    pub(crate) async fn take(&self) -> Result<Hold, Error> {
        self.registry.take(&self.key, Busy::Reject).await
    }

    pub(crate) fn reader(&self) -> Reader<'_> {
        Reader {
            saver: &*self.saver,
            key: &self.key,
            seal: ThreadSeal::new(&self.key),
        }
    }
}
