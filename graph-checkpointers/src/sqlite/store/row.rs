//! Entries as columns. Prefixes are the bytes they sort by, values are JSON that a person can read.

use graph_runtime::{Entry, Prefix, Put, StoreError, Timestamp, Vectors};
use serde_json::Value;

use super::super::failure::Failure;
use super::super::row::text;
use crate::signed::{micros, time};

/// The columns of an entry, in the order in which [`entry`] takes them.
macro_rules! entry_columns {
    () => {
        "prefix, key, value, created_at, updated_at, expires_at"
    };
}
pub(super) use entry_columns;

/// What is to be put, as the table wants it.
#[derive(Debug)]
pub(super) struct Row {
    pub(super) prefix: Prefix,
    pub(super) key: String,
    pub(super) expires_at: Option<i64>,
    pub(super) renewal: Option<i64>,
    pub(super) model: Option<String>,
    pub(super) vectors: Option<Vec<u8>>,
    pub(super) value: String,
}

impl Row {
    pub(super) fn new(put: Put, now: Timestamp) -> Result<Self, StoreError> {
        let renewing = put.ttl.filter(|ttl| ttl.renews);
        let (model, vectors) = match put.vectors {
            Some(vectors) => (Some(vectors.model), Some(bytes(&vectors.each)?)),
            None => (None, None),
        };
        Ok(Self {
            prefix: put.prefix,
            key: put.key,
            expires_at: put.ttl.map(|ttl| micros(ttl.end(now))),
            renewal: renewing.map(|ttl| i64::try_from(ttl.length.as_micros()).unwrap_or(i64::MAX)),
            model,
            vectors,
            value: put.value.to_string(),
        })
    }
}

/// Reads an entry.
pub(super) fn entry(row: &rusqlite::Row<'_>) -> Result<Entry, Failure> {
    Ok(Entry {
        prefix: prefix(row, 0)?,
        key: row.get(1)?,
        value: value(row, 2)?,
        created_at: row.get(3).map(time)?,
        updated_at: row.get(4).map(time)?,
        expires_at: row.get::<_, Option<_>>(5)?.map(time),
    })
}

/// Reads a prefix.
pub(super) fn prefix(row: &rusqlite::Row<'_>, column: usize) -> Result<Prefix, Failure> {
    Ok(Prefix::from_bytes(blob(row, column)?)?)
}

/// Reads a value.
pub(super) fn value(row: &rusqlite::Row<'_>, column: usize) -> Result<Value, Failure> {
    serde_json::from_str(text(row, column)?)
        .map_err(|error| StoreError::Corrupt(format!("a value of the store: {error}")).into())
}

/// Borrowed from the row.
pub(super) fn blob<'row>(
    row: &'row rusqlite::Row<'_>,
    column: usize,
) -> rusqlite::Result<&'row [u8]> {
    Ok(row.get_ref(column)?.as_blob()?)
}

/// Vectors as bytes: their common length, then their numbers.
fn bytes(each: &[Vec<f32>]) -> Result<Vec<u8>, StoreError> {
    let length = each.first().map_or(0, Vec::len);
    if each.iter().any(|vector| vector.len() != length) {
        let text = "the vectors of one value differ in length";
        return Err(StoreError::Unfit(text.to_owned()));
    }
    let numbers = each
        .iter()
        .flatten()
        .flat_map(|number| number.to_le_bytes());
    Ok((length as u64)
        .to_le_bytes()
        .into_iter()
        .chain(numbers)
        .collect())
}

/// Reads vectors back.
pub(super) fn vectors(model: &str, bytes: &[u8]) -> Result<Vectors, Failure> {
    let damaged = || StoreError::Corrupt("the vectors of a value".to_owned());
    let (length, numbers) = bytes.split_first_chunk().ok_or_else(damaged)?;
    let (numbers, rest) = numbers.as_chunks();
    let numbers: Vec<_> = numbers
        .iter()
        .map(|bytes| f32::from_le_bytes(*bytes))
        .collect();
    let length = usize::try_from(u64::from_le_bytes(*length)).map_err(|_| damaged())?;
    if !rest.is_empty() || (length == 0 && !numbers.is_empty()) {
        return Err(damaged().into());
    }
    Ok(Vectors {
        model: model.to_owned(),
        each: numbers.chunks(length.max(1)).map(<[f32]>::to_vec).collect(),
    })
}
