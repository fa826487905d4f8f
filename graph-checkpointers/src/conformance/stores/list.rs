//! Every case by its name, and how a list of names becomes tests.

#[doc(hidden)]
#[macro_export]
macro_rules! __store_conformance {
    (open $place:ident, $open:expr) => {
        #[allow(unused_imports, clippy::wildcard_imports)]
        use super::*;

        #[allow(clippy::unwrap_used)]
        fn open($place: $crate::conformance::Place) -> $crate::conformance::StoreOpening {
            ::std::boxed::Box::pin(async move { ::std::sync::Arc::new($open) as _ })
        }
    };
    (every) => {
        $crate::__conformance_of! { stores [] run
            entries {
                every_kind_of_value_comes_back
                every_number_comes_back
                every_text_comes_back
                a_put_replaces_the_whole_value
                the_time_of_creation_stays_and_that_of_the_put_moves
                what_was_deleted_is_created_anew
                one_key_at_two_prefixes_is_two_entries
                what_is_not_there_is_none
                a_deleted_entry_is_gone_and_no_other
                clearing_takes_what_is_below_and_nothing_beside
                a_value_may_be_large
                a_value_beyond_the_limit_is_refused
                a_value_is_as_deep_as_can_be_read_again
                what_points_to_a_store_is_one
            }
            names {
                paths_and_separators
                wildcards
                queries
                forms_of_unicode
                the_longest
                the_longest_in_every_part
                keys_that_cannot_be_stored_are_refused
            }
            expiry {
                an_entry_is_there_until_its_end_and_not_from_then_on
                a_put_begins_a_new_life
                what_has_expired_is_created_anew
                a_life_of_no_length_is_over_at_once
                the_longest_life_is_a_long_one
                reading_renews_where_that_was_chosen
                reading_renews_nothing_else
                a_search_renews_nothing
                a_limit_counts_what_lives
                a_sweep_takes_what_has_expired_and_nothing_else
            }
            searching {
                everything_below_comes_in_order
                a_part_of_a_segment_is_no_prefix
                a_limit_gives_the_first
                pages_leave_no_gap
                a_page_follows_what_has_gone_meanwhile
                a_page_stays_under_its_prefix
                conditions_mean_what_the_contract_says
                numbers_of_two_kinds_are_equal
                all_conditions_must_hold
                a_limit_counts_what_is_found
                many_entries_are_found
            }
            prefixes {
                each_is_listed_once_in_order
                under_depth_after_and_limit_go_together
                a_prefix_goes_with_its_last_entry
            }
            meaning {
                the_nearest_come_first
                what_cannot_be_compared_is_not_found
                a_put_replaces_the_meaning
                prefixes_conditions_and_ends_count
                pages_of_the_nearest_leave_no_gap
                a_query_that_nobody_understands_is_refused
                an_embedded_store_understands_queries
            }
            races {
                many_puts_at_once_are_all_there
                puts_that_race_leave_one_of_them_whole
                readers_that_renew_do_not_disturb_each_other
                a_clearing_that_races_puts_leaves_whole_entries
                a_put_that_was_never_polled_does_nothing
                a_put_that_was_dropped_happens_whole_or_not_at_all
            }
        }
    };
    (reopened) => {
        $crate::__conformance_of! { stores [] run_reopening
            reopening {
                entries_are_there_again
                what_was_deleted_stays_away
                meanings_are_there_again
                two_handles_see_each_other
                handles_that_race_lose_nothing
            }
        }
    };
}
