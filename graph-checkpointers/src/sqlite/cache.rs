//! Results of nodes in an `SQLite` file, within a bound.

use std::path::Path;

use async_trait::async_trait;
use graph_runtime::{Cache, CacheKey, StoreError, Timestamp};
use rusqlite::{Connection, OptionalExtension};

use super::failure::Failure;
use super::workers::Workers;
use crate::signed::micros;

/// What a result takes beside its value, about. The triggers of released files know it.
const OVERHEAD: u64 = 256;

/// Results are numbered in the order of writing. The triggers keep the sum of what they take, whoever adds or
/// removes them.
pub(super) const TABLES: &str = "
    CREATE TABLE results (
        number     INTEGER PRIMARY KEY,
        namespace  TEXT NOT NULL,
        node       TEXT NOT NULL,
        hash       BLOB NOT NULL,
        expires_at INTEGER,
        value      BLOB NOT NULL
    ) STRICT;
    CREATE UNIQUE INDEX results_by_key ON results (namespace, node, hash);
    CREATE INDEX results_by_end ON results (expires_at) WHERE expires_at IS NOT NULL;
    CREATE TABLE results_size (bytes INTEGER NOT NULL) STRICT;
    INSERT INTO results_size VALUES (0);
    CREATE TRIGGER results_grow AFTER INSERT ON results BEGIN
        UPDATE results_size SET bytes = bytes + length(new.value) + 256;
    END;
    CREATE TRIGGER results_shrink AFTER DELETE ON results BEGIN
        UPDATE results_size SET bytes = bytes - length(old.value) - 256;
    END;
";

/// Keeps the results of nodes in one `SQLite` file, which several processes may use at once, in a file of its
/// own or in that of a [`SqliteSaver`](super::SqliteSaver).
///
/// Where there is no room, what was written the longest ago goes: reading writes nothing.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use graph_checkpointers::SqliteCache;
/// use graph_runtime::{Cache, CacheKey, Timestamp};
///
/// # let directory = tempfile::tempdir()?;
/// # let path = directory.path().join("cache.db");
/// let (cache, now) = (SqliteCache::open(path).await?, Timestamp::now());
/// let key = CacheKey::new("support", "classify", 1)?;
/// cache.put(&key, b"refund".to_vec(), None, now).await?;
/// assert_eq!(cache.get(&key, now).await?, Some(b"refund".to_vec()));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct SqliteCache {
    workers: Workers,
    limit: u64,
}

impl SqliteCache {
    /// How many bytes it keeps, unless it is told otherwise.
    pub const DEFAULT_BYTES: u64 = 1024 * 1024 * 1024;

    /// Opens a file, and makes it, its directory and its tables where they are missing. The path
    /// `:memory:` is [`SqliteCache::memory`].
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

    /// The same, keeping about so many bytes: each result counts some for its key. What this handle puts
    /// makes room for itself, whoever wrote what goes.
    #[must_use]
    pub fn bounded(self, bytes: u64) -> Self {
        Self {
            limit: bytes,
            ..self
        }
    }

    pub(super) fn on(workers: Workers) -> Self {
        Self {
            workers,
            limit: Self::DEFAULT_BYTES,
        }
    }
}

#[async_trait]
impl Cache for SqliteCache {
    async fn get(&self, key: &CacheKey, now: Timestamp) -> Result<Option<Vec<u8>>, StoreError> {
        let key = key.clone();
        self.workers
            .read(move |database| get(database, &key, now))
            .await
    }

    async fn put(
        &self,
        key: &CacheKey,
        value: Vec<u8>,
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let (key, expires_at) = (key.clone(), expires_at.map(micros));
        let fits = value.len() as u64 + OVERHEAD <= self.limit;
        let limit = i64::try_from(self.limit).unwrap_or(i64::MAX);
        self.workers
            .change(move |database| {
                remove(database, &key, now)?;
                if fits {
                    insert(database, &key, &value, expires_at)?;
                    make_room(database, limit)?;
                }
                Ok(())
            })
            .await
    }

    async fn clear(&self, namespace: &str, node: Option<&str>) -> Result<(), StoreError> {
        let (namespace, node) = (namespace.to_owned(), node.map(str::to_owned));
        self.workers
            .change(move |database| clear(database, &namespace, node.as_deref()))
            .await
    }
}

fn get(database: &Connection, key: &CacheKey, now: Timestamp) -> Result<Option<Vec<u8>>, Failure> {
    let query = "SELECT value FROM results WHERE namespace = ?1 AND node = ?2 AND hash = ?3
                 AND (expires_at IS NULL OR expires_at > ?4)";
    let params = (key.namespace(), key.node(), hash(key), micros(now));
    let value = database
        .prepare_cached(query)?
        .query_row(params, |row| row.get(0));
    Ok(value.optional()?)
}

/// What is under the key, and a few that have expired, so that they never outnumber what is put.
fn remove(database: &Connection, key: &CacheKey, now: Timestamp) -> Result<(), Failure> {
    let this = "DELETE FROM results WHERE namespace = ?1 AND node = ?2 AND hash = ?3";
    let params = (key.namespace(), key.node(), hash(key));
    database.prepare_cached(this)?.execute(params)?;
    let expired = "DELETE FROM results WHERE number IN
                   (SELECT number FROM results WHERE expires_at <= ?1 ORDER BY expires_at LIMIT 2)";
    database.prepare_cached(expired)?.execute((micros(now),))?;
    Ok(())
}

fn insert(
    database: &Connection,
    key: &CacheKey,
    value: &[u8],
    expires_at: Option<i64>,
) -> Result<(), Failure> {
    let insert = "INSERT INTO results (namespace, node, hash, expires_at, value)
                  VALUES (?1, ?2, ?3, ?4, ?5)";
    let params = (key.namespace(), key.node(), hash(key), expires_at, value);
    database.prepare_cached(insert)?.execute(params)?;
    Ok(())
}

fn make_room(database: &Connection, limit: i64) -> Result<(), Failure> {
    let mut size = database.prepare_cached("SELECT bytes FROM results_size")?;
    let oldest = "DELETE FROM results WHERE number = (SELECT min(number) FROM results)";
    let mut oldest = database.prepare_cached(oldest)?;
    while size.query_one((), |row| row.get::<_, i64>(0))? > limit {
        if oldest.execute(())? == 0 {
            break;
        }
    }
    Ok(())
}

fn clear(database: &Connection, namespace: &str, node: Option<&str>) -> Result<(), Failure> {
    let delete = "DELETE FROM results WHERE namespace = ?1 AND (?2 IS NULL OR node = ?2)";
    database
        .prepare_cached(delete)?
        .execute((namespace, node))?;
    Ok(())
}

/// As bytes: databases count to less.
fn hash(key: &CacheKey) -> [u8; 16] {
    key.hash().to_be_bytes()
}
