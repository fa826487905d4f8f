//! One thread in memory, or one path of it.

use std::collections::{BTreeMap, HashSet};
use std::mem;

use super::super::{
    At, Chain, Commit, Message, Query, Record, Rewrite, Source, Standing, StoreError, Usage, Write,
    WriteKey,
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
    /// How often records went.
    rewrites: u64,
}

impl Thread {
    pub(super) fn head(&self) -> Option<&Record> {
        self.records.last()
    }

    fn standing(&self, lease: u64) -> Standing {
        Standing {
            head: self.head().map(|head| (head.id, head.sequence)),
            lease,
            rewrites: self.rewrites,
        }
    }

    pub(super) fn rewrite(&mut self, rewrite: Rewrite) -> Result<(), StoreError> {
        rewrite.applies(self.standing(0))?;
        self.rewrites = rewrite.rewrites_after();
        for record in rewrite.replaced {
            let place = self.place(record.id);
            if let Some(there) = place.map(|place| &mut self.records[place])
                && there.sequence == record.sequence
            {
                there.parent = record.parent;
                there.base = record.base;
                there.payload = record.payload;
            }
        }
        if !rewrite.removed.is_empty() {
            let removed: HashSet<_> = rewrite.removed.into_iter().collect();
            let records = mem::take(&mut self.records).into_iter();
            self.places.clear();
            for record in records.filter(|record| !removed.contains(&record.id)) {
                self.add(record);
            }
        }
        for write in rewrite.writes {
            self.writes
                .entry(write.key)
                .and_modify(|payload| *payload = write.payload);
        }
        Ok(())
    }

    /// Whether it holds anything.
    pub(super) fn is_empty(&self) -> bool {
        self.records.is_empty() && self.writes.is_empty() && self.inbox.is_empty()
    }

    pub(super) fn usage(&self) -> Usage {
        let mut usage = Usage::default();
        for record in &self.records {
            Usage::add(&mut usage.records, &mut usage.bytes, &record.payload);
        }
        for payload in self.writes.values() {
            Usage::add(&mut usage.writes, &mut usage.bytes, payload);
        }
        for payload in self.inbox.values() {
            Usage::add(&mut usage.messages, &mut usage.bytes, payload);
        }
        usage
    }

    /// Takes what is to be kept out of a commit.
    pub(super) fn commit(&mut self, commit: &mut Commit, lease: u64) -> Result<(), StoreError> {
        if !commit.applies(self.standing(lease))? {
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
            rewrites: self.rewrites,
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

#[cfg(test)]
mod tests {
    use super::super::super::Expect;
    use super::*;
    use crate::id::Timestamp;

    /// A thread whose records have ids of these times, in this order, each going on from the one before.
    fn thread(times: &[u64]) -> (Thread, Vec<MomentId>) {
        let of_time = |&time| MomentId::at(Timestamp::from_micros(time));
        let ids: Vec<_> = times.iter().map(of_time).collect();
        let mut thread = Thread::default();
        for (sequence, (place, &id)) in (1..).zip(ids.iter().enumerate()) {
            let parent = place.checked_sub(1).map(|before| ids[before]);
            let mut commit = Commit {
                expected: Expect::Head(parent),
                records: vec![Record {
                    id,
                    parent,
                    base: ids[0],
                    sequence,
                    step: sequence,
                    source: Source::Step,
                    created_at: Timestamp::from_micros(0),
                    due: None,
                    payload: Vec::new(),
                }],
                ..Commit::default()
            };
            thread.commit(&mut commit, 0).unwrap();
        }
        (thread, ids)
    }

    #[test]
    fn records_are_found_though_the_clock_went_back() {
        let (thread, ids) = thread(&[5, 9, 2, 7, 1, 8]);
        for (place, &id) in ids.iter().enumerate() {
            assert_eq!(thread.place(id), Some(place));
            let chain = thread.chain(At::Moment(id)).unwrap();
            let line: Vec<_> = chain.records.iter().map(|record| record.id).collect();
            assert_eq!(line, ids[..=place]);
        }
        for time in [0, 5, 10] {
            assert_eq!(
                thread.place(MomentId::at(Timestamp::from_micros(time))),
                None
            );
        }
    }

    #[test]
    fn of_records_with_one_id_the_last_one_is_found() {
        let (mut thread, ids) = thread(&[1, 2, 3]);
        let mut again = thread.records[0].clone();
        again.sequence = 9;
        thread.add(again);
        assert_eq!(thread.place(ids[0]), Some(3));
        assert_eq!(thread.place(ids[1]), Some(1));
    }
}
