//! The proof that a checkpointer keeps the contract of `graph_runtime::Checkpointer`: one test a case, so
//! that one failure hides no other. Stores and caches are proved alike.
//!
//! [`conformance!`](crate::conformance!), [`store_conformance!`](crate::store_conformance!) and
//! [`cache_conformance!`](crate::cache_conformance!) make the tests, [`Place`] is where a case may put what it
//! stores. The cases lie by subject in `cases`, `stores` and `caches`.

#![allow(
    clippy::unwrap_used,
    clippy::missing_panics_doc,
    reason = "what is here runs in tests, and fails by panicking"
)]

#[doc(hidden)]
pub mod caches;
#[doc(hidden)]
pub mod cases;
mod kit;
mod list;
mod optional;
mod place;
mod run;
#[doc(hidden)]
pub mod stores;

pub use place::Place;
#[doc(hidden)]
pub use run::{CacheOpening, Opening, Reopen, Store, StoreOpening, run, run_reopening};

/// Makes a module of tests, one for each case of the contract, for a checkpointer of yours.
///
/// The expression opens a store, and may `.await`; each test opens one of its own. Where the store
/// outlives its handles, take a [`Place`](crate::conformance::Place) and keep it there: the same place is
/// opened again to see that nothing was lost.
///
/// ```
/// # use graph_runtime::MemorySaver as MySaver;
/// graph_checkpointers::conformance!(mine, MySaver::new());
/// # fn main() {}
/// ```
///
/// ```
/// # struct FileSaver;
/// # impl FileSaver {
/// #     async fn open(_: std::path::PathBuf) -> std::io::Result<graph_runtime::MemorySaver> {
/// #         Ok(graph_runtime::MemorySaver::new())
/// #     }
/// # }
/// graph_checkpointers::conformance!(files, |place| {
///     FileSaver::open(place.path("moments")).await.unwrap()
/// });
/// # fn main() {}
/// ```
///
/// Leases and the inbox are for stores that several processes share, and upkeep is for threads that are pruned,
/// copied or counted: any of them may be left out. Say so, and their cases are ignored, which a test run
/// reports:
///
/// ```
/// # use graph_runtime::MemorySaver as OwnSaver;
/// graph_checkpointers::conformance!(own, OwnSaver::new(), without(lease, inbox, upkeep));
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! conformance {
    ($name:ident, |$place:ident| $open:expr $(, without($($what:ident),+))? $(,)?) => {
        mod $name {
            $crate::__conformance!(open $place, $open);
            $crate::__conformance!(every);
            $crate::__conformance!(reopened);
            $crate::__conformance_optional!(told ($($($what),+)?) all);
            $crate::__conformance_optional!(told ($($($what),+)?) all_reopened);
        }
    };
    ($name:ident, $open:expr $(, without($($what:ident),+))? $(,)?) => {
        mod $name {
            $crate::__conformance!(open _place, $open);
            $crate::__conformance!(every);
            $crate::__conformance_optional!(told ($($($what),+)?) all);
        }
    };
}
