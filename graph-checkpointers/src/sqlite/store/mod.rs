//! Memory across threads in an `SQLite` file. `read` and `change` are its statements, `row` their columns.

mod change;
mod read;
mod row;

#[cfg(test)]
mod tests;

use std::path::Path;

use async_trait::async_trait;
use graph_runtime::{
    Entry, Found, InvalidId, Prefix, Prefixes, Put, Search, Store, StoreError, Timestamp,
};

use super::workers::Workers;

/// Entries have a number, so that their index is small beside them. What decides whether one is there stands
/// before what is large.
pub(super) const TABLES: &str = "
    CREATE TABLE entries (
        number     INTEGER PRIMARY KEY,
        prefix     BLOB NOT NULL,
        key        TEXT NOT NULL,
        expires_at INTEGER,
        renewal    INTEGER,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL,
        model      TEXT,
        vectors    BLOB,
        value      TEXT NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX entries_in_order ON entries (prefix, key);
    CREATE INDEX entries_by_end ON entries (expires_at) WHERE expires_at IS NOT NULL;
";

/// Keeps memory across threads in one `SQLite` file, which several processes may use at once.
///
/// What was acknowledged survives what [`SqliteSaver`](super::SqliteSaver) survives, in a file of its own or
/// in the same one. A put takes away a few entries that have expired, so a store that is written to doesn't
/// grow by them. Reading an entry that renews is a write.
///
/// Conditions and queries look at everything under their prefix; without them a search costs what it finds.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use std::sync::Arc;
/// use graph_checkpointers::SqliteStore;
/// use graph_runtime::Shelf;
///
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("memory.db");
/// let store = Shelf::new(Arc::new(SqliteStore::open(path).await?));
/// let ada = store.under(["users", "ada"]);
/// ada.put("colour", "blue").await?;
/// assert_eq!(ada.get::<String>("colour").await?, Some("blue".to_owned()));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct SqliteStore {
    workers: Workers,
}

impl SqliteStore {
    /// Opens a file, and makes it, its directory and its tables where they are missing. The path
    /// `:memory:` is [`SqliteStore::memory`].
    ///
    /// # Errors
    /// As for [`SqliteSaver::open`](super::SqliteSaver::open).
    pub async fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        Ok(Self::on(Workers::open(path.as_ref()).await?))
    }

    /// A database in memory, gone with its last handle.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where there is no memory or thread left.
    pub async fn memory() -> Result<Self, StoreError> {
        Ok(Self::on(Workers::memory().await?))
    }

    pub(super) fn on(workers: Workers) -> Self {
        Self { workers }
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn put(&self, put: Put, now: Timestamp) -> Result<(), StoreError> {
        put.check()?;
        let row = row::Row::new(put, now)?;
        self.workers
            .change(move |database| change::put(database, &row, now))
            .await
    }

    async fn get(
        &self,
        prefix: &Prefix,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<Entry>, StoreError> {
        InvalidId::check("key", key)?;
        let place = (prefix.clone(), key.to_owned());
        let (prefix, key) = place.clone();
        let read = move |database: &_| read::get(database, &prefix, &key, now);
        let Some((entry, renews)) = self.workers.read(read).await? else {
            return Ok(None);
        };
        if !renews {
            return Ok(Some(entry));
        }
        let (prefix, key) = place;
        self.workers
            .change(move |database| change::renew(database, &prefix, &key, now))
            .await
    }

    async fn delete(&self, prefix: &Prefix, key: &str) -> Result<(), StoreError> {
        InvalidId::check("key", key)?;
        let (prefix, key) = (prefix.clone(), key.to_owned());
        self.workers
            .change(move |database| change::delete(database, &prefix, &key))
            .await
    }

    async fn clear(&self, prefix: &Prefix) -> Result<(), StoreError> {
        let prefix = prefix.clone();
        self.workers
            .change(move |database| change::clear(database, &prefix))
            .await
    }

    async fn search(&self, search: &Search, now: Timestamp) -> Result<Vec<Found>, StoreError> {
        search.check()?;
        let search = search.clone();
        self.workers
            .read(move |database| read::search(database, &search, now))
            .await
    }

    async fn prefixes(
        &self,
        prefixes: &Prefixes,
        now: Timestamp,
    ) -> Result<Vec<Prefix>, StoreError> {
        let prefixes = prefixes.clone();
        self.workers
            .read(move |database| read::prefixes(database, &prefixes, now))
            .await
    }

    async fn sweep(&self, now: Timestamp) -> Result<usize, StoreError> {
        self.workers
            .change(move |database| change::sweep(database, now))
            .await
    }
}
