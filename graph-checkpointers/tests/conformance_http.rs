//! The contract, proved for a moment server and its client: whatever stands behind keeps its promises.

mod support;

use std::sync::Arc;

use graph_checkpointers::SqliteSaver;
use graph_runtime::MemorySaver;
use support::served::client_of;

graph_checkpointers::conformance!(memory, client_of(Arc::new(MemorySaver::new())).await);
graph_checkpointers::conformance!(sqlite, |place| {
    let saver = SqliteSaver::open(place.path("moments.db")).await;
    client_of(Arc::new(saver.unwrap())).await
});
