//! Moments in `PostgreSQL`, for many processes and servers at once.
//!
//! Here is what a user sees. `options` says how a database is used, `connections` are those to the server, `database`
//! asks it and repeats what may be repeated, `change` and `read` are what is asked, `row` the columns, `tables` and
//! `schema` where they lie, `failure` the words. What the server itself does is in `sql`.

mod change;
mod connections;
mod database;
mod failure;
mod options;
mod read;
mod row;
mod schema;
mod tables;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use graph_runtime::{
    At, Chain, Checkpointer, Commit, InvalidId, Lease, Message, Page, Query, Record, Rewrite,
    StoreError, ThreadKey, Timestamp, Usage, Write,
};
use sqlx::PgPool;

use database::Database;

pub use options::PostgresOptions;

/// Keeps moments in a `PostgreSQL` database (12 or newer; tested with 15), which many processes on many machines may
/// use at once.
///
/// A commit is one round trip: a function on the server locks the thread's row, judges the commit and applies it.
/// Commits on different threads don't wait for each other. A commit is acknowledged after the server has synced it
/// to its disk (`synchronous_commit`, for our transactions also where a session or the server asks for less).
///
/// | what happens | what is lost of what was acknowledged |
/// |---|---|
/// | the process is killed | nothing |
/// | the server is killed or restarted | nothing |
/// | power cut at the server | nothing, if it runs with `fsync` and `full_page_writes`, as it does unless told otherwise, and its disk keeps its word about syncing |
/// | failover to an asynchronous standby | what had not reached the standby: the last moments before. Each thread stands at a whole commit, and goes on from there |
/// | failover to a synchronous standby (`synchronous_standby_names`) | nothing, as the server promises it |
///
/// The first two are proved by this crate's tests, the others are the server's promise. After a failover that lost
/// something a lease may be given with an epoch that was given before: let the programs of the old primary stop first.
///
/// **A server that goes away** comes back or is given up on after [`PostgresOptions::timeout`]. Until then we connect
/// again, and repeat what was asked if that is safe: reading; a commit with records, which is known by the id of its
/// last record; one with writes only, unless it consumes some or expects no head; deleting, users and leases. What
/// can't be repeated is [`StoreError::Unknown`]: a message that was sent, a rewrite that removes records.
/// So a run goes on over a restart of the server, with each acknowledged step once.
///
/// **Tables** are made on first use in a schema of their own, `graph` unless [`PostgresOptions::schema`] says another,
/// and brought up to date under a lock when the library is updated. That takes the right to create in the database, or
/// in the schema where it is there already; using them takes the usual rights on what is in the schema.
///
/// **For people** there is the view `moments`, with what is stored as `jsonb`. It costs commits nothing: the payloads'
/// bytes are what counts, and the view reads them. A body that isn't JSON, or that `jsonb` can't hold (it has no
/// `\u0000`), is NULL there; what is sealed or compressed isn't JSON.
///
/// ```sql
#[doc = include_str!("sql/examples.sql")]
/// ```
///
/// Handles are cheap to clone. Connections are opened as they are needed, kept, and closed with the last handle.
///
/// ```no_run
/// # async fn open() -> Result<(), graph_runtime::StoreError> {
/// use graph_checkpointers::PostgresSaver;
/// use graph_runtime::{At, Checkpointer, ThreadKey};
///
/// let saver = PostgresSaver::connect("postgres://app@db.example.com/shop").await?;
/// let thread = ThreadKey::new("support", "user-42")?;
/// assert!(saver.load(&thread, At::Head).await?.is_none());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct PostgresSaver {
    database: Arc<Database>,
}

impl PostgresSaver {
    /// Connects to the database that a URL names, and makes its tables where they are missing. [`PostgresOptions`] is
    /// how to say more.
    ///
    /// The URL is that of `sqlx`: `postgres://user:password@host:5432/database?sslmode=verify-full&sslrootcert=ca.pem`.
    /// What it doesn't say comes from the environment (`PGHOST`, `PGUSER`, `PGPASSWORD` and so on) and from `.pgpass`.
    ///
    /// # Errors
    /// As [`PostgresOptions::connect`].
    ///
    /// ```no_run
    /// # async fn open() -> Result<(), graph_runtime::StoreError> {
    /// let saver = graph_checkpointers::PostgresSaver::connect("postgres://app@db.example.com/shop").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        PostgresOptions::new().connect(url).await
    }

    /// Works on connections of a pool of yours, of `sqlx` 0.9, and makes the tables where they are missing.
    ///
    /// The pool keeps to its own options. Have it made with `test_before_acquire(false)`: a connection that broke is
    /// noticed here anyway, and being asked first costs every commit a second round trip.
    ///
    /// # Errors
    /// As [`PostgresOptions::connect`].
    ///
    /// ```no_run
    /// # async fn open() -> Result<(), Box<dyn std::error::Error>> {
    /// use graph_checkpointers::PostgresSaver;
    /// use sqlx::postgres::PgPoolOptions;
    ///
    /// let pool = PgPoolOptions::new()
    ///     .test_before_acquire(false)
    ///     .connect("postgres://app@db.example.com/shop")
    ///     .await?;
    /// let saver = PostgresSaver::with_pool(pool).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn with_pool(pool: PgPool) -> Result<Self, StoreError> {
        PostgresOptions::new().with_pool(pool).await
    }

    fn on(database: Database) -> Self {
        Self {
            database: Arc::new(database),
        }
    }
}

#[async_trait]
impl Checkpointer for PostgresSaver {
    async fn commit(&self, thread: &ThreadKey, commit: Commit) -> Result<(), StoreError> {
        commit.check()?;
        self.database.commit(thread, &commit).await
    }

    async fn load(&self, thread: &ThreadKey, at: At) -> Result<Option<Chain>, StoreError> {
        self.database.load(thread, at).await
    }

    async fn list(&self, thread: &ThreadKey, query: &Query) -> Result<Vec<Record>, StoreError> {
        self.database.list(thread, query).await
    }

    async fn threads(&self, namespace: &str, page: &Page) -> Result<Vec<String>, StoreError> {
        self.database.threads(namespace, page).await
    }

    async fn delete(&self, thread: &ThreadKey) -> Result<(), StoreError> {
        self.database.forget(thread).await
    }

    async fn thread_of(
        &self,
        namespace: &str,
        user: &str,
        proposed: &str,
    ) -> Result<String, StoreError> {
        InvalidId::check("user", user)?;
        let proposed = ThreadKey::new(namespace, proposed)?;
        self.database.thread_of(user, &proposed).await
    }

    async fn writes(&self, thread: &ThreadKey) -> Result<Vec<Write>, StoreError> {
        self.database.writes(thread).await
    }

    async fn due(
        &self,
        namespace: &str,
        now: Timestamp,
        page: &Page<(String, Timestamp)>,
    ) -> Result<Vec<(String, Timestamp)>, StoreError> {
        self.database.due(namespace, now, page).await
    }

    async fn idle(
        &self,
        namespace: &str,
        before: Timestamp,
        page: &Page<(String, Timestamp)>,
    ) -> Result<Vec<(String, Timestamp)>, StoreError> {
        self.database.idle(namespace, before, page).await
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.database.check().await
    }

    async fn rewrite(&self, thread: &ThreadKey, rewrite: Rewrite) -> Result<(), StoreError> {
        rewrite.check()?;
        if rewrite.is_empty() {
            return Ok(());
        }
        self.database.rewrite(thread, &rewrite).await
    }

    async fn paths(&self, thread: &ThreadKey) -> Result<Vec<String>, StoreError> {
        self.database.paths(thread).await
    }

    async fn usage(&self, thread: &ThreadKey) -> Result<Usage, StoreError> {
        self.database.usage(thread).await
    }

    async fn lease(
        &self,
        thread: &ThreadKey,
        holder: &str,
        ttl: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        InvalidId::check("holder", holder)?;
        self.database
            .take_lease(thread, holder, ttl)
            .await
            .map(Some)
    }

    async fn release(&self, thread: &ThreadKey, lease: &Lease) -> Result<(), StoreError> {
        self.database.release(thread, lease.epoch).await
    }

    async fn send(&self, thread: &ThreadKey, message: Vec<u8>) -> Result<u64, StoreError> {
        Message::check(&message)?;
        self.database.send(thread, &message).await
    }

    async fn inbox(&self, thread: &ThreadKey) -> Result<Vec<Message>, StoreError> {
        self.database.inbox(thread).await
    }
}
