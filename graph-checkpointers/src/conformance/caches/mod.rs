//! The proof that a cache keeps the contract of `graph_runtime::Cache`. The cases are run with room for what
//! they put.

#![allow(missing_docs, reason = "the names of the cases say it")]

pub mod reopening;
pub mod results;

/// Makes a module of tests, one for each case of the contract of `graph_runtime::Cache`, for a cache of yours.
///
/// It is used as [`conformance!`](crate::conformance!) is: with a place where the cache outlives its handles.
/// It should have room for 8 MiB at least.
///
/// ```
/// # use graph_runtime::MemoryCache as MyCache;
/// graph_checkpointers::cache_conformance!(mine, MyCache::new());
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! cache_conformance {
    ($name:ident, |$place:ident| $open:expr $(,)?) => {
        mod $name {
            $crate::__cache_conformance!(open $place, $open);
            $crate::__cache_conformance!(every);
            $crate::__cache_conformance!(reopened);
        }
    };
    ($name:ident, $open:expr $(,)?) => {
        mod $name {
            $crate::__cache_conformance!(open _place, $open);
            $crate::__cache_conformance!(every);
        }
    };
}

#[doc(hidden)]
#[macro_export]
macro_rules! __cache_conformance {
    (open $place:ident, $open:expr) => {
        #[allow(unused_imports, clippy::wildcard_imports)]
        use super::*;

        #[allow(clippy::unwrap_used)]
        fn open($place: $crate::conformance::Place) -> $crate::conformance::CacheOpening {
            ::std::boxed::Box::pin(async move { ::std::sync::Arc::new($open) as _ })
        }
    };
    (every) => {
        $crate::__conformance_of! { caches [] run
            results {
                what_was_put_comes_back
                a_put_replaces_what_was_there
                a_result_is_there_until_its_end_and_not_from_then_on
                parts_of_a_key_do_not_run_together
                hashes_are_told_apart_to_the_last_bit
                names_mean_themselves
                clearing_a_node_clears_no_other
                clearing_a_namespace_clears_no_other
                a_large_result_comes_back
                many_puts_at_once_are_all_there
                what_points_to_a_cache_is_one
            }
        }
    };
    (reopened) => {
        $crate::__conformance_of! { caches [] run_reopening
            reopening {
                results_are_there_again
                what_was_cleared_stays_away
                two_handles_see_each_other
            }
        }
    };
}
