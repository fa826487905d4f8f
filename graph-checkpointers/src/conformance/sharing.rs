//! The cases of what only a store needs that several processes share, by their names. One that leaves
//! something out has them ignored, so that a test run says so.

#[doc(hidden)]
#[macro_export]
macro_rules! __conformance_sharing {
    (told () $next:ident) => {
        $crate::__conformance_sharing!($next [] []);
    };
    (told (lease) $next:ident) => {
        $crate::__conformance_sharing!($next [#[ignore = "this store keeps no leases"]] []);
    };
    (told (inbox) $next:ident) => {
        $crate::__conformance_sharing!($next [] [#[ignore = "this store has no inbox"]]);
    };
    (told (lease, inbox) $next:ident) => {
        $crate::__conformance_sharing!($next
            [#[ignore = "this store keeps no leases"]]
            [#[ignore = "this store has no inbox"]]
        );
    };
    (told (inbox, lease) $next:ident) => {
        $crate::__conformance_sharing!(told (lease, inbox) $next);
    };
    (told ($($other:tt)*) $next:ident) => {
        ::core::compile_error!("`without` takes `lease`, `inbox` or both");
    };
    (sharing $leases:tt $inbox:tt) => {
        $crate::__conformance_sharing!(leases $leases);
        $crate::__conformance_sharing!(inbox $inbox);
        $crate::__conformance_sharing!(without $leases $inbox);
    };
    (sharing_reopened $leases:tt $inbox:tt) => {
        $crate::__conformance_sharing!(leases_reopened $leases);
        $crate::__conformance_sharing!(inbox_reopened $inbox);
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
    (without [] []) => {};
    (without [$($leases:tt)+] []) => {
        $crate::__conformance! { run [] without { a_store_without_leases_says_so } }
    };
    (without [] [$($inbox:tt)+]) => {
        $crate::__conformance! { run [] without { a_store_without_an_inbox_says_so } }
    };
    (without [$($leases:tt)+] [$($inbox:tt)+]) => {
        $crate::__conformance! { run []
            without {
                a_store_without_leases_says_so
                a_store_without_an_inbox_says_so
            }
        }
    };
}
