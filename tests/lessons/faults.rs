//! The faults, one by one.

use crate::Kept::{self, By, Out, OutBy};

pub(crate) const FAULTS: &[(&str, Kept)] = &[
    (
        "unknown keys returned by a node are dropped",
        OutBy(
            "an update struct has setters for the node's own fields and no others",
            &["an_update_has_what_is_declared", "what_a_node_returns"],
        ),
    ),
    (
        "a misspelt reducer is taken for `replace`",
        By(&["did_you_mean", "doesnt_fit_the_field"]),
    ),
    (
        "unreachable nodes, dead ends, joins that can never fire: the run ends as a success",
        By(&[
            "is_never_reached",
            "cant_be_left",
            "can_never_be_complete",
            "can_wait_for_ever",
            "a_join_that_nothing_leads_to_any_more_is_no_end",
        ]),
    ),
    (
        "a join that uneven branches reach runs early, or twice",
        By(&[
            "a_slot_outlives_any_number_of_steps_beside_it",
            "can_be_started_twice",
        ]),
    ),
    (
        "a goto and a static edge both fire",
        OutBy("a node leads on in one statement", &["is_there_already"]),
    ),
    (
        "a router that fails after its node wrote is skipped by the resumed run",
        By(&["a_panic_is_an_error_and_the_step_before_it_stands"]),
    ),
    (
        "an unknown route ends the run as a success",
        OutBy(
            "a route is a `match` over nodes that exist",
            &["there_is_no_node", "a_match_covers_everything"],
        ),
    ),
    (
        "the frontier is saved before it was advanced, so finished nodes run again",
        By(&[
            "a_run_that_dies_after_every_step_comes_to_the_same_end",
            "the_office_survives_being_killed_anywhere",
        ]),
    ),
    (
        "pending writes and the moment that consumes them are stored in no fixed order",
        By(&[
            "joined_commits_do_what_they_did_one_after_the_other",
            "a_commit_consumes_before_it_writes",
            "the_office_survives_being_killed_anywhere",
        ]),
    ),
    (
        "two runs of one thread both succeed, and one history disappears",
        By(&[
            "two_runs_of_one_thread_do_not_both_go_on",
            "two_processes_on_one_thread_can_not_both_win",
            "of_sixteen_writers_at_one_head_one_succeeds",
        ]),
    ),
    (
        "finished siblings are discarded when one fails",
        By(&[
            "what_finished_beside_a_failure_is_kept_and_taken_once",
            "siblings_of_a_failed_task_are_kept_over_a_restart_and_not_run_again",
        ]),
    ),
    (
        "updates are merged in the order of completion",
        By(&[
            "results_come_in_the_order_of_their_items",
            "any_order_of_completion_is_stored_as_the_same_bytes",
        ]),
    ),
    (
        "streaming and invoking are two engines",
        OutBy(
            "`invoke` is the stream with nobody listening",
            &["a_stream_tells_what_happens_in_order_and_saves_like_any_run"],
        ),
    ),
    (
        "`invoke` never attached the checkpointer, and nothing is stored without an error",
        By(&[
            "a_moment_is_saved_after_every_step_and_links_to_the_one_before",
            "without_a_checkpointer_a_graph_is_stateless",
        ]),
    ),
    (
        "an asynchronous writer swallows errors, loses the last writes, or writes out of order",
        By(&[
            "an_error_of_the_writer_is_the_runs_error",
            "in_async_the_input_comes_first_the_run_is_at_most_eight_steps_ahead_and_all_is_stored_at_the_end",
            "a_killed_process_loses_at_most_what_its_durability_says",
        ]),
    ),
    (
        "pausing before a node pauses there again for ever",
        By(&["a_pause_before_a_node_names_it_and_is_gone_past_once"]),
    ),
    (
        "an interrupted result shows the input's state",
        By(&["answers_wait_for_their_siblings_while_others_go_on"]),
    ),
    (
        "answers are matched by position, so a changed order misroutes them",
        OutBy(
            "an answer is made from its question and carries its id",
            &[
                "an_answer_to_another_nodes_question_is_stale",
                "answers_come_from_json_and_only_to_their_own_question",
            ],
        ),
    ),
    (
        "one answer is accepted for several questions",
        By(&[
            "an_answer_given_twice_is_one_answer",
            "an_ask_for_each_item_waits_for_all_answers",
        ]),
    ),
    (
        "resume of a finished thread is accepted",
        By(&["a_run_that_ended_has_nothing_next_and_resuming_it_runs_nothing"]),
    ),
    (
        "`try`/`catch` in user code swallows the interrupt",
        OutBy(
            "an interrupt is a future that is never ready without its answer; there is nothing to catch",
            &["a_node_asks_while_it_runs_and_runs_again_with_the_answer"],
        ),
    ),
    (
        "`None` isn't possible as an answer",
        By(&[
            "answers_are_found_by_their_id_whatever_the_order",
            "an_ask_for_each_item_waits_for_all_answers",
        ]),
    ),
    (
        "an error handler is run twice on resume",
        By(&[
            "a_handler_that_fails_itself_runs_again_and_what_led_there_does_not",
            "every_failure_survives_a_restart_at_every_step",
        ]),
    ),
    (
        "dynamic tasks lose their payload on resume",
        By(&[
            "siblings_of_a_failed_task_are_kept_over_a_restart_and_not_run_again",
            "what_a_run_forgets_is_forgotten_after_a_restart_too",
        ]),
    ),
    (
        "a thread paused at a node that was renamed is resumed and `finished`",
        By(&[
            "a_thread_that_waits_at_a_renamed_node_takes_its_answer",
            "a_thread_whose_node_is_gone_is_never_over",
        ]),
    ),
    (
        "types are rebuilt from the stored data, which can run code",
        Out(
            "what is stored is plain data, read into the types that the program names; nothing stored names a type",
        ),
    ),
    (
        "filters are built as text, so that they can be injected",
        By(&["queries", "operators", "wildcards", "separators"]),
    ),
    (
        "an encrypted store accepts plain rows or another thread's rows",
        By(&[
            "bytes_belong_to_their_row",
            "records_that_are_missing_or_elsewhere_are_found_out",
        ]),
    ),
    (
        "an empty id is taken for `none`",
        By(&[
            "a_bad_id_is_an_error_at_first_use",
            "what_is_not_an_id_is_refused",
        ]),
    ),
    (
        "latest is found by the highest step or the clock, and after a fork the old branch comes back",
        By(&[
            "the_head_is_what_was_written_last_and_not_the_highest_step",
            "order_is_by_sequence_and_not_by_clock",
            "a_random_walk_through_the_past_ends_where_the_model_says",
        ]),
    ),
    (
        "a loop's limit fails one step early and leaves the thread looking resumable",
        By(&["a_loop_ends_at_its_limit_and_not_a_step_earlier"]),
    ),
    (
        "storage grows with the square of the conversation",
        By(&["storage_grows_with_what_was_said_and_not_with_its_square"]),
    ),
    (
        "listing reads the whole thread at each step; a limit is applied after reading everything",
        By(&[
            "a_limit_keeps_the_newest",
            "loading_a_moment_reads_a_bounded_multiple_of_its_state",
        ]),
    ),
    (
        "SQLite in its default journal mode, `database is locked`, a connection shared without a lock",
        By(&[
            "every_setting_that_keeps_what_was_acknowledged_is_on",
            "sixteen_writers_that_try_again_lose_nothing",
            "handles_that_race_lose_nothing",
        ]),
    ),
    (
        "a Postgres pool behind one lock, a stalled pipeline, a server restart that strands every run",
        Out("there is no Postgres backend yet"),
    ),
    (
        "parallel branches run one after the other",
        By(&["parallel_branches_really_run_together"]),
    ),
    (
        "the cost of a task grows with the width of its fan-out",
        OutBy(
            "measured, not tested: a time can't fail a test here",
            &["fan_out"],
        ),
    ),
    (
        "a panic in one node takes the thread's state along",
        By(&["a_panic_is_an_error_and_the_step_before_it_stands"]),
    ),
    (
        "a double click answers the next question of the loop",
        By(&[
            "an_answer_given_twice_is_one_answer",
            "an_answer_is_known_again_after_many_steps",
        ]),
    ),
    (
        "last turn's `yes` pays this turn's refund",
        By(&["an_old_yes_is_not_taken_for_a_new_one"]),
    ),
    (
        "`Option<Option<T>>` in a stored update: `null` is read back as `not written`",
        OutBy(
            "such a field is refused, and what an update doesn't set isn't in it",
            &["cant_be_stored_as"],
        ),
    ),
    (
        "a random id for each checkpoint costs more than the step",
        Out(
            "ids are one clock read and a counter that is seeded once; `benches/saved` has the step as a whole",
        ),
    ),
    (
        "a `return` in a route expression ends the run",
        By(&["a_route_is_an_expression"]),
    ),
    ("a README whose code doesn't compile", By(&["readme"])),
];
