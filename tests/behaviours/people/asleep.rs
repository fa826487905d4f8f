//! What waits in a `for`, and beside it: held results, restarts at every point, the same bytes in any order.

use std::sync::Arc;

use graph_runtime::prelude::*;
use graph_runtime::{Checkpointer, Query, ThreadKey, WriteKind};

use graph_tests::office::{Desk, polled, scale};
use graph_tests::slow::Slow;
use graph_tests::store::{Store, on_every_backend};
use graph_tests::watch::Watch;
use graph_tests::workshop::workshop::{Output, Question, Workshop};
use graph_tests::workshop::{LOG, input, next, thread, to_the_end};

async fn restarted(store: &Store, desk: &Arc<Desk>, watch: &Watch) -> Thread<Workshop> {
    thread(store.open().await, desk, watch, Durability::default())
}

fn count(begun: &[String], name: &str) -> usize {
    begun.iter().filter(|other| *other == name).count()
}

on_every_backend! {
    async fn items_wait_each_for_itself_and_what_has_ended_is_held(store) {
        let (desk, watch) = (Desk::seeded(1), Watch::new());
        let mut outcome = restarted(&store, &desk, &watch).await.invoke(input()).await.unwrap();
        let mut steps = 0;
        while let Outcome::Paused(pause) = outcome {
            let cuts = pause.questions().iter().filter(|open| matches!(open, Question::Cut(_))).count();
            assert_eq!(cuts, 3_usize.saturating_sub(steps / 2));
            // A process for each answer.
            let thread = restarted(&store, &desk, &watch).await;
            outcome = next(&thread, &watch, pause).await.unwrap();
            steps += 1;
        }
        let output = outcome.done().unwrap();
        assert_eq!((&output.log[..], output.approved), (&LOG.map(str::to_owned)[..], Some(true)));
        let begun = desk.begun();
        for (name, times) in [("cut 0", 1), ("cut 1", 3), ("cut 2", 1), ("cut 3", 3), ("cut 4", 3), ("paint", 1)] {
            assert_eq!(count(&begun, name), times, "{name} in {begun:?}");
        }
        assert!(desk.most_items() <= 2, "more at once than the limit");
        let key = ThreadKey::new("workshop", "t").unwrap();
        assert_eq!(store.open().await.writes(&key).await.unwrap(), []);
    }

    async fn several_are_answered_together(store) {
        let (desk, watch) = (Arc::default(), Watch::new());
        let thread = restarted(&store, &desk, &watch).await;
        let mut outcome = thread.invoke(input()).await.unwrap();
        for part in 0..2 {
            let pause = outcome.paused().unwrap();
            let answers: Vec<_> = pause.questions().iter().filter_map(|open| match open {
                Question::Cut(cut) => Some(cut.answer(cut.question.part * 10 + part)),
                Question::Approve(_) => None,
            }).collect();
            assert_eq!(answers.len(), 3);
            outcome = thread.answers(answers).await.unwrap();
        }
        assert_eq!(to_the_end(&thread, &watch, outcome).await.unwrap().log, LOG);
    }

    async fn an_item_that_fails_after_its_answer_is_the_only_one_to_run_again(store) {
        let (desk, watch): (Arc<Desk>, _) = (Arc::default(), Watch::new());
        let thread = restarted(&store, &desk, &watch).await;
        let pause = thread.invoke(input()).await.unwrap().paused().unwrap();
        desk.fail(&["cut 4"]);
        let before = desk.begun().len();
        let error = next(&thread, &watch, pause).await.unwrap_err();
        assert!(matches!(error, Error::Node { node: "cut", .. }), "{error}");
        // The others are still open, and can be answered before it runs again.
        assert_eq!(thread.questions().await.unwrap().len(), 3);
        desk.fail(&[]);
        let thread = restarted(&store, &desk, &watch).await;
        let pause = thread.resume().await.unwrap();
        assert_eq!(desk.begun()[before..], ["cut 4", "cut 4"]);
        assert_eq!(to_the_end(&thread, &watch, pause).await.unwrap().log, LOG);
    }
}

/// Goes on wherever the thread stands, or begins it if nothing was acknowledged.
async fn recovered(thread: &Thread<Workshop>, watch: &Watch) -> Output {
    let outcome = match thread.wake().await {
        Err(Error::NothingToResume { .. }) => thread.invoke(input()).await,
        woken => woken,
    };
    to_the_end(thread, watch, outcome.unwrap()).await.unwrap()
}

async fn undisturbed(thread: Thread<Workshop>, watch: &Watch) -> Result<Output, Error> {
    let outcome = thread.invoke(input()).await?;
    to_the_end(&thread, watch, outcome).await
}

/// The items whose results are kept beside the records.
async fn kept(saver: &dyn Checkpointer) -> Vec<String> {
    let key = ThreadKey::new("workshop", "t").unwrap();
    let writes = saver.writes(&key).await.unwrap();
    let updates = writes
        .into_iter()
        .filter(|write| write.key.kind == WriteKind::Update);
    updates
        .filter_map(|write| Some(format!("cut {}", write.key.item?)))
        .collect()
}

#[tokio::test]
async fn a_run_dropped_at_any_poll_goes_on_where_it_was() {
    for seed in 1..=scale() {
        for durability in [Durability::Sync, Durability::Async] {
            for at in 0.. {
                let (saver, watch) = (Slow::new(2 + seed % 3), Watch::new());
                let place = format!("{durability:?}, seed {seed}, dropped at poll {at}");
                let first = thread(
                    Arc::<_>::clone(&saver) as _,
                    &Desk::seeded(seed),
                    &watch,
                    durability,
                );
                if polled(undisturbed(first, &watch), at).await.is_some() {
                    assert!(at > 60, "over too soon for what this is to show");
                    break;
                }
                let (kept, desk) = (kept(&saver.inner).await, Desk::seeded(seed + 1));
                let second = thread(Arc::<_>::clone(&saver) as _, &desk, &watch, durability);
                let output = recovered(&second, &watch).await;
                assert_eq!(
                    (&output.log[..], output.approved),
                    (&LOG.map(str::to_owned)[..], Some(true)),
                    "{place}"
                );
                let begun = desk.begun();
                for name in kept {
                    assert_eq!(count(&begun, &name), 0, "{place}: `{name}` was run again");
                }
                let key = ThreadKey::new("workshop", "t").unwrap();
                assert_eq!(saver.inner.writes(&key).await.unwrap(), [], "{place}");
            }
        }
    }
}

#[tokio::test]
async fn a_run_whose_store_fails_at_any_commit_goes_on_where_it_was() {
    for durability in [Durability::Sync, Durability::Async] {
        for commits in 0.. {
            let (saver, watch) = (Slow::failing_after(commits, 1), Watch::new());
            let first = thread(
                Arc::<_>::clone(&saver) as _,
                &Desk::seeded(3),
                &watch,
                durability,
            );
            if undisturbed(first, &watch).await.is_ok() {
                assert!(commits > 15, "over too soon for what this is to show");
                break;
            }
            saver.mend();
            let second = thread(
                Arc::<_>::clone(&saver) as _,
                &Desk::seeded(4),
                &watch,
                durability,
            );
            assert_eq!(
                recovered(&second, &watch).await.log,
                LOG,
                "{durability:?}, {commits} commits"
            );
        }
    }
}

/// What is stored of a run, ids and the run's own name aside.
async fn bodies(saver: Arc<dyn Checkpointer>, seed: u64) -> Vec<String> {
    let desk = if seed == 0 {
        Arc::default()
    } else {
        Desk::seeded(seed)
    };
    let watch = Watch::new();
    let thread = thread(Arc::clone(&saver), &desk, &watch, Durability::default());
    undisturbed(thread, &watch).await.unwrap();
    let key = ThreadKey::new("workshop", "t").unwrap();
    graph_tests::bodies::texts(saver.list(&key, &Query::default()).await.unwrap())
}

#[tokio::test]
async fn any_order_of_completion_is_stored_as_the_same_bytes() {
    let calm = bodies(Arc::new(MemorySaver::new()), 0).await;
    for seed in 1..=70 * scale() {
        assert_eq!(bodies(Slow::new(seed % 4), seed).await, calm, "seed {seed}");
    }
}
