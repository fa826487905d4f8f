//! What is left of a node that failed for good.

use std::error::Error as StdError;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::error::{Error, NodeError};

/// How a node failed for good, as the node that its `on_error` names sees it by `run.failure()`.
///
/// It is stored with the moment that leads there.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[non_exhaustive]
pub struct Failure {
    /// The node that failed.
    pub node: String,
    /// Which item; in a `for` it is the first that failed, in the order of the items.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub item: Option<u32>,
    /// What it said.
    pub error: String,
    /// How often it was tried, as far as that is known.
    pub attempts: u32,
    /// What happened.
    pub kind: FailureKind,
}

/// In which way a node failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum FailureKind {
    /// It returned an error, or couldn't be run.
    Returned,
    /// It panicked.
    Panicked,
    /// It took too long.
    TimedOut,
    /// It may happen only once, has begun, and nobody knows what came of it.
    OutcomeUnknown,
}

impl Failure {
    pub(crate) fn new(
        node: &'static str,
        item: Option<u32>,
        error: &NodeError,
        attempts: u32,
    ) -> Self {
        Self {
            node: node.to_owned(),
            item,
            error: error.to_string(),
            attempts,
            kind: match error.innermost() {
                NodeError::Within(error) if matches!(**error, Error::OutcomeUnknown { .. }) => {
                    FailureKind::OutcomeUnknown
                }
                NodeError::Returned(_) | NodeError::Within(_) | NodeError::NoTimer => {
                    FailureKind::Returned
                }
                NodeError::Panicked(_) => FailureKind::Panicked,
                NodeError::TimedOut(..) => FailureKind::TimedOut,
                NodeError::OutcomeUnknown => FailureKind::OutcomeUnknown,
            },
        }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}`", self.node)?;
        if let Some(item) = self.item {
            write!(f, " (item {item})")?;
        }
        write!(f, " failed: {}", self.error)
    }
}

/// An error after which trying again is no use: a node that returns it isn't retried.
///
/// ```
/// use graph_runtime::Permanent;
///
/// fn charge(card: &str) -> Result<(), Permanent> {
///     match card {
///         "stolen" => Err(Permanent::new("the card is blocked")),
///         _ => Ok(()),
///     }
/// }
/// # assert_eq!(charge("stolen").unwrap_err().to_string(), "the card is blocked");
/// ```
#[derive(Debug)]
pub struct Permanent(Box<dyn StdError + Send + Sync>);

impl Permanent {
    /// Says of an error that it will stay.
    pub fn new(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Self(error.into())
    }

    /// The error itself.
    pub fn into_inner(self) -> Box<dyn StdError + Send + Sync> {
        self.0
    }
}

impl fmt::Display for Permanent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl StdError for Permanent {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        // The text is the error's own, so the chain goes on with what lies behind it.
        self.0.source()
    }
}

impl Permanent {
    pub(crate) fn inner(&self) -> &(dyn StdError + 'static) {
        &*self.0
    }
}
