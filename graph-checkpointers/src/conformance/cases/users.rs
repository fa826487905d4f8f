//! Which thread belongs to a user.

use std::sync::Arc;

use graph_runtime::ThreadKey;
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::super::Store;
use super::super::kit::{begin, head, key};

pub async fn the_first_proposal_is_kept(store: Store) {
    assert_eq!(
        store.thread_of("ns", "user", "first").await.unwrap(),
        "first"
    );
    assert_eq!(
        store.thread_of("ns", "user", "second").await.unwrap(),
        "first"
    );
    assert_eq!(
        store.thread_of("ns", "user", "first").await.unwrap(),
        "first"
    );
}

pub async fn each_user_has_a_thread(store: Store) {
    assert_eq!(store.thread_of("ns", "ada", "a").await.unwrap(), "a");
    assert_eq!(store.thread_of("ns", "bob", "b").await.unwrap(), "b");
    assert_eq!(store.thread_of("ns", "ada", "c").await.unwrap(), "a");
}

pub async fn a_user_has_a_thread_in_each_namespace(store: Store) {
    assert_eq!(store.thread_of("one", "user", "a").await.unwrap(), "a");
    assert_eq!(store.thread_of("two", "user", "b").await.unwrap(), "b");
    assert_eq!(store.thread_of("one", "user", "c").await.unwrap(), "a");
}

pub async fn two_users_may_share_a_thread(store: Store) {
    assert_eq!(store.thread_of("ns", "ada", "t").await.unwrap(), "t");
    assert_eq!(store.thread_of("ns", "bob", "t").await.unwrap(), "t");
}

pub async fn a_user_may_be_led_to_a_thread_that_is_there(store: Store) {
    let first = begin(&store, &key("t")).await;
    assert_eq!(
        store.thread_of("conformance", "user", "t").await.unwrap(),
        "t"
    );
    assert_eq!(head(&store, &key("t")).await, Some(first.id));
}

pub async fn a_user_does_not_begin_a_thread(store: Store) {
    store.thread_of("conformance", "user", "t").await.unwrap();
    assert_eq!(head(&store, &key("t")).await, None);
    begin(&store, &key("t")).await;
}

pub async fn proposals_that_race_agree(store: Store) {
    let gate = Arc::new(Barrier::new(16));
    let mut askers = JoinSet::new();
    for place in 0..16 {
        let (store, gate) = (store.clone(), gate.clone());
        askers.spawn(async move {
            gate.wait().await;
            store
                .thread_of("ns", "user", &format!("t{place}"))
                .await
                .unwrap()
        });
    }
    let mut answers = askers.join_all().await;
    answers.dedup();
    assert_eq!(answers.len(), 1);
    assert_eq!(
        store.thread_of("ns", "user", "late").await.unwrap(),
        answers[0]
    );
}

pub async fn deleting_the_thread_frees_all_its_users(store: Store) {
    for user in ["ada", "bob"] {
        store.thread_of("conformance", user, "t").await.unwrap();
    }
    store.thread_of("conformance", "cy", "other").await.unwrap();
    begin(&store, &key("t")).await;
    store.delete(&key("t")).await.unwrap();
    for user in ["ada", "bob"] {
        let thread = store.thread_of("conformance", user, "new").await.unwrap();
        assert_eq!(thread, "new");
    }
    let other = store.thread_of("conformance", "cy", "new").await.unwrap();
    assert_eq!(other, "other");
}

pub async fn a_thread_that_never_began_can_be_deleted(store: Store) {
    store.thread_of("conformance", "user", "t").await.unwrap();
    store.delete(&key("t")).await.unwrap();
    let thread = store.thread_of("conformance", "user", "new").await.unwrap();
    assert_eq!(thread, "new");
}

pub async fn deleting_in_one_namespace_leaves_the_users_of_another(store: Store) {
    store.thread_of("one", "user", "t").await.unwrap();
    store.thread_of("two", "user", "t").await.unwrap();
    store
        .delete(&ThreadKey::new("one", "t").unwrap())
        .await
        .unwrap();
    assert_eq!(store.thread_of("one", "user", "new").await.unwrap(), "new");
    assert_eq!(store.thread_of("two", "user", "new").await.unwrap(), "t");
}
