//! What a node can know of the run that it is part of, and do beside returning its update.

use std::fmt;
use std::ops::Deref;
use std::pin::pin;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::select;
use serde::Serialize;
use serde_json::Value;
use tokio::sync::Notify;
use tokio::time::Instant;

use crate::definition::Turn;
use crate::engine::{Aside, Nest};
use crate::error::Error;
use crate::failure::Failure;
use crate::id::{MomentId, ThreadKey};
use crate::once::Notes;
use crate::store::Shelf;

/// The run as a node sees it: a parameter `run: &Run`.
///
/// `E` is what the graph's nodes show: anything that is JSON, unless the graph says otherwise.
pub struct Run<E = Shown> {
    pub(crate) ties: Arc<Ties<E>>,
    pub(crate) turn: Turn,
    failures: Option<Arc<[Failure]>>,
    pulse: Option<Arc<Pulse>>,
}

/// What all tasks of a run share.
pub(crate) struct Ties<E> {
    pub(crate) thread: Option<ThreadKey>,
    pub(crate) emit: Option<Emit<E>>,
    /// For the graphs among the nodes.
    pub(crate) nest: Option<Box<Nest>>,
    pub(crate) aside: Option<Arc<Aside>>,
    /// Memory across threads.
    store: Option<Shelf>,
    /// What sub-steps have come to.
    pub(crate) notes: Notes,
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
    /// The step in which the node runs.
    pub step: u64,
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
    pub(crate) fn new(
        ties: Arc<Ties<E>>,
        turn: Turn,
        failures: Option<Arc<[Failure]>>,
        pulse: Option<Arc<Pulse>>,
    ) -> Self {
        Self {
            ties,
            turn,
            failures,
            pulse,
        }
    }

    #[cfg(feature = "testing")]
    pub(crate) fn ties(&self) -> &Ties<E> {
        &self.ties
    }

    #[cfg(feature = "testing")]
    pub(crate) fn turn(&self) -> Turn {
        self.turn
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

    /// Which attempt this is to run this turn of the node, from 1. It goes on counting where a run is resumed, as far as
    /// that is known: of a process that died it is known only that there was one.
    pub fn attempt(&self) -> u32 {
        self.turn.attempt
    }

    /// What the node is there to take on, where an `on_error` led to it; through a join it may be several
    /// failures, and this is the first. [`failures`](Self::failures) are all of them.
    pub fn failure(&self) -> Option<&Failure> {
        self.failures().first()
    }

    /// All that the node is there to take on.
    pub fn failures(&self) -> &[Failure] {
        self.failures.as_deref().unwrap_or_default()
    }

    /// Memory across threads: what the graph was given by [`Builder::store`](crate::Builder::store). It takes no part in
    /// moments: what is put there stays when a step is run again or a thread goes back.
    ///
    /// # Errors
    /// [`Error::NoStore`] where the graph was given none.
    pub fn store(&self) -> Result<Shelf, Error> {
        let node = self.turn.node;
        self.ties.store.clone().ok_or(Error::NoStore { node })
    }

    /// Shows a sign of life: an idle timeout begins anew.
    pub fn heartbeat(&self) {
        if let Some(pulse) = &self.pulse {
            pulse.beat();
        }
    }

    /// Shows a value to whoever streams the run: a token, a line of progress. What a node shows comes in the order
    /// in which it shows it, also from another thread. Without a listener nothing happens, but that it is a sign of life
    /// like a [`heartbeat`](Self::heartbeat).
    ///
    /// What it takes is what the graph says by `#[graph(id = "..", emits = Progress)]`; where it says nothing,
    /// anything that is JSON.
    pub fn emit(&self, value: impl Into<E>) {
        self.heartbeat();
        if let Some(emit) = &self.ties.emit {
            emit(Emitted {
                node: self.turn.node,
                item: self.turn.item,
                step: self.turn.step,
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
        if let Some(aside) = &self.ties.aside {
            aside.flush().await?;
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

    /// Whether nobody waits for this attempt any more, because the run was cancelled or dropped or the node's time is
    /// over: for nodes that run on other threads, which dropping the run doesn't stop.
    pub fn is_cancelled(&self) -> bool {
        let over = |pulse: &Arc<Pulse>| pulse.over.load(Ordering::Acquire);
        self.ties.cancelled.load(Ordering::Acquire) || self.pulse.as_ref().is_some_and(over)
    }

    /// Waits until nobody waits for this attempt any more.
    pub async fn cancelled(&self) {
        let cancelling = self.ties.cancelling.notified();
        match &self.pulse {
            _ if self.is_cancelled() => {}
            None => cancelling.await,
            Some(pulse) => {
                let ending = pulse.ending.notified();
                if !self.is_cancelled() {
                    select(pin!(cancelling), pin!(ending)).await;
                }
            }
        }
    }
}

impl<E> Ties<E> {
    pub(crate) fn new(
        thread: Option<ThreadKey>,
        emit: Option<Emit<E>>,
        aside: Option<Arc<Aside>>,
        store: Option<Shelf>,
        nest: Option<Nest>,
    ) -> Arc<Self> {
        Arc::new(Self {
            thread,
            emit,
            nest: nest.map(Box::new),
            aside,
            store,
            notes: Notes::default(),
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

/// The signs of life of one attempt, and whether anybody waits for it still.
pub(crate) struct Pulse {
    last: Mutex<Instant>,
    over: AtomicBool,
    ending: Notify,
}

impl Pulse {
    pub(crate) fn new() -> Arc<Self> {
        Arc::new(Self {
            last: Mutex::new(Instant::now()),
            over: AtomicBool::new(false),
            ending: Notify::new(),
        })
    }

    fn beat(&self) {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Instant::now();
    }

    /// When it showed the last sign of life.
    pub(crate) fn last(&self) -> Instant {
        *self.last.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Tells whoever still runs on another thread that nobody waits any more.
    pub(crate) fn end(&self) {
        self.over.store(true, Ordering::Release);
        self.ending.notify_waiters();
    }
}

impl<E> Clone for Run<E> {
    fn clone(&self) -> Self {
        Self {
            ties: Arc::clone(&self.ties),
            turn: self.turn,
            failures: self.failures.clone(),
            pulse: self.pulse.clone(),
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
