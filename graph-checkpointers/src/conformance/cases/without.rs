//! What a store says that leaves something out: nothing is accepted and then lost.

use std::time::Duration;

use graph_runtime::StoreError;

use super::super::Store;
use super::super::kit::{begin, key};

pub async fn a_store_without_leases_says_so(store: Store) {
    begin(&store, &key("t")).await;
    for holder in ["ada", "bob"] {
        let lease = store
            .lease(&key("t"), holder, Duration::from_hours(1))
            .await;
        assert!(matches!(lease, Ok(None)), "{lease:?}");
    }
}

pub async fn a_store_without_an_inbox_says_so(store: Store) {
    begin(&store, &key("t")).await;
    let refused = store.send(&key("t"), b"x".to_vec()).await;
    assert!(
        matches!(refused, Err(StoreError::Unsupported(_))),
        "{refused:?}"
    );
    assert!(store.inbox(&key("t")).await.unwrap().is_empty());
}
