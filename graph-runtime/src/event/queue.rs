//! What was told and not yet heard. It never holds more than so many events: the oldest go first.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicU8, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Waker;
use std::time::Duration;

use tokio::sync::Notify;

use super::{Event, Kind, Kinds};
use crate::definition::StateGraph;
use crate::timer::Timer;

/// How many events wait to be heard, unless it is told otherwise.
pub(crate) const QUEUE: usize = 16_384;

/// How a run keeps pace with its listener.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Pace {
    /// It is the listener who drives the run: it goes on when everything was heard.
    Driven,
    /// It goes on by itself, and waits at the end of a step while more than half of the queue is unheard, but no
    /// longer than this.
    Patient(Duration),
}

pub(crate) struct Queue<G: StateGraph> {
    wanted: AtomicU8,
    pace: Pace,
    unheard: Mutex<Unheard<G>>,
    /// The listener, where it waits: a node on another thread may tell something while the run itself doesn't move.
    waiting: Mutex<Option<Waker>>,
    heard: Notify,
}

struct Unheard<G: StateGraph> {
    events: VecDeque<Event<G>>,
    capacity: usize,
    /// How many were dropped since the listener last heard something.
    missed: u64,
    /// What is told only when it is true for good: in sync durability, when it is stored.
    held: VecDeque<Event<G>>,
    /// The run has waited as long as it may, and doesn't wait again before the listener has caught up.
    out_of_patience: bool,
}

impl<G: StateGraph> Queue<G> {
    pub(crate) fn new(wanted: Kinds, capacity: usize, pace: Pace) -> Self {
        Self {
            wanted: AtomicU8::new(wanted.bits()),
            pace,
            unheard: Mutex::new(Unheard {
                events: VecDeque::new(),
                capacity: capacity.max(1),
                missed: 0,
                held: VecDeque::new(),
                out_of_patience: false,
            }),
            waiting: Mutex::default(),
            heard: Notify::new(),
        }
    }

    pub(crate) fn wants(&self, kind: Kind) -> bool {
        Kinds::from_bits(self.wanted.load(Ordering::Relaxed)).contains(kind)
    }

    pub(crate) fn want(&self, kinds: Kinds) {
        self.wanted.store(kinds.bits(), Ordering::Relaxed);
    }

    /// Nobody listens any more.
    pub(crate) fn close(&self) {
        self.want(Kinds::none());
        let mut unheard = self.unheard();
        unheard.events.clear();
        unheard.held.clear();
        drop(unheard);
        self.heard.notify_waiters();
    }

    pub(crate) fn push(&self, event: Event<G>) {
        self.unheard().push(event);
        self.wake();
    }

    pub(crate) fn hold(&self, event: Event<G>) {
        self.unheard().held.push_back(event);
    }

    /// Tells the first so many of what was held.
    pub(crate) fn release(&self, count: usize) {
        let mut unheard = self.unheard();
        let count = count.min(unheard.held.len());
        if count == 0 {
            return;
        }
        for _ in 0..count {
            if let Some(event) = unheard.held.pop_front() {
                unheard.push(event);
            }
        }
        drop(unheard);
        self.wake();
    }

    /// The next event to hear.
    pub(crate) fn pop(&self) -> Option<Event<G>> {
        let event = self.unheard().pop();
        if event.is_some() {
            self.heard.notify_waiters();
        }
        event
    }

    /// The listener waits for the next event.
    pub(crate) fn wait(&self, waker: &Waker) {
        *lock(&self.waiting) = Some(waker.clone());
    }

    /// Waits until the listener has caught up, as the pace says.
    pub(crate) async fn caught_up(&self) {
        match self.pace {
            // The stream polls the run only when nothing is left to hear, so nobody has to be woken.
            Pace::Driven => {
                std::future::poll_fn(|_| {
                    if self.unheard().events.is_empty() {
                        std::task::Poll::Ready(())
                    } else {
                        std::task::Poll::Pending
                    }
                })
                .await;
            }
            Pace::Patient(patience) => {
                if !self.unheard().is_far_behind() {
                    return;
                }
                // Without anybody who keeps the time there is no waiting, or it might be for ever.
                if let Some(timer) = Timer::after(patience) {
                    let caught_up = std::pin::pin!(self.caught_up_at_last());
                    futures_util::future::select(caught_up, timer).await;
                }
                let mut unheard = self.unheard();
                unheard.out_of_patience = unheard.is_far_behind();
            }
        }
    }

    /// [`caught_up`](Self::caught_up), for a run that is one of several tasks: those are polled only when they are
    /// woken.
    pub(crate) async fn caught_up_within(self: Arc<Self>) {
        if let Pace::Patient(_) = self.pace {
            return self.caught_up().await;
        }
        loop {
            let heard = self.heard.notified();
            if self.unheard().events.is_empty() {
                return;
            }
            heard.await;
        }
    }

    async fn caught_up_at_last(&self) {
        loop {
            let heard = self.heard.notified();
            if !self.unheard().is_far_behind() {
                return;
            }
            heard.await;
        }
    }

    fn wake(&self) {
        if let Some(waker) = lock(&self.waiting).take() {
            waker.wake();
        }
    }

    fn unheard(&self) -> MutexGuard<'_, Unheard<G>> {
        lock(&self.unheard)
    }
}

impl<G: StateGraph> Unheard<G> {
    fn push(&mut self, event: Event<G>) {
        if self.events.len() == self.capacity {
            self.events.pop_front();
            self.missed += 1;
        }
        self.events.push_back(event);
    }

    fn pop(&mut self) -> Option<Event<G>> {
        match std::mem::take(&mut self.missed) {
            0 => {
                let event = self.events.pop_front();
                self.out_of_patience &= !self.events.is_empty();
                event
            }
            count => Some(Event::Missed { count }),
        }
    }

    fn is_far_behind(&self) -> bool {
        !self.out_of_patience && self.events.len() > self.capacity / 2
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
