//! What earlier runs have left of the turns that they didn't end: how often those were begun, and what they have
//! claimed.
//!
//! A run that goes on at a turn of an earlier one writes that down before it runs anything (`Attempt`, with the number of
//! the time), and at its own orderly end how it went (`Failed`, with the same number). What has the first and
//! not the second has died. `Requeue`, with the number of the last attempt before it, lets all that be forgotten.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::request::Home;
use crate::checkpointer::{At, Commit, Expect, StoreError, Write, WriteKey, WriteKind};
use crate::definition::StateGraph;
use crate::error::Error;
use crate::id::ActivationId;
use crate::moment::{ThreadSeal, thread_text};

/// What earlier runs have left of the turns that they didn't end.
#[derive(Debug, Default)]
pub(crate) struct Past {
    turns: HashMap<ActivationId, PastTurn>,
}

#[derive(Debug, Default)]
struct PastTurn {
    /// How often it was begun again.
    begun: u32,
    /// The times that came to an orderly end, each with its attempts.
    ended: BTreeMap<u32, u32>,
    /// The last time before it was let begin anew, if it was.
    requeued: Option<u32>,
    /// The items that have claimed their effect, each with what it was let begin anew before.
    claims: BTreeSet<(Option<u32>, Option<u32>)>,
}

/// How a time ended.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct OrderlyEnd {
    pub(super) attempts: u32,
    pub(super) error: String,
}

impl PastTurn {
    fn take(&mut self, write: &Write, seal: ThreadSeal) -> Result<(), StoreError> {
        let name = write.key.name.as_deref();
        let number = name.and_then(|name| name.parse::<u32>().ok());
        match write.key.kind {
            WriteKind::Attempt => self.begun = self.begun.max(number.unwrap_or(0)),
            WriteKind::Failed => {
                let body = seal.open_write(&write.key, &write.payload)?;
                let end: OrderlyEnd = serde_json::from_slice(body).map_err(|error| {
                    StoreError::Corrupt(format!("how a run ended can't be read: {error}"))
                })?;
                self.ended.insert(number.unwrap_or(0), end.attempts);
            }
            WriteKind::Requeue => self.requeued = self.requeued.max(number),
            _ => {
                self.claims.insert((write.key.item, number));
            }
        }
        Ok(())
    }
}

impl Past {
    /// What the writes of a thread say.
    ///
    /// # Errors
    /// `Corrupt` for a write that isn't what was written.
    pub(crate) fn of(writes: &[Write], seal: ThreadSeal) -> Result<Self, StoreError> {
        let mut past = Self::default();
        for write in writes {
            let WriteKey {
                activation, kind, ..
            } = write.key;
            let is_about_beginning = matches!(
                kind,
                WriteKind::Attempt | WriteKind::Failed | WriteKind::Requeue | WriteKind::Claim
            );
            if is_about_beginning {
                let turn = past.turns.entry(activation).or_default();
                turn.take(write, seal)?;
            }
        }
        Ok(past)
    }

    /// How often a turn was begun and not heard of any more since it was last let begin anew.
    pub(super) fn deaths(&self, id: ActivationId) -> u32 {
        self.turns.get(&id).map_or(0, |turn| {
            let counted = turn.requeued.unwrap_or(0) + 1..=turn.begun;
            let deaths = counted.filter(|time| !turn.ended.contains_key(time));
            u32::try_from(deaths.count()).unwrap_or(u32::MAX)
        })
    }

    /// Counts that a turn is begun again.
    pub(super) fn begin(&mut self, id: ActivationId) -> WriteKey {
        let turn = self.turns.entry(id).or_default();
        turn.begun += 1;
        key(id, None, WriteKind::Attempt, Some(turn.begun))
    }

    /// Under which key it is kept that the time which was begun last has ended; nothing where none was.
    pub(super) fn end(&self, id: ActivationId) -> Option<WriteKey> {
        let begun = self.turns.get(&id)?.begun;
        (begun > 0).then(|| key(id, None, WriteKind::Failed, Some(begun)))
    }

    /// How many attempts there were before this run, as far as that is known.
    pub(super) fn attempts(&self, id: ActivationId) -> u32 {
        let Some(turn) = self.turns.get(&id).filter(|turn| turn.begun > 0) else {
            return 0;
        };
        let of_time = |time| turn.ended.get(&time).copied().unwrap_or(1).max(1);
        // The first run has written nothing.
        1 + (1..turn.begun).map(of_time).sum::<u32>()
    }

    /// Under which key an effect is claimed, and whether it is already.
    pub(super) fn claim(&self, id: ActivationId, item: Option<u32>) -> (WriteKey, bool) {
        let turn = self.turns.get(&id);
        let requeued = turn.and_then(|turn| turn.requeued);
        let claimed = turn.is_some_and(|turn| turn.claims.contains(&(item, requeued)));
        (key(id, item, WriteKind::Claim, requeued), claimed)
    }

    fn requeue(&self, id: ActivationId) -> Option<WriteKey> {
        let turn = self.turns.get(&id)?;
        Some(key(id, None, WriteKind::Requeue, Some(turn.begun)))
    }
}

fn key(
    activation: ActivationId,
    item: Option<u32>,
    kind: WriteKind,
    number: Option<u32>,
) -> WriteKey {
    WriteKey {
        activation,
        item,
        kind,
        name: number.map(|number| Arc::from(number.to_string())),
    }
}

/// Lets what is ready begin anew, whatever became of it before.
///
/// # Errors
/// [`Error::NothingToResume`] on a thread that was never run, [`Error::Store`].
pub(crate) async fn requeue<G: StateGraph>(home: &Home) -> Result<(), Error> {
    let reader = home.reader();
    let Some(stand) = reader.stand::<G>(At::Head).await? else {
        return Err(Error::NothingToResume {
            thread: thread_text(&home.key),
        });
    };
    let past = Past::of(&stand.writes, reader.seal).map_err(|source| reader.store(source))?;
    let keys = stand
        .frontier
        .ready()
        .filter_map(|ready| past.requeue(ready.id));
    let writes = keys.map(|key| Write {
        payload: reader.seal.seal_write(&key, b""),
        key,
    });
    let commit = Commit {
        expected: Expect::Head(Some(stand.moment.id)),
        writes: writes.collect(),
        ..Commit::default()
    };
    let stored = (*home.saver).commit(&home.key, commit).await;
    stored.map_err(|source| reader.store(source))
}
