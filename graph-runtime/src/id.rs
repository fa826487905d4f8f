//! What things are called in storage: threads, moments, activations, questions.
//!
//! Ids of moments are ordered by time but never compared for order: that is the sequence's job.

use std::fmt;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::str::FromStr;
use std::sync::Arc;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Longest thread, namespace or user id, in bytes.
pub const MAX_ID_BYTES: usize = 512;

/// An id that can't name a thread, a moment or a question.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidId {
    /// Nothing between the quotes.
    #[error("the {what} id is empty; give it at least one character")]
    Empty {
        /// What was to be named.
        what: &'static str,
    },
    /// Longer than [`MAX_ID_BYTES`].
    #[error("the {what} id has {bytes} bytes, and {MAX_ID_BYTES} are allowed; hash or shorten it")]
    TooLong {
        /// What was to be named.
        what: &'static str,
        /// How long it is.
        bytes: usize,
    },
    /// A NUL, which several databases can't store.
    #[error("the {what} id {id:?} holds a NUL character; leave it out")]
    Nul {
        /// What was to be named.
        what: &'static str,
        /// The id as it was given.
        id: String,
    },
    /// Not the text of such an id.
    #[error(
        "{text:?} is not a {what} id; ids are handed out by the library and have the form {form}"
    )]
    Malformed {
        /// What was to be named.
        what: &'static str,
        /// The text as it was given.
        text: String,
        /// What it should look like.
        form: &'static str,
    },
}

/// Refuses what no backend should have to store as a name.
pub(crate) fn check_name(what: &'static str, id: &str) -> Result<(), InvalidId> {
    if id.is_empty() {
        return Err(InvalidId::Empty { what });
    }
    if id.len() > MAX_ID_BYTES {
        return Err(InvalidId::TooLong {
            what,
            bytes: id.len(),
        });
    }
    if id.contains('\0') {
        return Err(InvalidId::Nul {
            what,
            id: id.to_owned(),
        });
    }
    Ok(())
}

/// A thread in its namespace: the key under which a checkpointer stores.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ThreadKey {
    namespace: Arc<str>,
    thread: Arc<str>,
}

impl ThreadKey {
    /// Names a thread.
    ///
    /// # Errors
    /// [`InvalidId`] if either part is empty, longer than [`MAX_ID_BYTES`] or holds a NUL.
    ///
    /// ```
    /// # use graph_runtime::ThreadKey;
    /// let key = ThreadKey::new("support", "user-42")?;
    /// assert_eq!(key.thread(), "user-42");
    /// assert!(ThreadKey::new("support", "").is_err());
    /// # Ok::<(), graph_runtime::InvalidId>(())
    /// ```
    pub fn new(
        namespace: impl Into<Arc<str>>,
        thread: impl Into<Arc<str>>,
    ) -> Result<Self, InvalidId> {
        let (namespace, thread) = (namespace.into(), thread.into());
        check_name("namespace", &namespace)?;
        check_name("thread", &thread)?;
        Ok(Self { namespace, thread })
    }

    /// What separates graphs in one database.
    pub fn namespace(&self) -> &str {
        &self.namespace
    }

    /// The thread's own id.
    pub fn thread(&self) -> &str {
        &self.thread
    }
}

/// The id of a moment: unique everywhere, ordered by time of creation.
///
/// Its text is 26 characters of Crockford's base 32.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct MomentId(u128);

const ALPHABET: &[u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";
const TEXT_LENGTH: usize = 26;
const MOMENT_FORM: &str = "01J9ZQ4S7N2K0M4T3V5W6X7Y8Z";

/// Seeded once for the process: a random number for each moment would cost more than the step.
static COUNTER: LazyLock<AtomicU64> =
    LazyLock::new(|| AtomicU64::new(RandomState::new().build_hasher().finish()));

impl MomentId {
    /// A new id for something that happens at `now`.
    pub fn at(now: Timestamp) -> Self {
        let count = COUNTER.fetch_add(1, Ordering::Relaxed);
        Self((u128::from(now.0) << 64) | u128::from(count))
    }

    /// The id of a moment that is only counted, in a run that stores none.
    pub(crate) fn numbered(count: u64) -> Self {
        Self(u128::from(count))
    }

    pub(crate) fn bits(self) -> u128 {
        self.0
    }

    fn text(self) -> [u8; TEXT_LENGTH] {
        let mut text = [0; TEXT_LENGTH];
        let mut rest = self.0;
        for place in text.iter_mut().rev() {
            *place = ALPHABET[(rest & 31) as usize];
            rest >>= 5;
        }
        text
    }
}

impl fmt::Display for MomentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(std::str::from_utf8(&self.text()).unwrap_or_default())
    }
}

impl fmt::Debug for MomentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl FromStr for MomentId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let malformed = || InvalidId::Malformed {
            what: "moment",
            text: text.to_owned(),
            form: MOMENT_FORM,
        };
        // 26 characters hold 130 bits: the first may only use the lowest three.
        if text.len() != TEXT_LENGTH || !matches!(text.as_bytes()[0], b'0'..=b'7') {
            return Err(malformed());
        }
        text.bytes()
            .try_fold(0u128, |id, byte| {
                let digit = ALPHABET.iter().position(|&letter| letter == byte)?;
                Some((id << 5) | digit as u128)
            })
            .map(Self)
            .ok_or_else(malformed)
    }
}

/// One turn of one node: what pending writes, questions and idempotency keys hang on.
///
/// Named by the moment that started it and its place in there, so it is unique everywhere.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ActivationId {
    /// The moment whose commit started the node.
    pub moment: MomentId,
    /// The place among those which that moment started.
    pub index: u32,
}

impl fmt::Display for ActivationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.moment, self.index)
    }
}

impl FromStr for ActivationId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let malformed = || InvalidId::Malformed {
            what: "activation",
            text: text.to_owned(),
            form: "01J9ZQ4S7N2K0M4T3V5W6X7Y8Z-0",
        };
        let (moment, index) = text.split_once('-').ok_or_else(malformed)?;
        Ok(Self {
            moment: moment.parse()?,
            index: index.parse().map_err(|_| malformed())?,
        })
    }
}

/// The id of a question: an activation, and the item's index where one is asked for each item of a `for`.
///
/// An answer carries it, so an answer can only ever reach its own question.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct QuestionId {
    /// The node's turn that asks.
    pub activation: ActivationId,
    /// Which item it asks about, in a `for`.
    pub item: Option<u32>,
}

impl fmt::Display for QuestionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.activation)?;
        self.item.map_or(Ok(()), |item| write!(f, ".{item}"))
    }
}

impl FromStr for QuestionId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let malformed = || InvalidId::Malformed {
            what: "question",
            text: text.to_owned(),
            form: "01J9ZQ4S7N2K0M4T3V5W6X7Y8Z-0",
        };
        let (activation, item) = match text.split_once('.') {
            Some((activation, item)) => (activation, Some(item.parse().map_err(|_| malformed())?)),
            None => (text, None),
        };
        Ok(Self {
            activation: activation.parse().map_err(|_| malformed())?,
            item,
        })
    }
}

/// Ids are stored and sent as their text.
macro_rules! as_text {
    ($($id:ty),*) => {$(
        impl Serialize for $id {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }

        impl<'de> Deserialize<'de> for $id {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
                text.parse().map_err(serde::de::Error::custom)
            }
        }
    )*};
}

as_text!(MomentId, ActivationId, QuestionId);

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

    /// The time now, read from the clock once.
    pub fn now() -> Self {
        // A clock before 1970 is taken for 1970: order never comes from it.
        let since = SystemTime::now()
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
    fn text_of_an_id_reads_back_and_sorts_like_the_id() {
        let early = MomentId::at(Timestamp(1));
        let late = MomentId::at(Timestamp(u64::MAX));
        for id in [early, late] {
            assert_eq!(id.to_string().parse::<MomentId>(), Ok(id));
        }
        assert!(early.to_string() < late.to_string());
        let question = QuestionId {
            activation: ActivationId {
                moment: late,
                index: 3,
            },
            item: Some(7),
        };
        assert_eq!(question.to_string().parse::<QuestionId>(), Ok(question));
    }

    #[test]
    fn a_time_is_written_as_a_date() {
        let text = |micros| Timestamp(micros).to_string();
        assert_eq!(text(0), "1970-01-01T00:00:00.000000Z");
        assert_eq!(text(951_782_400_000_001), "2000-02-29T00:00:00.000001Z");
        assert_eq!(text(1_772_366_399_999_999), "2026-03-01T11:59:59.999999Z");
        assert_eq!(text(4_107_542_400_000_000), "2100-03-01T00:00:00.000000Z");
    }

    #[test]
    fn what_is_not_an_id_is_refused() {
        for text in [
            "",
            "x",
            "81J9ZQ4S7N2K0M4T3V5W6X7Y8Z",
            "01J9ZQ4S7N2K0M4T3V5W6X7Y8U",
            "01J9ZQ4S7N2K0M4T3V5W6X7Y8",
        ] {
            assert!(text.parse::<MomentId>().is_err(), "{text}");
        }
        assert!("01J9ZQ4S7N2K0M4T3V5W6X7Y8Z-".parse::<QuestionId>().is_err());
        assert!(ThreadKey::new("a", "x\0y").is_err());
        assert!(ThreadKey::new("a", "x".repeat(MAX_ID_BYTES + 1)).is_err());
    }
}
