//! A run with graphs in graphs that is dropped at every poll, or whose store fails at every commit: what was
//! stored at any depth is not run again, and nothing else is lost.

use std::sync::Arc;

use graph_runtime::prelude::*;

use graph_tests::between::Over;
use graph_tests::nested::top::{Output, Top};
use graph_tests::nested::{builder, input, log, to_the_end};
use graph_tests::office::{Desk, polled, scale};
use graph_tests::slow::Slow;

const PAIR: (&str, &str) = ("a?", "b");
const TOPICS: [&str; 3] = ["x", "y?", "z"];

fn thread(saver: &Arc<Over<Slow>>, desk: &Arc<Desk>, durability: Durability) -> Thread<Top> {
    let graph = builder(desk).durability(durability);
    graph.checkpointer(Arc::clone(saver)).build().thread("t")
}

async fn undisturbed(thread: Thread<Top>) -> Result<Output, Error> {
    let outcome = thread.invoke(input(PAIR, &TOPICS)).await?;
    to_the_end(&thread, outcome).await
}

/// Sees a run through that was broken off: what is stored by now isn't run again, and all else is run.
async fn check(saver: &Arc<Over<Slow>>, seed: u64, durability: Durability, place: &str) {
    let stored = saver.text().await;
    let desk = Desk::seeded(seed + 1);
    let thread = thread(saver, &desk, durability);
    let outcome = match thread.resume().await {
        Err(Error::NothingToResume { .. }) => thread.invoke(input(PAIR, &TOPICS)).await,
        resumed => resumed,
    };
    let output = to_the_end(&thread, outcome.unwrap()).await.unwrap();
    let all = log(PAIR, &TOPICS);
    assert_eq!(output.log, all, "{place}");
    let begun = desk.begun();
    for name in &all {
        let count = begun.iter().filter(|begun| *begun == name).count();
        let was_stored = stored.contains(&format!("\"{name}\""));
        assert_eq!(count, usize::from(!was_stored), "{place}: `{name}`");
    }
}

#[tokio::test]
async fn a_run_dropped_at_any_poll_goes_on_at_every_depth() {
    for seed in 1..=scale() {
        for durability in [Durability::Sync, Durability::Async] {
            for at in 0.. {
                let saver = Slow::new(1 + seed % 2);
                let thread = thread(&saver, &Desk::seeded(seed), durability);
                if polled(undisturbed(thread), at).await.is_some() {
                    assert!(at > 30, "over too soon for what this is to show");
                    break;
                }
                // What was handed over is seen through.
                graph_tests::office::polls(200).await;
                let place = format!("{durability:?}, seed {seed}, dropped at poll {at}");
                check(&saver, seed, durability, &place).await;
            }
        }
    }
}

#[tokio::test]
async fn a_run_whose_store_fails_at_any_commit_goes_on_at_every_depth() {
    for durability in [Durability::Sync, Durability::Async] {
        for commits in 0.. {
            let saver = Slow::failing_after(commits, 0);
            let thread = thread(&saver, &Desk::seeded(1), durability);
            if undisturbed(thread).await.is_ok() {
                assert!(commits > 5, "over too soon for what this is to show");
                break;
            }
            saver.mend();
            let place = format!("{durability:?}, after {commits} commits");
            check(&saver, 1, durability, &place).await;
        }
    }
}
