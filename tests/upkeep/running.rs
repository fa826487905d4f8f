//! Upkeep and whoever runs the thread: neither spoils the other's work.

use std::sync::Arc;
use std::time::Duration;

use graph_runtime::prelude::*;
use graph_runtime::{Checkpointer, Graph, Keep, Retention, StoreError, ThreadKey};
use tokio::sync::Semaphore;

use crate::store::{Hands, on_every_backend};

/// Counts, each time when it is let.
#[graph(id = "gated")]
pub mod gated {
    use std::sync::Arc;

    use tokio::sync::Semaphore;

    #[state]
    pub struct Gated {
        #[reduce(append)]
        pub log: Vec<u64>,
        #[scope(run)]
        #[reduce(sum)]
        pub count: u64,
    }

    #[context]
    pub struct Gate {
        pub gate: Arc<Semaphore>,
    }

    edges! { start -> count -> if state.count < 6 { count } else { end }; }

    #[node(writes(log, count))]
    async fn count(gate: &Semaphore, count: u64) -> (u64, u64) {
        gate.acquire().await.unwrap().forget();
        (count, 1)
    }
}

use gated::{Gate, Gated, Input};

fn graph(saver: Arc<dyn Checkpointer>, gate: &Arc<Semaphore>) -> Graph<Gated> {
    let gate = Gate {
        gate: Arc::clone(gate),
    };
    let builder = Gated::graph().context(gate).clock(Hands::new());
    builder
        .durability(Durability::Sync)
        .checkpointer(saver)
        .build()
}

/// Begins a run, and waits until it has stored so many records.
async fn under_way(
    thread: &Thread<Gated>,
    records: usize,
) -> tokio::task::JoinHandle<Result<Outcome<Gated>, Error>> {
    let running = tokio::spawn({
        let thread = thread.clone();
        async move { thread.invoke(Input::new()).await }
    });
    while thread.history().with_inputs().await.unwrap().len() < records {
        tokio::task::yield_now().await;
    }
    running
}

on_every_backend! {
    async fn a_thread_that_is_run_is_left_alone(store) {
        let gate = Arc::new(Semaphore::new(3));
        let graph = graph(store.open().await, &gate);
        let thread = graph.thread("t");
        let running = under_way(&thread, 4).await;
        let before = thread.usage().await.unwrap();
        let refused = [
            thread.prune(Keep::last(0)).await.map(drop),
            thread.delete_runs(["x"]).await.map(drop),
            thread.copy_to("u").await.map(drop),
            graph.thread("u").copy_to("t").await.map(drop),
            thread.reset().await,
        ];
        for refused in refused {
            assert!(matches!(refused, Err(Error::Busy { .. })), "{refused:?}");
        }
        let retention = Retention::new().keep(Keep::last(1)).time_to_live(Duration::ZERO);
        let swept = graph.sweep(&retention).await.unwrap();
        assert_eq!((swept.deleted, swept.pruned), (0, 0));
        assert_eq!(swept.skipped, ["t"]);
        assert_eq!(thread.usage().await.unwrap(), before);
        gate.add_permits(10);
        let done = running.await.unwrap().unwrap().done().unwrap();
        assert_eq!(done.log, [0, 1, 2, 3, 4, 5]);
        thread.prune(Keep::last(1)).await.unwrap();
        assert_eq!(thread.history().await.unwrap().len(), 1);
    }

    async fn a_thread_that_another_process_has_leased_is_left_alone(store) {
        let saver = store.open().await;
        let gate = Arc::new(Semaphore::new(100));
        let graph = graph(saver.clone(), &gate);
        let thread = graph.thread("t");
        thread.invoke(Input::new()).await.unwrap();
        let key = ThreadKey::new("gated", "t").unwrap();
        let Some(lease) = saver.lease(&key, "somebody", Duration::from_hours(1)).await.unwrap() else {
            return; // it keeps none: one process uses it
        };
        let busy = thread.prune(Keep::last(0)).await;
        assert!(matches!(busy, Err(Error::Busy { .. })), "{busy:?}");
        let swept = graph.sweep(&Retention::new().keep(Keep::last(1))).await.unwrap();
        assert_eq!(swept.skipped, ["t"]);
        saver.release(&key, &lease).await.unwrap();
        assert!(!thread.prune(Keep::last(1)).await.unwrap().is_empty());
        // It was given back.
        saver.lease(&key, "somebody", Duration::from_hours(1)).await.unwrap().unwrap();
    }

    /// Two programs on one store that share nothing but that: whoever comes too late is told, and nothing is lost.
    async fn a_run_under_which_the_past_goes_is_told_and_can_be_resumed(store) {
        let gate = Arc::new(Semaphore::new(3));
        let thread = graph(store.open().await, &gate).thread("t");
        let running = under_way(&thread, 4).await;
        let other = graph(store.open().await, &gate).thread("t");
        assert_eq!(other.prune(Keep::last(1)).await.unwrap().moments, 3);
        gate.add_permits(10);
        let failed = running.await.unwrap();
        let rewritten = |error: &Error| matches!(error, Error::Store { source: StoreError::Rewritten, .. });
        assert!(failed.as_ref().is_err_and(rewritten), "{failed:?}");
        let done = thread.resume().await.unwrap().done().unwrap();
        assert_eq!(done.log, [0, 1, 2, 3, 4, 5]);
        let history = thread.history().await.unwrap();
        assert_eq!(history.len(), 4);
        assert_eq!(history.last().unwrap().state.log, [0, 1, 2]);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn runs_and_prunes_that_take_turns_lose_nothing() {
    let gate = Arc::new(Semaphore::new(1_000_000));
    let saver: Arc<dyn Checkpointer> = Arc::new(graph_runtime::MemorySaver::new());
    let runner = graph(saver.clone(), &gate).thread("t");
    let pruner = graph(saver, &gate).thread("t");
    let pruning = tokio::spawn(async move {
        for round in 0..200 {
            match pruner.prune(Keep::last(round % 3)).await {
                Ok(_) | Err(Error::Busy { .. }) => {}
                Err(error) => panic!("{error}"),
            }
            tokio::task::yield_now().await;
        }
    });
    let mut expected = Vec::new();
    for _ in 0..40 {
        let mut outcome = runner.invoke(Input::new()).await;
        while let Err(Error::Store {
            source: StoreError::Rewritten,
            ..
        }) = outcome
        {
            outcome = match runner.state().await.unwrap() {
                Some(moment) if !moment.next.is_empty() => runner.resume().await,
                _ => runner.invoke(Input::new()).await,
            };
        }
        expected.extend(0..6);
        assert_eq!(outcome.unwrap().done().unwrap().log, expected);
    }
    pruning.await.unwrap();
}
