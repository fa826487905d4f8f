//! Entries to make cases of. Time is made up: everything happens at `now` unless a case says otherwise.

use std::sync::Arc;

use graph_runtime::{Entry, Found, Prefix, Prefixes, Put, Search, Store, Timestamp};
use serde_json::Value;

/// A time, counted from the one that most cases stay at.
pub(super) fn later(micros: u64) -> Timestamp {
    Timestamp::from_micros(1_000_000 + micros)
}

pub(super) fn now() -> Timestamp {
    later(0)
}

pub(super) fn at(segments: &[&str]) -> Prefix {
    Prefix::new(segments).unwrap()
}

pub(super) fn entry(segments: &[&str], key: &str, value: impl Into<Value>) -> Put {
    Put::new(at(segments), key, value)
}

/// Puts a value, and it must succeed.
pub(super) async fn put(
    store: &Arc<dyn Store>,
    segments: &[&str],
    key: &str,
    value: impl Into<Value>,
) {
    put_at(store, entry(segments, key, value), now()).await;
}

pub(super) async fn put_at(store: &Arc<dyn Store>, put: Put, now: Timestamp) {
    store.put(put, now).await.unwrap();
}

pub(super) async fn get(store: &Arc<dyn Store>, segments: &[&str], key: &str) -> Option<Value> {
    let entry = get_at(store, segments, key, now()).await?;
    Some(entry.value)
}

pub(super) async fn get_at(
    store: &Arc<dyn Store>,
    segments: &[&str],
    key: &str,
    now: Timestamp,
) -> Option<Entry> {
    store.get(&at(segments), key, now).await.unwrap()
}

pub(super) async fn search(store: &Arc<dyn Store>, search: Search) -> Vec<Found> {
    store.search(&search, now()).await.unwrap()
}

/// The keys of what a search finds.
pub(super) async fn keys(store: &Arc<dyn Store>, what: Search) -> Vec<String> {
    keys_at(store, what, now()).await
}

pub(super) async fn keys_at(store: &Arc<dyn Store>, what: Search, now: Timestamp) -> Vec<String> {
    let found = store.search(&what, now).await.unwrap();
    found.into_iter().map(|found| found.entry.key).collect()
}

pub(super) async fn listed(store: &Arc<dyn Store>, prefixes: Prefixes) -> Vec<Prefix> {
    store.prefixes(&prefixes, now()).await.unwrap()
}

/// Reads page after page, and gives the keys of all.
pub(super) async fn paged(store: &Arc<dyn Store>, what: Search) -> Vec<String> {
    let mut keys = Vec::new();
    let mut next = what.clone();
    loop {
        let page = search(store, next).await;
        let Some(last) = page.last() else {
            return keys;
        };
        next = what.clone().after(last.place());
        keys.extend(page.into_iter().map(|found| found.entry.key));
    }
}
