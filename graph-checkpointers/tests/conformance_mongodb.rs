//! The contract, proved for a `MongoDB` server: each case has a database of its own.

#![allow(clippy::unwrap_used, reason = "these are tests")]

#[path = "support/mongodb.rs"]
mod server;

graph_checkpointers::conformance!(mongodb, |place| server::open(place.name()).await);
