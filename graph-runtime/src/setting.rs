//! How runs are done: a graph is built with one setting, and a run may have its own.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::cache::{Cache, MemoryCache};
use crate::clock::{Clock, SystemClock};
use crate::definition::StateGraph;
use crate::engine::Durability;
use crate::policy::Policies;

/// How many steps a run may take unless it is told otherwise.
pub const DEFAULT_STEP_LIMIT: usize = 1_000;

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
        }
    }
}
