//! The client of a moment server.
//!
//! Here is what a user sees. `options` is how it is opened, `exchange` one question with all its attempts, `query`
//! the ids in a URL, `refused` and `words` the errors that come back, `tls` what `https` needs.

mod exchange;
mod options;
mod query;
mod refused;
#[cfg(feature = "tls")]
mod tls;
mod words;

use std::fmt::Display;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use graph_runtime::{
    At, Chain, Checkpointer, Commit, Lease, Message, Page, Query, Record, Rewrite, StoreError,
    ThreadKey, Timestamp, Usage, Write,
};
use reqwest::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::wire::{
    About, BYTES, FRAMES, Frame, JSON, OneThread, Paths, Sent, Stored, Taken, Taking, Threads,
    TimedThreads,
};
use exchange::{Ask, Exchange};
use query::Written;

pub use options::HttpOptions;

/// Keeps moments on a moment server: the program `moment-server`, or the `Server` of the feature `server`. Handles are
/// cheap to clone and share their connections.
///
/// | what happens | what is lost of what was acknowledged |
/// |---|---|
/// | this process is killed, its power is cut | nothing |
/// | the connection breaks, a proxy fails | nothing |
/// | the server is killed, its power is cut, it fails over | what the store behind it loses then: see its table |
///
/// # What is tried again
/// An attempt that found nobody, that had no reply in time, whose connection broke, or that was answered with 502, 503
/// or 504 is repeated, four times unless it is said otherwise, after pauses that grow from 50 ms and hold a
/// part of chance. A change is never applied twice: each carries a key by which the server knows it again. Where the
/// server can't know it any more, because it was restarted in between, it does only what may be repeated by the
/// contract, and anything else is [`StoreError::Unknown`]. So is a change that may have arrived and was never
/// answered. What nobody can have received is [`StoreError::Unavailable`].
///
/// # The token
/// It is sent with every request, in the clear where the URL says `http`: that is for this machine, or for a
/// network that nobody else is on. It stands in no error and no `Debug`.
///
/// ```no_run
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// use graph_checkpointers::HttpSaver;
/// use graph_runtime::{At, Checkpointer, ThreadKey};
///
/// let token = std::env::var("MOMENTS_TOKEN")?;
/// let saver = HttpSaver::connect("https://moments.example", &token).await?;
/// let thread = ThreadKey::new("support", "user-42")?;
/// assert!(saver.load(&thread, At::Head).await?.is_none());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
pub struct HttpSaver {
    exchange: Arc<Exchange>,
    body_limit: u64,
}

impl HttpSaver {
    /// Opens a server, and asks it whether the token is known and the store can be used.
    ///
    /// # Errors
    /// As [`HttpOptions::connect`].
    pub async fn connect(url: &str, token: &str) -> Result<Self, StoreError> {
        Self::options(url, token).connect().await
    }

    /// How a server is to be opened: how patient, and whom to trust.
    pub fn options(url: &str, token: &str) -> HttpOptions {
        HttpOptions::new(url, token)
    }

    async fn open(exchange: Exchange) -> Result<Self, StoreError> {
        let mut saver = Self {
            exchange: Arc::new(exchange),
            body_limit: u64::MAX,
        };
        saver.body_limit = saver.about().await?.body_limit;
        Ok(saver)
    }

    async fn about(&self) -> Result<About, StoreError> {
        let ask = asking(Method::GET, "/v1/check", Written::default());
        self.json(&ask).await
    }

    async fn answer(&self, ask: &Ask) -> Result<Option<Bytes>, StoreError> {
        // Said here, where a server would cut the connection.
        if ask.body.len() as u64 > self.body_limit {
            return Err(StoreError::TooLarge {
                what: "the body of a request",
                bytes: ask.body.len(),
                limit: usize::try_from(self.body_limit).unwrap_or(usize::MAX),
            });
        }
        self.exchange.ask(ask).await
    }

    async fn some(&self, ask: &Ask) -> Result<Bytes, StoreError> {
        let body = self.answer(ask).await?;
        body.ok_or_else(|| ask.odd("there is no such moment"))
    }

    async fn json<T: DeserializeOwned>(&self, ask: &Ask) -> Result<T, StoreError> {
        let body = self.some(ask).await?;
        serde_json::from_slice(&body).map_err(|error| ask.odd(error))
    }

    async fn frame<T: Frame>(&self, ask: &Ask) -> Result<T, StoreError> {
        let body = self.some(ask).await?;
        T::read(&body).map_err(|error| ask.odd(error))
    }

    async fn done(&self, ask: &Ask) -> Result<(), StoreError> {
        self.some(ask).await.map(drop)
    }

    async fn timed(
        &self,
        path: &'static str,
        query: Written,
        page: &Page<(String, Timestamp)>,
    ) -> Result<Vec<(String, Timestamp)>, StoreError> {
        let (after, time) = page
            .after
            .as_ref()
            .map(|(id, time)| (id, time.as_micros()))
            .unzip();
        let query = query
            .with_some("after", after)
            .with_some("after_time", time)
            .with_some("limit", page.limit);
        let timed: TimedThreads = self.json(&asking(Method::GET, path, query)).await?;
        Ok(timed.into())
    }
}

fn asking(method: Method, path: &'static str, query: Written) -> Ask {
    Ask {
        method,
        path,
        query,
        content: None,
        body: Bytes::new(),
    }
}

/// With a body that carries payloads.
fn framed(ask: Ask, body: &impl Frame) -> Result<Ask, StoreError> {
    let body = body.body().map_err(unfit)?;
    Ok(Ask {
        content: Some(FRAMES),
        body: body.into(),
        ..ask
    })
}

/// With a body that is JSON alone.
fn with_json(ask: Ask, body: &impl Serialize) -> Result<Ask, StoreError> {
    let body = serde_json::to_vec(body).map_err(unfit)?;
    Ok(Ask {
        content: Some(JSON),
        body: body.into(),
        ..ask
    })
}

fn unfit(error: impl Display) -> StoreError {
    StoreError::Unfit(error.to_string())
}

fn of(thread: &ThreadKey) -> Written {
    let path = Some(thread.path()).filter(|path| !path.is_empty());
    Written::default()
        .with("namespace", thread.namespace())
        .with("thread", thread.thread())
        .with_some("path", path)
}

fn within(namespace: &str) -> Written {
    Written::default().with("namespace", namespace)
}

#[async_trait]
impl Checkpointer for HttpSaver {
    async fn commit(&self, thread: &ThreadKey, commit: Commit) -> Result<(), StoreError> {
        commit.check()?;
        let ask = asking(Method::POST, "/v1/thread/commits", of(thread));
        self.done(&framed(ask, &commit)?).await
    }

    async fn load(&self, thread: &ThreadKey, at: At) -> Result<Option<Chain>, StoreError> {
        let query = match at {
            At::Head => of(thread),
            At::Moment(id) => of(thread).with("at", id),
        };
        let ask = asking(Method::GET, "/v1/thread/chain", query);
        let body = self.answer(&ask).await?;
        body.map(|body| Chain::read(&body).map_err(|error| ask.odd(error)))
            .transpose()
    }

    async fn list(&self, thread: &ThreadKey, query: &Query) -> Result<Vec<Record>, StoreError> {
        let query = of(thread)
            .with_some("before", query.before)
            .with_some("limit", query.limit)
            .with("without_inputs", query.without_inputs);
        self.frame(&asking(Method::GET, "/v1/thread/records", query))
            .await
    }

    async fn threads(&self, namespace: &str, page: &Page) -> Result<Vec<String>, StoreError> {
        let query = within(namespace)
            .with_some("after", page.after.as_deref())
            .with_some("limit", page.limit);
        let threads: Threads = self
            .json(&asking(Method::GET, "/v1/threads", query))
            .await?;
        Ok(threads.threads)
    }

    async fn delete(&self, thread: &ThreadKey) -> Result<(), StoreError> {
        self.done(&asking(Method::DELETE, "/v1/thread", of(thread)))
            .await
    }

    async fn thread_of(
        &self,
        namespace: &str,
        user: &str,
        proposed: &str,
    ) -> Result<String, StoreError> {
        let ask = asking(
            Method::PUT,
            "/v1/user",
            within(namespace).with("user", user),
        );
        let thread = proposed.to_owned();
        let kept: OneThread = self.json(&with_json(ask, &OneThread { thread })?).await?;
        Ok(kept.thread)
    }

    async fn writes(&self, thread: &ThreadKey) -> Result<Vec<Write>, StoreError> {
        self.frame(&asking(Method::GET, "/v1/thread/writes", of(thread)))
            .await
    }

    async fn due(
        &self,
        namespace: &str,
        now: Timestamp,
        page: &Page<(String, Timestamp)>,
    ) -> Result<Vec<(String, Timestamp)>, StoreError> {
        let query = within(namespace).with("now", now.as_micros());
        self.timed("/v1/threads/due", query, page).await
    }

    async fn idle(
        &self,
        namespace: &str,
        before: Timestamp,
        page: &Page<(String, Timestamp)>,
    ) -> Result<Vec<(String, Timestamp)>, StoreError> {
        let query = within(namespace).with("before", before.as_micros());
        self.timed("/v1/threads/idle", query, page).await
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.about().await.map(drop)
    }

    async fn rewrite(&self, thread: &ThreadKey, rewrite: Rewrite) -> Result<(), StoreError> {
        rewrite.check()?;
        let ask = asking(Method::POST, "/v1/thread/rewrites", of(thread));
        self.done(&framed(ask, &rewrite)?).await
    }

    async fn paths(&self, thread: &ThreadKey) -> Result<Vec<String>, StoreError> {
        let ask = asking(Method::GET, "/v1/thread/paths", of(thread));
        let paths: Paths = self.json(&ask).await?;
        Ok(paths.paths)
    }

    async fn usage(&self, thread: &ThreadKey) -> Result<Usage, StoreError> {
        let ask = asking(Method::GET, "/v1/thread/usage", of(thread));
        let stored: Stored = self.json(&ask).await?;
        Ok(stored.into())
    }

    async fn lease(
        &self,
        thread: &ThreadKey,
        holder: &str,
        ttl: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        let ask = asking(Method::PUT, "/v1/thread/lease", of(thread));
        let taking = Taking::new(holder, ttl);
        let taken: Taken = self.json(&with_json(ask, &taking)?).await?;
        Ok(taken.into())
    }

    async fn release(&self, thread: &ThreadKey, lease: &Lease) -> Result<(), StoreError> {
        let query = of(thread)
            .with("epoch", lease.epoch)
            .with("holder", &lease.holder)
            .with("until", lease.until.as_micros());
        self.done(&asking(Method::DELETE, "/v1/thread/lease", query))
            .await
    }

    async fn send(&self, thread: &ThreadKey, message: Vec<u8>) -> Result<u64, StoreError> {
        Message::check(&message)?;
        let ask = Ask {
            content: Some(BYTES),
            body: message.into(),
            ..asking(Method::POST, "/v1/thread/messages", of(thread))
        };
        let sent: Sent = self.json(&ask).await?;
        Ok(sent.position)
    }

    async fn inbox(&self, thread: &ThreadKey) -> Result<Vec<Message>, StoreError> {
        self.frame(&asking(Method::GET, "/v1/thread/messages", of(thread)))
            .await
    }
}
