//! Going through a chain of records: what stood when, as it is stored. No user type is involved.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::body::{Body, Left, RunHeader, StoredActivation, StoredChild, move_on};
use super::payload::ThreadSeal;
use crate::checkpointer::{Chain, Record, StoreError};
use crate::failure::Failure;
use crate::id::{ActivationId, QuestionId};
use crate::state::Image;

/// What stands after the records that were taken so far.
#[derive(Debug)]
pub(crate) struct Replay<'a> {
    pub(crate) image: Image<'a>,
    pub(crate) run: RunHeader<'a>,
    pub(crate) ran: Vec<Cow<'a, str>>,
    /// Node turns that are ready or wait, each with its id.
    pub(crate) active: Vec<(ActivationId, StoredActivation<'a>)>,
    pub(crate) slots: BTreeMap<Cow<'a, str>, Vec<u32>>,
    /// Graphs within this one: those that can be gone on with, and those that have just ended.
    pub(crate) children: Vec<StoredChild<'a>>,
    /// Failures that wait at joins, each with its join.
    pub(crate) failures: Vec<(Cow<'a, str>, Failure)>,
    /// Bytes read so far: what loading this moment costs.
    pub(crate) bytes: usize,
}

/// Goes through a chain from its snapshot and shows what stands after each record; gives what stands after the last.
///
/// # Errors
/// `Corrupt` with the damaged record if one isn't what was written, or is missing.
pub(crate) fn replay<'a, E: From<Damage<'a>>>(
    chain: &'a Chain,
    seal: ThreadSeal,
    mut look: impl FnMut(&'a Record, &Replay<'a>) -> Result<(), E>,
) -> Result<Option<Replay<'a>>, E> {
    let mut records = chain.records.iter();
    let Some(first) = records.next() else {
        return Ok(None);
    };
    let mut replay = Replay::begin(first, seal).map_err(|cause| Damage {
        record: first,
        cause,
    })?;
    look(first, &replay)?;
    let mut before = first;
    for record in records {
        let cause = if record.parent == Some(before.id) {
            replay.take(record, seal).err()
        } else {
            Some(StoreError::Corrupt(
                "the moment before it is missing".to_owned(),
            ))
        };
        if let Some(cause) = cause {
            return Err(Damage { record, cause }.into());
        }
        look(record, &replay)?;
        before = record;
    }
    Ok(Some(replay))
}

/// A record that can't be read.
#[derive(Debug)]
pub(crate) struct Damage<'a> {
    pub(crate) record: &'a Record,
    pub(crate) cause: StoreError,
}

impl<'a> Replay<'a> {
    fn begin(record: &'a Record, seal: ThreadSeal) -> Result<Self, StoreError> {
        let body = body_of(record, seal)?;
        let state = body.state.filter(|_| record.is_snapshot());
        let state = state.ok_or_else(|| {
            StoreError::Corrupt("the snapshot it builds on is missing".to_owned())
        })?;
        let mut replay = Self {
            image: Image::from_snapshot(state).map_err(unreadable)?,
            run: RunHeader::default(),
            ran: Vec::new(),
            active: Vec::new(),
            slots: BTreeMap::new(),
            children: Vec::new(),
            failures: Vec::new(),
            bytes: 0,
        };
        replay.follow(record, body);
        Ok(replay)
    }

    fn take(&mut self, record: &'a Record, seal: ThreadSeal) -> Result<(), StoreError> {
        let body = body_of(record, seal)?;
        if let Some(change) = body.change {
            self.image.apply(change).map_err(unreadable)?;
        }
        self.follow(record, body);
        Ok(())
    }

    /// The turns that are active, and those of graphs within them that have asked something: all that writes of the
    /// thread can belong to.
    pub(crate) fn turns(&self) -> Vec<ActivationId> {
        let of_turn = |(id, turn): &(ActivationId, StoredActivation<'_>)| {
            let asked = turn.questions.iter().flatten();
            let within = asked.filter_map(|question| Some(question.id.as_ref()?.activation));
            std::iter::once(*id).chain(within).collect::<Vec<_>>()
        };
        let mut turns: Vec<_> = self.active.iter().flat_map(of_turn).collect();
        turns.sort_unstable();
        turns.dedup();
        turns
    }

    /// Everything but the state.
    fn follow(&mut self, record: &'a Record, body: Body<'a>) {
        self.bytes += record.payload.len();
        if let Some(run) = body.run {
            self.run = *run;
        }
        self.ran = body.ran.into_owned();
        // What a turn has left behind is seen at the moment at which it ended, and no longer.
        let active = &self.active;
        self.children
            .retain(|child| child.matters(active.iter().map(|(id, _)| *id)));
        move_on(&mut self.children, body.children);
        self.active.retain(|(id, _)| body.still.contains(id));
        for asked in body.asked {
            if let Some((_, activation)) = self.active.iter_mut().find(|(id, _)| *id == asked.id) {
                activation.questions = Some(asked.questions);
            }
        }
        self.active
            .extend((0..).zip(body.started).map(|(index, activation)| {
                let id = activation.id.unwrap_or(ActivationId {
                    moment: record.id,
                    index,
                });
                (id, activation)
            }));
        if let Some(failures) = body.failures {
            self.failures = failures;
        }
        for (join, filled) in body.slots.into_iter().flatten() {
            if filled.is_empty() {
                self.slots.remove(&join);
            } else {
                self.slots.insert(join, filled);
            }
        }
    }
}

/// The answers that a record has taken, each with its checksum.
pub(crate) fn answers_of(
    record: &Record,
    seal: ThreadSeal,
) -> Result<Vec<(QuestionId, u64)>, StoreError> {
    Ok(body_of(record, seal)?.answered)
}

/// The run that begins with a record, where it says so: one that begins there does.
pub(crate) fn header_of(
    record: &Record,
    seal: ThreadSeal,
) -> Result<Option<RunHeader<'_>>, StoreError> {
    Ok(body_of(record, seal)?.run.map(|run| *run))
}

/// How the run has ended that an input goes on with, or leaves.
pub(crate) fn left_of(record: &Record, seal: ThreadSeal) -> Result<Option<Left>, StoreError> {
    Ok(body_of(record, seal)?.left)
}

/// Whether nothing is active after a record.
pub(crate) fn is_at_rest(record: &Record, seal: ThreadSeal) -> Result<bool, StoreError> {
    let body = body_of(record, seal)?;
    Ok(body.still.is_empty() && body.started.is_empty())
}

fn body_of(record: &Record, seal: ThreadSeal) -> Result<Body<'_>, StoreError> {
    serde_json::from_slice(seal.open_record(record)?).map_err(unreadable)
}

#[allow(clippy::needless_pass_by_value)] // used as `map_err(unreadable)`
fn unreadable(error: serde_json::Error) -> StoreError {
    StoreError::Corrupt(format!("its body can't be read: {error}"))
}
