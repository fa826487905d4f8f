//! What the server answers, taken apart. Nothing of it gets into an error: it may be anybody's secret.

use ::redis::Value;
use graph_runtime::StoreError;

use super::row::corrupt;

/// What a script says: a word, and what belongs to it.
pub(super) struct Reply {
    pub(super) word: String,
    parts: std::vec::IntoIter<Value>,
}

impl Reply {
    pub(super) fn of(value: Value) -> Result<Self, StoreError> {
        let mut parts = values(value)?.into_iter();
        let word = parts.next().ok_or_else(odd).and_then(text)?;
        Ok(Self { word, parts })
    }

    pub(super) fn value(&mut self) -> Result<Value, StoreError> {
        self.parts.next().ok_or_else(odd)
    }

    pub(super) fn text(&mut self) -> Result<String, StoreError> {
        self.value().and_then(text)
    }

    pub(super) fn values(&mut self) -> Result<Vec<Value>, StoreError> {
        self.value().and_then(values)
    }
}

/// An answer of another form than this library's scripts have.
pub(super) fn odd() -> StoreError {
    corrupt("the server's answer has another form than it should")
}

pub(super) fn values(value: Value) -> Result<Vec<Value>, StoreError> {
    match value {
        Value::Array(values) | Value::Set(values) => Ok(values),
        _ => Err(odd()),
    }
}

pub(super) fn bytes(value: Value) -> Result<Vec<u8>, StoreError> {
    match value {
        Value::BulkString(bytes) => Ok(bytes),
        Value::SimpleString(text) => Ok(text.into()),
        _ => Err(odd()),
    }
}

pub(super) fn text(value: Value) -> Result<String, StoreError> {
    String::from_utf8(bytes(value)?).map_err(|_| odd())
}

/// A field of a hash and its value.
type Pair = (Vec<u8>, Vec<u8>);

/// The fields of a hash with their values.
pub(super) fn pairs(value: Value) -> Result<Vec<Pair>, StoreError> {
    let mut values = values(value)?.into_iter();
    let mut pairs = Vec::with_capacity(values.len() / 2);
    while let (Some(field), Some(value)) = (values.next(), values.next()) {
        pairs.push((bytes(field)?, bytes(value)?));
    }
    Ok(pairs)
}
