//! Numbers as databases have them that count with a sign: times, and what limits a list.

use graph_runtime::Timestamp;

/// A time that is compared in the database, where the last one is the largest signed number.
pub(crate) fn micros(time: Timestamp) -> i64 {
    i64::try_from(time.as_micros()).unwrap_or(i64::MAX)
}

/// A time that was compared there.
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub(crate) fn time(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros.cast_unsigned())
}

/// The highest sequence before that one.
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub(crate) fn last(before: Option<u64>) -> i64 {
    before.map_or(i64::MAX, |before| {
        i64::try_from(before).map_or(i64::MAX, |before| before - 1)
    })
}

/// How many at most.
#[cfg(any(feature = "postgres", feature = "sqlite"))]
pub(crate) fn limit(limit: Option<usize>) -> i64 {
    limit
        .and_then(|limit| i64::try_from(limit).ok())
        .unwrap_or(i64::MAX)
}
