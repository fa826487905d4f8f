//! What an update does to one field.

use serde::{Deserialize, Deserializer, Serialize};

use super::{Change, Collects, Reducer, Removes};

/// What an update does to a field: nothing, or some of `set`, `remove` and `reduce`, in that order.
///
/// `T` is the field's type, `D` what its reducer takes, `K` what is removed by.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(bound(deserialize = "T: Deserialize<'de>, D: Deserialize<'de>, K: Deserialize<'de>"))]
pub struct Patch<T, D = Never, K = Never> {
    #[serde(
        default = "none",
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    set: Option<T>,
    #[serde(
        default = "none",
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    remove: Option<Vec<K>>,
    #[serde(
        default = "none",
        deserialize_with = "present",
        skip_serializing_if = "Option::is_none"
    )]
    reduce: Option<D>,
}

/// What can't be: the part of a [`Patch`] that its field doesn't have.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Never {}

fn none<T>() -> Option<T> {
    None
}

/// `null` is a value here: what is absent has no key at all.
fn present<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Option<T>, D::Error> {
    T::deserialize(deserializer).map(Some)
}

impl<T, D, K> Default for Patch<T, D, K> {
    fn default() -> Self {
        Self {
            set: None,
            remove: None,
            reduce: None,
        }
    }
}

impl<T, D, K> Patch<T, D, K> {
    /// A patch that sets the field.
    pub fn set(value: T) -> Self {
        Self {
            set: Some(value),
            ..Self::default()
        }
    }

    /// A patch that gives the field's reducer something.
    pub fn reduce(delta: D) -> Self {
        Self {
            reduce: Some(delta),
            ..Self::default()
        }
    }

    /// Whether it does nothing.
    pub fn is_absent(&self) -> bool {
        self.set.is_none() && self.remove.is_none() && self.reduce.is_none()
    }

    /// Sets the field.
    pub fn put(&mut self, value: T) {
        self.set = Some(value);
    }

    /// Gives the field's reducer this.
    pub fn put_reduced(&mut self, delta: D) {
        self.reduce = Some(delta);
    }

    /// Removes by these keys, before anything is reduced.
    pub fn put_removed(&mut self, keys: impl IntoIterator<Item = K>) {
        self.remove.get_or_insert_default().extend(keys);
    }

    /// What the field is set to.
    pub fn get(&self) -> Option<&T> {
        self.set.as_ref()
    }

    /// What the field's reducer is given.
    pub fn get_reduced(&self) -> Option<&D> {
        self.reduce.as_ref()
    }

    /// What is removed.
    pub fn get_removed(&self) -> &[K] {
        self.remove.as_deref().unwrap_or_default()
    }
}

impl<T, I, K> Patch<T, Vec<I>, K> {
    /// Gives the field's reducer more items.
    pub fn extend<R>(&mut self, items: impl IntoIterator<Item = I>)
    where
        R: Collects<T, Item = I>,
    {
        self.reduce.get_or_insert_default().extend(items);
    }
}

// The bounds stand on the methods: there a type that can't be stored is told by its name.
impl<T> Patch<T> {
    /// Applies it to a field without a reducer.
    pub fn apply(self, field: usize, value: &mut T, change: &mut Change)
    where
        T: Serialize,
    {
        if let Some(new) = self.set {
            change.set(field, value, new);
        }
    }

    /// The same, of a field that is never stored.
    pub fn apply_unsaved(self, value: &mut T) {
        if let Some(new) = self.set {
            *value = new;
        }
    }
}

impl<T, D> Patch<T, D> {
    /// Applies it to a field with the reducer `R`.
    pub fn apply_with<R: Reducer<T, Delta = D>>(
        self,
        field: usize,
        value: &mut T,
        change: &mut Change,
    ) where
        T: Serialize,
    {
        if let Some(new) = self.set {
            change.set(field, value, new);
        }
        reduce::<R, T>(self.reduce, field, value, change);
    }

    /// The same, of a field that is never stored.
    pub fn apply_unsaved_with<R: Reducer<T, Delta = D>>(self, value: &mut T) {
        if let Some(new) = self.set {
            *value = new;
        }
        if let Some(delta) = self.reduce {
            R::reduce(value, delta);
        }
    }
}

impl<T, D, K> Patch<T, D, K> {
    /// Applies it to a field whose reducer `R` can also remove.
    pub fn apply_removing<R>(self, field: usize, value: &mut T, change: &mut Change)
    where
        T: Serialize,
        R: Reducer<T, Delta = D> + Removes<T, Key = K>,
    {
        if let Some(new) = self.set {
            change.set(field, value, new);
        }
        if let Some(keys) = self.remove {
            R::remove(value, keys, change.log(field).as_mut());
        }
        reduce::<R, T>(self.reduce, field, value, change);
    }

    /// The same, of a field that is never stored.
    pub fn apply_unsaved_removing<R>(self, value: &mut T)
    where
        R: Reducer<T, Delta = D> + Removes<T, Key = K>,
    {
        if let Some(new) = self.set {
            *value = new;
        }
        if let Some(keys) = self.remove {
            R::remove(value, keys, None);
        }
        if let Some(delta) = self.reduce {
            R::reduce(value, delta);
        }
    }
}

fn reduce<R: Reducer<T>, T: Serialize>(
    delta: Option<R::Delta>,
    field: usize,
    value: &mut T,
    change: &mut Change,
) {
    let Some(delta) = delta else { return };
    match change.log(field) {
        Some(mut log) => R::record(value, delta, &mut log),
        None => R::reduce(value, delta),
    }
}
