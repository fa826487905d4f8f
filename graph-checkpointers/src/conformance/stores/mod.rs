//! The proof that a store keeps the contract of `graph_runtime::Store`. The cases lie by subject; `list` names
//! each.

#![allow(missing_docs, reason = "the names of the cases say it")]

pub mod entries;
pub mod expiry;
mod kit;
mod list;
pub mod meaning;
pub mod names;
pub mod prefixes;
pub mod races;
pub mod reopening;
pub mod searching;

/// Makes a module of tests, one for each case of the contract of `graph_runtime::Store`, for a store of yours.
///
/// It is used as [`conformance!`](crate::conformance!) is: with a place where the store outlives its handles.
///
/// ```
/// # use graph_runtime::MemoryStore as MyStore;
/// graph_checkpointers::store_conformance!(mine, MyStore::new());
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! store_conformance {
    ($name:ident, |$place:ident| $open:expr $(,)?) => {
        mod $name {
            $crate::__store_conformance!(open $place, $open);
            $crate::__store_conformance!(every);
            $crate::__store_conformance!(reopened);
        }
    };
    ($name:ident, $open:expr $(,)?) => {
        mod $name {
            $crate::__store_conformance!(open _place, $open);
            $crate::__store_conformance!(every);
        }
    };
}
