//! What writes entries. All of it runs inside the writer's transaction.

use graph_runtime::{Entry, Prefix, Timestamp};
use rusqlite::Connection;

use super::super::failure::Failure;
use super::read;
use super::row::Row;
use crate::signed::micros;

pub(super) fn put(database: &Connection, row: &Row, now: Timestamp) -> Result<(), Failure> {
    // More than one, so that they never outnumber what is put.
    let trim = "DELETE FROM entries WHERE number IN
                (SELECT number FROM entries WHERE expires_at <= ?1 ORDER BY expires_at LIMIT 2)";
    database.prepare_cached(trim)?.execute((micros(now),))?;
    let upsert = "INSERT INTO entries
        (prefix, key, expires_at, renewal, created_at, updated_at, model, vectors, value)
        VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?6, ?7, ?8)
        ON CONFLICT (prefix, key) DO UPDATE SET
        created_at = iif(expires_at <= ?9, excluded.created_at, created_at),
        expires_at = excluded.expires_at, renewal = excluded.renewal,
        updated_at = excluded.updated_at, model = excluded.model, vectors = excluded.vectors,
        value = excluded.value";
    database.prepare_cached(upsert)?.execute((
        row.prefix.as_bytes(),
        &row.key,
        row.expires_at,
        row.renewal,
        now.as_micros().cast_signed(),
        &row.model,
        &row.vectors,
        &row.value,
        micros(now),
    ))?;
    Ok(())
}

/// Moves the end of an entry that renews, and reads it: it may be another by now.
pub(super) fn renew(
    database: &Connection,
    prefix: &Prefix,
    key: &str,
    now: Timestamp,
) -> Result<Option<Entry>, Failure> {
    // A clock that went back shortens no life, and the sum has no room to overflow.
    let update = "UPDATE entries
        SET expires_at = max(expires_at, ?3 + min(renewal, 9223372036854775807 - ?3))
        WHERE prefix = ?1 AND key = ?2 AND expires_at > ?3 AND renewal IS NOT NULL";
    let params = (prefix.as_bytes(), key, micros(now));
    database.prepare_cached(update)?.execute(params)?;
    Ok(read::get(database, prefix, key, now)?.map(|(entry, _)| entry))
}

pub(super) fn delete(database: &Connection, prefix: &Prefix, key: &str) -> Result<(), Failure> {
    let delete = "DELETE FROM entries WHERE prefix = ?1 AND key = ?2";
    database
        .prepare_cached(delete)?
        .execute((prefix.as_bytes(), key))?;
    Ok(())
}

pub(super) fn clear(database: &Connection, prefix: &Prefix) -> Result<(), Failure> {
    let delete = "DELETE FROM entries WHERE prefix >= ?1 AND prefix < ?2";
    database
        .prepare_cached(delete)?
        .execute((prefix.as_bytes(), prefix.end()))?;
    Ok(())
}

pub(super) fn sweep(database: &Connection, now: Timestamp) -> Result<usize, Failure> {
    let delete = "DELETE FROM entries WHERE expires_at <= ?1";
    Ok(database.prepare_cached(delete)?.execute((micros(now),))?)
}
