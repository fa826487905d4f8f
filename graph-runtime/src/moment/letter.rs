//! What waits in a thread's inbox: an input whose turn hasn't come, or the wish that a run stops.
//!
//! A message is a payload like any other: self-describing, with a checksum over itself and its thread. An
//! input's id is the id of the moment that will store it, so that whoever waits for it finds it, and so that a message which
//! came twice is known for the same.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::payload::ThreadSeal;
use crate::checkpointer::{Message, StoreError};
use crate::engine::{Busy, Durability};
use crate::id::MomentId;

/// A message that was read.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Letter {
    pub(crate) id: MomentId,
    /// What becomes of those that come before it.
    pub(crate) busy: Busy,
    /// The run that was under way when it was sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) behind: Option<String>,
    /// What is to be run; without it the letter only stops others.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) input: Option<LetterInput>,
}

/// An input as it waits, with what its run was told that any process can heed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct LetterInput {
    pub(crate) json: Box<RawValue>,
    /// Whether it begins at `start` whatever is unfinished.
    #[serde(default, skip_serializing_if = "is_false")]
    pub(crate) from_start: bool,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) metadata: BTreeMap<String, String>,
    pub(crate) step_limit: usize,
    pub(crate) durability: Durability,
    /// The names of nodes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) pause_before: Vec<String>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) pause_after: Vec<String>,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // as serde calls it
fn is_false(flag: &bool) -> bool {
    !flag
}

impl Letter {
    /// As it is sent.
    ///
    /// # Errors
    /// If it can't be encoded.
    pub(crate) fn seal(&self, seal: ThreadSeal) -> Result<Vec<u8>, serde_json::Error> {
        Ok(seal.seal_message(&serde_json::to_vec(self)?))
    }

    /// Reads a message.
    ///
    /// # Errors
    /// `Corrupt` or `FormatTooNew`.
    pub(crate) fn open(message: &Message, seal: ThreadSeal) -> Result<Self, StoreError> {
        let body = seal.open_message(&message.payload)?;
        serde_json::from_slice(body).map_err(|error| {
            StoreError::Corrupt(format!(
                "the message at {} can't be read: {error}",
                message.position
            ))
        })
    }

    /// Whether it wants everybody before it to stop.
    pub(crate) fn interrupts(&self) -> bool {
        self.busy.interrupts()
    }
}
