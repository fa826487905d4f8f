//! Which threads nobody has written to for a while, and whether the store can be used at all.

use graph_runtime::{At, Page, Record, ThreadKey, Timestamp};

use super::super::Store;
use super::super::kit::{
    adding, after, at, branch, first, head, key, line, put, turn, update, writing,
};

fn time(micros: u64) -> Timestamp {
    Timestamp::from_micros(micros)
}

/// The record, but written then.
fn written_at(micros: u64, record: Record) -> Record {
    Record {
        created_at: time(micros),
        ..record
    }
}

async fn begin_at(store: &Store, thread: &ThreadKey, micros: u64) -> Record {
    let first = written_at(micros, first());
    put(store, thread, adding(None, [&first])).await;
    first
}

async fn page_of(
    store: &Store,
    before: u64,
    after: Option<(&str, u64)>,
    limit: Option<usize>,
) -> Vec<(String, u64)> {
    let page = Page {
        after: after.map(|(thread, written)| (thread.to_owned(), time(written))),
        limit,
    };
    let idle = store.idle("conformance", time(before), &page).await;
    let pairs = idle.unwrap().into_iter();
    pairs
        .map(|(thread, written)| (thread, written.as_micros()))
        .collect()
}

/// The ids of all that were written last before then.
async fn idle_before(store: &Store, before: u64) -> Vec<String> {
    let idle = page_of(store, before, None, None).await;
    idle.into_iter().map(|(thread, _)| thread).collect()
}

pub async fn a_thread_is_idle_after_the_time_of_its_head(store: Store) {
    assert!(idle_before(&store, u64::MAX).await.is_empty());
    begin_at(&store, &key("t"), 1_000).await;
    for before in [0, 999, 1_000] {
        assert!(idle_before(&store, before).await.is_empty());
    }
    for before in [1_001, i64::MAX.cast_unsigned(), u64::MAX] {
        let idle = page_of(&store, before, None, None).await;
        assert_eq!(idle, [("t".to_owned(), 1_000)]);
    }
}

pub async fn only_the_head_says_when_a_thread_was_written(store: Store) {
    let thread = key("t");
    let first = begin_at(&store, &thread, 5).await;
    let second = written_at(9, after(&first));
    put(&store, &thread, adding(Some(&first), [&second])).await;
    assert!(idle_before(&store, 9).await.is_empty());
    assert_eq!(idle_before(&store, 10).await, ["t"]);
    // A branch is the head as soon as it is written, whatever the clock said.
    let fork = written_at(3, branch(&first, 3));
    put(&store, &thread, adding(Some(&second), [&fork])).await;
    assert_eq!(page_of(&store, 4, None, None).await, [("t".to_owned(), 3)]);
    let batch = [
        written_at(1, after(&fork)),
        written_at(8, branch(&first, 5)),
    ];
    put(&store, &thread, adding(Some(&fork), &batch)).await;
    assert!(idle_before(&store, 8).await.is_empty());
    assert_eq!(page_of(&store, 9, None, None).await, [("t".to_owned(), 8)]);
}

pub async fn writes_wake_no_idle_thread(store: Store) {
    let first = begin_at(&store, &key("t"), 5).await;
    put(&store, &key("t"), writing([update(turn(&first, 0), "x")])).await;
    assert_eq!(idle_before(&store, 6).await, ["t"]);
}

pub async fn a_deleted_thread_is_not_idle(store: Store) {
    begin_at(&store, &key("gone"), 5).await;
    begin_at(&store, &key("kept"), 5).await;
    store.delete(&key("gone")).await.unwrap();
    assert_eq!(idle_before(&store, 6).await, ["kept"]);
    begin_at(&store, &key("gone"), 8).await;
    assert_eq!(idle_before(&store, 6).await, ["kept"]);
}

pub async fn a_thread_of_another_namespace_is_not_idle_here(store: Store) {
    begin_at(&store, &key("t"), 5).await;
    for other in ["conformanc", "conformance2", "CONFORMANCE", "a", "z"] {
        begin_at(&store, &ThreadKey::new(other, "x").unwrap(), 5).await;
    }
    assert_eq!(idle_before(&store, 6).await, ["t"]);
    let unknown = store.idle("unknown", time(6), &Page::default()).await;
    assert!(unknown.unwrap().is_empty());
}

/// A child keeps no thread awake and isn't idle by itself.
pub async fn paths_are_neither_idle_nor_awake(store: Store) {
    begin_at(&store, &key("t"), 5).await;
    begin_at(&store, &at("t", &["a"]), 9).await;
    begin_at(&store, &at("u", &["a"]), 5).await;
    assert_eq!(idle_before(&store, 6).await, ["t"]);
}

pub async fn the_longest_idle_comes_first_and_then_by_bytes(store: Store) {
    for (thread, written) in [
        ("b", 7),
        ("z", 2),
        ("a", 7),
        ("é", 7),
        ("Z", 7),
        ("m", 10),
        ("c", 9),
    ] {
        begin_at(&store, &key(thread), written).await;
    }
    assert_eq!(
        idle_before(&store, 10).await,
        ["z", "Z", "a", "b", "é", "c"]
    );
}

pub async fn a_page_holds_no_more_than_is_asked_for(store: Store) {
    for (thread, written) in [("a", 3), ("b", 2), ("c", 1)] {
        begin_at(&store, &key(thread), written).await;
    }
    let two = [("c".to_owned(), 1), ("b".to_owned(), 2)];
    assert_eq!(page_of(&store, 9, None, Some(2)).await, two);
    assert!(page_of(&store, 9, None, Some(0)).await.is_empty());
    let all = page_of(&store, 9, None, Some(usize::MAX)).await;
    assert_eq!(all.len(), 3);
}

/// Nothing needs to be where a page begins: a sweep deletes what it has seen.
pub async fn pages_leave_no_gap_though_what_was_seen_goes(store: Store) {
    let mut all = Vec::new();
    for number in 0..29u64 {
        let (thread, written) = (format!("t{number:02}"), number * 7 % 5);
        begin_at(&store, &key(&thread), written).await;
        all.push((thread, written));
    }
    all.sort_by(|one, other| (one.1, &one.0).cmp(&(other.1, &other.0)));
    let mut seen: Vec<(String, u64)> = Vec::new();
    loop {
        let last = seen
            .last()
            .map(|(thread, written)| (thread.as_str(), *written));
        let page = page_of(&store, 5, last, Some(4)).await;
        if page.is_empty() {
            break;
        }
        for (thread, _) in &page {
            store.delete(&key(thread)).await.unwrap();
        }
        seen.extend(page);
    }
    assert_eq!(seen, all);
}

pub async fn a_refused_commit_wakes_no_idle_thread(store: Store) {
    let first = begin_at(&store, &key("t"), 5).await;
    let late = adding(None, [&written_at(9, after(&first))]);
    store.commit(&key("t"), late).await.unwrap_err();
    assert_eq!(idle_before(&store, 6).await, ["t"]);
}

pub async fn a_store_that_can_be_used_says_so_and_changes_nothing(store: Store) {
    store.check().await.unwrap();
    let records = line(2);
    put(&store, &key("t"), adding(None, &records)).await;
    let before = store.load(&key("t"), At::Head).await.unwrap();
    for _ in 0..3 {
        store.check().await.unwrap();
    }
    assert_eq!(store.load(&key("t"), At::Head).await.unwrap(), before);
    assert_eq!(head(&store, &key("check")).await, None);
    let threads = store.threads("conformance", &Page::default()).await;
    assert_eq!(threads.unwrap(), ["t"]);
}
