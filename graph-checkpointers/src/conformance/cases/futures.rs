//! Futures that are dropped, and calls that overlap.

use std::time::Duration;

use graph_runtime::{At, Commit, Query, Record, ThreadKey};
use tokio::task::JoinSet;
use tokio::time::sleep;

use super::super::Store;
use super::super::kit::{
    adding, after, begin, begin_line, chain, first, go_on, head, ids, key, poll_once, put, turn,
    update, writing,
};

pub async fn a_commit_that_was_never_polled_does_nothing(store: Store) {
    let thread = key("t");
    drop(store.commit(&thread, adding(None, [&first()])));
    sleep(Duration::from_millis(20)).await;
    assert_eq!(head(&store, &thread).await, None);
}

pub async fn a_dropped_commit_happens_whole_or_not_at_all(store: Store) {
    for round in 0..50 {
        let thread = key(&format!("t{round}"));
        let before = begin(&store, &thread).await;
        let second = after(&before);
        let commit = Commit {
            writes: vec![update(turn(&second, 0), "with it")],
            ..adding(Some(&before), [&second])
        };
        poll_once(store.commit(&thread, commit)).await;
        let chain = chain(&store, &thread).await;
        let happened = chain.head == Some(second.id);
        assert_eq!(
            (chain.records.len(), chain.writes.len()),
            if happened { (2, 1) } else { (1, 0) }
        );
    }
}

pub async fn a_dropped_commit_may_be_repeated(store: Store) {
    let thread = key("t");
    let mut last = begin(&store, &thread).await;
    for _ in 0..50 {
        let next = after(&last);
        let commit = adding(Some(&last), [&next]);
        poll_once(store.commit(&thread, commit.clone())).await;
        put(&store, &thread, commit).await;
        last = next;
    }
    assert_eq!(chain(&store, &thread).await.records.len(), 51);
}

pub async fn dropped_reads_disturb_nobody(store: Store) {
    let thread = key("t");
    let first = begin(&store, &thread).await;
    for _ in 0..100 {
        poll_once(store.load(&thread, At::Head)).await;
        poll_once(store.list(&thread, &Query::default())).await;
    }
    go_on(&store, &thread, &first).await;
    assert_eq!(chain(&store, &thread).await.records.len(), 2);
}

/// What was acknowledged is seen by whoever asks after that.
pub async fn a_read_sees_every_commit_before_it(store: Store) {
    let thread = key("t");
    let mut last = begin(&store, &thread).await;
    for _ in 0..100 {
        last = go_on(&store, &thread, &last).await;
        assert_eq!(head(&store, &thread).await, Some(last.id));
    }
}

/// Records and writes move together, whoever looks meanwhile.
pub async fn a_read_between_commits_sees_one_state(store: Store) {
    let thread = key("t");
    let first = begin(&store, &thread).await;
    put(&store, &thread, writing([update(turn(&first, 0), "open")])).await;
    let mut tasks = JoinSet::new();
    let (writer, to) = (store.clone(), thread.clone());
    tasks.spawn(async move { move_on(&writer, &to, first, 60).await });
    for _ in 0..3 {
        let (reader, of) = (store.clone(), thread.clone());
        tasks.spawn(async move { look(&reader, &of, 61).await });
    }
    tasks.join_all().await;
}

/// Each commit consumes the turn of the head before and writes one for its own.
async fn move_on(store: &Store, thread: &ThreadKey, mut last: Record, times: usize) {
    for _ in 0..times {
        let next = after(&last);
        let commit = Commit {
            consumed: vec![turn(&last, 0)],
            writes: vec![update(turn(&next, 0), "open")],
            ..adding(Some(&last), [&next])
        };
        put(store, thread, commit).await;
        last = next;
    }
}

async fn look(store: &Store, thread: &ThreadKey, until: u64) {
    loop {
        let chain = chain(store, thread).await;
        let tip = chain.records.last().unwrap();
        assert_eq!(Some(tip.id), chain.head);
        assert_eq!(tip.sequence, chain.sequence);
        let turns: Vec<_> = chain
            .writes
            .iter()
            .map(|write| write.key.activation)
            .collect();
        assert_eq!(turns, [turn(tip, 0)]);
        if chain.sequence == until {
            return;
        }
        tokio::task::yield_now().await;
    }
}

pub async fn many_threads_are_written_at_once(store: Store) {
    let mut tasks = JoinSet::new();
    for place in 0..50 {
        let store = store.clone();
        tasks.spawn(async move {
            let thread = key(&format!("t{place}"));
            let records = begin_line(&store, &thread, 10).await;
            assert_eq!(ids(&chain(&store, &thread).await.records), ids(&records));
        });
    }
    tasks.join_all().await;
}

/// What says that it commits inline is over at the first poll.
pub async fn commits_inline_is_the_truth(store: Store) {
    let outcome = poll_once(store.commit(&key("t"), adding(None, [&first()]))).await;
    if store.commits_inline() {
        assert!(matches!(outcome, Some(Ok(()))), "{outcome:?}");
    }
}
