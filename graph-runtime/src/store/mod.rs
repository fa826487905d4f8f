//! Memory across threads. The docs of [`Store`] are the contract, [`Shelf`] is what a node uses.

mod embed;
mod entry;
mod filter;
mod memory;
mod prefix;
mod search;
mod shelf;
mod vector;

pub use embed::{Embed, Embedded};
pub use entry::{Entry, Found, Place, Put, Ttl};
pub use filter::{Condition, Field, Test};
pub use memory::MemoryStore;
pub use prefix::Prefix;
pub use search::{Prefixes, Search};
pub use shelf::Shelf;
pub use vector::{Near, Vectors};

use std::sync::Arc;

use async_trait::async_trait;

use crate::checkpointer::StoreError;
use crate::id::Timestamp;

/// Memory across threads: JSON values, each under a key at a [`Prefix`].
///
/// It belongs to no thread and to no graph: whoever has the store open sees the same entries, so prefixes keep
/// users and subjects apart. Nodes use it as a [`Shelf`], which adds types and the clock.
///
/// # Guarantees
/// 1. **Whole.** A put replaces what was there, the value, its vectors and its time to live, or nothing. Of
///    puts that race, the last one stays. Only the time of creation is kept, as long as the entry lives.
/// 2. **Acknowledged is kept.** When a method has returned `Ok`, what it did survives whatever the backend
///    promises to survive.
/// 3. **Expired is gone.** An entry is there before `expires_at`, and not from then on: neither read nor
///    found nor listed. Reading one that renews moves its end; a search moves none. `now` is the caller's, so
///    time can be made up; where it goes backwards, what has expired may be gone for good.
/// 4. **Order.** Entries come by prefix and key, byte by byte; in a search by meaning by score, then so.
/// 5. **Names mean themselves.** Segments and keys are compared byte by byte. What lies under a prefix is
///    what begins with all its segments, never with a part of one. Filters are data.
/// 6. **Limits.** Prefixes and keys of [`MAX_ID_BYTES`](crate::MAX_ID_BYTES) and values of 64 MiB are stored
///    as they are; beyond, [`StoreError::InvalidId`] and [`StoreError::TooLarge`], and nothing is stored.
///    Every number comes back as it was.
/// 7. **No blocking.** A method doesn't block the executor's thread. The limit of a list is applied where the
///    entries are: what it lists is what it costs, if there are no conditions and no query.
///
/// [`Put::check`], [`Search::check`], [`Condition::holds`] and [`Near::score`] decide for every backend alike.
/// What implements this gains search by meaning by [`Embedded`].
#[async_trait]
pub trait Store: Send + Sync + 'static {
    /// Stores a value, in place of what is under its key.
    async fn put(&self, put: Put, now: Timestamp) -> Result<(), StoreError>;

    /// What is under a key, if it is there.
    async fn get(
        &self,
        prefix: &Prefix,
        key: &str,
        now: Timestamp,
    ) -> Result<Option<Entry>, StoreError>;

    /// Forgets what is under a key. Forgetting what isn't there is `Ok`.
    async fn delete(&self, prefix: &Prefix, key: &str) -> Result<(), StoreError>;

    /// Forgets everything at a prefix and below it, all of it or nothing.
    async fn clear(&self, prefix: &Prefix) -> Result<(), StoreError>;

    /// The entries that a search asks for.
    async fn search(&self, search: &Search, now: Timestamp) -> Result<Vec<Found>, StoreError>;

    /// The prefixes that hold something.
    async fn prefixes(
        &self,
        prefixes: &Prefixes,
        now: Timestamp,
    ) -> Result<Vec<Prefix>, StoreError>;

    /// Takes away what has expired, and says how much it was. Nothing depends on it but space, and backends
    /// that take some away with each put never need it.
    async fn sweep(&self, now: Timestamp) -> Result<usize, StoreError>;
}

/// What points to a store is one.
macro_rules! pointers {
    ($($pointer:ident),*) => {$(
        #[async_trait]
        impl<S: Store + ?Sized> Store for $pointer<S> {
            async fn put(&self, put: Put, now: Timestamp) -> Result<(), StoreError> {
                (**self).put(put, now).await
            }

            async fn get(
                &self,
                prefix: &Prefix,
                key: &str,
                now: Timestamp,
            ) -> Result<Option<Entry>, StoreError> {
                (**self).get(prefix, key, now).await
            }

            async fn delete(&self, prefix: &Prefix, key: &str) -> Result<(), StoreError> {
                (**self).delete(prefix, key).await
            }

            async fn clear(&self, prefix: &Prefix) -> Result<(), StoreError> {
                (**self).clear(prefix).await
            }

            async fn search(
                &self,
                search: &Search,
                now: Timestamp,
            ) -> Result<Vec<Found>, StoreError> {
                (**self).search(search, now).await
            }

            async fn prefixes(
                &self,
                prefixes: &Prefixes,
                now: Timestamp,
            ) -> Result<Vec<Prefix>, StoreError> {
                (**self).prefixes(prefixes, now).await
            }

            async fn sweep(&self, now: Timestamp) -> Result<usize, StoreError> {
                (**self).sweep(now).await
            }
        }
    )*};
}

pointers!(Arc, Box);
