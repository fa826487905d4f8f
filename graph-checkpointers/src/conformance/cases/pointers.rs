//! What points to a checkpointer does what the checkpointer does.

use std::sync::Arc;

use graph_runtime::{At, Checkpointer, Page, Query};

use super::super::Store;
use super::super::kit::{adding, first, key, turn, update, writing};

async fn works(store: impl Checkpointer, thread: &str) {
    let thread = key(thread);
    let first = first();
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

pub async fn pointers_commit_inline_as_what_they_point_to(store: Store) {
    let inline = store.commits_inline();
    works(store.clone(), "inline").await;
    let boxed: Box<dyn Checkpointer> = Box::new(store);
    assert_eq!(boxed.commits_inline(), inline);
    assert_eq!(Arc::new(boxed).commits_inline(), inline);
}
