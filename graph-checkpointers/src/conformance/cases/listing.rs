//! Lists of records, and lists of threads.

use graph_runtime::{Page, Query, Record, Source, ThreadKey};

use super::super::Store;
use super::super::kit::{adding, begin, begin_line, ids, key, line, listed, put};

/// The sequences that a query lists.
async fn sequences(store: &Store, query: Query) -> Vec<u64> {
    let records = store.list(&key("t"), &query).await.unwrap();
    records.iter().map(|record| record.sequence).collect()
}

fn before(sequence: u64) -> Query {
    Query {
        before: Some(sequence),
        ..Query::default()
    }
}

fn at_most(limit: usize) -> Query {
    Query {
        limit: Some(limit),
        ..Query::default()
    }
}

pub async fn the_newest_comes_first(store: Store) {
    let records = begin_line(&store, &key("t"), 4).await;
    let newest_first: Vec<_> = ids(&records).into_iter().rev().collect();
    assert_eq!(listed(&store, &key("t")).await, newest_first);
}

pub async fn a_limit_keeps_the_newest(store: Store) {
    begin_line(&store, &key("t"), 5).await;
    assert_eq!(sequences(&store, at_most(2)).await, [5, 4]);
    assert_eq!(sequences(&store, at_most(5)).await, [5, 4, 3, 2, 1]);
    assert_eq!(
        sequences(&store, at_most(usize::MAX)).await,
        [5, 4, 3, 2, 1]
    );
}

pub async fn a_limit_of_none_at_all_lists_nothing(store: Store) {
    begin_line(&store, &key("t"), 2).await;
    assert!(sequences(&store, at_most(0)).await.is_empty());
}

pub async fn before_leaves_out_the_record_itself(store: Store) {
    begin_line(&store, &key("t"), 5).await;
    assert_eq!(sequences(&store, before(3)).await, [2, 1]);
    assert_eq!(sequences(&store, before(6)).await, [5, 4, 3, 2, 1]);
}

pub async fn before_may_be_any_number(store: Store) {
    begin_line(&store, &key("t"), 2).await;
    for nothing in [0, 1] {
        assert!(sequences(&store, before(nothing)).await.is_empty());
    }
    for all in [3, i64::MAX.cast_unsigned(), 1 << 63, u64::MAX] {
        assert_eq!(sequences(&store, before(all)).await, [2, 1]);
    }
}

pub async fn pages_of_records_leave_no_gap(store: Store) {
    begin_line(&store, &key("t"), 23).await;
    let mut seen = Vec::new();
    loop {
        let query = Query {
            before: seen.last().copied(),
            limit: Some(5),
            ..Query::default()
        };
        let page = sequences(&store, query).await;
        if page.is_empty() {
            break;
        }
        seen.extend(page);
    }
    assert_eq!(seen, (1..=23).rev().collect::<Vec<_>>());
}

/// `input step step` three times.
async fn three_turns(store: &Store) {
    let mut records = line(9);
    for (place, record) in records.iter_mut().enumerate() {
        record.source = if place % 3 == 0 {
            Source::Input
        } else {
            Source::Step
        };
    }
    put(store, &key("t"), adding(None, &records)).await;
}

pub async fn inputs_may_be_left_out(store: Store) {
    three_turns(&store).await;
    let query = Query {
        without_inputs: true,
        ..Query::default()
    };
    assert_eq!(sequences(&store, query).await, [9, 8, 6, 5, 3, 2]);
}

pub async fn a_limit_counts_what_is_listed(store: Store) {
    three_turns(&store).await;
    let query = Query {
        without_inputs: true,
        limit: Some(3),
        before: Some(9),
    };
    assert_eq!(sequences(&store, query).await, [8, 6, 5]);
}

pub async fn updates_and_forks_are_no_inputs(store: Store) {
    let mut records = line(4);
    let sources = [Source::Input, Source::Step, Source::Update, Source::Fork];
    for (record, source) in records.iter_mut().zip(sources) {
        record.source = source;
    }
    put(&store, &key("t"), adding(None, &records)).await;
    let query = Query {
        without_inputs: true,
        ..Query::default()
    };
    assert_eq!(sequences(&store, query).await, [4, 3, 2]);
}

/// `2` and `10`, not `10` and `2`.
pub async fn sequences_are_compared_as_numbers(store: Store) {
    let mut records = line(4);
    for (record, sequence) in records.iter_mut().zip([2, 10, 99, 100]) {
        record.sequence = sequence;
    }
    put(&store, &key("t"), adding(None, &records)).await;
    assert_eq!(sequences(&store, Query::default()).await, [100, 99, 10, 2]);
    assert_eq!(sequences(&store, before(100)).await, [99, 10, 2]);
}

pub async fn a_list_is_as_it_was_stored(store: Store) {
    let mut records: Vec<Record> = begin_line(&store, &key("t"), 3).await;
    records.reverse();
    assert_eq!(
        store.list(&key("t"), &Query::default()).await.unwrap(),
        records
    );
}

async fn begin_all(store: &Store, namespace: &str, threads: &[&str]) {
    for thread in threads {
        begin(store, &ThreadKey::new(namespace, *thread).unwrap()).await;
    }
}

async fn threads(store: &Store, after: Option<&str>, limit: Option<usize>) -> Vec<String> {
    let page = Page {
        after: after.map(str::to_owned),
        limit,
    };
    store.threads("ns", &page).await.unwrap()
}

pub async fn threads_come_in_byte_order(store: Store) {
    begin_all(
        &store,
        "ns",
        &["b", "a", "Z", "é", "10", "2", "aa", "\u{10000}", "\u{ffff}"],
    )
    .await;
    let sorted = ["10", "2", "Z", "a", "aa", "b", "é", "\u{ffff}", "\u{10000}"];
    assert_eq!(threads(&store, None, None).await, sorted);
}

pub async fn threads_of_other_namespaces_are_not_listed(store: Store) {
    begin_all(&store, "ns", &["a"]).await;
    for other in ["n", "ns2", "NS", "ns/", "mt", "nt"] {
        begin_all(&store, other, &["x"]).await;
    }
    assert_eq!(threads(&store, None, None).await, ["a"]);
    let unknown = store.threads("unknown", &Page::default()).await.unwrap();
    assert!(unknown.is_empty());
}

pub async fn a_page_of_threads_begins_after_an_id(store: Store) {
    begin_all(&store, "ns", &["a", "b", "c", "d"]).await;
    assert_eq!(threads(&store, Some("b"), None).await, ["c", "d"]);
    assert_eq!(threads(&store, Some("b"), Some(1)).await, ["c"]);
    assert_eq!(threads(&store, None, Some(2)).await, ["a", "b"]);
    assert!(threads(&store, None, Some(0)).await.is_empty());
    assert!(threads(&store, Some("d"), None).await.is_empty());
}

pub async fn a_page_may_begin_after_an_id_that_is_not_there(store: Store) {
    begin_all(&store, "ns", &["a", "c"]).await;
    assert_eq!(threads(&store, Some("b"), None).await, ["c"]);
    assert_eq!(threads(&store, Some(""), None).await, ["a", "c"]);
    assert_eq!(threads(&store, Some("aa"), Some(5)).await, ["c"]);
}

pub async fn pages_of_threads_leave_no_gap(store: Store) {
    let names: Vec<_> = (0..37).map(|number| format!("t{number:03}")).collect();
    begin_all(
        &store,
        "ns",
        &names.iter().map(String::as_str).collect::<Vec<_>>(),
    )
    .await;
    let mut seen: Vec<String> = Vec::new();
    loop {
        let page = threads(&store, seen.last().map(String::as_str), Some(10)).await;
        if page.is_empty() {
            break;
        }
        seen.extend(page);
    }
    assert_eq!(seen, names);
}

pub async fn a_thread_is_listed_once(store: Store) {
    let thread = ThreadKey::new("ns", "t").unwrap();
    begin_line(&store, &thread, 5).await;
    assert_eq!(threads(&store, None, None).await, ["t"]);
}

pub async fn a_thread_of_a_user_is_listed_when_it_begins(store: Store) {
    store.thread_of("ns", "user", "t").await.unwrap();
    assert!(threads(&store, None, None).await.is_empty());
    begin_all(&store, "ns", &["t"]).await;
    assert_eq!(threads(&store, None, None).await, ["t"]);
}
