//! What went wrong, in words that both sides read: a kind for each error of the contract, with its fields, and a
//! few of the server's own.

use graph_runtime::{InvalidId, MomentId, StoreError, Timestamp};
use serde::{Deserialize, Serialize};

/// The body of a reply that isn't what was asked for (RFC 9457).
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Problem {
    /// The status of the reply.
    pub(crate) status: u16,
    /// What that status is called.
    pub(crate) title: String,
    /// What went wrong, for a person.
    pub(crate) detail: String,
    /// What went wrong, for a program.
    #[serde(flatten)]
    pub(crate) kind: Kind,
}

/// What went wrong, for a program.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub(crate) enum Kind {
    Conflict {
        expected: Option<MomentId>,
        found: Option<MomentId>,
    },
    Rewritten,
    Leased {
        holder: String,
        until: Timestamp,
    },
    Fenced {
        epoch: u64,
        current: u64,
    },
    Unknown {
        cause: String,
    },
    Corrupt {
        what: String,
    },
    TooLarge {
        what: String,
        bytes: usize,
        limit: usize,
    },
    FormatTooNew {
        found: u32,
        supported: u32,
    },
    Malformed {
        what: String,
    },
    Unsupported {
        what: String,
    },
    InvalidId {
        id: BadId,
    },
    Unfit {
        what: String,
    },
    Unavailable {
        cause: String,
    },
    /// The request can't be understood.
    BadRequest,
    /// No token, or none that is known.
    Unauthorized,
    /// There is no such moment.
    NoMoment,
    /// There is nothing at that address.
    NoRoute,
    /// The key was used for another request.
    KeyReused,
    /// It takes longer than a reply may.
    Slow,
}

/// Why an id can't be stored.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "reason", rename_all = "snake_case")]
pub(crate) enum BadId {
    Empty {
        what: String,
    },
    TooLong {
        what: String,
        bytes: usize,
        limit: usize,
    },
    Nul {
        what: String,
        text: String,
    },
    Malformed {
        what: String,
        text: String,
        form: String,
    },
}

impl From<&StoreError> for Kind {
    fn from(error: &StoreError) -> Self {
        match error {
            StoreError::Conflict { expected, found } => Self::Conflict {
                expected: *expected,
                found: *found,
            },
            StoreError::Rewritten => Self::Rewritten,
            StoreError::Leased { holder, until } => Self::Leased {
                holder: holder.clone(),
                until: *until,
            },
            StoreError::Fenced { epoch, current } => Self::Fenced {
                epoch: *epoch,
                current: *current,
            },
            StoreError::Unknown(cause) => Self::Unknown {
                cause: cause.to_string(),
            },
            StoreError::Corrupt(what) => Self::Corrupt { what: what.clone() },
            StoreError::TooLarge { what, bytes, limit } => Self::TooLarge {
                what: (*what).to_owned(),
                bytes: *bytes,
                limit: *limit,
            },
            StoreError::FormatTooNew { found, supported } => Self::FormatTooNew {
                found: *found,
                supported: *supported,
            },
            StoreError::Malformed(what) => Self::Malformed {
                what: (*what).to_owned(),
            },
            StoreError::Unsupported(what) => Self::Unsupported {
                what: (*what).to_owned(),
            },
            StoreError::InvalidId(id) => BadId::of(id).map_or_else(
                || Self::Unfit {
                    what: id.to_string(),
                },
                |id| Self::InvalidId { id },
            ),
            StoreError::Unfit(what) => Self::Unfit { what: what.clone() },
            StoreError::Unavailable(cause) => Self::Unavailable {
                cause: cause.to_string(),
            },
            // What a checkpointer doesn't say, or doesn't say yet.
            other => Self::Unfit {
                what: other.to_string(),
            },
        }
    }
}

impl BadId {
    /// `None` for a reason that has no word here yet.
    fn of(id: &InvalidId) -> Option<Self> {
        Some(match id {
            InvalidId::Empty { what } => Self::Empty {
                what: (*what).to_owned(),
            },
            InvalidId::TooLong { what, bytes, limit } => Self::TooLong {
                what: (*what).to_owned(),
                bytes: *bytes,
                limit: *limit,
            },
            InvalidId::Nul { what, id } => Self::Nul {
                what: (*what).to_owned(),
                text: id.clone(),
            },
            InvalidId::Malformed { what, text, form } => Self::Malformed {
                what: (*what).to_owned(),
                text: text.clone(),
                form: (*form).to_owned(),
            },
            _ => return None,
        })
    }
}
