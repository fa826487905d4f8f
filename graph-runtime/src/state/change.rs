//! Writing down what a step does to the state, as operations that anybody can apply again.
//!
//! An operation is a JSON array: the field's name, a verb, and what the verb needs.
//!
//! | operation | meaning |
//! |---|---|
//! | `["f", "set", value]` | the field's value |
//! | `["f", "append", [items]]` | at the end of the list |
//! | `["f", "insert", [items]]` | into the set |
//! | `["f", "put", {key: value}]` | into the map |
//! | `["f", "remove", [keys]]` | out of the map or set |
//! | `["f", "upsert", "id", [items]]` | in place of the list's items with the same `id`, or at its end |
//! | `["f", "discard", "id", [ids]]` | out of the list |
//!
//! `super::image` applies them.

use std::borrow::Cow;
use std::collections::HashMap;
use std::io;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// What the engine has to know of a field of the state.
#[derive(Clone, Copy, Debug)]
pub struct FieldSpec {
    /// Its name in storage.
    pub name: &'static str,
    /// Its name in the struct.
    pub said: &'static str,
    /// Whether it is stored at all.
    pub saved: bool,
    /// Whether nobody is shown what it holds.
    pub secret: bool,
    /// Whether its order is accidental (a hash map or set), so that it is sorted when it is encoded.
    pub unordered: bool,
}

/// A name in storage: borrowed unless it holds an escape.
#[derive(Deserialize, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[serde(transparent)]
pub(super) struct FieldName<'a>(#[serde(borrow)] pub(super) Cow<'a, str>);

/// What has been done to the state since the last moment, and how large each field has become.
#[derive(Debug)]
pub struct Change {
    fields: &'static [FieldSpec],
    /// Off where nothing is stored: then updates are applied and nothing is encoded.
    recording: bool,
    operations: Vec<u8>,
    sizes: Vec<usize>,
    failure: Option<(&'static str, serde_json::Error)>,
}

impl Change {
    pub(crate) fn new(fields: &'static [FieldSpec], recording: bool) -> Self {
        let sizes = if recording {
            vec![0; fields.len()]
        } else {
            Vec::new()
        };
        Self {
            fields,
            recording,
            operations: Vec::new(),
            sizes,
            failure: None,
        }
    }

    /// Reads the sizes off an encoded state.
    pub(crate) fn measure(&mut self, state: &[u8]) {
        if let Ok(fields) = serde_json::from_slice::<HashMap<FieldName<'_>, &RawValue>>(state) {
            self.set_sizes(|name| {
                fields
                    .get(&FieldName(name.into()))
                    .map_or(0, |value| value.get().len())
            });
        }
    }

    pub(crate) fn set_sizes(&mut self, size_of: impl Fn(&str) -> usize) {
        for (size, field) in self.sizes.iter_mut().zip(self.fields) {
            *size = size_of(field.name);
        }
    }

    /// Bytes that the whole state would take, at the least.
    pub(crate) fn state_size(&self) -> usize {
        self.sizes.iter().sum()
    }

    /// The operations since the last call, as the inside of a JSON array.
    ///
    /// # Errors
    /// The first field that can't be encoded.
    pub(crate) fn operations(&mut self) -> Result<&[u8], (&'static str, serde_json::Error)> {
        match self.failure.take() {
            Some(failure) => Err(failure),
            None => Ok(&self.operations),
        }
    }

    pub(crate) fn clear(&mut self) {
        self.operations.clear();
        self.failure = None;
    }

    /// Sets a field.
    pub fn set<T: Serialize>(&mut self, field: usize, value: &mut T, new: T) {
        *value = new;
        if let Some(mut log) = self.log(field) {
            log.set(value);
        }
    }

    /// Sets a field back to its default, and writes it down only if that is a change.
    pub fn reset<T: Serialize>(&mut self, field: usize, value: &mut T, default: T) {
        if let Some(log) = self.log(field)
            && (log.encode(value).ok() != log.encode(&default).ok())
        {
            self.set(field, value, default);
        } else {
            *value = default;
        }
    }

    /// Where operations on a field are written, if they are.
    pub(crate) fn log(&mut self, field: usize) -> Option<FieldLog<'_>> {
        let spec = self.fields[field];
        (self.recording && spec.saved).then_some(FieldLog {
            change: self,
            field,
            spec,
        })
    }
}

/// Where a reducer writes down what it did to its field.
#[derive(Debug)]
pub struct FieldLog<'a> {
    change: &'a mut Change,
    field: usize,
    spec: FieldSpec,
}

impl FieldLog<'_> {
    /// The field has this value now.
    pub fn set<T: Serialize + ?Sized>(&mut self, value: &T) {
        let written = self.write("set", None, value);
        self.change.sizes[self.field] = written;
    }

    /// These items were put at the end of a list.
    pub fn append<T: Serialize>(&mut self, items: &[T]) {
        self.grow("append", None, items);
    }

    /// These items were put into a set.
    pub fn insert<T: Serialize>(&mut self, items: &[T]) {
        self.grow("insert", None, items);
    }

    /// These entries were put into a map; those that were there before are [`gone`](Self::gone).
    pub fn put<T: Serialize + ?Sized>(&mut self, entries: &T) {
        self.grow("put", None, entries);
    }

    /// These keys were taken out of a map or set; what they led to is [`gone`](Self::gone).
    pub fn remove<T: Serialize>(&mut self, keys: &[T]) {
        self.write("remove", None, keys);
    }

    /// These items took the places of those with the same `key`, which are [`gone`](Self::gone), or were put at the
    /// end of a list.
    pub fn upsert<T: Serialize>(&mut self, key: &'static str, items: &[T]) {
        self.grow("upsert", Some(key), items);
    }

    /// The items whose `key` is one of these were taken out of a list, and are [`gone`](Self::gone).
    pub fn discard<T: Serialize>(&mut self, key: &'static str, keys: &[T]) {
        self.write("discard", Some(key), keys);
    }

    /// An item, or an entry as a pair, isn't part of the field any more. Nothing is stored of it, but it has to be
    /// known how large the field is: a size that is too large would let reading it cost too much.
    pub fn gone<T: Serialize + ?Sized>(&mut self, what: &T) {
        let mut length = Length(0);
        // What can't be encoded was never counted. The one is for the comma.
        if serde_json::to_writer(&mut length, what).is_ok() {
            let size = &mut self.change.sizes[self.field];
            *size = size.saturating_sub(length.0 + 1);
        }
    }

    fn grow<T: Serialize + ?Sized>(
        &mut self,
        verb: &'static str,
        key: Option<&'static str>,
        value: &T,
    ) {
        let written = self.write(verb, key, value);
        self.change.sizes[self.field] += written;
    }

    /// Writes an operation and returns the length of its value.
    fn write<T: Serialize + ?Sized>(&mut self, verb: &str, key: Option<&str>, value: &T) -> usize {
        let start = self.change.operations.len();
        let out = &mut self.change.operations;
        if start > 0 {
            out.push(b',');
        }
        out.push(b'[');
        let written = encode_word(out, self.spec.name)
            .and_then(|()| encode_operation(out, verb, key, value, self.spec.unordered));
        match written {
            Ok(written) => {
                out.push(b']');
                written
            }
            Err(error) => {
                out.truncate(start);
                self.change.failure.get_or_insert((self.spec.name, error));
                0
            }
        }
    }

    fn encode<T: Serialize>(&self, value: &T) -> Result<Vec<u8>, serde_json::Error> {
        let mut out = Vec::new();
        encode_into(&mut out, value, self.spec.unordered)?;
        Ok(out)
    }
}

/// Writes what was done to a field, and returns the length of the value with which it was.
fn encode_operation<T: Serialize + ?Sized>(
    out: &mut Vec<u8>,
    verb: &str,
    key: Option<&str>,
    value: &T,
    unordered: bool,
) -> Result<usize, serde_json::Error> {
    // A verb is one of ours, without anything that would have to be escaped.
    out.push(b'"');
    out.extend_from_slice(verb.as_bytes());
    out.extend_from_slice(b"\",");
    if let Some(key) = key {
        encode_word(out, key)?;
    }
    let before = out.len();
    encode_into(out, value, unordered)?;
    Ok(out.len() - before)
}

/// Writes a name, which may be anything: the graph's author has chosen it.
fn encode_word(out: &mut Vec<u8>, word: &str) -> Result<(), serde_json::Error> {
    serde_json::to_writer(&mut *out, word)?;
    out.push(b',');
    Ok(())
}

/// Counts what is written.
struct Length(usize);

impl io::Write for Length {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0 += bytes.len();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

pub(crate) fn encode_into<T: Serialize + ?Sized>(
    out: &mut Vec<u8>,
    value: &T,
    unordered: bool,
) -> Result<(), serde_json::Error> {
    if unordered {
        serde_json::to_writer(out, &sorted(value)?)
    } else {
        serde_json::to_writer(out, value)
    }
}

/// A map or set in the order of its encoding, so that equal states have equal bytes.
pub(crate) fn sorted<T: Serialize + ?Sized>(
    value: &T,
) -> Result<serde_json::Value, serde_json::Error> {
    let mut value = serde_json::to_value(value)?;
    if let serde_json::Value::Array(items) = &mut value {
        items.sort_by_cached_key(ToString::to_string);
    }
    Ok(value)
}
