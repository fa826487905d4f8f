//! Moments in `MongoDB`.
//!
//! Here is what a user sees. `database` is the connection with its collections and indexes, `part` the documents
//! that say what counts, `entry` all others, `change` how several documents change at once without a transaction;
//! `commit`, `lease`, `inbox`, `forget`, `user` and `read` are what is done with them, `tries` begins again where
//! somebody else was first, `document` reads fields, `failure` has the words.

mod change;
mod commit;
mod database;
mod document;
mod entry;
mod failure;
mod forget;
mod inbox;
mod lease;
mod part;
mod read;
mod tries;
mod user;

use std::time::Duration;

use async_trait::async_trait;
use graph_runtime::{
    At, Chain, Checkpointer, Commit, InvalidId, Lease, Message, Page, Query, Record, Rewrite,
    StoreError, ThreadKey, Timestamp, Usage, Write,
};

use database::Database;

/// Keeps moments in a `MongoDB` database, which many processes on many machines may use at once.
///
/// The server may stand alone or be a replica set, from `MongoDB` 4.4.2 on. No transaction is needed: what a commit
/// adds is written beside what counts, and counts by one compare-and-set on the one document that holds the head.
/// What a killed process left is never seen, and the next commits remove it.
///
/// Writes are acknowledged by a majority of the servers, and in their journals (`w: "majority", j: true`). Heads are
/// read by the primary as they are now (`linearizable` on a replica set), whatever read preference the URI has.
///
/// | what happens | what is lost of what was acknowledged |
/// |---|---|
/// | the process is killed | nothing |
/// | power cut of the server | nothing: the server's promise about its journal |
/// | failover in a replica set | nothing: the server's promise about its majority |
///
/// A commit whose reply is lost is [`StoreError::Unknown`], and may be repeated. Leases go by the server's clock, by
/// the milliseconds that its `hello` says.
///
/// This was tested against `nx-27017` 0.8.1, a server that speaks `MongoDB`'s protocol and stands alone, in memory;
/// the same tests run on a real one that `MONGODB_URI` names. What a power cut and a failover cost is the server's
/// promise, and not tested. Nor is `linearizable`, which that server doesn't know.
///
/// The collections are `graph_threads`, `graph_paths`, `graph_entries`, `graph_users`, `graph_gone` and
/// `graph_meta`; others in the database are left alone. They aren't to be sharded.
///
/// ```no_run
/// # async fn open() -> Result<(), graph_runtime::StoreError> {
/// use graph_checkpointers::MongoSaver;
/// use graph_runtime::{At, Checkpointer, ThreadKey};
///
/// let saver = MongoSaver::connect("mongodb://localhost:27017", "support").await?;
/// let thread = ThreadKey::new("support", "user-42")?;
/// assert!(saver.load(&thread, At::Head).await?.is_none());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct MongoSaver {
    database: Database,
}

impl MongoSaver {
    /// Connects to a server, and makes the collections and indexes that are missing in a database of it.
    ///
    /// The user of the URI needs the role `readWrite` on the database.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the URI can't be read, no server answers, or it refuses the user,
    /// [`StoreError::Unfit`] for a name that no database has, [`StoreError::FormatTooNew`] where a newer version
    /// of the library wrote there.
    ///
    /// ```no_run
    /// # async fn open() -> Result<(), graph_runtime::StoreError> {
    /// let uri = "mongodb://ada:secret@db1,db2,db3/?replicaSet=rs0&authSource=admin";
    /// let saver = graph_checkpointers::MongoSaver::connect(uri, "support").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn connect(uri: &str, database: &str) -> Result<Self, StoreError> {
        Self::on(Database::connect(uri, database).await?).await
    }

    /// Uses a database of your own client, and makes the collections and indexes that are missing.
    ///
    /// How strictly it is written to and read is decided here, whatever the database's own options say.
    ///
    /// # Errors
    /// Those of [`MongoSaver::connect`].
    ///
    /// ```no_run
    /// # async fn open(client: mongodb::Client) -> Result<(), graph_runtime::StoreError> {
    /// let database = client.database("support");
    /// let saver = graph_checkpointers::MongoSaver::with_database(database).await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn with_database(database: ::mongodb::Database) -> Result<Self, StoreError> {
        Self::on(Database::open(database).await?).await
    }

    async fn on(database: Database) -> Result<Self, StoreError> {
        // Nothing of it is seen; the next one to open the database may do it.
        let _ = forget::finish_lives(&database).await;
        Ok(Self { database })
    }
}

#[async_trait]
impl Checkpointer for MongoSaver {
    async fn commit(&self, thread: &ThreadKey, commit: Commit) -> Result<(), StoreError> {
        commit.check()?;
        commit::commit(&self.database, thread, &commit).await
    }

    async fn load(&self, thread: &ThreadKey, at: At) -> Result<Option<Chain>, StoreError> {
        read::load(&self.database, thread, at).await
    }

    async fn list(&self, thread: &ThreadKey, query: &Query) -> Result<Vec<Record>, StoreError> {
        read::list(&self.database, thread, query).await
    }

    async fn threads(&self, namespace: &str, page: &Page) -> Result<Vec<String>, StoreError> {
        read::threads(&self.database, namespace, page).await
    }

    async fn delete(&self, thread: &ThreadKey) -> Result<(), StoreError> {
        forget::delete(&self.database, thread).await
    }

    async fn thread_of(
        &self,
        namespace: &str,
        user: &str,
        proposed: &str,
    ) -> Result<String, StoreError> {
        InvalidId::check("user", user)?;
        let proposed = ThreadKey::new(namespace, proposed)?;
        user::thread_of(&self.database, user, &proposed).await
    }

    async fn writes(&self, thread: &ThreadKey) -> Result<Vec<Write>, StoreError> {
        read::writes(&self.database, thread).await
    }

    async fn due(
        &self,
        namespace: &str,
        now: Timestamp,
        page: &Page<(String, Timestamp)>,
    ) -> Result<Vec<(String, Timestamp)>, StoreError> {
        read::due(&self.database, namespace, now, page).await
    }

    async fn idle(
        &self,
        namespace: &str,
        before: Timestamp,
        page: &Page<(String, Timestamp)>,
    ) -> Result<Vec<(String, Timestamp)>, StoreError> {
        read::idle(&self.database, namespace, before, page).await
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.database.has_format().await.map(drop)
    }

    async fn rewrite(&self, thread: &ThreadKey, rewrite: Rewrite) -> Result<(), StoreError> {
        rewrite.check()?;
        if rewrite.is_empty() {
            return Ok(());
        }
        commit::rewrite(&self.database, thread, &rewrite).await
    }

    async fn paths(&self, thread: &ThreadKey) -> Result<Vec<String>, StoreError> {
        read::paths(&self.database, thread).await
    }

    async fn usage(&self, thread: &ThreadKey) -> Result<Usage, StoreError> {
        read::usage(&self.database, thread).await
    }

    async fn lease(
        &self,
        thread: &ThreadKey,
        holder: &str,
        ttl: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        InvalidId::check("holder", holder)?;
        let lease = lease::take(&self.database, thread, holder, ttl).await?;
        Ok(Some(lease))
    }

    async fn release(&self, thread: &ThreadKey, lease: &Lease) -> Result<(), StoreError> {
        lease::release(&self.database, thread, lease.epoch).await
    }

    async fn send(&self, thread: &ThreadKey, message: Vec<u8>) -> Result<u64, StoreError> {
        Message::check(&message)?;
        inbox::send(&self.database, thread, &message).await
    }

    async fn inbox(&self, thread: &ThreadKey) -> Result<Vec<Message>, StoreError> {
        read::inbox(&self.database, thread).await
    }
}
