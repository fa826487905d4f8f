//! A checkpointer that stands before another one and does something of its own on the way.

use std::ops::Deref;
use std::time::Duration;

use async_trait::async_trait;
use graph_runtime::{
    At, Chain, Checkpointer, Commit, Lease, Message, Page, Query, Record, StoreError, ThreadKey,
    Timestamp,
};

/// What is done on the way; as it comes, nothing.
#[async_trait]
pub trait Between: Send + Sync + 'static {
    /// Whom everything is passed on to.
    fn inner(&self) -> &dyn Checkpointer;

    async fn commit(&self, thread: &ThreadKey, commit: Commit) -> Result<(), StoreError> {
        self.inner().commit(thread, commit).await
    }

    async fn load(&self, thread: &ThreadKey, at: At) -> Result<Option<Chain>, StoreError> {
        self.inner().load(thread, at).await
    }
}

/// The checkpointer that comes of it. Its commits aren't inline, whatever those of the inner one are.
pub struct Over<B>(pub B);

impl<B> Deref for Over<B> {
    type Target = B;

    fn deref(&self) -> &B {
        &self.0
    }
}

#[async_trait]
impl<B: Between> Checkpointer for Over<B> {
    async fn commit(&self, thread: &ThreadKey, commit: Commit) -> Result<(), StoreError> {
        self.0.commit(thread, commit).await
    }

    async fn load(&self, thread: &ThreadKey, at: At) -> Result<Option<Chain>, StoreError> {
        self.0.load(thread, at).await
    }

    async fn list(&self, thread: &ThreadKey, query: &Query) -> Result<Vec<Record>, StoreError> {
        self.0.inner().list(thread, query).await
    }

    async fn threads(&self, namespace: &str, page: &Page) -> Result<Vec<String>, StoreError> {
        self.0.inner().threads(namespace, page).await
    }

    async fn delete(&self, thread: &ThreadKey) -> Result<(), StoreError> {
        self.0.inner().delete(thread).await
    }

    async fn thread_of(
        &self,
        namespace: &str,
        user: &str,
        proposed: &str,
    ) -> Result<String, StoreError> {
        self.0.inner().thread_of(namespace, user, proposed).await
    }

    async fn due(
        &self,
        namespace: &str,
        now: Timestamp,
        page: &Page<(String, Timestamp)>,
    ) -> Result<Vec<(String, Timestamp)>, StoreError> {
        self.0.inner().due(namespace, now, page).await
    }

    async fn lease(
        &self,
        thread: &ThreadKey,
        holder: &str,
        ttl: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        self.0.inner().lease(thread, holder, ttl).await
    }

    async fn release(&self, thread: &ThreadKey, lease: &Lease) -> Result<(), StoreError> {
        self.0.inner().release(thread, lease).await
    }

    async fn send(&self, thread: &ThreadKey, message: Vec<u8>) -> Result<u64, StoreError> {
        self.0.inner().send(thread, message).await
    }

    async fn inbox(&self, thread: &ThreadKey) -> Result<Vec<Message>, StoreError> {
        self.0.inner().inbox(thread).await
    }
}
