//! The connection: made anew when it broke, and told apart by what may have happened when it did.
//!
//! All calls share one connection, in the order in which they are made. The driver's own manager of connections isn't
//! used: it doesn't say whether a call was sent before the connection failed, and keeps a refused password for ever.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use ::redis::aio::MultiplexedConnection;
use ::redis::{AsyncConnectionConfig, Client, Cmd, ErrorKind, RedisError, ServerErrorKind, Value};
use graph_runtime::StoreError;
use tokio::sync::Mutex;
use tokio::time::{Instant, sleep, timeout};

use super::failure::{Failure, bad_url};
use super::script::Call;

/// How long the first pause between two attempts to connect is, and the longest.
const PAUSES: (Duration, Duration) = (Duration::from_millis(20), Duration::from_millis(500));

/// How long a connection may lie unused before it is tried out: servers and what is between close idle ones.
const IDLE: Duration = Duration::from_secs(1);

/// How long the server may take.
#[derive(Clone, Debug)]
pub(super) struct Way {
    pub(super) connect: Duration,
    pub(super) respond: Duration,
    pub(super) replicas: Option<Replicas>,
}

/// How many replicas must have a change before it is acknowledged, and within which time.
#[derive(Clone, Copy, Debug)]
pub(super) struct Replicas {
    pub(super) count: u32,
    pub(super) within: Duration,
}

/// Whether a change may be made again when nobody knows whether it was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Repeat {
    /// The second time it changes nothing, or what it would have changed.
    Harmless,
    Never,
}

pub(super) struct Link {
    client: Client,
    way: Way,
    config: AsyncConnectionConfig,
    current: Mutex<Option<Used>>,
    lines: AtomicU64,
}

/// One connection, and which one it is.
#[derive(Clone)]
struct Line {
    number: u64,
    connection: MultiplexedConnection,
}

/// A connection, and when it was taken last.
struct Used {
    line: Line,
    at: Instant,
}

impl Used {
    fn now(line: Line) -> Self {
        let at = Instant::now();
        Self { line, at }
    }
}

impl fmt::Debug for Link {
    /// Without the rest of the URL, which may hold a password.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Link")
            .field("address", &self.address())
            .field("way", &self.way)
            .finish_non_exhaustive()
    }
}

impl Link {
    /// Connects, at the first attempt or not at all.
    ///
    /// # Errors
    /// [`StoreError::Unfit`] for a URL that can't be one; [`StoreError::Unavailable`].
    pub(super) async fn open(url: &str, way: Way) -> Result<Self, StoreError> {
        #[cfg(feature = "tls")]
        provide_cryptography();
        let client = Client::open(url).map_err(|error| bad_url(&error))?;
        let longest = way
            .replicas
            .map_or(Duration::ZERO, |replicas| replicas.within);
        let config = AsyncConnectionConfig::new()
            .set_connection_timeout(Some(way.connect))
            .set_response_timeout(Some(way.respond.saturating_add(longest)));
        let link = Self {
            client,
            way,
            config,
            current: Mutex::new(None),
            lines: AtomicU64::new(0),
        };
        let first = timeout(link.way.connect, link.connect()).await;
        let first = first.unwrap_or_else(|elapsed| Err(elapsed_as_error(&elapsed)));
        let first = first.map_err(|error| Failure::Unreached(error).of_read(&link.address()))?;
        *link.current.lock().await = Some(Used::now(first));
        Ok(link)
    }

    /// The server as a person knows it.
    pub(super) fn address(&self) -> String {
        self.client.get_connection_info().addr().to_string()
    }

    /// Asks something that changes nothing, or what a second time doesn't change.
    pub(super) async fn ask(&self, command: &Cmd) -> Result<Value, StoreError> {
        let asked = match self.send(command).await {
            Err(Failure::Lost(error)) if is_dropped(&error) => self.send(command).await,
            asked => asked,
        };
        self.read_of(asked)
    }

    /// Asks something that the server may refuse to say: `None` then.
    pub(super) async fn ask_if_allowed(&self, command: &Cmd) -> Result<Option<Value>, StoreError> {
        match self.send(command).await {
            Err(Failure::Refused(_)) => Ok(None),
            asked => self.read_of(asked).map(Some),
        }
    }

    /// Runs a script that changes nothing.
    pub(super) async fn read(&self, call: &Call<'_>) -> Result<Value, StoreError> {
        let read = match self.run(call).await {
            Err(Failure::Lost(error)) if is_dropped(&error) => self.run(call).await,
            read => read,
        };
        self.read_of(read)
    }

    fn read_of(&self, read: Result<(Value, Line), Failure>) -> Result<Value, StoreError> {
        let value = read.map(|(value, _)| value);
        value.map_err(|failure| failure.of_read(&self.address()))
    }

    /// Runs a script that changes something, and waits for the replicas that have to know.
    pub(super) async fn change(
        &self,
        call: &Call<'_>,
        repeat: Repeat,
    ) -> Result<Value, StoreError> {
        let changed = match self.run_confirmed(call).await {
            // A connection that nobody used for a while is often found broken only now.
            Err(Failure::Lost(error)) if repeat == Repeat::Harmless && is_dropped(&error) => self
                .run_confirmed(call)
                .await
                .map_err(|failure| after_loss(failure, error)),
            changed => changed,
        };
        changed.map_err(|failure| failure.of_change(&self.address()))
    }

    async fn run_confirmed(&self, call: &Call<'_>) -> Result<Value, Failure> {
        let (value, mut line) = self.run(call).await?;
        if let Some(replicas) = self.way.replicas {
            self.confirm(&mut line, replicas).await?;
        }
        Ok(value)
    }

    /// Waits until the replicas have all that the server had written when it answered last on this connection.
    async fn confirm(&self, line: &mut Line, replicas: Replicas) -> Result<(), Failure> {
        // 0 would be for ever.
        let within = replicas.within.as_millis().max(1);
        let within = u64::try_from(within).unwrap_or(u64::MAX);
        let mut wait = Cmd::new();
        wait.arg("WAIT").arg(replicas.count).arg(within);
        let had: u64 = match wait.query_async(&mut line.connection).await {
            Ok(had) => had,
            Err(error) => {
                self.forget(line, &error).await;
                return Err(Failure::Lost(error));
            }
        };
        if had >= u64::from(replicas.count) {
            Ok(())
        } else {
            Err(Failure::Unconfirmed {
                had,
                wanted: replicas.count,
            })
        }
    }

    /// By the script's name, and by its text where the server doesn't know it.
    async fn run(&self, call: &Call<'_>) -> Result<(Value, Line), Failure> {
        let unknown = ErrorKind::Server(ServerErrorKind::NoScript);
        match self.send(&call.by_name()).await {
            Err(Failure::Refused(error)) if error.kind() == unknown => {
                self.send(&call.by_text()).await
            }
            run => run,
        }
    }

    async fn send(&self, command: &Cmd) -> Result<(Value, Line), Failure> {
        let mut line = self.line().await.map_err(Failure::Unreached)?;
        match command.query_async(&mut line.connection).await {
            Ok(value) => Ok((value, line)),
            Err(error) if is_answer(&error) => Err(Failure::Refused(error)),
            Err(error) => {
                self.forget(&line, &error).await;
                Err(Failure::Lost(error))
            }
        }
    }

    /// The connection that is there, or a new one, tried for until time is up.
    async fn line(&self) -> Result<Line, RedisError> {
        let mut last = None;
        let line = timeout(self.way.connect, self.line_at_last(&mut last)).await;
        line.unwrap_or_else(|elapsed| Err(last.unwrap_or_else(|| elapsed_as_error(&elapsed))))
    }

    /// One connects, and the others wait for it: within the time that each of them has.
    async fn line_at_last(&self, last: &mut Option<RedisError>) -> Result<Line, RedisError> {
        let mut current = self.current.lock().await;
        if let Some(used) = current.take() {
            let mut line = used.line;
            if used.at.elapsed() < IDLE || self.works(&mut line).await {
                return Ok(current.insert(Used::now(line)).line.clone());
            }
        }
        let (mut pause, longest) = PAUSES;
        loop {
            match self.connect().await {
                Ok(line) => return Ok(current.insert(Used::now(line)).line.clone()),
                Err(error) if passes(&error) => *last = Some(error),
                Err(error) => return Err(error),
            }
            sleep(pause).await;
            pause = longest.min(pause * 2);
        }
    }

    /// Whether a connection still leads to the server, found out in time to make another one.
    async fn works(&self, line: &mut Line) -> bool {
        let greeted = timeout(self.way.connect / 2, greet(&mut line.connection)).await;
        matches!(greeted, Ok(Ok(())))
    }

    async fn connect(&self) -> Result<Line, RedisError> {
        let mut connection = self
            .client
            .get_multiplexed_async_connection_with_config(&self.config)
            .await?;
        // A server that is still loading takes connections, and refuses what comes over them.
        greet(&mut connection).await?;
        Ok(Line {
            number: self.lines.fetch_add(1, Ordering::Relaxed),
            connection,
        })
    }

    /// Leaves a connection that failed; the next call makes a new one.
    async fn forget(&self, line: &Line, error: &RedisError) {
        if is_answer(error) {
            return;
        }
        let mut current = self.current.lock().await;
        if current.as_ref().map(|used| used.line.number) == Some(line.number) {
            *current = None;
        }
    }
}

/// Whether the connection is there and the server at work.
async fn greet(connection: &mut MultiplexedConnection) -> Result<(), RedisError> {
    let mut ping = Cmd::new();
    ping.arg("PING");
    ping.query_async::<Value>(connection).await.map(drop)
}

/// Whether the server has answered.
fn is_answer(error: &RedisError) -> bool {
    matches!(error.kind(), ErrorKind::Server(_) | ErrorKind::Extension)
}

/// Whether the connection is gone, rather than slow.
fn is_dropped(error: &RedisError) -> bool {
    error.is_connection_dropped()
}

/// Whether it may work in a while: a server that starts.
fn passes(error: &RedisError) -> bool {
    error.is_io_error() || error.kind() == ErrorKind::Server(ServerErrorKind::BusyLoading)
}

/// What is known after a second attempt failed: the first may have succeeded.
fn after_loss(second: Failure, first: RedisError) -> Failure {
    match second {
        Failure::Unreached(_) => Failure::Lost(first),
        Failure::Refused(error) | Failure::Lost(error) => Failure::Lost(error),
        unconfirmed @ Failure::Unconfirmed { .. } => unconfirmed,
    }
}

fn elapsed_as_error(elapsed: &tokio::time::error::Elapsed) -> RedisError {
    std::io::Error::new(std::io::ErrorKind::TimedOut, elapsed.to_string()).into()
}

/// The TLS library takes one from the process, and has none of its own.
#[cfg(feature = "tls")]
fn provide_cryptography() {
    use rustls::crypto::{CryptoProvider, ring};
    if CryptoProvider::get_default().is_none() {
        // Somebody may have been faster, which is as good.
        drop(ring::default_provider().install_default());
    }
}
