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
                turns.extend(replay.turns());
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

#[cfg(test)]
mod tests {
    use futures_util::FutureExt as _;

    use super::*;
    use crate::checkpointer::{Checkpointer, MemorySaver, Query, Write, WriteKey, WriteKind};
    use crate::id::ThreadKey;
    use crate::moment::ThreadSeal;

    const BODY: &str = r#"{"run":{"id":"r","graph":"g","fingerprint":"f"},"ran":["z"],"state":{"x":[1]},"started":[{"node":"a","items":[1,2],"limit":1},{"node":"b","questions":[{"question":"?"}]}],"slots":{"{a, b} -> c":[0]}}"#;

    fn reader<'a>(saver: &'a MemorySaver, key: &'a ThreadKey) -> Reader<'a> {
        let seal = ThreadSeal::new(key);
        Reader { saver, key, seal }
    }

    /// What is in a record, behind its first line.
    fn body(record: &Record) -> String {
        let text = String::from_utf8(record.payload.clone()).unwrap();
        text.split_once('\n').unwrap().1.to_owned()
    }

    /// A thread of one record, beside which an answer lies.
    fn begun(saver: &MemorySaver, key: &ThreadKey) -> MomentId {
        let now = Timestamp::from_micros(7);
        let id = MomentId::at(now);
        let mut record = Record {
            id,
            parent: None,
            base: id,
            sequence: 3,
            step: 2,
            source: Source::Step,
            created_at: now,
            due: Some(Timestamp::from_micros(9)),
            payload: Vec::new(),
        };
        let seal = ThreadSeal::new(key);
        let mut bytes = draft(0);
        bytes.extend_from_slice(BODY.as_bytes());
        record.payload = seal.seal_record(&record, bytes);
        let turn = ActivationId {
            moment: id,
            index: 1,
        };
        let key_of = WriteKey::of_turn(turn, WriteKind::Answer);
        let commit = Commit {
            expected: Expect::Head(None),
            records: vec![record],
            writes: vec![Write {
                payload: seal.seal_write(&key_of, b"true"),
                key: key_of,
            }],
            ..Commit::default()
        };
        saver.commit(key, commit).now_or_never().unwrap().unwrap();
        id
    }

    #[test]
    fn a_copy_is_a_snapshot_whose_turns_are_named_by_it() {
        let saver = MemorySaver::new();
        let (from, to) = ("from", "to");
        let [from, to] = [from, to].map(|thread| ThreadKey::new("graph", thread).unwrap());
        let moment = begun(&saver, &from);
        let copy = |to: &ThreadKey| {
            let now = Timestamp::from_micros(8);
            let (source, target) = (reader(&saver, &from), reader(&saver, to));
            let copied = source.copy(moment, &target, now).now_or_never().unwrap();
            copied.unwrap().unwrap()
        };
        for (to, parent, sequence) in [(&to, None, 1), (&from, Some(moment), 4)] {
            let Copied { id, turns } = copy(to);
            let turn = |moment| move |index| ActivationId { moment, index };
            let expected = [0, 1].map(|index| (turn(moment)(index), turn(id)(index)));
            assert_eq!(turns, expected);
            let records = saver.list(to, &Query::default()).now_or_never().unwrap();
            let head = records.unwrap().remove(0);
            assert_eq!(
                (head.id, head.parent, head.sequence),
                (id, parent, sequence)
            );
            assert_eq!((head.step, head.source), (3, Source::Fork));
            assert_eq!(head.due, Some(Timestamp::from_micros(9)));
            assert!(head.is_snapshot());
            ThreadSeal::new(to).open_record(&head).unwrap();
            assert_eq!(body(&head), BODY.replace(r#""ran":["z"],"#, ""));
            let writes = saver.writes(to).now_or_never().unwrap();
            assert_eq!(writes.unwrap(), []);
        }
    }

    #[test]
    fn there_is_no_copy_of_what_is_not_there() {
        let saver = MemorySaver::new();
        let key = ThreadKey::new("graph", "t").unwrap();
        let now = Timestamp::from_micros(8);
        let reader = reader(&saver, &key);
        let copied = reader.copy(MomentId::at(now), &reader, now).now_or_never();
        assert!(copied.unwrap().unwrap().is_none());
    }
}
