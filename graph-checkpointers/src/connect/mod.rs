//! Choosing a backend by a line of configuration.

mod config;
mod error;
mod hidden;
mod schemes;
mod url;

use std::sync::Arc;

use graph_runtime::Checkpointer;

pub use config::Config;
pub use error::ConnectError;
pub use hidden::{Address, Token};

/// Opens the checkpointer that a URL names.
///
/// | URL | where | feature |
/// |---|---|---|
/// | `memory:` | in this process, gone with its last handle | |
/// | `file:moments`, `file:///var/lib/moments` | a directory of text files | `file` |
/// | `sqlite:support.db`, `sqlite://support.db` | one file, relative to where the process runs | `sqlite` |
/// | `sqlite:///var/lib/support.db` | the same, from the root | `sqlite` |
/// | `sqlite::memory:` | an `SQLite` database in memory | `sqlite` |
/// | `postgres://user:password@host/database` | a `PostgreSQL` database; `?schema=..` and `&max_connections=..` are ours, the rest its driver's | `postgres` |
/// | `mongodb://host/database`, `mongodb+srv://..` | a `MongoDB` database, `graph` where none is named; all options are its driver's | `mongodb` |
/// | `redis://host/0`, `rediss://..` | a Redis server; `?prefix=..` is what keys begin with | `redis` |
/// | `https://:TOKEN@host`, `http://..` | a moment server; the token stands where a password would | `http` |
///
/// In a path `%3F` stands for a `?`, and `%25` for a `%`. [`Config`] says the same as a serde type. What wants TLS
/// (`rediss`, `https`, `sslmode=require`, `tls=true`) takes the feature `tls` too.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), graph_checkpointers::ConnectError> {
/// let saver = graph_checkpointers::connect("memory:").await?;
/// # let _: std::sync::Arc<dyn graph_runtime::Checkpointer> = saver;
/// # Ok(())
/// # }
/// ```
///
/// # Errors
/// [`ConnectError`]: for a URL that can't be one, a backend that isn't built in, an option that it doesn't have, and
/// whatever keeps it from being opened.
pub async fn connect(url: &str) -> Result<Arc<dyn Checkpointer>, ConnectError> {
    url.parse::<Config>()?.connect().await
}
