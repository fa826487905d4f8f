//! A checkpointer that seals, for tests alone: what it stores is masked, which anybody could undo.

use std::sync::Arc;

use async_trait::async_trait;
use graph_runtime::{
    At, Chain, Checkpointer, Commit, Page, Query, Record, Seals, StoreError, ThreadKey, Write,
};

/// Masks the payloads of what it gives to another one.
pub struct Masked<C>(pub C);

impl<C: Checkpointer> Seals for Masked<C> {}

/// Undoes itself.
fn mask(payload: &mut [u8]) {
    for byte in payload {
        *byte ^= 0xa5;
    }
}

fn masked_records(mut records: Vec<Record>) -> Vec<Record> {
    for record in &mut records {
        mask(&mut record.payload);
    }
    records
}

fn masked_writes(mut writes: Vec<Write>) -> Vec<Write> {
    for write in &mut writes {
        mask(&mut write.payload);
    }
    writes
}

#[async_trait]
impl<C: Checkpointer> Checkpointer for Masked<C> {
    async fn commit(&self, thread: &ThreadKey, commit: Commit) -> Result<(), StoreError> {
        let commit = Commit {
            records: masked_records(commit.records),
            writes: masked_writes(commit.writes),
            ..commit
        };
        self.0.commit(thread, commit).await
    }

    async fn load(&self, thread: &ThreadKey, at: At) -> Result<Option<Chain>, StoreError> {
        let chain = self.0.load(thread, at).await?;
        Ok(chain.map(|mut chain| {
            chain.records = masked_records(std::mem::take(&mut chain.records));
            chain.writes = masked_writes(std::mem::take(&mut chain.writes));
            chain
        }))
    }

    async fn list(&self, thread: &ThreadKey, query: &Query) -> Result<Vec<Record>, StoreError> {
        Ok(masked_records(self.0.list(thread, query).await?))
    }

    async fn threads(&self, namespace: &str, page: &Page) -> Result<Vec<String>, StoreError> {
        self.0.threads(namespace, page).await
    }

    async fn paths(&self, thread: &ThreadKey) -> Result<Vec<String>, StoreError> {
        self.0.paths(thread).await
    }

    async fn delete(&self, thread: &ThreadKey) -> Result<(), StoreError> {
        self.0.delete(thread).await
    }

    async fn thread_of(
        &self,
        namespace: &str,
        user: &str,
        proposed: &str,
    ) -> Result<String, StoreError> {
        self.0.thread_of(namespace, user, proposed).await
    }

    async fn writes(&self, thread: &ThreadKey) -> Result<Vec<Write>, StoreError> {
        Ok(masked_writes(self.0.writes(thread).await?))
    }
}

/// What the store of such a one has in it, as the disk would have it.
pub async fn stored(saver: &Arc<dyn Checkpointer>, thread: &ThreadKey) -> Vec<Vec<u8>> {
    let mut parts = vec![thread.clone()];
    for path in saver.paths(thread).await.unwrap() {
        parts.push(thread.at_path(&path).unwrap());
    }
    let mut payloads = Vec::new();
    for part in &parts {
        let records = saver.list(part, &Query::default()).await.unwrap();
        payloads.extend(records.into_iter().map(|record| record.payload));
        let writes = saver.writes(part).await.unwrap();
        payloads.extend(writes.into_iter().map(|write| write.payload));
    }
    payloads
}
