//! What went wrong, in the words of the contract and of a person, with the file's name in it.

use graph_runtime::{InvalidId, StoreError};
use rusqlite::ErrorCode;

use super::database::{Location, PATIENCE};

/// Why a piece of work didn't end well.
#[derive(Debug)]
pub(super) enum Failure {
    /// The contract says no. Nothing was changed yet, so the transaction may go on without this one.
    Refused(StoreError),
    /// The database failed, and the transaction with it.
    Broken(rusqlite::Error),
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Refused(error)
    }
}

impl From<rusqlite::Error> for Failure {
    fn from(error: rusqlite::Error) -> Self {
        Self::Broken(error)
    }
}

impl From<InvalidId> for Failure {
    /// An id that comes out of the database and isn't one.
    fn from(error: InvalidId) -> Self {
        Self::Refused(StoreError::Corrupt(error.to_string()))
    }
}

/// Says what a failed statement means: nothing was changed.
pub(super) fn explain(error: &rusqlite::Error, location: &Location) -> StoreError {
    use ErrorCode as Code;
    let text = match error.sqlite_error_code() {
        Some(Code::NotADatabase) => return StoreError::Corrupt(no_database(location)),
        Some(Code::DatabaseCorrupt) => return damaged(error, location),
        None if is_odd_value(error) => return damaged(error, location),
        Some(Code::DiskFull) => {
            format!("the disk that holds {location} is full; make room and try again")
        }
        Some(Code::ReadOnly) => read_only(location),
        Some(Code::CannotOpen | Code::PermissionDenied) => {
            format!(
                "{location} can't be opened; it must be a file that this process may write, beside others"
            )
        }
        Some(Code::DatabaseBusy | Code::FileLockingProtocolFailed) => {
            let seconds = PATIENCE.as_secs();
            format!("another process has kept {location} to itself for {seconds} seconds")
        }
        _ => format!("{location}: {error}"),
    };
    StoreError::unavailable(text)
}

fn damaged(error: &rusqlite::Error, location: &Location) -> StoreError {
    StoreError::Corrupt(format!("{location}: {error}"))
}

/// Whether a column holds what the schema rules out.
fn is_odd_value(error: &rusqlite::Error) -> bool {
    use rusqlite::Error::{
        FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType, Utf8Error,
    };
    matches!(
        error,
        FromSqlConversionFailure(..)
            | IntegralValueOutOfRange(..)
            | InvalidColumnType(..)
            | Utf8Error(..)
    )
}

/// Says what a failed `COMMIT` means. Where the log couldn't be synced, it may hold the commit or not.
pub(super) fn explain_commit(error: rusqlite::Error, location: &Location) -> StoreError {
    match error.sqlite_error_code() {
        Some(ErrorCode::SystemIoFailure) => StoreError::Unknown(error.into()),
        _ => explain(&error, location),
    }
}

/// The words for a file that is something else.
pub(super) fn no_database(location: &Location) -> String {
    format!("{location} is not an SQLite database; give another path, or move that file away")
}

/// The words for a file that can be read only.
pub(super) fn read_only(location: &Location) -> String {
    format!(
        "{location} can't be written to: the file, its directory or its disk is read-only for this process"
    )
}
