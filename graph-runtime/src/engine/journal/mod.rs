//! Writing a run down: what becomes a record, when, and in which durability.

mod answers;
mod beside;
mod entry;

use std::collections::HashSet;
use std::sync::Arc;

pub(crate) use self::entry::{Entry, World};
use super::aside::Aside;
use super::backlog::{Backlog, Flush};
use super::durability::Durability;
use super::lease::Leased;
use super::line::Received;
use super::nest::NestStore;
use super::registry::Hold;
use super::request::Home;
use super::watch::Watch;
use super::writer::{Store, Writer};
use crate::checkpointer::{Commit, StoreError, Write};
use crate::error::Error;
use crate::id::{ActivationId, MomentId, ThreadKey, Timestamp};
use crate::moment::{Format, Leftover, Luggage, Placed, RunHeader, ThreadSeal, thread_text};

/// The written side of a run.
pub(crate) struct Journal {
    store: Store,
    pub(crate) key: ThreadKey,
    pub(crate) seal: ThreadSeal,
    format: Format,
    durability: Durability,
    /// Whether commits are over at once, in every durability.
    inline: bool,
    header: RunHeader<'static>,
    /// Until this run has a record of its own, which says what run it is.
    header_due: bool,
    /// Where the thread's head is.
    head: Option<MomentId>,
    /// The moment that the next record goes on from: the head, except where a branch begins.
    parent: Option<MomentId>,
    base: Option<MomentId>,
    sequence: u64,
    /// How often the thread's history was pruned before.
    rewrites: u64,
    step: u64,
    /// What reading the head costs, in bytes.
    chain: usize,
    /// Whether the next record has to be a snapshot: versions of a graph are never mixed in one chain.
    snapshot_due: bool,
    /// How large the body of the last record was: the next one will be about as large.
    usual_size: usize,
    /// How many bytes the last record took.
    last_size: usize,
    /// Node turns that have writes in the store.
    written: HashSet<ActivationId>,
    /// Node turns whose writes go with the next record, whatever has come in for them.
    forgotten: Vec<ActivationId>,
    backlog: Arc<Backlog>,
    aside: Arc<Aside>,
    writer: Option<Writer>,
    hold: Hold,
    /// The lease's, where there is one.
    epoch: u64,
    /// Where the answers are kept, if this is a graph within another run.
    outer: Option<ThreadKey>,
    /// The id of the first record, where an input has waited under it.
    first: Option<MomentId>,
    /// Messages that go with the first record.
    received: Vec<u64>,
}

/// Where a journal goes on.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Position {
    pub(crate) head: Option<MomentId>,
    pub(crate) parent: Option<MomentId>,
    pub(crate) base: Option<MomentId>,
    pub(crate) sequence: u64,
    pub(crate) rewrites: u64,
    pub(crate) step: u64,
    pub(crate) chain: usize,
    /// Whether what is there was written by another version of the graph.
    pub(crate) outdated: bool,
}

impl Journal {
    pub(crate) fn new(
        home: Home,
        hold: Hold,
        durability: Durability,
        header: RunHeader<'static>,
        watch: Watch,
    ) -> Self {
        let Home {
            saver, key, format, ..
        } = home;
        let seal = ThreadSeal::new(&key, format);
        let inline = saver.commits_inline() && durability != Durability::Exit;
        let (store, slot) = (Store { saver, watch }, hold.slot());
        let backlog = match durability {
            Durability::Exit => Backlog::holding(key.clone(), store.clone(), &slot),
            Durability::Sync | Durability::Async => Backlog::new(key.clone()),
        };
        let epoch = slot.epoch();
        Self {
            aside: Aside::new(
                &store,
                &key,
                seal,
                &backlog,
                &slot,
                backlog.flush_handle(None),
                epoch,
            ),
            inline,
            store,
            seal,
            format,
            durability,
            header,
            header_due: true,
            head: None,
            parent: None,
            base: None,
            sequence: 0,
            rewrites: 0,
            step: 0,
            chain: 0,
            snapshot_due: false,
            usual_size: 256,
            last_size: 0,
            written: HashSet::new(),
            forgotten: Vec::new(),
            backlog,
            writer: None,
            hold,
            epoch,
            key,
            outer: None,
            first: None,
            received: Vec::new(),
        }
    }

    /// Of an input that has waited: its record has the id that it has waited under, and takes it out of the inbox.
    pub(crate) fn receiving(mut self, received: Received) -> Self {
        self.first = received.id;
        self.received = received.positions;
        self
    }

    /// The id of the first record, if somebody knows it already.
    pub(crate) fn first_id(&mut self) -> Option<MomentId> {
        self.first.take()
    }

    /// Of a graph within another run: answers are kept with the thread itself, and what `outer` waits for is stored
    /// first.
    pub(crate) fn within(mut self, root: ThreadKey, outer: Flush, epoch: u64) -> Self {
        let flush = self.backlog.flush_handle(Some(outer));
        let slot = self.hold.slot();
        self.aside = Aside::new(
            &self.store,
            &self.key,
            self.seal,
            &self.backlog,
            &slot,
            flush,
            epoch,
        );
        self.outer = Some(root);
        self.epoch = epoch;
        self
    }

    /// The next record will be a snapshot.
    pub(crate) fn want_snapshot(&mut self) {
        self.snapshot_due = true;
    }

    /// Goes on behind what is stored.
    pub(crate) fn stand_at(&mut self, position: Position, writes: &[Write]) {
        let Position {
            head,
            parent,
            base,
            sequence,
            rewrites,
            step,
            chain,
            outdated,
        } = position;
        (self.head, self.parent, self.base) = (head, parent, base);
        (self.sequence, self.step, self.chain) = (sequence, step, chain);
        self.rewrites = rewrites;
        self.snapshot_due |= outdated;
        self.written = writes.iter().map(|write| write.key.activation).collect();
    }

    /// Begins anew where something is stored already, and leaves that behind.
    pub(crate) fn leave_behind(&mut self, leftover: Leftover) {
        let position = Position {
            head: leftover.head,
            sequence: leftover.sequence,
            rewrites: leftover.rewrites,
            ..Position::default()
        };
        self.stand_at(position, &[]);
        self.forget(leftover.turns);
    }

    pub(crate) fn head(&self) -> Option<MomentId> {
        self.head
    }

    pub(crate) fn step(&self) -> u64 {
        self.step
    }

    /// How many bytes the last record took.
    pub(crate) fn last_size(&self) -> usize {
        self.last_size
    }

    pub(crate) fn thread(&self) -> String {
        thread_text(&self.key)
    }

    /// Where the graphs within this run are stored.
    pub(crate) fn nest(&self) -> NestStore {
        let root = self.outer.clone();
        NestStore {
            home: Home {
                saver: Arc::clone(&self.store.saver),
                registry: self.hold.registry(),
                key: self.key.clone(),
                lease: None,
                format: self.format,
            },
            root: root.unwrap_or_else(|| self.key.clone()),
            run: self.header.id.clone().into_owned(),
            flush: self.aside.flush_handle(),
            epoch: self.epoch,
        }
    }

    /// Packs what goes along onto a branch that begins at a time.
    pub(crate) fn luggage<'a>(&'a self, at: Timestamp, placed: &'a [Placed]) -> Luggage<'a> {
        Luggage::new(
            &*self.store.saver,
            self.seal,
            self.header.clone(),
            at,
            placed,
        )
    }

    /// Stores something of a graph within this run.
    pub(crate) async fn store_for(&self, key: &ThreadKey, mut commit: Commit) -> Result<(), Error> {
        commit.epoch = self.epoch;
        let slot = self.hold.slot();
        let stored = self.store.commit_surely(key, commit, slot).await;
        stored.map_err(|source| self.failure(source))
    }

    /// The way to the store for what nodes keep themselves.
    pub(crate) fn aside(&self) -> Arc<Aside> {
        Arc::clone(&self.aside)
    }

    /// Stores a step that was put into [words](Self::word); `last` if the run ends or pauses with it, so that it
    /// has to be stored at once.
    pub(crate) async fn record(&mut self, commit: Commit, last: bool) -> Result<(), Error> {
        // The input is acknowledged before the first node runs, in every durability. That of a graph within another
        // one can be made again.
        let first = std::mem::take(&mut self.header_due) && self.outer.is_none();
        if self.inline {
            let stored = self.store.commit(&self.key, commit).await;
            return stored.map_err(|source| self.failure(source));
        }
        let at_once = last || first || self.durability == Durability::Sync;
        self.store(commit, at_once).await
    }

    async fn store(&mut self, commit: Commit, at_once: bool) -> Result<(), Error> {
        let stored = if self.durability == Durability::Exit {
            if self.backlog.hold(commit) || at_once {
                self.backlog.store_held().await
            } else {
                Ok(())
            }
        } else if at_once || self.inline || !self.start_writer() {
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
        let slot = self.hold.slot();
        self.store.commit_surely(&self.key, commit, slot).await
    }

    fn start_writer(&mut self) -> bool {
        if self.writer.is_none() {
            self.writer = Writer::start(
                self.store.clone(),
                self.hold.slot(),
                Arc::clone(&self.backlog),
            );
        }
        self.writer.is_some()
    }

    /// Waits until everything is stored.
    pub(crate) async fn flush(&mut self) -> Result<(), Error> {
        let stored = self.backlog.flush().await;
        stored.map_err(|source| self.failure(source))
    }

    /// Ready when nothing that was handed over waits to be stored.
    pub(crate) fn settled(&self) -> impl Future<Output = ()> + Send + 'static {
        Arc::clone(&self.backlog).settled()
    }

    /// Gives the thread back, as far as other processes are concerned: everything is stored.
    pub(crate) async fn release(&self) {
        self.hold.slot().release().await;
    }

    /// Whether other processes may run the thread, and wait for it.
    pub(crate) fn is_leased(&self) -> bool {
        self.epoch != 0 && self.outer.is_none()
    }

    /// Whether another run wants this one to stop.
    pub(crate) fn is_interrupted(&self) -> bool {
        self.hold.is_interrupted()
    }

    /// Whether another process runs the thread by now.
    pub(crate) fn is_taken_over(&self) -> bool {
        self.hold.slot().leased.get().is_some_and(Leased::is_lost)
    }

    /// The run has come to an end of its own.
    pub(crate) fn ended(&self) {
        self.hold.ended();
    }

    fn failure(&self, source: StoreError) -> Error {
        let thread = self.thread();
        match source {
            StoreError::Fenced { .. } => Error::TakenOver { thread },
            source => Error::Store { thread, source },
        }
    }
}
