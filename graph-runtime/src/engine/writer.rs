//! Storing what a run hands over: now and for certain, or by a writer that follows in order and is loud when it fails.

use std::future::Future;
use std::sync::Arc;

use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::backlog::Backlog;
use super::registry::Slot;
use super::watch::{Watch, size};
use crate::checkpointer::{Checkpointer, Commit, StoreError};
use crate::definition::BoxFuture;
use crate::id::ThreadKey;

/// Where a run's commits go.
#[derive(Clone)]
pub(crate) struct Store {
    pub(super) saver: Arc<dyn Checkpointer>,
    pub(super) watch: Watch,
}

impl Store {
    pub(super) fn commit<'a>(
        &'a self,
        key: &'a ThreadKey,
        commit: Commit,
    ) -> BoxFuture<'a, Result<(), StoreError>> {
        self.watch.commit(&*self.saver, key, commit)
    }

    /// Commits so that dropping the run doesn't leave it open whether the commit happens: it is seen through, and the
    /// thread is taken until then.
    pub(super) async fn commit_surely(
        &self,
        key: &ThreadKey,
        commit: Commit,
        slot: Arc<Slot>,
    ) -> Result<(), StoreError> {
        let (store, key) = (self.clone(), key.clone());
        self.surely(async move {
            let result = store.commit(&key, commit).await;
            drop(slot);
            result
        })
        .await
    }

    /// Sees it through, where there is somebody to do so.
    pub(super) async fn surely(
        &self,
        work: impl Future<Output = Result<(), StoreError>> + Send + 'static,
    ) -> Result<(), StoreError> {
        let runtime = Handle::try_current()
            .ok()
            .filter(|_| !self.saver.commits_inline());
        let Some(runtime) = runtime else {
            return work.await;
        };
        let task = runtime.spawn(work);
        task.await
            .unwrap_or_else(|error| Err(StoreError::Unknown(error.into())))
    }
}

/// Hands commits to the writer.
#[derive(Debug)]
pub(crate) struct Writer {
    queue: mpsc::UnboundedSender<Commit>,
    backlog: Arc<Backlog>,
}

impl Writer {
    /// Starts the writer; `None` outside of a tokio runtime, where every commit is awaited instead.
    pub(crate) fn start(store: Store, slot: Arc<Slot>, backlog: Arc<Backlog>) -> Option<Self> {
        let runtime = Handle::try_current().ok()?;
        let (queue, jobs) = mpsc::unbounded_channel();
        runtime.spawn(write(store, slot, Arc::clone(&backlog), jobs));
        Some(Self { queue, backlog })
    }

    /// Hands a commit over, as soon as the run isn't too far ahead.
    ///
    /// # Errors
    /// What went wrong with an earlier one.
    pub(crate) async fn push(&self, commit: Commit) -> Result<(), StoreError> {
        self.backlog.admit(size(&commit)).await?;
        self.queue
            .send(commit)
            .map_err(|_| StoreError::unavailable("the run's writer is gone"))
    }

    /// Waits until everything is stored.
    ///
    /// # Errors
    /// What went wrong with storing it.
    pub(crate) async fn flush(&self) -> Result<(), StoreError> {
        self.backlog.flush().await
    }
}

/// Stores what comes, everything that waits in one commit, and goes on after the run is gone until nothing is left.
async fn write(
    store: Store,
    slot: Arc<Slot>,
    backlog: Arc<Backlog>,
    mut jobs: mpsc::UnboundedReceiver<Commit>,
) {
    while let Some(mut commit) = jobs.recv().await {
        let mut count = 1;
        while let Ok(more) = jobs.try_recv() {
            join(&mut commit, more);
            count += 1;
        }
        let result = store.commit(&backlog.key, commit).await;
        let failed = result.is_err();
        backlog.settle(count, result);
        if failed {
            break;
        }
    }
    drop(slot);
}

/// Makes one commit of two that follow each other.
pub(super) fn join(commit: &mut Commit, more: Commit) {
    if commit.records.is_empty() {
        (commit.expected, commit.rewrites) = (more.expected, more.rewrites);
    }
    // Within a commit removal comes before insertion, so what the second one removes must not be inserted.
    commit
        .writes
        .retain(|write| !more.consumed.contains(&write.key.activation));
    commit.records.extend(more.records);
    commit.writes.extend(more.writes);
    commit.consumed.extend(more.consumed);
    commit.received.extend(more.received);
    // Of one run, which has one lease as long as it goes on.
    commit.epoch = more.epoch;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpointer::{Expect, Record, Source, Write, WriteKey, WriteKind};
    use crate::id::{ActivationId, MomentId, Timestamp};

    fn id() -> MomentId {
        MomentId::at(Timestamp::now())
    }

    fn write(moment: MomentId) -> Write {
        let activation = ActivationId { moment, index: 0 };
        let key = WriteKey::of_turn(activation, WriteKind::Update);
        Write {
            key,
            payload: Vec::new(),
        }
    }

    fn record(id: MomentId, parent: MomentId) -> Record {
        Record {
            id,
            parent: Some(parent),
            base: id,
            sequence: 2,
            step: 2,
            source: Source::Step,
            created_at: Timestamp::now(),
            due: None,
            payload: Vec::new(),
        }
    }

    #[test]
    fn joined_commits_do_what_they_did_one_after_the_other() {
        let (first, second) = (id(), id());
        let (taken, kept) = (write(first), write(second));
        let mut joined = Commit {
            expected: Expect::Head(Some(first)),
            writes: vec![taken.clone()],
            epoch: 7,
            ..Commit::default()
        };
        let step = Commit {
            expected: Expect::Head(Some(first)),
            records: vec![record(second, first)],
            consumed: vec![taken.key.activation],
            received: vec![2],
            epoch: 7,
            ..Commit::default()
        };
        let later = Commit {
            expected: Expect::Head(Some(second)),
            writes: vec![kept.clone()],
            received: vec![4],
            epoch: 7,
            ..Commit::default()
        };
        join(&mut joined, step);
        join(&mut joined, later);
        assert_eq!(joined.expected, Expect::Head(Some(first)));
        assert_eq!(joined.records.len(), 1);
        assert_eq!(joined.writes, [kept]);
        assert_eq!(joined.consumed, [taken.key.activation]);
        assert_eq!((joined.received, joined.epoch), (vec![2, 4], 7));
    }
}
