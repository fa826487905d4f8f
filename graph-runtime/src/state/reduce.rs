//! Reducers: how a field takes in what several nodes, or several runs, have to say about it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::hash::{BuildHasher, Hash};
use std::marker::PhantomData;
use std::ops::AddAssign;

use serde::{Deserialize, Serialize};

use super::FieldLog;

/// How a field of type `T` takes in an update. Implement it for a type of your own and name that type:
/// `#[reduce(Newest)]`.
///
/// ```
/// use graph_runtime::Reducer;
///
/// /// Keeps the ten best scores.
/// struct TopTen;
///
/// impl Reducer<Vec<u32>> for TopTen {
///     type Delta = u32;
///
///     fn reduce(scores: &mut Vec<u32>, score: u32) {
///         scores.push(score);
///         scores.sort_by(|a, b| b.cmp(a));
///         scores.truncate(10);
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "the reducer `{Self}` doesn't fit a field of type `{T}`",
    label = "doesn't reduce `{T}`",
    note = "append: Vec, VecDeque; sum, max, min: numbers; union: sets; merge: maps; upsert: Vec; and, or: bool; keep_first: Option; or implement `Reducer<{T}>` for a type of your own"
)]
pub trait Reducer<T> {
    /// What an update says about the field.
    type Delta;

    /// Takes it in. Pure: the same value and delta give the same result.
    fn reduce(value: &mut T, delta: Self::Delta);

    /// Takes it in and writes down what was done. As it comes, that is the whole value; a reducer that
    /// only adds can say so, and the moment stores what was added.
    fn record(value: &mut T, delta: Self::Delta, log: &mut FieldLog<'_>)
    where
        T: Serialize,
    {
        Self::reduce(value, delta);
        log.set(value);
    }
}

/// A reducer that takes any number of items.
#[diagnostic::on_unimplemented(
    message = "the reducer `{Self}` doesn't collect items for a field of type `{T}`",
    label = "doesn't collect items for `{T}`"
)]
pub trait Collects<T>: Reducer<T, Delta = Vec<Self::Item>> {
    /// One of them.
    type Item;
}

/// A reducer whose field also lets go of things.
#[diagnostic::on_unimplemented(
    message = "the reducer `{Self}` doesn't take things out of a field of type `{T}`",
    label = "doesn't take things out of `{T}`"
)]
pub trait Removes<T>: Reducer<T> {
    /// What they are found by.
    type Key;

    /// Takes them out; what isn't there is passed over.
    fn remove(value: &mut T, keys: Vec<Self::Key>, log: Option<&mut FieldLog<'_>>);
}

/// `#[reduce(append)]`: puts items at the end.
#[derive(Debug)]
pub struct Append;

macro_rules! append {
    ($list:ident) => {
        impl<I: Serialize> Reducer<$list<I>> for Append {
            type Delta = Vec<I>;

            fn reduce(value: &mut $list<I>, delta: Vec<I>) {
                value.extend(delta);
            }

            fn record(value: &mut $list<I>, delta: Vec<I>, log: &mut FieldLog<'_>) {
                log.append(&delta);
                value.extend(delta);
            }
        }

        impl<I: Serialize> Collects<$list<I>> for Append {
            type Item = I;
        }
    };
}

append!(Vec);
append!(VecDeque);

/// `#[reduce(sum)]`: adds.
#[derive(Debug)]
pub struct Sum;

impl<T: AddAssign> Reducer<T> for Sum {
    type Delta = T;

    fn reduce(value: &mut T, delta: T) {
        *value += delta;
    }
}

/// `#[reduce(max)]`: keeps the greater one.
#[derive(Debug)]
pub struct Max;

impl<T: PartialOrd> Reducer<T> for Max {
    type Delta = T;

    fn reduce(value: &mut T, delta: T) {
        if delta > *value {
            *value = delta;
        }
    }
}

/// `#[reduce(min)]`: keeps the smaller one.
#[derive(Debug)]
pub struct Min;

impl<T: PartialOrd> Reducer<T> for Min {
    type Delta = T;

    fn reduce(value: &mut T, delta: T) {
        if delta < *value {
            *value = delta;
        }
    }
}

/// `#[reduce(and)]`: true only while everybody says so.
#[derive(Debug)]
pub struct And;

impl Reducer<bool> for And {
    type Delta = bool;

    fn reduce(value: &mut bool, delta: bool) {
        *value &= delta;
    }
}

/// `#[reduce(or)]`: true as soon as somebody says so.
#[derive(Debug)]
pub struct Or;

impl Reducer<bool> for Or {
    type Delta = bool;

    fn reduce(value: &mut bool, delta: bool) {
        *value |= delta;
    }
}

/// `#[reduce(keep_first)]`: the first value stays.
#[derive(Debug)]
pub struct KeepFirst;

impl<T> Reducer<Option<T>> for KeepFirst {
    type Delta = Option<T>;

    fn reduce(value: &mut Option<T>, delta: Option<T>) {
        if value.is_none() {
            *value = delta;
        }
    }
}

/// `#[reduce(last)]`: the last value in task order stays.
#[derive(Debug)]
pub struct Last;

impl<T> Reducer<T> for Last {
    type Delta = T;

    fn reduce(value: &mut T, delta: T) {
        *value = delta;
    }
}

/// `#[reduce(union)]`: puts items into a set.
#[derive(Debug)]
pub struct Union;

macro_rules! union {
    ($set:ty, [$($generics:tt)*]) => {
        impl<$($generics)*> Reducer<$set> for Union {
            type Delta = Vec<I>;

            fn reduce(value: &mut $set, delta: Vec<I>) {
                value.extend(delta);
            }

            fn record(value: &mut $set, mut delta: Vec<I>, log: &mut FieldLog<'_>) {
                delta.retain(|item| !value.contains(item));
                if !delta.is_empty() {
                    log.insert(&delta);
                    value.extend(delta);
                }
            }
        }

        impl<$($generics)*> Collects<$set> for Union {
            type Item = I;
        }

        impl<$($generics)*> Removes<$set> for Union {
            type Key = I;

            fn remove(value: &mut $set, mut keys: Vec<I>, log: Option<&mut FieldLog<'_>>) {
                keys.retain(|key| value.remove(key));
                if let Some(log) = log.filter(|_| !keys.is_empty()) {
                    log.remove(&keys);
                    for key in &keys {
                        log.gone(key);
                    }
                }
            }
        }
    };
}

union!(BTreeSet<I>, [I: Ord + Serialize]);
union!(HashSet<I, S>, [I: Eq + Hash + Serialize, S: BuildHasher]);

/// `#[reduce(merge)]`: puts entries into a map.
#[derive(Debug)]
pub struct Merge;

macro_rules! merge {
    ($map:ty, [$($generics:tt)*]) => {
        impl<$($generics)*> Reducer<$map> for Merge {
            type Delta = Vec<(K, V)>;

            fn reduce(value: &mut $map, delta: Vec<(K, V)>) {
                value.extend(delta);
            }

            fn record(value: &mut $map, delta: Vec<(K, V)>, log: &mut FieldLog<'_>) {
                log.put(&Entries(&delta));
                for (key, new) in delta {
                    if let Some(old) = value.get(&key) {
                        log.gone(&(&key, old));
                    }
                    value.insert(key, new);
                }
            }
        }

        impl<$($generics)*> Collects<$map> for Merge {
            type Item = (K, V);
        }

        impl<$($generics)*> Removes<$map> for Merge {
            type Key = K;

            fn remove(value: &mut $map, mut keys: Vec<K>, mut log: Option<&mut FieldLog<'_>>) {
                keys.retain(|key| {
                    let old = value.remove(key);
                    if let (Some(log), Some(old)) = (&mut log, &old) {
                        log.gone(&(key, old));
                    }
                    old.is_some()
                });
                if let Some(log) = log.filter(|_| !keys.is_empty()) {
                    log.remove(&keys);
                }
            }
        }
    };
}

merge!(BTreeMap<K, V>, [K: Ord + Serialize, V: Serialize]);
merge!(HashMap<K, V, S>, [K: Eq + Hash + Serialize, V: Serialize, S: BuildHasher]);

/// Pairs, encoded as a map.
struct Entries<'a, K, V>(&'a [(K, V)]);

impl<K: Serialize, V: Serialize> Serialize for Entries<'_, K, V> {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().map(|(key, value)| (key, value)))
    }
}

/// `#[reduce(upsert(key = id))]`: puts items in the places of those with the same key, others at the end.
#[derive(Debug)]
pub struct Upsert<K>(PhantomData<K>);

/// Where an item of a list has its key; generated for `upsert(key = ...)`.
pub trait KeyOf<I> {
    /// The key's name in storage.
    const NAME: &'static str;

    /// The item's key. Its type has no name here: only the compiler knows that of the item's field.
    fn key(item: &I) -> &(impl PartialEq + Serialize);
}

/// A key by which an item is taken out of a list, as it is encoded.
///
/// Made from text and whole numbers with `into()`, from anything else with [`ItemKey::of`].
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ItemKey(serde_json::Value);

impl ItemKey {
    /// The key that is encoded like this value. One that can't be encoded is no item's key.
    pub fn of(key: &impl Serialize) -> Self {
        Self(serde_json::to_value(key).unwrap_or_default())
    }
}

macro_rules! plain_keys {
    ($($key:ty),*) => {$(
        impl From<$key> for ItemKey {
            fn from(key: $key) -> Self {
                Self(key.into())
            }
        }
    )*};
}

plain_keys!(
    &str, String, u8, u16, u32, u64, usize, i8, i16, i32, i64, isize
);

impl<K: KeyOf<I>, I: Serialize> Reducer<Vec<I>> for Upsert<K> {
    type Delta = Vec<I>;

    fn reduce(value: &mut Vec<I>, delta: Vec<I>) {
        upsert::<K, I>(value, delta, |_| ());
    }

    fn record(value: &mut Vec<I>, delta: Vec<I>, log: &mut FieldLog<'_>) {
        log.upsert(K::NAME, &delta);
        upsert::<K, I>(value, delta, |old| log.gone(old));
    }
}

fn upsert<K: KeyOf<I>, I>(value: &mut Vec<I>, delta: Vec<I>, mut replaced: impl FnMut(&I)) {
    for item in delta {
        // From the end: what changes is mostly what came last.
        match value
            .iter_mut()
            .rev()
            .find(|old| same_key::<K, I>(old, &item))
        {
            Some(old) => {
                replaced(old);
                *old = item;
            }
            None => value.push(item),
        }
    }
}

/// Both keys have the one type that this `K` gives them.
fn same_key<K: KeyOf<I>, I>(left: &I, right: &I) -> bool {
    K::key(left) == K::key(right)
}

impl<K: KeyOf<I>, I: Serialize> Collects<Vec<I>> for Upsert<K> {
    type Item = I;
}

impl<K: KeyOf<I>, I: Serialize> Removes<Vec<I>> for Upsert<K> {
    type Key = ItemKey;

    fn remove(value: &mut Vec<I>, keys: Vec<ItemKey>, mut log: Option<&mut FieldLog<'_>>) {
        value.retain(|item| {
            let stays = !keys.contains(&ItemKey::of(K::key(item)));
            if let Some(log) = log.as_mut().filter(|_| !stays) {
                log.gone(item);
            }
            stays
        });
        if let Some(log) = log.filter(|_| !keys.is_empty()) {
            log.discard(K::NAME, &keys);
        }
    }
}
