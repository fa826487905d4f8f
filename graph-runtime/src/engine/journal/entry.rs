//! What a step comes to, and how that is put into bytes.

use crate::checkpointer::Source;
use crate::error::Error;
use crate::id::{ActivationId, MomentId, Timestamp};
use crate::moment::{Body, draft};

/// What a step comes to, before it is decided how it is stored.
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

/// The body with the state's part put in as it is, so that it isn't encoded a second time.
pub(super) fn encode(body: &Body<'_>, world: &World<'_>, size: usize) -> Result<Vec<u8>, Error> {
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
