//! A run's right to its thread in the eyes of other processes: taken before it begins, renewed while it goes on,
//! given back at its end.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::task::JoinHandle;

use super::registry::Busy;
use super::request::Home;
use crate::checkpointer::{Checkpointer, Lease, StoreError};
use crate::error::Error;
use crate::id::ThreadKey;
use crate::moment::thread_text;
use crate::stop::CancellationToken;
use crate::timer::Timer;

/// How often a lease is renewed before it would end.
const RENEWALS: u32 = 3;
/// How often it is looked whether a thread is free by now.
const LOOKS: Duration = Duration::from_millis(50);

/// A lease that is held.
pub(crate) struct Leased {
    saver: Arc<dyn Checkpointer>,
    key: ThreadKey,
    lease: Lease,
    released: AtomicBool,
    lost: Arc<AtomicBool>,
    renewing: Option<JoinHandle<()>>,
}

impl Leased {
    /// Takes the lease; `None` where the store has none to give.
    ///
    /// # Errors
    /// [`Error::Busy`] while another process has it, unless it is to be waited for.
    pub(crate) async fn take(
        home: &Home,
        holder: &str,
        ttl: Duration,
        busy: Busy,
        stop: CancellationToken,
    ) -> Result<Option<Self>, Error> {
        let lease = loop {
            match home.saver.lease(&home.key, holder, ttl).await {
                Ok(lease) => break lease,
                Err(StoreError::Leased { .. }) => {
                    let Some(timer) = Timer::after(LOOKS).filter(|_| busy == Busy::Enqueue) else {
                        return Err(Error::Busy {
                            thread: thread_text(&home.key),
                        });
                    };
                    timer.await;
                }
                Err(source) => return Err(home.reader().store(source)),
            }
        };
        Ok(lease.map(|lease| Self::renewed(home, lease, ttl, stop)))
    }

    fn renewed(home: &Home, lease: Lease, ttl: Duration, stop: CancellationToken) -> Self {
        let lost = Arc::<AtomicBool>::default();
        let renewing = Handle::try_current().ok().map(|runtime| {
            runtime.spawn(renew(
                Arc::clone(&home.saver),
                home.key.clone(),
                lease.holder.clone(),
                ttl,
                Arc::clone(&lost),
                stop,
            ))
        });
        Self {
            saver: Arc::clone(&home.saver),
            key: home.key.clone(),
            lease,
            released: AtomicBool::new(false),
            lost,
            renewing,
        }
    }

    pub(crate) fn epoch(&self) -> u64 {
        self.lease.epoch
    }

    /// Gives it back, at the run's end.
    pub(crate) async fn release(&self) {
        self.stop_renewing();
        // Should it fail, the lease ends by itself.
        let given_back = self.saver.release(&self.key, &self.lease).await;
        self.released.store(given_back.is_ok(), Ordering::Release);
    }

    /// Gives it back if that wasn't done, with nobody waiting for it, and lets go of `turn` after that.
    pub(crate) fn give_back(self, turn: impl Send + 'static) {
        if self.released.load(Ordering::Acquire) {
            return;
        }
        if let Ok(runtime) = Handle::try_current() {
            runtime.spawn(async move {
                self.release().await;
                drop(turn);
            });
        }
    }

    fn stop_renewing(&self) {
        if let Some(renewing) = &self.renewing {
            renewing.abort();
        }
    }

    /// Whether somebody else has it by now.
    pub(crate) fn is_lost(&self) -> bool {
        self.lost.load(Ordering::Acquire)
    }
}

impl Drop for Leased {
    fn drop(&mut self) {
        self.stop_renewing();
    }
}

impl fmt::Debug for Leased {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lease.fmt(f)
    }
}

/// Renews the lease as long as the run goes on, and stops the run when it is lost.
async fn renew(
    saver: Arc<dyn Checkpointer>,
    key: ThreadKey,
    holder: String,
    ttl: Duration,
    lost: Arc<AtomicBool>,
    stop: CancellationToken,
) {
    while let Some(timer) = Timer::after(ttl / RENEWALS) {
        timer.await;
        // Where the store can't be reached just now, the next renewal may come in time; if not, commits are refused.
        if let Err(StoreError::Leased { .. }) = saver.lease(&key, &holder, ttl).await {
            lost.store(true, Ordering::Release);
            stop.cancel();
            return;
        }
    }
}
