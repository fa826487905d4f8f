//! What another graph did to a field that it shares, in terms of the field's own reducer: found by comparing
//! the field as it was lent with the field as it came back.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet, VecDeque};
use std::hash::{BuildHasher, Hash};
use std::time::Duration;

use serde::Serialize;
use serde_json::Value;

use super::{
    And, Append, ItemKey, KeepFirst, KeyOf, Last, Max, Merge, Min, Never, Or, Patch, Reducer, Sum,
    Union, Upsert,
};

/// A reducer whose field can be shared with a graph that is a node: `#[subgraph(.., share(field))]`. All of
/// ours are; implement it for one of your own.
///
/// ```
/// use graph_runtime::{Patch, Reducer, Shares};
///
/// /// Keeps the ten best scores.
/// struct TopTen;
///
/// impl Reducer<Vec<u32>> for TopTen {
///     type Delta = Vec<u32>;
///
///     fn reduce(scores: &mut Vec<u32>, more: Vec<u32>) {
///         scores.extend(more);
///         scores.sort_by(|a, b| b.cmp(a));
///         scores.truncate(10);
///     }
/// }
///
/// impl Shares<Vec<u32>> for TopTen {
///     fn difference(before: &Vec<u32>, after: Vec<u32>) -> Patch<Vec<u32>, Vec<u32>> {
///         let new = |score: &u32| !before.contains(score);
///         Patch::reduce(after.into_iter().filter(new).collect())
///     }
/// }
/// ```
#[diagnostic::on_unimplemented(
    message = "a field of type `{T}` with the reducer `{Self}` can't be shared: nothing says what was done to it",
    label = "can't be shared",
    note = "implement `Shares<{T}>` for `{Self}`"
)]
pub trait Shares<T, K = Never>: Reducer<T> {
    /// What has to be said about a field that may have changed meanwhile, so that it takes in what made
    /// `after` of `before`. Nothing, where nothing was done: several may share the field at the same time.
    fn difference(before: &T, after: T) -> Patch<T, Self::Delta, K>;
}

/// What was done to a field without a reducer.
pub fn replaced<T: Serialize>(before: &T, after: T) -> Patch<T> {
    if same(before, &after) {
        Patch::default()
    } else {
        Patch::set(after)
    }
}

/// By their encoding, which is all that is known of the types. What can't be encoded is never the same.
fn same<T: Serialize + ?Sized>(left: &T, right: &T) -> bool {
    let (left, right) = (serde_json::to_value(left), serde_json::to_value(right));
    matches!((left, right), (Ok(left), Ok(right)) if left == right)
}

macro_rules! append {
    ($list:ident) => {
        impl<I: Serialize> Shares<$list<I>> for Append {
            fn difference(before: &$list<I>, mut after: $list<I>) -> Patch<$list<I>, Vec<I>> {
                let kept = after.len() >= before.len()
                    && before.iter().zip(&after).all(|(old, new)| same(old, new));
                if !kept {
                    return Patch::set(after);
                }
                let new = after.split_off(before.len());
                if new.is_empty() {
                    return Patch::default();
                }
                Patch::reduce(new.into_iter().collect())
            }
        }
    };
}

append!(Vec);
append!(VecDeque);

macro_rules! sum {
    ($($number:ty),*; $less:ident) => {$(
        impl Shares<$number> for Sum {
            fn difference(before: &$number, after: $number) -> Patch<$number, $number> {
                if after == *before {
                    return Patch::default();
                }
                // What no sum comes to was set.
                match after.$less(*before) {
                    Some(more) => Patch::reduce(more),
                    None => Patch::set(after),
                }
            }
        }
    )*};
}

sum!(u8, u16, u32, u64, u128, usize, i8, i16, i32, i64, i128, isize, Duration; checked_sub);

macro_rules! float_sum {
    ($($number:ty),*) => {$(
        impl Shares<$number> for Sum {
            fn difference(before: &$number, after: $number) -> Patch<$number, $number> {
                let more = after - before;
                if more == 0.0 { Patch::default() } else { Patch::reduce(more) }
            }
        }
    )*};
}

float_sum!(f32, f64);

/// Those that can be told the value again.
macro_rules! told_again {
    ($($reducer:ty: $value:ty, [$($generics:tt)*];)*) => {$(
        impl<$($generics)*> Shares<$value> for $reducer {
            fn difference(before: &$value, after: $value) -> Patch<$value, $value> {
                if same(before, &after) { Patch::default() } else { Patch::reduce(after) }
            }
        }
    )*};
}

told_again! {
    Max: T, [T: PartialOrd + Serialize];
    Min: T, [T: PartialOrd + Serialize];
    And: bool, [];
    Or: bool, [];
    KeepFirst: Option<T>, [T: Serialize];
    Last: T, [T: Serialize];
}

/// What was put and what was taken out.
fn put_and_removed<T, I, K>(put: Vec<I>, removed: Vec<K>) -> Patch<T, Vec<I>, K> {
    let mut patch = Patch::default();
    if !removed.is_empty() {
        patch.put_removed(removed);
    }
    if !put.is_empty() {
        patch.put_reduced(put);
    }
    patch
}

/// In the order of their encoding: that of a hash map or set is accidental.
fn in_order<T: Serialize>(mut items: Vec<T>) -> Vec<T> {
    items.sort_by_cached_key(|item| serde_json::to_string(item).unwrap_or_default());
    items
}

macro_rules! union {
    ($set:ty, [$($generics:tt)*]) => {
        impl<$($generics)*> Shares<$set, I> for Union {
            fn difference(before: &$set, after: $set) -> Patch<$set, Vec<I>, I> {
                let gone = before.iter().filter(|item| !after.contains(*item));
                let gone = in_order(gone.cloned().collect());
                let new = after.into_iter().filter(|item| !before.contains(item));
                put_and_removed(in_order(new.collect()), gone)
            }
        }
    };
}

union!(BTreeSet<I>, [I: Ord + Clone + Serialize]);
union!(HashSet<I, S>, [I: Eq + Hash + Clone + Serialize, S: BuildHasher]);

macro_rules! merge {
    ($map:ty, [$($generics:tt)*]) => {
        impl<$($generics)*> Shares<$map, K> for Merge {
            fn difference(before: &$map, after: $map) -> Patch<$map, Vec<(K, V)>, K> {
                let gone = before.keys().filter(|key| !after.contains_key(*key));
                let gone = in_order(gone.cloned().collect());
                let new = after
                    .into_iter()
                    .filter(|(key, value)| !before.get(key).is_some_and(|old| same(old, value)));
                put_and_removed(in_order(new.collect()), gone)
            }
        }
    };
}

merge!(BTreeMap<K, V>, [K: Ord + Clone + Serialize, V: Serialize]);
merge!(HashMap<K, V, S>, [K: Eq + Hash + Clone + Serialize, V: Serialize, S: BuildHasher]);

impl<K: KeyOf<I>, I: Serialize> Shares<Vec<I>, ItemKey> for Upsert<K> {
    fn difference(before: &Vec<I>, after: Vec<I>) -> Patch<Vec<I>, Vec<I>, ItemKey> {
        let key = |item: &I| serde_json::to_string(K::key(item)).unwrap_or_default();
        let value = |item: &I| serde_json::to_value(item).unwrap_or_default();
        let old: HashMap<String, Value> =
            before.iter().map(|item| (key(item), value(item))).collect();
        let stays: HashSet<String> = after.iter().map(key).collect();
        let gone = before.iter().filter(|item| !stays.contains(&key(item)));
        let gone = gone.map(|item| ItemKey::of(K::key(item))).collect();
        let new = after
            .into_iter()
            .filter(|item| old.get(&key(item)) != Some(&value(item)));
        put_and_removed(new.collect(), gone)
    }
}
