//! Connections to the server: our own, or those of the user's pool.
//!
//! Ours don't lie in a pool of `sqlx`, which asks the server about each one that comes back: a second round trip for
//! every commit. They lie here, and only one that has been idle is asked.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use sqlx::pool::PoolConnection;
use sqlx::postgres::{PgConnectOptions, PgConnection, PgPool};
use sqlx::{ConnectOptions, Connection, Postgres};
use tokio::sync::{Semaphore, SemaphorePermit};
use tokio::time::timeout;

/// After so long without use a connection may have been cut on its way, so that nobody would ever answer.
const IDLE: Duration = Duration::from_secs(5);

/// What the server's lists of connections call us, unless the URL says otherwise.
const NAME: &str = "graph-checkpointers";

/// Where connections come from.
pub(super) enum Connections {
    Ours(Box<Ours>),
    Theirs(PgPool),
}

/// Connections that we open, use and keep.
pub(super) struct Ours {
    server: PgConnectOptions,
    connect_timeout: Duration,
    permits: Semaphore,
    idle: Mutex<Vec<Idle>>,
}

struct Idle {
    connection: PgConnection,
    since: Instant,
}

/// A connection that is used by one at a time. Dropped without being given back, it is closed or, if it belongs to
/// a pool, tried out there.
pub(super) enum Lent<'c> {
    Ours {
        connection: Box<PgConnection>,
        home: &'c Ours,
        _permit: SemaphorePermit<'c>,
    },
    Theirs(PoolConnection<Postgres>),
}

/// Whether a connection has to be known to work before anything is sent.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Trust {
    /// It may turn out to be broken.
    Used,
    /// It is asked first.
    Tested,
}

impl Connections {
    pub(super) fn ours(server: PgConnectOptions, count: usize, connect_timeout: Duration) -> Self {
        let server = match server.get_application_name() {
            Some(_) => server,
            None => server.application_name(NAME),
        };
        Self::Ours(Box::new(Ours {
            // What is slow here waits for somebody else's commit.
            server: server.disable_statement_logging(),
            connect_timeout,
            permits: Semaphore::new(count.min(Semaphore::MAX_PERMITS)),
            idle: Mutex::default(),
        }))
    }

    pub(super) fn theirs(pool: PgPool) -> Self {
        Self::Theirs(pool)
    }

    /// The server, the user and the database, for words to people.
    pub(super) fn server(&self) -> PgConnectOptions {
        match self {
            Self::Ours(ours) => ours.server.clone(),
            Self::Theirs(pool) => (*pool.connect_options()).clone(),
        }
    }

    /// Lends a connection that nobody else uses.
    pub(super) async fn lend(&self, trust: Trust) -> sqlx::Result<Lent<'_>> {
        match self {
            Self::Ours(ours) => ours.lend(trust).await,
            Self::Theirs(pool) => loop {
                let mut connection = pool.acquire().await?;
                if trust == Trust::Used || connection.ping().await.is_ok() {
                    return Ok(Lent::Theirs(connection));
                }
                connection.close_on_drop();
            },
        }
    }
}

impl Ours {
    async fn lend(&self, trust: Trust) -> sqlx::Result<Lent<'_>> {
        let permit = self.permits.acquire().await;
        let permit = permit.map_err(|_| sqlx::Error::PoolClosed)?;
        let connection = loop {
            match self.pop() {
                None => break self.connect().await?,
                Some(idle) => {
                    if let Some(connection) = self.tested(idle, trust).await {
                        break connection;
                    }
                }
            }
        };
        Ok(Lent::Ours {
            connection: Box::new(connection),
            home: self,
            _permit: permit,
        })
    }

    async fn connect(&self) -> sqlx::Result<PgConnection> {
        timeout(self.connect_timeout, self.server.connect())
            .await
            .map_err(|_| no_answer(self.connect_timeout))?
    }

    /// The connection, if it still works as far as that has to be known.
    async fn tested(&self, idle: Idle, trust: Trust) -> Option<PgConnection> {
        let Idle {
            mut connection,
            since,
        } = idle;
        if trust == Trust::Used && since.elapsed() < IDLE {
            return Some(connection);
        }
        let answer = timeout(self.connect_timeout, connection.ping()).await;
        matches!(answer, Ok(Ok(()))).then_some(connection)
    }

    fn pop(&self) -> Option<Idle> {
        self.with_idle(Vec::pop)
    }

    fn with_idle<T>(&self, work: impl FnOnce(&mut Vec<Idle>) -> T) -> T {
        work(&mut self.idle.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Lent<'_> {
    pub(super) fn connection(&mut self) -> &mut PgConnection {
        match self {
            Self::Ours { connection, .. } => connection,
            Self::Theirs(connection) => connection,
        }
    }

    /// For the next one, after everything that was asked has been answered.
    pub(super) fn give_back(self) {
        if let Self::Ours {
            connection, home, ..
        } = self
        {
            let since = Instant::now();
            home.with_idle(|idle| {
                idle.push(Idle {
                    connection: *connection,
                    since,
                });
            });
        }
    }

    /// Not for anybody else.
    pub(super) fn discard(self) {
        if let Self::Theirs(mut connection) = self {
            connection.close_on_drop();
        }
    }
}

/// The error of waiting in vain.
pub(super) fn no_answer(limit: Duration) -> sqlx::Error {
    let text = format!("there was no answer within {limit:?}");
    sqlx::Error::Io(std::io::Error::new(std::io::ErrorKind::TimedOut, text))
}
