//! What the graphs within a run take over from it, and where they stand.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::Durability;
use super::backlog::Flush;
use super::journal::Journal;
use super::request::Home;
use crate::cache::Cache;
use crate::clock::Clock;
use crate::definition::StateGraph;
use crate::id::{ActivationId, MomentId, ThreadKey};
use crate::moment::{StoredChild, move_on};
use crate::setting::{Setting, Siblings};
use crate::store::Store;

/// What the graphs within a run take over from it.
pub(crate) struct Nest {
    pub(crate) store: Option<NestStore>,
    pub(crate) step_limit: usize,
    pub(crate) durability: Durability,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) metadata: BTreeMap<String, String>,
    pub(crate) siblings: Siblings,
    pub(crate) cache: Arc<dyn Cache>,
    /// Memory across threads.
    pub(crate) memory: Option<Arc<dyn Store>>,
    children: Mutex<Children>,
}

/// The graphs within a run that have come somewhere.
#[derive(Default)]
struct Children {
    /// As the last moment has them.
    noted: Vec<StoredChild<'static>>,
    /// Where those that have moved stand now, until the next moment says so.
    moved: Vec<StoredChild<'static>>,
}

impl Nest {
    pub(super) fn of<G: StateGraph>(journal: Option<&Journal>, setting: &Setting<G>) -> Self {
        Self {
            store: journal.map(Journal::nest),
            step_limit: setting.step_limit,
            durability: setting.durability,
            clock: Arc::clone(&setting.clock),
            metadata: setting.metadata.clone(),
            siblings: setting.siblings,
            cache: Arc::clone(&setting.cache),
            memory: setting.store.clone(),
            children: Mutex::default(),
        }
    }

    /// Where they stand when the run goes on.
    pub(super) fn stand_at(&self, children: Vec<StoredChild<'static>>) {
        self.lock().noted = children;
    }

    /// As the last moment has them.
    pub(super) fn children(&self) -> Vec<StoredChild<'static>> {
        self.lock().noted.clone()
    }

    /// Those that a moment tells of: all, or those that have moved, in an order that doesn't depend on who was first.
    pub(super) fn to_note(&self, all: bool) -> Vec<StoredChild<'static>> {
        let mut children = self.lock();
        let mut moved = std::mem::take(&mut children.moved);
        moved.sort_by(|one, other| (&one.node, one.item).cmp(&(&other.node, other.item)));
        move_on(&mut children.noted, moved.iter().cloned());
        if all { children.noted.clone() } else { moved }
    }

    /// What has ended is seen at the moment at which it did, and no longer.
    pub(super) fn keep_those_of<A: Iterator<Item = ActivationId>>(&self, active: impl Fn() -> A) {
        let mut children = self.lock();
        children.noted.retain(|child| child.matters(active()));
    }

    /// The moment at which a graph that remembers its calls stands, as far as this run knows.
    pub(super) fn stands_at(&self, child: &StoredChild<'_>) -> Option<MomentId> {
        let children = self.lock();
        let noted = children.noted.iter().find(|noted| noted.is_same(child));
        noted.map(|noted| noted.head)
    }

    pub(super) fn moved(&self, child: StoredChild<'static>) {
        self.lock().moved.push(child);
    }

    fn lock(&self) -> MutexGuard<'_, Children> {
        self.children.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where a run is stored, for those within it.
pub(crate) struct NestStore {
    /// The run's own place; its children lie below.
    pub(crate) home: Home,
    /// The thread itself, with which the answers are kept.
    pub(crate) root: ThreadKey,
    /// The run's id, which is theirs too.
    pub(crate) run: String,
    pub(crate) flush: Flush,
    /// The epoch of the thread's lease, where it has one.
    pub(crate) epoch: u64,
}
