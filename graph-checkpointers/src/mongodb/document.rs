//! The fields of documents. Integers are read leniently: a server, or a tool that wrote a document anew, may send
//! them back with 32 bits or as doubles.

use std::str::FromStr;

use ::mongodb::bson::spec::BinarySubtype;
use ::mongodb::bson::{Binary, Bson, Document};
use graph_runtime::{InvalidId, StoreError, Timestamp};

use super::failure::odd_id;

/// What a field that isn't of its type means.
pub(super) fn odd(document: &Document, field: &str) -> StoreError {
    let id = document.get_str("_id").unwrap_or("?");
    StoreError::Corrupt(format!("field `{field}` of the document `{id}`"))
}

/// A whole number.
pub(super) fn number(document: &Document, field: &str) -> Result<i64, StoreError> {
    match document.get(field) {
        Some(Bson::Int64(number)) => Some(*number),
        Some(Bson::Int32(number)) => Some(i64::from(*number)),
        Some(Bson::Double(number)) => whole(*number),
        _ => None,
    }
    .ok_or_else(|| odd(document, field))
}

#[allow(clippy::cast_possible_truncation, reason = "checked before")]
fn whole(number: f64) -> Option<i64> {
    // All whole numbers below this are exact.
    const EXACT: f64 = 9_007_199_254_740_992.0;
    (number.fract() == 0.0 && number.abs() <= EXACT).then_some(number as i64)
}

/// A number that was stored with a sign, as databases count.
pub(super) fn unsigned(document: &Document, field: &str) -> Result<u64, StoreError> {
    number(document, field).map(i64::cast_unsigned)
}

pub(super) fn text<'d>(document: &'d Document, field: &str) -> Result<&'d str, StoreError> {
    document.get_str(field).map_err(|_| odd(document, field))
}

/// What is written as text.
pub(super) fn parsed<T: FromStr<Err = InvalidId>>(
    document: &Document,
    field: &str,
) -> Result<T, StoreError> {
    text(document, field)?
        .parse()
        .map_err(|error| odd_id(&error))
}

/// Reads a field where there is one, and isn't null.
pub(super) fn optional<T>(
    document: &Document,
    field: &str,
    read: impl FnOnce(&Document, &str) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    match document.get(field) {
        None | Some(Bson::Null) => Ok(None),
        Some(_) => read(document, field).map(Some),
    }
}

/// The items of an array, each read as what is inside it.
pub(super) fn items<T>(
    document: &Document,
    field: &str,
    read: impl Fn(&Bson) -> Option<T>,
) -> Result<Vec<T>, StoreError> {
    let array = document
        .get_array(field)
        .map_err(|_| odd(document, field))?;
    let items: Option<_> = array.iter().map(read).collect();
    items.ok_or_else(|| odd(document, field))
}

pub(super) fn bytes(document: &mut Document, field: &str) -> Result<Vec<u8>, StoreError> {
    match document.remove(field) {
        Some(Bson::Binary(binary)) => Ok(binary.bytes),
        _ => Err(odd(document, field)),
    }
}

pub(super) fn binary(bytes: &[u8]) -> Binary {
    Binary {
        subtype: BinarySubtype::Generic,
        bytes: bytes.to_vec(),
    }
}

/// A time that was compared there.
pub(super) fn time(micros: u64) -> Timestamp {
    Timestamp::from_micros(micros)
}

#[cfg(test)]
mod tests {
    use super::*;
    use ::mongodb::bson::doc;

    #[test]
    fn integers_are_read_leniently_and_nothing_else() {
        let document = doc! {
            "_id": "x", "long": 7_i64, "int": 7_i32, "double": 7.0, "half": 7.5,
            "huge": 1e300, "text": "7", "null": null,
        };
        for field in ["long", "int", "double"] {
            assert_eq!(number(&document, field).unwrap(), 7);
        }
        for field in ["half", "huge", "text", "null", "none"] {
            let error = number(&document, field).unwrap_err();
            assert!(matches!(&error, StoreError::Corrupt(text) if text.contains(field)));
        }
    }
}
