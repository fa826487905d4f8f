//! Leases outlast the handles that took them.

use std::time::Duration;

use graph_runtime::{Commit, StoreError};

use super::super::Reopen;
use super::super::kit::{LONG, adding, first, key, leased, listed, put, taken};

pub async fn a_lease_is_there_again(place: Reopen) {
    let store = place.open().await;
    let lease = taken(&store, &key("t"), "ada").await;
    drop(store);
    let store = place.open().await;
    let refused = store.lease(&key("t"), "bob", LONG).await;
    assert!(
        matches!(refused, Err(StoreError::Leased { until, .. }) if until == lease.until),
        "{refused:?}"
    );
    assert_eq!(taken(&store, &key("t"), "ada").await.epoch, lease.epoch);
}

pub async fn epochs_rise_over_reopening(place: Reopen) {
    let mut last = 0;
    for round in 0..4 {
        let store = place.open().await;
        let lease = leased(&store, &key("t"), &format!("{round}"), Duration::ZERO).await;
        assert!(lease.epoch > last);
        last = lease.epoch;
        if round % 2 == 0 {
            store.release(&key("t"), &lease).await.unwrap();
        } else {
            store.delete(&key("t")).await.unwrap();
        }
    }
}

pub async fn a_holder_is_fenced_by_another_handle(place: Reopen) {
    let (one, two) = (place.open().await, place.open().await);
    let old = leased(&one, &key("t"), "ada", Duration::ZERO).await;
    let new = taken(&two, &key("t"), "bob").await;
    let commit = |epoch| Commit {
        epoch,
        ..adding(None, [&first()])
    };
    let refused = one.commit(&key("t"), commit(old.epoch)).await;
    assert!(
        matches!(refused, Err(StoreError::Fenced { current, .. }) if current == new.epoch),
        "{refused:?}"
    );
    put(&two, &key("t"), commit(new.epoch)).await;
    assert_eq!(listed(&one, &key("t")).await.len(), 1);
}
