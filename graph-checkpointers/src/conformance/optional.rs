//! The cases of what a store may leave out, by their names. One that leaves something out has them ignored,
//! so that a test run says so.

/// Goes through what is left out, word by word and in any order, and keeps for each family what is said of its
/// tests, and the cases that a store has to pass instead.
#[doc(hidden)]
#[macro_export]
macro_rules! __conformance_optional {
    (told $words:tt $next:ident) => {
        $crate::__conformance_optional!(left_out $words $next [] [] [] []);
    };
    (left_out (lease $(, $more:ident)*) $next:ident $leases:tt $inbox:tt $upkeep:tt [$($case:ident)*]) => {
        $crate::__conformance_optional!(left_out ($($more),*) $next
            [#[ignore = "this store keeps no leases"]] $inbox $upkeep
            [$($case)*
                a_store_without_leases_says_so
            ]
        );
    };
    (left_out (inbox $(, $more:ident)*) $next:ident $leases:tt $inbox:tt $upkeep:tt [$($case:ident)*]) => {
        $crate::__conformance_optional!(left_out ($($more),*) $next
            $leases [#[ignore = "this store has no inbox"]] $upkeep
            [$($case)*
                a_store_without_an_inbox_says_so
            ]
        );
    };
    (left_out (upkeep $(, $more:ident)*) $next:ident $leases:tt $inbox:tt $upkeep:tt [$($case:ident)*]) => {
        $crate::__conformance_optional!(left_out ($($more),*) $next
            $leases $inbox [#[ignore = "this store isn't kept up"]]
            [$($case)*
                a_store_without_upkeep_says_so
            ]
        );
    };
    (left_out () $next:ident $leases:tt $inbox:tt $upkeep:tt $cases:tt) => {
        $crate::__conformance_optional!($next $leases $inbox $upkeep $cases);
    };
    (left_out ($($other:tt)*) $($rest:tt)*) => {
        ::core::compile_error!("`without` takes any of `lease`, `inbox` and `upkeep`");
    };
    (all $leases:tt $inbox:tt $upkeep:tt $cases:tt) => {
        $crate::__conformance_optional!(leases $leases);
        $crate::__conformance_optional!(inbox $inbox);
        $crate::__conformance_optional!(upkeep $upkeep);
        $crate::__conformance_optional!(without $cases);
    };
    (all_reopened $leases:tt $inbox:tt $upkeep:tt $cases:tt) => {
        $crate::__conformance_optional!(leases_reopened $leases);
        $crate::__conformance_optional!(inbox_reopened $inbox);
        $crate::__conformance_optional!(upkeep_reopened $upkeep);
    };
    (leases $told:tt) => {
        $crate::__conformance! { run $told
            leases {
                a_lease_says_who_holds_it
                one_at_a_time_holds_it
                renewing_it_keeps_its_epoch_and_moves_its_end
                one_that_has_ended_may_be_taken_by_another
                one_that_has_ended_may_be_renewed_while_nobody_takes_it
                it_may_be_cut_short_by_renewing_it
                the_longest_is_no_shorter
                one_that_was_given_back_may_be_taken
                one_that_was_given_back_is_not_renewed
                giving_back_what_was_lost_leaves_the_new_one
                giving_one_back_leaves_those_of_other_threads
                each_thread_has_its_own
                it_is_the_whole_threads_whatever_the_path
                it_begins_no_thread
                it_goes_with_its_thread
                a_holder_may_be_called_anything
                a_holder_that_cannot_be_named_is_refused
                of_sixteen_who_ask_one_is_given_it
            }
            fences {
                the_holder_may_commit
                the_holder_may_commit_after_renewing
                the_holder_of_one_that_has_ended_may_commit_while_nobody_takes_it
                whoever_lost_it_is_fenced_and_changes_nothing
                writes_alone_are_fenced_too
                a_fenced_commit_begins_no_thread
                whoever_gave_it_back_is_fenced
                an_epoch_that_was_never_given_is_fenced
                the_lease_of_another_thread_is_none
                a_commit_without_a_lease_is_judged_by_the_head_alone
                children_commit_under_the_lease_of_their_thread
                being_fenced_comes_before_a_conflict
                a_repeat_of_what_happened_is_no_news
                deleting_a_thread_fences_whoever_runs_it
                nothing_of_the_old_holder_comes_after_the_new_one
            }
        }
    };
    (inbox $told:tt) => {
        $crate::__conformance! { run $told
            inbox {
                messages_come_in_the_order_of_their_arrival
                an_inbox_without_messages_is_empty
                reading_removes_nothing
                a_message_begins_no_thread
                each_thread_and_each_path_has_an_inbox
                a_message_of_any_bytes_comes_back
                a_message_beyond_the_limit_is_refused
                a_commit_removes_the_messages_that_it_names
                a_commit_leaves_the_messages_that_it_does_not_name
                a_message_may_be_received_by_the_first_commit
                a_message_may_be_received_without_a_record
                receiving_what_is_not_there_is_fine
                a_refused_commit_receives_nothing
                no_position_is_given_twice
                a_repeat_receives_no_later_message
                deleting_a_thread_empties_its_inboxes
                a_deleted_thread_begins_with_an_empty_inbox
                of_sixteen_who_send_at_once_none_is_lost
                of_two_who_receive_one_message_one_goes_on
            }
        }
    };
    (leases_reopened $told:tt) => {
        $crate::__conformance! { run_reopening $told
            reopening_leases {
                a_lease_is_there_again
                epochs_rise_over_reopening
                a_holder_is_fenced_by_another_handle
            }
        }
    };
    (inbox_reopened $told:tt) => {
        $crate::__conformance! { run_reopening $told
            reopening_inbox {
                messages_are_there_again
                what_was_received_stays_away
                one_handle_receives_what_another_sends
            }
        }
    };
    (upkeep $told:tt) => {
        $crate::__conformance! { run $told
            rewriting {
                the_oldest_records_go_and_the_rest_stands_on_a_snapshot
                a_branch_in_the_middle_goes
                branches_stand_on_snapshots_of_their_own
                what_is_removed_is_not_found_any_more
                a_replaced_record_comes_back_as_it_is_now
                the_head_may_be_replaced
                any_bytes_may_take_the_place_of_others
                a_write_is_replaced_and_its_neighbours_are_not
                what_is_not_there_is_left_out
                all_else_stays
                only_removing_raises_the_count
                a_commit_from_before_is_refused_and_changes_nothing
                a_commit_of_whoever_read_again_is_taken
                a_count_from_nowhere_is_refused
                answers_are_taken_though_records_went
                a_repeat_of_what_happened_is_no_news_though_records_went
                a_conflict_comes_before_what_went
                a_rewrite_from_before_is_refused_and_changes_nothing
                a_rewrite_at_a_stale_head_is_a_conflict
                what_can_never_be_right_is_malformed
                a_payload_beyond_the_limit_is_refused
                a_name_that_cannot_be_stored_is_refused
                an_empty_rewrite_leaves_no_trace
                a_thread_that_is_not_there_cannot_be_rewritten
                paths_are_rewritten_apart
                a_deleted_thread_begins_with_no_count
                a_deleted_path_begins_with_no_count
                a_thread_goes_on_however_often_it_is_rewritten
                thousands_of_records_go_at_once
            }
            rewriting_races {
                of_two_rewrites_that_race_one_happens
                a_rewrite_among_sixteen_writers_loses_nothing
                a_read_sees_a_rewrite_whole
                a_rewrite_that_was_never_polled_does_nothing
                a_dropped_rewrite_happens_whole_or_not_at_all
                a_dropped_rewrite_may_be_made_again
                a_rewrite_that_races_a_deletion_leaves_no_half_thread
                many_threads_and_paths_are_rewritten_at_once
            }
            histories {
                a_thread_is_copied_with_its_branches_and_its_writes
                a_copy_goes_its_own_way
                a_thread_cannot_be_copied_onto_another
                the_records_of_a_run_go
                all_but_the_newest_go
                changes_over_a_pruned_base_find_their_line
                pages_leave_out_what_went_and_nothing_else
            }
            sizes {
                paths_come_in_byte_order
                only_what_lies_below_is_listed
                only_paths_that_hold_something_are_listed
                consumed_writes_leave_no_path
                paths_may_be_called_anything
                nothing_takes_no_room
                all_that_is_stored_is_counted
                what_lies_below_is_counted_along
                what_goes_is_not_counted_any_more
                a_commit_that_is_repeated_is_counted_once
            }
        }
    };
    (upkeep_reopened $told:tt) => {
        $crate::__conformance! { run_reopening $told
            reopening_upkeep {
                what_was_rewritten_is_so_again
                a_commit_from_before_is_refused_after_reopening
                a_handle_sees_what_another_rewrote
                paths_and_sizes_are_there_again
                a_handle_dropped_in_a_hurry_leaves_whole_rewrites
            }
        }
    };
    (without []) => {};
    (without [$($case:ident)+]) => {
        $crate::__conformance! { run [] without { $($case)+ } }
    };
}
