//! Moments in a directory that a person can read.
//!
//! Here is what a user sees. `place` says where things lie, `name` how they are called there, `disk` how a file
//! is replaced whole. `head` is the file that says what counts, `entry` are records and writes as text, `users`
//! those of users; `change`, `rewrite` and `read` work on them, on the threads of `workers`.

mod change;
mod disk;
mod entry;
mod head;
mod name;
mod place;
mod read;
mod rewrite;
mod users;
mod workers;

use std::path::Path;
use std::sync::Arc;

use async_trait::async_trait;
use graph_runtime::{
    At, Chain, Checkpointer, Commit, InvalidId, Page, Query, Record, Rewrite, StoreError,
    ThreadKey, Timestamp, Write,
};

use place::Place;
use workers::Workers;

/// Keeps moments in a directory of text files, which several processes may use at once.
///
/// A thread is the directory `<namespace>/<thread>`, and what a child graph stores lies in one within, whose
/// name has a `+` before each step of its path. There, `records` holds a file for each record, in the order of
/// their names: a line with a checksum, a line with what the record is, and its payload as it is. `head.json`
/// says which of them count, and which `writes-<number>.json` does, and `records-<number>` where pruning has
/// written the records anew. Names hold `a-z 0-9 _ -`; all else in them
/// is written as `%41`, and what would be too long ends in a hash: the true name is in the files.
///
/// A commit is acknowledged when its files and then its `head.json` have reached the disk. What was in the
/// middle of it doesn't count, and the thread's next commit removes it. One commit to a thread is made at a
/// time, by a lock that processes share. Each looks through the names of the thread's records and writes all
/// open writes anew, so a thread of very many is better kept in a database. Handles are cheap to clone;
/// dropping the last one waits until what was accepted is written.
///
/// | what happens | what is lost of what was acknowledged |
/// |---|---|
/// | the process is killed | nothing |
/// | power cut | nothing, if the disk keeps its word about syncing; on Windows, perhaps the last commits |
/// | somebody changes a file by hand | what it held: it is [`StoreError::Corrupt`], with its path |
///
/// The directory is this library's own: one that holds other things is refused. It belongs on a local disk, not
/// on a network file system, where locks and syncing may mean less. There are no leases and no inbox.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use graph_checkpointers::FileSaver;
/// use graph_runtime::{At, Checkpointer, ThreadKey};
///
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("moments");
/// let saver = FileSaver::open(path).await?;
/// let thread = ThreadKey::new("support", "user-42")?;
/// assert!(saver.load(&thread, At::Head).await?.is_none());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct FileSaver {
    place: Place,
    workers: Arc<Workers>,
}

impl FileSaver {
    /// Opens a directory, and makes it where it is missing.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where it can't be read or written to, [`StoreError::Unfit`] where it holds
    /// other things, [`StoreError::FormatTooNew`] where a newer version of the library wrote it.
    ///
    /// ```no_run
    /// # async fn open() -> Result<(), graph_runtime::StoreError> {
    /// let saver = graph_checkpointers::FileSaver::open("moments").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn open(directory: impl AsRef<Path>) -> Result<Self, StoreError> {
        let workers = Workers::start()?;
        let directory = directory.as_ref().to_owned();
        let place = workers.ask(move || Place::open(&directory)).await?;
        Ok(Self {
            place,
            workers: Arc::new(workers),
        })
    }

    async fn ask<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Place) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let place = self.place.clone();
        self.workers.ask(move || work(&place)).await
    }
}

#[async_trait]
impl Checkpointer for FileSaver {
    async fn commit(&self, thread: &ThreadKey, commit: Commit) -> Result<(), StoreError> {
        commit.check()?;
        let thread = thread.clone();
        self.ask(move |place| change::commit(place, &thread, &commit))
            .await
    }

    async fn load(&self, thread: &ThreadKey, at: At) -> Result<Option<Chain>, StoreError> {
        let thread = thread.clone();
        self.ask(move |place| read::load(place, &thread, at)).await
    }

    async fn list(&self, thread: &ThreadKey, query: &Query) -> Result<Vec<Record>, StoreError> {
        let (thread, query) = (thread.clone(), query.clone());
        self.ask(move |place| read::list(place, &thread, &query))
            .await
    }

    async fn threads(&self, namespace: &str, page: &Page) -> Result<Vec<String>, StoreError> {
        let (namespace, page) = (namespace.to_owned(), page.clone());
        self.ask(move |place| read::threads(place, &namespace, &page))
            .await
    }

    async fn delete(&self, thread: &ThreadKey) -> Result<(), StoreError> {
        let thread = thread.clone();
        self.ask(move |place| change::delete(place, &thread)).await
    }

    async fn thread_of(
        &self,
        namespace: &str,
        user: &str,
        proposed: &str,
    ) -> Result<String, StoreError> {
        InvalidId::check("user", user)?;
        let (proposed, user) = (ThreadKey::new(namespace, proposed)?, user.to_owned());
        self.ask(move |place| users::thread_of(place, &user, &proposed))
            .await
    }

    async fn writes(&self, thread: &ThreadKey) -> Result<Vec<Write>, StoreError> {
        let thread = thread.clone();
        self.ask(move |place| read::writes(place, &thread)).await
    }

    async fn due(
        &self,
        namespace: &str,
        now: Timestamp,
        page: &Page<(String, Timestamp)>,
    ) -> Result<Vec<(String, Timestamp)>, StoreError> {
        let (namespace, page) = (namespace.to_owned(), page.clone());
        self.ask(move |place| read::due(place, &namespace, now, &page))
            .await
    }

    async fn idle(
        &self,
        namespace: &str,
        before: Timestamp,
        page: &Page<(String, Timestamp)>,
    ) -> Result<Vec<(String, Timestamp)>, StoreError> {
        let (namespace, page) = (namespace.to_owned(), page.clone());
        self.ask(move |place| read::idle(place, &namespace, before, &page))
            .await
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.ask(Place::check).await
    }

    async fn rewrite(&self, thread: &ThreadKey, rewrite: Rewrite) -> Result<(), StoreError> {
        rewrite.check()?;
        let thread = thread.clone();
        self.ask(move |place| rewrite::rewrite(place, &thread, &rewrite))
            .await
    }

    async fn paths(&self, thread: &ThreadKey) -> Result<Vec<String>, StoreError> {
        let thread = thread.clone();
        self.ask(move |place| read::paths(place, &thread)).await
    }
}
