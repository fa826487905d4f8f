//! Places that keep the moments of state graphs, their memory across threads and their cached results, one
//! feature each.
//!
//! | feature | what | survives |
//! |---|---|---|
//! | `file` | `FileSaver`: a directory of text files that a person can read | a killed process and a power cut |
//! | `sqlite` | `SqliteSaver`, `SqliteStore`, `SqliteCache`: one file, or memory | a killed process and a power cut |
//! | `seal` | `Sealed`: encrypts what another one keeps | |
//! | `zstd` | `Compressed`: compresses what another one keeps | |
//! | `conformance` | `conformance!`: the proof that a checkpointer keeps the contract | |
//!
//! [`connect`] opens one by a URL, and [`Config`] is a part of a program's configuration that says the same.
//!
//! Memory without any of these is `graph_runtime::MemorySaver`. The contract itself is written at
//! `graph_runtime::Checkpointer`, and whatever implements it can stand beside these.

#[cfg(feature = "zstd")]
mod compressed;
#[cfg(feature = "conformance")]
pub mod conformance;
mod connect;
#[cfg(feature = "file")]
mod file;
#[cfg(feature = "seal")]
mod seal;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(any(feature = "seal", feature = "zstd"))]
mod wrapped;

#[cfg(feature = "zstd")]
pub use compressed::Compressed;
pub use connect::{Config, ConnectError, connect};
#[cfg(feature = "file")]
pub use file::FileSaver;
#[cfg(feature = "seal")]
pub use seal::{KeyError, KeyRing, Rewrapped, SealKey, Sealed};
#[cfg(feature = "sqlite")]
pub use sqlite::{SqliteCache, SqliteSaver, SqliteStore};
