//! What is put is what is read, until it ends or is cleared.

use std::sync::Arc;

use graph_runtime::{Cache, CacheKey, MAX_ID_BYTES, Timestamp};
use tokio::task::JoinSet;

pub(super) fn later(micros: u64) -> Timestamp {
    Timestamp::from_micros(1_000_000 + micros)
}

pub(super) fn key(namespace: &str, node: &str, hash: u128) -> CacheKey {
    CacheKey::new(namespace, node, hash).unwrap()
}

pub(super) async fn put(cache: &impl Cache, key: &CacheKey, value: &[u8]) {
    let put = cache.put(key, value.to_vec(), None, later(0));
    put.await.unwrap();
}

pub(super) async fn get(cache: &impl Cache, key: &CacheKey) -> Option<Vec<u8>> {
    cache.get(key, later(0)).await.unwrap()
}

pub async fn what_was_put_comes_back(cache: Arc<dyn Cache>) {
    let every_byte: Vec<_> = (0..=u8::MAX).collect();
    for (hash, value) in [&b""[..], b"\0", &every_byte, "ü".as_bytes()]
        .into_iter()
        .enumerate()
    {
        let key = key("g", "n", hash as u128);
        assert_eq!(get(&cache, &key).await, None);
        put(&cache, &key, value).await;
        assert_eq!(get(&cache, &key).await.as_deref(), Some(value));
    }
}

pub async fn a_put_replaces_what_was_there(cache: Arc<dyn Cache>) {
    let key = key("g", "n", 1);
    for value in [&b"first"[..], b"", b"third"] {
        put(&cache, &key, value).await;
        assert_eq!(get(&cache, &key).await.as_deref(), Some(value));
    }
}

pub async fn a_result_is_there_until_its_end_and_not_from_then_on(cache: Arc<dyn Cache>) {
    let key = key("g", "n", 1);
    let is_there = async |micros| cache.get(&key, later(micros)).await.unwrap().is_some();
    let put = |end: Option<u64>| cache.put(&key, vec![1], end.map(later), later(0));
    put(Some(10)).await.unwrap();
    assert!(is_there(0).await && is_there(9).await);
    assert!(!is_there(10).await);
    put(Some(10)).await.unwrap();
    assert!(!is_there(11).await);
    put(Some(10)).await.unwrap();
    put(None).await.unwrap();
    assert!(is_there(1_000_000).await);
    put(Some(0)).await.unwrap();
    assert!(!is_there(0).await);
    let end = Some(Timestamp::from_micros(u64::MAX));
    cache.put(&key, vec![1], end, later(0)).await.unwrap();
    assert!(is_there(1 << 60).await);
}

pub async fn parts_of_a_key_do_not_run_together(cache: Arc<dyn Cache>) {
    let keys = [
        key("a", "bc", 1),
        key("ab", "c", 1),
        key("a", "b", 1),
        key("a", "b", 2),
        key("b", "a", 1),
        key("A", "b", 1),
        key("a", "b1", 1),
    ];
    for (number, key) in (0..).zip(&keys) {
        put(&cache, key, &[number]).await;
    }
    for (number, key) in (0..).zip(&keys) {
        assert_eq!(get(&cache, key).await, Some(vec![number]), "{key:?}");
    }
}

pub async fn hashes_are_told_apart_to_the_last_bit(cache: Arc<dyn Cache>) {
    let hashes = (0..128).map(|bit| 1 << bit).chain([0, u128::MAX]);
    let hashes: Vec<u128> = hashes.collect();
    for hash in &hashes {
        put(&cache, &key("g", "n", *hash), &hash.to_le_bytes()).await;
    }
    for hash in &hashes {
        let value = get(&cache, &key("g", "n", *hash)).await;
        assert_eq!(value, Some(hash.to_le_bytes().to_vec()), "{hash:x}");
    }
}

pub async fn names_mean_themselves(cache: Arc<dyn Cache>) {
    let long = "x".repeat(MAX_ID_BYTES);
    let names = [
        "%",
        "_",
        "*",
        "a",
        "a%",
        "a/b",
        "'; --",
        "\"",
        "\\",
        "\u{1}",
        "é",
        "e\u{301}",
        " ",
        "NULL",
        "$1",
        "👩‍👩‍👧‍👦",
        &long,
    ];
    for name in names {
        put(&cache, &key(name, "n", 1), name.as_bytes()).await;
        put(&cache, &key("g", name, 1), name.as_bytes()).await;
    }
    for (gone, name) in names.iter().enumerate() {
        cache.clear(name, Some("n")).await.unwrap();
        cache.clear("g", Some(name)).await.unwrap();
        for (number, name) in names.iter().enumerate() {
            for key in [key(name, "n", 1), key("g", name, 1)] {
                let left = (number > gone).then(|| name.as_bytes().to_vec());
                assert_eq!(get(&cache, &key).await, left, "{key:?}");
            }
        }
    }
}

async fn put_some(cache: &impl Cache) -> [CacheKey; 5] {
    let keys = [
        key("g", "n", 1),
        key("g", "n", 2),
        key("g", "m", 1),
        key("h", "n", 1),
        key("h", "m", 1),
    ];
    for key in &keys {
        put(cache, key, b"x").await;
    }
    keys
}

async fn left(cache: &impl Cache, keys: &[CacheKey]) -> Vec<bool> {
    let mut left = Vec::new();
    for key in keys {
        left.push(get(cache, key).await.is_some());
    }
    left
}

pub async fn clearing_a_node_clears_no_other(cache: Arc<dyn Cache>) {
    let keys = put_some(&cache).await;
    cache.clear("g", Some("n")).await.unwrap();
    cache.clear("g", Some("none")).await.unwrap();
    let expected = [false, false, true, true, true];
    assert_eq!(left(&cache, &keys).await, expected);
}

pub async fn clearing_a_namespace_clears_no_other(cache: Arc<dyn Cache>) {
    let keys = put_some(&cache).await;
    cache.clear("g", None).await.unwrap();
    cache.clear("none", None).await.unwrap();
    let expected = [false, false, false, true, true];
    assert_eq!(left(&cache, &keys).await, expected);
}

pub async fn a_large_result_comes_back(cache: Arc<dyn Cache>) {
    let value = vec![7; 1 << 20];
    put(&cache, &key("g", "n", 1), &value).await;
    assert_eq!(get(&cache, &key("g", "n", 1)).await, Some(value));
}

pub async fn many_puts_at_once_are_all_there(cache: Arc<dyn Cache>) {
    let mut tasks = JoinSet::new();
    for task in 0..16_u128 {
        let cache = cache.clone();
        tasks.spawn(async move {
            for number in 0..20 {
                put(&cache, &key("g", "n", task * 20 + number), b"own").await;
                put(&cache, &key("g", "shared", 0), &[7; 300]).await;
            }
        });
    }
    tasks.join_all().await;
    for hash in 0..320 {
        assert!(get(&cache, &key("g", "n", hash)).await.is_some(), "{hash}");
    }
    let shared = get(&cache, &key("g", "shared", 0)).await;
    assert_eq!(shared, Some(vec![7; 300]));
}

async fn works(cache: impl Cache) {
    let keys = put_some(&cache).await;
    assert_eq!(left(&cache, &keys).await, [true; 5]);
    cache.clear("g", None).await.unwrap();
    assert_eq!(get(&cache, &keys[0]).await, None);
}

pub async fn what_points_to_a_cache_is_one(cache: Arc<dyn Cache>) {
    works(cache.clone()).await;
    let boxed: Box<dyn Cache> = Box::new(cache);
    works(Arc::new(boxed)).await;
}
