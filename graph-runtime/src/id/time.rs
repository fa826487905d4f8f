//! Points in time, as they are stored.

use std::fmt;
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize, Serializer};

/// A point in time, in microseconds since 1970.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(u64);

impl Timestamp {
    /// From microseconds since 1970, as a backend stores it.
    pub fn from_micros(micros: u64) -> Self {
        Self(micros)
    }

    /// Microseconds since 1970.
    pub fn as_micros(self) -> u64 {
        self.0
    }

    /// As the standard library's time.
    pub fn to_system_time(self) -> SystemTime {
        SystemTime::UNIX_EPOCH + Duration::from_micros(self.0)
    }

    /// The point in time that much later, or the last one there is.
    #[must_use]
    pub fn saturating_add(self, span: Duration) -> Self {
        let span = u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
        Self(self.0.saturating_add(span))
    }

    /// The point in time that much earlier, or the first one there is.
    #[must_use]
    pub fn saturating_sub(self, span: Duration) -> Self {
        let span = u64::try_from(span.as_micros()).unwrap_or(u64::MAX);
        Self(self.0.saturating_sub(span))
    }

    /// How long it is after an earlier one; nothing if it isn't.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(self.0.saturating_sub(earlier.0))
    }

    /// As whoever isn't written in Rust reads it: RFC 3339. What is stored keeps the number.
    #[allow(clippy::ref_option)] // as serde calls it
    pub(crate) fn write_text<S: Serializer>(
        time: &Option<Self>,
        serializer: S,
    ) -> Result<S::Ok, S::Error> {
        match time {
            Some(time) => serializer.collect_str(time),
            None => serializer.serialize_none(),
        }
    }

    /// The time now, read from the clock once.
    pub fn now() -> Self {
        // A clock before 1970 is no matter: order never comes from it.
        SystemTime::now().into()
    }
}

impl From<SystemTime> for Timestamp {
    /// In whole microseconds; what is before 1970 is taken for 1970.
    fn from(time: SystemTime) -> Self {
        let since = time
            .duration_since(SystemTime::UNIX_EPOCH)
            .unwrap_or_default();
        Self(u64::try_from(since.as_micros()).unwrap_or(u64::MAX))
    }
}

/// In UTC, as RFC 3339 writes it: `2026-03-01T12:00:00.123456Z`.
impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (seconds, micros) = (self.0 / 1_000_000, self.0 % 1_000_000);
        let (days, second) = (seconds / 86_400, seconds % 86_400);
        let (year, month, day) = civil(days);
        let (hour, minute, second) = (second / 3_600, second / 60 % 60, second % 60);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z"
        )
    }
}

/// The date of a day counted from 1970-01-01, after Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms".
fn civil(days: u64) -> (u64, u64, u64) {
    // Eras of 400 years that begin on the first of March, so that leap days come last.
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + 400 * era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_written_as_a_date() {
        let text = |micros| Timestamp(micros).to_string();
        assert_eq!(text(0), "1970-01-01T00:00:00.000000Z");
        assert_eq!(text(951_782_400_000_001), "2000-02-29T00:00:00.000001Z");
        assert_eq!(text(1_772_366_399_999_999), "2026-03-01T11:59:59.999999Z");
        assert_eq!(text(4_107_542_400_000_000), "2100-03-01T00:00:00.000000Z");
    }

    #[test]
    fn time_begins_and_ends_and_does_not_wrap() {
        let add = |span| Timestamp(5).saturating_add(span);
        assert_eq!(add(Duration::from_micros(2)), Timestamp(7));
        assert_eq!(add(Duration::MAX), Timestamp(u64::MAX));
        let subtract = |span| Timestamp(5).saturating_sub(span);
        assert_eq!(subtract(Duration::from_micros(2)), Timestamp(3));
        assert_eq!(subtract(Duration::MAX), Timestamp(0));
    }
}
