//! How a database is used: its schema, how many connections, how long anything may take.

use std::str::FromStr;
use std::time::Duration;

use graph_runtime::StoreError;
use sqlx::postgres::{PgConnectOptions, PgPool};

use super::PostgresSaver;
use super::connections::Connections;
use super::database::Database;
use super::schema::Schema;

/// How [`PostgresSaver`] uses a database. What isn't said is as [`PostgresOptions::new`] has it.
///
/// ```no_run
/// # async fn open() -> Result<(), graph_runtime::StoreError> {
/// use std::time::Duration;
///
/// use graph_checkpointers::PostgresOptions;
///
/// let saver = PostgresOptions::new()
///     .schema("support")
///     .max_connections(4)
///     .timeout(Duration::from_secs(20))
///     .connect("postgres://app@db.example.com/shop")
///     .await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "it opens nothing until `connect` or `with_pool`"]
pub struct PostgresOptions {
    schema: String,
    max_connections: usize,
    connect_timeout: Duration,
    timeout: Duration,
}

impl Default for PostgresOptions {
    fn default() -> Self {
        Self::new()
    }
}

impl PostgresOptions {
    /// The schema `graph`, 8 connections, 10 seconds to connect, a minute for anything.
    pub fn new() -> Self {
        Self {
            schema: "graph".to_owned(),
            max_connections: 8,
            connect_timeout: Duration::from_secs(10),
            timeout: Duration::from_mins(1),
        }
    }

    /// The schema that holds the tables, made where it is missing. Two schemas are two stores. Its name consists of
    /// letters, digits and `_`.
    pub fn schema(mut self, name: impl Into<String>) -> Self {
        self.schema = name.into();
        self
    }

    /// How many connections are opened at most, one at least. They are opened when they are needed, and kept. A pool
    /// of your own has its own limit.
    pub fn max_connections(mut self, count: usize) -> Self {
        self.max_connections = count.max(1);
        self
    }

    /// How long one attempt to connect may take. A pool of your own has its own limit.
    pub fn connect_timeout(mut self, limit: Duration) -> Self {
        self.connect_timeout = limit;
        self
    }

    /// How long a method may take in all, before it gives up on a server that is away or doesn't answer.
    pub fn timeout(mut self, limit: Duration) -> Self {
        self.timeout = limit;
        self
    }

    /// Connects, and makes what is missing: [`PostgresSaver::connect`].
    ///
    /// # Errors
    /// [`StoreError::Unfit`] for a URL or a schema that can't be one, and for a database that doesn't hold Unicode;
    /// [`StoreError::Unavailable`] where the server can't be reached, doesn't let the user in, has no such database,
    /// or doesn't give the rights; [`StoreError::FormatTooNew`] where a newer version of the library has been.
    pub async fn connect(self, url: &str) -> Result<PostgresSaver, StoreError> {
        let server = parse(url)?;
        let connections = Connections::ours(server, self.max_connections, self.connect_timeout);
        self.open(connections).await
    }

    /// Works on connections of a pool of yours, and makes what is missing: [`PostgresSaver::with_pool`].
    ///
    /// # Errors
    /// As [`PostgresOptions::connect`].
    pub async fn with_pool(self, pool: PgPool) -> Result<PostgresSaver, StoreError> {
        self.open(Connections::theirs(pool)).await
    }

    async fn open(self, connections: Connections) -> Result<PostgresSaver, StoreError> {
        let schema = Schema::new(&self.schema)?;
        let database = Database::open(connections, schema, self.timeout).await?;
        Ok(PostgresSaver::on(database))
    }
}

/// Where the server is, and who we are there. The text of no error holds the URL, which may hold a password.
fn parse(url: &str) -> Result<PgConnectOptions, StoreError> {
    if !url.starts_with("postgres://") && !url.starts_with("postgresql://") {
        return Err(StoreError::Unfit(
            "the URL of a PostgreSQL database begins with `postgres://`".to_owned(),
        ));
    }
    PgConnectOptions::from_str(url).map_err(|error| {
        let why = match &error {
            sqlx::Error::Configuration(why) => why.to_string(),
            other => other.to_string(),
        };
        StoreError::Unfit(format!(
            "the URL of the PostgreSQL database can't be read: {why}; write it as `postgres://user@host:5432/database`, \
             with `%40` for an `@` in the password, and the like"
        ))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_that_is_none_is_refused_without_showing_it() {
        for url in [
            "",
            "mysql://ada:s3cret@db/x",
            "postgres://ada:s3cret@db:port/x",
            "postgres://ada:s3cret@db/x?sslmode=s3cure",
        ] {
            let error = parse(url).unwrap_err().to_string();
            assert!(error.contains("postgres://"), "{error}");
            assert!(!error.contains("s3cret"), "{error}");
        }
    }

    #[test]
    fn there_is_one_connection_at_least() {
        assert_eq!(PostgresOptions::new().max_connections(0).max_connections, 1);
    }
}
