//! Parallel work: what finished is kept, and comes in order.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use graph_runtime::prelude::*;

use graph_tests::graphs::batch::{self, Batch, Tally};
use graph_tests::store::{Store, on_every_backend};

async fn graph(store: &Store) -> (batch::Graph, Arc<AtomicU32>) {
    let calls = Arc::new(AtomicU32::new(0));
    let tally = Tally {
        calls: Arc::clone(&calls),
    };
    (
        Batch::graph()
            .context(tally)
            .checkpointer(store.open().await)
            .build(),
        calls,
    )
}

fn items(items: &[&str]) -> Vec<String> {
    items.iter().map(|item| (*item).to_owned()).collect()
}

on_every_backend! {
    async fn results_come_in_the_order_of_their_items(store) {
        let (graph, calls) = graph(&store).await;
        let input = batch::Input::new().items(items(&["a", "b", "c", "d", "e", "f"]));
        let done = graph.thread("t").invoke(input).await.unwrap().done().unwrap();
        assert_eq!((done.done.concat().as_str(), done.total), ("ABCDEF", 6));
        assert_eq!(calls.load(Ordering::Relaxed), 6);
    }

    async fn a_for_over_nothing_takes_a_step_and_goes_on(store) {
        let (graph, calls) = graph(&store).await;
        let done = graph.thread("t").invoke(batch::Input::new()).await.unwrap().done().unwrap();
        assert_eq!((done.total, calls.load(Ordering::Relaxed)), (0, 0));
        assert_eq!(graph.thread("t").history().await.unwrap().len(), 2);
    }

    async fn siblings_of_a_failed_task_are_kept_over_a_restart_and_not_run_again(store) {
        let (first, calls) = graph(&store).await;
        let input = batch::Input::new().items(items(&["a", "bad", "c", "d", "e", "f"])).strict(true);
        let error = first.thread("t").invoke(input).await.unwrap_err();
        assert!(error.to_string().contains("node `work` (item 1) failed"), "{error}");
        assert_eq!(calls.load(Ordering::Relaxed), 6);
        drop(first);

        let (second, calls) = graph(&store).await;
        let done = second.thread("t").invoke(batch::Input::new().strict(false)).await.unwrap().done().unwrap();
        assert_eq!((done.done.concat().as_str(), done.total), ("ABADCDEF", 6));
        assert_eq!(calls.load(Ordering::Relaxed), 1);
    }

    async fn two_runs_of_one_thread_do_not_both_go_on(store) {
        let (graph, _) = graph(&store).await;
        let thread = graph.thread("t");
        let input = || batch::Input::new().items(items(&["a"]));
        let (first, second) = tokio::join!(thread.invoke(input()).into_future(), async {
            thread.invoke(input()).await
        });
        let busy = [&first, &second].into_iter().filter(|run| matches!(run, Err(Error::Busy { .. }))).count();
        let done = usize::from(first.is_ok()) + usize::from(second.is_ok());
        // They may also have come one after the other; never both at once.
        assert_eq!(busy + done, 2);
        assert_eq!(thread.state().await.unwrap().unwrap().state.done.len(), done);
    }

    async fn two_processes_on_one_thread_can_not_both_win(store) {
        let ((left, _), (right, _)) = (graph(&store).await, graph(&store).await);
        let input = || batch::Input::new().items(items(&["a"]));
        let (left, right) = (left.thread("t"), right.thread("t"));
        let (first, second) = tokio::join!(left.invoke(input()).into_future(), right.invoke(input()).into_future());
        let lost = [&first, &second].into_iter().filter(|run| matches!(run, Err(Error::Store { .. }))).count();
        let done = [&first, &second].into_iter().filter(|run| run.is_ok()).count();
        assert_eq!(lost + done, 2, "{first:?} {second:?}");
        assert!(done >= 1);
    }
}
