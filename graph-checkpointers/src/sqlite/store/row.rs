//! Entries as columns. Prefixes are the bytes they sort by, values are JSON that a person can read.

use graph_runtime::{Entry, Prefix, Put, StoreError, Timestamp, Vectors};
use serde_json::Value;

use super::super::failure::Failure;

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
            expires_at: put.ttl.map(|ttl| time(ttl.end(now))),
            renewal: renewing.map(|ttl| i64::try_from(ttl.length.as_micros()).unwrap_or(i64::MAX)),
            model,
            vectors,
            value: put.value.to_string(),
        })
    }
}

/// A time to compare others with.
pub(in super::super) fn time(time: Timestamp) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}

/// Reads an entry.
pub(super) fn entry(row: &rusqlite::Row<'_>) -> Result<Entry, Failure> {
    let time = |micros: i64| Timestamp::from_micros(micros.cast_unsigned());
    Ok(Entry {
        prefix: Prefix::from_bytes(row.get_ref(0)?.as_blob().map_err(rusqlite::Error::from)?)?,
        key: row.get(1)?,
        value: value(row, 2)?,
        created_at: time(row.get(3)?),
        updated_at: time(row.get(4)?),
        expires_at: row.get::<_, Option<i64>>(5)?.map(time),
    })
}

/// Reads a value.
pub(super) fn value(row: &rusqlite::Row<'_>, column: usize) -> Result<Value, Failure> {
    let text = row
        .get_ref(column)?
        .as_str()
        .map_err(rusqlite::Error::from)?;
    serde_json::from_str(text)
        .map_err(|error| StoreError::Corrupt(format!("a value of the store: {error}")).into())
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
