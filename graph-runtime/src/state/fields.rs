//! An update as JSON: an object of patches, written and read field by field. By functions, since a derive
//! for each node would be the greater part of what is generated.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::{DeserializeOwned, Error as _};
use serde::ser::SerializeMap;
use serde_json::value::RawValue;

use super::Patch;
use crate::secret::UNREADABLE;

/// Writes what an update says about a field, if it says anything.
///
/// # Errors
/// If it can't be encoded.
pub fn entry<M: SerializeMap, T, D, K>(
    fields: &mut M,
    name: &'static str,
    patch: &Patch<T, D, K>,
) -> Result<(), M::Error>
where
    T: Serialize,
    D: Serialize,
    K: Serialize,
{
    if patch.is_absent() {
        return Ok(());
    }
    fields.serialize_entry(name, patch)
}

/// What an update says, to be taken field by field.
#[derive(Debug)]
pub struct Fields<'a>(BTreeMap<String, &'a RawValue>);

impl<'a> Fields<'a> {
    /// Reads an object, and leaves its values for later.
    ///
    /// # Errors
    /// If it is none.
    pub fn read(json: &'a RawValue) -> Result<Self, serde_json::Error> {
        serde_json::from_str(json.get()).map(Self)
    }

    /// What is said about a field; nothing, if it isn't there.
    ///
    /// # Errors
    /// If it doesn't fit the field.
    pub fn take<T, D, K>(&mut self, name: &str) -> Result<Patch<T, D, K>, serde_json::Error>
    where
        T: DeserializeOwned,
        D: DeserializeOwned,
        K: DeserializeOwned,
    {
        let Some(json) = self.0.remove(name) else {
            return Ok(Patch::default());
        };
        let read = serde_json::from_str(json.get());
        read.map_err(|error| serde_json::Error::custom(format_args!("`{name}`: {error}")))
    }

    /// [`take`](Self::take), of a secret: nothing is said of what is there.
    ///
    /// # Errors
    /// If it doesn't fit the field.
    pub fn take_secret<T, D, K>(&mut self, name: &str) -> Result<Patch<T, D, K>, serde_json::Error>
    where
        T: DeserializeOwned,
        D: DeserializeOwned,
        K: DeserializeOwned,
    {
        let told = |_| serde_json::Error::custom(format_args!("`{name}`: {UNREADABLE}"));
        self.take(name).map_err(told)
    }

    /// Nothing may be left.
    ///
    /// # Errors
    /// If something is.
    pub fn finish(self) -> Result<(), serde_json::Error> {
        match self.0.into_keys().next() {
            Some(name) => Err(serde_json::Error::custom(format_args!(
                "there is no field `{name}`"
            ))),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use serde_json::value::to_raw_value;

    use super::*;

    struct Update {
        text: Patch<String>,
        count: Patch<u32, u32>,
    }

    impl Serialize for Update {
        fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
            let mut fields = serializer.serialize_map(None)?;
            entry(&mut fields, "text", &self.text)?;
            entry(&mut fields, "count", &self.count)?;
            fields.end()
        }
    }

    fn read(json: &serde_json::Value) -> Result<Update, String> {
        let json = to_raw_value(json).map_err(|error| error.to_string())?;
        let read = || {
            let mut fields = Fields::read(&json)?;
            let update = Update {
                text: fields.take("text")?,
                count: fields.take("count")?,
            };
            fields.finish().map(|()| update)
        };
        read().map_err(|error| error.to_string())
    }

    #[test]
    fn what_is_absent_is_skipped_and_read_as_absent() {
        let update = Update {
            text: Patch::default(),
            count: Patch::reduce(2),
        };
        let json = serde_json::to_value(&update).unwrap();
        assert_eq!(json, json!({ "count": { "reduce": 2 } }));
        let back = read(&json).unwrap();
        assert_eq!((back.text, back.count), (update.text, update.count));
    }

    #[test]
    fn what_doesnt_fit_is_told_by_its_field() {
        let told = |json| read(&json).err().unwrap();
        assert!(told(json!({ "count": { "reduce": "x" } })).starts_with("`count`: invalid type"));
        assert_eq!(told(json!({ "counts": {} })), "there is no field `counts`");
        assert!(told(json!([])).starts_with("invalid type"));
    }
}
