//! A store in the process's own memory: no set-up, gone with the process.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use async_trait::async_trait;
use serde_json::Value;

use super::{Entry, Found, Place, Prefix, Prefixes, Put, Search, Store, Ttl, Vectors};
use crate::checkpointer::StoreError;
use crate::id::{InvalidId, Timestamp};

/// Keeps memory across threads in the process: for tests, and for what may end with it.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), graph_runtime::StoreError> {
/// use graph_runtime::{MemoryStore, Prefix, Put, Store, Timestamp};
///
/// let (store, now) = (MemoryStore::new(), Timestamp::now());
/// let ada = Prefix::new(["users", "ada"])?;
/// store.put(Put::new(ada.clone(), "colour", "blue"), now).await?;
/// let entry = store.get(&ada, "colour", now).await?;
/// assert_eq!(entry.map(|entry| entry.value), Some("blue".into()));
/// # Ok(())
/// # }
/// ```
#[derive(Debug, Default)]
pub struct MemoryStore {
    entries: Mutex<Entries>,
}

#[derive(Debug, Default)]
struct Entries {
    slots: BTreeMap<Prefix, BTreeMap<String, Slot>>,
    count: usize,
    puts_until_sweep: usize,
}

#[derive(Debug)]
struct Slot {
    value: Value,
    vectors: Option<Vectors>,
    created_at: Timestamp,
    updated_at: Timestamp,
    expires_at: Option<Timestamp>,
    ttl: Option<Ttl>,
}

impl Slot {
    fn lives(&self, now: Timestamp) -> bool {
        self.expires_at.is_none_or(|end| now < end)
    }

    fn entry(&self, prefix: &Prefix, key: &str) -> Entry {
        Entry {
            prefix: prefix.clone(),
            key: key.to_owned(),
            value: self.value.clone(),
            created_at: self.created_at,
            updated_at: self.updated_at,
            expires_at: self.expires_at,
        }
    }

    /// Where a search finds it, if it does.
    fn place(&self, prefix: &Prefix, key: &str, search: &Search) -> Option<Place> {
        let score = match (&search.near, &self.vectors) {
            (None, _) => None,
            (Some(near), Some(vectors)) => Some(near.score(vectors)?),
            (Some(_), None) => return None,
        };
        let place = Place {
            score,
            prefix: prefix.clone(),
            key: key.to_owned(),
        };
        let comes_after = search.after.as_ref().is_none_or(|after| place > *after);
        let all_hold = || {
            let mut conditions = search.conditions.iter();
            conditions.all(|condition| condition.holds(&self.value))
        };
        (comes_after && all_hold()).then_some(place)
    }
}

impl MemoryStore {
    /// An empty one.
    pub fn new() -> Self {
        Self::default()
    }

    fn with<T>(&self, work: impl FnOnce(&mut Entries) -> T) -> T {
        // No user code runs under the lock.
        work(&mut self.entries.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Entries {
    fn put(&mut self, put: Put, now: Timestamp) {
        // As many puts as the last sweep looked at entries: so a put pays for one look, and what has expired
        // never outnumbers what lived.
        match self.puts_until_sweep.checked_sub(1) {
            Some(puts) => self.puts_until_sweep = puts,
            None => _ = self.sweep(now),
        }
        let Put {
            prefix,
            key,
            value,
            ttl,
            vectors,
        } = put;
        let keys = self.slots.entry(prefix).or_default();
        let before = keys.get(&key).filter(|slot| slot.lives(now));
        let slot = Slot {
            value,
            vectors,
            created_at: before.map_or(now, |slot| slot.created_at),
            updated_at: now,
            expires_at: ttl.map(|ttl| ttl.end(now)),
            ttl,
        };
        self.count += usize::from(keys.insert(key, slot).is_none());
    }

    fn get(&mut self, prefix: &Prefix, key: &str, now: Timestamp) -> Option<Entry> {
        let slot = self.slots.get_mut(prefix)?.get_mut(key)?;
        if !slot.lives(now) {
            return None;
        }
        if let Some(ttl) = slot.ttl.filter(|ttl| ttl.renews) {
            // A clock that went back shortens no life.
            slot.expires_at = slot.expires_at.max(Some(ttl.end(now)));
        }
        Some(slot.entry(prefix, key))
    }

    fn delete(&mut self, prefix: &Prefix, key: &str) {
        let Some(keys) = self.slots.get_mut(prefix) else {
            return;
        };
        self.count -= usize::from(keys.remove(key).is_some());
        if keys.is_empty() {
            self.slots.remove(prefix);
        }
    }

    /// Keeps those entries of which that is true, and says how many went.
    fn retain(&mut self, keep: impl Fn(&Prefix, &Slot) -> bool) -> usize {
        self.slots.retain(|prefix, keys| {
            keys.retain(|_, slot| keep(prefix, slot));
            !keys.is_empty()
        });
        let before = self.count;
        self.count = self.slots.values().map(BTreeMap::len).sum();
        before - self.count
    }

    fn sweep(&mut self, now: Timestamp) -> usize {
        let swept = self.retain(|_, slot| slot.lives(now));
        self.puts_until_sweep = self.count;
        swept
    }

    /// All that lives at a prefix and below it, in order.
    fn under<'a>(
        &'a self,
        prefix: &'a Prefix,
        now: Timestamp,
    ) -> impl Iterator<Item = (&'a Prefix, &'a str, &'a Slot)> {
        self.slots
            .range(prefix..)
            .take_while(move |(found, _)| found.is_under(prefix))
            .flat_map(|(prefix, keys)| {
                keys.iter()
                    .map(move |(key, slot)| (prefix, key.as_str(), slot))
            })
            .filter(move |(_, _, slot)| slot.lives(now))
    }

    fn search(&self, search: &Search, now: Timestamp) -> Vec<Found> {
        let places = self
            .under(&search.prefix, now)
            .filter_map(|(prefix, key, slot)| Some((slot.place(prefix, key, search)?, slot)));
        let limit = search.limit.unwrap_or(usize::MAX);
        let places: Vec<_> = if search.near.is_some() {
            let mut ranked: Vec<_> = places.collect();
            ranked.sort_unstable_by(|(one, _), (other, _)| one.cmp(other));
            ranked.truncate(limit);
            ranked
        } else {
            places.take(limit).collect()
        };
        places
            .into_iter()
            .map(|(place, slot)| Found {
                entry: slot.entry(&place.prefix, &place.key),
                score: place.score,
            })
            .collect()
    }

    fn prefixes(&self, prefixes: &Prefixes, now: Timestamp) -> Vec<Prefix> {
        let mut listed: Vec<Prefix> = Vec::new();
        let limit = prefixes.limit.unwrap_or(usize::MAX);
        for (prefix, _, _) in self.under(&prefixes.under, now) {
            let prefix = prefixes.listed(prefix);
            let comes_after = prefixes.after.as_ref().is_none_or(|after| prefix > *after);
            if !comes_after || listed.last() == Some(&prefix) {
                continue;
            }
            if listed.len() >= limit {
                break;
            }
            listed.push(prefix);
        }
        listed
    }
}

#[async_trait]
impl Store for MemoryStore {
    async fn put(&self, put: Put, now: Timestamp) -> Result<(), StoreError> {
        put.check()?;
        self.with(|entries| entries.put(put, now));
        Ok(())
    }

    async fn get(
        &self,
        prefix: &Prefix,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<Entry>, StoreError> {
        InvalidId::check("key", key)?;
        Ok(self.with(|entries| entries.get(prefix, key, now)))
    }

    async fn delete(&self, prefix: &Prefix, key: &str) -> Result<(), StoreError> {
        InvalidId::check("key", key)?;
        self.with(|entries| entries.delete(prefix, key));
        Ok(())
    }

    async fn clear(&self, prefix: &Prefix) -> Result<(), StoreError> {
        self.with(|entries| entries.retain(|found, _| !found.is_under(prefix)));
        Ok(())
    }

    async fn search(&self, search: &Search, now: Timestamp) -> Result<Vec<Found>, StoreError> {
        search.check()?;
        Ok(self.with(|entries| entries.search(search, now)))
    }

    async fn prefixes(
        &self,
        prefixes: &Prefixes,
        now: Timestamp,
    ) -> Result<Vec<Prefix>, StoreError> {
        Ok(self.with(|entries| entries.prefixes(prefixes, now)))
    }

    async fn sweep(&self, now: Timestamp) -> Result<usize, StoreError> {
        Ok(self.with(|entries| entries.sweep(now)))
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn what_has_expired_does_not_pile_up() {
        let store = MemoryStore::new();
        for micro in 0..1_000 {
            let put = Put::new(Prefix::default(), format!("k{micro}"), micro);
            let put = put.ttl(Duration::from_micros(10));
            store.put(put, Timestamp::from_micros(micro)).await.unwrap();
        }
        let kept = store.with(|entries| entries.count);
        assert!(kept <= 30, "{kept} entries are kept, and ten live");
    }
}
