//! What several processes on one store need of it: a lease on a thread, and messages for whoever runs it.

use super::{Commit, StoreError};
use crate::id::Timestamp;

/// The right to run a thread, for a while: held by one at a time, renewed while it runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Higher than that of every lease which the thread had before. Commits carry it; 0 stands for none.
    pub epoch: u64,
    /// Who holds it.
    pub holder: String,
    /// When it ends by the store's clock, unless it is renewed.
    pub until: Timestamp,
}

impl Lease {
    /// The epoch that a holder keeps by renewing its lease; `None` where it is to be given a new one. For
    /// backends: by their own clock, inside the transaction that stores the lease.
    ///
    /// # Errors
    /// [`StoreError::Leased`] while somebody else holds one.
    ///
    /// ```
    /// use graph_runtime::{Lease, Timestamp};
    ///
    /// let (early, late) = (Timestamp::from_micros(1), Timestamp::from_micros(2));
    /// let held = Lease { epoch: 7, holder: "a".to_owned(), until: late };
    /// assert_eq!(Lease::renewed(None, "b", early)?, None);
    /// assert_eq!(Lease::renewed(Some(&held), "a", early)?, Some(7));
    /// assert!(Lease::renewed(Some(&held), "b", early).is_err());
    /// assert_eq!(Lease::renewed(Some(&held), "b", late)?, None);
    /// # Ok::<(), graph_runtime::StoreError>(())
    /// ```
    pub fn renewed(
        held: Option<&Self>,
        holder: &str,
        now: Timestamp,
    ) -> Result<Option<u64>, StoreError> {
        match held {
            // An end that nobody made use of is none.
            Some(held) if held.holder == holder => Ok(Some(held.epoch)),
            Some(held) if held.until > now => Err(StoreError::Leased {
                holder: held.holder.clone(),
                until: held.until,
            }),
            Some(_) | None => Ok(None),
        }
    }
}

/// Something that waits in a thread's inbox for whoever runs the thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// The order of arrival, from 1. No position is given twice.
    pub position: u64,
    /// What was sent.
    pub payload: Vec<u8>,
}

impl Message {
    /// Judges a message before it is stored. For backends.
    ///
    /// # Errors
    /// [`StoreError::TooLarge`] above [`Commit::MAX_STORED_BYTES`].
    pub fn check(payload: &[u8]) -> Result<(), StoreError> {
        Commit::check_size("a message", payload.len())
    }
}
