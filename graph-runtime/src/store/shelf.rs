//! A store as a node sees it: typed, at a prefix, with a clock.

use std::fmt;
use std::sync::Arc;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Entry, Found, Prefix, Prefixes, Put, Search, Store, Ttl};
use crate::checkpointer::StoreError;
use crate::clock::{Clock, SystemClock};
use crate::id::InvalidId;

/// A store as it is used: typed values at one prefix. What it reads and writes is anything with serde.
///
/// [`Shelf::under`] leads to the shelves below. Shelves are cheap to clone.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), graph_runtime::StoreError> {
/// use std::sync::Arc;
/// use std::time::Duration;
/// use graph_runtime::{Field, MemoryStore, Search, Shelf};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, PartialEq, Serialize, Deserialize)]
/// struct Fact {
///     about: String,
///     sure: f64,
/// }
///
/// let store = Shelf::new(Arc::new(MemoryStore::new()));
/// let facts = store.under(["users", "42", "facts"]);
/// facts.put("tea", &Fact { about: "drinks".into(), sure: 0.9 }).await?;
/// facts.put_for("mood", &Fact { about: "today".into(), sure: 0.4 }, Duration::from_secs(3_600)).await?;
///
/// let tea: Option<Fact> = facts.get("tea").await?;
/// assert_eq!(tea.map(|fact| fact.about), Some("drinks".into()));
///
/// let sure = Search::default().having(Field::from("sure").gt(0.5)).limit(10);
/// let found = store.under(["users", "42"]).search::<Fact>(sure).await?;
/// assert_eq!(found.len(), 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Shelf {
    store: Arc<dyn Store>,
    prefix: Result<Prefix, InvalidId>,
    clock: Arc<dyn Clock>,
}

impl fmt::Debug for Shelf {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Shelf")
            .field("prefix", &self.prefix)
            .finish_non_exhaustive()
    }
}

impl Shelf {
    /// The whole of a store, by the machine's clock.
    pub fn new(store: Arc<dyn Store>) -> Self {
        Self {
            store,
            prefix: Ok(Prefix::default()),
            clock: Arc::new(SystemClock),
        }
    }

    /// The same by another clock, such as one that a test moves.
    #[must_use]
    pub fn clock(self, clock: Arc<dyn Clock>) -> Self {
        Self { clock, ..self }
    }

    /// The shelf below, at these segments. That of segments that can't be stored is an error at its first
    /// use.
    #[must_use]
    pub fn under<S: AsRef<str>>(&self, segments: impl IntoIterator<Item = S>) -> Self {
        let prefix = self.prefix.clone();
        Self {
            prefix: prefix.and_then(|prefix| prefix.join(segments)),
            ..self.clone()
        }
    }

    /// Where it is.
    ///
    /// # Errors
    /// [`StoreError::InvalidId`] for segments that can't be stored, here and in every other method.
    pub fn prefix(&self) -> Result<&Prefix, StoreError> {
        Ok(self.prefix.as_ref().map_err(InvalidId::clone)?)
    }

    /// Puts a value under a key, in place of what is there, for good.
    ///
    /// # Errors
    /// [`StoreError::Unfit`] for a value that isn't JSON, [`StoreError::InvalidId`] for a key that can't be
    /// stored, [`StoreError::TooLarge`], and what the backend says.
    pub async fn put<T: Serialize + Sync + ?Sized>(
        &self,
        key: &str,
        value: &T,
    ) -> Result<(), StoreError> {
        self.put_with(key, value, None).await
    }

    /// Puts a value under a key, in place of what is there, for so long: a
    /// [`Duration`](std::time::Duration), or a [`Ttl`] that begins anew whenever the value is read.
    ///
    /// # Errors
    /// As for [`Shelf::put`].
    pub async fn put_for<T: Serialize + Sync + ?Sized>(
        &self,
        key: &str,
        value: &T,
        ttl: impl Into<Ttl> + Send,
    ) -> Result<(), StoreError> {
        self.put_with(key, value, Some(ttl.into())).await
    }

    async fn put_with<T: Serialize + Sync + ?Sized>(
        &self,
        key: &str,
        value: &T,
        ttl: Option<Ttl>,
    ) -> Result<(), StoreError> {
        let prefix = self.prefix()?.clone();
        let value = serde_json::to_value(value).map_err(|error| {
            StoreError::Unfit(format!(
                "the value for {key:?} under {prefix} is no JSON: {error}"
            ))
        })?;
        let put = Put {
            ttl,
            ..Put::new(prefix, key, value)
        };
        self.store.put(put, self.clock.now()).await
    }

    /// The value under a key, if it is there.
    ///
    /// # Errors
    /// [`StoreError::WrongType`] for a value that isn't of that type, and what the backend says.
    pub async fn get<T: DeserializeOwned>(&self, key: &str) -> Result<Option<T>, StoreError> {
        Ok(self.entry(key).await?.map(|entry| entry.value))
    }

    /// The value under a key with its times, if it is there.
    ///
    /// # Errors
    /// As for [`Shelf::get`].
    pub async fn entry<T: DeserializeOwned>(
        &self,
        key: &str,
    ) -> Result<Option<Entry<T>>, StoreError> {
        let entry = self
            .store
            .get(self.prefix()?, key, self.clock.now())
            .await?;
        entry.map(Entry::read).transpose()
    }

    /// Forgets what is under a key.
    ///
    /// # Errors
    /// What the backend says.
    pub async fn delete(&self, key: &str) -> Result<(), StoreError> {
        self.store.delete(self.prefix()?, key).await
    }

    /// Forgets everything here and below.
    ///
    /// # Errors
    /// What the backend says.
    pub async fn clear(&self) -> Result<(), StoreError> {
        self.store.clear(self.prefix()?).await
    }

    /// Searches here and below. The search's own prefix is taken from here.
    ///
    /// # Errors
    /// [`StoreError::WrongType`] if a value that is found isn't of that type (search for
    /// `serde_json::Value` where there are several), [`StoreError::Unsupported`] for a query where the store isn't
    /// [`Embedded`](super::Embedded), and what the backend says.
    pub async fn search<T: DeserializeOwned>(
        &self,
        search: Search,
    ) -> Result<Vec<Found<T>>, StoreError> {
        let prefix = self.prefix()?.join(search.prefix.segments())?;
        let search = Search { prefix, ..search };
        let found = self.store.search(&search, self.clock.now()).await?;
        found.into_iter().map(Found::read).collect()
    }

    /// The prefixes that hold something, here and below. The list's own `under` is taken from here; what it
    /// gives, and begins after, are prefixes of the whole store.
    ///
    /// # Errors
    /// What the backend says.
    pub async fn prefixes(&self, prefixes: Prefixes) -> Result<Vec<Prefix>, StoreError> {
        let under = self.prefix()?.join(prefixes.under.segments())?;
        let prefixes = Prefixes { under, ..prefixes };
        self.store.prefixes(&prefixes, self.clock.now()).await
    }

    /// Takes away what has expired, in the whole store, and says how much it was.
    ///
    /// # Errors
    /// What the backend says.
    pub async fn sweep(&self) -> Result<usize, StoreError> {
        self.store.sweep(self.clock.now()).await
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::sync::atomic::{AtomicU64, Ordering};
    use std::time::Duration;

    use serde_json::{Value, json};

    use super::*;
    use crate::id::Timestamp;
    use crate::store::{Field, MemoryStore};

    /// Stands still until it is told.
    struct Still(AtomicU64);

    impl Clock for Still {
        fn now(&self) -> Timestamp {
            Timestamp::from_micros(self.0.load(Ordering::Relaxed))
        }
    }

    fn shelf() -> (Shelf, Arc<Still>) {
        let clock = Arc::new(Still(AtomicU64::new(100)));
        let shelf = Shelf::new(Arc::new(MemoryStore::new())).clock(clock.clone());
        (shelf, clock)
    }

    #[tokio::test]
    async fn values_go_in_and_out_as_their_types() {
        let (shelf, _) = shelf();
        let scores = BTreeMap::from([("a".to_owned(), Some(1.5)), ("b".to_owned(), None)]);
        shelf.put("scores", &scores).await.unwrap();
        assert_eq!(shelf.get("scores").await.unwrap(), Some(scores));
        shelf.put("text", "plain").await.unwrap();
        assert_eq!(shelf.get("text").await.unwrap(), Some("plain".to_owned()));
        assert_eq!(shelf.get::<Value>("none").await.unwrap(), None);
    }

    #[tokio::test]
    async fn a_value_of_another_type_is_a_typed_error_that_names_it() {
        let (shelf, _) = shelf();
        let facts = shelf.under(["users", "ada"]);
        facts.put("colour", "blue").await.unwrap();
        let error = facts.get::<u64>("colour").await.unwrap_err();
        assert!(matches!(error, StoreError::WrongType { .. }), "{error:?}");
        let text = error.to_string();
        assert!(
            text.contains(r#""colour" under ["users", "ada"]"#) && text.contains("`u64`"),
            "{text}"
        );
        assert!(shelf.search::<u64>(Search::default()).await.is_err());
    }

    #[tokio::test]
    async fn what_is_no_json_is_refused() {
        let (shelf, _) = shelf();
        let pairs = BTreeMap::from([((1, 2), 3)]);
        let error = shelf.put("pairs", &pairs).await.unwrap_err();
        assert!(matches!(error, StoreError::Unfit(_)), "{error:?}");
    }

    #[tokio::test]
    async fn shelves_below_see_what_is_theirs() {
        let (shelf, _) = shelf();
        let users = shelf.under(["users"]);
        users.under(["ada"]).put("k", &1).await.unwrap();
        shelf.under(["users", "bob"]).put("k", &2).await.unwrap();
        shelf.put("k", &3).await.unwrap();
        let below_bob = Search::under(Prefix::new(["bob"]).unwrap());
        let found = users.search::<u64>(below_bob).await.unwrap();
        assert_eq!(found.len(), 1);
        assert_eq!(found[0].entry.value, 2);
        let listed = users.prefixes(Prefixes::default().depth(1)).await.unwrap();
        let names: Vec<_> = listed.iter().map(Prefix::to_string).collect();
        assert_eq!(names, [r#"["users", "ada"]"#, r#"["users", "bob"]"#]);
        users.under(["ada"]).delete("k").await.unwrap();
        assert_eq!(users.under(["ada"]).get::<u64>("k").await.unwrap(), None);
        users.clear().await.unwrap();
        let left = shelf.search::<u64>(Search::default()).await.unwrap();
        assert_eq!(left.len(), 1);
    }

    #[tokio::test]
    async fn segments_that_cannot_be_stored_are_an_error_at_first_use() {
        let (shelf, _) = shelf();
        for bad in [shelf.under([""]), shelf.under(["a\0"]).under(["b"])] {
            assert!(bad.prefix().is_err());
            let errors = [
                bad.put("k", &1).await,
                bad.get::<u64>("k").await.map(drop),
                bad.delete("k").await,
                bad.clear().await,
                bad.search::<Value>(Search::default()).await.map(drop),
                bad.prefixes(Prefixes::default()).await.map(drop),
            ];
            for error in errors {
                assert!(matches!(error, Err(StoreError::InvalidId(_))), "{error:?}");
            }
        }
    }

    #[tokio::test]
    async fn the_clock_is_the_shelfs_own() {
        let (shelf, clock) = shelf();
        let ten = Duration::from_micros(10);
        shelf.put_for("plain", &1, ten).await.unwrap();
        let renewed = Ttl::from(ten).renewed_by_reading();
        shelf.put_for("renewed", &1, renewed).await.unwrap();
        let times = |entry: Entry<u64>| (entry.created_at.as_micros(), entry.expires_at);
        let plain = shelf.entry("plain").await.unwrap().map(times);
        assert_eq!(plain, Some((100, Some(Timestamp::from_micros(110)))));
        clock.0.store(109, Ordering::Relaxed);
        assert_eq!(shelf.get("renewed").await.unwrap(), Some(1));
        clock.0.store(110, Ordering::Relaxed);
        assert_eq!(shelf.under(["x"]).sweep().await.unwrap(), 1);
        let any = Search::default().having(Field::from([]).eq(json!(1)));
        let found = shelf.search::<u64>(any).await.unwrap();
        assert_eq!(found[0].entry.key, "renewed");
        assert_eq!(found.len(), 1);
    }
}
