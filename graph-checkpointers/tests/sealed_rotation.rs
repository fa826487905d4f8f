//! Keys that are changed: what is sealed anew while threads run and programs die.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod support;

use std::future::IntoFuture;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use graph_checkpointers::{KeyRing, Rewrapped, Sealed, SqliteSaver};
use graph_runtime::testing::{Fault, Faulty};
use graph_runtime::{
    ActivationId, At, Checkpointer, Commit, Expect, MemorySaver, Query, Record, Rewrite,
    StoreError, ThreadKey, Timestamp, Write, WriteKey, WriteKind,
};
use support::{adding, after, first, key};

fn old() -> KeyRing {
    KeyRing::new("2025", [1; 32].into()).unwrap()
}

fn new() -> KeyRing {
    KeyRing::new("2026", [2; 32].into()).unwrap()
}

/// Seals with the new key and opens with both.
fn both() -> KeyRing {
    new().opening_with("2025", [1; 32].into()).unwrap()
}

fn write(record: &Record, index: u32, payload: &str) -> Write {
    let activation = ActivationId {
        moment: record.id,
        index,
    };
    Write {
        key: WriteKey::of_turn(activation, WriteKind::Update),
        payload: payload.as_bytes().to_vec(),
    }
}

/// A line of records, and a write for each of the last three.
async fn begin(saver: &impl Checkpointer, thread: &ThreadKey, length: usize) -> Vec<Record> {
    let mut records = vec![first()];
    while records.len() < length {
        records.push(Record {
            payload: format!("record {}", records.len()).into_bytes(),
            due: Some(Timestamp::from_micros(7)),
            ..after(&records[records.len() - 1])
        });
    }
    let writes = records.iter().rev().take(3);
    let commit = Commit {
        expected: Expect::Head(None),
        records: records.clone(),
        writes: writes.map(|record| write(record, 0, "done")).collect(),
        ..Commit::default()
    };
    saver.commit(thread, commit).await.unwrap();
    records
}

/// All that can be read of a thread or a path.
async fn all(
    saver: &impl Checkpointer,
    thread: &ThreadKey,
) -> Result<(Vec<Record>, Vec<Write>), StoreError> {
    let records = saver.list(thread, &Query::default()).await?;
    Ok((records, saver.writes(thread).await?))
}

/// Three threads, one with graphs below, all sealed with the old key.
async fn three(saver: &impl Checkpointer) -> Vec<ThreadKey> {
    with_lengths(saver, [1, 100, 33, 32, 3]).await
}

async fn with_lengths(saver: &impl Checkpointer, lengths: [usize; 5]) -> Vec<ThreadKey> {
    let child = key("b").child("web@1").unwrap();
    let keys = vec![
        key("a"),
        key("b"),
        child.clone(),
        child.child("search@1").unwrap(),
        key("c"),
    ];
    for (key, length) in keys.iter().zip(lengths) {
        begin(saver, key, length).await;
    }
    keys
}

fn unknown<T: std::fmt::Debug>(read: Result<T, StoreError>) -> String {
    let Err(StoreError::UnknownKey { id }) = read else {
        panic!("{read:?}");
    };
    id
}

#[tokio::test]
async fn an_old_key_opens_and_the_new_one_seals() {
    let inner = Arc::new(MemorySaver::new());
    let line = begin(&Sealed::new(Arc::clone(&inner), old()), &key("t"), 2).await;
    let saver = Sealed::new(Arc::clone(&inner), both());
    assert_eq!(
        saver
            .load(&key("t"), At::Head)
            .await
            .unwrap()
            .unwrap()
            .records,
        line
    );
    saver
        .commit(&key("t"), adding(Some(&line[1]), &after(&line[1])))
        .await
        .unwrap();
    let rows = inner.list(&key("t"), &Query::default()).await.unwrap();
    let with: Vec<_> = rows.iter().map(|row| &row.payload[..14]).collect();
    assert_eq!(
        with,
        [b"sealed/1 2026\n", b"sealed/1 2025\n", b"sealed/1 2025\n"]
    );
}

#[tokio::test]
async fn a_key_that_is_missing_is_named() {
    let inner = Arc::new(MemorySaver::new());
    let sealed = Sealed::new(Arc::clone(&inner), old());
    begin(&sealed, &key("t"), 2).await;
    sealed.send(&key("t"), b"x".to_vec()).await.unwrap();
    let saver = Sealed::new(inner, new());
    assert_eq!(unknown(saver.load(&key("t"), At::Head).await), "2025");
    assert_eq!(
        unknown(saver.list(&key("t"), &Query::default()).await),
        "2025"
    );
    assert_eq!(unknown(saver.writes(&key("t")).await), "2025");
    assert_eq!(unknown(saver.inbox(&key("t")).await), "2025");
    assert_eq!(unknown(saver.rewrap("tests").await), "2025");
    let error = saver.writes(&key("t")).await.unwrap_err().to_string();
    assert!(
        error.contains("`2025`") && error.contains("add that key"),
        "{error}"
    );
}

/// What a key sealed is not opened by another one under its id.
#[tokio::test]
async fn a_key_is_more_than_its_id() {
    let inner = Arc::new(MemorySaver::new());
    begin(&Sealed::new(Arc::clone(&inner), old()), &key("t"), 1).await;
    let other = KeyRing::new("2025", [3; 32].into()).unwrap();
    let read = Sealed::new(Arc::clone(&inner), other)
        .load(&key("t"), At::Head)
        .await;
    assert!(matches!(read, Err(StoreError::Corrupt(_))), "{read:?}");
    // Nor by a copy of the key under another id.
    let mut row = inner
        .list(&key("t"), &Query::default())
        .await
        .unwrap()
        .remove(0);
    row.payload.splice(..14, *b"sealed/1 copy\n");
    let moved = MemorySaver::new();
    moved.commit(&key("t"), adding(None, &row)).await.unwrap();
    let copies = old().opening_with("copy", [1; 32].into()).unwrap();
    let read = Sealed::new(moved, copies).load(&key("t"), At::Head).await;
    assert!(matches!(read, Err(StoreError::Corrupt(_))), "{read:?}");
}

#[tokio::test]
async fn after_all_is_sealed_anew_the_old_key_can_go() {
    let directory = tempfile::tempdir().unwrap();
    let sqlite = SqliteSaver::open(directory.path().join("moments.db"))
        .await
        .unwrap();
    let sealed = Sealed::new(sqlite.clone(), old());
    let keys = three(&sealed).await;
    begin(&sealed, &ThreadKey::new("elsewhere", "a").unwrap(), 2).await;
    let mut before = Vec::new();
    for key in &keys {
        before.push(all(&sealed, key).await.unwrap());
    }
    let head = sealed.load(&keys[1], At::Head).await.unwrap();
    let saver = Sealed::new(sqlite.clone(), both());
    let done = saver.rewrap("tests").await.unwrap();
    let expected = Rewrapped {
        threads: 3,
        records: 1 + 100 + 33 + 32 + 3,
        writes: 1 + 3 + 3 + 3 + 3,
        waiting: 0,
    };
    assert_eq!(done, expected);
    let saver = Sealed::new(sqlite.clone(), new());
    for (key, before) in keys.iter().zip(before) {
        assert_eq!(all(&saver, key).await.unwrap(), before);
    }
    assert_eq!(saver.load(&keys[1], At::Head).await.unwrap(), head);
    let again = Rewrapped {
        threads: 3,
        ..Rewrapped::default()
    };
    assert_eq!(saver.rewrap("tests").await.unwrap(), again);
    let elsewhere = ThreadKey::new("elsewhere", "a").unwrap();
    assert_eq!(unknown(all(&saver, &elsewhere).await), "2025");
}

#[tokio::test]
async fn one_thread_may_be_sealed_anew() {
    let inner = Arc::new(MemorySaver::new());
    let keys = three(&Sealed::new(Arc::clone(&inner), old())).await;
    let saver = Sealed::new(Arc::clone(&inner), both());
    let done = saver.rewrap_thread(&key("b")).await.unwrap();
    assert_eq!((done.threads, done.records, done.writes), (1, 165, 9));
    let saver = Sealed::new(inner, new());
    for key in &keys[1..4] {
        all(&saver, key).await.unwrap();
    }
    assert_eq!(unknown(all(&saver, &keys[0]).await), "2025");
}

#[tokio::test]
async fn messages_that_wait_are_told_of() {
    let inner = Arc::new(MemorySaver::new());
    let sealed = Sealed::new(Arc::clone(&inner), old());
    begin(&sealed, &key("t"), 1).await;
    let child = key("t").child("web@1").unwrap();
    sealed.send(&key("t"), b"one".to_vec()).await.unwrap();
    sealed.send(&child, b"two".to_vec()).await.unwrap();
    let saver = Sealed::new(Arc::clone(&inner), both());
    saver.send(&key("t"), b"three".to_vec()).await.unwrap();
    assert_eq!(saver.rewrap("tests").await.unwrap().waiting, 2);
    for part in [key("t"), child] {
        let messages = saver.inbox(&part).await.unwrap();
        let received = messages.iter().map(|message| message.position);
        let commit = Commit {
            received: received.collect(),
            ..Commit::default()
        };
        saver.commit(&part, commit).await.unwrap();
    }
    assert_eq!(saver.rewrap("tests").await.unwrap().waiting, 0);
}

#[tokio::test]
async fn a_store_in_the_clear_is_switched_over() {
    let inner = Arc::new(MemorySaver::new());
    let keys = three(&inner).await;
    inner.send(&key("a"), b"plain".to_vec()).await.unwrap();
    let plain = all(&inner, &keys[1]).await.unwrap();
    let strict = Sealed::new(Arc::clone(&inner), new());
    let read = strict.load(&keys[1], At::Head).await;
    assert!(matches!(read, Err(StoreError::Corrupt(_))), "{read:?}");
    let refused = strict.rewrap("tests").await;
    assert!(
        matches!(refused, Err(StoreError::Corrupt(_))),
        "{refused:?}"
    );

    let saver = Sealed::new(Arc::clone(&inner), new()).accepting_plain();
    assert_eq!(all(&saver, &keys[1]).await.unwrap(), plain);
    assert_eq!(saver.inbox(&key("a")).await.unwrap()[0].payload, b"plain");
    let next = after(&plain.0[0]);
    saver
        .commit(&keys[1], adding(Some(&plain.0[0]), &next))
        .await
        .unwrap();
    let rows = inner.list(&keys[1], &Query::default()).await.unwrap();
    assert!(rows[0].payload.starts_with(b"sealed/1 2026\n"));
    // What is sealed is judged as strictly as ever.
    let mut damaged = rows[0].clone();
    let last = damaged.payload.len() - 1;
    damaged.payload[last] ^= 1;
    let other = MemorySaver::new();
    other
        .commit(&keys[1], adding(None, &damaged))
        .await
        .unwrap();
    let read = Sealed::new(other, new())
        .accepting_plain()
        .load(&keys[1], At::Head)
        .await;
    assert!(matches!(read, Err(StoreError::Corrupt(_))), "{read:?}");

    let done = saver.rewrap("tests").await.unwrap();
    assert_eq!((done.records, done.waiting), (169, 1));
    assert_eq!(all(&strict, &keys[1]).await.unwrap().0[1..], plain.0);
    assert_eq!(all(&strict, &keys[1]).await.unwrap().1, plain.1);
}

/// Whatever happens to whichever call of it, all can be read with both keys, and once more ends it.
#[tokio::test]
async fn a_rewrap_that_dies_anywhere_is_ended_by_another_one() {
    let inner = Arc::new(MemorySaver::new());
    // One of them is sealed anew in two goes.
    let lengths = [1, 33, 2, 1, 1];
    with_lengths(&Sealed::new(Arc::clone(&inner), old()), lengths).await;
    let counting = Arc::new(Faulty::new(inner));
    Sealed::new(Arc::clone(&counting), both())
        .rewrap("tests")
        .await
        .unwrap();
    let calls = counting.calls();
    assert!(calls > 20, "{calls}");
    let all_faults = [
        Fault::Refused,
        Fault::RequestLost,
        Fault::ReplyLost,
        Fault::Twice,
        Fault::DiesBefore,
        Fault::DiesAfter,
    ];
    for (call, fault) in (1..=calls).flat_map(|call| all_faults.map(|fault| (call, fault))) {
        let inner = Arc::new(MemorySaver::new());
        let sealed = Sealed::new(Arc::clone(&inner), old());
        let keys = with_lengths(&sealed, lengths).await;
        let before = all(&sealed, &keys[1]).await.unwrap();
        let store = Arc::new(Faulty::new(Arc::clone(&inner)).at(call, fault));
        let dying = Sealed::new(Arc::clone(&store), both());
        tokio::select! {
            _ = dying.rewrap("tests") => {}
            () = store.died() => {}
        }
        let saver = Sealed::new(Arc::clone(&inner), both());
        assert_eq!(all(&saver, &keys[1]).await.unwrap(), before);
        saver.rewrap("tests").await.unwrap();
        let saver = Sealed::new(inner, new());
        assert_eq!(
            all(&saver, &keys[1]).await.unwrap(),
            before,
            "{call}: {fault:?}"
        );
        for key in &keys {
            all(&saver, key).await.unwrap();
        }
    }
}

/// Polls so many times; what it came to, if it ended.
fn polled<T>(mut work: Pin<&mut impl Future<Output = T>>, times: usize) -> Option<T> {
    let mut context = Context::from_waker(Waker::noop());
    (0..times).find_map(|_| match work.as_mut().poll(&mut context) {
        Poll::Ready(ended) => Some(ended),
        Poll::Pending => None,
    })
}

/// Lets something else happen between every two calls of a rewrap, and gives what is there after it.
async fn meanwhile(
    length: usize,
    happens: impl AsyncFn(&dyn Checkpointer, &[Record]),
    look: impl AsyncFn(&dyn Checkpointer, &[Record]),
) {
    for polls in 0.. {
        let inner = Arc::new(MemorySaver::new());
        let line = begin(&Sealed::new(Arc::clone(&inner), old()), &key("t"), length).await;
        let slow = Sealed::new(Faulty::new(Arc::clone(&inner)).slow(1), both());
        let mut rewrap = pin!(slow.rewrap("tests").into_future());
        let ended = polled(rewrap.as_mut(), polls);
        let saver = Sealed::new(Arc::clone(&inner), both());
        happens(&saver, &line).await;
        if let Some(ended) = ended {
            ended.unwrap();
            assert!(polls > 5, "{polls}");
            return;
        }
        rewrap.await.unwrap();
        look(&Sealed::new(inner, new()), &line).await;
    }
}

#[tokio::test]
async fn what_a_record_took_in_meanwhile_does_not_come_back() {
    let taken = |line: &[Record]| Write {
        payload: b"another".to_vec(),
        ..write(&line[2], 0, "")
    };
    let happens = async |saver: &dyn Checkpointer, line: &[Record]| {
        let commit = Commit {
            consumed: vec![taken(line).key.activation],
            writes: vec![taken(line)],
            ..adding(Some(&line[2]), &after(&line[2]))
        };
        saver.commit(&key("t"), commit).await.unwrap();
    };
    meanwhile(3, happens, async |saver, line| {
        let chain = saver.load(&key("t"), At::Head).await.unwrap().unwrap();
        assert_eq!((chain.records.len(), chain.writes.len()), (4, 3));
        assert_eq!(chain.writes[2], taken(line));
    })
    .await;
}

#[tokio::test]
async fn what_was_pruned_meanwhile_stays_so() {
    let snapshot = |line: &[Record]| Record {
        parent: None,
        base: line[39].id,
        payload: b"the whole state".to_vec(),
        ..line[39].clone()
    };
    let happens = async |saver: &dyn Checkpointer, line: &[Record]| {
        let rewrite = Rewrite {
            expected: Expect::Head(Some(line[39].id)),
            rewrites: 0,
            removed: line[..39].iter().map(|record| record.id).collect(),
            replaced: vec![snapshot(line)],
            writes: Vec::new(),
        };
        saver.rewrite(&key("t"), rewrite).await.unwrap();
    };
    meanwhile(40, happens, async |saver, line| {
        let records = saver.list(&key("t"), &Query::default()).await.unwrap();
        assert_eq!(records, [snapshot(line)]);
    })
    .await;
}

#[tokio::test]
async fn a_thread_that_was_deleted_meanwhile_stays_so() {
    let happens = async |saver: &dyn Checkpointer, _: &[Record]| {
        saver.delete(&key("t")).await.unwrap();
    };
    meanwhile(3, happens, async |saver, _| {
        assert!(saver.load(&key("t"), At::Head).await.unwrap().is_none());
        assert!(saver.writes(&key("t")).await.unwrap().is_empty());
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn threads_may_run_meanwhile() {
    let directory = tempfile::tempdir().unwrap();
    let sqlite = SqliteSaver::open(directory.path().join("moments.db"))
        .await
        .unwrap();
    let sealed = Sealed::new(sqlite.clone(), old());
    let saver = Sealed::new(sqlite.clone(), both());
    let mut runs = Vec::new();
    for number in 0..4 {
        let thread = key(&format!("t{number}"));
        let mut head = begin(&sealed, &thread, 50).await.remove(49);
        let saver = saver.clone();
        runs.push(tokio::spawn(async move {
            for step in 0..40 {
                let next = after(&head);
                let commit = Commit {
                    consumed: vec![write(&head, 0, "").key.activation],
                    writes: vec![write(&next, 0, &format!("step {step}"))],
                    ..adding(Some(&head), &next)
                };
                saver.commit(&thread, commit).await.unwrap();
                head = next;
            }
            (thread, head)
        }));
    }
    let done = saver.rewrap("tests").await.unwrap();
    assert_eq!((done.threads, done.records), (4, 200));
    let saver = Sealed::new(sqlite, new());
    for run in runs {
        let (thread, head) = run.await.unwrap();
        let (records, writes) = all(&saver, &thread).await.unwrap();
        assert_eq!((records.len(), records[0].id), (90, head.id));
        assert_eq!(writes.last(), Some(&write(&head, 0, "step 39")));
    }
}
