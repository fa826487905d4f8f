//! What a store says that leaves something out: nothing is accepted and then lost.

use std::time::Duration;

use graph_runtime::{Expect, Rewrite, StoreError};

use super::super::Store;
use super::super::kit::{begin, begin_line, key, listed, removing};

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

pub async fn a_store_without_upkeep_says_so(store: Store) {
    let records = begin_line(&store, &key("t"), 2).await;
    let replacing = Rewrite {
        expected: Expect::Any,
        replaced: records.clone(),
        ..Rewrite::default()
    };
    for rewrite in [replacing, removing(&records[1], &records[..1])] {
        let refused = store.rewrite(&key("t"), rewrite).await;
        assert!(
            matches!(refused, Err(StoreError::Unsupported(_))),
            "{refused:?}"
        );
    }
    let refused = store.paths(&key("t")).await;
    assert!(
        matches!(refused, Err(StoreError::Unsupported(_))),
        "{refused:?}"
    );
    assert_eq!(
        listed(&store, &key("t")).await,
        [records[1].id, records[0].id]
    );
}
