//! Secrets: fields of the state that are stored, and otherwise neither shown nor told of.

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

use crate::definition::StateGraph;

/// What is said of a secret that isn't what its field takes. Serde's own words would quote it.
pub(crate) const UNREADABLE: &str = "what is given for a secret isn't what its field takes";

/// The state as others see it.
pub(crate) struct ShownState<'a, G>(pub(crate) &'a G);

impl<G: StateGraph> Serialize for ShownState<'_, G> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.show(serializer)
    }
}

/// An update as it is stored.
pub(crate) struct StoredUpdate<'a, G: StateGraph>(pub(crate) &'a G::Update);

impl<G: StateGraph> Serialize for StoredUpdate<'_, G> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        G::store_update(self.0, serializer)
    }
}

/// Whether nothing of a stored field may be said, by its name in storage. One that nobody knows may be a secret that had
/// another name before.
pub(crate) fn is_kept<G: StateGraph>(stored: Option<&str>) -> bool {
    let mut fields = G::FIELDS.iter();
    let known = fields.clone().find(|field| Some(field.name) == stored);
    known.map_or_else(|| fields.any(|field| field.secret), |field| field.secret)
}

/// The same result, whose error doesn't say what was there.
pub(crate) fn unreadable<T, E: serde::de::Error>(read: Result<T, E>) -> Result<T, E> {
    read.map_err(|_| E::custom(UNREADABLE))
}

/// Reads a secret, for serde's `deserialize_with`.
///
/// # Errors
/// If it isn't one of this type.
pub fn read_secret<'de, T: Deserialize<'de>, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<T, D::Error> {
    unreadable(T::deserialize(deserializer))
}

/// A secret from JSON.
///
/// # Errors
/// If it isn't one of this type.
pub fn secret_from_raw<T: DeserializeOwned>(json: &RawValue) -> Result<T, serde_json::Error> {
    serde_json::from_str(json.get()).map_err(|_| serde_json::Error::custom(UNREADABLE))
}

/// Whether a field of a graph is as secret as that; one that isn't there is.
pub const fn agrees<G: StateGraph>(field: &str, secret: bool) -> bool {
    let mut at = 0;
    while at < G::FIELDS.len() {
        if is_same(G::FIELDS[at].said, field) {
            return G::FIELDS[at].secret == secret;
        }
        at += 1;
    }
    true
}

/// `==`, where it isn't `const` yet.
const fn is_same(left: &str, right: &str) -> bool {
    let (left, right) = (left.as_bytes(), right.as_bytes());
    let mut at = 0;
    while at < left.len() && at < right.len() && left[at] == right[at] {
        at += 1;
    }
    at == left.len() && at == right.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_compared_whole() {
        assert!(is_same("token", "token") && is_same("", ""));
        for other in ["", "toke", "tokens", "tokem", "Token"] {
            assert!(!is_same("token", other), "{other}");
        }
    }
}
