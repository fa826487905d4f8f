//! What became of changes, for whoever asks again: a request that arrives twice happens once.
//!
//! Nothing here goes by a clock. Each change that arrives has a number; a *mark* is the number that was the last
//! when a reply was sent. A client that repeats a request says the mark from before its first attempt. If nothing
//! that arrived since then was forgotten, a key that isn't known hasn't arrived before. If something was, or if
//! the mark is that of another server or of the same before it was restarted, nobody knows.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError};

use graph_runtime::{MomentId, Timestamp};
use tokio::sync::watch;

use super::reply::Reply;
use super::tenants::Tenant;

/// How many outcomes of a tenant are remembered; each takes some hundred bytes.
const CAPACITY: usize = 16 * 1024;

/// The outcomes of one tenant's changes since the server was started.
pub(super) struct Memory {
    /// Tells this one from that of another server, or of this one before.
    name: String,
    capacity: usize,
    known: Mutex<Known>,
}

#[derive(Default)]
struct Known {
    /// The number of the change that arrived last.
    arrived: u64,
    /// The highest number that was forgotten.
    forgotten: u64,
    outcomes: HashMap<Arc<str>, Entry>,
    order: VecDeque<(u64, Arc<str>)>,
}

struct Entry {
    number: u64,
    print: u128,
    outcome: Outcome,
}

/// What became of a change; nothing yet while it runs.
pub(super) type Outcome = watch::Receiver<Option<Reply>>;

/// A change that arrives.
pub(super) struct Arrival<'r> {
    /// Its key.
    pub(super) key: &'r str,
    /// The hash of all that it says.
    pub(super) print: u128,
    /// If it may have arrived before: the mark from before that.
    pub(super) repeats: Option<&'r str>,
}

/// What is known of a change that arrives.
pub(super) enum Seen {
    /// It hasn't arrived before. It is to happen, and its outcome belongs to the ticket.
    New(Ticket),
    /// Whether it has arrived before isn't known any more.
    Lost(Ticket),
    /// It has arrived before.
    Before(Outcome),
    /// Something else has arrived with its key.
    Other,
}

impl Memory {
    pub(super) fn new() -> Self {
        Self::with_capacity(CAPACITY)
    }

    fn with_capacity(capacity: usize) -> Self {
        Self {
            name: MomentId::at(Timestamp::now()).to_string(),
            capacity,
            known: Mutex::default(),
        }
    }

    fn with<T>(&self, work: impl FnOnce(&mut Known) -> T) -> T {
        work(&mut self.known.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// How far it has come, for the client to keep.
    pub(super) fn mark(&self) -> String {
        let arrived = self.with(|known| known.arrived);
        format!("{}-{arrived}", self.name)
    }

    /// Whether something that arrived since a mark may have been forgotten.
    fn has_gaps_since(&self, known: &Known, mark: &str) -> bool {
        let number = mark
            .strip_prefix(&self.name)
            .and_then(|rest| rest.strip_prefix('-'))
            .and_then(|number| number.parse::<u64>().ok());
        number.is_none_or(|number| known.forgotten > number)
    }
}

impl Tenant {
    /// Looks a change up, and remembers that it has arrived.
    pub(super) fn see(self: &Arc<Self>, arrival: &Arrival<'_>) -> Seen {
        let memory = &self.memory;
        memory.with(|known| {
            if let Some(entry) = known.outcomes.get(arrival.key) {
                return if entry.print == arrival.print {
                    Seen::Before(entry.outcome.clone())
                } else {
                    Seen::Other
                };
            }
            let is_lost = arrival
                .repeats
                .is_some_and(|mark| memory.has_gaps_since(known, mark));
            let (sender, outcome) = watch::channel(None);
            let (number, key) = known.add(arrival, outcome);
            known.forget_beyond(memory.capacity);
            let ticket = Ticket {
                tenant: self.clone(),
                number,
                key,
                sender,
            };
            if is_lost {
                Seen::Lost(ticket)
            } else {
                Seen::New(ticket)
            }
        })
    }
}

impl Known {
    fn add(&mut self, arrival: &Arrival<'_>, outcome: Outcome) -> (u64, Arc<str>) {
        self.arrived += 1;
        let (number, key) = (self.arrived, Arc::<str>::from(arrival.key));
        let entry = Entry {
            number,
            print: arrival.print,
            outcome,
        };
        self.outcomes.insert(key.clone(), entry);
        self.order.push_back((number, key.clone()));
        (number, key)
    }

    /// Forgets the oldest. Whoever waits for one of them is told all the same.
    fn forget_beyond(&mut self, capacity: usize) {
        while self.order.len() > capacity {
            let Some((number, key)) = self.order.pop_front() else {
                return;
            };
            self.forgotten = number;
            self.remove(number, &key);
        }
    }

    fn remove(&mut self, number: u64, key: &str) {
        if self
            .outcomes
            .get(key)
            .is_some_and(|entry| entry.number == number)
        {
            self.outcomes.remove(key);
        }
    }
}

/// The right to say what became of a change. Dropped without a word, nobody will ever know.
pub(super) struct Ticket {
    tenant: Arc<Tenant>,
    number: u64,
    key: Arc<str>,
    sender: watch::Sender<Option<Reply>>,
}

impl Ticket {
    /// Where the outcome will be told.
    pub(super) fn outcome(&self) -> Outcome {
        self.sender.subscribe()
    }

    /// Says what became of it.
    pub(super) fn tell(self, reply: Reply) {
        // What certainly didn't happen may be tried again under the same key.
        if reply.changed_nothing_yet() {
            let memory = &self.tenant.memory;
            memory.with(|known| known.remove(self.number, &self.key));
        }
        self.sender.send_replace(Some(reply));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::server::tenants::Tenants;

    fn tenant(capacity: usize) -> Arc<Tenant> {
        let mut tenants = Tenants::default();
        let token = "0123456789abcdef";
        tenants.add("acme", [token]).unwrap();
        let mut tenant = tenants.of(token.as_bytes()).unwrap();
        drop(tenants);
        Arc::get_mut(&mut tenant).unwrap().memory = Memory::with_capacity(capacity);
        tenant
    }

    fn see(tenant: &Arc<Tenant>, key: &str, repeats: Option<&str>) -> Seen {
        tenant.see(&Arrival {
            key,
            print: 1,
            repeats,
        })
    }

    fn happens(tenant: &Arc<Tenant>, key: &str) {
        let Seen::New(ticket) = see(tenant, key, None) else {
            unreachable!("`{key}` is new");
        };
        ticket.tell(Reply::done());
    }

    #[test]
    fn what_arrives_again_is_known() {
        let tenant = tenant(2);
        happens(&tenant, "a");
        let Seen::Before(outcome) = see(&tenant, "a", None) else {
            unreachable!("it has arrived");
        };
        assert!(outcome.borrow().is_some());
        let other = Arrival {
            key: "a",
            print: 2,
            repeats: None,
        };
        assert!(matches!(tenant.see(&other), Seen::Other));
    }

    #[test]
    fn what_was_forgotten_is_known_to_be_forgotten() {
        let tenant = tenant(2);
        let at_first = tenant.memory.mark();
        happens(&tenant, "a");
        let later = tenant.memory.mark();
        happens(&tenant, "b");
        // Nothing is forgotten yet, so what isn't known hasn't arrived.
        assert!(matches!(see(&tenant, "c", Some(&at_first)), Seen::New(_)));
        // That was the third: the first one is forgotten.
        assert!(matches!(see(&tenant, "a", Some(&at_first)), Seen::Lost(_)));
        // Now the second one too.
        assert!(matches!(see(&tenant, "b", Some(&later)), Seen::Lost(_)));
        let now = tenant.memory.mark();
        assert!(matches!(see(&tenant, "d", Some(&now)), Seen::New(_)));
        // A first attempt is new, whatever was forgotten.
        assert!(matches!(see(&tenant, "e", None), Seen::New(_)));
    }

    #[test]
    fn the_mark_of_another_memory_says_nothing() {
        let (one, other) = (tenant(2), tenant(2));
        for mark in [one.memory.mark().as_str(), "none", "", "-0"] {
            assert!(
                matches!(see(&other, mark, Some(mark)), Seen::Lost(_)),
                "{mark}"
            );
        }
    }

    #[test]
    fn what_nobody_tells_is_known_to_have_arrived() {
        let tenant = tenant(2);
        drop(see(&tenant, "a", None));
        let Seen::Before(outcome) = see(&tenant, "a", None) else {
            unreachable!("it has arrived");
        };
        assert!(outcome.has_changed().is_err());
    }

    #[test]
    fn what_was_refused_for_now_may_be_tried_again() {
        use super::super::reply::Refusal;
        let tenant = tenant(2);
        let Seen::New(ticket) = see(&tenant, "a", None) else {
            unreachable!("it is new");
        };
        let outcome = ticket.outcome();
        let refusal = graph_runtime::StoreError::unavailable("down");
        ticket.tell(Refusal::from(refusal).into());
        assert!(outcome.borrow().is_some());
        assert!(matches!(see(&tenant, "a", None), Seen::New(_)));
    }
}
