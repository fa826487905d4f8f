//! That bodies with payloads come back as they were, or not at all.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::fmt::Debug;

use graph_runtime::{
    ActivationId, Chain, Commit, Expect, Message, MomentId, Record, Rewrite, Source, Timestamp,
    Write, WriteKey, WriteKind,
};

use super::frame::{Broken, Frame};

fn record(sequence: u64, payload: &[u8]) -> Record {
    let id = MomentId::at(Timestamp::from_micros(u64::MAX));
    Record {
        id,
        parent: (sequence > 1).then_some(id),
        base: id,
        sequence,
        step: u64::MAX,
        source: Source::Fork,
        created_at: Timestamp::from_micros(u64::MAX),
        due: (sequence > 1).then_some(Timestamp::from_micros(0)),
        payload: payload.to_vec(),
    }
}

fn write(name: &str, payload: &[u8]) -> Write {
    let activation = ActivationId {
        moment: record(1, b"").id,
        index: u32::MAX,
    };
    let key = WriteKey {
        item: Some(0),
        name: Some(name.into()),
        ..WriteKey::of_turn(activation, WriteKind::Handled)
    };
    Write {
        key,
        payload: payload.to_vec(),
    }
}

fn commit() -> Commit {
    let records = vec![
        record(1, b"{}\n"),
        record(u64::MAX, b""),
        record(2, &[0, 255, 10]),
    ];
    let writes = vec![write("a\nb", b"\n"), write("\u{fffd}\"/:.", b"x")];
    Commit {
        expected: Expect::Head(Some(records[0].id)),
        consumed: vec![writes[0].key.activation],
        received: vec![0, u64::MAX],
        rewrites: u64::MAX,
        epoch: 1 << 53,
        records,
        writes,
    }
}

fn comes_back<T: Frame + Debug>(value: &T) {
    let body = value.body().unwrap();
    assert_eq!(
        format!("{:?}", T::read(&body).unwrap()),
        format!("{value:?}")
    );
    for end in 0..body.len() {
        assert!(T::read(&body[..end]).is_err(), "cut off at {end}");
    }
    assert_eq!(
        T::read(&[&body[..], b"!"].concat()).unwrap_err(),
        Broken::Long(1)
    );
}

#[test]
fn everything_comes_back_as_it_was_and_nothing_comes_back_in_part() {
    let commit = commit();
    comes_back(&commit);
    comes_back(&Commit::default());
    comes_back(&Commit {
        expected: Expect::Head(None),
        ..Commit::default()
    });
    comes_back(&commit.records);
    comes_back(&commit.writes);
    comes_back(&vec![
        Message {
            position: u64::MAX,
            payload: b"\n\n".to_vec(),
        };
        3
    ]);
    comes_back(&Chain {
        head: Some(commit.records[0].id),
        records: commit.records.clone(),
        writes: commit.writes.clone(),
        sequence: u64::MAX,
        rewrites: 1,
    });
    comes_back(&Rewrite {
        expected: commit.expected,
        rewrites: 1,
        removed: vec![commit.records[0].id],
        replaced: commit.records,
        writes: commit.writes,
    });
}

/// By chance, and the same each time.
#[test]
fn no_bytes_break_more_than_the_body() {
    let whole = commit().body().unwrap();
    let mut chance = 0x9e37_79b9_7f4a_7c15_u64;
    let mut next = move |below: usize| {
        chance ^= chance << 13;
        chance ^= chance >> 7;
        chance ^= chance << 17;
        usize::try_from(chance % below as u64).unwrap()
    };
    let mut broken = 0;
    for _ in 0..20_000 {
        let mut body = whole.clone();
        for _ in 0..=next(4) {
            let place = next(body.len());
            match next(3) {
                0 => body[place] = u8::try_from(next(256)).unwrap(),
                1 => drop(body.remove(place)),
                _ => body.insert(place, b"0123456789\"{}[],:\n\\"[next(19)]),
            }
        }
        match Commit::read(&body) {
            Ok(commit) => assert!(commit.body().unwrap().len() <= body.len() + 64),
            Err(_) => broken += 1,
        }
    }
    assert!(broken > 10_000);
}
