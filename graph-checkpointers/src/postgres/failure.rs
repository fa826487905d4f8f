//! What went wrong, in the words of the contract and of a person, with the database's place in it and no password.

use std::fmt;
use std::io::ErrorKind;

use graph_runtime::{InvalidId, StoreError};
use sqlx::postgres::{PgConnectOptions, PgDatabaseError, PgSeverity};

/// How an attempt ended that brought nothing.
#[derive(Debug)]
pub(super) enum Ending {
    /// The server was away before anything was sent. It may come back.
    Away(sqlx::Error),
    /// The connection broke after something was sent: whether it was done isn't known.
    Lost(sqlx::Error),
    /// The server undid it because of others who did something at the same time.
    Undone(sqlx::Error),
    /// It wasn't done, and trying again won't help.
    Failed(StoreError),
}

impl From<StoreError> for Ending {
    fn from(error: StoreError) -> Self {
        Self::Failed(error)
    }
}

/// Where the tables are and who we are there, in words.
#[derive(Clone)]
pub(super) struct Place {
    server: String,
    user: String,
    database: String,
    schema: String,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the database `{}` at {}", self.database, self.server)
    }
}

impl fmt::Debug for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            server,
            user,
            database,
            schema,
        } = self;
        write!(f, "{user}@{server}/{database}, {schema}")
    }
}

impl Place {
    pub(super) fn of(options: &PgConnectOptions, schema: &str) -> Self {
        let server = options.get_socket().map_or_else(
            || format!("{}:{}", options.get_host(), options.get_port()),
            |socket| socket.display().to_string(),
        );
        let user = options.get_username();
        Self {
            server,
            user: user.to_owned(),
            // As the server takes it.
            database: options.get_database().unwrap_or(user).to_owned(),
            schema: schema.to_owned(),
        }
    }

    /// What it means that there is no connection.
    pub(super) fn unreached(&self, error: sqlx::Error) -> Ending {
        use sqlx::Error as E;
        match error {
            // A handshake whose certificate isn't trusted; everything else may pass.
            E::Io(ref broken) if broken.kind() == ErrorKind::InvalidData => {
                Ending::Failed(self.insecure(&error))
            }
            E::Io(_) => Ending::Away(error),
            E::Database(ref of_server) => match of_server.try_downcast_ref::<PgDatabaseError>() {
                // It starts, it stops, or it is full.
                Some(error_of)
                    if matches!(error_of.code(), "57P01" | "57P02" | "57P03" | "53300") =>
                {
                    Ending::Away(error)
                }
                Some(error_of) => Ending::Failed(self.explain(error_of)),
                None => self.refused(&error),
            },
            E::PoolTimedOut => Ending::Failed(StoreError::unavailable(format!(
                "no connection to {self} became free or could be opened in time; allow more of them, or more time"
            ))),
            E::PoolClosed => Ending::Failed(StoreError::unavailable(format!(
                "the pool of connections to {self} is closed"
            ))),
            E::Tls(_) => Ending::Failed(self.insecure(&error)),
            other => self.refused(&other),
        }
    }

    fn insecure(&self, error: &sqlx::Error) -> StoreError {
        StoreError::unavailable(format!(
            "{self} can't be reached by TLS: {}; the feature `tls` builds it in, `sslmode` and `sslrootcert` in the \
             URL say what is trusted",
            Brief(error)
        ))
    }

    fn refused(&self, error: &sqlx::Error) -> Ending {
        Ending::Failed(StoreError::unavailable(format!("{self}: {error}")))
    }

    /// What a statement's error means.
    pub(super) fn ending(&self, error: sqlx::Error) -> Ending {
        use sqlx::Error as E;
        match error {
            E::Database(ref of_server) => match of_server.try_downcast_ref::<PgDatabaseError>() {
                Some(error_of) if matches!(error_of.code(), "40001" | "40P01") => {
                    Ending::Undone(error)
                }
                // The connection ends with it, at any point of the work.
                Some(error_of)
                    if matches!(error_of.severity(), PgSeverity::Fatal | PgSeverity::Panic) =>
                {
                    Ending::Lost(error)
                }
                Some(error_of) => Ending::Failed(self.explain(error_of)),
                None => self.refused(&error),
            },
            E::Io(_) | E::Tls(_) | E::Protocol(_) | E::WorkerCrashed => Ending::Lost(error),
            E::Encode(why) => Ending::Failed(StoreError::Unfit(why.to_string())),
            other => Ending::Failed(self.damaged(&other)),
        }
    }

    /// What holds a value that can't be there.
    pub(super) fn damaged(&self, error: &dyn fmt::Display) -> StoreError {
        StoreError::Corrupt(format!("{self}, schema `{}`: {error}", self.schema))
    }

    /// The error of whoever gives up, where nothing was changed.
    pub(super) fn given_up(&self, ending: Ending) -> StoreError {
        match ending {
            Ending::Failed(error) => error,
            Ending::Away(error) => StoreError::unavailable(format!(
                "{self} can't be reached: {}; is the server running there, and does it take connections?",
                Brief(&error)
            )),
            Ending::Lost(error) => StoreError::unavailable(format!(
                "the connection to {self} broke: {}",
                Brief(&error)
            )),
            Ending::Undone(error) => {
                StoreError::unavailable(format!("others have kept {self} busy: {}", Brief(&error)))
            }
        }
    }

    /// The error of whoever gives up, where something may have been changed.
    pub(super) fn unknown(&self, error: &sqlx::Error) -> StoreError {
        StoreError::Unknown(format!("the connection to {self} broke: {}", Brief(error)).into())
    }

    /// What the server said, in our words where we know what to do about it.
    fn explain(&self, error: &PgDatabaseError) -> StoreError {
        let Self {
            server,
            user,
            database,
            schema,
        } = self;
        let said = error.message();
        let text = match error.code() {
            "28P01" | "28000" => format!(
                "the server at {server} doesn't let `{user}` in: {said}; see to the user and the password in the URL"
            ),
            "3D000" => format!(
                "there is no database `{database}` at {server}; create it, or name another one in the URL"
            ),
            "42501" => format!("`{user}` lacks rights on {self}: {said}; {}", self.needed()),
            "25006" => format!(
                "{self} is read-only for us, as a standby is: {said}; give the URL of the primary"
            ),
            "42P07" | "42723" | "42710" => {
                return StoreError::Unfit(format!(
                    "the schema `{schema}` of {self} holds something of another program: {said}; give moments a \
                     schema of their own"
                ));
            }
            "3F000" | "42P01" | "42883" => format!(
                "the tables in the schema `{schema}` of {self} are gone: {said}; open the checkpointer anew"
            ),
            "53100" => format!("the disk of {self} is full; make room and try again"),
            "XX001" | "XX002" => return self.damaged(&said),
            code if code.starts_with("54") => {
                return StoreError::Unfit(format!("{self}: {said}"));
            }
            code => format!("{self}: {said} ({code})"),
        };
        StoreError::unavailable(text)
    }

    /// What a user has to be granted.
    pub(super) fn needed(&self) -> String {
        let Self {
            user,
            database,
            schema,
            ..
        } = self;
        format!(
            "to make the tables it needs `GRANT CREATE ON DATABASE {database} TO {user}`, or `ON SCHEMA {schema}` where \
             that is there; to use them, USAGE on the schema and its sequences, and SELECT, INSERT, UPDATE, DELETE on \
             its tables"
        )
    }

    /// That rights are missing.
    pub(super) fn lacking(&self, names: &str) -> StoreError {
        StoreError::unavailable(format!(
            "`{}` lacks rights on {names} in {self}; {}",
            self.user,
            self.needed()
        ))
    }
}

/// An id that comes out of the database and isn't one.
pub(super) fn odd(error: &InvalidId) -> StoreError {
    StoreError::Corrupt(error.to_string())
}

/// Without what the library says of every such error.
struct Brief<'e>(&'e sqlx::Error);

impl fmt::Display for Brief<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            sqlx::Error::Io(error) => error.fmt(f),
            sqlx::Error::Database(error) => f.write_str(error.message()),
            other => other.fmt(f),
        }
    }
}
