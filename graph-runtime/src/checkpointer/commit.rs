//! One atomic change of a thread, and the rules by which every backend judges it.

use serde::{Deserialize, Serialize};

use super::{Record, StoreError, Write};
use crate::id::{ActivationId, InvalidId, MomentId, Timestamp, check_name};

/// One atomic change of a thread.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Commit {
    /// Where the head must be.
    pub expected: Expect,
    /// Records to add, oldest first; the last one becomes the head. With none, the head stays.
    pub records: Vec<Record>,
    /// Writes to add, after the consumed ones are gone; one whose key is there already is left out.
    pub writes: Vec<Write>,
    /// Node turns whose writes are removed, all kinds, items and names of them.
    pub consumed: Vec<ActivationId>,
    /// Positions in the thread's inbox whose messages are removed.
    pub received: Vec<u64>,
    /// How often the thread was [rewritten](super::Chain::rewrites) so that records went, when it was read: what
    /// a commit with records goes on from must be there still.
    pub rewrites: u64,
    /// The epoch of the [`Lease`](super::Lease) under which it is made; 0 for none, as an answer has that
    /// somebody gives while the thread is run.
    pub epoch: u64,
}

impl Commit {
    /// The largest payload of a record or a write.
    pub const MAX_PAYLOAD_BYTES: usize = 64 * 1024 * 1024;

    /// Judges what can be judged without the thread. For backends: before anything else.
    ///
    /// # Errors
    /// [`StoreError::TooLarge`] for a payload above [`Commit::MAX_PAYLOAD_BYTES`];
    /// [`StoreError::InvalidId`] for a write whose name can't be stored; [`StoreError::Malformed`] for records
    /// that expect no head, whose sequences don't rise, or whose numbers are larger than databases count.
    ///
    /// ```
    /// use graph_runtime::Commit;
    /// assert!(Commit::default().check().is_ok());
    /// ```
    pub fn check(&self) -> Result<(), StoreError> {
        if self.expected == Expect::Any && !self.records.is_empty() {
            return Err(StoreError::Malformed(
                "it holds records and says no head that it expects",
            ));
        }
        if !self
            .records
            .is_sorted_by(|earlier, later| earlier.sequence < later.sequence)
        {
            return Err(StoreError::Malformed(
                "the sequences of its records don't rise",
            ));
        }
        if self.records.iter().any(|record| !is_countable(record)) {
            return Err(StoreError::Malformed(
                "a record's sequence or due time is larger than a database can count",
            ));
        }
        Self::check_payloads(&self.records, &self.writes)
    }

    pub(super) fn check_payloads(records: &[Record], writes: &[Write]) -> Result<(), StoreError> {
        for write in writes {
            write.key.check()?;
        }
        let records = records.iter().map(|record| ("a record", &record.payload));
        let writes = writes.iter().map(|write| ("a write", &write.payload));
        records
            .chain(writes)
            .try_for_each(|(what, payload)| Self::check_size(what, payload.len()))
    }

    pub(super) fn check_size(what: &'static str, bytes: usize) -> Result<(), StoreError> {
        let limit = Self::MAX_PAYLOAD_BYTES;
        if bytes > limit {
            Err(StoreError::TooLarge { what, bytes, limit })
        } else {
            Ok(())
        }
    }

    /// Judges the commit against where the thread stands: whether it is to be applied, or `false` where it has
    /// been already. For backends: inside the transaction that applies it.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] if it is made under another lease than the one that is there;
    /// [`StoreError::Conflict`] if the head isn't the expected one; [`StoreError::Rewritten`] if it has records
    /// and others went since the thread was read; [`StoreError::Malformed`] if a record would come before the
    /// head.
    ///
    /// ```
    /// use graph_runtime::{Commit, Expect, MomentId, Standing, Timestamp};
    ///
    /// let first = Commit { expected: Expect::Head(None), ..Commit::default() };
    /// assert!(first.applies(Standing::default())?);
    /// let head = Some((MomentId::at(Timestamp::now()), 1));
    /// assert!(first.applies(Standing { head, ..Standing::default() }).is_err());
    /// let late = Commit { epoch: 3, ..first };
    /// assert!(late.applies(Standing { lease: 4, ..Standing::default() }).is_err());
    /// # Ok::<(), graph_runtime::StoreError>(())
    /// ```
    pub fn applies(&self, standing: Standing) -> Result<bool, StoreError> {
        let (head, highest) = standing.head.unzip();
        if head.is_some() && self.records.last().map(|last| last.id) == head {
            return Ok(false);
        }
        // Whoever has lost the lease is to stop, so that comes before what could be tried again.
        if self.epoch != 0 && self.epoch != standing.lease {
            return Err(StoreError::Fenced {
                epoch: self.epoch,
                current: standing.lease,
            });
        }
        self.expected.check(head)?;
        let Some(first) = self.records.first() else {
            return Ok(true);
        };
        standing.check_rewrites(self.rewrites)?;
        if first.sequence <= highest.unwrap_or(0) {
            return Err(StoreError::Malformed(
                "the sequence of its first record isn't above the thread's",
            ));
        }
        Ok(true)
    }

    /// Whether it asks for nothing. For backends: such a commit leaves no trace.
    pub fn is_empty(&self) -> bool {
        self.records.is_empty()
            && self.writes.is_empty()
            && self.consumed.is_empty()
            && self.received.is_empty()
    }
}

/// Where a thread stands, or one path of it: what commits and rewrites are judged against.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    /// The head and its sequence.
    pub head: Option<(MomentId, u64)>,
    /// The epoch of the thread's lease; 0 where it has none.
    pub lease: u64,
    /// How often it was rewritten so that records went.
    pub rewrites: u64,
}

impl Standing {
    pub(super) fn check_rewrites(self, seen: u64) -> Result<(), StoreError> {
        if self.rewrites == seen {
            Ok(())
        } else {
            Err(StoreError::Rewritten)
        }
    }
}

/// Databases count with a sign.
fn is_countable(record: &Record) -> bool {
    let due = record.due.map_or(0, Timestamp::as_micros);
    [record.sequence, due]
        .into_iter()
        .all(|number| i64::try_from(number).is_ok())
}

/// What a commit expects of the thread's head.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Expect {
    /// Nothing: only for commits without records.
    #[default]
    Any,
    /// This record; `None` for a thread without records.
    Head(Option<MomentId>),
}

impl Expect {
    /// The conflict, if `found` isn't what is expected.
    ///
    /// # Errors
    /// [`StoreError::Conflict`].
    pub fn check(self, found: Option<MomentId>) -> Result<(), StoreError> {
        match self {
            Self::Head(expected) if expected != found => {
                Err(StoreError::Conflict { expected, found })
            }
            Self::Head(_) | Self::Any => Ok(()),
        }
    }
}

impl InvalidId {
    /// Refuses a name that not every backend could store: an empty one, one above
    /// [`MAX_ID_BYTES`](crate::MAX_ID_BYTES), one with a NUL. For backends: the names that come as text.
    ///
    /// # Errors
    /// The reason, with `what` it was to name.
    ///
    /// ```
    /// use graph_runtime::InvalidId;
    /// assert!(InvalidId::check("user", "user-42").is_ok());
    /// assert!(InvalidId::check("user", "").is_err());
    /// ```
    pub fn check(what: &'static str, name: &str) -> Result<(), Self> {
        check_name(what, name)
    }
}
