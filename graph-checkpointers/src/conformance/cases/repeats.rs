//! A commit may be repeated: nobody knows whether it happened when a connection breaks before the reply.

use std::sync::Arc;

use graph_runtime::Commit;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::super::Store;
use super::super::kit::{
    adding, after, assert_conflict, begin, chain, consuming, first, go_on, key, line, listed, put,
    turn, update, writing,
};

pub async fn the_same_commit_twice_is_one_commit(store: Store) {
    let thread = key("t");
    let first = begin(&store, &thread).await;
    let commit = adding(Some(&first), [&after(&first)]);
    put(&store, &thread, commit.clone()).await;
    let once = chain(&store, &thread).await;
    put(&store, &thread, commit).await;
    assert_eq!(chain(&store, &thread).await, once);
    assert_eq!(listed(&store, &thread).await.len(), 2);
}

pub async fn the_same_first_commit_twice_is_one_commit(store: Store) {
    let thread = key("t");
    let commit = adding(None, [&first()]);
    put(&store, &thread, commit.clone()).await;
    put(&store, &thread, commit).await;
    assert_eq!(listed(&store, &thread).await.len(), 1);
}

pub async fn the_same_batch_twice_is_one_batch(store: Store) {
    let thread = key("t");
    let commit = adding(None, &line(4));
    put(&store, &thread, commit.clone()).await;
    put(&store, &thread, commit).await;
    assert_eq!(chain(&store, &thread).await.records.len(), 4);
    assert_eq!(listed(&store, &thread).await.len(), 4);
}

pub async fn a_repeat_brings_no_write_back(store: Store) {
    let thread = key("t");
    let first = begin(&store, &thread).await;
    let commit = Commit {
        writes: vec![update(turn(&first, 0), "done")],
        ..adding(Some(&first), [&after(&first)])
    };
    put(&store, &thread, commit.clone()).await;
    put(&store, &thread, consuming(&[turn(&first, 0)])).await;
    put(&store, &thread, commit).await;
    assert!(chain(&store, &thread).await.writes.is_empty());
}

pub async fn a_repeat_consumes_no_later_write(store: Store) {
    let thread = key("t");
    let first = begin(&store, &thread).await;
    let commit = Commit {
        consumed: vec![turn(&first, 0)],
        ..adding(Some(&first), [&after(&first)])
    };
    put(&store, &thread, commit.clone()).await;
    put(&store, &thread, writing([update(turn(&first, 0), "later")])).await;
    put(&store, &thread, commit).await;
    assert_eq!(chain(&store, &thread).await.writes.len(), 1);
}

pub async fn a_repeat_after_the_head_moved_on_is_a_conflict(store: Store) {
    let thread = key("t");
    let first = begin(&store, &thread).await;
    let second = after(&first);
    let commit = adding(Some(&first), [&second]);
    put(&store, &thread, commit.clone()).await;
    let third = go_on(&store, &thread, &second).await;
    assert_conflict(&store.commit(&thread, commit).await, Some(&third));
    assert_eq!(listed(&store, &thread).await.len(), 3);
}

pub async fn writes_alone_may_be_repeated(store: Store) {
    let thread = key("t");
    let first = begin(&store, &thread).await;
    let commit = writing([update(turn(&first, 0), "a"), update(turn(&first, 1), "b")]);
    put(&store, &thread, commit.clone()).await;
    put(&store, &thread, commit.clone()).await;
    assert_eq!(chain(&store, &thread).await.writes, commit.writes);
}

pub async fn repeats_that_race_are_one_commit(store: Store) {
    let thread = key("t");
    let first = begin(&store, &thread).await;
    let commit = adding(Some(&first), [&after(&first)]);
    let gate = Arc::new(Barrier::new(16));
    let mut writers = JoinSet::new();
    for _ in 0..16 {
        let (store, thread, commit, gate) =
            (store.clone(), thread.clone(), commit.clone(), gate.clone());
        writers.spawn(async move {
            gate.wait().await;
            put(&store, &thread, commit).await;
        });
    }
    writers.join_all().await;
    assert_eq!(listed(&store, &thread).await.len(), 2);
}
