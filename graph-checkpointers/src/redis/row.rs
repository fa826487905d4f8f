//! Records, writes and numbers as the server keeps them. Ids and numbers are text of one length, so that a person can
//! read them and the server's order is theirs.

use graph_runtime::{MomentId, Record, StoreError, Timestamp, Write};
use std::fmt;

/// The length of a record's header. `place.lua` knows it and the columns too.
const HEADER: usize = 170;

/// What stands for no parent.
const NOBODY: &str = "--------------------------";

/// What stands for no due time.
const NEVER: &str = "-------------------";

/// A sequence or a due time: they end at `i64::MAX`.
pub(super) fn signed(number: u64) -> String {
    format!("{number:019}")
}

/// Any other number.
pub(super) fn unsigned(number: u64) -> String {
    format!("{number:020}")
}

/// Puts a record's header before its payload.
pub(super) fn record(record: &Record) -> Vec<u8> {
    let parent = record.parent.map_or(NOBODY.to_owned(), |id| id.to_string());
    let due = record.due.map(Timestamp::as_micros);
    let header = format!(
        "{} {parent} {} {} {} {:<6} {} {}\n",
        record.id,
        record.base,
        signed(record.sequence),
        unsigned(record.step),
        record.source.as_str(),
        unsigned(record.created_at.as_micros()),
        due.map_or(NEVER.to_owned(), signed),
    );
    let mut row = Vec::with_capacity(header.len() + record.payload.len());
    row.extend_from_slice(header.as_bytes());
    row.extend_from_slice(&record.payload);
    row
}

/// Reads what [`record`] made.
///
/// # Errors
/// [`StoreError::Corrupt`].
pub(super) fn read_record(row: &[u8]) -> Result<Record, StoreError> {
    let (header, payload) = row
        .split_at_checked(HEADER)
        .ok_or_else(|| corrupt("a record is cut off"))?;
    let header = std::str::from_utf8(header).map_err(corrupt)?;
    let columns: Vec<&str> = header.split_ascii_whitespace().collect();
    let [id, parent, base, sequence, step, source, created_at, due] = columns[..] else {
        return Err(corrupt("a record's header doesn't have its columns"));
    };
    let parent = match parent {
        NOBODY => None,
        id => Some(read_id(id)?),
    };
    let due = match due {
        NEVER => None,
        due => Some(Timestamp::from_micros(read_number(due)?)),
    };
    Ok(Record {
        id: read_id(id)?,
        parent,
        base: read_id(base)?,
        sequence: read_number(sequence)?,
        step: read_number(step)?,
        source: source.parse().map_err(corrupt)?,
        created_at: Timestamp::from_micros(read_number(created_at)?),
        due,
        payload: payload.to_vec(),
    })
}

pub(super) fn read_id(text: &str) -> Result<MomentId, StoreError> {
    text.parse().map_err(corrupt)
}

pub(super) fn read_number(text: &str) -> Result<u64, StoreError> {
    text.parse().map_err(corrupt)
}

/// Reads a write from its key and its payload.
///
/// # Errors
/// [`StoreError::Corrupt`].
pub(super) fn read_write(key: &[u8], payload: Vec<u8>) -> Result<Write, StoreError> {
    let key = std::str::from_utf8(key).map_err(corrupt)?;
    let key = key.parse().map_err(corrupt)?;
    Ok(Write { key, payload })
}

/// A thread and its time, as an index by times holds them.
pub(super) fn read_timed(entry: &[u8], digits: usize) -> Result<(String, Timestamp), StoreError> {
    let entry = std::str::from_utf8(entry).map_err(corrupt)?;
    let (time, thread) = entry
        .split_at_checked(digits)
        .ok_or_else(|| corrupt("a time is cut off"))?;
    let time = Timestamp::from_micros(read_number(time)?);
    Ok((thread.to_owned(), time))
}

pub(super) fn corrupt(what: impl fmt::Display) -> StoreError {
    StoreError::Corrupt(what.to_string())
}

#[cfg(test)]
mod tests {
    use graph_runtime::Source;

    use super::*;

    fn sample() -> Record {
        let id = MomentId::at(Timestamp::from_micros(u64::MAX));
        Record {
            id,
            parent: None,
            base: id,
            sequence: 1,
            step: 0,
            source: Source::Fork,
            created_at: Timestamp::from_micros(0),
            due: None,
            payload: b" \n\0payload".to_vec(),
        }
    }

    #[test]
    fn a_record_comes_back() {
        let small = sample();
        let large = Record {
            parent: Some(MomentId::at(Timestamp::from_micros(0))),
            sequence: i64::MAX.cast_unsigned(),
            step: u64::MAX,
            source: Source::Input,
            created_at: Timestamp::from_micros(u64::MAX),
            due: Some(Timestamp::from_micros(i64::MAX.cast_unsigned())),
            payload: Vec::new(),
            ..sample()
        };
        for record in [small, large] {
            let row = super::record(&record);
            assert_eq!(row.len(), HEADER + record.payload.len());
            assert_eq!(read_record(&row).unwrap(), record);
        }
    }

    #[test]
    fn the_columns_are_where_the_scripts_look() {
        let record = Record {
            due: Some(Timestamp::from_micros(7)),
            ..sample()
        };
        let row = super::record(&record);
        let column = |from: usize, to: usize| std::str::from_utf8(&row[from - 1..to]).unwrap();
        assert_eq!(column(1, 26), record.id.to_string());
        assert_eq!(column(28, 53), NOBODY);
        assert_eq!(column(55, 80), record.base.to_string());
        assert_eq!(column(82, 100), signed(1));
        assert_eq!(column(123, 123), "f");
        assert_eq!(column(130, 149), unsigned(0));
        assert_eq!(column(151, 169), signed(7));
        assert_eq!(row[HEADER - 1], b'\n');
    }

    #[test]
    fn what_is_no_record_is_damage() {
        let row = super::record(&sample());
        for cut in [0, 1, 50, HEADER - 1] {
            assert!(matches!(
                read_record(&row[..cut]),
                Err(StoreError::Corrupt(_))
            ));
        }
        for place in [0, 27, 60, 90, 110, 125, 140, 160] {
            let mut row = row.clone();
            row[place] = b'?';
            assert!(
                matches!(read_record(&row), Err(StoreError::Corrupt(_))),
                "{place}"
            );
        }
    }
}
