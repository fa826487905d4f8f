//! Which threads are being run in this process, and who waits for them, so that two runs of one thread don't get
//! in each other's way.
//!
//! The state is safe without it (every commit compares heads); this is what says so early and kindly.

use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use super::busy::Busy;
use super::lease::Leased;
use crate::error::Error;
use crate::id::{MomentId, ThreadKey};
use crate::moment::thread_text;
use crate::stop::CancellationToken;

#[derive(Debug, Default)]
pub(crate) struct Registry {
    rooms: Mutex<HashMap<ThreadKey, Room>>,
}

/// A thread that is run or waited for.
#[derive(Debug)]
struct Room {
    /// One at a time, in the order of arrival.
    turns: Arc<Semaphore>,
    occupant: Option<Arc<Occupant>>,
    /// How many are in it: who runs, and who waits.
    visitors: usize,
    /// How many of those who wait want everybody before them to stop.
    impatient: usize,
    /// Where the thread stood before a run that was interrupted.
    interrupted: Option<Before>,
    /// Inputs in the thread's inbox that somebody here waits for.
    in_line: Vec<MomentId>,
}

impl Default for Room {
    fn default() -> Self {
        Self {
            turns: Arc::new(Semaphore::new(1)),
            occupant: None,
            visitors: 0,
            impatient: 0,
            interrupted: None,
            in_line: Vec::new(),
        }
    }
}

/// A run that has the thread.
#[derive(Debug, Default)]
struct Occupant {
    /// The run itself is over or was dropped; what it had handed to its writer is still being stored.
    draining: AtomicBool,
    /// Another run wants it to stop.
    interrupted: AtomicBool,
    /// It came to an end of its own: whoever began it was told so.
    ended: AtomicBool,
    stop: CancellationToken,
    /// The thread's head before it, once that is known.
    began_at: OnceLock<Option<MomentId>>,
}

impl Occupant {
    fn interrupt(&self) {
        if !self.draining.load(Ordering::Acquire) {
            self.interrupted.store(true, Ordering::Release);
            self.stop.cancel();
        }
    }

    /// Where the thread stood before it, if it was interrupted before its end.
    fn left_undone(&self) -> Option<Before> {
        let undone =
            self.interrupted.load(Ordering::Acquire) && !self.ended.load(Ordering::Acquire);
        let before = self.began_at.get().copied().map(Before);
        before.filter(|_| undone)
    }
}

/// Where a thread stood before a run: at a moment, or without any.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Before(pub(crate) Option<MomentId>);

/// Somebody in a room, until it is their turn or they go.
struct Visit<'r> {
    registry: &'r Arc<Registry>,
    key: &'r ThreadKey,
    busy: Busy,
    over: bool,
}

/// The right to run a thread. The run holds one, and its writer another; the thread is free when both are gone.
#[derive(Debug)]
pub(crate) struct Slot {
    occupant: Arc<Occupant>,
    /// The right in the eyes of other processes.
    pub(super) leased: OnceLock<Leased>,
    turn: Option<Turn>,
}

/// Somebody who waits for an input in a thread's inbox.
#[derive(Debug)]
pub(crate) struct InLine {
    registry: Arc<Registry>,
    key: ThreadKey,
    id: MomentId,
}

impl Drop for InLine {
    fn drop(&mut self) {
        self.registry.leave(&self.key, |room| {
            room.in_line.retain(|id| *id != self.id);
        });
    }
}

/// Stops a run from beside it.
#[derive(Debug)]
pub(crate) struct Interrupt(Arc<Occupant>);

impl Interrupt {
    /// Another run wants it to stop.
    pub(crate) fn set(&self) {
        self.0.interrupt();
    }

    pub(crate) fn is_set(&self) -> bool {
        self.0.interrupted.load(Ordering::Acquire)
    }

    /// It has to stop, whoever wants that.
    pub(crate) fn stop(&self) {
        self.0.stop.cancel();
    }
}

/// A turn in a room, which the next one waits for.
#[derive(Debug)]
struct Turn {
    registry: Arc<Registry>,
    key: ThreadKey,
    occupant: Arc<Occupant>,
    _permit: OwnedSemaphorePermit,
}

/// The run's own hold on its slot.
#[derive(Debug)]
pub(crate) struct Hold {
    slot: Arc<Slot>,
    back_to: Option<Before>,
}

impl Registry {
    /// Takes the thread, when it is free or its turn has come.
    ///
    /// # Errors
    /// [`Error::Busy`] if another run has it and isn't to be waited for.
    pub(crate) async fn take(self: &Arc<Self>, key: &ThreadKey, busy: Busy) -> Result<Hold, Error> {
        let (visit, turns) = self.enter(key, busy)?;
        match turns.acquire_owned().await {
            Ok(turn) => Ok(visit.begin(turn)),
            // Nobody closes it.
            Err(_) => Err(visit.refused()),
        }
    }

    fn enter<'r>(
        self: &'r Arc<Self>,
        key: &'r ThreadKey,
        busy: Busy,
    ) -> Result<(Visit<'r>, Arc<Semaphore>), Error> {
        let mut rooms = self.lock();
        let room = rooms.entry(key.clone()).or_default();
        // Who only puts things away is waited for, whatever is said.
        let leaving = room.visitors == 1
            && room
                .occupant
                .as_ref()
                .is_some_and(|occupant| occupant.draining.load(Ordering::Acquire));
        if busy == Busy::Reject && room.visitors > 0 && !leaving {
            return Err(Error::Busy {
                thread: thread_text(key),
            });
        }
        room.visitors += 1;
        if busy.interrupts() {
            room.impatient += 1;
            if let Some(occupant) = &room.occupant {
                occupant.interrupt();
            }
        }
        let visit = Visit {
            registry: self,
            key,
            busy,
            over: false,
        };
        Ok((visit, Arc::clone(&room.turns)))
    }

    fn leave(&self, key: &ThreadKey, change: impl FnOnce(&mut Room)) {
        let mut rooms = self.lock();
        if let Some(room) = rooms.get_mut(key) {
            change(room);
            room.visitors -= 1;
            if room.visitors == 0 {
                rooms.remove(key);
            }
        }
    }

    /// Somebody here waits for an input in the thread's inbox. Until that is over, the thread is taken for anybody who
    /// wouldn't wait.
    pub(crate) fn line_up(self: &Arc<Self>, key: &ThreadKey, id: MomentId) -> InLine {
        let mut rooms = self.lock();
        let room = rooms.entry(key.clone()).or_default();
        room.visitors += 1;
        room.in_line.push(id);
        InLine {
            registry: Arc::clone(self),
            key: key.clone(),
            id,
        }
    }

    /// Whether somebody here waits for this input.
    pub(crate) fn awaits(&self, key: &ThreadKey, id: MomentId) -> bool {
        let rooms = self.lock();
        rooms
            .get(key)
            .is_some_and(|room| room.in_line.contains(&id))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ThreadKey, Room>> {
        self.rooms.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Visit<'_> {
    fn begin(mut self, permit: OwnedSemaphorePermit) -> Hold {
        self.over = true;
        let occupant = Arc::<Occupant>::default();
        let mut back_to = None;
        if let Some(room) = self.registry.lock().get_mut(self.key) {
            room.impatient -= usize::from(self.busy.interrupts());
            if room.impatient > 0 {
                occupant.interrupt();
            }
            let interrupted = room.interrupted.take();
            back_to = interrupted.filter(|_| self.busy == Busy::Rollback);
            room.occupant = Some(Arc::clone(&occupant));
        }
        let turn = Turn {
            registry: Arc::clone(self.registry),
            key: self.key.clone(),
            occupant: Arc::clone(&occupant),
            _permit: permit,
        };
        let slot = Slot {
            occupant,
            leased: OnceLock::new(),
            turn: Some(turn),
        };
        Hold {
            slot: Arc::new(slot),
            back_to,
        }
    }

    fn refused(&self) -> Error {
        Error::Busy {
            thread: thread_text(self.key),
        }
    }
}

impl Drop for Visit<'_> {
    fn drop(&mut self) {
        if !self.over {
            let impatient = usize::from(self.busy.interrupts());
            self.registry
                .leave(self.key, |room| room.impatient -= impatient);
        }
    }
}

impl Hold {
    /// Where the hold is kept.
    pub(crate) fn registry(&self) -> Arc<Registry> {
        let turn = self.slot.turn.as_ref();
        turn.map_or_else(Arc::default, |turn| Arc::clone(&turn.registry))
    }

    /// For the writer, which may outlive the run.
    pub(crate) fn slot(&self) -> Arc<Slot> {
        Arc::clone(&self.slot)
    }

    /// Says when another run wants this one to stop.
    pub(crate) fn stop(&self) -> CancellationToken {
        self.slot.occupant.stop.clone()
    }

    /// Where the thread has to go back to before this run begins.
    pub(crate) fn back_to(&self) -> Option<Before> {
        self.back_to
    }

    /// Where the thread stands now, at the beginning.
    pub(crate) fn begins_at(&self, head: Option<MomentId>) {
        // It begins once.
        let _ = self.slot.occupant.began_at.set(head);
    }

    /// It has the thread in the eyes of other processes too.
    pub(crate) fn is_leased(&self, leased: Leased) {
        // A run takes one lease.
        let _ = self.slot.leased.set(leased);
    }

    /// To stop it by.
    pub(crate) fn interrupt(&self) -> Interrupt {
        Interrupt(Arc::clone(&self.slot.occupant))
    }

    /// Whether another run wants it to stop.
    pub(crate) fn is_interrupted(&self) -> bool {
        self.interrupt().is_set()
    }

    /// The lease's; 0 where there is none.
    pub(crate) fn epoch(&self) -> u64 {
        self.slot.epoch()
    }

    /// Leaves the thread to others at once. Nothing of a run has happened.
    pub(crate) async fn give_back(self) {
        self.slot.release().await;
    }

    /// The run has come to an end of its own.
    pub(crate) fn ended(&self) {
        self.slot.occupant.ended.store(true, Ordering::Release);
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        self.slot.occupant.draining.store(true, Ordering::Release);
    }
}

impl Slot {
    /// The lease's; 0 where there is none.
    pub(super) fn epoch(&self) -> u64 {
        self.leased.get().map_or(0, Leased::epoch)
    }

    /// Gives the thread back in the eyes of other processes.
    pub(super) async fn release(&self) {
        if let Some(leased) = self.leased.get() {
            leased.release().await;
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        // The next one here would find the lease still held.
        if let Some(leased) = self.leased.take() {
            leased.give_back(self.turn.take());
        }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let undone = self.occupant.left_undone();
        self.registry.leave(&self.key, |room| {
            room.occupant = None;
            room.interrupted = undone;
        });
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn key() -> ThreadKey {
        ThreadKey::new("graph", "thread").unwrap()
    }

    fn polled<F: Future>(future: std::pin::Pin<&mut F>) -> Option<F::Output> {
        match future.poll(&mut Context::from_waker(Waker::noop())) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        }
    }

    fn taken(registry: &Arc<Registry>, busy: Busy) -> Result<Hold, Error> {
        polled(pin!(registry.take(&key(), busy))).unwrap()
    }

    #[test]
    fn who_waits_has_its_turn_in_the_order_of_arrival_and_no_room_is_left_behind() {
        let (registry, key) = (Arc::<Registry>::default(), key());
        let first = taken(&registry, Busy::Reject).unwrap();
        assert!(taken(&registry, Busy::Reject).is_err());
        let mut second = Box::pin(registry.take(&key, Busy::Enqueue));
        let mut gone = Box::pin(registry.take(&key, Busy::Enqueue));
        let mut third = Box::pin(registry.take(&key, Busy::Enqueue));
        for waiting in [&mut second, &mut gone, &mut third] {
            assert!(polled(waiting.as_mut()).is_none());
        }
        drop(gone);
        drop(first);
        assert!(polled(third.as_mut()).is_none(), "it came last");
        let second = polled(second.as_mut()).unwrap().unwrap();
        drop(second);
        drop(polled(third.as_mut()).unwrap().unwrap());
        drop(third);
        assert!(registry.lock().is_empty());
    }

    #[test]
    fn who_interrupts_stops_everybody_before_it() {
        let (registry, key) = (Arc::<Registry>::default(), key());
        let first = taken(&registry, Busy::Reject).unwrap();
        let mut second = pin!(registry.take(&key, Busy::Cancel));
        assert!(polled(second.as_mut()).is_none());
        assert!(first.stop().is_cancelled());
        let mut third = pin!(registry.take(&key, Busy::Rollback));
        assert!(polled(third.as_mut()).is_none());
        first.begins_at(None);
        drop(first);
        let second = polled(second.as_mut()).unwrap().unwrap();
        assert!(second.stop().is_cancelled(), "the third one wants it too");
        assert_eq!(second.back_to(), None, "it goes on where the first one was");
        let head = MomentId::at(crate::id::Timestamp::now());
        second.begins_at(Some(head));
        drop(second);
        let third = polled(third.as_mut()).unwrap().unwrap();
        assert!(!third.stop().is_cancelled());
        assert_eq!(third.back_to(), Some(Before(Some(head))));
    }

    #[test]
    fn a_run_that_came_to_its_end_is_not_taken_back() {
        let (registry, key) = (Arc::<Registry>::default(), key());
        let first = taken(&registry, Busy::Reject).unwrap();
        let mut second = pin!(registry.take(&key, Busy::Rollback));
        assert!(polled(second.as_mut()).is_none());
        first.begins_at(None);
        first.ended();
        drop(first);
        assert_eq!(polled(second.as_mut()).unwrap().unwrap().back_to(), None);
    }
}
