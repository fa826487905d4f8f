//! Compare and set: who may write, and that a refused commit changes nothing.

use std::sync::Arc;

use graph_runtime::{Commit, Expect, Page, Record, StoreError, ThreadKey};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::super::Store;
use super::super::kit::{
    adding, after, assert_conflict, begin, begin_line, chain, first, fresh_id, go_on, head, key,
    line, listed, put, turn, update, writing,
};

pub async fn a_stale_head_is_refused_and_the_error_names_both(store: Store) {
    let thread = key("t");
    let first = begin(&store, &thread).await;
    let second = go_on(&store, &thread, &first).await;
    let late = store
        .commit(&thread, adding(Some(&first), [&after(&first)]))
        .await;
    let Err(StoreError::Conflict { expected, found }) = late else {
        unreachable!("a conflict was due, and the commit said {late:?}");
    };
    assert_eq!((expected, found), (Some(first.id), Some(second.id)));
}

pub async fn a_first_record_is_refused_where_there_is_one(store: Store) {
    let thread = key("t");
    let there = begin(&store, &thread).await;
    let again = store.commit(&thread, adding(None, [&first()])).await;
    assert_conflict(&again, Some(&there));
}

pub async fn a_head_is_refused_where_there_is_none(store: Store) {
    let nobody = first();
    let commit = adding(Some(&nobody), [&after(&nobody)]);
    assert_conflict(&store.commit(&key("t"), commit).await, None);
}

pub async fn a_head_of_another_thread_is_refused(store: Store) {
    let other = begin(&store, &key("other")).await;
    let here = begin(&store, &key("here")).await;
    let commit = adding(Some(&other), [&after(&other)]);
    assert_conflict(&store.commit(&key("here"), commit).await, Some(&here));
}

pub async fn a_refused_commit_changes_nothing(store: Store) {
    let thread = key("t");
    let records = begin_line(&store, &thread, 2).await;
    put(
        &store,
        &thread,
        writing([update(turn(&records[1], 0), "kept")]),
    )
    .await;
    let before = chain(&store, &thread).await;
    let stale = Commit {
        writes: vec![update(turn(&records[1], 1), "never")],
        consumed: vec![turn(&records[1], 0)],
        ..adding(Some(&records[0]), [&after(&records[1])])
    };
    assert_conflict(&store.commit(&thread, stale).await, Some(&records[1]));
    assert_eq!(chain(&store, &thread).await, before);
    assert_eq!(
        listed(&store, &thread).await,
        [records[1].id, records[0].id]
    );
}

pub async fn a_refused_commit_begins_no_thread(store: Store) {
    let thread = key("t");
    let commit = adding(Some(&first()), [&first()]);
    assert!(store.commit(&thread, commit).await.is_err());
    assert_eq!(head(&store, &thread).await, None);
    let threads = store.threads(thread.namespace(), &Page::default()).await;
    assert!(threads.unwrap().is_empty());
}

pub async fn a_refused_commit_can_be_followed_by_a_right_one(store: Store) {
    let thread = key("t");
    let first = begin(&store, &thread).await;
    assert!(
        store
            .commit(&thread, adding(None, [&after(&first)]))
            .await
            .is_err()
    );
    let second = go_on(&store, &thread, &first).await;
    assert_eq!(head(&store, &thread).await, Some(second.id));
}

pub async fn writes_with_a_stale_head_are_refused(store: Store) {
    let thread = key("t");
    let records = begin_line(&store, &thread, 2).await;
    let commit = Commit {
        expected: Expect::Head(Some(records[0].id)),
        ..writing([update(turn(&records[0], 0), "late")])
    };
    assert_conflict(&store.commit(&thread, commit).await, Some(&records[1]));
    assert!(chain(&store, &thread).await.writes.is_empty());
}

pub async fn writes_that_expect_nothing_are_taken_at_any_head(store: Store) {
    let thread = key("t");
    let records = begin_line(&store, &thread, 3).await;
    put(
        &store,
        &thread,
        writing([update(turn(&records[0], 0), "answer")]),
    )
    .await;
    assert_eq!(chain(&store, &thread).await.writes.len(), 1);
}

pub async fn records_that_expect_nothing_are_malformed(store: Store) {
    let thread = key("t");
    let commit = Commit {
        records: vec![first()],
        ..Commit::default()
    };
    assert_malformed(&store.commit(&thread, commit).await);
    assert_eq!(head(&store, &thread).await, None);
}

pub async fn a_sequence_that_is_taken_is_malformed(store: Store) {
    let thread = key("t");
    let records = begin_line(&store, &thread, 3).await;
    for sequence in [3, 1] {
        let commit = adding(
            Some(&records[2]),
            [&Record {
                sequence,
                ..after(&records[2])
            }],
        );
        assert_malformed(&store.commit(&thread, commit).await);
    }
    assert_eq!(head(&store, &thread).await, Some(records[2].id));
}

pub async fn sequences_that_do_not_rise_are_malformed(store: Store) {
    let mut records = line(3);
    records[2].sequence = 2;
    assert_malformed(&store.commit(&key("t"), adding(None, &records)).await);
    records.reverse();
    assert_malformed(&store.commit(&key("t"), adding(None, &records)).await);
    assert_eq!(head(&store, &key("t")).await, None);
}

pub async fn a_sequence_beyond_what_databases_count_is_malformed(store: Store) {
    for sequence in [1 << 63, u64::MAX] {
        let commit = adding(
            None,
            [&Record {
                sequence,
                ..first()
            }],
        );
        assert_malformed(&store.commit(&key("t"), commit).await);
    }
}

pub async fn a_sequence_of_zero_is_malformed(store: Store) {
    let commit = adding(
        None,
        [&Record {
            sequence: 0,
            ..first()
        }],
    );
    assert_malformed(&store.commit(&key("t"), commit).await);
}

fn assert_malformed(outcome: &Result<(), StoreError>) {
    assert!(
        matches!(outcome, Err(StoreError::Malformed(_))),
        "{outcome:?}"
    );
}

pub async fn of_sixteen_writers_at_one_head_one_succeeds(store: Store) {
    let thread = key("t");
    let first = begin(&store, &thread).await;
    let gate = Arc::new(Barrier::new(16));
    let mut writers = JoinSet::new();
    for _ in 0..16 {
        let (store, thread, first, gate) =
            (store.clone(), thread.clone(), first.clone(), gate.clone());
        writers.spawn(async move {
            let mine = after(&first);
            gate.wait().await;
            let outcome = store.commit(&thread, adding(Some(&first), [&mine])).await;
            outcome.is_ok().then_some(mine.id)
        });
    }
    let winners: Vec<_> = writers.join_all().await.into_iter().flatten().collect();
    assert_eq!(winners.len(), 1);
    assert_eq!(head(&store, &thread).await, winners.first().copied());
    assert_eq!(listed(&store, &thread).await, [winners[0], first.id]);
}

pub async fn of_sixteen_writers_of_a_new_thread_one_succeeds(store: Store) {
    let thread = key("t");
    let gate = Arc::new(Barrier::new(16));
    let mut writers = JoinSet::new();
    for _ in 0..16 {
        let (store, thread, gate) = (store.clone(), thread.clone(), gate.clone());
        writers.spawn(async move {
            gate.wait().await;
            store
                .commit(&thread, adding(None, [&first()]))
                .await
                .is_ok()
        });
    }
    let won = writers
        .join_all()
        .await
        .into_iter()
        .filter(|won| *won)
        .count();
    assert_eq!(won, 1);
    assert_eq!(listed(&store, &thread).await.len(), 1);
}

/// Each of sixteen writers tries until it has written five times: nothing is lost, nothing is doubled.
pub async fn sixteen_writers_that_try_again_lose_nothing(store: Store) {
    let thread = key("t");
    begin(&store, &thread).await;
    let mut writers = JoinSet::new();
    for _ in 0..16 {
        let (store, thread) = (store.clone(), thread.clone());
        writers.spawn(async move {
            for _ in 0..5 {
                write_once(&store, &thread).await;
            }
        });
    }
    writers.join_all().await;
    let records = chain(&store, &thread).await.records;
    let sequences: Vec<_> = records.iter().map(|record| record.sequence).collect();
    assert_eq!(sequences, (1..=81).collect::<Vec<_>>());
}

async fn write_once(store: &Store, thread: &ThreadKey) {
    loop {
        let head = chain(store, thread).await.records.pop().unwrap();
        let commit = adding(Some(&head), [&after(&head)]);
        match store.commit(thread, commit).await {
            Ok(()) => return,
            Err(StoreError::Conflict { expected, .. }) => assert_eq!(expected, Some(head.id)),
            Err(error) => unreachable!("{error}"),
        }
    }
}

/// Commits that wait together are judged one by one.
pub async fn a_conflict_spoils_no_other_thread(store: Store) {
    let mut writers = JoinSet::new();
    for place in 0..64 {
        let store = store.clone();
        writers.spawn(async move {
            let thread = key(&format!("t{place}"));
            let expected = (place % 2 == 1).then(fresh_id);
            let commit = Commit {
                expected: Expect::Head(expected),
                ..adding(None, [&first()])
            };
            let outcome = store.commit(&thread, commit).await;
            assert_eq!(outcome.is_ok(), expected.is_none(), "{outcome:?}");
            assert_eq!(head(&store, &thread).await.is_some(), expected.is_none());
        });
    }
    writers.join_all().await;
}
