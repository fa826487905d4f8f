//! What the handles of a graph share, and what their types say of it.

use std::sync::Arc;

use crate::checkpointer::Checkpointer;
use crate::definition::StateGraph;
use crate::engine::{Home, Registry};
use crate::error::Error;
use crate::id::ThreadKey;
use crate::moment::thread_text;
use crate::setting::{DEFAULT_LEASE, Setting};
use crate::upkeep::Upkeep;

/// Marks a graph that has a checkpointer, and with it threads.
#[derive(Debug)]
pub enum Saved {}

/// Marks a graph without a checkpointer: it runs and forgets.
#[derive(Debug)]
pub enum Unsaved {}

/// Whether a graph has threads.
#[diagnostic::on_unimplemented(
    message = "this graph was built without a checkpointer, so it has no threads",
    note = "give it one with `.checkpointer(..)`, or run it with `graph.invoke(input)`"
)]
pub trait HasThreads {}

impl HasThreads for Saved {}

/// Whether a graph runs without a thread.
#[diagnostic::on_unimplemented(
    message = "this graph has a checkpointer, so it runs on a thread",
    note = "name one: `graph.thread(\"id\").invoke(input)`; or build the graph without `.checkpointer(..)`"
)]
pub trait RunsAlone {}

impl RunsAlone for Unsaved {}

/// What a graph was built with, shared by all its handles.
pub(crate) struct Core<G: StateGraph> {
    pub(crate) context: Arc<G::Context>,
    pub(crate) saver: Option<Arc<dyn Checkpointer>>,
    pub(crate) namespace: Arc<str>,
    pub(crate) registry: Arc<Registry>,
    pub(crate) setting: Setting<G>,
}

impl<G: StateGraph> Core<G> {
    /// Where a thread is stored.
    pub(crate) fn home(&self, thread: &Arc<str>) -> Result<Home, Error> {
        let key = ThreadKey::new(Arc::clone(&self.namespace), Arc::clone(thread))?;
        let Some(saver) = self.saver.clone() else {
            return Err(Error::NothingToResume {
                thread: thread_text(&key),
            });
        };
        Ok(Home {
            saver,
            registry: Arc::clone(&self.registry),
            key,
            lease: self.setting.lease,
            format: self.setting.format,
        })
    }

    /// What keeps the graph's threads up.
    pub(crate) fn upkeep(&self) -> Result<Upkeep, Error> {
        let saver = self.saver.clone().ok_or_else(|| Error::NothingToResume {
            thread: format!("graph `{}`", self.namespace),
        })?;
        Ok(Upkeep {
            saver,
            registry: Arc::clone(&self.registry),
            namespace: Arc::clone(&self.namespace),
            lease: self.setting.lease.unwrap_or(DEFAULT_LEASE),
            format: self.setting.format,
            clock: Arc::clone(&self.setting.clock),
        })
    }
}
