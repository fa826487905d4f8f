//! The answers to a run's questions: with the thread itself, also those of graphs within it.

use serde_json::value::RawValue;

use super::Journal;
use crate::checkpointer::{Commit, Write, WriteKey, WriteKind};
use crate::error::Error;
use crate::id::{QuestionId, ThreadKey};
use crate::moment::ThreadSeal;

impl Journal {
    /// Where the answers are: with the thread itself, however deep in it this run is.
    fn answers_at(&self) -> (&ThreadKey, ThreadSeal) {
        match &self.outer {
            Some(root) => (root, self.seal.of(root)),
            None => (&self.key, self.seal),
        }
    }

    /// What was answered since, and not taken yet; nothing of an answer where the time has come without one.
    pub(crate) async fn answers(
        &mut self,
    ) -> Result<Vec<(QuestionId, Option<Box<RawValue>>)>, Error> {
        let (key, seal) = self.answers_at();
        let writes = self.store.saver.writes(key).await;
        let writes = writes.map_err(|source| self.failure(source))?;
        let mut answers = Vec::new();
        for write in writes {
            if write.key.kind == WriteKind::Answer {
                answers.push((write.key.question(), self.open_answer(seal, &write)?));
                // What lies with the thread itself is not ours to remove.
                if self.outer.is_none() {
                    self.written.insert(write.key.activation);
                }
            }
        }
        Ok(answers)
    }

    /// Gives answers as anybody does: of two, the first one that is stored counts.
    pub(crate) async fn answer(&mut self, given: Vec<(WriteKey, Vec<u8>)>) -> Result<(), Error> {
        if self.outer.is_none() {
            self.keep(given).await?;
            return self.flush().await;
        }
        let (root, seal) = self.answers_at();
        let writes = given.into_iter().map(|(key, body)| Write {
            payload: seal.seal_write(&key, &body),
            key,
        });
        let commit = Commit {
            writes: writes.collect(),
            epoch: self.epoch,
            ..Commit::default()
        };
        let stored = self
            .store
            .commit_surely(root, commit, self.hold.slot())
            .await;
        stored.map_err(|source| self.failure(source))
    }

    fn open_answer(&self, seal: ThreadSeal, write: &Write) -> Result<Option<Box<RawValue>>, Error> {
        let body = seal.open_write(&write.key, &write.payload);
        if body.is_ok_and(|body| body.is_empty()) {
            return Ok(None);
        }
        self.open_with(seal, write).map(Some)
    }
}
