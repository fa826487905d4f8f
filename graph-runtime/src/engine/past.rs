//! What earlier runs have left of the turns that they didn't end: how often those were begun, and what they have
//! claimed.
//!
//! A run that goes on at a turn of an earlier one writes that down before it runs anything (`Attempt`, with the number of
//! the time), and at its own orderly end how it went (`Failed`, with the same number). What has the first and
//! not the second has died. `Requeue`, with the number of the last attempt before it, lets all that be forgotten.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::Engine;
use crate::checkpointer::{StoreError, Write, WriteKey, WriteKind};
use crate::definition::{GraphNode, StateGraph};
use crate::error::Error;
use crate::frontier::Activation;
use crate::id::{ActivationId, MomentId};
use crate::moment::{Left, ThreadSeal};

/// What earlier runs have left of the turns that they didn't end.
#[derive(Debug, Default)]
pub(crate) struct Past {
    turns: HashMap<ActivationId, PastTurn>,
}

#[derive(Debug, Default)]
struct PastTurn {
    /// How often it was begun again.
    begun: u32,
    /// The times that came to an orderly end; the first run, which has begun nothing again, is 0.
    ended: BTreeMap<u32, OrderlyEnd>,
    /// The last time before it was let begin anew, if it was.
    requeued: Option<u32>,
    /// The items that have claimed their effect, each with what it was let begin anew before.
    claims: BTreeSet<(Option<u32>, Option<u32>)>,
}

/// How a time ended.
#[derive(Debug, Serialize, Deserialize)]
struct OrderlyEnd {
    attempts: u32,
    /// What the run said; nothing if it paused.
    error: String,
    #[serde(default, skip_serializing_if = "EndedBy::is_itself")]
    by: EndedBy,
    /// Where the thread stood then. Once it stands elsewhere, somebody has gone on since.
    #[serde(default)]
    at: Option<MomentId>,
}

/// What ended a time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum EndedBy {
    /// The run, by a failure or a pause.
    #[default]
    Itself,
    /// Another run, which wanted the thread.
    Another,
    /// Whoever has begun it, or its process. It may be gone on with.
    Owner,
}

impl EndedBy {
    #[allow(clippy::trivially_copy_pass_by_ref)] // as serde calls it
    fn is_itself(&self) -> bool {
        *self == Self::Itself
    }
}

impl PastTurn {
    fn take(&mut self, write: &Write, seal: ThreadSeal) -> Result<(), StoreError> {
        let name = write.key.name.as_deref();
        let number = name.and_then(|name| name.parse::<u32>().ok());
        match write.key.kind {
            WriteKind::Attempt => self.begun = self.begun.max(number.unwrap_or(0)),
            WriteKind::Failed => {
                let body = seal.open_write(&write.key, &write.payload)?;
                let end: OrderlyEnd = serde_json::from_slice(&body).map_err(|error| {
                    StoreError::Corrupt(format!("how a run ended can't be read: {error}"))
                })?;
                self.ended.insert(number.unwrap_or(0), end);
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

    /// Under which key it is kept that the time which was begun last has ended.
    fn end(&self, id: ActivationId) -> WriteKey {
        let begun = self.turns.get(&id).map_or(0, |turn| turn.begun);
        key(id, None, WriteKind::Failed, Some(begun))
    }

    /// How the last run of these turns has ended, on a thread that stands at `head`, if that is known; else its process
    /// has died, or is at it.
    pub(super) fn left(
        &self,
        turns: impl IntoIterator<Item = ActivationId>,
        head: Option<MomentId>,
    ) -> Option<Left> {
        turns.into_iter().find_map(|id| {
            let turn = self.turns.get(&id)?;
            let end = turn.ended.get(&turn.begun).filter(|end| end.at == head)?;
            match end.by {
                EndedBy::Itself if end.error.is_empty() => None,
                EndedBy::Itself => Some(Left::Failed(end.error.clone())),
                EndedBy::Another => Some(Left::Cancelled),
                EndedBy::Owner => None,
            }
        })
    }

    /// How many attempts there were before this run, as far as that is known.
    pub(super) fn attempts(&self, id: ActivationId) -> u32 {
        let Some(turn) = self.turns.get(&id).filter(|turn| turn.begun > 0) else {
            return 0;
        };
        let of_time = |time| turn.ended.get(&time).map_or(1, |end| end.attempts.max(1));
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

    /// Under which key it is kept that a turn is let begin anew, if there is anything to forget.
    pub(super) fn requeue(&self, id: ActivationId) -> Option<WriteKey> {
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

impl<G: StateGraph> Engine<G> {
    /// Writes down that turns of an earlier run are begun again, before anything is run.
    ///
    /// # Errors
    /// [`Error::Poisoned`] if one of them has taken too many processes along.
    pub(super) async fn begin_again_at_turns(&mut self) -> Result<(), Error> {
        if !std::mem::take(&mut self.resumes) {
            return Ok(());
        }
        let held = self.held_before();
        // What has waited may go on now, from its beginning.
        self.attend().await?;
        let runs = |ready: &&Activation<G>| {
            ready.is_running()
                && !self.unbegun.contains(&ready.id)
                && !held.contains(&ready.node)
                && !self.is_kept(ready)
        };
        let begun = self.frontier.active.iter().filter(runs);
        let begun: Vec<_> = begun.map(|ready| (ready.id, ready.node.name())).collect();
        for (id, node) in &begun {
            let attempts = self.past.deaths(*id);
            if attempts >= self.setting.max_attempts.max(1) {
                return Err(Error::Poisoned {
                    thread: self.thread(),
                    node,
                    attempts,
                });
            }
        }
        self.begun = begun.into_iter().map(|(id, _)| id).collect();
        let Some(journal) = &mut self.journal else {
            return Ok(());
        };
        let attempts = self
            .begun
            .iter()
            .map(|id| (self.past.begin(*id), Vec::new()));
        journal.keep_now(attempts.collect()).await
    }

    /// Whether an earlier run has finished all tasks of a turn: what took that run along was another one.
    fn is_kept(&self, turn: &Activation<G>) -> bool {
        let mut items = (0..).take(turn.width());
        !self.kept.is_empty()
            && items.all(|item| self.kept.contains_key(&(turn.id, turn.item(item))))
    }

    /// Writes down of turns of an earlier run, which are still to be ended, that this one has come to an orderly end;
    /// where other processes may wait for it, of all that are ready.
    pub(super) async fn end_turns<T>(&mut self, stopped: Result<T, Error>) -> Result<T, Error> {
        let Some(journal) = &mut self.journal else {
            return stopped;
        };
        let (error, by) = match &stopped {
            // Nothing more can be stored, or is to be.
            Err(Error::Store { .. } | Error::TakenOver { .. }) => return stopped,
            Err(Error::Cancelled { .. }) if journal.is_taken_over() => return stopped,
            Err(error @ Error::Cancelled { .. }) if journal.is_interrupted() => {
                (error.to_string(), EndedBy::Another)
            }
            Err(error @ (Error::Cancelled { .. } | Error::Drained { .. })) => {
                (error.to_string(), EndedBy::Owner)
            }
            Err(error) => (error.to_string(), EndedBy::Itself),
            Ok(_) => (String::new(), EndedBy::Itself),
        };
        let told = journal.is_leased() && by != EndedBy::Owner && !error.is_empty();
        let left = self
            .frontier
            .active
            .iter()
            .filter(|turn| self.begun.contains(&turn.id) || told && !turn.is_waiting());
        let mut ends = Vec::new();
        for id in left.map(|turn| turn.id) {
            let end = OrderlyEnd {
                attempts: self.failures.attempts(id).unwrap_or(1),
                error: error.clone(),
                by,
                at: journal.head(),
            };
            let body = serde_json::to_vec(&end).map_err(|source| Error::Encode {
                what: "a failure".to_owned(),
                source,
            })?;
            ends.push((self.past.end(id), body));
        }
        journal.keep(ends).await?;
        stopped
    }
}
