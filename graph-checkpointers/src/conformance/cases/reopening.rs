//! What was acknowledged is there when the store is opened again, and for whoever has it open beside us.

use graph_runtime::{Commit, Page, Record, StoreError, Timestamp, WriteKind};
use tokio::task::JoinSet;

use super::super::Reopen;
use super::super::kit::{
    adding, after, assert_conflict, at, begin, begin_line, branch, chain, consuming, first, go_on,
    head, key, line, line_at, listed, put, turn, update, writing, written,
};

pub async fn records_are_there_again(place: Reopen) {
    let records = begin_line(&place.open().await, &key("t"), 20).await;
    let again = chain(&place.open().await, &key("t")).await;
    assert_eq!(again.records, records);
    assert_eq!((again.head, again.sequence), (Some(records[19].id), 20));
}

pub async fn branches_are_there_again(place: Reopen) {
    let store = place.open().await;
    let records = begin_line(&store, &key("t"), 4).await;
    let fork = branch(&records[1], 5);
    put(&store, &key("t"), adding(Some(&records[3]), [&fork])).await;
    drop(store);
    let store = place.open().await;
    assert_eq!(head(&store, &key("t")).await, Some(fork.id));
    assert_eq!(line_at(&store, &key("t"), records[3].id).await, records);
}

pub async fn writes_are_there_again(place: Reopen) {
    let store = place.open().await;
    let first = begin(&store, &key("t")).await;
    let writes = [
        update(turn(&first, 0), "x"),
        written(turn(&first, 1), Some(2), WriteKind::Answer, "y"),
    ];
    put(&store, &key("t"), writing(writes.clone())).await;
    drop(store);
    assert_eq!(place.open().await.writes(&key("t")).await.unwrap(), writes);
}

pub async fn paths_are_there_again(place: Reopen) {
    let store = place.open().await;
    let above = begin(&store, &key("t")).await;
    let below = begin_line(&store, &at("t", &["web"]), 3).await;
    drop(store);
    let store = place.open().await;
    assert_eq!(listed(&store, &key("t")).await, [above.id]);
    assert_eq!(chain(&store, &at("t", &["web"])).await.records, below);
}

pub async fn what_is_due_is_due_again(place: Reopen) {
    let due = Some(Timestamp::from_micros(7));
    let commit = adding(None, [&Record { due, ..first() }]);
    put(&place.open().await, &key("t"), commit).await;
    let store = place.open().await;
    let now = Timestamp::from_micros(8);
    let found = store.due("conformance", now, &Page::default()).await;
    assert_eq!(
        found.unwrap(),
        [("t".to_owned(), Timestamp::from_micros(7))]
    );
}

pub async fn what_was_consumed_stays_away(place: Reopen) {
    let store = place.open().await;
    let first = begin(&store, &key("t")).await;
    put(&store, &key("t"), writing([update(turn(&first, 0), "x")])).await;
    put(&store, &key("t"), consuming(&[turn(&first, 0)])).await;
    drop(store);
    assert!(
        place
            .open()
            .await
            .writes(&key("t"))
            .await
            .unwrap()
            .is_empty()
    );
}

pub async fn what_was_deleted_stays_away(place: Reopen) {
    let store = place.open().await;
    begin_line(&store, &key("t"), 3).await;
    store.delete(&key("t")).await.unwrap();
    drop(store);
    assert_eq!(head(&place.open().await, &key("t")).await, None);
}

pub async fn users_are_there_again(place: Reopen) {
    place
        .open()
        .await
        .thread_of("ns", "user", "t")
        .await
        .unwrap();
    let again = place.open().await.thread_of("ns", "user", "other").await;
    assert_eq!(again.unwrap(), "t");
}

pub async fn threads_are_listed_again(place: Reopen) {
    let store = place.open().await;
    for thread in ["b", "a"] {
        begin(&store, &key(thread)).await;
    }
    drop(store);
    let store = place.open().await;
    let threads = store.threads("conformance", &Page::default()).await;
    assert_eq!(threads.unwrap(), ["a", "b"]);
}

pub async fn a_thread_goes_on_after_reopening(place: Reopen) {
    let mut last = begin(&place.open().await, &key("t")).await;
    for _ in 0..5 {
        last = go_on(&place.open().await, &key("t"), &last).await;
    }
    assert_eq!(listed(&place.open().await, &key("t")).await.len(), 6);
}

pub async fn a_commit_may_be_repeated_after_reopening(place: Reopen) {
    let commit = adding(None, &line(3));
    put(&place.open().await, &key("t"), commit.clone()).await;
    let store = place.open().await;
    put(&store, &key("t"), commit).await;
    assert_eq!(listed(&store, &key("t")).await.len(), 3);
}

/// Nobody waits for the last commit, and it is there all the same, or it is not there at all.
pub async fn a_handle_dropped_in_a_hurry_leaves_whole_commits(place: Reopen) {
    let store = place.open().await;
    let first = begin(&store, &key("t")).await;
    let second = after(&first);
    let commit = Commit {
        writes: vec![update(turn(&second, 0), "with it")],
        ..adding(Some(&first), [&second])
    };
    let late = store.clone();
    let task = tokio::spawn(async move { late.commit(&key("t"), commit).await });
    tokio::task::yield_now().await;
    task.abort();
    drop(store);
    let chain = chain(&place.open().await, &key("t")).await;
    assert_eq!(chain.records.len() - 1, chain.writes.len());
}

pub async fn two_handles_see_each_other(place: Reopen) {
    let (one, two) = (place.open().await, place.open().await);
    let first = begin(&one, &key("t")).await;
    let second = go_on(&two, &key("t"), &first).await;
    assert_eq!(head(&one, &key("t")).await, Some(second.id));
    let stale = one
        .commit(&key("t"), adding(Some(&first), [&after(&first)]))
        .await;
    assert_conflict(&stale, Some(&second));
    two.delete(&key("t")).await.unwrap();
    assert_eq!(head(&one, &key("t")).await, None);
}

pub async fn handles_that_race_lose_nothing(place: Reopen) {
    begin(&place.open().await, &key("t")).await;
    let mut writers = JoinSet::new();
    for _ in 0..4 {
        let place = place.clone();
        writers.spawn(async move {
            let store = place.open().await;
            let mut written = 0;
            while written < 10 {
                let last = chain(&store, &key("t")).await.records.pop().unwrap();
                let commit = adding(Some(&last), [&after(&last)]);
                match store.commit(&key("t"), commit).await {
                    Ok(()) => written += 1,
                    Err(StoreError::Conflict { .. }) => {}
                    Err(error) => unreachable!("{error}"),
                }
            }
        });
    }
    writers.join_all().await;
    let records = chain(&place.open().await, &key("t")).await.records;
    assert_eq!(records.len(), 41);
    assert_eq!(records.last().unwrap().sequence, 41);
}

/// The tables, files or indexes of a new place are made once, whoever comes first.
pub async fn a_new_place_may_be_opened_by_many_at_once(place: Reopen) {
    let mut openers = JoinSet::new();
    for number in 0..8 {
        let place = place.clone();
        openers.spawn(async move { begin(&place.open().await, &key(&format!("t{number}"))).await });
    }
    openers.join_all().await;
    let store = place.open().await;
    let threads = store.threads("conformance", &Page::default()).await;
    assert_eq!(threads.unwrap().len(), 8);
}
