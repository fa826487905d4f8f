//! What a node can know of the run that it is part of, and do beside returning its update.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;
use tokio::sync::Notify;

use crate::error::Error;
use crate::id::{ActivationId, MomentId, ThreadKey};

/// The run as a node sees it: a parameter `run: &Run`.
#[derive(Clone)]
pub struct Run {
    ties: Arc<Ties>,
    step: u64,
    node: &'static str,
    activation: ActivationId,
    item: Option<u32>,
}

/// What all tasks of a run share.
pub(crate) struct Ties {
    pub(crate) thread: Option<ThreadKey>,
    pub(crate) emit: Option<Emit>,
    pub(crate) flush: Option<crate::engine::Flush>,
    cancelled: AtomicBool,
    cancelling: Notify,
}

/// Where emitted values go.
pub(crate) type Emit = Box<dyn Fn(Emitted) + Send + Sync>;

/// A value that a node showed while it ran.
#[derive(Clone, Debug, PartialEq)]
pub struct Emitted {
    /// The node.
    pub node: &'static str,
    /// Which item, in a `for`.
    pub item: Option<u32>,
    /// The value.
    pub value: serde_json::Value,
}

/// Where in a run a task is; a [`Run`] is made of it when a node asks for one.
#[derive(Clone, Copy)]
pub struct Site<'a> {
    pub(crate) ties: &'a Arc<Ties>,
    pub(crate) step: u64,
    pub(crate) node: &'static str,
    pub(crate) activation: ActivationId,
    pub(crate) item: Option<u32>,
}

impl Site<'_> {
    /// The run as the task sees it.
    pub fn run(self) -> Run {
        let Self {
            ties,
            step,
            node,
            activation,
            item,
        } = self;
        Run {
            ties: Arc::clone(ties),
            step,
            node,
            activation,
            item,
        }
    }
}

impl Run {
    /// The thread's id; `None` without a checkpointer.
    pub fn thread(&self) -> Option<&str> {
        self.ties.thread.as_ref().map(ThreadKey::thread)
    }

    /// The step in which the node runs, counted within the thread.
    pub fn step(&self) -> u64 {
        self.step
    }

    /// The node's name.
    pub fn node(&self) -> &'static str {
        self.node
    }

    /// The moment that started the node; `None` without a checkpointer.
    pub fn moment(&self) -> Option<MomentId> {
        self.ties.thread.as_ref().map(|_| self.activation.moment)
    }

    /// Which item of a `for` this is.
    pub fn item(&self) -> Option<u32> {
        self.item
    }

    /// Shows a value to whoever streams the run: a token, a line of progress. Without a listener, and for a
    /// value that can't be JSON, nothing happens.
    pub fn emit<T: Serialize>(&self, value: T) {
        if let Some(emit) = &self.ties.emit
            && let Ok(value) = serde_json::to_value(value)
        {
            emit(Emitted {
                node: self.node,
                item: self.item,
                value,
            });
        }
    }

    /// A key for a service outside that takes each request once: the same when this turn of the node is run
    /// again after a failure or a crash, another for every other turn, item, and branch.
    ///
    /// Waits until the moment that started the node is stored, since a key that a crash could give out for
    /// something else would be worth nothing.
    ///
    /// # Errors
    /// [`Error::Store`] if it can't be stored. Without a checkpointer the key is good for this run only.
    pub async fn idempotency_key(&self) -> Result<String, Error> {
        if let Some(flush) = &self.ties.flush {
            flush.wait().await?;
        }
        let thread = self.ties.thread.as_ref();
        let (namespace, id) = thread.map_or(("", ""), |key| (key.namespace(), key.thread()));
        let item = self.item.map(|item| format!(".{item}")).unwrap_or_default();
        Ok(format!(
            "{namespace}/{id}/{}/{}{item}",
            self.node, self.activation
        ))
    }

    /// Whether the run was cancelled or dropped: for nodes that run on other threads, which dropping the
    /// run doesn't stop.
    pub fn is_cancelled(&self) -> bool {
        self.ties.cancelled.load(Ordering::Acquire)
    }

    /// Waits until the run is cancelled or dropped.
    pub async fn cancelled(&self) {
        let cancelling = self.ties.cancelling.notified();
        if !self.is_cancelled() {
            cancelling.await;
        }
    }
}

impl Ties {
    pub(crate) fn new(
        thread: Option<ThreadKey>,
        emit: Option<Emit>,
        flush: Option<crate::engine::Flush>,
    ) -> Arc<Self> {
        Arc::new(Self {
            thread,
            emit,
            flush,
            cancelled: AtomicBool::new(false),
            cancelling: Notify::new(),
        })
    }

    /// Tells whoever still runs on another thread that nobody waits any more.
    pub(crate) fn cancel(&self) {
        self.cancelled.store(true, Ordering::Release);
        self.cancelling.notify_waiters();
    }
}

impl fmt::Debug for Run {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run")
            .field("thread", &self.thread())
            .field("step", &self.step)
            .field("node", &self.node)
            .field("item", &self.item)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Site<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.run().fmt(f)
    }
}
