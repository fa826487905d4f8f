//! Many at once, and some that lose interest.

use std::sync::Arc;
use std::time::Duration;

use graph_runtime::{Prefixes, Search, Store, Ttl};
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::kit::{at, entry, get, get_at, keys, later, listed, now, put, put_at};

pub async fn many_puts_at_once_are_all_there(store: Arc<dyn Store>) {
    let mut tasks = JoinSet::new();
    for task in 0..16 {
        let store = store.clone();
        tasks.spawn(async move {
            for number in 0..20 {
                let place = format!("{}", number % 4);
                put(&store, &[&place], &format!("{task}-{number}"), number).await;
            }
        });
    }
    tasks.join_all().await;
    assert_eq!(keys(&store, Search::default()).await.len(), 320);
    assert_eq!(listed(&store, Prefixes::default()).await.len(), 4);
}

pub async fn puts_that_race_leave_one_of_them_whole(store: Arc<dyn Store>) {
    let value = |number: u64| json!({"number": number, "text": vec![number; 200]});
    let mut tasks = JoinSet::new();
    for number in 0..16 {
        let store = store.clone();
        tasks.spawn(async move {
            let put = entry(&["p"], "k", value(number));
            put_at(&store, put, later(number)).await;
        });
    }
    tasks.join_all().await;
    let kept = get_at(&store, &["p"], "k", later(20)).await.unwrap();
    let number = kept.value["number"].as_u64().unwrap();
    assert_eq!(kept.value, value(number));
    assert_eq!(kept.updated_at, later(number));
}

pub async fn readers_that_renew_do_not_disturb_each_other(store: Arc<dyn Store>) {
    let ttl = Ttl::from(Duration::from_micros(100)).renewed_by_reading();
    put_at(&store, entry(&["p"], "k", 1).ttl(ttl), now()).await;
    let mut tasks = JoinSet::new();
    for micros in 0..16 {
        let store = store.clone();
        tasks.spawn(async move { get_at(&store, &["p"], "k", later(micros)).await.is_some() });
    }
    assert!(tasks.join_all().await.into_iter().all(|there| there));
    let kept = get_at(&store, &["p"], "k", now()).await.unwrap();
    assert_eq!(kept.expires_at, Some(later(115)));
}

pub async fn a_clearing_that_races_puts_leaves_whole_entries(store: Arc<dyn Store>) {
    let mut tasks = JoinSet::new();
    for number in 0..8 {
        let store = store.clone();
        tasks.spawn(async move {
            put(&store, &["p"], &number.to_string(), number).await;
            store.clear(&at(&["p"])).await.unwrap();
            put(&store, &["p"], "last", "whole").await;
        });
    }
    tasks.join_all().await;
    assert_eq!(
        get(&store, &["p"], "last").await,
        Some(Value::from("whole"))
    );
}

pub async fn a_put_that_was_never_polled_does_nothing(store: Arc<dyn Store>) {
    drop(store.put(entry(&["p"], "k", 1), now()));
    assert_eq!(get(&store, &["p"], "k").await, None);
}

pub async fn a_put_that_was_dropped_happens_whole_or_not_at_all(store: Arc<dyn Store>) {
    for number in 0..50 {
        let late = store.clone();
        let put = entry(&["p"], &number.to_string(), json!([number]));
        let task = tokio::spawn(async move { late.put(put, now()).await });
        tokio::task::yield_now().await;
        task.abort();
        // Whatever it was, it is over.
        let _ = task.await;
    }
    put(&store, &["q"], "after", 1).await;
    for key in keys(&store, Search::under(at(&["p"]))).await {
        let number: u64 = key.parse().unwrap();
        assert_eq!(get(&store, &["p"], &key).await, Some(json!([number])));
    }
}
