//! Nothing said of one thread shows in another.

use graph_runtime::{At, ThreadKey};

use super::super::Store;
use super::super::kit::{
    adding, begin, begin_line, chain, consuming, fresh_id, go_on, head, key, line, listed, put,
    turn, update, writing,
};

fn in_namespace(namespace: &str, thread: &str) -> ThreadKey {
    ThreadKey::new(namespace, thread).unwrap()
}

pub async fn threads_do_not_see_each_other(store: Store) {
    let (a, b) = (key("a"), key("b"));
    let first = begin(&store, &a).await;
    assert_eq!(head(&store, &b).await, None);
    let other = begin(&store, &b).await;
    assert_eq!(listed(&store, &a).await, [first.id]);
    assert_eq!(listed(&store, &b).await, [other.id]);
}

pub async fn one_thread_id_in_two_namespaces_is_two_threads(store: Store) {
    let (a, b) = (in_namespace("a", "t"), in_namespace("b", "t"));
    let first = begin(&store, &a).await;
    assert_eq!(head(&store, &b).await, None);
    let other = begin(&store, &b).await;
    go_on(&store, &b, &other).await;
    assert_eq!(listed(&store, &a).await, [first.id]);
}

/// Where a namespace ends and a thread begins is never in doubt.
pub async fn parts_of_a_key_do_not_run_together(store: Store) {
    let keys = [
        ("a", "bc"),
        ("ab", "c"),
        ("a:b", "c"),
        ("a", "b:c"),
        ("a/b", "c"),
        ("a", "b/c"),
    ];
    let keys = keys.map(|(namespace, thread)| in_namespace(namespace, thread));
    for key in &keys {
        assert_eq!(head(&store, key).await, None, "{key:?}");
        begin(&store, key).await;
    }
    for key in &keys {
        assert_eq!(listed(&store, key).await.len(), 1, "{key:?}");
    }
}

/// A copy of a thread has the ids of the original.
pub async fn one_record_may_be_in_two_threads(store: Store) {
    let (original, copy) = (key("original"), in_namespace("elsewhere", "copy"));
    let records = line(3);
    put(&store, &original, adding(None, &records)).await;
    put(&store, &copy, adding(None, &records)).await;
    go_on(&store, &copy, &records[2]).await;
    assert_eq!(chain(&store, &original).await.records, records);
    assert_eq!(chain(&store, &copy).await.records.len(), 4);
}

pub async fn writes_belong_to_their_thread(store: Store) {
    let (a, b) = (key("a"), key("b"));
    let records = line(1);
    put(&store, &a, adding(None, &records)).await;
    put(&store, &b, adding(None, &records)).await;
    let write = update(turn(&records[0], 0), "a's");
    put(&store, &a, writing([write.clone()])).await;
    assert!(store.writes(&b).await.unwrap().is_empty());
    put(&store, &b, consuming(&[turn(&records[0], 0)])).await;
    assert_eq!(store.writes(&a).await.unwrap(), [write]);
}

pub async fn a_moment_of_another_thread_is_not_found(store: Store) {
    let foreign = begin(&store, &key("other")).await;
    begin(&store, &key("t")).await;
    let found = store.load(&key("t"), At::Moment(foreign.id)).await;
    assert_eq!(found.unwrap(), None);
}

pub async fn a_moment_of_another_namespace_is_not_found(store: Store) {
    let foreign = begin(&store, &in_namespace("a", "t")).await;
    begin(&store, &in_namespace("b", "t")).await;
    let found = store
        .load(&in_namespace("b", "t"), At::Moment(foreign.id))
        .await;
    assert_eq!(found.unwrap(), None);
}

pub async fn an_unknown_moment_is_not_found(store: Store) {
    begin_line(&store, &key("t"), 3).await;
    let unknown = fresh_id();
    let found = store.load(&key("t"), At::Moment(unknown)).await;
    assert_eq!(found.unwrap(), None);
}

pub async fn an_unknown_thread_holds_nothing(store: Store) {
    let known = begin(&store, &key("known")).await;
    let nobody = key("nobody");
    assert_eq!(store.load(&nobody, At::Head).await.unwrap(), None);
    let by_id = store.load(&nobody, At::Moment(known.id)).await;
    assert_eq!(by_id.unwrap(), None);
    assert!(listed(&store, &nobody).await.is_empty());
}

pub async fn deleting_a_thread_leaves_the_others(store: Store) {
    let gone = in_namespace("a", "t");
    let others = [in_namespace("a", "u"), in_namespace("b", "t")];
    let records = line(2);
    for key in others.iter().chain([&gone]) {
        put(&store, key, adding(None, &records)).await;
        put(&store, key, writing([update(turn(&records[1], 0), "x")])).await;
        store
            .thread_of(key.namespace(), "user", key.thread())
            .await
            .unwrap();
    }
    store.delete(&gone).await.unwrap();
    for key in &others {
        let chain = chain(&store, key).await;
        assert_eq!((chain.records.len(), chain.writes.len()), (2, 1));
    }
}
