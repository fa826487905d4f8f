//! The ids in a URL. They stand in its query: there everything can be written and nothing is tidied up, while a
//! path loses a `..` or a `//` on its way through clients and proxies.

use std::fmt::{Display, Write as _};

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

/// What is written as it is: what RFC 3986 calls unreserved.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// A query that is being written.
#[derive(Debug, Default)]
pub(super) struct Written(String);

impl Written {
    /// Adds a parameter.
    pub(super) fn with(mut self, name: &str, value: impl Display) -> Self {
        let value = value.to_string();
        let before = if self.0.is_empty() { '?' } else { '&' };
        let value = utf8_percent_encode(&value, ENCODED);
        // Writing to a string doesn't fail.
        let _ = write!(self.0, "{before}{name}={value}");
        self
    }

    /// Adds a parameter if there is one.
    pub(super) fn with_some(self, name: &str, value: Option<impl Display>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// The query, with its `?`.
    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}
