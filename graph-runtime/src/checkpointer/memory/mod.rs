//! Moments in the process's own memory: no set-up, gone with the process.

mod thread;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use self::thread::Thread;
use super::{
    At, Chain, Checkpointer, Commit, Lease, Message, Page, Query, Record, Rewrite, StoreError,
    Usage, Write,
};
use crate::id::{InvalidId, ThreadKey, Timestamp};

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
    leases: HashMap<ThreadKey, Lease>,
    /// Of all threads, so that not even one that was deleted gets an epoch again.
    last_epoch: u64,
    /// Of all inboxes, for the same reason.
    last_position: u64,
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

    /// What is read of a thread; nothing where there is none.
    fn of<T: Default>(&self, key: &ThreadKey, read: impl FnOnce(&Thread) -> T) -> T {
        self.with(|shelf| shelf.threads.get(key).map(read).unwrap_or_default())
    }
}

impl Shelf {
    fn commit(&mut self, key: &ThreadKey, commit: &mut Commit) -> Result<(), StoreError> {
        let lease = match commit.epoch {
            0 => 0,
            _ => self.lease_of(key).map_or(0, |lease| lease.epoch),
        };
        if let Some(thread) = self.threads.get_mut(key) {
            return thread.commit(commit, lease);
        }
        // A refused commit leaves no thread behind.
        let mut thread = Thread::default();
        thread.commit(commit, lease)?;
        self.threads.insert(key.clone(), thread);
        Ok(())
    }

    fn lease_of(&self, key: &ThreadKey) -> Option<&Lease> {
        self.leases.get(&key.root())
    }

    fn lease(&mut self, key: &ThreadKey, holder: &str, ttl: Duration) -> Result<Lease, StoreError> {
        let now = Timestamp::now();
        let epoch = Lease::renewed(self.lease_of(key), holder, now)?.unwrap_or_else(|| {
            self.last_epoch += 1;
            self.last_epoch
        });
        let lease = Lease {
            epoch,
            holder: holder.to_owned(),
            until: now.saturating_add(ttl),
        };
        self.leases.insert(key.root(), lease.clone());
        Ok(lease)
    }

    /// The threads of a namespace, in the order of their ids.
    fn threads_of(&self, namespace: &str) -> impl Iterator<Item = (&str, &Thread)> {
        self.threads
            .range(ThreadKey::before_all(namespace)..)
            .take_while(move |(key, _)| key.namespace() == namespace)
            .filter(|(key, thread)| key.path().is_empty() && thread.head().is_some())
            .map(|(key, thread)| (key.thread(), thread))
    }

    /// A thread or a path of it, and what lies below, in the order of the paths.
    fn below<'s>(
        &'s self,
        key: &'s ThreadKey,
    ) -> impl Iterator<Item = (&'s ThreadKey, &'s Thread)> {
        let root = key.root();
        self.threads
            .range(key.clone()..)
            .take_while(move |(other, _)| root.contains(other))
            .filter(|(other, _)| key.contains(other))
    }

    fn rewrite(&mut self, key: &ThreadKey, rewrite: Rewrite) -> Result<(), StoreError> {
        match self.threads.get_mut(key) {
            Some(thread) => thread.rewrite(rewrite),
            None => Thread::default().rewrite(rewrite),
        }
    }

    fn delete(&mut self, key: &ThreadKey) {
        let below: Vec<_> = self.below(key).map(|(other, _)| other.clone()).collect();
        for gone in &below {
            self.threads.remove(gone);
        }
        if key.path().is_empty() {
            self.leases.remove(key);
            self.users.retain(|(namespace, _), thread| {
                (namespace.as_str(), thread.as_str()) != (key.namespace(), key.thread())
            });
        }
    }

    fn send(&mut self, key: &ThreadKey, payload: Vec<u8>) -> u64 {
        self.last_position += 1;
        let message = Message {
            position: self.last_position,
            payload,
        };
        self.threads
            .entry(key.clone())
            .or_default()
            .receive(message);
        self.last_position
    }
}

#[async_trait]
impl Checkpointer for MemorySaver {
    async fn commit(&self, thread: &ThreadKey, mut commit: Commit) -> Result<(), StoreError> {
        commit.check()?;
        self.with(|shelf| shelf.commit(thread, &mut commit))
    }

    async fn load(&self, thread: &ThreadKey, at: At) -> Result<Option<Chain>, StoreError> {
        Ok(self.of(thread, |thread| thread.chain(at)))
    }

    async fn list(&self, thread: &ThreadKey, query: &Query) -> Result<Vec<Record>, StoreError> {
        Ok(self.of(thread, |thread| thread.list(query)))
    }

    async fn threads(&self, namespace: &str, page: &Page) -> Result<Vec<String>, StoreError> {
        Ok(self.with(|shelf| {
            shelf
                .threads_of(namespace)
                .map(|(id, _)| id)
                .filter(|id| page.after.as_deref().is_none_or(|after| *id > after))
                .take(page.limit.unwrap_or(usize::MAX))
                .map(str::to_owned)
                .collect()
        }))
    }

    async fn delete(&self, thread: &ThreadKey) -> Result<(), StoreError> {
        self.with(|shelf| shelf.delete(thread));
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
        Ok(self.of(thread, Thread::writes))
    }

    async fn due(
        &self,
        namespace: &str,
        now: Timestamp,
        page: &Page<(String, Timestamp)>,
    ) -> Result<Vec<(String, Timestamp)>, StoreError> {
        let due = self.with(|shelf| {
            let due = shelf.threads_of(namespace).filter_map(|(id, thread)| {
                let due = thread.head()?.due.filter(|due| *due <= now)?;
                Some((id.to_owned(), due))
            });
            due.collect()
        });
        Ok(page.of(due))
    }

    async fn lease(
        &self,
        thread: &ThreadKey,
        holder: &str,
        ttl: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        InvalidId::check("holder", holder)?;
        self.with(|shelf| shelf.lease(thread, holder, ttl))
            .map(Some)
    }

    async fn release(&self, thread: &ThreadKey, lease: &Lease) -> Result<(), StoreError> {
        self.with(|shelf| {
            let is_held = |held: &Lease| held.epoch == lease.epoch;
            if shelf.lease_of(thread).is_some_and(is_held) {
                shelf.leases.remove(&thread.root());
            }
        });
        Ok(())
    }

    async fn send(&self, thread: &ThreadKey, message: Vec<u8>) -> Result<u64, StoreError> {
        Message::check(&message)?;
        Ok(self.with(|shelf| shelf.send(thread, message)))
    }

    async fn inbox(&self, thread: &ThreadKey) -> Result<Vec<Message>, StoreError> {
        Ok(self.of(thread, Thread::inbox))
    }

    async fn idle(
        &self,
        namespace: &str,
        before: Timestamp,
        page: &Page<(String, Timestamp)>,
    ) -> Result<Vec<(String, Timestamp)>, StoreError> {
        let idle = self.with(|shelf| {
            let idle = shelf.threads_of(namespace).filter_map(|(id, thread)| {
                let written = thread.head()?.created_at;
                (written < before).then(|| (id.to_owned(), written))
            });
            idle.collect()
        });
        Ok(page.of(idle))
    }

    async fn check(&self) -> Result<(), StoreError> {
        Ok(())
    }

    async fn rewrite(&self, thread: &ThreadKey, rewrite: Rewrite) -> Result<(), StoreError> {
        rewrite.check()?;
        self.with(|shelf| shelf.rewrite(thread, rewrite))
    }

    async fn paths(&self, thread: &ThreadKey) -> Result<Vec<String>, StoreError> {
        Ok(self.with(|shelf| {
            let below = shelf.below(thread);
            let others = below.filter(|(key, part)| *key != thread && !part.is_empty());
            others.map(|(key, _)| key.path().to_owned()).collect()
        }))
    }

    async fn usage(&self, thread: &ThreadKey) -> Result<Usage, StoreError> {
        Ok(self.with(|shelf| shelf.below(thread).map(|(_, part)| part.usage()).sum()))
    }

    fn commits_inline(&self) -> bool {
        true
    }
}
