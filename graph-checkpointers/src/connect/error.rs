//! What is wrong with a line of configuration, or with what it leads to.

use std::fmt;

use graph_runtime::StoreError;

/// Why there is no checkpointer. No password is shown.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ConnectError {
    /// The text names no backend.
    #[error("`{url}` names no backend; write it as `sqlite://support.db`, or `memory:`")]
    NoScheme {
        /// The text.
        url: String,
    },
    /// No backend has that name.
    #[error("there is no backend `{scheme}`; there are {}", Names(.known))]
    UnknownScheme {
        /// The name.
        scheme: String,
        /// Those that there are.
        known: &'static [&'static str],
    },
    /// The backend isn't built in.
    #[error(
        "the backend `{feature}` isn't built in; add the feature `{feature}` of `graph-checkpointers`"
    )]
    FeatureOff {
        /// The backend, and the feature.
        feature: &'static str,
    },
    /// The text can't be read.
    #[error("`{url}` can't be read: {what}")]
    Malformed {
        /// The text.
        url: String,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The backend has no such option.
    #[error("the backend `{scheme}` has no option `{option}`; {}", Options(.known))]
    UnknownOption {
        /// The backend.
        scheme: String,
        /// The option.
        option: String,
        /// Those that it has.
        known: &'static [&'static str],
    },
    /// It can't be opened: out of reach, without rights, or not ours.
    #[error(transparent)]
    Store(#[from] StoreError),
}

struct Names<'n>(&'n [&'static str]);

impl fmt::Display for Names<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (place, name) in self.0.iter().enumerate() {
            let comma = if place == 0 { "" } else { ", " };
            write!(f, "{comma}`{name}`")?;
        }
        Ok(())
    }
}

struct Options<'n>(&'n [&'static str]);

impl fmt::Display for Options<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            [] => f.write_str("it has none"),
            known => write!(f, "it has {}", Names(known)),
        }
    }
}
