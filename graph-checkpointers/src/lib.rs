//! Places that keep the moments of state graphs, their memory across threads and their cached results, one
//! feature each.
//!
//! | feature | what | survives |
//! |---|---|---|
//! | `sqlite` | `SqliteSaver`, `SqliteStore`, `SqliteCache`: one file, or memory | a killed process and a power cut |
//! | `conformance` | `conformance!`: the proof that a checkpointer keeps the contract | |
//!
//! Memory without any of these is `graph_runtime::MemorySaver`. The contract itself is written at
//! `graph_runtime::Checkpointer`, and whatever implements it can stand beside these.

#[cfg(feature = "conformance")]
pub mod conformance;
#[cfg(feature = "sqlite")]
mod sqlite;

#[cfg(feature = "sqlite")]
pub use sqlite::{SqliteCache, SqliteSaver, SqliteStore};
