//! A database and how it is asked: one statement, one round trip, repeated where the server goes away and that is
//! safe.

use std::fmt;
use std::time::Duration;

use graph_runtime::StoreError;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArguments, PgConnection, PgRow};
use sqlx::{Row as _, SqlStr, query_with, raw_sql};
use tokio::time::{Instant, sleep, timeout_at};

use super::connections::{Connections, Lent, Trust, no_answer};
use super::failure::{Ending, Place};
use super::schema::Schema;
use super::tables;

/// The shortest and the longest pause before the next attempt. There is none before the second one: a connection
/// that broke while nobody used it is the usual case.
const PAUSES: (Duration, Duration) = (Duration::from_millis(10), Duration::from_millis(500));

/// Stands for no limit.
const FOR_EVER: Duration = Duration::from_hours(24 * 365);

/// What handles share.
pub(super) struct Database {
    connections: Connections,
    schema: Schema,
    timeout: Duration,
    place: Place,
}

/// What is asked.
pub(super) struct Call<'a> {
    /// With `{schema}` where the schema's name belongs.
    pub(super) sql: &'static str,
    pub(super) kind: Kind,
    /// What it is asked with; `true` if it may have been done already. Several are so many calls in one transaction,
    /// up to the first one that isn't done, as its first column says.
    pub(super) arguments: &'a (dyn Fn(bool) -> Encoded + Send + Sync),
}

pub(super) type Encoded = Result<Vec<PgArguments>, BoxDynError>;

/// What may be done when the connection broke before the reply.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Kind {
    /// It changes nothing.
    Read,
    /// It changes something, and done twice it is done once.
    Repeatable,
    /// It changes something, and only the caller can know whether it may be repeated.
    Once,
}

/// Encodes values as the arguments of one call; to be used where errors are handed on.
macro_rules! arguments {
    ($($value:expr),* $(,)?) => {{
        let mut arguments = sqlx::postgres::PgArguments::default();
        $(sqlx::Arguments::add(&mut arguments, $value)?;)*
        arguments
    }};
}
pub(super) use arguments;

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database")
            .field("place", &self.place)
            .field("schema", &self.schema)
            .finish_non_exhaustive()
    }
}

impl Database {
    /// Sees that the tables are there and may be used, and makes them where they are missing. Nothing is repeated:
    /// whoever starts a program wants to know at once.
    pub(super) async fn open(
        connections: Connections,
        schema: Schema,
        timeout: Duration,
    ) -> Result<Self, StoreError> {
        let place = Place::of(&connections.server(), schema.name());
        let database = Self {
            connections,
            schema,
            timeout,
            place,
        };
        database.inspect(true).await?;
        Ok(database)
    }

    /// Sees that the server answers, and that the tables are there and may be used.
    pub(super) async fn check(&self) -> Result<(), StoreError> {
        self.inspect(false).await
    }

    async fn inspect(&self, make: bool) -> Result<(), StoreError> {
        let deadline = self.deadline();
        let mut lent = self
            .lend(Trust::Tested, deadline)
            .await
            .map_err(|ending| self.place.given_up(ending))?;
        let prepared = tables::prepare(lent.connection(), &self.schema, &self.place, make);
        let prepared = timeout_at(deadline, prepared).await;
        match prepared.unwrap_or_else(|_| Err(Ending::Lost(self.no_answer()))) {
            Ok(()) => {
                lent.give_back();
                Ok(())
            }
            Err(ending) => {
                lent.discard();
                Err(self.place.given_up(ending))
            }
        }
    }

    /// The rows that a call gives, after as many attempts as it takes and may have.
    pub(super) async fn run(&self, call: &Call<'_>) -> Result<Vec<PgRow>, StoreError> {
        let deadline = self.deadline();
        let mut doubt = None;
        let mut pause = Duration::ZERO;
        loop {
            let ending = match self.attempt(call, doubt.is_some(), deadline).await {
                Ok(rows) => return Ok(rows),
                Err(ending) => ending,
            };
            let is_over = Instant::now() + pause >= deadline;
            match ending {
                Ending::Lost(error) if call.kind != Kind::Read => {
                    if is_over || call.kind == Kind::Once {
                        return Err(self.place.unknown(&error));
                    }
                    doubt = Some(error);
                }
                Ending::Lost(_) | Ending::Away(_) | Ending::Undone(_) if !is_over => {}
                ending => {
                    // What may have happened before isn't undone by what failed after.
                    return Err(doubt.map_or_else(
                        || self.place.given_up(ending),
                        |error| self.place.unknown(&error),
                    ));
                }
            }
            sleep(pause).await;
            pause = (pause * 2).clamp(PAUSES.0, PAUSES.1);
        }
    }

    async fn attempt(
        &self,
        call: &Call<'_>,
        again: bool,
        deadline: Instant,
    ) -> Result<Vec<PgRow>, Ending> {
        let arguments = (call.arguments)(again);
        let arguments =
            arguments.map_err(|why| Ending::Failed(StoreError::Unfit(why.to_string())))?;
        let trust = match call.kind {
            Kind::Once => Trust::Tested,
            Kind::Read | Kind::Repeatable => Trust::Used,
        };
        let mut lent = self.lend(trust, deadline).await?;
        let sql = self.schema.sql(call.sql);
        let asked = timeout_at(deadline, ask(lent.connection(), sql, arguments)).await;
        match asked.unwrap_or_else(|_| Err(self.no_answer())) {
            Ok(rows) => {
                lent.give_back();
                Ok(rows)
            }
            Err(error) => {
                lent.discard();
                Err(self.place.ending(error))
            }
        }
    }

    async fn lend(&self, trust: Trust, deadline: Instant) -> Result<Lent<'_>, Ending> {
        timeout_at(deadline, self.connections.lend(trust))
            .await
            .unwrap_or_else(|_| Err(sqlx::Error::PoolTimedOut))
            .map_err(|error| self.place.unreached(error))
    }

    /// The error for what the functions on the server can't have said, if they are ours.
    pub(super) fn contradiction(&self) -> StoreError {
        self.place
            .damaged(&"its functions don't judge as this library does; have somebody changed them?")
    }

    fn no_answer(&self) -> sqlx::Error {
        no_answer(self.timeout)
    }

    fn deadline(&self) -> Instant {
        Instant::now() + self.timeout.min(FOR_EVER)
    }
}

/// Asks once. Several calls are one transaction.
async fn ask(
    connection: &mut PgConnection,
    sql: SqlStr,
    mut calls: Vec<PgArguments>,
) -> sqlx::Result<Vec<PgRow>> {
    if calls.len() == 1
        && let Some(only) = calls.pop()
    {
        // To the end of the reply, which comes after the server has committed.
        return query_with(sql, only).fetch_all(connection).await;
    }
    raw_sql("BEGIN ISOLATION LEVEL READ COMMITTED")
        .execute(&mut *connection)
        .await?;
    let mut rows = Vec::new();
    for call in calls {
        rows = query_with(sql.clone(), call)
            .fetch_all(&mut *connection)
            .await?;
        let is_done: Option<bool> = rows.first().map(|row| row.try_get(0)).transpose()?;
        if is_done == Some(false) {
            raw_sql("ROLLBACK").execute(connection).await?;
            return Ok(rows);
        }
    }
    raw_sql("COMMIT").execute(connection).await?;
    Ok(rows)
}
