//! Places that keep the moments of state graphs, their memory across threads and their cached results, one
//! feature each.
//!
//! | feature | what | for |
//! |---|---|---|
//! | `file` | [`FileSaver`]: a directory of text files that a person can read | a program on one machine |
//! | `sqlite` | [`SqliteSaver`], [`SqliteStore`], [`SqliteCache`]: one file, or memory | processes on one machine |
//! | `postgres` | [`PostgresSaver`]: a `PostgreSQL` database | processes on many machines |
//! | `mongodb` | [`MongoSaver`]: a `MongoDB` database | processes on many machines |
//! | `redis` | [`RedisSaver`]: a Redis server | processes on many machines |
//! | `http` | [`HttpSaver`]: the client of a moment server | whoever is to have no database |
//! | `server` | [`Server`], and the program `moment-server`: any of the others behind REST, for tenants | |
//! | `seal` | [`Sealed`]: encrypts what any of the others keeps | |
//! | `zstd` | [`Compressed`]: compresses what any of the others keeps | |
//! | `tls` | TLS to servers | |
//! | `conformance` | [`conformance!`]: the proof that a checkpointer keeps the contract | |
//!
//! [`connect`] opens one by a URL, and [`Config`] is a part of a program's configuration that says the same.
//!
//! Memory without any of these is `graph_runtime::MemorySaver`. The contract itself is written at
//! `graph_runtime::Checkpointer`, and whatever implements it can stand beside these.
#![doc = include_str!("losses.md")]

#[cfg(feature = "zstd")]
mod compressed;
#[cfg(feature = "conformance")]
pub mod conformance;
mod connect;
#[cfg(feature = "file")]
mod file;
#[cfg(feature = "http")]
mod http;
#[cfg(feature = "mongodb")]
mod mongodb;
#[cfg(feature = "postgres")]
mod postgres;
#[cfg(feature = "redis")]
mod redis;
#[cfg(feature = "seal")]
mod seal;
#[cfg(feature = "server")]
mod server;
#[cfg(any(feature = "mongodb", feature = "postgres", feature = "sqlite"))]
mod signed;
#[cfg(feature = "sqlite")]
mod sqlite;
#[cfg(any(feature = "http", feature = "server"))]
mod wire;
#[cfg(any(feature = "seal", feature = "zstd"))]
mod wrapped;

#[cfg(feature = "mongodb")]
pub use self::mongodb::MongoSaver;
#[cfg(feature = "redis")]
pub use self::redis::{Persistence, RedisOptions, RedisSaver};
#[cfg(feature = "zstd")]
pub use compressed::Compressed;
pub use connect::{Address, Config, ConnectError, Token, connect};
#[cfg(feature = "file")]
pub use file::FileSaver;
#[cfg(feature = "http")]
pub use http::{HttpOptions, HttpSaver};
#[cfg(feature = "postgres")]
pub use postgres::{PostgresOptions, PostgresSaver};
#[cfg(feature = "seal")]
pub use seal::{KeyError, KeyRing, Rewrapped, SealKey, Sealed};
#[cfg(feature = "server")]
pub use server::{Server, TenantError};
#[cfg(feature = "sqlite")]
pub use sqlite::{SqliteCache, SqliteSaver, SqliteStore};
