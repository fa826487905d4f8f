//! A checkpointer that fails, delays, repeats and loses what it is told to, and that dies when it is told to.

use std::collections::BTreeMap;
use std::fmt;
use std::future::{Future, pending, poll_fn};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::task::Poll;
use std::time::Duration;

use async_trait::async_trait;
use tokio::sync::Notify;

use crate::checkpointer::{
    At, Chain, Checkpointer, Commit, Lease, Message, Page, Query, Record, Rewrite, StoreError,
    Usage, Write,
};
use crate::id::{ThreadKey, Timestamp};

/// What goes wrong with a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is refused, and nothing happens: [`StoreError::Unavailable`].
    Refused,
    /// It happens, and takes so many polls more than it would.
    Slow(u32),
    /// It happens twice, as when a network repeats it; the second reply is told.
    Twice,
    /// The connection breaks before it arrives: [`StoreError::Unknown`], and nothing happens.
    RequestLost,
    /// The connection breaks before the reply: [`StoreError::Unknown`], and it has happened.
    ReplyLost,
    /// The process dies before it arrives: from here on no call ever returns.
    DiesBefore,
    /// The process dies when it has happened: from here on no call ever returns.
    DiesAfter,
}

/// Stands before a checkpointer and lets something go wrong with the calls that it is told to.
///
/// ```
/// use graph_runtime::testing::{Fault, Faulty};
/// use graph_runtime::{At, Checkpointer, MemorySaver, StoreError, ThreadKey};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// let saver = Faulty::new(MemorySaver::new()).at(2, Fault::Refused);
/// let thread = ThreadKey::new("support", "user-42")?;
/// assert!(saver.load(&thread, At::Head).await.is_ok());
/// assert!(matches!(saver.load(&thread, At::Head).await, Err(StoreError::Unavailable(_))));
/// assert!(saver.load(&thread, At::Head).await.is_ok());
/// # Ok(())
/// # }
/// ```
pub struct Faulty<C> {
    inner: C,
    faults: Mutex<BTreeMap<u64, Fault>>,
    pace: u32,
    calls: AtomicU64,
    dead: AtomicBool,
    dying: Notify,
}

impl<C> Faulty<C> {
    /// One with which nothing goes wrong yet.
    pub fn new(inner: C) -> Self {
        Self {
            inner,
            faults: Mutex::default(),
            pace: 0,
            calls: AtomicU64::new(0),
            dead: AtomicBool::new(false),
            dying: Notify::new(),
        }
    }

    /// Lets something go wrong with a call, counted from 1 over all methods.
    #[must_use]
    pub fn at(self, call: u64, fault: Fault) -> Self {
        self.plan(call, fault);
        self
    }

    /// Lets every call take so many polls more.
    #[must_use]
    pub fn slow(mut self, polls: u32) -> Self {
        self.pace = polls;
        self
    }

    /// [`at`](Self::at), while it is in use.
    pub fn plan(&self, call: u64, fault: Fault) {
        let mut faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
        faults.insert(call, fault);
    }

    /// How many calls have begun.
    pub fn calls(&self) -> u64 {
        self.calls.load(Ordering::SeqCst)
    }

    /// Lets the process die now: no call returns any more, and none that begins happens.
    pub fn die(&self) {
        self.dead.store(true, Ordering::SeqCst);
        self.dying.notify_waiters();
    }

    /// Waits until the process has died.
    pub async fn died(&self) {
        loop {
            let dying = self.dying.notified();
            if self.dead.load(Ordering::SeqCst) {
                return;
            }
            dying.await;
        }
    }

    async fn through<T, F>(&self, call: impl Fn() -> F + Send + Sync) -> Result<T, StoreError>
    where
        F: Future<Output = Result<T, StoreError>> + Send,
        T: Send,
    {
        let number = self.calls.fetch_add(1, Ordering::SeqCst) + 1;
        let fault = {
            let faults = self.faults.lock().unwrap_or_else(PoisonError::into_inner);
            faults.get(&number).copied()
        };
        polls(self.pace).await;
        if fault == Some(Fault::DiesBefore) {
            self.die();
        }
        self.alive().await;
        let result = match fault {
            None | Some(Fault::DiesBefore) => call().await,
            Some(Fault::Refused) => Err(StoreError::unavailable(Planned(number))),
            Some(Fault::Slow(more)) => {
                polls(more).await;
                self.alive().await;
                call().await
            }
            Some(Fault::Twice) => {
                let first = call().await;
                match first {
                    Ok(_) => call().await,
                    Err(_) => first,
                }
            }
            Some(Fault::RequestLost) => Err(StoreError::Unknown(Box::new(Planned(number)))),
            Some(Fault::ReplyLost) => {
                call().await?;
                Err(StoreError::Unknown(Box::new(Planned(number))))
            }
            Some(Fault::DiesAfter) => {
                let result = call().await;
                self.die();
                result
            }
        };
        self.alive().await;
        result
    }

    /// Never goes on after the process has died.
    async fn alive(&self) {
        if self.dead.load(Ordering::SeqCst) {
            pending::<()>().await;
        }
    }
}

/// Ready when it is polled once more than so many times.
async fn polls(mut left: u32) {
    poll_fn(|cx| {
        if left == 0 {
            return Poll::Ready(());
        }
        left -= 1;
        cx.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// The cause of a fault that a test has planned.
#[derive(Debug, thiserror::Error)]
#[error("call {0} was planned to fail")]
struct Planned(u64);

#[async_trait]
impl<C: Checkpointer> Checkpointer for Faulty<C> {
    async fn commit(&self, thread: &ThreadKey, commit: Commit) -> Result<(), StoreError> {
        self.through(|| self.inner.commit(thread, commit.clone()))
            .await
    }

    async fn load(&self, thread: &ThreadKey, at: At) -> Result<Option<Chain>, StoreError> {
        self.through(|| self.inner.load(thread, at)).await
    }

    async fn list(&self, thread: &ThreadKey, query: &Query) -> Result<Vec<Record>, StoreError> {
        self.through(|| self.inner.list(thread, query)).await
    }

    async fn threads(&self, namespace: &str, page: &Page) -> Result<Vec<String>, StoreError> {
        self.through(|| self.inner.threads(namespace, page)).await
    }

    async fn delete(&self, thread: &ThreadKey) -> Result<(), StoreError> {
        self.through(|| self.inner.delete(thread)).await
    }

    async fn thread_of(
        &self,
        namespace: &str,
        user: &str,
        proposed: &str,
    ) -> Result<String, StoreError> {
        self.through(|| self.inner.thread_of(namespace, user, proposed))
            .await
    }

    async fn writes(&self, thread: &ThreadKey) -> Result<Vec<Write>, StoreError> {
        self.through(|| self.inner.writes(thread)).await
    }

    async fn due(
        &self,
        namespace: &str,
        now: Timestamp,
        page: &Page<(String, Timestamp)>,
    ) -> Result<Vec<(String, Timestamp)>, StoreError> {
        self.through(|| self.inner.due(namespace, now, page)).await
    }

    async fn lease(
        &self,
        thread: &ThreadKey,
        holder: &str,
        ttl: Duration,
    ) -> Result<Option<Lease>, StoreError> {
        self.through(|| self.inner.lease(thread, holder, ttl)).await
    }

    async fn release(&self, thread: &ThreadKey, lease: &Lease) -> Result<(), StoreError> {
        self.through(|| self.inner.release(thread, lease)).await
    }

    async fn send(&self, thread: &ThreadKey, message: Vec<u8>) -> Result<u64, StoreError> {
        self.through(|| self.inner.send(thread, message.clone()))
            .await
    }

    async fn inbox(&self, thread: &ThreadKey) -> Result<Vec<Message>, StoreError> {
        self.through(|| self.inner.inbox(thread)).await
    }

    async fn idle(
        &self,
        namespace: &str,
        before: Timestamp,
        page: &Page<(String, Timestamp)>,
    ) -> Result<Vec<(String, Timestamp)>, StoreError> {
        self.through(|| self.inner.idle(namespace, before, page))
            .await
    }

    async fn check(&self) -> Result<(), StoreError> {
        self.through(|| self.inner.check()).await
    }

    async fn rewrite(&self, thread: &ThreadKey, rewrite: Rewrite) -> Result<(), StoreError> {
        self.through(|| self.inner.rewrite(thread, rewrite.clone()))
            .await
    }

    async fn paths(&self, thread: &ThreadKey) -> Result<Vec<String>, StoreError> {
        self.through(|| self.inner.paths(thread)).await
    }

    async fn usage(&self, thread: &ThreadKey) -> Result<Usage, StoreError> {
        self.through(|| self.inner.usage(thread)).await
    }
}

impl<C> fmt::Debug for Faulty<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Faulty")
            .field("calls", &self.calls())
            .finish_non_exhaustive()
    }
}
