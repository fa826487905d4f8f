//! What a node can know of the run that it is part of, and do beside returning its update.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use serde::Serialize;
use serde_json::Value;
use tokio::sync::Notify;

use crate::definition::Turn;
use crate::engine::Flush;
use crate::error::Error;
use crate::id::{MomentId, ThreadKey};

/// The run as a node sees it: a parameter `run: &Run`.
///
/// `E` is what the graph's nodes show: anything that is JSON, unless the graph says otherwise.
pub struct Run<E = Shown> {
    ties: Arc<Ties<E>>,
    turn: Turn,
}

/// What all tasks of a run share.
pub(crate) struct Ties<E> {
    pub(crate) thread: Option<ThreadKey>,
    pub(crate) emit: Option<Emit<E>>,
    pub(crate) flush: Option<Flush>,
    cancelled: AtomicBool,
    cancelling: Notify,
}

/// Where emitted values go.
pub(crate) type Emit<E> = Box<dyn Fn(Emitted<E>) + Send + Sync>;

/// A value that a node showed while it ran.
#[derive(Clone, Debug, PartialEq)]
pub struct Emitted<E = Shown> {
    /// The node.
    pub node: &'static str,
    /// Which item, in a `for`.
    pub item: Option<u32>,
    /// The value.
    pub value: E,
}

/// Anything that is JSON: what nodes show where the graph doesn't say what they do. Reads like a
/// [`serde_json::Value`].
///
/// ```
/// use graph_runtime::Shown;
/// assert_eq!(Shown::from("a token").as_str(), Some("a token"));
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct Shown(Value);

// It doesn't implement `Serialize` itself, or it could be made of itself in two ways.
impl<T: Serialize> From<T> for Shown {
    /// What can't be JSON is `null`.
    fn from(value: T) -> Self {
        Self(serde_json::to_value(value).unwrap_or_default())
    }
}

impl Deref for Shown {
    type Target = Value;

    fn deref(&self) -> &Value {
        &self.0
    }
}

impl PartialEq<Value> for Shown {
    fn eq(&self, other: &Value) -> bool {
        self.0 == *other
    }
}

impl PartialEq<&str> for Shown {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl<E> Run<E> {
    pub(crate) fn new(ties: Arc<Ties<E>>, turn: Turn) -> Self {
        Self { ties, turn }
    }

    #[cfg(feature = "testing")]
    pub(crate) fn ties(&self) -> &Ties<E> {
        &self.ties
    }

    /// The thread's id; `None` without a checkpointer.
    pub fn thread(&self) -> Option<&str> {
        self.ties.thread.as_ref().map(ThreadKey::thread)
    }

    /// The step in which the node runs, counted within the thread.
    pub fn step(&self) -> u64 {
        self.turn.step
    }

    /// The node's name.
    pub fn node(&self) -> &'static str {
        self.turn.node
    }

    /// The moment that started the node; `None` without a checkpointer.
    pub fn moment(&self) -> Option<MomentId> {
        self.ties
            .thread
            .as_ref()
            .map(|_| self.turn.activation.moment)
    }

    /// Which item of a `for` this is.
    pub fn item(&self) -> Option<u32> {
        self.turn.item
    }

    /// Shows a value to whoever streams the run: a token, a line of progress. Without a listener nothing happens.
    pub fn emit(&self, value: impl Into<E>) {
        if let Some(emit) = &self.ties.emit {
            emit(Emitted {
                node: self.turn.node,
                item: self.turn.item,
                value: value.into(),
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
        let Turn {
            node,
            activation,
            item,
            ..
        } = self.turn;
        let item = item.map(|item| format!(".{item}")).unwrap_or_default();
        Ok(format!("{namespace}/{id}/{node}/{activation}{item}"))
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

impl<E> Ties<E> {
    pub(crate) fn new(
        thread: Option<ThreadKey>,
        emit: Option<Emit<E>>,
        flush: Option<Flush>,
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

impl<E> Clone for Run<E> {
    fn clone(&self) -> Self {
        Self {
            ties: Arc::clone(&self.ties),
            turn: self.turn,
        }
    }
}

impl<E> fmt::Debug for Run<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Run")
            .field("thread", &self.thread())
            .field("step", &self.turn.step)
            .field("node", &self.turn.node)
            .field("item", &self.turn.item)
            .finish_non_exhaustive()
    }
}
