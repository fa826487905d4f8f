//! Messages that wait for whoever runs a thread.

use std::sync::Arc;

use graph_runtime::{Commit, Page, StoreError, ThreadKey};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::super::Store;
use super::super::kit::{
    adding, after, assert_conflict, at, begin, head, key, line, put, receiving,
};

async fn send(store: &Store, thread: &ThreadKey, payload: &str) -> u64 {
    store
        .send(thread, payload.as_bytes().to_vec())
        .await
        .unwrap()
}

/// The payloads that wait, as text.
async fn waiting(store: &Store, thread: &ThreadKey) -> Vec<String> {
    let messages = store.inbox(thread).await.unwrap();
    messages
        .into_iter()
        .map(|message| String::from_utf8(message.payload).unwrap())
        .collect()
}

pub async fn messages_come_in_the_order_of_their_arrival(store: Store) {
    let thread = key("t");
    let mut positions = Vec::new();
    for number in 0..20 {
        positions.push(send(&store, &thread, &number.to_string()).await);
    }
    assert!(positions[0] >= 1);
    assert!(positions.is_sorted_by(|one, other| one < other));
    let messages = store.inbox(&thread).await.unwrap();
    let found: Vec<_> = messages.iter().map(|message| message.position).collect();
    assert_eq!(found, positions);
    let texts: Vec<_> = (0..20).map(|number| number.to_string()).collect();
    assert_eq!(waiting(&store, &thread).await, texts);
}

pub async fn an_inbox_without_messages_is_empty(store: Store) {
    assert!(waiting(&store, &key("nobody")).await.is_empty());
    begin(&store, &key("t")).await;
    assert!(waiting(&store, &key("t")).await.is_empty());
}

pub async fn reading_removes_nothing(store: Store) {
    send(&store, &key("t"), "x").await;
    for _ in 0..3 {
        assert_eq!(waiting(&store, &key("t")).await, ["x"]);
    }
}

pub async fn a_message_begins_no_thread(store: Store) {
    send(&store, &key("t"), "x").await;
    assert_eq!(head(&store, &key("t")).await, None);
    let threads = store.threads("conformance", &Page::default()).await;
    assert!(threads.unwrap().is_empty());
    begin(&store, &key("t")).await;
    assert_eq!(waiting(&store, &key("t")).await, ["x"]);
}

pub async fn each_thread_and_each_path_has_an_inbox(store: Store) {
    let keys = [
        key("t"),
        key("u"),
        at("t", &["a"]),
        at("t", &["ab"]),
        ThreadKey::new("elsewhere", "t").unwrap(),
    ];
    let mut sent = Vec::new();
    for (place, key) in keys.iter().enumerate() {
        sent.push(send(&store, key, &place.to_string()).await);
    }
    // Whoever names a position of somebody else's reaches nothing.
    for key in &keys[1..] {
        put(&store, key, receiving(&sent[..1])).await;
    }
    for (place, key) in keys.iter().enumerate() {
        assert_eq!(waiting(&store, key).await, [place.to_string()], "{key:?}");
    }
}

pub async fn a_message_of_any_bytes_comes_back(store: Store) {
    let payloads = [
        Vec::new(),
        vec![0],
        (0..=u8::MAX).collect(),
        vec![0xff; 100_000],
        br#"{"$gt": "'; --"}"#.to_vec(),
    ];
    for payload in &payloads {
        store.send(&key("t"), payload.clone()).await.unwrap();
    }
    let messages = store.inbox(&key("t")).await.unwrap();
    let found: Vec<_> = messages.into_iter().map(|found| found.payload).collect();
    assert_eq!(found, payloads);
}

pub async fn a_message_beyond_the_limit_is_refused(store: Store) {
    let large = vec![0; Commit::MAX_STORED_BYTES + 1];
    let refused = store.send(&key("t"), large).await;
    assert!(
        matches!(refused, Err(StoreError::TooLarge { .. })),
        "{refused:?}"
    );
    assert!(waiting(&store, &key("t")).await.is_empty());
}

pub async fn a_commit_removes_the_messages_that_it_names(store: Store) {
    let thread = key("t");
    let first = begin(&store, &thread).await;
    let mut positions = Vec::new();
    for text in ["a", "b", "c", "d"] {
        positions.push(send(&store, &thread, text).await);
    }
    let second = after(&first);
    let commit = Commit {
        received: vec![positions[0], positions[2]],
        ..adding(Some(&first), [&second])
    };
    put(&store, &thread, commit).await;
    assert_eq!(head(&store, &thread).await, Some(second.id));
    assert_eq!(waiting(&store, &thread).await, ["b", "d"]);
}

pub async fn a_commit_leaves_the_messages_that_it_does_not_name(store: Store) {
    let thread = key("t");
    send(&store, &thread, "x").await;
    put(&store, &thread, adding(None, &line(3))).await;
    assert_eq!(waiting(&store, &thread).await, ["x"]);
}

pub async fn a_message_may_be_received_by_the_first_commit(store: Store) {
    let thread = key("t");
    let commit = Commit {
        received: vec![send(&store, &thread, "input").await],
        ..adding(None, &line(1))
    };
    put(&store, &thread, commit).await;
    assert!(waiting(&store, &thread).await.is_empty());
}

pub async fn a_message_may_be_received_without_a_record(store: Store) {
    let position = send(&store, &key("t"), "x").await;
    put(&store, &key("t"), receiving(&[position])).await;
    assert!(waiting(&store, &key("t")).await.is_empty());
}

pub async fn receiving_what_is_not_there_is_fine(store: Store) {
    let position = send(&store, &key("t"), "x").await;
    let others = [
        0,
        position - 1,
        position + 1,
        i64::MAX.cast_unsigned(),
        u64::MAX,
    ];
    put(&store, &key("t"), receiving(&others)).await;
    put(&store, &key("nobody"), receiving(&others)).await;
    assert_eq!(waiting(&store, &key("t")).await, ["x"]);
}

pub async fn a_refused_commit_receives_nothing(store: Store) {
    let thread = key("t");
    let first = begin(&store, &thread).await;
    let position = send(&store, &thread, "x").await;
    let stale = Commit {
        received: vec![position],
        ..adding(None, [&after(&first)])
    };
    assert_conflict(&store.commit(&thread, stale).await, Some(&first));
    assert_eq!(waiting(&store, &thread).await, ["x"]);
}

pub async fn no_position_is_given_twice(store: Store) {
    let thread = key("t");
    let mut last = 0;
    for round in 0..6 {
        let position = send(&store, &thread, "x").await;
        assert!(position > last, "round {round}");
        last = position;
        if round % 2 == 0 {
            put(&store, &thread, receiving(&[position])).await;
        } else {
            store.delete(&thread).await.unwrap();
        }
    }
}

/// A commit that was repeated takes nothing that came after it.
pub async fn a_repeat_receives_no_later_message(store: Store) {
    let thread = key("t");
    let commit = Commit {
        received: vec![send(&store, &thread, "first").await],
        ..adding(None, &line(1))
    };
    put(&store, &thread, commit.clone()).await;
    send(&store, &thread, "second").await;
    put(&store, &thread, commit).await;
    assert_eq!(waiting(&store, &thread).await, ["second"]);
}

pub async fn deleting_a_thread_empties_its_inboxes(store: Store) {
    let keys = [key("t"), at("t", &["a"]), key("t2"), at("t2", &["a"])];
    for key in &keys {
        send(&store, key, "x").await;
    }
    store.delete(&key("t")).await.unwrap();
    for (place, key) in keys.iter().enumerate() {
        let waiting = waiting(&store, key).await;
        assert_eq!(waiting.len(), usize::from(place > 1), "{key:?}");
    }
}

pub async fn a_deleted_thread_begins_with_an_empty_inbox(store: Store) {
    let thread = key("t");
    send(&store, &thread, "old").await;
    store.delete(&thread).await.unwrap();
    send(&store, &thread, "new").await;
    begin(&store, &thread).await;
    assert_eq!(waiting(&store, &thread).await, ["new"]);
}

pub async fn of_sixteen_who_send_at_once_none_is_lost(store: Store) {
    let gate = Arc::new(Barrier::new(16));
    let mut senders = JoinSet::new();
    for place in 0..16 {
        let (store, gate) = (store.clone(), gate.clone());
        senders.spawn(async move {
            gate.wait().await;
            (
                send(&store, &key("t"), &place.to_string()).await,
                place.to_string(),
            )
        });
    }
    let mut sent = senders.join_all().await;
    sent.sort_unstable();
    sent.dedup_by_key(|(position, _)| *position);
    let texts: Vec<_> = sent.into_iter().map(|(_, text)| text).collect();
    assert_eq!(texts.len(), 16);
    assert_eq!(waiting(&store, &key("t")).await, texts);
}

/// Each message goes to exactly one of those who take what waits.
pub async fn of_two_who_receive_one_message_one_goes_on(store: Store) {
    let thread = key("t");
    let first = begin(&store, &thread).await;
    let position = send(&store, &thread, "x").await;
    let mut takers = JoinSet::new();
    for _ in 0..2 {
        let (store, thread) = (store.clone(), thread.clone());
        let commit = Commit {
            received: vec![position],
            ..adding(Some(&first), [&after(&first)])
        };
        takers.spawn(async move { store.commit(&thread, commit).await.is_ok() });
    }
    let outcomes = takers.join_all().await;
    assert_eq!(outcomes.into_iter().filter(|&done| done).count(), 1);
    assert!(waiting(&store, &thread).await.is_empty());
}
