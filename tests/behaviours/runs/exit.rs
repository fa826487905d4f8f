//! Behaviour 21, for exit: what is stored, and when.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use graph_runtime::prelude::*;

use graph_tests::graphs::risky::{self, Risky};
use graph_tests::graphs::row::{self, Row};
use graph_tests::office::{Desk, LOG, builder, input, to_the_end, writes};
use graph_tests::slow::Slow;
use graph_tests::store::on_every_backend;

on_every_backend! {
    async fn nothing_but_the_input_is_stored_before_the_end(store) {
        let graph = Row::graph().durability(Durability::Exit).checkpointer(store.open().await).build();
        let thread = graph.thread("t");
        let mut stream = thread.stream(row::Input::new());
        let mut steps = 0;
        while let Some(event) = stream.next().await {
            match event.unwrap() {
                Event::Step { next, .. } if !next.is_empty() => {
                    let stored = thread.state().await.unwrap().unwrap();
                    assert_eq!(stored.next, [row::Node::First], "only the input");
                    steps += 1;
                }
                _ => {}
            }
        }
        assert_eq!(steps, 3);
        let history = thread.history().await.unwrap();
        assert_eq!(history.iter().map(|moment| moment.step).collect::<Vec<_>>(), [4, 3, 2]);
        // The next run goes on behind it as behind any other.
        thread.invoke(row::Input::new()).await.unwrap();
        assert_eq!(thread.history().await.unwrap().len(), 6);
    }

    async fn a_failure_stores_what_was_done(store) {
        let graph = Risky::graph().durability(Durability::Exit).checkpointer(store.open().await).build();
        let thread = graph.thread("t");
        thread.invoke(risky::Input::new().step(1)).await.unwrap_err();
        let kept = thread.state().await.unwrap().unwrap();
        assert_eq!((kept.state.ran, kept.next), (vec!["prepare".to_owned()], vec![risky::Node::Risk]));
    }

    async fn a_pause_stores_what_was_done_and_any_process_goes_on(store) {
        let desk = Arc::<Desk>::default();
        let open = async || builder(&desk).durability(Durability::Exit).checkpointer(store.open().await).build();
        let thread = open().await.thread("t");
        let outcome = thread.invoke(input()).await.unwrap();
        assert!(outcome.is_paused());
        let elsewhere = open().await.thread("t");
        assert_eq!(elsewhere.questions().await.unwrap().len(), 1);
        assert_eq!(to_the_end(&elsewhere, outcome).await.unwrap().log, LOG);
        assert_eq!(desk.begun().len(), LOG.len(), "nothing is run twice");
        assert_eq!(writes(&*store.open().await).await, []);
    }

    async fn a_pause_before_a_node_is_stored(store) {
        let graph = Row::graph().durability(Durability::Exit).checkpointer(store.open().await).build();
        let run = graph.thread("t").invoke(row::Input::new()).pause_before([row::Node::Third]);
        assert!(run.await.unwrap().is_paused());
        let graph = Row::graph().durability(Durability::Exit).checkpointer(store.open().await).build();
        let thread = graph.thread("t");
        assert_eq!(thread.state().await.unwrap().unwrap().next, [row::Node::Third]);
        assert_eq!(thread.resume().await.unwrap().done().unwrap().ran.len(), 3);
    }
}

#[tokio::test]
async fn all_steps_of_a_run_are_one_commit() {
    let saver = Slow::new(2);
    let graph = Row::graph().checkpointer(Arc::clone(&saver)).build();
    for (runs, durability) in [(1, Durability::Exit), (2, Durability::Exit)] {
        let run = graph.thread("t").invoke(row::Input::new());
        run.durability(durability).await.unwrap();
        let commits = saver.commits.load(Ordering::SeqCst);
        assert_eq!(commits, 2 * runs, "the input, and all that follows");
    }
}
