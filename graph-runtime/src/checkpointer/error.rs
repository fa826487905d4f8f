//! One error for every backend: a variant for each decision that a caller can take.

use crate::id::{InvalidId, MomentId, Timestamp};

/// Why a checkpointer, a store or a cache did not do what was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum StoreError {
    /// Somebody else moved the thread's head. Load the thread and decide again.
    #[error(
        "the thread's head is {}, not {} as expected: another run wrote to it; load the thread and decide again",
        name(*found), name(*expected)
    )]
    Conflict {
        /// The head that the commit expected; `None` for a thread without records.
        expected: Option<MomentId>,
        /// The head that is there.
        found: Option<MomentId>,
    },
    /// Records were removed from the thread since it was read. Nothing was changed: load the thread and decide
    /// again.
    #[error(
        "the thread's history was pruned meanwhile; load the thread again, or resume it: nothing that it stands on is lost"
    )]
    Rewritten,
    /// Somebody else runs the thread. Nothing was changed.
    #[error(
        "`{holder}` runs the thread until {until}, or longer if it renews its lease; try again then"
    )]
    Leased {
        /// Who holds the lease.
        holder: String,
        /// When it ends by the store's clock, unless it is renewed.
        until: Timestamp,
    },
    /// The lease under which the commit was made is gone. Nothing was changed: stop running the thread.
    #[error(
        "the lease was lost: the commit has its epoch {epoch}, and the thread is {}; stop this run",
        leased(*current)
    )]
    Fenced {
        /// The epoch of the commit.
        epoch: u64,
        /// The epoch of the thread's lease; 0 where it has none.
        current: u64,
    },
    /// Whether the commit happened isn't known (a connection broke before the reply). Repeating the same
    /// commit is safe.
    #[error("it isn't known whether the commit happened: {0}; repeating it is safe")]
    Unknown(#[source] Cause),
    /// What is stored is not what was written. Nothing was changed.
    #[error("what is stored is damaged: {0}")]
    Corrupt(String),
    /// Sealed with a key that isn't there. Add the key, and read it again.
    #[error(
        "it is sealed with the key `{id}`, which isn't among the keys; add that key to read what it sealed"
    )]
    UnknownKey {
        /// What the key is called.
        id: String,
    },
    /// Larger than the backend takes. Nothing was stored.
    #[error("{what} has {bytes} bytes, and {limit} are allowed")]
    TooLarge {
        /// What was to be stored.
        what: &'static str,
        /// How large it is.
        bytes: usize,
        /// How large it may be.
        limit: usize,
    },
    /// Written by a newer version of the library.
    #[error(
        "it was written in format {found}, and this version reads up to {supported}; update the library"
    )]
    FormatTooNew {
        /// The format that is stored.
        found: u32,
        /// The newest that can be read.
        supported: u32,
    },
    /// Written in a format that this program was built without.
    #[error(
        "it was written as {format}, and this program was built without that; build it with the feature `{feature}` of \
         `graph-runtime`"
    )]
    FormatMissing {
        /// The format that is stored.
        format: &'static str,
        /// The feature that reads it.
        feature: &'static str,
    },
    /// A commit that breaks the rules of commits. Nothing was stored, and repeating it won't help.
    #[error("the commit can't be stored: {0}")]
    Malformed(&'static str),
    /// Something that this store doesn't do.
    #[error("this store has no {0}; choose one that has")]
    Unsupported(&'static str),
    /// An id that can't be stored.
    #[error(transparent)]
    InvalidId(#[from] InvalidId),
    /// Something that a store can't take or do. Nothing was stored, and repeating it won't help.
    #[error("the store can't do that: {0}")]
    Unfit(String),
    /// A stored value that isn't of the type it was read as. Read it as what was put, or put it again.
    #[error(
        "{place} doesn't read as `{wanted}`: {cause}; read it as the type that was put, or put it again"
    )]
    WrongType {
        /// Where the value lies.
        place: String,
        /// The type that was asked for.
        wanted: &'static str,
        /// How the value differs from it.
        #[source]
        cause: Cause,
    },
    /// The backend can't be reached, or refuses. Nothing was changed; trying again later may help.
    #[error("the store can't be reached or refuses: {0}")]
    Unavailable(#[source] Cause),
}

/// The backend's own error.
pub type Cause = Box<dyn std::error::Error + Send + Sync>;

impl StoreError {
    /// Wraps a backend's error as [`StoreError::Unavailable`].
    pub fn unavailable(cause: impl Into<Cause>) -> Self {
        Self::Unavailable(cause.into())
    }
}

fn name(head: Option<MomentId>) -> String {
    head.map_or_else(|| "none".to_owned(), |id| id.to_string())
}

fn leased(current: u64) -> String {
    match current {
        0 => "leased to nobody".to_owned(),
        epoch => format!("leased with epoch {epoch} now"),
    }
}
