//! Who runs a thread: taking, renewing, losing and giving back the right to.

use std::sync::Arc;
use std::time::Duration;

use graph_runtime::{Page, StoreError, ThreadKey};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::super::Store;
use super::super::kit::{LONG, at, begin, head, key, leased, taken};

/// That somebody else holds it, and who.
fn assert_leased<T: std::fmt::Debug>(outcome: &Result<T, StoreError>, by: &str) {
    let Err(StoreError::Leased { holder, .. }) = outcome else {
        unreachable!("somebody else holds the lease, and the store said {outcome:?}");
    };
    assert_eq!(holder, by);
}

pub async fn a_lease_says_who_holds_it(store: Store) {
    let lease = taken(&store, &key("t"), "ada").await;
    assert_eq!(lease.holder, "ada");
    assert!(lease.epoch >= 1);
}

pub async fn one_at_a_time_holds_it(store: Store) {
    let lease = taken(&store, &key("t"), "ada").await;
    for _ in 0..2 {
        let refused = store.lease(&key("t"), "bob", LONG).await;
        let Err(StoreError::Leased { holder, until }) = refused else {
            unreachable!("ada holds the lease, and the store said {refused:?}");
        };
        assert_eq!((holder.as_str(), until), ("ada", lease.until));
    }
    assert_eq!(taken(&store, &key("t"), "ada").await.epoch, lease.epoch);
}

pub async fn renewing_it_keeps_its_epoch_and_moves_its_end(store: Store) {
    let mut last = taken(&store, &key("t"), "ada").await;
    for hours in 2..5 {
        let longer = Duration::from_hours(hours);
        let lease = leased(&store, &key("t"), "ada", longer).await;
        assert_eq!(lease.epoch, last.epoch);
        assert!(lease.until > last.until);
        last = lease;
    }
    let refused = store.lease(&key("t"), "bob", LONG).await;
    assert!(
        matches!(refused, Err(StoreError::Leased { until, .. }) if until == last.until),
        "{refused:?}"
    );
}

pub async fn one_that_has_ended_may_be_taken_by_another(store: Store) {
    let ended = leased(&store, &key("t"), "ada", Duration::ZERO).await;
    let lease = taken(&store, &key("t"), "bob").await;
    assert_eq!(lease.holder, "bob");
    assert!(lease.epoch > ended.epoch);
    assert_leased(&store.lease(&key("t"), "ada", LONG).await, "bob");
}

pub async fn one_that_has_ended_may_be_renewed_while_nobody_takes_it(store: Store) {
    let ended = leased(&store, &key("t"), "ada", Duration::ZERO).await;
    assert_eq!(taken(&store, &key("t"), "ada").await.epoch, ended.epoch);
    assert_leased(&store.lease(&key("t"), "bob", LONG).await, "ada");
}

pub async fn it_may_be_cut_short_by_renewing_it(store: Store) {
    let long = taken(&store, &key("t"), "ada").await;
    leased(&store, &key("t"), "ada", Duration::ZERO).await;
    assert!(taken(&store, &key("t"), "bob").await.epoch > long.epoch);
}

/// Also where its end is further away than can be counted.
pub async fn the_longest_is_no_shorter(store: Store) {
    leased(&store, &key("t"), "ada", Duration::MAX).await;
    assert_leased(&store.lease(&key("t"), "bob", Duration::MAX).await, "ada");
}

pub async fn one_that_was_given_back_may_be_taken(store: Store) {
    let lease = taken(&store, &key("t"), "ada").await;
    store.release(&key("t"), &lease).await.unwrap();
    let next = taken(&store, &key("t"), "bob").await;
    assert!(next.epoch > lease.epoch);
}

/// Whoever gave it back starts anew too.
pub async fn one_that_was_given_back_is_not_renewed(store: Store) {
    let lease = taken(&store, &key("t"), "ada").await;
    store.release(&key("t"), &lease).await.unwrap();
    assert!(taken(&store, &key("t"), "ada").await.epoch > lease.epoch);
}

pub async fn giving_back_what_was_lost_leaves_the_new_one(store: Store) {
    let lost = leased(&store, &key("t"), "ada", Duration::ZERO).await;
    let lease = taken(&store, &key("t"), "bob").await;
    store.release(&key("t"), &lost).await.unwrap();
    assert_leased(&store.lease(&key("t"), "ada", LONG).await, "bob");
    store.release(&key("t"), &lease).await.unwrap();
    // Twice, of a thread that is gone, and of another one: nothing to do.
    store.release(&key("t"), &lease).await.unwrap();
    store.release(&key("nobody"), &lease).await.unwrap();
    taken(&store, &key("t"), "ada").await;
}

pub async fn giving_one_back_leaves_those_of_other_threads(store: Store) {
    let lease = taken(&store, &key("t"), "ada").await;
    taken(&store, &key("u"), "ada").await;
    store.release(&key("u"), &lease).await.unwrap();
    assert_leased(&store.lease(&key("t"), "bob", LONG).await, "ada");
    assert_leased(&store.lease(&key("u"), "bob", LONG).await, "ada");
}

pub async fn each_thread_has_its_own(store: Store) {
    let keys = [
        key("t"),
        key("T"),
        key("u"),
        ThreadKey::new("elsewhere", "t").unwrap(),
    ];
    for (place, key) in keys.iter().enumerate() {
        taken(&store, key, &format!("holder {place}")).await;
    }
    for (place, key) in keys.iter().enumerate() {
        let refused = store.lease(key, "somebody", LONG).await;
        assert_leased(&refused, &format!("holder {place}"));
    }
}

pub async fn it_is_the_whole_threads_whatever_the_path(store: Store) {
    let lease = taken(&store, &at("t", &["a"]), "ada").await;
    assert_leased(&store.lease(&key("t"), "bob", LONG).await, "ada");
    let below = store.lease(&at("t", &["b", "c"]), "bob", LONG).await;
    assert_leased(&below, "ada");
    assert_eq!(taken(&store, &key("t"), "ada").await.epoch, lease.epoch);
    store.release(&at("t", &["z"]), &lease).await.unwrap();
    taken(&store, &key("t"), "bob").await;
}

pub async fn it_begins_no_thread(store: Store) {
    taken(&store, &key("t"), "ada").await;
    assert_eq!(head(&store, &key("t")).await, None);
    let threads = store.threads("conformance", &Page::default()).await;
    assert!(threads.unwrap().is_empty());
}

pub async fn it_goes_with_its_thread(store: Store) {
    begin(&store, &key("t")).await;
    begin(&store, &at("t", &["a"])).await;
    let lease = taken(&store, &key("t"), "ada").await;
    store.delete(&at("t", &["a"])).await.unwrap();
    assert_leased(&store.lease(&key("t"), "bob", LONG).await, "ada");
    store.delete(&key("t")).await.unwrap();
    // Nothing is forgotten so far that an old epoch would count again.
    assert!(taken(&store, &key("t"), "bob").await.epoch > lease.epoch);
}

pub async fn a_holder_may_be_called_anything(store: Store) {
    let long = "x".repeat(graph_runtime::MAX_ID_BYTES);
    let names = [
        "'; DROP TABLE leases; --",
        "$gt",
        "a b",
        "A B",
        "é",
        "e\u{301}",
        " ",
        &long,
    ];
    let mut last = 0;
    for name in names {
        let lease = leased(&store, &key("t"), name, Duration::ZERO).await;
        assert_eq!(lease.holder, name);
        assert!(lease.epoch > last, "{name:?}");
        last = lease.epoch;
    }
}

pub async fn a_holder_that_cannot_be_named_is_refused(store: Store) {
    let long = "x".repeat(graph_runtime::MAX_ID_BYTES + 1);
    for name in ["", "a\0", &long] {
        let refused = store.lease(&key("t"), name, LONG).await;
        assert!(
            matches!(refused, Err(StoreError::InvalidId(_))),
            "{refused:?}"
        );
    }
    taken(&store, &key("t"), "ada").await;
}

pub async fn of_sixteen_who_ask_one_is_given_it(store: Store) {
    let gate = Arc::new(Barrier::new(16));
    let mut askers = JoinSet::new();
    for place in 0..16 {
        let (store, gate) = (store.clone(), gate.clone());
        askers.spawn(async move {
            gate.wait().await;
            store.lease(&key("t"), &format!("{place}"), LONG).await
        });
    }
    let outcomes = askers.join_all().await;
    let mut given = outcomes.iter().filter_map(|outcome| outcome.as_ref().ok());
    let lease = given.next().unwrap().as_ref().unwrap();
    assert_eq!(given.next(), None);
    for refused in outcomes.iter().filter(|outcome| outcome.is_err()) {
        assert_leased(refused, &lease.holder);
    }
}
