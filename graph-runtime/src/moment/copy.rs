//! Copying a moment as it is stored to a place of its own: a snapshot whose turns are named by it. No user type is
//! involved.

use serde_json::value::RawValue;

use super::body::{Body, RunHeader, StoredActivation, StoredChild};
use super::payload::ThreadSeal;
use super::replay::Replay;
use super::rewrite::{unwritable, written};
use crate::checkpointer::{Record, Source};
use crate::error::Error;
use crate::id::{ActivationId, MomentId, Timestamp};

/// A copy of a moment, before it is put into bytes.
pub(super) struct Copy<'r> {
    record: Record,
    replay: &'r Replay<'r>,
    pub(super) run: RunHeader<'static>,
    pub(super) state: String,
    pub(super) started: Vec<StoredActivation<'r>>,
    pub(super) children: Vec<StoredChild<'static>>,
}

impl<'r> Copy<'r> {
    /// Of what stands at a record, on behalf of a run. The graphs within it are left out.
    pub(super) fn of(
        original: &Record,
        replay: &'r Replay<'r>,
        run: RunHeader<'static>,
        now: Timestamp,
    ) -> Self {
        let id = MomentId::at(now);
        let active = replay.active.iter();
        let started = active.map(|(_, turn)| StoredActivation {
            id: None,
            ..turn.clone()
        });
        Self {
            record: Record {
                id,
                parent: None,
                base: id,
                sequence: 1,
                step: original.step,
                source: original.source,
                created_at: now,
                due: original.due,
                payload: Vec::new(),
            },
            run: RunHeader {
                graph: replay.run.graph.clone().into_owned().into(),
                fingerprint: replay.run.fingerprint.clone().into_owned().into(),
                ..run
            },
            state: replay.image.to_json(),
            started: started.collect(),
            children: Vec::new(),
            replay,
        }
    }

    /// After so many records of its place.
    pub(super) fn behind(mut self, sequence: u64) -> Self {
        self.record.sequence = sequence + 1;
        self
    }

    /// Where a branch begins, with what it goes on from if that is at the same place.
    pub(super) fn fork(mut self, parent: Option<MomentId>) -> Self {
        self.record.parent = parent;
        self.record.step += 1;
        self.record.source = Source::Fork;
        self
    }

    pub(super) fn id(&self) -> MomentId {
        self.record.id
    }

    /// Its turns, as they were called and as they are called by the copy.
    pub(super) fn turns(&self) -> Vec<Renamed<'r>> {
        let moment = self.record.id;
        let active = (0..).zip(&self.replay.active);
        active
            .map(|(index, (old, turn))| Renamed {
                node: &turn.node,
                old: *old,
                new: ActivationId { moment, index },
            })
            .collect()
    }

    /// The record that holds it.
    ///
    /// # Errors
    /// [`Error::Encode`].
    pub(super) fn seal(self, seal: ThreadSeal) -> Result<Record, Error> {
        let Self {
            record,
            replay,
            run,
            state,
            started,
            children,
        } = self;
        let state = RawValue::from_string(state).map_err(unwritable)?;
        let body = Body {
            run: Some(Box::new(run)),
            state: Some(&state),
            started,
            children,
            slots: Some(replay.slots.clone()).filter(|slots| !slots.is_empty()),
            failures: Some(replay.failures.clone()).filter(|failures| !failures.is_empty()),
            ..Body::default()
        };
        written(record, &body, seal)
    }
}

/// A node turn as a branch finds it, and as it is called there.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Renamed<'a> {
    pub(crate) node: &'a str,
    pub(crate) old: ActivationId,
    pub(crate) new: ActivationId,
}
