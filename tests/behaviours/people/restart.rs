//! What a process that dies leaves to the next one: turns, slots, items, questions, pauses, results.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use graph_runtime::prelude::*;
use graph_runtime::{Checkpointer, Query, ThreadKey};

use graph_tests::office::office::{self, Node, Office, Question};
use graph_tests::office::{Desk, LOG, builder, input, polled, to_the_end, writes, yes};
use graph_tests::store::{Store, on_every_backend};

/// A process of its own: nothing but the store is the same.
fn process(saver: Arc<dyn Checkpointer>, desk: &Arc<Desk>) -> Thread<Office> {
    builder(desk).checkpointer(saver).build().thread("t")
}

/// Whether it was stopped by its limit, as these tests do to stop a run after each step.
fn stopped(result: &Result<Outcome<Office>, Error>) -> bool {
    matches!(result, Err(Error::StepLimit { .. }))
}

/// The sequences of the thread's moments, by what their runs were given to remember.
async fn who(thread: &Thread<Office>) -> BTreeMap<String, Vec<u64>> {
    let mut runs = BTreeMap::<String, Vec<u64>>::new();
    for moment in thread.history().with_inputs().await.unwrap() {
        let name = moment.metadata["who"].clone();
        runs.entry(name).or_default().push(moment.sequence);
    }
    runs
}

/// Sees a run through in which each step is taken by a process of its own.
/// Where it is eager, questions are answered as soon as they are asked.
async fn step_by_step(
    store: &Store,
    desk: &Arc<Desk>,
    input: office::Input,
    eager: bool,
) -> office::Output {
    let thread = process(store.open().await, desk);
    let mut result = thread
        .invoke(input)
        .metadata("who", "ada")
        .step_limit(1)
        .await;
    loop {
        let saver = store.open().await;
        let thread = process(Arc::clone(&saver), desk);
        let next = match result {
            Ok(Outcome::Done(done)) => {
                assert_eq!(writes(&*saver).await, []);
                return done.output;
            }
            // One at a time, so that some are answered and some are not.
            Ok(Outcome::Paused(pause)) => {
                let stands = thread.state().await.unwrap().unwrap().state;
                match &pause.questions()[0] {
                    Question::Consent(_) => assert_eq!(stands.consent, None, "of the run before"),
                    Question::Vote(_) => assert!(stands.votes.is_empty(), "of the run before"),
                }
                thread.answer(yes(&pause.questions()[pause.questions().len() - 1]))
            }
            Err(Error::StepLimit { .. }) => match thread.questions().await.unwrap().first() {
                Some(question) if eager => thread.answer(yes(question)),
                _ => thread.resume(),
            },
            Err(error) => panic!("{error}"),
        };
        result = next.metadata("who", "ada").step_limit(1).await;
    }
}

fn check(output: &office::Output, runs: usize) {
    assert_eq!(output.log, LOG.repeat(runs));
    // Of step scope after one step, unsaved, of step scope after two, and after one again.
    assert_eq!(output.seen, [Some(1), None, None, Some(2)]);
    assert_eq!((output.fleeting, output.votes.len()), (None, 3));
}

// Snapshots fall on every step of a run: with slots filled, questions open, items at work.
#[tokio::test]
async fn it_does_not_matter_where_a_snapshot_falls() {
    let mut fell = BTreeSet::new();
    for size in 0..30 {
        let store = Store::memory();
        let desk = Desk::seeded(size + 1);
        let filled = |length| input().filler("x".repeat(length));
        // The larger the state is in the second run, the more may be read for it, and the later the snapshot comes.
        check(&step_by_step(&store, &desk, filled(1300), false).await, 1);
        let length = 150 * usize::try_from(size).unwrap();
        check(
            &step_by_step(&store, &desk, filled(length), size % 2 == 0).await,
            2,
        );
        assert_eq!(desk.begun().len(), 2 * LOG.len());
        let saver = store.open().await;
        let key = ThreadKey::new("office", "t").unwrap();
        let records = saver.list(&key, &Query::default()).await.unwrap();
        fell.extend(
            records
                .iter()
                .filter(|record| record.is_snapshot())
                .map(|record| record.step),
        );
        let thread = process(saver, &desk);
        for moment in thread.history().with_inputs().await.unwrap() {
            assert_eq!(moment.metadata["who"], "ada");
            assert_eq!(
                thread.moment(moment.id).await.unwrap().metadata["who"],
                "ada"
            );
        }
    }
    let steps = 13..=24;
    assert!(
        steps.clone().all(|step| fell.contains(&step)),
        "{fell:?} of {steps:?}"
    );
}

on_every_backend! {
    async fn a_run_that_dies_after_every_step_comes_to_the_same_end(store) {
        for runs in 1..=3 {
            let desk = Desk::seeded(runs);
            let runs = usize::try_from(runs).unwrap();
            check(&step_by_step(&store, &desk, input(), runs == 2).await, runs);
            assert_eq!(desk.begun().len(), LOG.len());
            assert_eq!(desk.most_items(), 2);
        }
    }

    async fn every_moment_is_told_alike_by_head_and_by_id(store) {
        let desk = Arc::<Desk>::default();
        let thread = process(store.open().await, &desk);
        for _ in 0..4 {
            let outcome = thread.invoke(input()).await.unwrap();
            to_the_end(&thread, outcome).await.unwrap();
        }
        let history = thread.history().with_inputs().await.unwrap();
        for moment in &history {
            let alone = thread.moment(moment.id).await.unwrap();
            assert_eq!((&alone.state, &alone.ran, &alone.next), (&moment.state, &moment.ran, &moment.next));
            assert_eq!((&alone.run, alone.sequence, alone.step), (&moment.run, moment.sequence, moment.step));
        }
        // An ask that was answered has run.
        let asks = history.iter().flat_map(|moment| &moment.ran).filter(|node| **node == Node::Consent);
        assert_eq!(asks.count(), 8, "asked and answered in each of four runs");
    }

    async fn what_finished_beside_a_failure_is_kept_and_taken_once(store) {
        for failing in ["research", "review"] {
            let desk = Desk::seeded(7);
            let saver = store.open().await;
            process(Arc::clone(&saver), &desk).reset().await.unwrap();
            desk.fail(&[failing]);
            let error = process(Arc::clone(&saver), &desk).invoke(input()).await.unwrap_err();
            assert!(matches!(error, Error::Node { .. }), "{error}");
            assert_eq!(writes(&*saver).await.len(), 1);
            desk.fail(&[]);
            let thread = process(store.open().await, &desk);
            let outcome = thread.resume().await.unwrap();
            let output = to_the_end(&thread, outcome).await.unwrap();
            assert_eq!(output.log, LOG);
            assert_eq!(desk.begun().iter().filter(|name| *name == failing).count(), if failing == "research" { 3 } else { 2 });
            assert_eq!(desk.begun().len(), LOG.len() + 1);
            assert_eq!(writes(&*store.open().await).await, []);
        }
    }

    async fn the_error_is_that_of_the_first_failing_task_and_all_others_end(store) {
        for seed in 1..20 {
            let desk = Desk::seeded(seed);
            let thread = process(store.open().await, &desk);
            thread.reset().await.unwrap();
            let pause = thread.invoke(input()).await.unwrap().paused().unwrap();
            desk.fail(&["print 0", "print 1"]);
            let error = thread.answer(yes(&pause.questions()[0])).await.unwrap_err();
            assert!(error.to_string().contains("node `print` (item 0) failed"), "{error}");
            desk.fail(&[]);
            let begun = desk.begun().len();
            thread.resume().await.unwrap();
            assert_eq!(desk.begun()[begun..].len(), 2, "item 2 was kept");
        }
    }

    async fn what_finished_while_another_hangs_is_kept(store) {
        let desk = Arc::<Desk>::default();
        let saver = store.open().await;
        let thread = process(Arc::clone(&saver), &desk);
        desk.hold(&["research"]);
        let run = async {
            let run = thread.invoke(input()).into_future();
            tokio::pin!(run);
            loop {
                if polled(&mut run, 1).await.is_some() || !writes(&*saver).await.is_empty() {
                    return;
                }
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(10), run).await.unwrap();
        desk.hold(&[]);
        let thread = process(store.open().await, &desk);
        let outcome = thread.resume().await.unwrap();
        assert_eq!(to_the_end(&thread, outcome).await.unwrap().log, LOG);
        assert_eq!(desk.begun().iter().filter(|name| *name == "review").count(), 1);
    }

    async fn from_start_leaves_nothing_of_what_was_unfinished(store) {
        let desk = Arc::<Desk>::default();
        let saver = store.open().await;
        let thread = process(Arc::clone(&saver), &desk);
        // Two slots of the join are filled.
        assert!(stopped(&thread.invoke(input()).step_limit(2).await));
        let questions = thread.questions().await.unwrap();
        assert!(stopped(&thread.answer(yes(&questions[0])).step_limit(1).await));
        assert_eq!(thread.state().await.unwrap().unwrap().next, [Node::Draft]);

        let thread = process(store.open().await, &desk);
        let pause = thread.from_start(input()).await.unwrap().paused().unwrap();
        assert!(matches!(pause.questions(), [Question::Consent(_)]), "the join waits for the new answer");
        assert_eq!(thread.state().await.unwrap().unwrap().state.log.last().unwrap(), "draft");

        // Results that were kept and answers that were given go with what they belonged to.
        desk.fail(&["research"]);
        thread.from_start(input()).await.unwrap_err();
        assert_eq!(writes(&*saver).await.len(), 1);
        desk.fail(&["draft"]);
        thread.from_start(input()).await.unwrap_err();
        assert_eq!(writes(&*saver).await, []);
        desk.fail(&[]);
        let outcome = process(store.open().await, &desk).from_start(input()).await.unwrap();
        to_the_end(&thread, outcome).await.unwrap();
        assert_eq!(writes(&*saver).await, []);
    }

    async fn what_a_run_forgets_is_forgotten_after_a_restart_too(store) {
        let desk = Arc::<Desk>::default();
        desk.fail(&["check"]);
        // `plan` sets a field of step scope, and the run dies one step later.
        process(store.open().await, &desk).invoke(input()).step_limit(1).await.unwrap_err();
        let thread = process(store.open().await, &desk);
        assert_eq!(thread.state().await.unwrap().unwrap().state.fleeting, Some(1));
        let again = thread.from_start(input()).step_limit(0).await;
        assert!(stopped(&again));
        assert_eq!(thread.state().await.unwrap().unwrap().state.fleeting, None);
        thread.resume().await.unwrap_err();
        assert_eq!(thread.state().await.unwrap().unwrap().state.rounds, 1);
        let thread = process(store.open().await, &desk);
        assert!(stopped(&thread.from_start(input()).step_limit(0).await));
        assert_eq!(process(store.open().await, &desk).state().await.unwrap().unwrap().state.rounds, 0);
    }

    async fn a_pause_that_was_gone_past_is_behind_after_a_failure(store) {
        let desk = Arc::<Desk>::default();
        let saver = store.open().await;
        let pause = process(Arc::clone(&saver), &desk).invoke(input()).pause_before([Node::Draft]).await;
        assert_eq!(pause.unwrap().paused().unwrap().before(), [Node::Draft]);
        desk.fail(&["draft"]);
        let error = process(Arc::clone(&saver), &desk).resume().pause_before([Node::Draft]).await.unwrap_err();
        assert!(matches!(error, Error::Node { .. }), "{error}");
        let error = process(Arc::clone(&saver), &desk).resume().pause_before([Node::Draft]).await.unwrap_err();
        assert!(matches!(error, Error::Node { .. }), "{error}");
        // Nobody is waited for: an input goes on at the failed node.
        desk.fail(&[]);
        let thread = process(store.open().await, &desk);
        let outcome = thread.invoke(office::Input::new()).pause_before([Node::Draft]).await.unwrap();
        to_the_end(&thread, outcome).await.unwrap();
        assert_eq!(writes(&*saver).await, []);
    }

    async fn a_run_that_pauses_after_its_last_node_is_over(store) {
        let desk = Arc::<Desk>::default();
        let thread = process(store.open().await, &desk);
        let mut outcome = thread.invoke(input()).pause_after([Node::Close]).await.unwrap();
        while let Outcome::Paused(pause) = outcome {
            assert_eq!(pause.after(), []);
            let answers: Vec<_> = pause.questions().iter().map(yes).collect();
            outcome = thread.answers(answers).pause_after([Node::Close]).await.unwrap();
        }
    }

    async fn every_moment_says_of_which_run_it_is(store) {
        let desk = Desk::seeded(3);
        let saver = store.open().await;
        let thread = process(Arc::clone(&saver), &desk);
        desk.fail(&["review"]);
        thread.invoke(input()).metadata("who", "ada").await.unwrap_err();
        assert_eq!(who(&thread).await["ada"], [2, 1]);
        desk.fail(&["publish"]);
        let thread = process(Arc::clone(&saver), &desk);
        // A pause is gone past, and siblings end one by one, before this run has a record of its own.
        thread.resume().pause_before([Node::Draft]).metadata("who", "bob").await.unwrap();
        thread.resume().metadata("who", "cleo").await.unwrap();
        let questions = thread.questions().await.unwrap();
        thread.answer(yes(&questions[0])).metadata("who", "dora").await.unwrap_err();
        assert!(stopped(&thread.resume().metadata("who", "nobody").step_limit(0).await));
        let runs = who(&thread).await;
        assert_eq!(runs.keys().collect::<Vec<_>>(), ["ada", "bob", "cleo", "dora"]);
    }

    async fn asks_for_each_item_are_answered_by_one_process_after_another(store) {
        let desk = Arc::<Desk>::default();
        let thread = process(store.open().await, &desk);
        let pause = thread.invoke(input()).await.unwrap().paused().unwrap();
        let mut outcome = thread.answer(yes(&pause.questions()[0])).await.unwrap();
        for (place, left) in [(1, 2), (0, 1), (0, 0)] {
            let thread = process(store.open().await, &desk);
            let open = thread.questions().await.unwrap();
            let Outcome::Paused(pause) = outcome else { panic!("it is over") };
            assert_eq!(pause.questions().len(), left + 1);
            let Question::Vote(vote) = &open[place] else { panic!("not a vote") };
            // A question that is open takes one answer and no other.
            let _ = vote.answer(false);
            outcome = thread.answer(vote.answer(place == 1)).await.unwrap();
            assert_eq!(thread.questions().await.unwrap().len(), left);
        }
        let votes = outcome.done().unwrap().votes;
        let votes: Vec<_> = votes.iter().map(|(person, vote)| (person.as_str(), *vote)).collect();
        assert_eq!(votes, [("ada", false), ("bob", true), ("cleo", false)]);
    }
}
