//! One thread in memory, or one path of it.

use std::collections::BTreeMap;

use super::super::{
    At, Chain, Commit, Message, Query, Record, Source, StoreError, Write, WriteKey,
};
use crate::id::MomentId;

/// The records lie in the order of writing, so the last one is the head.
#[derive(Debug, Default)]
pub(super) struct Thread {
    records: Vec<Record>,
    /// Where each record lies, in the order of their ids. New ones mostly go to the end: ids are ordered by time.
    places: Vec<usize>,
    writes: BTreeMap<WriteKey, Vec<u8>>,
    inbox: BTreeMap<u64, Vec<u8>>,
}

impl Thread {
    pub(super) fn head(&self) -> Option<&Record> {
        self.records.last()
    }

    /// Takes what is to be kept out of a commit.
    pub(super) fn commit(&mut self, commit: &mut Commit, lease: u64) -> Result<(), StoreError> {
        let head = self.head().map(|head| (head.id, head.sequence));
        if !commit.applies(head, lease)? {
            return Ok(());
        }
        for record in commit.records.drain(..) {
            self.add(record);
        }
        for &activation in &commit.consumed {
            self.writes.retain(|key, _| key.activation != activation);
        }
        for write in commit.writes.drain(..) {
            self.writes.entry(write.key).or_insert(write.payload);
        }
        for position in &commit.received {
            self.inbox.remove(position);
        }
        Ok(())
    }

    fn add(&mut self, record: Record) {
        let at = self.rank(record.id);
        self.places.insert(at, self.records.len());
        self.records.push(record);
    }

    /// How many records have this id or one before it.
    fn rank(&self, id: MomentId) -> usize {
        let is_before = |&place: &usize| self.records[place].id <= id;
        if self.places.last().is_none_or(is_before) {
            return self.places.len();
        }
        self.places.partition_point(is_before)
    }

    /// Where a record lies: the one that was written last, if there are several with one id.
    fn place(&self, id: MomentId) -> Option<usize> {
        let place = *self.places[..self.rank(id)].last()?;
        (self.records[place].id == id).then_some(place)
    }

    pub(super) fn writes(&self) -> Vec<Write> {
        self.writes
            .iter()
            .map(|(key, payload)| Write {
                key: key.clone(),
                payload: payload.clone(),
            })
            .collect()
    }

    pub(super) fn receive(&mut self, message: Message) {
        self.inbox.insert(message.position, message.payload);
    }

    pub(super) fn inbox(&self) -> Vec<Message> {
        self.inbox
            .iter()
            .map(|(position, payload)| Message {
                position: *position,
                payload: payload.clone(),
            })
            .collect()
    }

    pub(super) fn list(&self, query: &Query) -> Vec<Record> {
        self.records
            .iter()
            .rev()
            .filter(|record| query.before.is_none_or(|before| record.sequence < before))
            .filter(|record| !(query.without_inputs && record.source == Source::Input))
            .take(query.limit.unwrap_or(usize::MAX))
            .cloned()
            .collect()
    }

    pub(super) fn chain(&self, at: At) -> Option<Chain> {
        let head = self.head()?;
        let tip = match at {
            At::Head => self.records.len() - 1,
            At::Moment(id) => self.place(id)?,
        };
        let records = self.line(tip);
        let is_head = records.last().is_some_and(|tip| tip.id == head.id);
        Some(Chain {
            records,
            writes: if is_head { self.writes() } else { Vec::new() },
            sequence: head.sequence,
            head: Some(head.id),
        })
    }

    /// The line that leads to the record at a place.
    fn line(&self, tip: usize) -> Vec<Record> {
        let parent = |&place: &usize| {
            let record = &self.records[place];
            let parent = record.parent.filter(|_| !record.is_snapshot())?;
            // What a record goes on from lies before it, or the line would never end.
            self.place(parent).filter(|&parent| parent < place)
        };
        let places = std::iter::successors(Some(tip), parent);
        let mut line: Vec<_> = places.map(|place| self.records[place].clone()).collect();
        line.reverse();
        line
    }
}
