//! The contract, proved for what stands before other checkpointers: sealed, compressed, and both.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use graph_checkpointers::{Compressed, KeyRing, Sealed, SqliteSaver};
use graph_runtime::MemorySaver;

fn keys() -> KeyRing {
    KeyRing::new("current", [7; 32].into()).unwrap()
}

graph_checkpointers::conformance!(
    sealed_memory,
    Sealed::new(MemorySaver::new(), keys()),
    without(sizes)
);
graph_checkpointers::conformance!(
    sealed_sqlite,
    |place| {
        let saver = SqliteSaver::open(place.path("moments.db")).await.unwrap();
        Sealed::new(saver, keys())
    },
    without(sizes)
);
graph_checkpointers::conformance!(
    compressed_sqlite,
    |place| Compressed::new(SqliteSaver::open(place.path("moments.db")).await.unwrap()),
    without(sizes)
);
graph_checkpointers::conformance!(
    compressed_and_sealed,
    Compressed::new(Sealed::new(MemorySaver::new(), keys())),
    without(sizes)
);
