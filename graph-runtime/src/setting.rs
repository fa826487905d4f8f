//! How runs are done: a graph is built with one setting, and a run may have its own.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use crate::cache::{Cache, MemoryCache};
use crate::clock::{Clock, SystemClock};
use crate::definition::StateGraph;
use crate::engine::{Busy, Durability};
use crate::event::{Kinds, QUEUE};
use crate::moment::Format;
use crate::policy::Policies;
use crate::stop::CancellationToken;
use crate::store::{Shelf, Store};

/// How many steps a run may take unless it is told otherwise.
pub const DEFAULT_STEP_LIMIT: usize = 1_000;

/// How long a run that goes on by itself waits for its listener unless it is told otherwise.
pub const DEFAULT_PATIENCE: Duration = Duration::from_secs(10);

/// How long a lease on a thread is taken for unless it is told otherwise.
pub const DEFAULT_LEASE: Duration = Duration::from_secs(30);

/// How often a run may begin a node again that took its process along, unless it is told otherwise.
pub const DEFAULT_MAX_ATTEMPTS: u32 = 5;

/// What a failed node means to those that run beside it. What had finished is kept either way.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Siblings {
    /// They finish, and what they set is kept. Then the run fails.
    #[default]
    Finish,
    /// They are stopped, and run again when the run is resumed. A failure that an `on_error` takes on stops nobody.
    Cancel,
}

/// How a run is done.
pub(crate) struct Setting<G: StateGraph> {
    pub(crate) step_limit: usize,
    pub(crate) durability: Durability,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) policies: Policies,
    pub(crate) siblings: Siblings,
    pub(crate) max_attempts: u32,
    pub(crate) cache: Arc<dyn Cache>,
    /// What separates the graph from others in a cache.
    pub(crate) namespace: Arc<str>,
    pub(crate) pause_before: Vec<G::Node>,
    pub(crate) pause_after: Vec<G::Node>,
    pub(crate) metadata: BTreeMap<String, String>,
    /// In what order the tasks of a step are held up.
    #[cfg(feature = "testing")]
    pub(crate) shuffle: Option<u64>,
    /// What its listener wants to hear.
    pub(crate) kinds: Kinds,
    /// How many events wait to be heard.
    pub(crate) queue: usize,
    pub(crate) patience: Duration,
    pub(crate) tokens: Vec<CancellationToken>,
    pub(crate) deadline: Option<Duration>,
    pub(crate) if_busy: Busy,
    /// How long a lease is taken for, where other processes run threads of the same store.
    pub(crate) lease: Option<Duration>,
    /// How what is new is written.
    pub(crate) format: Format,
    /// Memory across threads.
    pub(crate) store: Option<Arc<dyn Store>>,
}

impl<G: StateGraph> Default for Setting<G> {
    fn default() -> Self {
        Self {
            step_limit: DEFAULT_STEP_LIMIT,
            durability: Durability::default(),
            clock: Arc::new(SystemClock),
            policies: Policies::of::<G>(),
            siblings: Siblings::default(),
            max_attempts: DEFAULT_MAX_ATTEMPTS,
            cache: Arc::new(MemoryCache::new()),
            namespace: G::ID.into(),
            pause_before: Vec::new(),
            pause_after: Vec::new(),
            metadata: BTreeMap::new(),
            #[cfg(feature = "testing")]
            shuffle: None,
            kinds: Kinds::default(),
            queue: QUEUE,
            patience: DEFAULT_PATIENCE,
            tokens: Vec::new(),
            deadline: None,
            if_busy: Busy::default(),
            lease: None,
            format: Format::default(),
            store: None,
        }
    }
}

impl<G: StateGraph> Clone for Setting<G> {
    fn clone(&self) -> Self {
        Self {
            step_limit: self.step_limit,
            durability: self.durability,
            clock: Arc::clone(&self.clock),
            policies: self.policies.clone(),
            siblings: self.siblings,
            max_attempts: self.max_attempts,
            cache: Arc::clone(&self.cache),
            namespace: Arc::clone(&self.namespace),
            pause_before: self.pause_before.clone(),
            pause_after: self.pause_after.clone(),
            metadata: self.metadata.clone(),
            #[cfg(feature = "testing")]
            shuffle: self.shuffle,
            kinds: self.kinds,
            queue: self.queue,
            patience: self.patience,
            tokens: self.tokens.clone(),
            deadline: self.deadline,
            if_busy: self.if_busy,
            lease: self.lease,
            format: self.format,
            store: self.store.clone(),
        }
    }
}

impl<G: StateGraph> Setting<G> {
    /// The store as nodes see it, by the run's clock.
    pub(crate) fn shelf(&self) -> Option<Shelf> {
        let store = self.store.clone()?;
        Some(Shelf::new(store).clock(Arc::clone(&self.clock)))
    }
}
