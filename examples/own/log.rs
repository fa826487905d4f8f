//! A checkpointer of one's own: a log of changes in front of memory.
//!
//! A change is judged by a `MemorySaver`, put at the end of one file, and acknowledged once that is on the disk. Whoever
//! opens the file plays it into memory, and every handle plays what others have added meanwhile.

use std::fs::File;
use std::io::{Read, Seek, SeekFrom, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use graph_runtime::{
    At, Chain, Checkpointer, Commit, MemorySaver, Page, Query, Record, StoreError, ThreadKey,
};
use serde::{Deserialize, Serialize};
use tokio::runtime::Handle;

/// Keeps moments in one file that only grows.
pub(crate) struct LogSaver(Arc<Mutex<Log>>);

struct Log {
    file: File,
    /// As far as memory knows what the file says.
    read: u64,
    memory: Arc<MemorySaver>,
}

/// What the file holds: each one behind its length.
#[derive(Serialize, Deserialize)]
enum Change {
    Commit(ThreadKey, Commit),
    Delete(ThreadKey),
    /// Namespace, user, and thread.
    User(String, String, String),
}

impl LogSaver {
    pub(crate) fn open(path: impl AsRef<Path>) -> std::io::Result<Self> {
        let mut options = File::options();
        let file = options.read(true).append(true).create(true).open(path)?;
        let (read, memory) = (0, Arc::default());
        Ok(Self(Arc::new(Mutex::new(Log { file, read, memory }))))
    }

    /// Asks memory, once it knows all that the file says.
    async fn ask<T: Send + 'static, F: Future<Output = Result<T, StoreError>>>(
        &self,
        question: impl FnOnce(Arc<MemorySaver>) -> F + Send + 'static,
    ) -> Result<T, StoreError> {
        self.with(move |log, runtime| runtime.block_on(question(Arc::clone(&log.memory))))
            .await
    }

    /// Has memory make a change, and the file keep it.
    async fn change(&self, change: Change) -> Result<String, StoreError> {
        self.with(move |log, runtime| {
            let bytes = postcard::to_stdvec(&change).map_err(StoreError::unavailable)?;
            let told = runtime.block_on(change.play(&log.memory))?;
            log.append(&bytes).map(|()| told)
        })
        .await
    }

    async fn with<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut Log, &Handle) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let (log, runtime) = (Arc::clone(&self.0), Handle::current());
        // It comes to its end, also if nobody waits for it any more.
        let task = tokio::task::spawn_blocking(move || {
            let mut log = log.lock().unwrap_or_else(PoisonError::into_inner);
            log.file.lock().map_err(StoreError::unavailable)?;
            let known = log.catch_up(&runtime);
            let done = known.and_then(|()| work(&mut log, &runtime));
            log.file.unlock().map_err(StoreError::unavailable)?;
            done
        });
        task.await
            .map_err(|error| StoreError::Unknown(error.into()))?
    }
}

impl Log {
    /// Plays what is new. What somebody was killed at isn't whole: it never counted, and is cut off.
    fn catch_up(&mut self, runtime: &Handle) -> Result<(), StoreError> {
        let mut news = Vec::new();
        let place = self.file.seek(SeekFrom::Start(self.read));
        place
            .and_then(|_| self.file.read_to_end(&mut news))
            .map_err(StoreError::unavailable)?;
        let mut rest = news.as_slice();
        while let Some((length, after)) = rest.split_first_chunk()
            && let Some((bytes, after)) =
                after.split_at_checked(u32::from_le_bytes(*length) as usize)
        {
            let change: Change = postcard::from_bytes(bytes)
                .map_err(|error| StoreError::Corrupt(error.to_string()))?;
            runtime.block_on(change.play(&self.memory))?;
            rest = after;
        }
        self.read += (news.len() - rest.len()) as u64;
        if rest.is_empty() {
            return Ok(());
        }
        self.file
            .set_len(self.read)
            .map_err(StoreError::unavailable)
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), StoreError> {
        let length = u32::try_from(bytes.len()).map_err(StoreError::unavailable)?;
        let line = [&length.to_le_bytes(), bytes].concat();
        let kept = self
            .file
            .write_all(&line)
            .and_then(|()| self.file.sync_data());
        kept.map_err(|error| {
            // The file may say it or not: memory is made anew from what it says.
            (self.read, self.memory) = (0, Arc::default());
            StoreError::Unknown(error.into())
        })?;
        self.read += line.len() as u64;
        Ok(())
    }
}

impl Change {
    /// Makes it; tells a user's thread.
    async fn play(self, memory: &MemorySaver) -> Result<String, StoreError> {
        match self {
            Self::Commit(key, commit) => memory.commit(&key, commit).await?,
            Self::Delete(key) => memory.delete(&key).await?,
            Self::User(space, user, thread) => {
                return memory.thread_of(&space, &user, &thread).await;
            }
        }
        Ok(String::new())
    }
}

#[async_trait]
impl Checkpointer for LogSaver {
    async fn commit(&self, key: &ThreadKey, commit: Commit) -> Result<(), StoreError> {
        let told = self.change(Change::Commit(key.clone(), commit)).await;
        told.map(drop)
    }

    async fn load(&self, key: &ThreadKey, at: At) -> Result<Option<Chain>, StoreError> {
        let key = key.clone();
        self.ask(async move |memory| memory.load(&key, at).await)
            .await
    }

    async fn list(&self, key: &ThreadKey, query: &Query) -> Result<Vec<Record>, StoreError> {
        let (key, query) = (key.clone(), query.clone());
        self.ask(async move |memory| memory.list(&key, &query).await)
            .await
    }

    async fn threads(&self, space: &str, page: &Page) -> Result<Vec<String>, StoreError> {
        let (space, page) = (space.to_owned(), page.clone());
        self.ask(async move |memory| memory.threads(&space, &page).await)
            .await
    }

    async fn delete(&self, key: &ThreadKey) -> Result<(), StoreError> {
        self.change(Change::Delete(key.clone())).await.map(drop)
    }

    async fn thread_of(&self, space: &str, user: &str, new: &str) -> Result<String, StoreError> {
        let [space, user, new] = [space, user, new].map(str::to_owned);
        self.change(Change::User(space, user, new)).await
    }
}
