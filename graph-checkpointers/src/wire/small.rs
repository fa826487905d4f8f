//! Bodies that are JSON alone.

use std::time::Duration;

use graph_runtime::{Lease, Timestamp, Usage};
use serde::{Deserialize, Serialize};

/// What a server says of itself.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct About {
    /// Its version.
    pub(crate) version: String,
    /// The largest body that it takes.
    pub(crate) body_limit: u64,
}

/// A thread: the one that is proposed for a user, and the one that is the user's.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OneThread {
    pub(crate) thread: String,
}

/// Threads in the order of their ids.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Threads {
    pub(crate) threads: Vec<String>,
}

/// Threads in the order of their times.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TimedThreads {
    pub(crate) threads: Vec<TimedThread>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TimedThread {
    thread: String,
    time: Timestamp,
}

impl From<Vec<(String, Timestamp)>> for TimedThreads {
    fn from(threads: Vec<(String, Timestamp)>) -> Self {
        let threads = threads.into_iter();
        Self {
            threads: threads
                .map(|(thread, time)| TimedThread { thread, time })
                .collect(),
        }
    }
}

impl From<TimedThreads> for Vec<(String, Timestamp)> {
    fn from(threads: TimedThreads) -> Self {
        let threads = threads.threads.into_iter();
        threads.map(|timed| (timed.thread, timed.time)).collect()
    }
}

/// Who wants a lease, and for how long.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Taking {
    pub(crate) holder: String,
    /// In microseconds. A lease that is longer than these can say ends where time ends.
    ttl: u64,
}

impl Taking {
    #[cfg(feature = "http")]
    pub(crate) fn new(holder: &str, ttl: Duration) -> Self {
        Self {
            holder: holder.to_owned(),
            ttl: u64::try_from(ttl.as_micros()).unwrap_or(u64::MAX),
        }
    }

    #[cfg(feature = "server")]
    pub(crate) fn ttl(&self) -> Duration {
        Duration::from_micros(self.ttl)
    }
}

/// The lease that was given; none where the store keeps none.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Taken {
    lease: Option<Given>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Given {
    epoch: u64,
    holder: String,
    until: Timestamp,
}

impl From<Option<Lease>> for Taken {
    fn from(lease: Option<Lease>) -> Self {
        let given = |lease: Lease| Given {
            epoch: lease.epoch,
            holder: lease.holder,
            until: lease.until,
        };
        Self {
            lease: lease.map(given),
        }
    }
}

impl From<Taken> for Option<Lease> {
    fn from(taken: Taken) -> Self {
        taken.lease.map(|given| Lease {
            epoch: given.epoch,
            holder: given.holder,
            until: given.until,
        })
    }
}

/// The position of a message that was sent.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sent {
    pub(crate) position: u64,
}

/// The paths below a thread.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Paths {
    pub(crate) paths: Vec<String>,
}

/// How much is stored.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Stored {
    records: u64,
    writes: u64,
    messages: u64,
    bytes: u64,
}

impl From<Usage> for Stored {
    fn from(usage: Usage) -> Self {
        Self {
            records: usage.records,
            writes: usage.writes,
            messages: usage.messages,
            bytes: usage.bytes,
        }
    }
}

impl From<Stored> for Usage {
    fn from(stored: Stored) -> Self {
        Self {
            records: stored.records,
            writes: stored.writes,
            messages: stored.messages,
            bytes: stored.bytes,
        }
    }
}
