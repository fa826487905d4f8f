//! What a step comes to, and how that is put into the bytes of a record.

use super::Journal;
use crate::checkpointer::{Commit, Expect, Record, Source};
use crate::error::Error;
use crate::id::{ActivationId, MomentId, Timestamp};
use crate::moment::{Body, draft};

/// What reading a moment may cost beside twice its state, so that small states aren't snapshots all the time.
const SNAPSHOT_SLACK: usize = 4096;

/// What a step comes to beside its body, before it is decided how it is stored.
pub(crate) struct Entry<'a> {
    pub(crate) id: MomentId,
    pub(crate) at: Timestamp,
    pub(crate) source: Source,
    pub(crate) world: World<'a>,
    pub(crate) ended: &'a [ActivationId],
    /// When the thread wants to be woken.
    pub(crate) due: Option<Timestamp>,
}

/// The state's part of a record.
pub(crate) enum World<'a> {
    /// All of it, as a JSON object.
    State(&'a [u8]),
    /// What was done to it, as the inside of a JSON array.
    Change(&'a [u8]),
}

impl Journal {
    /// Whether the next record has to be a snapshot: where the chain would cost more than twice the state.
    pub(crate) fn wants_snapshot(&self, change: usize, state: usize) -> bool {
        self.parent.is_none()
            || self.snapshot_due
            || self.chain + change > 2 * state + SNAPSHOT_SLACK
    }

    /// Puts a step into words: the thread's next record.
    pub(crate) fn word(&mut self, entry: &Entry<'_>, mut body: Body<'_>) -> Result<Commit, Error> {
        let id = entry.id;
        let snapshot = matches!(entry.world, World::State(_));
        if snapshot || self.header_due {
            if let Some(call) = &mut self.header.call {
                call.began.get_or_insert(id);
            }
            body.run = Some(Box::new(self.header.clone()));
        }
        let base = if snapshot {
            id
        } else {
            self.base.unwrap_or(id)
        };
        let draft = encode(&body, &entry.world, self.usual_size)?;
        let mut record = Record {
            id,
            parent: self.parent,
            base,
            sequence: self.sequence + 1,
            step: self.step + 1,
            source: entry.source,
            created_at: entry.at,
            due: entry.due,
            payload: Vec::new(),
        };
        // What reading costs is counted in the words in which the state's size is known.
        let size = draft.len();
        record.payload = self.seal.seal_record(&record, draft);
        let expected = Expect::Head(self.head);
        (self.usual_size, self.last_size) = (size, record.payload.len());
        self.chain = if snapshot { size } else { self.chain + size };
        (self.head, self.parent, self.base) = (Some(id), Some(id), Some(base));
        self.snapshot_due &= !snapshot;
        (self.sequence, self.step) = (record.sequence, record.step);
        if self.aside.has_written() {
            self.written.extend(self.aside.take_written());
        }
        let written = &mut self.written;
        let mut consumed = std::mem::take(&mut self.forgotten);
        if !written.is_empty() {
            consumed.extend(entry.ended.iter().copied().filter(|id| written.remove(id)));
        }
        Ok(Commit {
            expected,
            records: vec![record],
            consumed,
            received: std::mem::take(&mut self.received),
            rewrites: self.rewrites,
            epoch: self.epoch,
            ..Commit::default()
        })
    }
}

/// The body with the state's part put in as it is, so that it isn't encoded a second time.
fn encode(body: &Body<'_>, world: &World<'_>, size: usize) -> Result<Vec<u8>, Error> {
    let mut bytes = draft(size);
    serde_json::to_writer(&mut bytes, body).map_err(|source| Error::Encode {
        what: "the moment".to_owned(),
        source,
    })?;
    bytes.pop();
    if bytes.last() != Some(&b'{') {
        bytes.push(b',');
    }
    match world {
        World::State(state) => {
            bytes.extend_from_slice(b"\"state\":");
            bytes.extend_from_slice(state);
        }
        World::Change(operations) => {
            bytes.extend_from_slice(b"\"change\":[");
            bytes.extend_from_slice(operations);
            bytes.push(b']');
        }
    }
    bytes.push(b'}');
    Ok(bytes)
}
