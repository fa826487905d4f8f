//! A run's right to its thread in the eyes of other processes: taken before it begins, renewed while it goes on,
//! given back at its end. While it is renewed it is looked whether somebody wants the run to stop.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::{Mutex, oneshot};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout};

use super::registry::{Hold, Interrupt};
use super::request::Home;
use crate::checkpointer::{Checkpointer, Lease, StoreError};
use crate::error::Error;
use crate::id::{MomentId, ThreadKey, Timestamp};
use crate::moment::{Format, Letter, ThreadSeal};
use crate::timer::Timer;

/// How often a lease is renewed before it would end.
const RENEWALS: u32 = 3;
/// How long a run goes on at the most before it sees that it is to stop.
const NOTICE: Duration = Duration::from_millis(250);

/// A lease that is held.
pub(crate) struct Leased {
    saver: Arc<dyn Checkpointer>,
    key: ThreadKey,
    lease: Lease,
    released: AtomicBool,
    lost: Arc<AtomicBool>,
    /// Held while the lease is being renewed: a renewal that is broken off might leave a lease that nobody knows of.
    renewal: Arc<Mutex<()>>,
    renewing: Option<JoinHandle<()>>,
}

/// A run as leases and letters know it.
#[derive(Clone, Debug)]
pub(crate) struct Runner {
    pub(super) run: String,
    /// Where its input has waited in the inbox, if it has.
    pub(super) position: Option<u64>,
}

impl Runner {
    /// One that nothing is known of yet.
    pub(super) fn new() -> Self {
        Self::of(MomentId::at(Timestamp::now()).to_string())
    }

    /// A run whose input, if it has one, came straight to it.
    pub(super) fn of(run: String) -> Self {
        Self {
            run,
            position: None,
        }
    }

    /// Under the holder's name the run can be found, but nobody else has that name: an input may be begun by two
    /// processes, the second after the first has died.
    fn holder(&self) -> String {
        if self.position.is_none() {
            return self.run.clone();
        }
        let own = MomentId::at(Timestamp::now());
        format!("{}:{own}", self.run)
    }

    /// Whether a letter wants it to stop: one that names it, or that stands behind it in the line.
    fn is_stopped_by(&self, letter: &Letter, position: u64) -> bool {
        let names_it = letter.behind.as_ref() == Some(&self.run);
        letter.interrupts() && (names_it || self.position.is_some_and(|own| own < position))
    }
}

/// The run that a lease's holder is.
pub(super) fn run_of(holder: &str) -> String {
    holder.split(':').next().unwrap_or(holder).to_owned()
}

impl Leased {
    /// Takes the lease for a run that has the thread in this process, or says which run has it. Where the store
    /// has none to give, the thread is the run's without.
    pub(crate) async fn take(
        home: &Home,
        runner: &Runner,
        hold: &Hold,
    ) -> Result<Option<String>, Error> {
        let Some(ttl) = home.lease else {
            return Ok(None);
        };
        match given(home, runner.holder(), ttl).await {
            Ok(Some(lease)) => {
                hold.is_leased(Self::renewed(home, lease, ttl, runner, hold.interrupt()));
                Ok(None)
            }
            Ok(None) => Ok(None),
            Err(StoreError::Leased { holder, .. }) => Ok(Some(run_of(&holder))),
            Err(source) => Err(home.reader().store(source)),
        }
    }

    fn renewed(
        home: &Home,
        lease: Lease,
        ttl: Duration,
        runner: &Runner,
        interrupt: Interrupt,
    ) -> Self {
        let (lost, renewal) = (Arc::<AtomicBool>::default(), Arc::<Mutex<()>>::default());
        let keeper = Keeper {
            saver: Arc::clone(&home.saver),
            key: home.key.clone(),
            lease: lease.clone(),
            ttl,
            lost: Arc::clone(&lost),
            renewal: Arc::clone(&renewal),
            runner: runner.clone(),
            interrupt,
        };
        let renewing = Handle::try_current()
            .ok()
            .map(|runtime| runtime.spawn(keeper.keep()));
        Self {
            saver: Arc::clone(&home.saver),
            key: home.key.clone(),
            lease,
            released: AtomicBool::new(false),
            lost,
            renewal,
            renewing,
        }
    }

    pub(crate) fn epoch(&self) -> u64 {
        self.lease.epoch
    }

    /// Gives it back, at the run's end.
    pub(crate) async fn release(&self) {
        let renewal = self.renewal.lock().await;
        self.stop_renewing();
        drop(renewal);
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

/// Takes a lease so that it is given back if nobody is there any more when it comes.
async fn given(home: &Home, holder: String, ttl: Duration) -> Result<Option<Lease>, StoreError> {
    let Ok(runtime) = Handle::try_current() else {
        return home.saver.lease(&home.key, &holder, ttl).await;
    };
    let (saver, key) = (Arc::clone(&home.saver), home.key.clone());
    let (give, given) = oneshot::channel();
    runtime.spawn(async move {
        let lease = saver.lease(&key, &holder, ttl).await;
        if let Err(Ok(Some(lease))) = give.send(lease) {
            // Should it fail, the lease ends by itself.
            let _ = saver.release(&key, &lease).await;
        }
    });
    given
        .await
        .unwrap_or_else(|_| Err(StoreError::unavailable("the runtime was shut down")))
}

/// Keeps a lease as long as the run goes on, and stops the run when it is lost, or when somebody wants that.
struct Keeper {
    saver: Arc<dyn Checkpointer>,
    key: ThreadKey,
    lease: Lease,
    ttl: Duration,
    lost: Arc<AtomicBool>,
    renewal: Arc<Mutex<()>>,
    runner: Runner,
    interrupt: Interrupt,
}

impl Keeper {
    async fn keep(self) {
        let every = self.ttl / RENEWALS;
        let mut renewal = Instant::now() + every;
        while let Some(timer) = Timer::after(every.min(NOTICE)) {
            timer.await;
            if Instant::now() >= renewal {
                renewal = Instant::now() + every;
                if self.has_lost().await {
                    self.lost.store(true, Ordering::Release);
                    self.interrupt.stop();
                    return;
                }
            }
            if !self.interrupt.is_set() && self.is_to_stop(every).await {
                self.interrupt.set();
            }
        }
    }

    /// Renews the lease. Where the store can't be reached just now, the next renewal may come in time; if not, commits
    /// are refused.
    async fn has_lost(&self) -> bool {
        let _renewal = self.renewal.lock().await;
        let renewed = self.saver.lease(&self.key, &self.lease.holder, self.ttl);
        match renewed.await {
            Err(StoreError::Leased { .. }) => true,
            // It had ended, somebody else has had it since, and now it is a new one, which nothing of the run carries.
            Ok(Some(other)) if other.epoch != self.lease.epoch => {
                // Should it fail, that one ends by itself.
                let _ = self.saver.release(&self.key, &other).await;
                true
            }
            Ok(_) | Err(_) => false,
        }
    }

    /// Looks whether somebody wants the run to stop. A store that doesn't answer keeps nobody from renewing.
    async fn is_to_stop(&self, patience: Duration) -> bool {
        let Ok(Ok(messages)) = timeout(patience, self.saver.inbox(&self.key)).await else {
            return false;
        };
        let seal = ThreadSeal::new(&self.key, Format::default());
        messages.iter().any(|message| {
            let letter = Letter::open(message, seal);
            letter.is_ok_and(|letter| self.runner.is_stopped_by(&letter, message.position))
        })
    }
}
