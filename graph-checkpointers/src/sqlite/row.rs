//! Records and writes as columns. Ids are kept as their text, so that a person can read the tables.

use graph_runtime::{Record, Timestamp, Write, WriteKey};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row};

use super::failure::Failure;
use crate::signed::{micros, time};

/// The columns of a record, in the order in which [`record`] takes them.
macro_rules! record_columns {
    () => {
        "id, parent, base, sequence, step, source, created_at, due, payload"
    };
}
pub(super) use record_columns;

/// Adds a record to a thread.
pub(super) fn insert_record(
    database: &Connection,
    thread: i64,
    record: &Record,
) -> Result<(), Failure> {
    let insert = concat!(
        "INSERT INTO records (thread, ",
        record_columns!(),
        ") VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)"
    );
    database.prepare_cached(insert)?.execute((
        thread,
        record.id.to_string(),
        record.parent.map(|parent| parent.to_string()),
        record.base.to_string(),
        record.sequence.cast_signed(),
        record.step.cast_signed(),
        record.source.as_str(),
        record.created_at.as_micros().cast_signed(),
        record.due.map(micros),
        &record.payload,
    ))?;
    Ok(())
}

/// Gives a record that is there another parent, base and payload.
pub(super) fn replace_record(
    database: &Connection,
    thread: i64,
    record: &Record,
) -> Result<(), Failure> {
    let update = "UPDATE records SET parent = ?4, base = ?5, payload = ?6
                  WHERE thread = ?1 AND sequence = ?2 AND id = ?3";
    database.prepare_cached(update)?.execute((
        thread,
        record.sequence.cast_signed(),
        record.id.to_string(),
        record.parent.map(|parent| parent.to_string()),
        record.base.to_string(),
        &record.payload,
    ))?;
    Ok(())
}

/// Reads a record. Numbers above the largest signed one come back as they went in.
pub(super) fn record(row: &Row<'_>) -> Result<Record, Failure> {
    let number = |column| row.get(column).map(i64::cast_unsigned);
    let parent = match row.get_ref(1)? {
        ValueRef::Null => None,
        _ => Some(text(row, 1)?.parse()?),
    };
    Ok(Record {
        id: text(row, 0)?.parse()?,
        parent,
        base: text(row, 2)?.parse()?,
        sequence: number(3)?,
        step: number(4)?,
        source: text(row, 5)?.parse()?,
        created_at: Timestamp::from_micros(number(6)?),
        due: row.get::<_, Option<i64>>(7)?.map(time),
        payload: row.get(8)?,
    })
}

/// Borrowed from the row: ids are parsed where they lie.
pub(super) fn text<'row>(row: &'row Row<'_>, column: usize) -> rusqlite::Result<&'row str> {
    Ok(row.get_ref(column)?.as_str()?)
}

/// What stands for no item: a primary key has no gaps.
const NO_ITEM: i64 = -1;

/// What stands for no name: none is empty.
const NO_NAME: &str = "";

/// A write as parameters: the thread, the four parts of its key, the payload.
macro_rules! write_columns {
    ($thread:expr, $write:expr) => {{
        let WriteKey {
            activation,
            item,
            kind,
            name,
        } = &$write.key;
        (
            $thread,
            activation.to_string(),
            item.map_or(NO_ITEM, i64::from),
            kind.as_str(),
            name.as_deref().unwrap_or(NO_NAME),
            &$write.payload,
        )
    }};
}

/// Adds a write to a thread, unless there is one of its key.
pub(super) fn insert_write(
    database: &Connection,
    thread: i64,
    write: &Write,
) -> Result<(), Failure> {
    let insert = "INSERT INTO writes (thread, activation, item, kind, name, payload)
                  VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT DO NOTHING";
    database
        .prepare_cached(insert)?
        .execute(write_columns!(thread, write))?;
    Ok(())
}

/// Puts a write in the place of the one of its key.
pub(super) fn replace_write(
    database: &Connection,
    thread: i64,
    write: &Write,
) -> Result<(), Failure> {
    let update = "UPDATE writes SET payload = ?6
                  WHERE thread = ?1 AND activation = ?2 AND item = ?3 AND kind = ?4 AND name = ?5";
    database
        .prepare_cached(update)?
        .execute(write_columns!(thread, write))?;
    Ok(())
}

/// Reads a write from `activation, item, kind, name, payload`.
pub(super) fn write(row: &Row<'_>) -> Result<Write, Failure> {
    let item = match row.get(1)? {
        NO_ITEM => None,
        _ => Some(row.get(1)?),
    };
    let name = match text(row, 3)? {
        NO_NAME => None,
        name => Some(name.into()),
    };
    let key = WriteKey {
        activation: text(row, 0)?.parse()?,
        item,
        kind: text(row, 2)?.parse()?,
        name,
    };
    Ok(Write {
        key,
        payload: row.get(4)?,
    })
}
