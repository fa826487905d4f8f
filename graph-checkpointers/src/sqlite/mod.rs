//! Moments in one `SQLite` file.
//!
//! Here is what a user sees. `worker` owns the threads and the transactions, `database` a connection and
//! its schema, `change`, `lease` and `read` the statements, `row` their columns, `failure` the words.

mod change;
mod database;
mod failure;
mod lease;
mod read;
mod row;
mod worker;

#[cfg(test)]
mod tests;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use graph_runtime::{
    At, Chain, Checkpointer, Commit, InvalidId, Lease, Message, Page, Query, Record, StoreError,
    ThreadKey, Timestamp, Write,
};
use rusqlite::Connection;

use database::Location;
use failure::Failure;
use worker::{Role, Worker};

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
/// The file is this library's own: a database that belongs to another program is refused. It belongs on a
/// local disk: network file systems don't keep the locks that `SQLite` relies on.
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
    workers: Arc<Workers>,
}

/// Reading has a thread of its own so that it doesn't wait for the disk. A database in memory belongs to
/// its one connection, so there the writer reads too.
#[derive(Debug)]
struct Workers {
    reader: Option<Worker>,
    writer: Worker,
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
        let path = path.as_ref();
        if path == Path::new(":memory:") {
            return Self::memory().await;
        }
        Self::open_file(path.to_owned()).await
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
        let writer = Worker::start(Role::Writer, Location::Memory).await?;
        Ok(Self::with(writer, None))
    }

    async fn open_file(path: PathBuf) -> Result<Self, StoreError> {
        // The writer first: it makes what the reader expects to find.
        let writer = Worker::start(Role::Writer, Location::File(path.clone())).await?;
        let reader = Worker::start(Role::Reader, Location::File(path)).await?;
        Ok(Self::with(writer, Some(reader)))
    }

    fn with(writer: Worker, reader: Option<Worker>) -> Self {
        let workers = Arc::new(Workers { reader, writer });
        Self { workers }
    }

    async fn change<T: Send + 'static>(
        &self,
        work: impl Fn(&Connection) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        self.workers.writer.ask(work).await
    }

    async fn read<T: Send + 'static>(
        &self,
        work: impl Fn(&Connection) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, StoreError> {
        let Workers { reader, writer } = &*self.workers;
        reader.as_ref().unwrap_or(writer).ask(work).await
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
}
