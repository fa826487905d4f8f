//! What a run has handed over and isn't stored yet: bounded where a writer follows, held until it is asked for in exit
//! durability.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::registry::Slot;
use super::watch::size;
use super::writer::{Store, join};
use crate::checkpointer::{Commit, StoreError};
use crate::error::Error;
use crate::id::ThreadKey;
use crate::moment::thread_text;

/// How far a run may be ahead of what is stored.
const MAX_STEPS: usize = 8;
const MAX_BYTES: usize = 8 * 1024 * 1024;
const MAX_AGE: Duration = Duration::from_millis(250);

/// What has been handed over and isn't stored yet.
#[derive(Debug)]
pub(crate) struct Backlog {
    pub(super) key: ThreadKey,
    level: Mutex<Level>,
    moved: Notify,
    /// In exit durability, where everything waits until it is asked for.
    holding: Option<Holding>,
}

#[derive(Debug, Default)]
struct Level {
    /// When each was handed over, and its size.
    waiting: VecDeque<(Instant, usize)>,
    failure: Option<StoreError>,
    failed: bool,
}

/// The writer has failed and stores nothing more.
struct Failed;

/// What isn't to be stored yet.
struct Holding {
    store: Store,
    commit: Mutex<Option<Commit>>,
    /// One at a time, and who comes second finds it done.
    storing: Arc<tokio::sync::Mutex<()>>,
    /// Gone when the run is over.
    slot: Weak<Slot>,
}

impl fmt::Debug for Holding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Holding").finish_non_exhaustive()
    }
}

/// Waits for the writer from within a node: first for those of the runs that this one is a part of, so that
/// nothing is known of a graph whose beginning isn't.
#[derive(Clone, Debug)]
pub(crate) struct Flush(Vec<Arc<Backlog>>);

impl Backlog {
    pub(crate) fn new(key: ThreadKey) -> Arc<Self> {
        Arc::new(Self {
            key,
            level: Mutex::default(),
            moved: Notify::new(),
            holding: None,
        })
    }

    /// One that stores nothing before it is asked to.
    pub(crate) fn holding(key: ThreadKey, store: Store, slot: &Arc<Slot>) -> Arc<Self> {
        Arc::new(Self {
            key,
            level: Mutex::default(),
            moved: Notify::new(),
            holding: Some(Holding {
                store,
                commit: Mutex::default(),
                storing: Arc::default(),
                slot: Arc::downgrade(slot),
            }),
        })
    }

    pub(crate) fn flush_handle(self: &Arc<Self>, outer: Option<Flush>) -> Flush {
        let mut all = outer.map(|Flush(outer)| outer).unwrap_or_default();
        all.push(Arc::clone(self));
        Flush(all)
    }

    /// Keeps a commit until it is asked for; `true` if that should be soon, because they have grown large.
    pub(crate) fn hold(&self, more: Commit) -> bool {
        let Some(holding) = &self.holding else {
            return false;
        };
        let mut held = holding.held();
        match &mut *held {
            Some(commit) => join(commit, more),
            None => *held = Some(more),
        }
        held.as_ref().map_or(0, size) > MAX_BYTES
    }

    /// Stores what is held.
    ///
    /// # Errors
    /// What went wrong, for the run, which ends with it.
    pub(crate) async fn store_held(self: &Arc<Self>) -> Result<(), StoreError> {
        let stored = self.try_store_held().await;
        stored.map_err(|failed| self.failure(failed))
    }

    async fn try_store_held(self: &Arc<Self>) -> Result<(), Failed> {
        let Some(holding) = &self.holding else {
            return Ok(());
        };
        let turn = Arc::clone(&holding.storing).lock_owned().await;
        if self.level().failed {
            return Err(Failed);
        }
        let Some(commit) = holding.held().take() else {
            return Ok(());
        };
        let (backlog, store) = (Arc::clone(self), holding.store.clone());
        let Some(slot) = holding.slot.upgrade() else {
            self.settle(0, Err(already_failed()));
            return Err(Failed);
        };
        // Dropped on the way, nobody knows whether it is stored, and nothing may follow it.
        let mut unsettled = Unsettled(Some(Arc::clone(self)));
        let work = async move {
            let result = store.commit(&backlog.key, commit).await;
            if let Some(backlog) = unsettled.0.take() {
                backlog.settle(0, result);
            }
            drop((turn, slot));
            Ok(())
        };
        // What came of it is in the level.
        let _ = holding.store.surely(work).await;
        if self.level().failed {
            return Err(Failed);
        }
        Ok(())
    }

    /// Waits until nothing waits any more, or can't be stored.
    pub(crate) async fn settled(self: Arc<Self>) {
        let _ = self.until(Level::is_empty).await;
    }

    /// Waits until everything is stored, also what is held.
    ///
    /// # Errors
    /// What went wrong with storing it.
    pub(crate) async fn flush(self: &Arc<Self>) -> Result<(), StoreError> {
        self.store_held().await?;
        let stored = self.until(Level::is_empty).await;
        stored.map_err(|failed| self.failure(failed))
    }

    /// Counts what is handed over to the writer, as soon as the run isn't too far ahead.
    ///
    /// # Errors
    /// What went wrong with an earlier one.
    pub(super) async fn admit(&self, bytes: usize) -> Result<(), StoreError> {
        let room = self.until(Level::has_room).await;
        room.map_err(|failed| self.failure(failed))?;
        self.level().waiting.push_back((Instant::now(), bytes));
        Ok(())
    }

    /// Nothing more is stored: something that came past the writer couldn't be.
    pub(crate) fn fail(&self, error: StoreError) {
        self.settle(0, Err(error));
    }

    /// Waits until `enough` is true of what is waiting.
    async fn until(&self, enough: impl Fn(&Level) -> bool) -> Result<(), Failed> {
        loop {
            let moved = self.moved.notified();
            {
                let level = self.level();
                if level.failed {
                    return Err(Failed);
                }
                if enough(&level) {
                    return Ok(());
                }
            }
            moved.await;
        }
    }

    /// The failure itself, for the run, which ends with it.
    fn failure(&self, Failed: Failed) -> StoreError {
        self.level().failure.take().unwrap_or_else(already_failed)
    }

    fn level(&self) -> MutexGuard<'_, Level> {
        self.level.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// So many have arrived, or couldn't.
    pub(super) fn settle(&self, count: usize, result: Result<(), StoreError>) {
        let mut level = self.level();
        level.waiting.drain(..count);
        if let Err(error) = result {
            level.failed = true;
            level.failure = Some(error);
        }
        drop(level);
        self.moved.notify_waiters();
    }
}

impl Holding {
    fn held(&self) -> MutexGuard<'_, Option<Commit>> {
        self.commit.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A commit of which nobody knows what came of it, until somebody does.
struct Unsettled(Option<Arc<Backlog>>);

impl Drop for Unsettled {
    fn drop(&mut self) {
        if let Some(backlog) = self.0.take() {
            let unknown = StoreError::Unknown("the commit was dropped on its way".into());
            backlog.settle(0, Err(unknown));
        }
    }
}

impl Level {
    fn is_empty(&self) -> bool {
        self.waiting.is_empty()
    }

    fn has_room(&self) -> bool {
        let bytes: usize = self.waiting.iter().map(|(_, bytes)| bytes).sum();
        let young = self
            .waiting
            .front()
            .is_none_or(|(since, _)| since.elapsed() < MAX_AGE);
        self.waiting.len() < MAX_STEPS && bytes < MAX_BYTES && young
    }
}

impl Flush {
    /// Waits until everything that was handed over is stored.
    ///
    /// # Errors
    /// [`Error::Store`] if it can't be.
    pub(crate) async fn wait(&self) -> Result<(), Error> {
        for backlog in &self.0 {
            let stored = match backlog.try_store_held().await {
                Ok(()) => backlog.until(Level::is_empty).await,
                failed => failed,
            };
            // The failure itself is left for the run.
            stored.map_err(|Failed| Error::Store {
                thread: thread_text(&backlog.key),
                source: already_failed(),
            })?;
        }
        Ok(())
    }
}

fn already_failed() -> StoreError {
    StoreError::unavailable("an earlier write of this run has failed")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(waiting: &[(Duration, usize)]) -> Level {
        let now = Instant::now();
        let since = |age: Duration| now.checked_sub(age).unwrap();
        let waiting = waiting.iter().map(|(age, bytes)| (since(*age), *bytes));
        Level {
            waiting: waiting.collect(),
            ..Level::default()
        }
    }

    #[test]
    fn a_run_is_so_many_steps_bytes_or_milliseconds_ahead_and_no_more() {
        let (new, old) = (Duration::ZERO, Duration::from_millis(251));
        assert!(level(&[]).has_room());
        assert!(level(&[(new, 1); 7]).has_room());
        assert!(!level(&[(new, 1); 8]).has_room());
        assert!(level(&[(new, MAX_BYTES - 1)]).has_room());
        assert!(!level(&[(new, MAX_BYTES / 2), (new, MAX_BYTES / 2)]).has_room());
        assert!(!level(&[(old, 1), (new, 1)]).has_room());
    }
}
