//! What is kept beside the records: results of tasks whose siblings still run, pauses, and whatever else belongs to a
//! node's turn until the turn is over.

use serde::de::DeserializeOwned;

use super::Journal;
use crate::checkpointer::{Commit, Expect, StoreError, Write, WriteKey};
use crate::engine::past::Past;
use crate::error::Error;
use crate::id::ActivationId;
use crate::moment::ThreadSeal;

impl Journal {
    /// Keeps things beside the records: results of tasks whose siblings are still running, pauses. They are
    /// handed over, not awaited: the record that takes them in, or a flush, comes after them.
    pub(crate) async fn keep(&mut self, writes: Vec<(WriteKey, Vec<u8>)>) -> Result<(), Error> {
        self.keep_by(writes, false).await
    }

    /// [`keep`](Self::keep), stored when this returns.
    pub(crate) async fn keep_now(&mut self, writes: Vec<(WriteKey, Vec<u8>)>) -> Result<(), Error> {
        self.keep_by(writes, true).await
    }

    async fn keep_by(
        &mut self,
        writes: Vec<(WriteKey, Vec<u8>)>,
        at_once: bool,
    ) -> Result<(), Error> {
        if writes.is_empty() {
            return Ok(());
        }
        self.written
            .extend(writes.iter().map(|(key, _)| key.activation));
        let seal = |(key, body): (WriteKey, Vec<u8>)| Write {
            payload: self.seal.seal_write(&key, &body),
            key,
        };
        let writes = writes.into_iter().map(seal).collect();
        let commit = Commit {
            expected: Expect::Head(self.head),
            writes,
            epoch: self.epoch,
            ..Commit::default()
        };
        self.store(commit, at_once).await
    }

    /// Lets whatever is stored for these node turns go with the next record: answers may have come in for them
    /// since their writes were read.
    pub(crate) fn forget(&mut self, turns: Vec<ActivationId>) {
        self.written.retain(|turn| !turns.contains(turn));
        self.forgotten = turns;
    }

    /// [`forget`](Self::forget), beside those that go already.
    pub(crate) fn forget_too(&mut self, turns: &[ActivationId]) {
        self.written.retain(|turn| !turns.contains(turn));
        self.forgotten.extend_from_slice(turns);
    }

    /// What earlier runs have left of turns that they didn't end.
    pub(crate) fn past(&self, writes: &[Write]) -> Result<Past, Error> {
        Past::of(writes, self.seal).map_err(|source| self.failure(source))
    }

    /// The body of a write.
    pub(crate) fn open<T: DeserializeOwned>(&self, write: &Write) -> Result<T, Error> {
        self.open_with(self.seal, write)
    }

    pub(super) fn open_with<T: DeserializeOwned>(
        &self,
        seal: ThreadSeal,
        write: &Write,
    ) -> Result<T, Error> {
        let body = seal
            .open_write(&write.key, &write.payload)
            .map_err(|source| self.failure(source))?;
        serde_json::from_slice(&body).map_err(|error| {
            self.failure(StoreError::Corrupt(format!(
                "the write {} can't be read: {error}",
                write.key
            )))
        })
    }
}
