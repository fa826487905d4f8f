//! Records and commits for the tests of one backend.

#![allow(dead_code, reason = "each test file uses its part")]
#![allow(clippy::unwrap_used, reason = "these are tests")]

#[cfg(all(feature = "http", feature = "server"))]
pub(crate) mod served;

use graph_runtime::{Commit, Expect, MomentId, Record, Source, ThreadKey, Timestamp};

pub(crate) fn key(thread: &str) -> ThreadKey {
    ThreadKey::new("tests", thread).unwrap()
}

pub(crate) fn first() -> Record {
    let now = Timestamp::now();
    let id = MomentId::at(now);
    Record {
        id,
        parent: None,
        base: id,
        sequence: 1,
        step: 1,
        source: Source::Input,
        created_at: now,
        due: None,
        payload: vec![7; 200],
    }
}

pub(crate) fn after(parent: &Record) -> Record {
    Record {
        parent: Some(parent.id),
        base: parent.base,
        sequence: parent.sequence + 1,
        step: parent.step + 1,
        source: Source::Step,
        ..first()
    }
}

pub(crate) fn adding(head: Option<&Record>, record: &Record) -> Commit {
    Commit {
        expected: Expect::Head(head.map(|head| head.id)),
        records: vec![record.clone()],
        ..Commit::default()
    }
}
