//! Rebuilding a state from a snapshot and the changes since, without the user's code.
//!
//! Values that were only set or appended stay as the text they are stored as, and are spliced into the
//! whole; keyed operations work on parsed values.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use super::change::FieldName;

/// The encoded state, field by field.
#[derive(Debug, Default)]
pub(crate) struct Image<'a> {
    fields: BTreeMap<Cow<'a, str>, Stored<'a>>,
}

#[derive(Debug)]
enum Stored<'a> {
    /// A value as it was set, and lists that were appended to it.
    Text {
        value: &'a str,
        appended: Vec<&'a str>,
    },
    /// A value that keyed operations have changed.
    Parsed(Value),
}

/// One operation of a change; see [`super::change`] for the verbs.
#[derive(Deserialize)]
#[serde(transparent)]
struct Operation<'a>(#[serde(borrow)] Vec<&'a RawValue>);

impl<'a> Image<'a> {
    /// Starts from a snapshot.
    pub(crate) fn from_snapshot(state: &'a RawValue) -> Result<Self, serde_json::Error> {
        let fields: BTreeMap<FieldName<'a>, &'a RawValue> = serde_json::from_str(state.get())?;
        let fields = fields
            .into_iter()
            .map(|(name, value)| (name.0, Stored::from(value)))
            .collect();
        Ok(Self { fields })
    }

    /// Applies a change.
    pub(crate) fn apply(&mut self, change: &'a RawValue) -> Result<(), serde_json::Error> {
        let operations: Vec<Operation<'a>> = serde_json::from_str(change.get())?;
        operations
            .into_iter()
            .try_for_each(|operation| self.operate(&operation.0))
    }

    fn operate(&mut self, parts: &[&'a RawValue]) -> Result<(), serde_json::Error> {
        let [field, verb, rest @ ..] = parts else {
            return Err(damaged("an operation without a verb"));
        };
        let FieldName(field) = serde_json::from_str(field.get())?;
        let verb: &str = serde_json::from_str(verb.get())?;
        match (verb, rest) {
            ("set", [value]) => {
                self.fields.insert(field, Stored::from(*value));
                Ok(())
            }
            ("append", [items]) => self.append(field, items),
            (_, [.., last]) => {
                let key = rest
                    .first()
                    .filter(|_| rest.len() == 2)
                    .map(|key| serde_json::from_str::<FieldName<'_>>(key.get()))
                    .transpose()?;
                let entry = self
                    .fields
                    .entry(field)
                    .or_insert(Stored::Parsed(Value::Null));
                keyed(
                    entry.parsed()?,
                    verb,
                    key.as_ref().map(|key| &*key.0),
                    serde_json::from_str(last.get())?,
                )
            }
            _ => Err(damaged("an operation without a value")),
        }
    }

    fn append(
        &mut self,
        field: Cow<'a, str>,
        items: &'a RawValue,
    ) -> Result<(), serde_json::Error> {
        let entry = self.fields.entry(field).or_insert(Stored::Text {
            value: "[]",
            appended: Vec::new(),
        });
        match entry {
            Stored::Text { value, appended } if value.starts_with('[') => {
                appended.push(items.get());
            }
            Stored::Text { .. } => return Err(damaged("a list operation on what is no list")),
            Stored::Parsed(value) => {
                list(value)?.extend(serde_json::from_str::<Vec<Value>>(items.get())?);
            }
        }
        Ok(())
    }

    /// The length of a field's encoding.
    pub(crate) fn size(&self, field: &str) -> usize {
        match self.fields.get(field) {
            None => 0,
            Some(Stored::Text { value, appended }) => {
                value.len() + appended.iter().map(|items| items.len()).sum::<usize>()
            }
            Some(Stored::Parsed(value)) => value.to_string().len(),
        }
    }

    /// The state as JSON.
    pub(crate) fn to_json(&self) -> String {
        let mut out = String::from("{");
        for (name, stored) in &self.fields {
            if out.len() > 1 {
                out.push(',');
            }
            out.push_str(&Value::from(name.as_ref()).to_string());
            out.push(':');
            stored.write(&mut out);
        }
        out.push('}');
        out
    }
}

impl<'a> From<&'a RawValue> for Stored<'a> {
    fn from(value: &'a RawValue) -> Self {
        Self::Text {
            value: value.get(),
            appended: Vec::new(),
        }
    }
}

impl Stored<'_> {
    fn parsed(&mut self) -> Result<&mut Value, serde_json::Error> {
        if let Self::Text { .. } = self {
            let mut text = String::new();
            self.write(&mut text);
            *self = Self::Parsed(serde_json::from_str(&text)?);
        }
        match self {
            Self::Parsed(value) => Ok(value),
            Self::Text { .. } => Err(damaged("a value that can't be read")),
        }
    }

    fn write(&self, out: &mut String) {
        match self {
            Self::Parsed(value) => out.push_str(&value.to_string()),
            Self::Text { value, appended } if appended.is_empty() => out.push_str(value),
            Self::Text { value, appended } => {
                out.push('[');
                let lists = std::iter::once(value)
                    .chain(appended)
                    .map(|list| inside(list));
                for (place, items) in lists.filter(|items| !items.is_empty()).enumerate() {
                    if place > 0 {
                        out.push(',');
                    }
                    out.push_str(items);
                }
                out.push(']');
            }
        }
    }
}

/// The items of an encoded list.
fn inside(list: &str) -> &str {
    let list = list.trim();
    list.strip_prefix('[')
        .and_then(|list| list.strip_suffix(']'))
        .unwrap_or(list)
        .trim()
}

/// Applies an operation that finds things by key.
fn keyed(
    field: &mut Value,
    verb: &str,
    key: Option<&str>,
    argument: Value,
) -> Result<(), serde_json::Error> {
    match (verb, key, argument) {
        ("insert", None, Value::Array(items)) => {
            let set = list(field)?;
            for item in items {
                if !set.contains(&item) {
                    set.push(item);
                }
            }
        }
        ("put", None, Value::Object(entries)) => map(field)?.extend(entries),
        ("remove", None, Value::Array(keys)) => match field {
            Value::Array(set) => set.retain(|item| !keys.contains(item)),
            field => {
                let map = map(field)?;
                for key in &keys {
                    map.remove(&key_text(key));
                }
            }
        },
        ("upsert", Some(key), Value::Array(items)) => {
            let list = list(field)?;
            for item in items {
                match list
                    .iter_mut()
                    .rev()
                    .find(|old| old.get(key) == item.get(key))
                {
                    Some(old) => *old = item,
                    None => list.push(item),
                }
            }
        }
        ("discard", Some(key), Value::Array(keys)) => {
            list(field)?.retain(|item| !item.get(key).is_some_and(|key| keys.contains(key)));
        }
        _ => return Err(damaged(&format!("the unknown operation `{verb}`"))),
    }
    Ok(())
}

/// JSON's maps have text for keys, whatever the key's type is.
fn key_text(key: &Value) -> String {
    key.as_str().map_or_else(|| key.to_string(), str::to_owned)
}

fn list(value: &mut Value) -> Result<&mut Vec<Value>, serde_json::Error> {
    if value.is_null() {
        *value = Value::Array(Vec::new());
    }
    value
        .as_array_mut()
        .ok_or_else(|| damaged("a list operation on what is no list"))
}

fn map(value: &mut Value) -> Result<&mut serde_json::Map<String, Value>, serde_json::Error> {
    if value.is_null() {
        *value = Value::Object(serde_json::Map::new());
    }
    value
        .as_object_mut()
        .ok_or_else(|| damaged("a map operation on what is no map"))
}

fn damaged(what: &str) -> serde_json::Error {
    serde::de::Error::custom(format_args!("the change holds {what}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rebuilt(snapshot: &str, changes: &[&str]) -> String {
        let raw = |text: &str| RawValue::from_string(text.to_owned()).unwrap();
        let (snapshot, changes) = (
            raw(snapshot),
            changes.iter().map(|text| raw(text)).collect::<Vec<_>>(),
        );
        let mut image = Image::from_snapshot(&snapshot).unwrap();
        for change in &changes {
            image.apply(change).unwrap();
        }
        image.to_json()
    }

    #[test]
    fn sets_and_appends_are_spliced() {
        let changes = [
            r#"[["log","append",[2,3]],["n","set",7]]"#,
            r#"[["log","append",[]],["log","append",[4]]]"#,
        ];
        assert_eq!(
            rebuilt(r#"{"log":[ 1 ],"n":0}"#, &changes),
            r#"{"log":[1,2,3,4],"n":7}"#
        );
        assert_eq!(
            rebuilt("{}", &[r#"[["new","append",["[x]"]]]"#]),
            r#"{"new":["[x]"]}"#
        );
    }

    #[test]
    fn keyed_operations_find_their_items() {
        let changes = [
            r#"[["items","upsert","id",[{"id":1,"v":"new"},{"id":3}]],["items","discard","id",[2]]]"#,
            r#"[["map","put",{"5":"five"}],["map","remove",[4]],["set","insert",["a","b"]],["set","remove",["c"]]]"#,
        ];
        let snapshot = r#"{"items":[{"id":1},{"id":2}],"map":{"4":"four"},"set":["a","c"]}"#;
        assert_eq!(
            rebuilt(snapshot, &changes),
            r#"{"items":[{"id":1,"v":"new"},{"id":3}],"map":{"5":"five"},"set":["a","b"]}"#
        );
    }

    #[test]
    fn a_value_set_anew_forgets_what_was_appended() {
        assert_eq!(
            rebuilt(
                r#"{"l":[1]}"#,
                &[r#"[["l","append",[2]],["l","set",[9]],["l","append",[8]]]"#]
            ),
            r#"{"l":[9,8]}"#
        );
    }

    #[test]
    fn what_no_version_writes_is_an_error() {
        for change in [
            r#"[["x"]]"#,
            r#"[["x","set"]]"#,
            r#"[["x","frob",1]]"#,
            r#"[["n","insert",[1]]]"#,
            r#"[["n","append",[1]]]"#,
        ] {
            let snapshot = RawValue::from_string(r#"{"n":1}"#.to_owned()).unwrap();
            let raw = RawValue::from_string(change.to_owned()).unwrap();
            assert!(
                Image::from_snapshot(&snapshot)
                    .unwrap()
                    .apply(&raw)
                    .is_err(),
                "{change}"
            );
        }
    }
}
