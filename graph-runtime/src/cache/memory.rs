//! Results in the process's own memory, within a bound.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;

use super::{Cache, CacheKey};
use crate::checkpointer::StoreError;
use crate::id::Timestamp;

/// What a value takes beside its own bytes: its key, twice, and its place. About right is enough.
const OVERHEAD: usize = 256;

/// Keeps the results of nodes in memory. Where there is no room, what was not used for the longest time goes.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), graph_runtime::StoreError> {
/// use graph_runtime::{Cache, CacheKey, MemoryCache, Timestamp};
///
/// let (cache, now) = (MemoryCache::new(), Timestamp::now());
/// let key = CacheKey::new("support", "classify", 1)?;
/// cache.put(&key, b"refund".to_vec(), None, now).await?;
/// assert_eq!(cache.get(&key, now).await?, Some(b"refund".to_vec()));
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct MemoryCache {
    limit: usize,
    values: Mutex<Values>,
}

#[derive(Debug, Default)]
struct Values {
    by_key: HashMap<CacheKey, Slot>,
    /// By the count of their last use, the longest ago first.
    by_use: BTreeMap<u64, CacheKey>,
    uses: u64,
    bytes: usize,
}

#[derive(Debug)]
struct Slot {
    value: Vec<u8>,
    expires_at: Option<Timestamp>,
    used: u64,
}

impl Slot {
    fn bytes(&self) -> usize {
        self.value.len() + OVERHEAD
    }
}

impl Default for MemoryCache {
    fn default() -> Self {
        Self::new()
    }
}

impl MemoryCache {
    /// How many bytes it keeps, unless it is told otherwise.
    pub const DEFAULT_BYTES: usize = 64 * 1024 * 1024;

    /// An empty one that keeps [`MemoryCache::DEFAULT_BYTES`].
    pub fn new() -> Self {
        Self::bounded(Self::DEFAULT_BYTES)
    }

    /// An empty one that keeps about so many bytes: each value counts some for its key.
    pub fn bounded(bytes: usize) -> Self {
        Self {
            limit: bytes,
            values: Mutex::default(),
        }
    }

    fn with<T>(&self, work: impl FnOnce(&mut Values) -> T) -> T {
        // No user code runs under the lock.
        work(&mut self.values.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Values {
    fn get(&mut self, key: &CacheKey, now: Timestamp) -> Option<Vec<u8>> {
        let slot = self.by_key.get_mut(key)?;
        if slot.expires_at.is_some_and(|end| now >= end) {
            self.remove(key);
            return None;
        }
        self.uses += 1;
        if let Some(key) = self.by_use.remove(&slot.used) {
            self.by_use.insert(self.uses, key);
        }
        slot.used = self.uses;
        Some(slot.value.clone())
    }

    fn put(&mut self, key: &CacheKey, value: Vec<u8>, expires_at: Option<Timestamp>, limit: usize) {
        self.remove(key);
        self.uses += 1;
        let slot = Slot {
            value,
            expires_at,
            used: self.uses,
        };
        // Before it makes room by turning all others out.
        if slot.bytes() > limit {
            return;
        }
        self.bytes += slot.bytes();
        self.by_use.insert(slot.used, key.clone());
        self.by_key.insert(key.clone(), slot);
        while self.bytes > limit {
            let Some((_, oldest)) = self.by_use.pop_first() else {
                return;
            };
            self.remove(&oldest);
        }
    }

    fn remove(&mut self, key: &CacheKey) {
        if let Some(slot) = self.by_key.remove(key) {
            self.by_use.remove(&slot.used);
            self.bytes -= slot.bytes();
        }
    }

    fn clear(&mut self, namespace: &str, node: Option<&str>) {
        let (by_use, bytes) = (&mut self.by_use, &mut self.bytes);
        self.by_key.retain(|key, slot| {
            let stays = key.namespace() != namespace || node.is_some_and(|node| node != key.node());
            if !stays {
                by_use.remove(&slot.used);
                *bytes -= slot.bytes();
            }
            stays
        });
    }
}

#[async_trait]
impl Cache for MemoryCache {
    async fn get(&self, key: &CacheKey, now: Timestamp) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.with(|values| values.get(key, now)))
    }

    async fn put(
        &self,
        key: &CacheKey,
        value: Vec<u8>,
        expires_at: Option<Timestamp>,
        _: Timestamp,
    ) -> Result<(), StoreError> {
        self.with(|values| values.put(key, value, expires_at, self.limit));
        Ok(())
    }

    async fn clear(&self, namespace: &str, node: Option<&str>) -> Result<(), StoreError> {
        self.with(|values| values.clear(namespace, node));
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: fn() -> Timestamp = || Timestamp::from_micros(1);

    fn key(hash: u128) -> CacheKey {
        CacheKey::new("graph", "node", hash).unwrap()
    }

    async fn put(cache: &MemoryCache, hash: u128, bytes: usize) {
        let value = vec![0; bytes];
        cache.put(&key(hash), value, None, NOW()).await.unwrap();
    }

    async fn holds(cache: &MemoryCache, hash: u128) -> bool {
        cache.get(&key(hash), NOW()).await.unwrap().is_some()
    }

    #[tokio::test]
    async fn what_was_not_used_for_the_longest_time_goes() {
        let cache = MemoryCache::bounded(3 * (1_000 + OVERHEAD));
        for hash in 1..=3 {
            put(&cache, hash, 1_000).await;
        }
        assert!(holds(&cache, 1).await);
        put(&cache, 4, 1_000).await;
        assert!(!holds(&cache, 2).await);
        for hash in [1, 3, 4] {
            assert!(holds(&cache, hash).await, "{hash}");
        }
    }

    #[tokio::test]
    async fn what_is_larger_than_the_cache_turns_nothing_out() {
        let cache = MemoryCache::bounded(2_000);
        put(&cache, 1, 1_000).await;
        put(&cache, 2, 3_000).await;
        assert!(holds(&cache, 1).await && !holds(&cache, 2).await);
        put(&cache, 1, 3_000).await;
        assert!(!holds(&cache, 1).await);
    }

    #[tokio::test]
    async fn what_is_counted_is_what_is_kept() {
        let cache = MemoryCache::bounded(20_000);
        for round in 0..500_u128 {
            put(
                &cache,
                round % 37,
                usize::try_from(round % 13).unwrap() * 200,
            )
            .await;
            holds(&cache, round % 7).await;
            if round % 100 == 0 {
                cache.clear("graph", Some("node")).await.unwrap();
            }
        }
        cache.with(|values| {
            assert_eq!(values.by_key.len(), values.by_use.len());
            let kept: usize = values.by_key.values().map(Slot::bytes).sum();
            assert_eq!(values.bytes, kept);
            assert!(kept > 10_000 && kept <= 20_000, "{kept}");
        });
        cache.clear("graph", None).await.unwrap();
        assert_eq!(cache.with(|values| values.bytes), 0);
    }
}
