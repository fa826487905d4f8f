//! Records, writes and keys as columns. Ids are kept as their text, so that a person can read the tables.

use graph_runtime::{Expect, InvalidId, Record, StoreError, ThreadKey, Timestamp, Write, WriteKey};
use sqlx::Arguments as _;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArguments, PgRow};
use sqlx::{Decode, Postgres, Row as _, Type};

use super::failure::odd;

use crate::signed::{micros, time};

/// A column's value. One that isn't of its type was put there by somebody else.
pub(super) fn get<'r, T: Decode<'r, Postgres> + Type<Postgres>>(
    row: &'r PgRow,
    column: &str,
) -> Result<T, StoreError> {
    row.try_get(column)
        .map_err(|error| StoreError::Corrupt(error.to_string()))
}

/// A column's number, as it went in.
pub(super) fn number(row: &PgRow, column: &str) -> Result<u64, StoreError> {
    get(row, column).map(i64::cast_unsigned)
}

/// A column's id.
pub(super) fn id<T: std::str::FromStr<Err = InvalidId>>(
    row: &PgRow,
    column: &str,
) -> Result<T, StoreError> {
    get::<&str>(row, column)?
        .parse()
        .map_err(|error| odd(&error))
}

/// A column's id, where there is one.
pub(super) fn id_or_none<T: std::str::FromStr<Err = InvalidId>>(
    row: &PgRow,
    column: &str,
) -> Result<Option<T>, StoreError> {
    let text: Option<&str> = get(row, column)?;
    text.map(str::parse)
        .transpose()
        .map_err(|error| odd(&error))
}

/// The three parts of a key.
pub(super) fn add_key(arguments: &mut PgArguments, key: &ThreadKey) -> Result<(), BoxDynError> {
    arguments.add(key.namespace())?;
    arguments.add(key.thread())?;
    arguments.add(key.path())
}

/// What is expected of the head: whether that is anything, and what.
pub(super) fn add_expected(
    arguments: &mut PgArguments,
    expected: Expect,
) -> Result<(), BoxDynError> {
    let (any, head) = match expected {
        Expect::Any => (true, None),
        Expect::Head(head) => (false, head),
    };
    arguments.add(any)?;
    arguments.add(head.map(|head| head.to_string()))
}

/// The nine columns of records, a list each.
pub(super) fn add_records(
    arguments: &mut PgArguments,
    records: &[Record],
) -> Result<(), BoxDynError> {
    arguments.add(list(records, |record| record.id.to_string()))?;
    arguments.add(list(records, |record| {
        record.parent.map(|parent| parent.to_string())
    }))?;
    arguments.add(list(records, |record| record.base.to_string()))?;
    arguments.add(list(records, |record| record.sequence.cast_signed()))?;
    arguments.add(list(records, |record| record.step.cast_signed()))?;
    arguments.add(list(records, |record| record.source.as_str()))?;
    arguments.add(list(records, |record| {
        record.created_at.as_micros().cast_signed()
    }))?;
    arguments.add(list(records, |record| record.due.map(micros)))?;
    arguments.add(list(records, |record| record.payload.as_slice()))
}

/// The five columns of writes, a list each.
pub(super) fn add_writes(arguments: &mut PgArguments, writes: &[Write]) -> Result<(), BoxDynError> {
    arguments.add(list(writes, |write| write.key.activation.to_string()))?;
    arguments.add(list(writes, |write| {
        write.key.item.map_or(NO_ITEM, i64::from)
    }))?;
    arguments.add(list(writes, |write| write.key.kind.as_str()))?;
    arguments.add(list(writes, |write| {
        write.key.name.as_deref().unwrap_or(NO_NAME)
    }))?;
    arguments.add(list(writes, |write| write.payload.as_slice()))
}

fn list<'a, T, C>(things: &'a [T], column: impl Fn(&'a T) -> C) -> Vec<C> {
    things.iter().map(column).collect()
}

/// What stands for no item: a primary key has no gaps.
const NO_ITEM: i64 = -1;

/// What stands for no name: none is empty.
const NO_NAME: &str = "";

/// Reads a record. Numbers above the largest signed one come back as they went in.
pub(super) fn record(row: &PgRow) -> Result<Record, StoreError> {
    Ok(Record {
        id: id(row, "id")?,
        parent: id_or_none(row, "parent")?,
        base: id(row, "base")?,
        sequence: number(row, "sequence")?,
        step: number(row, "step")?,
        source: id(row, "source")?,
        created_at: Timestamp::from_micros(number(row, "created_at")?),
        due: get::<Option<i64>>(row, "due")?.map(time),
        payload: get(row, "payload")?,
    })
}

/// Reads a write.
pub(super) fn write(row: &PgRow) -> Result<Write, StoreError> {
    let item = match get(row, "item")? {
        NO_ITEM => None,
        item => {
            let item = u32::try_from(item);
            Some(item.map_err(|_| {
                StoreError::Corrupt("the item of a write is no number of one".to_owned())
            })?)
        }
    };
    let name = match get(row, "name")? {
        NO_NAME => None,
        name => Some(name.into()),
    };
    let key = WriteKey {
        activation: id(row, "activation")?,
        item,
        kind: id(row, "kind")?,
        name,
    };
    Ok(Write {
        key,
        payload: get(row, "payload")?,
    })
}
