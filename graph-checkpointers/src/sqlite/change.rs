//! What writes: commits, messages, deletions, users. All of it runs inside the writer's transaction, and refuses
//! before it changes anything.

use std::collections::HashSet;

use graph_runtime::{ActivationId, Commit, MomentId, Rewrite, Standing, ThreadKey, Timestamp};
use rusqlite::{Connection, OptionalExtension};

use super::failure::Failure;
use super::lease;
use super::read::number_of;
use super::row::{insert_record, insert_write, replace_record, replace_write, text};
use crate::signed::{micros, time};

pub(super) fn commit(
    database: &Connection,
    key: &ThreadKey,
    commit: &Commit,
) -> Result<(), Failure> {
    let place = place(database, key)?;
    let lease = match commit.epoch {
        0 => 0,
        _ => lease::epoch_of(database, key)?,
    };
    if !commit.applies(place.standing(lease))? || commit.is_empty() {
        return Ok(());
    }
    let thread = match place.thread {
        Some(thread) => thread,
        None => insert_thread(database, key)?,
    };
    for record in &commit.records {
        insert_record(database, thread, record)?;
    }
    if let Some(head) = commit.records.last().filter(|head| head.due != place.due) {
        set_due(database, thread, head.due)?;
    }
    for activation in &commit.consumed {
        consume(database, thread, *activation)?;
    }
    for position in &commit.received {
        receive(database, thread, *position)?;
    }
    for write in &commit.writes {
        insert_write(database, thread, write)?;
    }
    Ok(())
}

pub(super) fn rewrite(
    database: &Connection,
    key: &ThreadKey,
    rewrite: &Rewrite,
) -> Result<(), Failure> {
    let place = place(database, key)?;
    rewrite.applies(place.standing(0))?;
    let Some(thread) = place.thread else {
        return Ok(());
    };
    for record in &rewrite.replaced {
        replace_record(database, thread, record)?;
    }
    remove(database, thread, &rewrite.removed)?;
    for write in &rewrite.writes {
        replace_write(database, thread, write)?;
    }
    let raise = "UPDATE threads SET rewrites = ?2 WHERE number = ?1";
    database
        .prepare_cached(raise)?
        .execute((thread, rewrite.rewrites_after().cast_signed()))?;
    Ok(())
}

/// Removes records by their ids. There is no index by id alone, so the thread's is gone through once.
fn remove(database: &Connection, thread: i64, removed: &[MomentId]) -> Result<(), Failure> {
    if removed.is_empty() {
        return Ok(());
    }
    let removed: HashSet<_> = removed.iter().map(ToString::to_string).collect();
    let rows: Vec<(i64, String)> = database
        .prepare_cached("SELECT rowid, id FROM records WHERE thread = ?1")?
        .query_and_then((thread,), |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, Failure>>()?;
    let mut delete = database.prepare_cached("DELETE FROM records WHERE rowid = ?1")?;
    for (row, _) in rows.iter().filter(|(_, id)| removed.contains(id)) {
        delete.execute((row,))?;
    }
    Ok(())
}

/// A thread's number, its head and when that is due, as far as there are such.
#[derive(Default)]
struct Place {
    thread: Option<i64>,
    due: Option<Timestamp>,
    head: Option<(MomentId, u64)>,
    rewrites: u64,
}

impl Place {
    fn standing(&self, lease: u64) -> Standing {
        Standing {
            head: self.head,
            lease,
            rewrites: self.rewrites,
        }
    }
}

fn place(database: &Connection, key: &ThreadKey) -> Result<Place, Failure> {
    let query = "SELECT number, threads.due, id, sequence, rewrites FROM threads LEFT JOIN records
                 ON records.thread = number
                 AND sequence = (SELECT max(sequence) FROM records WHERE records.thread = number)
                 WHERE namespace = ?1 AND threads.thread = ?2 AND path = ?3";
    let mut query = database.prepare_cached(query)?;
    let mut rows = query.query((key.namespace(), key.thread(), key.path()))?;
    let Some(row) = rows.next()? else {
        return Ok(Place::default());
    };
    let head = match row.get::<_, Option<i64>>(3)? {
        Some(sequence) => Some((text(row, 2)?.parse()?, sequence.cast_unsigned())),
        None => None,
    };
    Ok(Place {
        thread: Some(row.get(0)?),
        due: row.get::<_, Option<i64>>(1)?.map(time),
        head,
        rewrites: row.get::<_, i64>(4)?.cast_unsigned(),
    })
}

fn insert_thread(database: &Connection, key: &ThreadKey) -> Result<i64, Failure> {
    let insert = "INSERT INTO threads (namespace, thread, path) VALUES (?1, ?2, ?3)";
    Ok(database
        .prepare_cached(insert)?
        .insert((key.namespace(), key.thread(), key.path()))?)
}

fn set_due(database: &Connection, thread: i64, due: Option<Timestamp>) -> Result<(), Failure> {
    let update = "UPDATE threads SET due = ?2 WHERE number = ?1";
    database
        .prepare_cached(update)?
        .execute((thread, due.map(micros)))?;
    Ok(())
}

fn consume(database: &Connection, thread: i64, activation: ActivationId) -> Result<(), Failure> {
    let delete = "DELETE FROM writes WHERE thread = ?1 AND activation = ?2";
    database
        .prepare_cached(delete)?
        .execute((thread, activation.to_string()))?;
    Ok(())
}

fn receive(database: &Connection, thread: i64, position: u64) -> Result<(), Failure> {
    let delete = "DELETE FROM messages WHERE thread = ?1 AND position = ?2";
    database
        .prepare_cached(delete)?
        .execute((thread, position.cast_signed()))?;
    Ok(())
}

pub(super) fn send(database: &Connection, key: &ThreadKey, payload: &[u8]) -> Result<u64, Failure> {
    let thread = match number_of(database, key)? {
        Some(thread) => thread,
        None => insert_thread(database, key)?,
    };
    let insert = "INSERT INTO messages (thread, payload) VALUES (?1, ?2)";
    let position = database.prepare_cached(insert)?.insert((thread, payload))?;
    Ok(position.cast_unsigned())
}

pub(super) fn delete(database: &Connection, key: &ThreadKey) -> Result<(), Failure> {
    if key.path().is_empty() {
        for delete in [
            "DELETE FROM users WHERE namespace = ?1 AND thread = ?2",
            "DELETE FROM leases WHERE namespace = ?1 AND thread = ?2",
        ] {
            database
                .prepare_cached(delete)?
                .execute((key.namespace(), key.thread()))?;
        }
    }
    for thread in numbers_below(database, key)? {
        for delete in [
            "DELETE FROM records WHERE thread = ?1",
            "DELETE FROM writes WHERE thread = ?1",
            "DELETE FROM messages WHERE thread = ?1",
            "DELETE FROM threads WHERE number = ?1",
        ] {
            database.prepare_cached(delete)?.execute((thread,))?;
        }
    }
    Ok(())
}

/// The thread and all below it.
pub(super) fn numbers_below(database: &Connection, key: &ThreadKey) -> Result<Vec<i64>, Failure> {
    // What begins with a path and a `/` lies between that and the path with what comes after a `/`.
    let query = "SELECT number FROM threads WHERE namespace = ?1 AND thread = ?2
                 AND (?3 = '' OR path = ?3 OR path > ?3 || '/' AND path < ?3 || '0')";
    let mut query = database.prepare_cached(query)?;
    let params = (key.namespace(), key.thread(), key.path());
    query
        .query_and_then(params, |row| Ok(row.get(0)?))?
        .collect()
}

pub(super) fn thread_of(
    database: &Connection,
    user: &str,
    proposed: &ThreadKey,
) -> Result<String, Failure> {
    let query = "SELECT thread FROM users WHERE namespace = ?1 AND user = ?2";
    let kept = database
        .prepare_cached(query)?
        .query_row((proposed.namespace(), user), |row| row.get(0))
        .optional()?;
    if let Some(kept) = kept {
        return Ok(kept);
    }
    let insert = "INSERT INTO users (namespace, user, thread) VALUES (?1, ?2, ?3)";
    database
        .prepare_cached(insert)?
        .execute((proposed.namespace(), user, proposed.thread()))?;
    Ok(proposed.thread().to_owned())
}
