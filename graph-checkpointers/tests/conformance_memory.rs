//! The contract, proved for the runtime's own memory.

use graph_runtime::{MemoryCache, MemorySaver, MemoryStore};

graph_checkpointers::conformance!(memory, MemorySaver::new());

graph_checkpointers::store_conformance!(store, MemoryStore::new());
graph_checkpointers::cache_conformance!(cache, MemoryCache::new());
