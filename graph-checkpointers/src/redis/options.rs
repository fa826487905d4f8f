//! How a saver is opened.

use std::fmt;
use std::time::Duration;

use graph_runtime::StoreError;

use super::keys::Prefix;
use super::link::{Link, Replicas, Way};
use super::persistence::{Persistence, Safety};
use super::{RedisSaver, format};

/// How a [`RedisSaver`] is opened: made by [`RedisSaver::options`].
///
/// ```no_run
/// # async fn open() -> Result<(), graph_runtime::StoreError> {
/// use graph_checkpointers::{Persistence, RedisSaver};
///
/// let saver = RedisSaver::options("redis://127.0.0.1/")
///     .prefix("support")
///     .require_persistence(Persistence::EveryWrite)
///     .connect()
///     .await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use = "it connects with `connect`"]
pub struct RedisOptions {
    url: String,
    prefix: String,
    way: Way,
    required: Option<Persistence>,
}

impl fmt::Debug for RedisOptions {
    /// Without the URL, which may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RedisOptions")
            .field("prefix", &self.prefix)
            .field("way", &self.way)
            .field("required", &self.required)
            .finish_non_exhaustive()
    }
}

impl RedisOptions {
    pub(super) fn new(url: &str) -> Self {
        Self {
            url: url.to_owned(),
            prefix: "graph".to_owned(),
            way: Way {
                connect: Duration::from_secs(5),
                respond: Duration::from_secs(30),
                replicas: None,
            },
            required: None,
        }
    }

    /// What all keys begin with, `graph` unless it is said: letters, digits and `-_.:`. Savers with different ones
    /// see nothing of each other.
    pub fn prefix(mut self, prefix: &str) -> Self {
        prefix.clone_into(&mut self.prefix);
        self
    }

    /// How long it may take to reach the server, at first and whenever the connection broke: 5 seconds unless it is
    /// said. A server that is started again within that time is waited for.
    pub fn connect_timeout(mut self, timeout: Duration) -> Self {
        self.way.connect = timeout;
        self
    }

    /// How long the server may take for an answer: 30 seconds unless it is said. A commit without one is
    /// [`StoreError::Unknown`].
    pub fn response_timeout(mut self, timeout: Duration) -> Self {
        self.way.respond = timeout;
        self
    }

    /// Fails to connect where the server keeps less than this, doesn't say what it keeps, or may remove keys when its
    /// memory is full. Without it, that is a warning to whoever subscribes to `tracing`.
    pub fn require_persistence(mut self, wanted: Persistence) -> Self {
        self.required = Some(wanted);
        self
    }

    /// Acknowledges a change only when so many replicas have said that they have it (`WAIT`). Where they don't say so
    /// in time it is [`StoreError::Unknown`]: it has happened on the server, and may be lost with it. All that shares
    /// the saver waits in one line.
    pub fn acknowledged_by(mut self, replicas: u32, within: Duration) -> Self {
        self.way.replicas = Some(Replicas {
            count: replicas,
            within,
        });
        self
    }

    /// Connects, and asks the server what it keeps.
    ///
    /// # Errors
    /// [`StoreError::Unavailable`] where the server can't be reached or refuses; [`StoreError::Unfit`] for a URL or a
    /// prefix that can't be one, or a server that keeps too little; [`StoreError::FormatTooNew`] where a newer version
    /// of the library has written; [`StoreError::Corrupt`] where something else has.
    pub async fn connect(self) -> Result<RedisSaver, StoreError> {
        let prefix = Prefix::new(&self.prefix)?;
        let link = Link::open(&self.url, self.way).await?;
        let safety = Safety::ask(&link).await?;
        match self.required {
            Some(wanted) => safety.check(wanted, &link.address())?,
            None => safety.warn(&link.address()),
        }
        format::settle(&link, &prefix).await?;
        Ok(RedisSaver::on(link, prefix, safety))
    }
}
