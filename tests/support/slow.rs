//! A memory that takes its time: each commit needs several polls, and happens at the last one.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use graph_runtime::{At, Chain, Checkpointer, Commit, MemorySaver, Query, StoreError, ThreadKey};

use crate::between::{Between, Over};
use crate::office::polls;

/// A [`MemorySaver`] that isn't inline, and whose commits may be told to fail.
#[derive(Default)]
pub struct Slow {
    pub inner: MemorySaver,
    polls: u64,
    /// How many more commits succeed.
    left: AtomicU64,
    pub commits: AtomicU64,
    keys: Mutex<BTreeSet<ThreadKey>>,
}

impl Slow {
    /// Each commit takes so many polls.
    pub fn new(polls: u64) -> Arc<Over<Self>> {
        Self::failing_after(u64::MAX, polls)
    }

    /// Only so many commits succeed.
    pub fn failing_after(commits: u64, polls: u64) -> Arc<Over<Self>> {
        Arc::new(Over(Self {
            polls,
            left: AtomicU64::new(commits),
            ..Self::default()
        }))
    }

    /// Everything that is stored, as text: of a thread and of what lies below it.
    pub async fn text(&self) -> String {
        let keys: Vec<_> = self.keys.lock().unwrap().iter().cloned().collect();
        let mut text = String::new();
        for key in keys {
            for record in self.inner.list(&key, &Query::default()).await.unwrap() {
                text += &String::from_utf8_lossy(&record.payload);
            }
            for write in self.inner.writes(&key).await.unwrap() {
                text += &String::from_utf8_lossy(&write.payload);
            }
        }
        text
    }

    /// Lets only so many commits more succeed.
    pub fn fail_after(&self, commits: u64) {
        self.left.store(commits, Ordering::SeqCst);
    }

    /// Lets everything succeed from now on.
    pub fn mend(&self) {
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
        self.keys.lock().unwrap().insert(thread.clone());
        self.inner.commit(thread, commit).await
    }

    async fn load(&self, thread: &ThreadKey, at: At) -> Result<Option<Chain>, StoreError> {
        polls(self.polls.min(1)).await;
        self.inner.load(thread, at).await
    }
}
