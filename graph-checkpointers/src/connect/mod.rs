//! Choosing a backend by a line of configuration.

mod config;
mod error;
mod url;

use std::sync::Arc;

use graph_runtime::Checkpointer;

pub use config::Config;
pub use error::ConnectError;

/// Opens the checkpointer that a URL names.
///
/// | URL | where | feature |
/// |---|---|---|
/// | `memory:` | in this process, gone with its last handle | |
/// | `sqlite:support.db`, `sqlite://support.db` | one file, relative to where the process runs | `sqlite` |
/// | `sqlite:///var/lib/support.db` | the same, from the root | `sqlite` |
/// | `sqlite::memory:` | an `SQLite` database in memory | `sqlite` |
///
/// In a path `%3F` stands for a `?`, and `%25` for a `%`. [`Config`] says the same as a serde type.
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
