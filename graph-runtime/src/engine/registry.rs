//! Which threads are being run in this process, so that two runs of one thread don't get in each other's way.
//!
//! The state is safe without it (every commit compares heads); this is what says so early and kindly.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Notify;

use crate::error::Error;
use crate::id::ThreadKey;
use crate::moment::thread_text;

#[derive(Debug, Default)]
pub(crate) struct Registry {
    running: Mutex<HashMap<ThreadKey, Arc<Occupant>>>,
}

#[derive(Debug, Default)]
struct Occupant {
    /// The run itself is over or was dropped; what it had handed to its writer is still being stored.
    draining: AtomicBool,
    freed: Notify,
}

/// What to do about a run that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum IfBusy {
    Reject,
    Wait,
}

/// The right to run a thread. The run holds one, and its writer another; the thread is free when both are gone.
#[derive(Debug)]
pub(crate) struct Slot {
    registry: Arc<Registry>,
    key: ThreadKey,
    occupant: Arc<Occupant>,
}

/// The run's own hold on its slot.
#[derive(Debug)]
pub(crate) struct Hold(Arc<Slot>);

impl Registry {
    /// Takes the thread.
    ///
    /// # Errors
    /// [`Error::Busy`] if another run has it and isn't to be waited for.
    pub(crate) async fn take(
        self: &Arc<Self>,
        key: &ThreadKey,
        if_busy: IfBusy,
    ) -> Result<Hold, Error> {
        loop {
            let occupant = match self.try_take(key) {
                Ok(hold) => return Ok(hold),
                Err(occupant) => occupant,
            };
            if if_busy == IfBusy::Reject && !occupant.draining.load(Ordering::Acquire) {
                return Err(Error::Busy {
                    thread: thread_text(key),
                });
            }
            self.wait(key, &occupant).await;
        }
    }

    fn try_take(self: &Arc<Self>, key: &ThreadKey) -> Result<Hold, Arc<Occupant>> {
        let mut running = self.lock();
        if let Some(occupant) = running.get(key) {
            return Err(Arc::clone(occupant));
        }
        let occupant = Arc::new(Occupant::default());
        running.insert(key.clone(), Arc::clone(&occupant));
        Ok(Hold(Arc::new(Slot {
            registry: Arc::clone(self),
            key: key.clone(),
            occupant,
        })))
    }

    async fn wait(&self, key: &ThreadKey, occupant: &Arc<Occupant>) {
        let freed = occupant.freed.notified();
        let still = self
            .lock()
            .get(key)
            .is_some_and(|now| Arc::ptr_eq(now, occupant));
        if still {
            freed.await;
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<ThreadKey, Arc<Occupant>>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Hold {
    /// Where the hold is kept.
    pub(crate) fn registry(&self) -> Arc<Registry> {
        Arc::clone(&self.0.registry)
    }

    /// For the writer, which may outlive the run.
    pub(crate) fn slot(&self) -> Arc<Slot> {
        Arc::clone(&self.0)
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.0.occupant.draining.store(true, Ordering::Release);
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.registry.lock().remove(&self.key);
        self.occupant.freed.notify_waiters();
    }
}
