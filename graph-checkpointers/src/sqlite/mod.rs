//! Moments, memory across threads and cached results in one `SQLite` file.
//!
//! Here is what a user sees of moments; `store` and `cache` hold the others whole. `workers` are who works on
//! a database, `worker` owns one's thread and transactions, `database` a connection and its schema, `change`,
//! `lease` and `read` the statements about moments, `row` their columns, `failure` the words.

mod cache;
mod change;
mod database;
mod failure;
mod lease;
mod read;
mod row;
mod store;
mod worker;
mod workers;

#[cfg(test)]
mod tests;

use std::path::Path;
use std::time::Duration;

use async_trait::async_trait;
use graph_runtime::{
    At, Chain, Checkpointer, Commit, InvalidId, Lease, Message, Page, Query, Record, Rewrite,
    StoreError, ThreadKey, Timestamp, Usage, Write,
};
use rusqlite::Connection;

use failure::Failure;
use workers::Workers;

pub use cache::SqliteCache;
pub use store::SqliteStore;

/// Keeps moments in one `SQLite` file, which several processes may use at once.
///
/// A commit is acknowledged after it has reached the disk (write-ahead log, full sync). Commits that
/// wait for the disk together reach it together, in one transaction, each judged by itself. Handles are
/// cheap to clone; dropping the last one waits until what was accepted is written.
///
/// | what happens | what is lost of what was acknowledged |
/// |---|---|
/// | the process is killed | nothing |
/// | power cut | nothing, if the disk keeps its word about syncing |
/// | [`SqliteSaver::memory`]: the last handle goes | everything |
///
/// The file is this library's own: a database that belongs to another program is refused. A [`SqliteStore`]
/// and a [`SqliteCache`] may share it. It belongs on a local disk: network file systems don't keep the locks
/// that `SQLite` relies on.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use graph_checkpointers::SqliteSaver;
/// use graph_runtime::{At, Checkpointer, ThreadKey};
///
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("support.db");
/// let saver = SqliteSaver::open(path).await?;
/// let thread = ThreadKey::new("support", "user-42")?;
/// assert!(saver.load(&thread, At::Head).await?.is_none());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct SqliteSaver {
    workers: Workers,
}

impl SqliteSaver {
    /// Opens a file, and makes it, its directory and its tables where they are missing. The path
    /// `:memory:` is [`SqliteSaver::memory`].
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the file can't be opened or written to,
    /// [`StoreError::Corrupt`] where it isn't a sound `SQLite` database of this library,
    /// [`StoreError::FormatTooNew`] where a newer version of the library wrote it.
    ///
    /// ```no_run
    /// # async fn open() -> Result<(), graph_runtime::StoreError> {
    /// let saver = graph_checkpointers::SqliteSaver::open("support.db").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let workers = Workers::open(path.as_ref()).await?;
        Ok(Self { workers })
    }

    /// A database in memory, gone with its last handle.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where there is no memory or thread left.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), graph_runtime::StoreError> {
    /// let saver = graph_checkpointers::SqliteSaver::memory().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn memory() -> Result<Self, StoreError> {
        let workers = Workers::memory().await?;
        Ok(Self { workers })
    }

    /// Memory across threads in the same database.
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), graph_runtime::StoreError> {
    /// let saver = graph_checkpointers::SqliteSaver::memory().await?;
    /// let (store, cache) = (saver.store(), saver.cache());
    /// # Ok(())
    /// # }
    /// ```
    pub fn store(&self) -> SqliteStore {
        SqliteStore::on(self.workers.clone())
    }

    /// A cache of results in the same database.
    pub fn cache(&self) -> SqliteCache {
        SqliteCache::on(self.workers.clone())
    }

    async fn change<T: Send + 'static>(
        &self,
        work: impl Fn(&Connection) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.workers.change(work).await
    }

    async fn read<T: Send + 'static>(
        &self,
        work: impl Fn(&Connection) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.workers.read(work).await
    }
}

#[async_trait]
impl Checkpointer for SqliteSaver {
    async fn commit(&self, thread: &ThreadKey, commit: Commit) -> Result<(), StoreError> {
        commit.check()?;
        let thread = thread.clone();
        self.change(move |database| change::commit(database, &thread, &commit))
            .await
    }

    async fn load(&self, thread: &ThreadKey, at: At) -> Result<Option<Chain>, StoreError> {
        let thread = thread.clone();
        self.read(move |database| read::load(database, &thread, at))
            .await
    }

    async fn list(&self, thread: &ThreadKey, query: &Query) -> Result<Vec<Record>, StoreError> {
        let (thread, query) = (thread.clone(), query.clone());
        self.read(move |database| read::list(database, &thread, &query))
            .await
    }

    async fn threads(&self, namespace: &str, page: &Page) -> Result<Vec<String>, StoreError> {
        let (namespace, page) = (namespace.to_owned(), page.clone());
        self.read(move |database| read::threads(database, &namespace, &page))
            .await
    }

    async fn delete(&self, thread: &ThreadKey) -> Result<(), StoreError> {
        let thread = thread.clone();
        self.change(move |database| change::delete(database, &thread))
            .await
    }

    async fn thread_of(
        &self,
        namespace: &str,
        user: &str,
        proposed: &str,
    ) -> Result<String, StoreError> {
        InvalidId::check("user", user)?;
        let (proposed, user) = (ThreadKey::new(namespace, proposed)?, user.to_owned());
        self.change(move |database| change::thread_of(database, &user, &proposed))
            .await
    }

    async fn writes(&self, thread: &ThreadKey) -> Result<Vec<Write>, StoreError> {
        let thread = thread.clone();
        self.read(move |database| read::writes(database, &thread))
            .await
    }

    async fn due(
        &self,
        namespace: &str,
        now: Timestamp,
        page: &Page<(String, Timestamp)>,
    ) -> Result<Vec<(String, Timestamp)>, StoreError> {
        let (namespace, page) = (namespace.to_owned(), page.clone());
        self.read(move |database| read::due(database, &namespace, now, &page))
            .await
    }

    async fn lease(
        &self,
        thread: &ThreadKey,
        holder: &str,
        ttl: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        InvalidId::check("holder", holder)?;
        let (thread, holder) = (thread.clone(), holder.to_owned());
        self.change(move |database| lease::take(database, &thread, &holder, ttl))
            .await
            .map(Some)
    }

    async fn release(&self, thread: &ThreadKey, lease: &Lease) -> Result<(), StoreError> {
        let (thread, epoch) = (thread.clone(), lease.epoch);
        self.change(move |database| lease::release(database, &thread, epoch))
            .await
    }

    async fn send(&self, thread: &ThreadKey, message: Vec<u8>) -> Result<u64, StoreError> {
        Message::check(&message)?;
        let thread = thread.clone();
        self.change(move |database| change::send(database, &thread, &message))
            .await
    }

    async fn inbox(&self, thread: &ThreadKey) -> Result<Vec<Message>, StoreError> {
        let thread = thread.clone();
        self.read(move |database| read::inbox(database, &thread))
            .await
    }

    async fn idle(
        &self,
        namespace: &str,
        before: Timestamp,
        page: &Page<(String, Timestamp)>,
    ) -> Result<Vec<(String, Timestamp)>, StoreError> {
        let (namespace, page) = (namespace.to_owned(), page.clone());
        self.read(move |database| read::idle(database, &namespace, before, &page))
            .await
    }

    async fn rewrite(&self, thread: &ThreadKey, rewrite: Rewrite) -> Result<(), StoreError> {
        rewrite.check()?;
        if rewrite.is_empty() {
            return Ok(());
        }
        let thread = thread.clone();
        self.change(move |database| change::rewrite(database, &thread, &rewrite))
            .await
    }

    async fn paths(&self, thread: &ThreadKey) -> Result<Vec<String>, StoreError> {
        let thread = thread.clone();
        self.read(move |database| read::paths(database, &thread))
            .await
    }

    async fn usage(&self, thread: &ThreadKey) -> Result<Usage, StoreError> {
        let thread = thread.clone();
        self.read(move |database| read::usage(database, &thread))
            .await
    }
}
