//! A backend and where it is, as a type that serde reads.

use std::path::PathBuf;
use std::str::FromStr;
use std::sync::Arc;

use graph_runtime::{Checkpointer, MemorySaver};
use serde::{Deserialize, Serialize};

use super::ConnectError;
use super::hidden::{Address, Token};
use super::url::Parts;

/// A backend and where it is: a part of a program's own configuration.
///
/// ```
/// # use graph_checkpointers::Config;
/// let config: Config = serde_json::from_str(r#"{"backend": "sqlite", "path": "support.db"}"#)?;
/// assert_eq!(config, Config::Sqlite { path: "support.db".into() });
/// // The same as a URL.
/// assert_eq!(config, "sqlite://support.db".parse().unwrap());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "backend", rename_all = "snake_case", deny_unknown_fields)]
#[non_exhaustive]
pub enum Config {
    /// In this process, gone with its last handle.
    Memory,
    /// A directory of text files. Relative paths begin where the process runs.
    File {
        /// The directory.
        path: PathBuf,
    },
    /// One `SQLite` file. Relative paths begin where the process runs; `:memory:` is a database in memory.
    Sqlite {
        /// The file.
        path: PathBuf,
    },
    /// A `PostgreSQL` database.
    Postgres {
        /// Its URL, with what the driver knows: `postgres://user:password@host/database?sslmode=require`.
        url: Address,
        /// The schema that the tables lie in; without one, that of
        /// [`PostgresOptions`](crate::PostgresOptions).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        schema: Option<String>,
        /// How many connections at most.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        max_connections: Option<usize>,
    },
    /// A `MongoDB` database.
    Mongodb {
        /// The server's URI, with what the driver knows.
        url: Address,
        /// The database.
        #[serde(default = "usual_database")]
        database: String,
    },
    /// A Redis server.
    Redis {
        /// Its URL.
        url: Address,
        /// What all keys begin with; without one, that of [`RedisOptions`](crate::RedisOptions).
        #[serde(default, skip_serializing_if = "Option::is_none")]
        prefix: Option<String>,
    },
    /// A moment server.
    Http {
        /// Its URL.
        url: Address,
        /// What says who we are there.
        token: Token,
    },
}

pub(super) fn usual_database() -> String {
    "graph".to_owned()
}

impl Config {
    /// Opens it.
    ///
    /// # Errors
    /// [`ConnectError::FeatureOff`] if the backend isn't built in, [`ConnectError::Store`] if it can't be opened.
    #[allow(clippy::unused_async, reason = "where no backend is built in")]
    pub async fn connect(self) -> Result<Arc<dyn Checkpointer>, ConnectError> {
        match self {
            Self::Memory => Ok(Arc::new(MemorySaver::new())),
            #[cfg(feature = "file")]
            Self::File { path } => Ok(Arc::new(crate::FileSaver::open(path).await?)),
            #[cfg(feature = "sqlite")]
            Self::Sqlite { path } => Ok(Arc::new(crate::SqliteSaver::open(path).await?)),
            #[cfg(feature = "postgres")]
            Self::Postgres {
                url,
                schema,
                max_connections,
            } => {
                let mut options = crate::PostgresOptions::new();
                if let Some(schema) = schema {
                    options = options.schema(schema);
                }
                if let Some(count) = max_connections {
                    options = options.max_connections(count);
                }
                Ok(Arc::new(options.connect(url.reveal()).await?))
            }
            #[cfg(feature = "mongodb")]
            Self::Mongodb { url, database } => {
                let saver = crate::MongoSaver::connect(url.reveal(), &database).await?;
                Ok(Arc::new(saver))
            }
            #[cfg(feature = "redis")]
            Self::Redis { url, prefix } => {
                let mut options = crate::RedisSaver::options(url.reveal());
                if let Some(prefix) = prefix {
                    options = options.prefix(&prefix);
                }
                Ok(Arc::new(options.connect().await?))
            }
            #[cfg(feature = "http")]
            Self::Http { url, token } => {
                let saver = crate::HttpSaver::connect(url.reveal(), token.reveal()).await?;
                Ok(Arc::new(saver))
            }
            #[allow(unreachable_patterns, reason = "where every feature is on")]
            other => Err(ConnectError::FeatureOff {
                feature: other.feature(),
            }),
        }
    }

    /// Opens it, asks it whether it can be used, and lets it go.
    ///
    /// # Errors
    /// As [`Config::connect`].
    ///
    /// ```
    /// # #[tokio::main(flavor = "current_thread")]
    /// # async fn main() -> Result<(), graph_checkpointers::ConnectError> {
    /// graph_checkpointers::Config::Memory.check().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub async fn check(self) -> Result<(), ConnectError> {
        Ok(self.connect().await?.check().await?)
    }

    /// The feature that builds the backend in.
    fn feature(&self) -> &'static str {
        match self {
            Self::Memory => "default",
            Self::File { .. } => "file",
            Self::Sqlite { .. } => "sqlite",
            Self::Postgres { .. } => "postgres",
            Self::Mongodb { .. } => "mongodb",
            Self::Redis { .. } => "redis",
            Self::Http { .. } => "http",
        }
    }
}

impl FromStr for Config {
    type Err = ConnectError;

    fn from_str(url: &str) -> Result<Self, ConnectError> {
        Parts::of(url)?.config()
    }
}
