//! Which threads want to be woken.

use graph_runtime::{Expect, Page, Record, StoreError, ThreadKey, Timestamp};

use super::super::Store;
use super::super::kit::{
    adding, after, at, begin, branch, first, go_on, key, line, put, turn, update, writing,
};

fn time(micros: u64) -> Timestamp {
    Timestamp::from_micros(micros)
}

/// The record, but due then.
fn due_at(due: u64, record: Record) -> Record {
    Record {
        due: Some(time(due)),
        ..record
    }
}

async fn begin_due(store: &Store, thread: &ThreadKey, due: u64) -> Record {
    let first = due_at(due, first());
    put(store, thread, adding(None, [&first])).await;
    first
}

async fn page_of(
    store: &Store,
    now: u64,
    after: Option<(&str, u64)>,
    limit: Option<usize>,
) -> Vec<(String, u64)> {
    let page = Page {
        after: after.map(|(thread, due)| (thread.to_owned(), time(due))),
        limit,
    };
    let due = store.due("conformance", time(now), &page).await.unwrap();
    due.into_iter()
        .map(|(thread, due)| (thread, due.as_micros()))
        .collect()
}

/// The ids of all that is due by then.
async fn due_by(store: &Store, now: u64) -> Vec<String> {
    let due = page_of(store, now, None, None).await;
    due.into_iter().map(|(thread, _)| thread).collect()
}

pub async fn a_thread_that_waits_for_no_time_is_never_due(store: Store) {
    begin(&store, &key("t")).await;
    assert!(due_by(&store, u64::MAX).await.is_empty());
}

pub async fn a_thread_is_due_from_its_time_on(store: Store) {
    begin_due(&store, &key("t"), 1_000).await;
    assert!(due_by(&store, 0).await.is_empty());
    assert!(due_by(&store, 999).await.is_empty());
    for now in [1_000, 1_001, u64::MAX] {
        let due = page_of(&store, now, None, None).await;
        assert_eq!(due, [("t".to_owned(), 1_000)]);
    }
}

pub async fn the_earliest_and_the_latest_time_are_kept(store: Store) {
    let last = i64::MAX.cast_unsigned();
    let early = begin_due(&store, &key("early"), 0).await;
    begin_due(&store, &key("late"), last).await;
    assert_eq!(due_by(&store, 0).await, ["early"]);
    assert_eq!(due_by(&store, last - 1).await, ["early"]);
    let both = [("early".to_owned(), 0), ("late".to_owned(), last)];
    assert_eq!(page_of(&store, last, None, None).await, both);
    go_on(&store, &key("early"), &early).await;
    assert_eq!(due_by(&store, u64::MAX).await, ["late"]);
}

pub async fn a_time_beyond_what_databases_count_is_malformed(store: Store) {
    for due in [1 << 63, u64::MAX] {
        let commit = adding(None, [&due_at(due, first())]);
        let refused = store.commit(&key("t"), commit).await;
        assert!(
            matches!(refused, Err(StoreError::Malformed(_))),
            "{refused:?}"
        );
    }
}

pub async fn only_the_head_says_when_a_thread_is_due(store: Store) {
    let thread = key("t");
    let first = begin_due(&store, &thread, 5).await;
    let second = due_at(9, after(&first));
    put(&store, &thread, adding(Some(&first), [&second])).await;
    assert!(due_by(&store, 8).await.is_empty());
    assert_eq!(due_by(&store, 9).await, ["t"]);
    let third = go_on(&store, &thread, &second).await;
    assert!(due_by(&store, 100).await.is_empty());
    // A branch is the head as soon as it is written.
    let fork = due_at(3, branch(&first, third.sequence + 1));
    put(&store, &thread, adding(Some(&third), [&fork])).await;
    assert_eq!(due_by(&store, 3).await, ["t"]);
}

pub async fn of_a_batch_only_the_last_record_counts(store: Store) {
    let mut records = line(3);
    records[1].due = Some(time(5));
    put(&store, &key("inner"), adding(None, &records)).await;
    let mut records = line(3);
    records[2].due = Some(time(5));
    put(&store, &key("last"), adding(None, &records)).await;
    assert_eq!(due_by(&store, 5).await, ["last"]);
}

pub async fn writes_alone_change_nothing_about_it(store: Store) {
    let first = begin_due(&store, &key("t"), 5).await;
    put(&store, &key("t"), writing([update(turn(&first, 0), "x")])).await;
    assert_eq!(due_by(&store, 5).await, ["t"]);
}

pub async fn a_refused_commit_wakes_nobody(store: Store) {
    let first = begin(&store, &key("t")).await;
    let mut stale = adding(Some(&first), [&due_at(5, after(&first))]);
    stale.expected = Expect::Head(None);
    store.commit(&key("t"), stale).await.unwrap_err();
    assert!(due_by(&store, 5).await.is_empty());
}

pub async fn a_deleted_thread_is_not_due(store: Store) {
    begin_due(&store, &key("gone"), 5).await;
    begin_due(&store, &key("kept"), 5).await;
    store.delete(&key("gone")).await.unwrap();
    assert_eq!(due_by(&store, 5).await, ["kept"]);
    begin(&store, &key("gone")).await;
    assert_eq!(due_by(&store, 5).await, ["kept"]);
}

pub async fn a_thread_of_another_namespace_is_not_due_here(store: Store) {
    begin_due(&store, &key("t"), 5).await;
    for other in ["conformanc", "conformance2", "CONFORMANCE", "a", "z"] {
        begin_due(&store, &ThreadKey::new(other, "x").unwrap(), 5).await;
    }
    assert_eq!(due_by(&store, 5).await, ["t"]);
    let unknown = store.due("unknown", time(5), &Page::default()).await;
    assert!(unknown.unwrap().is_empty());
}

/// A child's time is said by the head of its thread.
pub async fn a_path_wakes_nobody_by_itself(store: Store) {
    begin(&store, &key("t")).await;
    begin_due(&store, &at("t", &["a"]), 5).await;
    begin_due(&store, &at("u", &["a"]), 5).await;
    assert!(due_by(&store, 5).await.is_empty());
}

pub async fn the_earliest_comes_first_and_then_by_bytes(store: Store) {
    for (thread, due) in [
        ("b", 7),
        ("z", 2),
        ("a", 7),
        ("é", 7),
        ("Z", 7),
        ("m", 10),
        ("c", 9),
    ] {
        begin_due(&store, &key(thread), due).await;
    }
    assert_eq!(due_by(&store, 9).await, ["z", "Z", "a", "b", "é", "c"]);
}

pub async fn a_page_holds_no_more_than_is_asked_for(store: Store) {
    for (thread, due) in [("a", 3), ("b", 2), ("c", 1)] {
        begin_due(&store, &key(thread), due).await;
    }
    let two = [("c".to_owned(), 1), ("b".to_owned(), 2)];
    assert_eq!(page_of(&store, 9, None, Some(2)).await, two);
    assert!(page_of(&store, 9, None, Some(0)).await.is_empty());
    let all = page_of(&store, 9, None, Some(usize::MAX)).await;
    assert_eq!(all.len(), 3);
}

pub async fn a_page_begins_after_the_one_before(store: Store) {
    for (thread, due) in [("a", 3), ("b", 2), ("c", 2), ("d", 1)] {
        begin_due(&store, &key(thread), due).await;
    }
    let after = async |thread, due| {
        let page = page_of(&store, 9, Some((thread, due)), None).await;
        page.into_iter()
            .map(|(thread, _)| thread)
            .collect::<String>()
    };
    assert_eq!(after("d", 1).await, "bca");
    assert_eq!(after("b", 2).await, "ca");
    assert_eq!(after("c", 2).await, "a");
    assert_eq!(after("a", 3).await, "");
    // Nothing needs to be where a page begins.
    assert_eq!(after("bb", 2).await, "ca");
    assert_eq!(after("z", 1).await, "bca");
    assert_eq!(after("", 0).await, "dbca");
}

pub async fn pages_leave_no_gap(store: Store) {
    let mut all = Vec::new();
    for number in 0..37u64 {
        let (thread, due) = (format!("t{number:02}"), number * 7 % 5);
        begin_due(&store, &key(&thread), due).await;
        all.push((thread, due));
    }
    all.sort_by(|one, other| (one.1, &one.0).cmp(&(other.1, &other.0)));
    let mut seen: Vec<(String, u64)> = Vec::new();
    loop {
        let last = seen.last().map(|(thread, due)| (thread.as_str(), *due));
        let page = page_of(&store, 5, last, Some(4)).await;
        if page.is_empty() {
            break;
        }
        seen.extend(page);
    }
    assert_eq!(seen, all);
}
