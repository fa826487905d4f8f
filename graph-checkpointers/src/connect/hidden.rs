//! Texts that hold a password or are one: shown without it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::url::redacted;

/// A server's URL. What is shown of it has no password.
///
/// ```
/// # use graph_checkpointers::Address;
/// let address = Address::from("postgres://ada:s3cret@db/support");
/// assert_eq!(address.to_string(), "postgres://ada:..@db/support");
/// assert_eq!(address.reveal(), "postgres://ada:s3cret@db/support");
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Address(String);

/// What says who somebody is. It isn't shown.
///
/// ```
/// # use graph_checkpointers::Token;
/// assert_eq!(format!("{:?}", Token::from("s3cret")), "Token(..)");
/// ```
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Token(String);

impl Address {
    /// The whole of it, for whoever connects.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl Token {
    /// The token itself, for whoever connects.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl<T: Into<String>> From<T> for Address {
    fn from(url: T) -> Self {
        Self(url.into())
    }
}

impl<T: Into<String>> From<T> for Token {
    fn from(token: T) -> Self {
        Self(token.into())
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&redacted(&self.0))
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        redacted(&self.0).fmt(f)
    }
}

impl fmt::Debug for Token {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Token(..)")
    }
}
