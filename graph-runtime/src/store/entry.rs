//! What is put into a store, and what comes out of it.

use std::cmp::Ordering;
use std::io::{self, Write};
use std::time::Duration;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::{Prefix, Vectors};
use crate::checkpointer::{Commit, StoreError};
use crate::id::{Timestamp, check_name};

/// How long an entry lives.
///
/// ```
/// use std::time::Duration;
/// use graph_runtime::Ttl;
///
/// let hour = Ttl::from(Duration::from_secs(3_600));
/// assert!(!hour.renews);
/// assert!(hour.renewed_by_reading().renews);
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Ttl {
    /// How long from when it is put.
    pub length: Duration,
    /// Whether it begins anew whenever the entry is read by its key. A search renews nothing.
    pub renews: bool,
}

impl Ttl {
    /// The same, beginning anew whenever the entry is read.
    #[must_use]
    pub fn renewed_by_reading(self) -> Self {
        Self {
            renews: true,
            ..self
        }
    }

    /// For backends: when it ends, if it begins now.
    pub fn end(self, now: Timestamp) -> Timestamp {
        // Databases count with a sign.
        let last = Timestamp::from_micros(i64::MAX.cast_unsigned());
        now.saturating_add(self.length).min(last)
    }
}

impl From<Duration> for Ttl {
    fn from(length: Duration) -> Self {
        Self {
            length,
            renews: false,
        }
    }
}

/// Something to put into a store.
#[derive(Clone, Debug, PartialEq)]
pub struct Put {
    /// Where.
    pub prefix: Prefix,
    /// Under which key there.
    pub key: String,
    /// What.
    pub value: Value,
    /// For how long; `None` for good.
    pub ttl: Option<Ttl>,
    /// What it means, if it is to be found by that. [`Embedded`](super::Embedded) fills it in.
    pub vectors: Option<Vectors>,
}

impl Put {
    /// How deep a value may be nested: readers of JSON go no further.
    pub const MAX_DEPTH: usize = 120;

    /// A value to keep for good.
    pub fn new(prefix: Prefix, key: impl Into<String>, value: impl Into<Value>) -> Self {
        Self {
            prefix,
            key: key.into(),
            value: value.into(),
            ttl: None,
            vectors: None,
        }
    }

    /// The same, for so long.
    #[must_use]
    pub fn ttl(self, ttl: impl Into<Ttl>) -> Self {
        Self {
            ttl: Some(ttl.into()),
            ..self
        }
    }

    /// Judges what can be judged without the store. For backends: before anything else.
    ///
    /// # Errors
    /// [`StoreError::InvalidId`] for a key that is empty, too long or holds a NUL;
    /// [`StoreError::TooLarge`] for a value whose JSON is above [`Commit::MAX_PAYLOAD_BYTES`];
    /// [`StoreError::Unfit`] for one that is nested deeper than [`Put::MAX_DEPTH`].
    pub fn check(&self) -> Result<(), StoreError> {
        check_name("key", &self.key)?;
        if is_deeper(&self.value, Self::MAX_DEPTH) {
            return Err(StoreError::Unfit(format!(
                "the value is nested deeper than {} levels; make it flatter, or put its JSON as a string",
                Self::MAX_DEPTH
            )));
        }
        let (bytes, limit) = (json_length(&self.value), Commit::MAX_PAYLOAD_BYTES);
        if bytes > limit {
            return Err(StoreError::TooLarge {
                what: "a value of the store",
                bytes,
                limit,
            });
        }
        Ok(())
    }
}

fn is_deeper(value: &Value, levels: usize) -> bool {
    let below = |inner: &Value| levels == 0 || is_deeper(inner, levels - 1);
    match value {
        Value::Array(items) => items.iter().any(below),
        Value::Object(fields) => fields.values().any(below),
        _ => false,
    }
}

/// Counts without keeping.
fn json_length(value: &Value) -> usize {
    struct Count(usize);
    impl Write for Count {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0 += bytes.len();
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut count = Count(0);
    // Neither the counting nor a value of JSON can fail.
    let _ = serde_json::to_writer(&mut count, value);
    count.0
}

/// What a store holds under a key.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Entry<T = Value> {
    /// Where it lies.
    pub prefix: Prefix,
    /// Its key there.
    pub key: String,
    /// What was put.
    pub value: T,
    /// When something was first put there.
    pub created_at: Timestamp,
    /// When this value was put.
    pub updated_at: Timestamp,
    /// From when on it is gone; `None` if it stays.
    pub expires_at: Option<Timestamp>,
}

impl Entry {
    /// The entry with its value as a type.
    ///
    /// # Errors
    /// [`StoreError::WrongType`] if the value doesn't read as that type.
    pub fn read<T: DeserializeOwned>(self) -> Result<Entry<T>, StoreError> {
        let Self {
            prefix,
            key,
            value,
            created_at,
            updated_at,
            expires_at,
        } = self;
        let value = serde_json::from_value(value).map_err(|error| StoreError::WrongType {
            place: format!("{key:?} under {prefix}"),
            wanted: std::any::type_name::<T>(),
            cause: error.into(),
        })?;
        Ok(Entry {
            prefix,
            key,
            value,
            created_at,
            updated_at,
            expires_at,
        })
    }
}

/// An entry that a search found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Found<T = Value> {
    /// The entry.
    pub entry: Entry<T>,
    /// How near it comes to the query, from -1 to 1; `None` in a search without one.
    pub score: Option<f32>,
}

impl Found {
    /// The same with its value as a type.
    ///
    /// # Errors
    /// [`StoreError::WrongType`] if the value doesn't read as that type.
    pub fn read<T: DeserializeOwned>(self) -> Result<Found<T>, StoreError> {
        Ok(Found {
            entry: self.entry.read()?,
            score: self.score,
        })
    }
}

impl<T> Found<T> {
    /// Where it stands among what the search finds: what the next page begins after.
    pub fn place(&self) -> Place {
        Place {
            score: self.score,
            prefix: self.entry.prefix.clone(),
            key: self.entry.key.clone(),
        }
    }
}

/// Where an entry stands among what a search finds: the nearest first, then by prefix and key.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Place {
    /// How near it comes, in a search with a query.
    pub score: Option<f32>,
    /// Where it lies.
    pub prefix: Prefix,
    /// Its key there.
    pub key: String,
}

impl Ord for Place {
    fn cmp(&self, other: &Self) -> Ordering {
        let nearness = |place: &Self| place.score.unwrap_or(f32::NEG_INFINITY);
        nearness(other)
            .total_cmp(&nearness(self))
            .then_with(|| self.prefix.cmp(&other.prefix))
            .then_with(|| self.key.cmp(&other.key))
    }
}

impl PartialOrd for Place {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl PartialEq for Place {
    fn eq(&self, other: &Self) -> bool {
        self.cmp(other).is_eq()
    }
}

impl Eq for Place {}
