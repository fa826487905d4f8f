//! The contract, proved for `SQLite`: in a file, and in memory.

use graph_checkpointers::{SqliteCache, SqliteSaver, SqliteStore};

graph_checkpointers::conformance!(file, |place| {
    SqliteSaver::open(place.path("moments.db")).await.unwrap()
});
graph_checkpointers::conformance!(memory, SqliteSaver::memory().await.unwrap());

graph_checkpointers::store_conformance!(store_file, |place| {
    SqliteStore::open(place.path("memory.db")).await.unwrap()
});
graph_checkpointers::store_conformance!(store_memory, SqliteStore::memory().await.unwrap());
graph_checkpointers::cache_conformance!(cache_file, |place| {
    SqliteCache::open(place.path("cache.db")).await.unwrap()
});
graph_checkpointers::cache_conformance!(cache_memory, SqliteCache::memory().await.unwrap());
