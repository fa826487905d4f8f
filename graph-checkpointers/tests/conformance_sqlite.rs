//! The contract, proved for `SQLite`: in a file, and in memory.

use graph_checkpointers::SqliteSaver;

graph_checkpointers::conformance!(file, |place| {
    SqliteSaver::open(place.path("moments.db")).await.unwrap()
});
graph_checkpointers::conformance!(memory, SqliteSaver::memory().await.unwrap());
