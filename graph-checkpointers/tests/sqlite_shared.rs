//! One `SQLite` file for moments, memory across threads and cached results: together, and from before the
//! others were there.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod support;

use std::path::{Path, PathBuf};
use std::sync::Arc;

use graph_checkpointers::{SqliteCache, SqliteSaver, SqliteStore};
use graph_runtime::{
    At, Cache, CacheKey, Checkpointer, Prefix, Put, Record, Search, Shelf, Store, Timestamp,
};
use rusqlite::Connection;
use support::{adding, first, key};
use tempfile::TempDir;
use tokio::task::JoinSet;

fn file() -> (TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("all.db");
    (directory, path)
}

fn now() -> Timestamp {
    Timestamp::from_micros(1)
}

fn result(hash: u128) -> CacheKey {
    CacheKey::new("graph", "node", hash).unwrap()
}

async fn save(saver: &SqliteSaver) -> Record {
    let record = first();
    saver
        .commit(&key("t"), adding(None, &record))
        .await
        .unwrap();
    record
}

async fn use_both(store: &SqliteStore, cache: &SqliteCache) {
    let put = Put::new(Prefix::default(), "k", "v");
    store.put(put, now()).await.unwrap();
    cache.put(&result(1), vec![1], None, now()).await.unwrap();
}

async fn assert_all_there(path: &Path, record: &Record) {
    let saver = SqliteSaver::open(path).await.unwrap();
    let chain = saver.load(&key("t"), At::Head).await.unwrap().unwrap();
    assert_eq!(chain.records, std::slice::from_ref(record));
    let found = saver.store().search(&Search::default(), now()).await;
    assert_eq!(found.unwrap().len(), 1);
    let cached = saver.cache().get(&result(1), now()).await.unwrap();
    assert_eq!(cached, Some(vec![1]));
}

#[tokio::test]
async fn one_file_holds_all_three() {
    let (_directory, path) = file();
    let store = SqliteStore::open(&path).await.unwrap();
    let cache = SqliteCache::open(&path).await.unwrap();
    let saver = SqliteSaver::open(&path).await.unwrap();
    let record = save(&saver).await;
    use_both(&store, &cache).await;
    // Clearing the one leaves the others.
    saver.delete(&key("other")).await.unwrap();
    store.clear(&Prefix::new(["x"]).unwrap()).await.unwrap();
    cache.clear("other", None).await.unwrap();
    assert_all_there(&path, &record).await;
}

#[tokio::test]
async fn a_saver_lends_its_database() {
    let (_directory, path) = file();
    let saver = SqliteSaver::open(&path).await.unwrap();
    let record = save(&saver).await;
    let (store, cache) = (saver.store(), saver.cache());
    drop(saver);
    use_both(&store, &cache).await;
    drop((store, cache));
    assert_all_there(&path, &record).await;
    let memory = SqliteSaver::memory().await.unwrap();
    Shelf::new(Arc::new(memory.store()))
        .put("k", &1)
        .await
        .unwrap();
    let again = Shelf::new(Arc::new(memory.store()));
    assert_eq!(again.get("k").await.unwrap(), Some(1));
}

/// A file as the first format left it, with a record in it.
async fn of_the_first_format(path: &Path) -> Record {
    let saver = SqliteSaver::open(path).await.unwrap();
    let record = save(&saver).await;
    drop(saver);
    let connection = Connection::open(path).unwrap();
    connection
        .execute_batch(
            "DROP TABLE entries; DROP TABLE results; DROP TABLE results_size;
             ALTER TABLE threads DROP COLUMN rewrites; PRAGMA user_version = 1;",
        )
        .unwrap();
    record
}

#[tokio::test]
async fn a_file_of_the_first_format_gets_what_it_lacks() {
    let (_directory, path) = file();
    let record = of_the_first_format(&path).await;
    let store = SqliteStore::open(&path).await.unwrap();
    let cache = SqliteCache::open(&path).await.unwrap();
    use_both(&store, &cache).await;
    assert_all_there(&path, &record).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_of_the_first_format_may_be_opened_by_many_at_once() {
    let (_directory, path) = file();
    let record = of_the_first_format(&path).await;
    let mut openers = JoinSet::new();
    for _ in 0..8 {
        let path = path.clone();
        openers.spawn(async move {
            let store = SqliteStore::open(&path).await.unwrap();
            use_both(&store, &SqliteCache::open(&path).await.unwrap()).await;
        });
    }
    openers.join_all().await;
    assert_all_there(&path, &record).await;
}

/// Room for ten results of a thousand bytes, and what their keys take.
async fn small() -> SqliteCache {
    SqliteCache::memory().await.unwrap().bounded(10 * 1_256)
}

async fn held(cache: &SqliteCache) -> Vec<u128> {
    let mut held = Vec::new();
    for hash in 0..100 {
        if cache.get(&result(hash), now()).await.unwrap().is_some() {
            held.push(hash);
        }
    }
    held
}

async fn put(cache: &SqliteCache, hash: u128, bytes: usize, end: Option<u64>) {
    let end = end.map(Timestamp::from_micros);
    let value = vec![0; bytes];
    cache.put(&result(hash), value, end, now()).await.unwrap();
}

#[tokio::test]
async fn what_was_written_the_longest_ago_makes_room() {
    let cache = small().await;
    for hash in 0..15 {
        put(&cache, hash, 1_000, None).await;
    }
    assert_eq!(held(&cache).await, (5..15).collect::<Vec<_>>());
    // Written again, it is the newest.
    put(&cache, 5, 1_000, None).await;
    put(&cache, 20, 2_000, None).await;
    assert_eq!(held(&cache).await, [5, 8, 9, 10, 11, 12, 13, 14, 20]);
}

#[tokio::test]
async fn what_has_gone_leaves_its_room() {
    let cache = small().await;
    for hash in 0..10 {
        put(&cache, hash, 1_000, Some(1)).await;
    }
    cache.clear("graph", Some("node")).await.unwrap();
    for hash in 10..20 {
        put(&cache, hash, 1_000, None).await;
    }
    assert_eq!(held(&cache).await, (10..20).collect::<Vec<_>>());
}

#[tokio::test]
async fn what_is_larger_than_the_cache_turns_nothing_out() {
    let cache = small().await;
    put(&cache, 0, 1_000, None).await;
    put(&cache, 1, 10 * 1_256, None).await;
    assert_eq!(held(&cache).await, [0]);
    put(&cache, 0, 20_000, None).await;
    assert!(held(&cache).await.is_empty());
}
