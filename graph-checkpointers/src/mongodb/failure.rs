//! What went wrong, in the words of the contract and of a person. The driver's own texts name hosts and fields,
//! never a password.

use std::io;
use std::time::Duration;

use ::mongodb::error::{Error, ErrorKind, WriteFailure};
use graph_runtime::{InvalidId, StoreError};

/// A unique index holds that key already.
const DUPLICATE_KEY: i32 = 11_000;

/// The codes of a user who isn't known, or has too few rights.
const UNAUTHORIZED: i32 = 13;
const AUTHENTICATION_FAILED: i32 = 18;

/// The codes of a server that was interrupted in what it did, or is no primary any more. What it was asked may be
/// done all the same.
const INTERRUPTED: [i32; 14] = [
    6, 7, 50, 64, 89, 91, 189, 262, 9_001, 10_107, 11_600, 11_602, 13_435, 13_436,
];

/// What a failure means where nothing is changed, or nothing that was changed counts yet.
pub(super) fn before(error: &Error) -> StoreError {
    match &*error.kind {
        ErrorKind::Bson(error) => StoreError::Corrupt(format!("a document: {error}")),
        _ => StoreError::unavailable(text(error)),
    }
}

/// What a failure means of the one update by which a change counts.
pub(super) fn deciding(error: &Error) -> StoreError {
    if is_refused(error) {
        before(error)
    } else {
        StoreError::Unknown(text(error).into())
    }
}

/// Whether the update wasn't done for sure: it was never sent, or the server said no.
fn is_refused(error: &Error) -> bool {
    match &*error.kind {
        ErrorKind::ServerSelection { .. }
        | ErrorKind::Authentication { .. }
        | ErrorKind::InvalidTlsConfig { .. }
        | ErrorKind::DnsResolve { .. }
        | ErrorKind::InvalidArgument { .. }
        | ErrorKind::IncompatibleServer { .. }
        | ErrorKind::Bson(_)
        | ErrorKind::Shutdown => true,
        ErrorKind::Io(error) => error.kind() == io::ErrorKind::ConnectionRefused,
        ErrorKind::Command(error) => !INTERRUPTED.contains(&error.code),
        ErrorKind::Write(WriteFailure::WriteError(error)) => !INTERRUPTED.contains(&error.code),
        _ => false,
    }
}

/// Whether somebody else was first.
pub(super) fn is_duplicate(error: &Error) -> bool {
    match &*error.kind {
        ErrorKind::Write(WriteFailure::WriteError(error)) => error.code == DUPLICATE_KEY,
        ErrorKind::Command(error) => error.code == DUPLICATE_KEY,
        _ => false,
    }
}

/// The words for a person. An error's own text holds the server's whole reply.
fn text(error: &Error) -> String {
    match &*error.kind {
        ErrorKind::Authentication { message, .. } => format!(
            "MongoDB refuses the user or the password: {message}; check both, and `authSource` if the user lives in another database"
        ),
        ErrorKind::Command(error) => match error.code {
            AUTHENTICATION_FAILED => {
                "MongoDB refuses the user or the password; check both, and `authSource`".to_owned()
            }
            UNAUTHORIZED => format!(
                "MongoDB's user has too few rights: {}; grant it `readWrite` on the database",
                error.message
            ),
            _ => format!("MongoDB: {error}"),
        },
        ErrorKind::Write(WriteFailure::WriteError(error)) => {
            format!("MongoDB: error {}: {}", error.code, error.message)
        }
        ErrorKind::Write(WriteFailure::WriteConcernError(error)) => format!(
            "MongoDB didn't confirm on a majority of its servers: {}",
            error.message
        ),
        ErrorKind::ServerSelection { message, .. } => {
            format!("no MongoDB server can be used: {message}")
        }
        kind => format!("MongoDB: {kind}"),
    }
}

/// The words for a URI that can't be read. The driver's own may quote a part of it, and what stands where a host is
/// looked for may be a password that was written wrongly.
pub(super) fn unreadable(uri: &str, error: &Error) -> StoreError {
    let place = uri.split_once("//").map_or(uri, |(_, place)| place);
    let secret = match place.rsplit_once('@') {
        Some((secret, _)) => secret,
        None => place.split('?').next().unwrap_or(place),
    };
    let said = text(error);
    let mut parts = secret.split([':', '@', '/', ',', '?', '&', '=']);
    let why = if parts.any(|part| !part.is_empty() && said.contains(part)) {
        "its user, its password or its hosts aren't written as they should be"
    } else {
        &said
    };
    StoreError::unavailable(format!(
        "the URI can't be read: {why}; write it as `mongodb://user:password@host:27017/?option=value`, with `%40` for an `@` in the password, and so on"
    ))
}

/// The words for a server that says nothing at all.
pub(super) fn silent(hosts: &str, patience: Duration) -> StoreError {
    let seconds = patience.as_secs();
    StoreError::unavailable(format!(
        "no MongoDB server answers at {hosts} within {seconds} seconds; is it running there, and may this machine reach it?"
    ))
}

/// The words for a thread that others change faster than it can be read or written here.
pub(super) fn restless() -> StoreError {
    StoreError::unavailable("others change the thread all the time; try again")
}

/// An id that comes out of the database and isn't one.
pub(super) fn odd_id(error: &InvalidId) -> StoreError {
    StoreError::Corrupt(error.to_string())
}
