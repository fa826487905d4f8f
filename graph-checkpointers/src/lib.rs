//! Places that keep the moments of state graphs, their memory across threads and their cached results, one
//! feature each.
//!
//! | feature | what | survives |
//! |---|---|---|
//! | `file` | `FileSaver`: a directory of text files that a person can read | a killed process and a power cut |
//! | `http` | `HttpSaver`: a moment server's client | whatever the store behind the server survives |
//! | `server` | `Server`: the moment server, for any checkpointer; the program `moment-server` | |
//! | `sqlite` | `SqliteSaver`, `SqliteStore`, `SqliteCache`: one file, or memory | a killed process and a power cut |
//! | `conformance` | `conformance!`: the proof that a checkpointer keeps the contract | |
//!
//! [`connect`] opens one by a URL, and [`Config`] is a part of a program's configuration that says the same.
//!
//! Memory without any of these is `graph_runtime::MemorySaver`. The contract itself is written at
//! `graph_runtime::Checkpointer`, and whatever implements it can stand beside these.

#[cfg(feature = "conformance")]
pub mod conformance;
mod connect;
#[cfg(feature = "file")]
mod file;
#[cfg(feature = "http")]
mod http;
#[cfg(feature = "server")]
mod server;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(any(feature = "http", feature = "server"))]
mod wire;

pub use connect::{Config, ConnectError, connect};
#[cfg(feature = "file")]
pub use file::FileSaver;
#[cfg(feature = "http")]
pub use http::{HttpOptions, HttpSaver};
#[cfg(feature = "server")]
pub use server::{Server, TenantError};
#[cfg(feature = "sqlite")]
pub use sqlite::{SqliteCache, SqliteSaver, SqliteStore};
