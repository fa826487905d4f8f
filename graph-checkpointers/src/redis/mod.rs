//! Moments in a Redis server, which many processes may use at once.
//!
//! Here is what a user sees. `options` opens it, `link` is the connection, `script` the scripts in `lua` and how they
//! are called, `change`, `lease` and `read` what is asked of them, `keys` and `row` what is stored under which name,
//! `reply` how answers are read, `persistence` and `format` what is asked when it is opened, `failure` the words.

mod change;
mod failure;
mod format;
mod keys;
mod lease;
mod link;
mod options;
mod persistence;
mod read;
mod reply;
mod row;
mod script;

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use graph_runtime::{
    At, Chain, Checkpointer, Commit, InvalidId, Lease, Message, Page, Query, Record, Rewrite,
    StoreError, ThreadKey, Timestamp, Usage, Write,
};

use change::Desk;
use keys::Prefix;
use link::Link;
use persistence::Safety;

pub use options::RedisOptions;
pub use persistence::Persistence;

/// Keeps moments in a Redis server, or one that speaks like it, which many processes may use at once.
///
/// A commit is one script: one round trip, all of it or nothing. Handles are cheap to clone and share one connection,
/// which is made anew when it broke.
///
/// # What can be lost
/// What is acknowledged is in the server's memory. What is on its disk by then is a matter of its settings, which are
/// asked for when connecting: [`RedisSaver::persistence`] tells them, a warning goes to whoever subscribes to
/// `tracing`, and [`RedisOptions::require_persistence`] refuses what is too little.
///
/// | [`Persistence`] | the program is killed | the server is killed | power cut |
/// |---|---|---|---|
/// | `EveryWrite` | nothing | nothing | nothing, if the disk keeps its word about syncing |
/// | `EverySecond` | nothing | nothing, or up to two seconds while the disk is slow | about a second, two at most |
/// | `Deferred` | nothing | nothing | what the operating system hasn't written, often half a minute |
/// | `Snapshots` | nothing | all since the last snapshot | all since the last snapshot |
/// | `None` | nothing | everything | everything |
///
/// What a killed server loses by `EveryWrite`, `Snapshots` and `None` is tested by killing one; the rest is what Redis
/// promises. A run that goes on after something was lost meets a [`StoreError::Conflict`].
///
/// A server that removes keys when its memory is full (`maxmemory-policy allkeys-..`) may remove moments whatever the
/// table says; [`RedisSaver::evicts`] tells that. A thread of which a part is gone that way is
/// [`StoreError::Corrupt`], never a thread without moments.
///
/// A failover to a replica loses what the replica didn't have: Redis acknowledges before its replicas do, unless
/// [`RedisOptions::acknowledged_by`] says otherwise. Epochs of leases and positions of messages go on rising also
/// then, as long as the servers' clocks agree.
///
/// # Keys
/// All keys of a namespace have one hash tag, so that all its threads and the lists of them are in one slot of a
/// cluster, and everything above holds there too. A namespace then is on one node, and this library talks to one:
/// it doesn't follow a cluster's redirections. In names everything but letters, digits and `-_.@+` is written as `%` and digits; a child graph's path
/// comes last and as it is.
///
/// | key | type | what |
/// |---|---|---|
/// | `graph:format` | string | the number of the format |
/// | `graph:{support}:threads` | sorted set | the ids of threads that have records |
/// | `graph:{support}:due`, `:written` | sorted set | when a thread is due, when its head was written, with its id behind |
/// | `graph:{support}:users` | hash | the threads of users |
/// | `graph:{support}:epoch`, `:position` | string | the last ones that were given |
/// | `graph:{support}/user-42:lease` | hash | `epoch`, `holder`, `until` |
/// | `graph:{support}/user-42:paths` | sorted set | the paths that hold anything |
/// | `graph:{support}/user-42:users` | set | the users that lead to the thread |
/// | `graph:{support}/user-42:head`, with a path `:head/web@1` | hash | the head, and how much the other keys hold |
/// | `..:records` | hash | by sequence: a header of one line, then the payload |
/// | `..:order`, `..:ids` | sorted set, hash | the sequences in order, and by ids |
/// | `..:writes`, `..:inbox` | hash | payloads by keys, and by positions |
///
/// # Servers
/// Redis from version 5 on. It is tested against version 7.0: a single server, a primary with a replica, and a
/// cluster of one node, which refuses a script whose keys are in several slots.
///
/// ```no_run
/// # async fn open() -> Result<(), Box<dyn std::error::Error>> {
/// use graph_checkpointers::RedisSaver;
/// use graph_runtime::{At, Checkpointer, ThreadKey};
///
/// let saver = RedisSaver::connect("redis://127.0.0.1/").await?;
/// let thread = ThreadKey::new("support", "user-42")?;
/// assert!(saver.load(&thread, At::Head).await?.is_none());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct RedisSaver {
    desk: Arc<Desk>,
    safety: Safety,
}

impl RedisSaver {
    /// Connects to a server: `redis://[user][:password@]host[:port][/database]`, `rediss://..` for TLS (feature
    /// `tls`), `redis+unix:///path` for a socket.
    ///
    /// # Errors
    /// As [`RedisOptions::connect`].
    ///
    /// ```no_run
    /// # async fn open() -> Result<(), graph_runtime::StoreError> {
    /// let saver = graph_checkpointers::RedisSaver::connect("redis://127.0.0.1/").await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn connect(url: &str) -> Result<Self, StoreError> {
        Self::options(url).connect().await
    }

    /// How to connect, where it is to be said.
    ///
    /// ```
    /// use graph_checkpointers::RedisSaver;
    /// let options = RedisSaver::options("redis://127.0.0.1/").prefix("support");
    /// ```
    pub fn options(url: &str) -> RedisOptions {
        RedisOptions::new(url)
    }

    /// When the server puts what it has acknowledged onto its disk, as it said when this connected.
    pub fn persistence(&self) -> Persistence {
        self.safety.persistence
    }

    /// Whether the server removes keys when its memory is full, moments among them; `None` where it doesn't say.
    pub fn evicts(&self) -> Option<bool> {
        self.safety.evicts
    }

    fn on(link: Link, prefix: Prefix, safety: Safety) -> Self {
        Self {
            desk: Arc::new(Desk { link, prefix }),
            safety,
        }
    }
}

#[async_trait]
impl Checkpointer for RedisSaver {
    async fn commit(&self, thread: &ThreadKey, commit: Commit) -> Result<(), StoreError> {
        commit.check()?;
        self.desk.commit(thread, &commit).await
    }

    async fn load(&self, thread: &ThreadKey, at: At) -> Result<Option<Chain>, StoreError> {
        self.desk.load(thread, at).await
    }

    async fn list(&self, thread: &ThreadKey, query: &Query) -> Result<Vec<Record>, StoreError> {
        self.desk.list(thread, query).await
    }

    async fn threads(&self, namespace: &str, page: &Page) -> Result<Vec<String>, StoreError> {
        self.desk.threads(namespace, page).await
    }

    async fn delete(&self, thread: &ThreadKey) -> Result<(), StoreError> {
        self.desk.delete(thread).await
    }

    async fn thread_of(
        &self,
        namespace: &str,
        user: &str,
        proposed: &str,
    ) -> Result<String, StoreError> {
        InvalidId::check("user", user)?;
        let proposed = ThreadKey::new(namespace, proposed)?;
        self.desk.thread_of(user, &proposed).await
    }

    async fn writes(&self, thread: &ThreadKey) -> Result<Vec<Write>, StoreError> {
        self.desk.writes(thread).await
    }

    async fn due(
        &self,
        namespace: &str,
        now: Timestamp,
        page: &Page<(String, Timestamp)>,
    ) -> Result<Vec<(String, Timestamp)>, StoreError> {
        self.desk.due(namespace, now, page).await
    }

    async fn lease(
        &self,
        thread: &ThreadKey,
        holder: &str,
        ttl: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        InvalidId::check("holder", holder)?;
        self.desk.lease(thread, holder, ttl).await.map(Some)
    }

    async fn release(&self, thread: &ThreadKey, lease: &Lease) -> Result<(), StoreError> {
        self.desk.release(thread, lease.epoch).await
    }

    async fn send(&self, thread: &ThreadKey, message: Vec<u8>) -> Result<u64, StoreError> {
        Message::check(&message)?;
        self.desk.send(thread, &message).await
    }

    async fn inbox(&self, thread: &ThreadKey) -> Result<Vec<Message>, StoreError> {
        self.desk.inbox(thread).await
    }

    async fn idle(
        &self,
        namespace: &str,
        before: Timestamp,
        page: &Page<(String, Timestamp)>,
    ) -> Result<Vec<(String, Timestamp)>, StoreError> {
        self.desk.idle(namespace, before, page).await
    }

    async fn check(&self) -> Result<(), StoreError> {
        format::check(&self.desk.link, &self.desk.prefix).await
    }

    async fn rewrite(&self, thread: &ThreadKey, rewrite: Rewrite) -> Result<(), StoreError> {
        rewrite.check()?;
        self.desk.rewrite(thread, &rewrite).await
    }

    async fn paths(&self, thread: &ThreadKey) -> Result<Vec<String>, StoreError> {
        let below = self.desk.below(thread).await?.into_iter();
        let others = below
            .map(|(path, _)| path)
            .filter(|path| path != thread.path());
        Ok(others.collect())
    }

    async fn usage(&self, thread: &ThreadKey) -> Result<Usage, StoreError> {
        let below = self.desk.below(thread).await?.into_iter();
        Ok(below.map(|(_, usage)| usage).sum())
    }
}
