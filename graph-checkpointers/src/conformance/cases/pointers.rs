//! What points to a checkpointer does what the checkpointer does.

use std::sync::Arc;

use graph_runtime::{At, Checkpointer, Lease, Page, Query, Record, Rewrite, StoreError, Timestamp};

use super::super::Store;
use super::super::kit::{
    LONG, adding, at, begin_line, first, key, on, removing, turn, update, writing,
};

async fn works(store: impl Checkpointer, thread: &str) {
    let thread = key(thread);
    let late = Timestamp::from_micros(7);
    let first = Record {
        due: Some(late),
        ..first()
    };
    let write = update(turn(&first, 0), "x");
    store.commit(&thread, adding(None, [&first])).await.unwrap();
    store
        .commit(&thread, writing([write.clone()]))
        .await
        .unwrap();
    let chain = store.load(&thread, At::Head).await.unwrap().unwrap();
    assert_eq!(
        (chain.records, chain.writes),
        (vec![first.clone()], vec![write.clone()])
    );
    assert_eq!(
        store.list(&thread, &Query::default()).await.unwrap(),
        [first]
    );
    assert_eq!(store.writes(&thread).await.unwrap(), [write]);
    let user = store
        .thread_of("conformance", "user", thread.thread())
        .await;
    assert_eq!(user.unwrap(), thread.thread());
    let threads = store.threads("conformance", &Page::default()).await;
    assert_eq!(threads.unwrap(), [thread.thread()]);
    let due = store.due("conformance", late, &Page::default()).await;
    assert_eq!(due.unwrap(), [(thread.thread().to_owned(), late)]);
    store.delete(&thread).await.unwrap();
    assert_eq!(store.load(&thread, At::Head).await.unwrap(), None);
}

pub async fn an_arc_works_alike(store: Store) {
    works(store, "arc").await;
}

pub async fn a_box_works_alike(store: Store) {
    let boxed: Box<dyn Checkpointer> = Box::new(store);
    works(boxed, "box").await;
}

pub async fn pointers_to_pointers_work_alike(store: Store) {
    works(Arc::new(Box::new(Arc::clone(&store))), "deep").await;
}

/// Also where it leaves them out.
pub async fn pointers_lease_as_what_they_point_to(store: Store) {
    let boxed: Box<dyn Checkpointer> = Box::new(store.clone());
    let pointer = Arc::new(boxed);
    let through = pointer.lease(&key("t"), "ada", LONG).await.unwrap();
    let direct = store.lease(&key("t"), "ada", LONG).await.unwrap();
    let epoch = |lease: &Option<Lease>| lease.as_ref().map(|lease| lease.epoch);
    assert_eq!(epoch(&through), epoch(&direct));
    if let Some(lease) = through {
        pointer.release(&key("t"), &lease).await.unwrap();
        store.lease(&key("t"), "bob", LONG).await.unwrap();
    }
}

pub async fn pointers_have_the_inbox_of_what_they_point_to(store: Store) {
    let boxed: Box<dyn Checkpointer> = Box::new(store.clone());
    let pointer = Arc::new(boxed);
    let through = pointer.send(&key("t"), b"x".to_vec()).await;
    let direct = store.send(&key("t"), b"y".to_vec()).await;
    assert_eq!(through.is_ok(), direct.is_ok());
    let found = pointer.inbox(&key("t")).await.unwrap();
    assert_eq!(found, store.inbox(&key("t")).await.unwrap());
    assert_eq!(found.len(), if direct.is_ok() { 2 } else { 0 });
}

pub async fn pointers_are_kept_up_as_what_they_point_to(store: Store) {
    let boxed: Box<dyn Checkpointer> = Box::new(store.clone());
    let pointer = Arc::new(boxed);
    let records = begin_line(&store, &key("t"), 2).await;
    begin_line(&store, &at("t", &["a"]), 1).await;
    let rewrite = Rewrite {
        replaced: on(&records[1], &records[1..]),
        ..removing(&records[1], &records[..1])
    };
    let through = pointer.rewrite(&key("t"), rewrite.clone()).await;
    let direct = store.rewrite(&key("t"), rewrite).await;
    // Once it has happened it doesn't happen again.
    assert_eq!(
        through.is_ok(),
        matches!(direct, Err(StoreError::Rewritten))
    );
    let (through, direct) = (pointer.paths(&key("t")).await, store.paths(&key("t")).await);
    assert_eq!(through.ok(), direct.ok());
    let (through, direct) = (pointer.usage(&key("t")).await, store.usage(&key("t")).await);
    assert_eq!(through.ok(), direct.ok());
    let now = Timestamp::from_micros(u64::MAX);
    let idle = pointer.idle("conformance", now, &Page::default()).await;
    let ids: Vec<_> = idle.unwrap().into_iter().map(|(id, _)| id).collect();
    assert_eq!(ids, ["t"]);
    pointer.check().await.unwrap();
}

pub async fn pointers_commit_inline_as_what_they_point_to(store: Store) {
    let inline = store.commits_inline();
    works(store.clone(), "inline").await;
    let boxed: Box<dyn Checkpointer> = Box::new(store);
    assert_eq!(boxed.commits_inline(), inline);
    assert_eq!(Arc::new(boxed).commits_inline(), inline);
}
