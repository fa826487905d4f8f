//! What is done to a thread beside running it: its records are rewritten, its size is asked for.

use std::collections::HashSet;

use super::{Commit, Expect, Record, Standing, StoreError, Write};
use crate::id::MomentId;

/// One atomic change of what is kept of a thread, or of one path of it: what pruning and sealing anew come to.
///
/// It never moves the head. What it leaves has to be whole: a record that stays and whose line leads over one
/// that goes is among the replaced ones, as a snapshot.
#[derive(Clone, Debug, Default)]
pub struct Rewrite {
    /// Where the head must be. What removes records names it.
    pub expected: Expect,
    /// How often the thread was [rewritten](super::Chain::rewrites) so that records went, when it was read.
    pub rewrites: u64,
    /// Records that go. The head isn't among them; one that isn't there is left out.
    pub removed: Vec<MomentId>,
    /// Records that are there, by id and sequence, and from now on have these parents, bases and payloads. All
    /// else in them is as it was. One that isn't there is left out.
    pub replaced: Vec<Record>,
    /// Writes that are there and from now on are these, by their keys. One that isn't there is left out.
    pub writes: Vec<Write>,
}

impl Rewrite {
    /// Judges what can be judged without the thread. For backends: before anything else.
    ///
    /// # Errors
    /// [`StoreError::TooLarge`] for a payload above [`Commit::MAX_PAYLOAD_BYTES`]; [`StoreError::InvalidId`] for
    /// a write whose name can't be stored; [`StoreError::Malformed`] if it removes the head, removes what it
    /// replaces, or removes something and names no head.
    ///
    /// ```
    /// use graph_runtime::Rewrite;
    /// assert!(Rewrite::default().check().is_ok());
    /// ```
    pub fn check(&self) -> Result<(), StoreError> {
        if !self.removed.is_empty() {
            self.check_removed()?;
        }
        Commit::check_payloads(&self.replaced, &self.writes)
    }

    fn check_removed(&self) -> Result<(), StoreError> {
        let Expect::Head(Some(head)) = self.expected else {
            return Err(StoreError::Malformed(
                "it removes records and names no head that it expects",
            ));
        };
        let removed: HashSet<_> = self.removed.iter().copied().collect();
        if removed.contains(&head) {
            return Err(StoreError::Malformed("it removes the thread's head"));
        }
        if self
            .replaced
            .iter()
            .any(|record| removed.contains(&record.id))
        {
            return Err(StoreError::Malformed(
                "it replaces a record that it removes",
            ));
        }
        Ok(())
    }

    /// Judges it against where the thread stands. For backends: inside the transaction that applies it.
    ///
    /// # Errors
    /// [`StoreError::Rewritten`] if records went since the thread was read; [`StoreError::Conflict`] if the head
    /// isn't the expected one.
    ///
    /// ```
    /// use graph_runtime::{Rewrite, Standing};
    /// assert!(Rewrite::default().applies(Standing::default()).is_ok());
    /// let pruned = Standing { rewrites: 1, ..Standing::default() };
    /// assert!(Rewrite::default().applies(pruned).is_err());
    /// ```
    pub fn applies(&self, standing: Standing) -> Result<(), StoreError> {
        standing.check_rewrites(self.rewrites)?;
        self.expected.check(standing.head.map(|(head, _)| head))
    }

    /// Whether it asks for nothing. For backends: it leaves no trace then.
    pub fn is_empty(&self) -> bool {
        self.removed.is_empty() && self.replaced.is_empty() && self.writes.is_empty()
    }

    /// How often the thread was rewritten so that records went, once this has been applied. For backends.
    pub fn rewrites_after(&self) -> u64 {
        self.rewrites + u64::from(!self.removed.is_empty())
    }
}

/// How much is stored of a thread, with everything below it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// How many records.
    pub records: u64,
    /// How many writes.
    pub writes: u64,
    /// How many messages wait.
    pub messages: u64,
    /// The bytes of all their payloads. What a backend needs around them isn't counted.
    pub bytes: u64,
}

impl Usage {
    /// Counts one thing more. For backends.
    pub(super) fn add(count: &mut u64, bytes: &mut u64, payload: &[u8]) {
        *count += 1;
        *bytes += payload.len() as u64;
    }
}

impl std::iter::Sum for Usage {
    fn sum<I: Iterator<Item = Self>>(usages: I) -> Self {
        usages.fold(Self::default(), |sum, usage| Self {
            records: sum.records + usage.records,
            writes: sum.writes + usage.writes,
            messages: sum.messages + usage.messages,
            bytes: sum.bytes + usage.bytes,
        })
    }
}
