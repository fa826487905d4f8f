//! A memory that takes its time: each commit needs several polls, and happens at the last one.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use async_trait::async_trait;
use graph_runtime::{At, Chain, Checkpointer, Commit, MemorySaver, StoreError, ThreadKey};

use crate::between::{Between, Over};
use crate::office::polls;

/// A [`MemorySaver`] that isn't inline, and whose commits may be told to fail.
#[derive(Default)]
pub(crate) struct Slow {
    pub(crate) inner: MemorySaver,
    polls: u64,
    /// How many more commits succeed.
    left: AtomicU64,
    pub(crate) commits: AtomicU64,
}

impl Slow {
    /// Each commit takes so many polls.
    pub(crate) fn new(polls: u64) -> Arc<Over<Self>> {
        Self::failing_after(u64::MAX, polls)
    }

    /// Only so many commits succeed.
    pub(crate) fn failing_after(commits: u64, polls: u64) -> Arc<Over<Self>> {
        Arc::new(Over(Self {
            polls,
            left: AtomicU64::new(commits),
            ..Self::default()
        }))
    }

    /// Lets everything succeed from now on.
    pub(crate) fn mend(&self) {
        self.left.store(u64::MAX, Ordering::SeqCst);
    }
}

#[async_trait]
impl Between for Slow {
    fn inner(&self) -> &dyn Checkpointer {
        &self.inner
    }

    async fn commit(&self, thread: &ThreadKey, commit: Commit) -> Result<(), StoreError> {
        polls(self.polls).await;
        let left = self
            .left
            .fetch_update(Ordering::SeqCst, Ordering::SeqCst, |left| {
                left.checked_sub(1)
            });
        if left.is_err() {
            return Err(StoreError::unavailable("the disk is gone"));
        }
        self.commits.fetch_add(1, Ordering::SeqCst);
        self.inner.commit(thread, commit).await
    }

    async fn load(&self, thread: &ThreadKey, at: At) -> Result<Option<Chain>, StoreError> {
        polls(self.polls.min(1)).await;
        self.inner.load(thread, at).await
    }
}
