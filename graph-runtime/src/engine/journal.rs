//! Writing a run down: what becomes a record, when, and in which durability.

use std::collections::HashSet;
use std::sync::Arc;

use serde_json::value::RawValue;
use tokio::runtime::Handle;

use super::registry::{Hold, Slot};
use super::writer::{Backlog, Flush, Writer};
use crate::checkpointer::{
    Checkpointer, Commit, Expect, Record, Source, StoreError, Write, WriteKey, WriteKind,
};
use crate::error::Error;
use crate::id::{ActivationId, MomentId, ThreadKey, Timestamp};
use crate::moment::{Body, RunHeader, ThreadSeal, draft, thread_text};

/// When a step counts as taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum Durability {
    /// When its moment is stored: the next step starts after that.
    Sync,
    /// At once: one ordered writer follows, at most 8 steps, 8 MiB or 250 ms behind, and has stored everything
    /// before a pause and before `invoke` returns. Its errors are the run's.
    #[default]
    Async,
}

/// What reading a moment may cost beside twice its state, so that small states aren't snapshots all the time.
const SNAPSHOT_SLACK: usize = 4096;

/// The written side of a run.
pub(crate) struct Journal {
    saver: Arc<dyn Checkpointer>,
    pub(crate) key: ThreadKey,
    pub(crate) seal: ThreadSeal,
    durability: Durability,
    /// Whether commits are over at once, in every durability.
    inline: bool,
    header: RunHeader<'static>,
    /// Until this run has a record of its own, which says what run it is.
    header_due: bool,
    head: Option<MomentId>,
    base: Option<MomentId>,
    sequence: u64,
    step: u64,
    /// What reading the head costs, in bytes.
    chain: usize,
    /// How large the last record was: the next one will be about as large.
    usual_size: usize,
    /// Node turns that have writes in the store.
    written: HashSet<ActivationId>,
    backlog: Arc<Backlog>,
    writer: Option<Writer>,
    hold: Hold,
}

/// Where a journal goes on.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Position {
    pub(crate) head: Option<MomentId>,
    pub(crate) base: Option<MomentId>,
    pub(crate) sequence: u64,
    pub(crate) step: u64,
    pub(crate) chain: usize,
}

/// What a step comes to, before it is decided how it is stored.
pub(crate) struct Entry<'a> {
    pub(crate) id: MomentId,
    pub(crate) at: Timestamp,
    pub(crate) source: Source,
    /// Everything but the state.
    pub(crate) body: Body<'a>,
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
    pub(crate) fn new(
        saver: Arc<dyn Checkpointer>,
        key: ThreadKey,
        hold: Hold,
        durability: Durability,
        header: RunHeader<'static>,
    ) -> Self {
        Self {
            inline: saver.commits_inline(),
            saver,
            seal: ThreadSeal::new(&key),
            durability,
            header,
            header_due: true,
            head: None,
            base: None,
            sequence: 0,
            step: 0,
            chain: 0,
            usual_size: 256,
            written: HashSet::new(),
            backlog: Backlog::new(key.clone()),
            writer: None,
            hold,
            key,
        }
    }

    /// Goes on behind what is stored.
    pub(crate) fn stand_at(&mut self, position: Position, writes: &[Write]) {
        let Position {
            head,
            base,
            sequence,
            step,
            chain,
        } = position;
        (self.head, self.base, self.sequence, self.step, self.chain) =
            (head, base, sequence, step, chain);
        self.written = writes.iter().map(|write| write.key.activation).collect();
    }

    pub(crate) fn head(&self) -> Option<MomentId> {
        self.head
    }

    pub(crate) fn step(&self) -> u64 {
        self.step
    }

    pub(crate) fn thread(&self) -> String {
        thread_text(&self.key)
    }

    pub(crate) fn flush_handle(&self) -> Flush {
        self.backlog.flush_handle()
    }

    /// Whether the next record has to be a snapshot: where the chain would cost more than twice the state.
    pub(crate) fn wants_snapshot(&self, change: usize, state: usize) -> bool {
        self.head.is_none() || self.chain + change > 2 * state + SNAPSHOT_SLACK
    }

    /// Stores a step; `last` if the run ends or pauses with it, so that it has to be stored at once.
    pub(crate) async fn record(&mut self, entry: Entry<'_>, last: bool) -> Result<(), Error> {
        let commit = self.commit_of(entry)?;
        // The input is acknowledged before the first node runs, in every durability.
        let first = std::mem::take(&mut self.header_due);
        if self.inline {
            let stored = (*self.saver).commit(&self.key, commit).await;
            return stored.map_err(|source| self.failure(source));
        }
        let at_once = last || first || self.durability == Durability::Sync;
        self.store(commit, at_once).await
    }

    fn commit_of(&mut self, entry: Entry<'_>) -> Result<Commit, Error> {
        let Entry {
            id,
            at,
            source,
            mut body,
            world,
            ended,
            due,
        } = entry;
        let snapshot = matches!(world, World::State(_));
        if snapshot || self.header_due {
            body.run = Some(self.header.clone());
        }
        let base = if snapshot {
            id
        } else {
            self.base.unwrap_or(id)
        };
        let draft = encode(&body, &world, self.usual_size)?;
        let mut record = Record {
            id,
            parent: self.head,
            base,
            sequence: self.sequence + 1,
            step: self.step + 1,
            source,
            created_at: at,
            due,
            payload: Vec::new(),
        };
        record.payload = self.seal.seal_record(&record, draft);
        let expected = Expect::Head(self.head);
        let size = record.payload.len();
        self.usual_size = size;
        self.chain = if snapshot { size } else { self.chain + size };
        (self.head, self.base) = (Some(id), Some(base));
        (self.sequence, self.step) = (record.sequence, record.step);
        let written = &mut self.written;
        let consumed = if written.is_empty() {
            Vec::new()
        } else {
            ended
                .iter()
                .copied()
                .filter(|id| written.remove(id))
                .collect()
        };
        Ok(Commit {
            expected,
            records: vec![record],
            consumed,
            ..Commit::default()
        })
    }

    async fn store(&mut self, commit: Commit, at_once: bool) -> Result<(), Error> {
        let stored = if at_once || self.inline || !self.start_writer() {
            self.store_now(commit).await
        } else if let Some(writer) = &self.writer {
            writer.push(commit).await
        } else {
            Ok(())
        };
        stored.map_err(|source| self.failure(source))
    }

    async fn store_now(&mut self, commit: Commit) -> Result<(), StoreError> {
        if let Some(writer) = &self.writer {
            writer.flush().await?;
        }
        commit_surely(&self.saver, &self.key, commit, self.hold.slot()).await
    }

    fn start_writer(&mut self) -> bool {
        if self.writer.is_none() {
            self.writer = Writer::start(
                Arc::clone(&self.saver),
                self.hold.slot(),
                Arc::clone(&self.backlog),
            );
        }
        self.writer.is_some()
    }

    /// Keeps things beside the records: results of tasks whose siblings are still running, pauses. They are
    /// handed over, not awaited: the record that takes them in, or a flush, comes after them.
    pub(crate) async fn keep(&mut self, writes: Vec<(WriteKey, Vec<u8>)>) -> Result<(), Error> {
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
        self.store(
            Commit {
                expected: Expect::Head(self.head),
                writes,
                ..Commit::default()
            },
            false,
        )
        .await
    }

    /// Answers may have come in for these node turns since their writes were read.
    pub(crate) fn expect_writes(&mut self, turns: &[ActivationId]) {
        self.written.extend(turns);
    }

    /// What was answered since, and not taken yet.
    pub(crate) async fn answers(&mut self) -> Result<Vec<Write>, Error> {
        let writes = self
            .saver
            .writes(&self.key)
            .await
            .map_err(|source| self.failure(source))?;
        let answers: Vec<_> = writes
            .into_iter()
            .filter(|write| write.key.kind == WriteKind::Answer)
            .collect();
        self.written
            .extend(answers.iter().map(|write| write.key.activation));
        Ok(answers)
    }

    /// The body of an answer; nothing where the time has come without one.
    pub(crate) fn open_answer(&self, write: &Write) -> Result<Option<Box<RawValue>>, Error> {
        let body = self.seal.open_write(&write.key, &write.payload);
        if body.is_ok_and(<[u8]>::is_empty) {
            return Ok(None);
        }
        self.open_json(write).map(Some)
    }

    /// The body of a write.
    pub(crate) fn open_json(&self, write: &Write) -> Result<Box<RawValue>, Error> {
        let body = self
            .seal
            .open_write(&write.key, &write.payload)
            .map_err(|source| self.failure(source))?;
        serde_json::from_slice(body).map_err(|error| {
            self.failure(StoreError::Corrupt(format!(
                "the write {} can't be read: {error}",
                write.key
            )))
        })
    }

    /// Waits until everything is stored.
    pub(crate) async fn flush(&mut self) -> Result<(), Error> {
        match &self.writer {
            Some(writer) => writer.flush().await.map_err(|source| self.failure(source)),
            None => Ok(()),
        }
    }

    fn failure(&self, source: StoreError) -> Error {
        Error::Store {
            thread: self.thread(),
            source,
        }
    }
}

/// Commits so that dropping the run doesn't leave it open whether the commit happens: it is seen through, and the
/// thread is taken until then.
async fn commit_surely(
    saver: &Arc<dyn Checkpointer>,
    key: &ThreadKey,
    commit: Commit,
    slot: Arc<Slot>,
) -> Result<(), StoreError> {
    let runtime = Handle::try_current()
        .ok()
        .filter(|_| !(**saver).commits_inline());
    let Some(runtime) = runtime else {
        return (**saver).commit(key, commit).await;
    };
    let (saver, key) = (Arc::clone(saver), key.clone());
    let task = runtime.spawn(async move {
        let result = (*saver).commit(&key, commit).await;
        drop(slot);
        result
    });
    task.await
        .unwrap_or_else(|error| Err(StoreError::Unknown(error.into())))
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
