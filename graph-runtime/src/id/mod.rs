//! What things are called in storage: threads, moments, activations, questions.
//!
//! Ids of moments are ordered by time but never compared for order: that is the sequence's job.

mod moment;
mod thread;
mod time;
mod turn;

pub use moment::MomentId;
pub use thread::{MAX_PATH_BYTES, ThreadKey};
pub use time::Timestamp;
pub(crate) use turn::split_name;
pub use turn::{ActivationId, QuestionId};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// Longest id of a thread, a namespace or a user, and longest name of a question, in bytes.
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
    /// Longer than [`MAX_ID_BYTES`], or, with what is before it on its path, than [`MAX_PATH_BYTES`].
    #[error("the {what} id has {bytes} bytes, and {limit} are allowed; hash or shorten it")]
    TooLong {
        /// What was to be named.
        what: &'static str,
        /// How long it is.
        bytes: usize,
        /// How long it may be.
        limit: usize,
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
    InvalidId::check_length(what, id, id.len(), MAX_ID_BYTES)
}

impl InvalidId {
    /// Refuses an id that is nothing, holds a NUL, or is too long where it stands.
    fn check_length(what: &'static str, id: &str, bytes: usize, limit: usize) -> Result<(), Self> {
        if id.is_empty() {
            return Err(Self::Empty { what });
        }
        if bytes > limit {
            return Err(Self::TooLong { what, bytes, limit });
        }
        if id.contains('\0') {
            return Err(Self::Nul {
                what,
                id: id.to_owned(),
            });
        }
        Ok(())
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

as_text!(
    MomentId,
    ActivationId,
    QuestionId,
    crate::checkpointer::WriteKey
);

#[cfg(test)]
mod tests {
    use super::*;

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
        assert!(ThreadKey::new("a", "x\0y").is_err());
        assert!(ThreadKey::new("a", "x".repeat(MAX_ID_BYTES + 1)).is_err());
    }
}
