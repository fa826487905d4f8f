//! How long entries live. Each case makes its own time.

use std::sync::Arc;
use std::time::Duration;

use graph_runtime::{Prefixes, Search, Store, Timestamp, Ttl};

use super::kit::{at, entry, get_at, keys_at, later, now, put, put_at};

const TEN: Duration = Duration::from_micros(10);

/// Whether it is there, by every way to see it.
async fn is_there(store: &Arc<dyn Store>, now: Timestamp) -> bool {
    let read = get_at(store, &["p"], "k", now).await.is_some();
    let found = !keys_at(store, Search::default(), now).await.is_empty();
    let listed = store.prefixes(&Prefixes::default(), now).await.unwrap();
    assert_eq!((read, read), (found, !listed.is_empty()), "at {now}");
    read
}

pub async fn an_entry_is_there_until_its_end_and_not_from_then_on(store: Arc<dyn Store>) {
    put_at(&store, entry(&["p"], "k", 1).ttl(TEN), now()).await;
    for micros in [0, 1, 9] {
        assert!(is_there(&store, later(micros)).await, "{micros}");
    }
    let kept = get_at(&store, &["p"], "k", now()).await.unwrap();
    assert_eq!(kept.expires_at, Some(later(10)));
    for micros in [10, 11, 1_000_000] {
        assert!(!is_there(&store, later(micros)).await, "{micros}");
    }
    assert!(!is_there(&store, Timestamp::from_micros(u64::MAX)).await);
}

pub async fn a_put_begins_a_new_life(store: Arc<dyn Store>) {
    put_at(&store, entry(&["p"], "k", 1).ttl(TEN), now()).await;
    put_at(&store, entry(&["p"], "k", 2).ttl(TEN), later(5)).await;
    assert!(is_there(&store, later(14)).await);
    assert!(!is_there(&store, later(15)).await);
    put_at(&store, entry(&["p"], "k", 3), later(6)).await;
    assert!(is_there(&store, later(1_000)).await);
    put_at(&store, entry(&["p"], "k", 4).ttl(TEN), later(7)).await;
    assert!(!is_there(&store, later(17)).await);
}

pub async fn what_has_expired_is_created_anew(store: Arc<dyn Store>) {
    for (micros, created) in [(0, 0), (9, 0), (19, 19)] {
        let put = entry(&["p"], "k", micros).ttl(TEN);
        put_at(&store, put, later(micros)).await;
        let kept = get_at(&store, &["p"], "k", later(micros)).await.unwrap();
        assert_eq!(kept.created_at, later(created), "{micros}");
    }
}

pub async fn a_life_of_no_length_is_over_at_once(store: Arc<dyn Store>) {
    put(&store, &["p"], "k", 1).await;
    put_at(&store, entry(&["p"], "k", 2).ttl(Duration::ZERO), now()).await;
    assert!(!is_there(&store, now()).await);
}

pub async fn the_longest_life_is_a_long_one(store: Arc<dyn Store>) {
    for ttl in [
        Ttl::from(Duration::MAX),
        Ttl::from(Duration::MAX).renewed_by_reading(),
    ] {
        put_at(&store, entry(&["p"], "k", 1).ttl(ttl), now()).await;
        for _ in 0..2 {
            assert!(is_there(&store, Timestamp::from_micros(1 << 60)).await);
        }
    }
}

pub async fn reading_renews_where_that_was_chosen(store: Arc<dyn Store>) {
    let ttl = Ttl::from(TEN).renewed_by_reading();
    put_at(&store, entry(&["p"], "k", 1).ttl(ttl), now()).await;
    for micros in [5, 14, 23] {
        let kept = get_at(&store, &["p"], "k", later(micros)).await.unwrap();
        assert_eq!(kept.expires_at, Some(later(micros + 10)));
        assert_eq!((kept.created_at, kept.updated_at), (now(), now()));
    }
    // A clock that went back shortens no life.
    let kept = get_at(&store, &["p"], "k", later(3)).await.unwrap();
    assert_eq!(kept.expires_at, Some(later(33)));
    assert!(!is_there(&store, later(33)).await);
}

pub async fn reading_renews_nothing_else(store: Arc<dyn Store>) {
    let ttl = Ttl::from(TEN).renewed_by_reading();
    put_at(&store, entry(&["p"], "k", 1).ttl(ttl), now()).await;
    put_at(&store, entry(&["p"], "other", 1).ttl(ttl), now()).await;
    get_at(&store, &["p"], "other", later(9)).await.unwrap();
    assert!(get_at(&store, &["p"], "k", later(10)).await.is_none());
    put_at(&store, entry(&["q"], "k", 1).ttl(TEN), now()).await;
    get_at(&store, &["q"], "k", later(9)).await.unwrap();
    assert!(get_at(&store, &["q"], "k", later(10)).await.is_none());
    // Replaced by one that doesn't renew.
    put_at(&store, entry(&["r"], "k", 1).ttl(ttl), now()).await;
    put_at(&store, entry(&["r"], "k", 2).ttl(TEN), now()).await;
    get_at(&store, &["r"], "k", later(9)).await.unwrap();
    assert!(get_at(&store, &["r"], "k", later(10)).await.is_none());
}

pub async fn a_search_renews_nothing(store: Arc<dyn Store>) {
    let ttl = Ttl::from(TEN).renewed_by_reading();
    put_at(&store, entry(&["p"], "k", 1).ttl(ttl), now()).await;
    assert_eq!(keys_at(&store, Search::default(), later(9)).await, ["k"]);
    assert!(!is_there(&store, later(10)).await);
}

pub async fn a_limit_counts_what_lives(store: Arc<dyn Store>) {
    for number in 0..20 {
        let put = entry(&[&format!("{number:02}")], &format!("{number:02}"), 1);
        let put = if number % 2 == 0 { put.ttl(TEN) } else { put };
        put_at(&store, put, now()).await;
    }
    let found = keys_at(&store, Search::default().limit(3), later(10)).await;
    assert_eq!(found, ["01", "03", "05"]);
    let first = Prefixes::default().limit(2);
    let listed = store.prefixes(&first, later(10)).await.unwrap();
    assert_eq!(listed, [at(&["01"]), at(&["03"])]);
}

pub async fn a_sweep_takes_what_has_expired_and_nothing_else(store: Arc<dyn Store>) {
    put(&store, &["stays"], "k", 1).await;
    for micros in 1..=5 {
        let ttl = Duration::from_micros(micros);
        let put = entry(&["goes"], &micros.to_string(), 1).ttl(ttl);
        put_at(&store, put, now()).await;
    }
    assert_eq!(store.sweep(now()).await.unwrap(), 0);
    assert_eq!(store.sweep(later(3)).await.unwrap(), 3);
    assert_eq!(store.sweep(later(3)).await.unwrap(), 0);
    let left = keys_at(&store, Search::default(), now()).await;
    assert_eq!(left, ["4", "5", "k"]);
}
