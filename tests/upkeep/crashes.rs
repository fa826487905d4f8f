//! Upkeep that is cut off at every call of the store, by a death, a refusal or a lost reply: the thread works, and the next
//! time does the rest.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use graph_runtime::prelude::*;
use graph_runtime::testing::{Fault, Faulty};
use graph_runtime::{Checkpointer, Graph, Keep, MemorySaver, Retention, Usage};
use graph_tests::office::scale;

use crate::journey::{Random, travel};
use crate::office::desk::Desk;
use crate::picture::Picture;
use crate::store::Hands;

const FAULTS: [Fault; 5] = [
    Fault::Refused,
    Fault::Twice,
    Fault::ReplyLost,
    Fault::DiesBefore,
    Fault::DiesAfter,
];

/// What a dead process has leased is free again soon.
fn graph(saver: Arc<dyn Checkpointer>) -> Graph<Desk> {
    let builder = Desk::graph()
        .clock(Hands::new())
        .lease(Duration::from_millis(5));
    builder.checkpointer(saver).build()
}

/// Does something until nobody has the thread any more.
async fn when_free<T>(mut work: impl AsyncFnMut() -> Result<T, Error>) -> T {
    loop {
        match work().await {
            Ok(done) => return done,
            Err(Error::Busy { .. }) => tokio::time::sleep(Duration::from_millis(1)).await,
            Err(error) => panic!("{error}"),
        }
    }
}

/// A thread with a past, in a store of its own.
async fn made(seed: u64) -> (Arc<MemorySaver>, Thread<Desk>) {
    let saver = Arc::new(MemorySaver::new());
    let thread = graph(saver.clone()).thread("t");
    travel(&thread, &mut Random::new(seed), 7).await;
    (saver, thread)
}

/// Cuts something off at each call and in each way, on a copy of the thread each time; `check` sees what is left.
async fn cut_off(
    seed: u64,
    work: impl AsyncFn(&Graph<Desk>, &str) -> Result<(), Error>,
    check: impl AsyncFn(&Thread<Desk>, &Picture, &Graph<Desk>),
) -> u64 {
    let (saver, original) = made(seed).await;
    let before = Picture::of(&original).await;
    original.copy_to("undisturbed").await.unwrap();
    let counted = Arc::new(Faulty::new(saver.clone()));
    work(&graph(counted.clone()), "undisturbed").await.unwrap();
    let plain = graph(saver.clone());
    for call in 1..=counted.calls() {
        for fault in FAULTS {
            let name = format!("{call} {fault:?}");
            let thread = original.copy_to(&name).await.unwrap();
            let faulty = Arc::new(Faulty::new(saver.clone()).at(call, fault));
            let disturbed = graph(faulty.clone());
            tokio::select! {
                _ = work(&disturbed, &name) => {}
                () = faulty.died() => {}
            }
            drop(disturbed);
            check(&thread, &before, &plain).await;
            when_free(async || thread.reset().await).await;
        }
    }
    counted.calls()
}

#[tokio::test]
async fn a_prune_that_is_cut_off_is_finished_by_the_next() {
    for seed in 1..=scale() {
        let prune = async |graph: &Graph<Desk>, name: &str| {
            graph.thread(name).prune(Keep::last(3)).await.map(drop)
        };
        let (_, undisturbed) = made(seed).await;
        let calls = cut_off(seed, prune, async |thread, before, graph| {
            let after = Picture::of(thread).await;
            assert_eq!(after, before.as_far_as(&after), "{}", thread.id());
            when_free(async || thread.prune(Keep::last(3)).await).await;
            let after = Picture::of(thread).await;
            assert_eq!(after, before.as_far_as(&after), "{}", thread.id());
            assert!(thread.prune(Keep::last(3)).await.unwrap().is_empty());
            // As much is left as where nothing came between.
            let whole = graph.thread("undisturbed");
            let (one, other) = (thread.usage().await.unwrap(), whole.usage().await.unwrap());
            assert_eq!(one, other, "{}", thread.id());
            let names =
                |picture: &Picture| picture.moments.keys().cloned().collect::<BTreeSet<_>>();
            assert_eq!(names(&after), names(&Picture::of(&whole).await));
            when_free(async || match thread.resume().step_limit(5).await {
                Err(Error::StepLimit { .. } | Error::Node { .. }) => Ok(()),
                other => other.map(drop),
            })
            .await;
        });
        assert!(calls.await > 10);
        drop(undisturbed);
    }
}

#[tokio::test]
async fn a_deletion_of_runs_that_is_cut_off_is_finished_by_the_next() {
    let delete = async |graph: &Graph<Desk>, name: &str| {
        let thread = graph.thread(name);
        let history = thread.history().await?;
        let run = history[history.len() / 2].run.clone();
        thread.delete_runs([run]).await.map(drop)
    };
    cut_off(5, delete, async |thread, before, _| {
        let after = Picture::of(thread).await;
        assert_eq!(after, before.as_far_as(&after), "{}", thread.id());
    })
    .await;
}

#[tokio::test]
async fn a_copy_that_is_cut_off_is_whole_or_can_be_made_again() {
    for seed in 1..=scale() {
        let copy = async |graph: &Graph<Desk>, name: &str| {
            graph
                .thread(name)
                .copy_to(format!("copy of {name}"))
                .await
                .map(drop)
        };
        let calls = cut_off(seed, copy, async |thread, before, graph| {
            assert_eq!(Picture::of(thread).await, *before, "{}", thread.id());
            let copy = graph.thread(format!("copy of {}", thread.id()));
            if copy.state().await.unwrap().is_none() {
                when_free(async || thread.copy_to(copy.id()).await.map(drop)).await;
            }
            assert_eq!(Picture::of(&copy).await, *before, "{}", thread.id());
            let (one, other) = (thread.usage().await.unwrap(), copy.usage().await.unwrap());
            assert_eq!(one, other);
            when_free(async || copy.reset().await).await;
            assert_eq!(copy.usage().await.unwrap(), Usage::default());
        });
        assert!(calls.await > 6);
    }
}

#[tokio::test]
async fn a_sweep_that_is_cut_off_is_finished_by_the_next() {
    let retention = Retention::new().keep(Keep::last(2));
    let (saver, original) = made(9).await;
    let before = Picture::of(&original).await;
    let names = ["a", "b", "c"];
    let again = async || {
        for name in names {
            let thread = graph(saver.clone()).thread(name);
            when_free(async || thread.reset().await).await;
            original.copy_to(name).await.unwrap();
        }
    };
    again().await;
    let counted = Arc::new(Faulty::new(saver.clone()));
    graph(counted.clone()).sweep(&retention).await.unwrap();
    let expected = graph(saver.clone()).thread("b").usage().await.unwrap();
    // Every third, so that the test is over in time; all of them where more is asked for.
    let every = if scale() > 1 { 1 } else { 3 };
    for call in (1..=counted.calls()).step_by(every) {
        for fault in FAULTS {
            again().await;
            let faulty = Arc::new(Faulty::new(saver.clone()).at(call, fault));
            let disturbed = graph(faulty.clone());
            tokio::select! {
                _ = disturbed.sweep(&retention) => {}
                () = faulty.died() => {}
            }
            drop(disturbed);
            let plain = graph(saver.clone());
            while !plain.sweep(&retention).await.unwrap().skipped.is_empty() {
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
            for name in names {
                let thread = plain.thread(name);
                assert_eq!(
                    thread.usage().await.unwrap(),
                    expected,
                    "{call} {fault:?} {name}"
                );
                let after = Picture::of(&thread).await;
                assert_eq!(after, before.as_far_as(&after));
            }
        }
    }
}
