//! Moments in the process's own memory: no set-up, gone with the process.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

use super::{
    At, Chain, Checkpointer, Commit, Page, Query, Record, Source, StoreError, Write, WriteKey,
};
use crate::id::{InvalidId, MomentId, ThreadKey};

/// Keeps moments in memory: for tests, for conversations that may end with the process, and as the
/// measure of what the library itself costs.
///
/// ```
/// use graph_runtime::{Checkpointer, MemorySaver};
/// assert!(MemorySaver::new().commits_inline());
/// ```
#[derive(Debug, Default)]
pub struct MemorySaver {
    shelf: Mutex<Shelf>,
}

#[derive(Debug, Default)]
struct Shelf {
    threads: BTreeMap<ThreadKey, Thread>,
    users: HashMap<(String, String), String>,
}

/// A thread's records lie in the order of writing, so the last one is the head.
#[derive(Debug, Default)]
struct Thread {
    records: Vec<Record>,
    writes: BTreeMap<WriteKey, Vec<u8>>,
}

impl MemorySaver {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    fn with<T>(&self, work: impl FnOnce(&mut Shelf) -> T) -> T {
        // No user code runs under the lock, and each change is made after all its checks.
        work(&mut self.shelf.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Shelf {
    fn commit(&mut self, key: &ThreadKey, commit: Commit) -> Result<(), StoreError> {
        if let Some(thread) = self.threads.get_mut(key) {
            return thread.commit(commit);
        }
        // A refused commit leaves no thread behind.
        let mut thread = Thread::default();
        thread.commit(commit)?;
        self.threads.insert(key.clone(), thread);
        Ok(())
    }
}

impl Thread {
    fn head(&self) -> Option<MomentId> {
        self.records.last().map(|record| record.id)
    }

    fn commit(&mut self, commit: Commit) -> Result<(), StoreError> {
        let head = self
            .records
            .last()
            .map(|record| (record.id, record.sequence));
        if !commit.applies(head)? {
            return Ok(());
        }
        self.records.extend(commit.records);
        for activation in commit.consumed {
            self.writes.retain(|key, _| key.activation != activation);
        }
        for write in commit.writes {
            self.writes.entry(write.key).or_insert(write.payload);
        }
        Ok(())
    }

    fn writes(&self) -> Vec<Write> {
        self.writes
            .iter()
            .map(|(key, payload)| Write {
                key: *key,
                payload: payload.clone(),
            })
            .collect()
    }

    fn chain(&self, at: At) -> Option<Chain> {
        let head = self.head()?;
        let tip = match at {
            At::Head => head,
            At::Moment(id) => id,
        };
        // A record's parent lies before it, so one walk back finds the whole line.
        let mut next = Some(tip);
        let mut records = Vec::new();
        for record in self.records.iter().rev() {
            if next == Some(record.id) {
                records.push(record.clone());
                next = record.parent.filter(|_| !record.is_snapshot());
            }
        }
        records.reverse();
        let writes = if tip == head {
            self.writes()
        } else {
            Vec::new()
        };
        let sequence = self.records.last().map_or(0, |record| record.sequence);
        (!records.is_empty()).then_some(Chain {
            records,
            writes,
            sequence,
            head: Some(head),
        })
    }
}

#[async_trait]
impl Checkpointer for MemorySaver {
    async fn commit(&self, thread: &ThreadKey, commit: Commit) -> Result<(), StoreError> {
        commit.check()?;
        self.with(|shelf| shelf.commit(thread, commit))
    }

    async fn load(&self, thread: &ThreadKey, at: At) -> Result<Option<Chain>, StoreError> {
        Ok(self.with(|shelf| shelf.threads.get(thread)?.chain(at)))
    }

    async fn list(&self, thread: &ThreadKey, query: &Query) -> Result<Vec<Record>, StoreError> {
        Ok(self.with(|shelf| {
            let records = shelf
                .threads
                .get(thread)
                .map_or(&[][..], |thread| &thread.records);
            records
                .iter()
                .rev()
                .filter(|record| query.before.is_none_or(|before| record.sequence < before))
                .filter(|record| !(query.without_inputs && record.source == Source::Input))
                .take(query.limit.unwrap_or(usize::MAX))
                .cloned()
                .collect()
        }))
    }

    async fn threads(&self, namespace: &str, page: &Page) -> Result<Vec<String>, StoreError> {
        Ok(self.with(|shelf| {
            shelf
                .threads
                .iter()
                .skip_while(|(key, _)| key.namespace() < namespace)
                .take_while(|(key, _)| key.namespace() == namespace)
                .filter(|(_, thread)| !thread.records.is_empty())
                .map(|(key, _)| key.thread().to_owned())
                .filter(|id| page.after.as_ref().is_none_or(|after| id > after))
                .take(page.limit.unwrap_or(usize::MAX))
                .collect()
        }))
    }

    async fn delete(&self, thread: &ThreadKey) -> Result<(), StoreError> {
        self.with(|shelf| {
            shelf.threads.remove(thread);
            shelf.users.retain(|(namespace, _), id| {
                namespace != thread.namespace() || id != thread.thread()
            });
        });
        Ok(())
    }

    async fn thread_of(
        &self,
        namespace: &str,
        user: &str,
        proposed: &str,
    ) -> Result<String, StoreError> {
        let thread = ThreadKey::new(namespace, proposed)?;
        InvalidId::check("user", user)?;
        Ok(self.with(|shelf| {
            let key = (namespace.to_owned(), user.to_owned());
            shelf
                .users
                .entry(key)
                .or_insert_with(|| thread.thread().to_owned())
                .clone()
        }))
    }

    async fn writes(&self, thread: &ThreadKey) -> Result<Vec<Write>, StoreError> {
        Ok(self.with(|shelf| {
            shelf
                .threads
                .get(thread)
                .map(Thread::writes)
                .unwrap_or_default()
        }))
    }

    fn commits_inline(&self) -> bool {
        true
    }
}
