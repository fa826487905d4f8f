//! Copying a moment as it is stored to where it goes on under ids of its own. No user type is involved.

use std::collections::BTreeSet;

use super::body::{Body, StoredActivation};
use super::payload::draft;
use super::read::{Failure, Reader};
use super::replay::{Replay, replay};
use crate::checkpointer::{At, Commit, Expect, Record, Source};
use crate::error::Error;
use crate::id::{ActivationId, MomentId, Timestamp};

/// What a copy has become.
#[derive(Debug)]
#[cfg_attr(
    not(test),
    expect(dead_code, reason = "subgraphs copy what their children had stored")
)]
pub(crate) struct Copied {
    /// The record that holds it: the destination's head from now on.
    pub(crate) id: MomentId,
    /// Every active turn as it was called and as it is called now, in task order.
    pub(crate) turns: Vec<(ActivationId, ActivationId)>,
}

impl Reader<'_> {
    /// Copies a moment of this thread to a thread (the same one or another) as a snapshot: a branch. Every active
    /// turn gets a new id, so that nothing that hangs on the old ones (answers, results, attempts) can reach
    /// the copy; items, limits and questions come along. What the destination had beside its records is gone.
    ///
    /// `None` where there is no such moment.
    ///
    /// # Errors
    /// [`Error::Store`], [`Error::Corrupt`].
    #[cfg_attr(
        not(test),
        expect(dead_code, reason = "subgraphs copy what their children had stored")
    )]
    pub(crate) async fn copy(
        &self,
        moment: MomentId,
        to: &Reader<'_>,
        now: Timestamp,
    ) -> Result<Option<Copied>, Error> {
        let Some(chain) = self.load(At::Moment(moment)).await? else {
            return Ok(None);
        };
        let Leftover {
            head,
            sequence,
            turns: consumed,
        } = to.leftover().await?;
        let id = MomentId::at(now);
        let mut copied = None;
        replay(&chain, self.seal, |tip, replay| {
            if tip.id == moment {
                let record = Record {
                    id,
                    parent: (self.key == to.key).then_some(moment),
                    base: id,
                    sequence: sequence + 1,
                    step: tip.step + 1,
                    source: Source::Fork,
                    created_at: now,
                    due: tip.due,
                    payload: Vec::new(),
                };
                copied = Some((record, snapshot(replay)?));
            }
            Ok::<_, Failure<'_>>(())
        })
        .map_err(|failure| self.told(failure))?;
        let Some((mut record, (body, old))) = copied else {
            return Ok(None);
        };
        record.payload = to.seal.seal_record(&record, body);
        let commit = Commit {
            expected: Expect::Head(head),
            records: vec![record],
            consumed,
            ..Commit::default()
        };
        let stored = to.saver.commit(to.key, commit).await;
        stored.map_err(|source| to.store(source))?;
        let turns = (0..).zip(old);
        let turns = turns.map(|(index, old)| (old, ActivationId { moment: id, index }));
        Ok(Some(Copied {
            id,
            turns: turns.collect(),
        }))
    }
}

/// The body of a snapshot of what stands, its turns named by their places, and what they were named before.
fn snapshot(replay: &Replay<'_>) -> Result<(Vec<u8>, Vec<ActivationId>), Error> {
    let encoded = |source| Error::Encode {
        what: "the moment".to_owned(),
        source,
    };
    let state = serde_json::value::RawValue::from_string(replay.image.to_json());
    let state = state.map_err(encoded)?;
    let active = replay.active.iter();
    let started = active.map(|(_, turn)| StoredActivation {
        id: None,
        ..turn.clone()
    });
    let started = started.collect();
    let body = Body {
        run: Some(replay.run.clone()),
        state: Some(&state),
        started,
        slots: replay.slots.clone(),
        failures: Some(replay.failures.clone()).filter(|failures| !failures.is_empty()),
        ..Body::default()
    };
    let mut bytes = draft(state.get().len());
    serde_json::to_writer(&mut bytes, &body).map_err(encoded)?;
    Ok((bytes, replay.active.iter().map(|(id, _)| *id).collect()))
}

/// What going back leaves behind on a thread.
#[derive(Debug, Default)]
pub(crate) struct Leftover {
    pub(crate) head: Option<MomentId>,
    /// The highest sequence, over all branches.
    pub(crate) sequence: u64,
    /// Turns that are active, or have something stored beside the records.
    pub(crate) turns: Vec<ActivationId>,
}

impl Reader<'_> {
    /// What stands at the thread's head as it is stored, whether or not this version of the graph can read it.
    pub(crate) async fn leftover(&self) -> Result<Leftover, Error> {
        let Some(chain) = self.load(At::Head).await? else {
            return Ok(Leftover::default());
        };
        let mut turns: BTreeSet<_> = chain
            .writes
            .iter()
            .map(|write| write.key.activation)
            .collect();
        replay(&chain, self.seal, |record, replay| {
            // An answer may come in until the moment of the commit.
            if Some(record.id) == chain.head {
                turns.extend(replay.active.iter().map(|(id, _)| *id));
            }
            Ok::<_, Failure<'_>>(())
        })
        .map_err(|failure| self.told(failure))?;
        Ok(Leftover {
            head: chain.head,
            sequence: chain.sequence,
            turns: turns.into_iter().collect(),
        })
    }
}
