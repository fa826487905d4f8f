//! The contract, proved for a checkpointer that has nothing but the required methods.

use async_trait::async_trait;
use graph_runtime::{
    At, Chain, Checkpointer, Commit, MemorySaver, Page, Query, Record, StoreError, ThreadKey,
};

/// What it doesn't do itself it leaves to the trait.
#[derive(Debug, Default)]
struct Smallest {
    inner: MemorySaver,
}

#[async_trait]
impl Checkpointer for Smallest {
    async fn commit(&self, thread: &ThreadKey, commit: Commit) -> Result<(), StoreError> {
        self.inner.commit(thread, commit).await
    }

    async fn load(&self, thread: &ThreadKey, at: At) -> Result<Option<Chain>, StoreError> {
        self.inner.load(thread, at).await
    }

    async fn list(&self, thread: &ThreadKey, query: &Query) -> Result<Vec<Record>, StoreError> {
        self.inner.list(thread, query).await
    }

    async fn threads(&self, namespace: &str, page: &Page) -> Result<Vec<String>, StoreError> {
        self.inner.threads(namespace, page).await
    }

    async fn delete(&self, thread: &ThreadKey) -> Result<(), StoreError> {
        self.inner.delete(thread).await
    }

    async fn thread_of(
        &self,
        namespace: &str,
        user: &str,
        proposed: &str,
    ) -> Result<String, StoreError> {
        self.inner.thread_of(namespace, user, proposed).await
    }
}

graph_checkpointers::conformance!(smallest, Smallest::default(), without(upkeep, lease, inbox));
