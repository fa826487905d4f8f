//! One atomic change of a thread, and the rules by which every backend judges it.

use super::{Record, StoreError, Write};
use crate::id::{ActivationId, InvalidId, MomentId, check_name};

/// One atomic change of a thread.
#[derive(Clone, Debug, Default)]
pub struct Commit {
    /// Where the head must be.
    pub expected: Expect,
    /// Records to add, oldest first; the last one becomes the head. With none, the head stays.
    pub records: Vec<Record>,
    /// Writes to add, after the consumed ones are gone; one whose key is there already is left out.
    pub writes: Vec<Write>,
    /// Node turns whose writes are removed, all kinds and items of them.
    pub consumed: Vec<ActivationId>,
}

impl Commit {
    /// The largest payload of a record or a write.
    pub const MAX_PAYLOAD_BYTES: usize = 64 * 1024 * 1024;

    /// Judges what can be judged without the thread. For backends: before anything else.
    ///
    /// # Errors
    /// [`StoreError::TooLarge`] for a payload above [`Commit::MAX_PAYLOAD_BYTES`];
    /// [`StoreError::Malformed`] for records that expect no head, or whose sequences don't rise.
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
        // Databases count with a sign.
        if self
            .records
            .last()
            .is_some_and(|last| i64::try_from(last.sequence).is_err())
        {
            return Err(StoreError::Malformed(
                "a record's sequence is larger than a database can count",
            ));
        }
        let records = self
            .records
            .iter()
            .map(|record| ("a record", &record.payload));
        let writes = self.writes.iter().map(|write| ("a write", &write.payload));
        records
            .chain(writes)
            .try_for_each(|(what, payload)| check_size(what, payload.len()))
    }

    /// Judges the commit against the thread's head: whether it is to be applied, or `false` where it has
    /// been already. For backends: inside the transaction that applies it.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if the head isn't the expected one; [`StoreError::Malformed`] if a record
    /// would come before it.
    ///
    /// ```
    /// use graph_runtime::{Commit, Expect, MomentId, Timestamp};
    ///
    /// let first = Commit { expected: Expect::Head(None), ..Commit::default() };
    /// assert!(first.applies(None)?);
    /// let somebody = MomentId::at(Timestamp::now());
    /// assert!(first.applies(Some((somebody, 1))).is_err());
    /// # Ok::<(), graph_runtime::StoreError>(())
    /// ```
    pub fn applies(&self, head: Option<(MomentId, u64)>) -> Result<bool, StoreError> {
        let (head, highest) = head.unzip();
        if head.is_some() && self.records.last().map(|last| last.id) == head {
            return Ok(false);
        }
        self.expected.check(head)?;
        match self.records.first() {
            Some(first) if first.sequence <= highest.unwrap_or(0) => Err(StoreError::Malformed(
                "the sequence of its first record isn't above the thread's",
            )),
            _ => Ok(true),
        }
    }
}

fn check_size(what: &'static str, bytes: usize) -> Result<(), StoreError> {
    let limit = Commit::MAX_PAYLOAD_BYTES;
    if bytes > limit {
        Err(StoreError::TooLarge { what, bytes, limit })
    } else {
        Ok(())
    }
}

/// What a commit expects of the thread's head.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
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
