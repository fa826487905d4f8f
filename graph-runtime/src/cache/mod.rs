//! What a place that keeps the results of nodes must do. What a key is made of is the engine's.

mod memory;

pub use memory::MemoryCache;

use std::sync::Arc;

use async_trait::async_trait;

use crate::checkpointer::StoreError;
use crate::id::{InvalidId, Timestamp, check_name};

/// Under what a result is kept: the graph's namespace, the node, and a hash of what the node read.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct CacheKey {
    namespace: Arc<str>,
    node: Arc<str>,
    hash: u128,
}

impl CacheKey {
    /// Names a result.
    ///
    /// # Errors
    /// [`InvalidId`] if either name is empty, longer than [`MAX_ID_BYTES`](crate::MAX_ID_BYTES) or holds a
    /// NUL.
    ///
    /// ```
    /// # use graph_runtime::CacheKey;
    /// let key = CacheKey::new("support", "classify", 0x1f)?;
    /// assert_eq!((key.namespace(), key.node(), key.hash()), ("support", "classify", 0x1f));
    /// # Ok::<(), graph_runtime::InvalidId>(())
    /// ```
    pub fn new(
        namespace: impl Into<Arc<str>>,
        node: impl Into<Arc<str>>,
        hash: u128,
    ) -> Result<Self, InvalidId> {
        let (namespace, node) = (namespace.into(), node.into());
        check_name("namespace", &namespace)?;
        check_name("node", &node)?;
        Ok(Self {
            namespace,
            node,
            hash,
        })
    }

    /// What separates graphs in one cache.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The node whose result it is.
    pub fn node(&self) -> &str {
        &self.node
    }

    /// What the node read.
    pub fn hash(&self) -> u128 {
        self.hash
    }
}

/// A place that keeps the results of nodes, so that a node that reads the same again needn't run.
///
/// # Guarantees
/// 1. **The same or nothing.** What is given is what was last put under that very key, byte for byte. A cache
///    may forget anything at any time: to make room, or because its backend lost it.
/// 2. **Expired is gone.** A value is there before `expires_at`, and not from then on.
/// 3. **Cleared is gone.** What was put before a `clear` began doesn't come back after it has ended.
/// 4. **Bounded.** A cache takes no more room than it was given; what makes room for what is up to it.
/// 5. **No blocking.** A method doesn't block the executor's thread.
#[async_trait]
pub trait Cache: Send + Sync + 'static {
    /// What is kept under a key.
    async fn get(&self, key: &CacheKey, now: Timestamp) -> Result<Option<Vec<u8>>, StoreError>;

    /// Keeps a value, in place of what is under its key; until `expires_at`, if there is such a time. One that
    /// is larger than the cache is forgotten at once.
    async fn put(
        &self,
        key: &CacheKey,
        value: Vec<u8>,
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), StoreError>;

    /// Forgets the results of a node, or without one those of all nodes of a namespace.
    async fn clear(&self, namespace: &str, node: Option<&str>) -> Result<(), StoreError>;
}

/// What points to a cache is one.
macro_rules! pointers {
    ($($pointer:ident),*) => {$(
        #[async_trait]
        impl<C: Cache + ?Sized> Cache for $pointer<C> {
            async fn get(
                &self,
                key: &CacheKey,
                now: Timestamp,
            ) -> Result<Option<Vec<u8>>, StoreError> {
                (**self).get(key, now).await
            }

            async fn put(
                &self,
                key: &CacheKey,
                value: Vec<u8>,
                expires_at: Option<Timestamp>,
                now: Timestamp,
            ) -> Result<(), StoreError> {
                (**self).put(key, value, expires_at, now).await
            }

            async fn clear(&self, namespace: &str, node: Option<&str>) -> Result<(), StoreError> {
                (**self).clear(namespace, node).await
            }
        }
    )*};
}

pointers!(Arc, Box);
