//! The contract, proved for `PostgreSQL`. Each case has a schema of its own.

#![allow(clippy::unwrap_used, reason = "these are tests")]

#[path = "support/postgres.rs"]
mod server;
mod support;

graph_checkpointers::conformance!(postgres, |place| server::open(place.name()).await);
