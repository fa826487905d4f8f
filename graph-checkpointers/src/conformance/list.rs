//! Every case of the contract that no store may leave out, by its name, and how a list of names becomes
//! tests.

#[doc(hidden)]
#[macro_export]
macro_rules! __conformance {
    (open $place:ident, $open:expr) => {
        #[allow(unused_imports, clippy::wildcard_imports)]
        use super::*;

        #[allow(clippy::unwrap_used)]
        fn open($place: $crate::conformance::Place) -> $crate::conformance::Opening {
            ::std::boxed::Box::pin(async move {
                ::std::sync::Arc::new($open) as $crate::conformance::Store
            })
        }
    };
    (every) => {
        $crate::__conformance! { run []
            heads {
                the_first_record_becomes_the_head
                each_commit_moves_the_head
                a_batch_is_stored_whole_and_its_last_record_is_the_head
                a_batch_goes_on_at_the_head
                every_part_of_a_record_comes_back
                every_source_comes_back
                the_largest_numbers_come_back
                the_smallest_numbers_come_back
                sequences_may_have_gaps
                order_is_by_sequence_and_not_by_clock
                order_is_by_sequence_and_not_by_id
                the_head_is_what_was_written_last_and_not_the_highest_step
                a_commit_of_writes_alone_keeps_the_head
                an_empty_commit_changes_nothing
                a_long_line_comes_back_whole
                a_huge_batch_comes_back_whole
            }
            conflicts {
                a_stale_head_is_refused_and_the_error_names_both
                a_first_record_is_refused_where_there_is_one
                a_head_is_refused_where_there_is_none
                a_head_of_another_thread_is_refused
                a_refused_commit_changes_nothing
                a_refused_commit_begins_no_thread
                a_refused_commit_can_be_followed_by_a_right_one
                writes_with_a_stale_head_are_refused
                writes_that_expect_nothing_are_taken_at_any_head
                records_that_expect_nothing_are_malformed
                a_sequence_that_is_taken_is_malformed
                sequences_that_do_not_rise_are_malformed
                a_sequence_beyond_what_databases_count_is_malformed
                a_sequence_of_zero_is_malformed
                of_sixteen_writers_at_one_head_one_succeeds
                of_sixteen_writers_of_a_new_thread_one_succeeds
                sixteen_writers_that_try_again_lose_nothing
                a_conflict_spoils_no_other_thread
            }
            repeats {
                the_same_commit_twice_is_one_commit
                the_same_first_commit_twice_is_one_commit
                the_same_batch_twice_is_one_batch
                a_repeat_brings_no_write_back
                a_repeat_consumes_no_later_write
                a_repeat_after_the_head_moved_on_is_a_conflict
                writes_alone_may_be_repeated
                repeats_that_race_are_one_commit
            }
            branches {
                branches_of_one_base_each_have_their_line
                the_head_is_on_the_branch_that_was_written_last
                an_old_moment_knows_the_threads_head_and_sequence
                only_the_head_comes_with_writes
                the_head_is_the_same_by_its_id
                listing_shows_every_branch_in_the_order_of_writing
                a_line_begins_at_the_nearest_snapshot
                a_branch_from_before_a_snapshot_has_the_older_base
                a_branch_may_begin_with_a_snapshot
                many_branches_do_not_mix
                a_late_branch_reaches_far_back
                a_line_of_snapshots_loads_one_record
            }
            writes {
                a_write_comes_back_at_the_head
                writes_come_with_the_records_of_their_commit
                the_first_write_of_a_key_stays
                the_first_write_of_a_key_in_one_commit_stays
                a_key_that_is_there_does_not_stop_its_neighbours
                kinds_items_and_names_are_keys_of_their_own
                names_that_look_like_parts_of_a_key_are_names
                the_first_write_of_a_name_stays
                a_name_that_cannot_be_stored_is_refused
                writes_come_in_the_order_of_their_keys
                consuming_removes_all_of_a_turn_and_nothing_else
                writes_may_be_consumed_without_a_record
                consuming_what_is_not_there_is_fine
                a_commit_consumes_before_it_writes
                a_consumed_write_may_be_written_again
                writes_outlast_commits_that_do_not_consume_them
                a_thread_may_hold_many_writes
                a_thread_without_writes_has_none
            }
            isolation {
                threads_do_not_see_each_other
                one_thread_id_in_two_namespaces_is_two_threads
                parts_of_a_key_do_not_run_together
                one_record_may_be_in_two_threads
                writes_belong_to_their_thread
                a_moment_of_another_thread_is_not_found
                a_moment_of_another_namespace_is_not_found
                an_unknown_moment_is_not_found
                an_unknown_thread_holds_nothing
                deleting_a_thread_leaves_the_others
            }
            paths {
                a_path_has_records_of_its_own
                a_path_has_writes_of_its_own
                a_path_has_a_head_of_its_own
                a_moment_of_another_path_is_not_found
                paths_that_look_alike_are_apart
                the_longest_path_in_the_longest_names
                paths_are_not_listed_as_threads
                pages_of_threads_do_not_count_paths
                deleting_a_thread_takes_all_below_along
                deleting_a_thread_that_has_only_paths
                deleting_a_path_takes_what_is_below_along_and_nothing_else
                deleting_a_path_that_looks_like_a_pattern
                deleting_a_path_where_nothing_lies_takes_what_is_below
                deleting_a_path_leaves_the_users_of_its_thread
                a_deleted_path_may_begin_again
            }
            names {
                paths
                queries
                operators
                wildcards
                separators
                cases_of_letters
                forms_of_unicode
                what_cannot_be_seen
                the_longest
                the_longest_in_every_part
                a_user_that_cannot_be_named_is_refused
                a_thread_that_cannot_be_named_is_not_kept_for_a_user
            }
            payloads {
                nothing
                a_single_nul
                every_byte
                what_is_not_utf_8
                json_as_it_was_written
                what_looks_like_an_escape
                sizes_around_pages
                several_megabytes
                the_largest
                a_record_beyond_the_limit_is_refused
                a_write_beyond_the_limit_is_refused
            }
            listing {
                the_newest_comes_first
                a_limit_keeps_the_newest
                a_limit_of_none_at_all_lists_nothing
                before_leaves_out_the_record_itself
                before_may_be_any_number
                pages_of_records_leave_no_gap
                inputs_may_be_left_out
                a_limit_counts_what_is_listed
                updates_and_forks_are_no_inputs
                sequences_are_compared_as_numbers
                a_list_is_as_it_was_stored
                threads_come_in_byte_order
                threads_of_other_namespaces_are_not_listed
                a_page_of_threads_begins_after_an_id
                a_page_may_begin_after_an_id_that_is_not_there
                pages_of_threads_leave_no_gap
                a_thread_is_listed_once
                a_thread_of_a_user_is_listed_when_it_begins
            }
            due {
                a_thread_that_waits_for_no_time_is_never_due
                a_thread_is_due_from_its_time_on
                the_earliest_and_the_latest_time_are_kept
                a_time_beyond_what_databases_count_is_malformed
                only_the_head_says_when_a_thread_is_due
                of_a_batch_only_the_last_record_counts
                writes_alone_change_nothing_about_it
                a_refused_commit_wakes_nobody
                a_deleted_thread_is_not_due
                a_thread_of_another_namespace_is_not_due_here
                a_path_wakes_nobody_by_itself
                the_earliest_comes_first_and_then_by_bytes
                a_page_holds_no_more_than_is_asked_for
                a_page_begins_after_the_one_before
                pages_leave_no_gap
            }
            idle {
                a_thread_is_idle_after_the_time_of_its_head
                only_the_head_says_when_a_thread_was_written
                writes_wake_no_idle_thread
                a_deleted_thread_is_not_idle
                a_thread_of_another_namespace_is_not_idle_here
                paths_are_neither_idle_nor_awake
                the_longest_idle_comes_first_and_then_by_bytes
                a_page_holds_no_more_than_is_asked_for
                pages_leave_no_gap_though_what_was_seen_goes
                a_refused_commit_wakes_no_idle_thread
                a_store_that_can_be_used_says_so_and_changes_nothing
            }
            users {
                the_first_proposal_is_kept
                each_user_has_a_thread
                a_user_has_a_thread_in_each_namespace
                two_users_may_share_a_thread
                a_user_may_be_led_to_a_thread_that_is_there
                a_user_does_not_begin_a_thread
                proposals_that_race_agree
                deleting_the_thread_frees_all_its_users
                a_thread_that_never_began_can_be_deleted
                deleting_in_one_namespace_leaves_the_users_of_another
            }
            deletion {
                a_deleted_thread_holds_nothing
                deleting_what_is_not_there_is_fine
                a_deleted_thread_may_begin_again
                a_deleted_thread_may_be_written_again
                a_commit_to_a_deleted_thread_is_a_conflict
                a_commit_that_races_a_deletion_leaves_no_half_thread
                a_long_thread_can_be_deleted
            }
            futures {
                a_commit_that_was_never_polled_does_nothing
                a_dropped_commit_happens_whole_or_not_at_all
                a_dropped_commit_may_be_repeated
                dropped_reads_disturb_nobody
                a_read_sees_every_commit_before_it
                a_read_between_commits_sees_one_state
                many_threads_are_written_at_once
                commits_inline_is_the_truth
            }
            pointers {
                an_arc_works_alike
                a_box_works_alike
                pointers_to_pointers_work_alike
                pointers_lease_as_what_they_point_to
                pointers_have_the_inbox_of_what_they_point_to
                pointers_are_kept_up_as_what_they_point_to
                pointers_commit_inline_as_what_they_point_to
            }
        }
    };
    (reopened) => {
        $crate::__conformance! { run_reopening []
            reopening {
                records_are_there_again
                branches_are_there_again
                writes_are_there_again
                paths_are_there_again
                what_is_due_is_due_again
                what_was_consumed_stays_away
                what_was_deleted_stays_away
                users_are_there_again
                threads_are_listed_again
                a_thread_goes_on_after_reopening
                a_commit_may_be_repeated_after_reopening
                a_handle_dropped_in_a_hurry_leaves_whole_commits
                two_handles_see_each_other
                handles_that_race_lose_nothing
                a_new_place_may_be_opened_by_many_at_once
            }
        }
    };
    ($run:ident $told:tt $($subjects:tt)*) => {
        $crate::__conformance_of! { cases $told $run $($subjects)* }
    };
}

/// Makes a test of each named case of a family; what is in the brackets is said of each.
#[doc(hidden)]
#[macro_export]
macro_rules! __conformance_of {
    ($family:ident $told:tt $run:ident $($subject:ident { $($case:ident)* })*) => {$(
        mod $subject {
            use super::open;
            $($crate::__conformance_of! { @ $family $told $run $subject $case })*
        }
    )*};
    (@ $family:ident [$($told:tt)*] $run:ident $subject:ident $case:ident) => {
        #[test]
        $($told)*
        fn $case() {
            $crate::conformance::$run(open, $crate::conformance::$family::$subject::$case);
        }
    };
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    /// A case that is written but not listed would never run.
    #[test]
    fn every_case_is_listed() {
        let sources = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/conformance");
        for (lists, cases) in [
            (&["list.rs", "optional.rs"][..], "cases"),
            (&["stores/list.rs"], "stores"),
            (&["caches/mod.rs"], "caches"),
        ] {
            let read = |list: &&str| fs::read_to_string(sources.join(list)).unwrap();
            let list: String = lists.iter().map(read).collect();
            for file in fs::read_dir(sources.join(cases)).unwrap() {
                let source = fs::read_to_string(file.unwrap().path()).unwrap();
                for case in source.split("pub async fn ").skip(1) {
                    let name = case.split('(').next().unwrap();
                    assert!(list.contains(&format!(" {name}\n")), "{name}");
                }
            }
        }
    }
}
