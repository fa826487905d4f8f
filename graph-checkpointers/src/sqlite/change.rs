//! What writes: commits, deletions, users. All of it runs inside the writer's transaction, and refuses
//! before it changes anything.

use graph_runtime::{ActivationId, Commit, MomentId, ThreadKey};
use rusqlite::{Connection, OptionalExtension};

use super::failure::Failure;
use super::read::number_of;
use super::row::{insert_record, insert_write, text};

pub(super) fn commit(
    database: &Connection,
    key: &ThreadKey,
    commit: &Commit,
) -> Result<(), Failure> {
    let (thread, head) = place(database, key)?;
    if !commit.applies(head)? || is_empty(commit) {
        return Ok(());
    }
    let thread = match thread {
        Some(thread) => thread,
        None => insert_thread(database, key)?,
    };
    for record in &commit.records {
        insert_record(database, thread, record)?;
    }
    for activation in &commit.consumed {
        consume(database, thread, *activation)?;
    }
    for write in &commit.writes {
        insert_write(database, thread, write)?;
    }
    Ok(())
}

fn is_empty(commit: &Commit) -> bool {
    commit.records.is_empty() && commit.writes.is_empty() && commit.consumed.is_empty()
}

/// A thread's number and its head, as far as there are such.
type Place = (Option<i64>, Option<(MomentId, u64)>);

fn place(database: &Connection, key: &ThreadKey) -> Result<Place, Failure> {
    let query = "SELECT number, id, sequence FROM threads LEFT JOIN records
                 ON records.thread = number
                 AND sequence = (SELECT max(sequence) FROM records WHERE records.thread = number)
                 WHERE namespace = ?1 AND threads.thread = ?2";
    let mut query = database.prepare_cached(query)?;
    let mut rows = query.query((key.namespace(), key.thread()))?;
    let Some(row) = rows.next()? else {
        return Ok((None, None));
    };
    let head = match row.get::<_, Option<i64>>(2)? {
        Some(sequence) => Some((text(row, 1)?.parse()?, sequence.cast_unsigned())),
        None => None,
    };
    Ok((Some(row.get(0)?), head))
}

fn insert_thread(database: &Connection, key: &ThreadKey) -> Result<i64, Failure> {
    let insert = "INSERT INTO threads (namespace, thread) VALUES (?1, ?2)";
    Ok(database
        .prepare_cached(insert)?
        .insert((key.namespace(), key.thread()))?)
}

fn consume(database: &Connection, thread: i64, activation: ActivationId) -> Result<(), Failure> {
    let delete = "DELETE FROM writes WHERE thread = ?1 AND activation = ?2";
    database
        .prepare_cached(delete)?
        .execute((thread, activation.to_string()))?;
    Ok(())
}

pub(super) fn delete(database: &Connection, key: &ThreadKey) -> Result<(), Failure> {
    let users = "DELETE FROM users WHERE namespace = ?1 AND thread = ?2";
    database
        .prepare_cached(users)?
        .execute((key.namespace(), key.thread()))?;
    let Some(thread) = number_of(database, key)? else {
        return Ok(());
    };
    for delete in [
        "DELETE FROM records WHERE thread = ?1",
        "DELETE FROM writes WHERE thread = ?1",
        "DELETE FROM threads WHERE number = ?1",
    ] {
        database.prepare_cached(delete)?.execute((thread,))?;
    }
    Ok(())
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
