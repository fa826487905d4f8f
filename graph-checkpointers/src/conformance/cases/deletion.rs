//! Forgetting a thread.

use graph_runtime::{At, Page, StoreError};
use tokio::task::JoinSet;

use super::super::Store;
use super::super::kit::{
    adding, after, assert_conflict, begin, begin_line, chain, first, head, key, line, listed, put,
    turn, update, writing,
};

pub async fn a_deleted_thread_holds_nothing(store: Store) {
    let thread = key("t");
    let records = begin_line(&store, &thread, 3).await;
    put(
        &store,
        &thread,
        writing([update(turn(&records[2], 0), "x")]),
    )
    .await;
    store.delete(&thread).await.unwrap();
    assert_eq!(store.load(&thread, At::Head).await.unwrap(), None);
    let by_id = store.load(&thread, At::Moment(records[1].id)).await;
    assert_eq!(by_id.unwrap(), None);
    assert!(listed(&store, &thread).await.is_empty());
    assert!(store.writes(&thread).await.unwrap().is_empty());
    let threads = store.threads(thread.namespace(), &Page::default()).await;
    assert!(threads.unwrap().is_empty());
}

pub async fn deleting_what_is_not_there_is_fine(store: Store) {
    store.delete(&key("nobody")).await.unwrap();
    begin(&store, &key("t")).await;
    store.delete(&key("t")).await.unwrap();
    store.delete(&key("t")).await.unwrap();
}

pub async fn a_deleted_thread_may_begin_again(store: Store) {
    let thread = key("t");
    let records = begin_line(&store, &thread, 3).await;
    put(
        &store,
        &thread,
        writing([update(turn(&records[2], 0), "old")]),
    )
    .await;
    store.delete(&thread).await.unwrap();
    let anew = begin(&store, &thread).await;
    let chain = chain(&store, &thread).await;
    assert_eq!((chain.records, chain.sequence), (vec![anew], 1));
    assert!(chain.writes.is_empty());
}

/// Also with the ids that it had: as pruning and copying do.
pub async fn a_deleted_thread_may_be_written_again(store: Store) {
    let thread = key("t");
    let records = begin_line(&store, &thread, 3).await;
    store.delete(&thread).await.unwrap();
    put(&store, &thread, adding(None, &records)).await;
    assert_eq!(chain(&store, &thread).await.records, records);
}

pub async fn a_commit_to_a_deleted_thread_is_a_conflict(store: Store) {
    let thread = key("t");
    let first = begin(&store, &thread).await;
    store.delete(&thread).await.unwrap();
    let late = store
        .commit(&thread, adding(Some(&first), [&after(&first)]))
        .await;
    assert_conflict(&late, None);
    assert_eq!(head(&store, &thread).await, None);
}

/// Either the commit was first and went with the rest, or it found nothing to go on from.
pub async fn a_commit_that_races_a_deletion_leaves_no_half_thread(store: Store) {
    for round in 0..20 {
        let thread = key(&format!("t{round}"));
        let first = begin(&store, &thread).await;
        let mut race = JoinSet::new();
        let (a, to) = (store.clone(), thread.clone());
        race.spawn(async move { a.commit(&to, adding(Some(&first), [&after(&first)])).await });
        let (b, of) = (store.clone(), thread.clone());
        race.spawn(async move { b.delete(&of).await });
        for outcome in race.join_all().await {
            let fine = matches!(
                outcome,
                Ok(()) | Err(StoreError::Conflict { found: None, .. })
            );
            assert!(fine, "{outcome:?}");
        }
        assert_eq!(head(&store, &thread).await, None);
    }
}

pub async fn a_long_thread_can_be_deleted(store: Store) {
    let thread = key("t");
    let records = line(3_000);
    put(&store, &thread, adding(None, &records)).await;
    store.delete(&thread).await.unwrap();
    put(&store, &thread, adding(None, [&first()])).await;
    assert_eq!(listed(&store, &thread).await.len(), 1);
}
