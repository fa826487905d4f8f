//! A run that is dropped at every point at which it waits: what was acknowledged stands, nothing else is lost.

use std::collections::BTreeMap;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use graph_runtime::prelude::*;
use graph_runtime::{Checkpointer, WriteKind};

use graph_tests::between::Over;
use graph_tests::office::office::{Office, Output};
use graph_tests::office::{Desk, LOG, builder, input, polled, scale, to_the_end, writes};
use graph_tests::slow::Slow;

fn thread(saver: &Arc<Over<Slow>>, desk: &Arc<Desk>, durability: Durability) -> Thread<Office> {
    let graph = builder(desk).durability(durability);
    graph.checkpointer(Arc::clone(saver)).build().thread("t")
}

async fn undisturbed(thread: Thread<Office>) -> Result<Output, Error> {
    let outcome = thread.invoke(input()).await?;
    to_the_end(&thread, outcome).await
}

/// Goes on wherever the thread stands, or begins it if nothing was acknowledged.
async fn recovered(thread: &Thread<Office>) -> Output {
    let outcome = match thread.resume().await {
        Err(Error::NothingToResume { .. }) => thread.invoke(input()).await,
        resumed => resumed,
    };
    to_the_end(thread, outcome.unwrap()).await.unwrap()
}

fn counted<'a>(names: impl Iterator<Item = &'a str>) -> BTreeMap<&'a str, usize> {
    let mut counts = BTreeMap::new();
    for name in names {
        *counts.entry(name).or_default() += 1;
    }
    counts
}

/// The turns behind a log.
fn turns(log: &[String]) -> BTreeMap<&str, usize> {
    counted(log.iter().map(|entry| entry.split(" = ").next().unwrap()))
}

/// Sees a dropped run through: what is stored by now isn't run again, and all else is run.
async fn check(saver: &Arc<Over<Slow>>, seed: u64, durability: Durability, at: usize) {
    let stored = thread(saver, &Arc::default(), durability)
        .state()
        .await
        .unwrap();
    let stored = stored.map(|moment| moment.state.log).unwrap_or_default();
    let kept = writes(&saver.inner).await;
    let kept = kept
        .iter()
        .filter(|write| write.key.kind == WriteKind::Update)
        .count();
    let desk = Desk::seeded(seed + 1);
    let output = recovered(&thread(saver, &desk, durability)).await;
    let place = format!("{durability:?}, seed {seed}, dropped at poll {at}");
    assert_eq!(output.log, LOG, "{place}");
    assert_eq!(
        (output.consent, output.votes.len()),
        (Some(true), 3),
        "{place}"
    );
    assert_eq!(writes(&saver.inner).await, [], "{place}");
    let begun = desk.begun();
    assert!(
        begun.len() + stored.len() + kept <= LOG.len(),
        "{place}: {begun:?} after {stored:?} and {kept}"
    );
    let (all, stored) = (LOG.map(str::to_owned), turns(&stored));
    for (name, count) in counted(begun.iter().map(String::as_str)) {
        let left = turns(&all)[name] - stored.get(name).copied().unwrap_or(0);
        assert!(count <= left, "{place}: `{name}` was run again");
    }
}

// Outside of a tokio runtime every commit is awaited in place, and dropped with the run.
#[test]
fn outside_of_tokio_a_run_dropped_at_any_poll_goes_on_where_it_was() {
    fn finished<F: Future>(future: F, polls: usize) -> Option<F::Output> {
        let mut future = pin!(future);
        let mut context = Context::from_waker(Waker::noop());
        (0..polls).find_map(|_| match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        })
    }

    for seed in 1..=scale() {
        for (durability, least) in [(Durability::Sync, 60), (Durability::Exit, 30)] {
            for at in 0.. {
                let saver = Slow::new(3);
                let thread = thread(&saver, &Desk::seeded(seed), durability);
                if finished(undisturbed(thread), at).is_some() {
                    assert!(at > least, "over too soon for what this is to show");
                    break;
                }
                finished(check(&saver, seed, durability, at), 10_000).unwrap();
            }
        }
    }
}

#[tokio::test]
async fn a_run_dropped_at_any_poll_goes_on_where_it_was() {
    for seed in 1..=scale() {
        for durability in [Durability::Sync, Durability::Async, Durability::Exit] {
            for at in 0.. {
                let saver = Slow::new(2 + seed % 3);
                let thread = thread(&saver, &Desk::seeded(seed), durability);
                if polled(undisturbed(thread), at).await.is_some() {
                    assert!(at > 30, "over too soon for what this is to show");
                    break;
                }
                check(&saver, seed, durability, at).await;
            }
        }
    }
}

// The commit of a dropped run is seen through, and the thread is taken until then.
#[tokio::test]
async fn nobody_gets_between_a_dropped_run_and_its_last_commit() {
    for durability in [Durability::Sync, Durability::Async, Durability::Exit] {
        let saver = Slow::new(5_000);
        let graph = builder(&Arc::default()).durability(durability);
        let thread = graph.checkpointer(Arc::clone(&saver)).build().thread("t");
        assert!(
            polled(thread.invoke(input()).into_future(), 5)
                .await
                .is_none()
        );
        // Were it not waited for, there would be nothing to resume.
        let outcome = thread.resume().await.unwrap();
        assert_eq!(to_the_end(&thread, outcome).await.unwrap().log, LOG);
        let key = graph_runtime::ThreadKey::new("office", "t").unwrap();
        let first = saver
            .inner
            .list(&key, &graph_runtime::Query::default())
            .await
            .unwrap();
        assert_eq!(first.last().map(|record| record.sequence), Some(1));
    }
}
