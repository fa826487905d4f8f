//! The contract, proved for `PostgreSQL`. Each case has a schema of its own.

#[path = "support/postgres.rs"]
mod server;

graph_checkpointers::conformance!(postgres, |place| server::open(place.name()).await);
