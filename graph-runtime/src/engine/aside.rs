//! Storing something from within a node: what a sub-step came to, that an effect is about to begin.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use super::backlog::{Backlog, Flush};
use super::registry::Slot;
use super::writer::Store;
use crate::checkpointer::{Commit, Expect, StoreError, Write, WriteKey};
use crate::error::Error;
use crate::id::{ActivationId, MomentId, ThreadKey};
use crate::moment::{ThreadSeal, thread_text};

/// The way from a node to the store, past the engine, which is polling the node.
pub(crate) struct Aside {
    store: Store,
    key: ThreadKey,
    seal: ThreadSeal,
    backlog: Arc<Backlog>,
    flush: Flush,
    /// Gone with the run: a node that outlives it on another thread doesn't keep the thread taken.
    slot: Weak<Slot>,
    /// The lease's, where there is one.
    epoch: u64,
    /// Node turns that have got writes this way, and that the journal doesn't know of yet.
    written: Mutex<Vec<ActivationId>>,
    has_written: AtomicBool,
}

impl Aside {
    pub(super) fn new(
        store: &Store,
        key: &ThreadKey,
        seal: ThreadSeal,
        backlog: &Arc<Backlog>,
        slot: &Arc<Slot>,
        flush: Flush,
        epoch: u64,
    ) -> Arc<Self> {
        Arc::new(Self {
            store: store.clone(),
            epoch,
            key: key.clone(),
            seal,
            backlog: Arc::clone(backlog),
            flush,
            slot: Arc::downgrade(slot),
            written: Mutex::default(),
            has_written: AtomicBool::new(false),
        })
    }

    /// Waits until everything that was handed over is stored.
    ///
    /// # Errors
    /// [`Error::Store`] if it can't be.
    pub(crate) async fn flush(&self) -> Result<(), Error> {
        self.flush.wait().await
    }

    /// Waits for the same.
    pub(super) fn flush_handle(&self) -> Flush {
        self.flush.clone()
    }

    /// Stores something beside the records of a thread that stands at `head`, after everything that came before it.
    /// It is stored when this returns.
    ///
    /// # Errors
    /// [`Error::Store`]; unless it is that the thread has moved on, the run ends with it too.
    pub(crate) async fn keep(
        &self,
        head: Option<MomentId>,
        key: WriteKey,
        body: &[u8],
    ) -> Result<(), Error> {
        self.flush().await?;
        let Some(slot) = self.slot.upgrade() else {
            return Err(self.failure(StoreError::unavailable("the run is over")));
        };
        let activation = key.activation;
        self.written().push(activation);
        self.has_written.store(true, Ordering::Release);
        let write = Write {
            payload: self.seal.seal_write(&key, body),
            key,
        };
        let commit = Commit {
            expected: Expect::Head(head),
            writes: vec![write],
            epoch: self.epoch,
            ..Commit::default()
        };
        match self.store.commit_surely(&self.key, commit, slot).await {
            Ok(()) => Ok(()),
            Err(conflict @ StoreError::Conflict { .. }) => Err(self.failure(conflict)),
            Err(source) => {
                let told = StoreError::unavailable(source.to_string());
                self.backlog.fail(source);
                Err(self.failure(told))
            }
        }
    }

    /// The turns that have got writes since this was asked last.
    pub(super) fn take_written(&self) -> Vec<ActivationId> {
        if self.has_written.swap(false, Ordering::AcqRel) {
            std::mem::take(&mut self.written())
        } else {
            Vec::new()
        }
    }

    pub(super) fn has_written(&self) -> bool {
        self.has_written.load(Ordering::Acquire)
    }

    fn written(&self) -> std::sync::MutexGuard<'_, Vec<ActivationId>> {
        self.written.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn failure(&self, source: StoreError) -> Error {
        Error::Store {
            thread: thread_text(&self.key),
            source,
        }
    }
}
