//! Two runs of one thread: what becomes of the second one, and of the first.

use std::future::IntoFuture;
use std::sync::Arc;

use graph_runtime::prelude::*;
use graph_runtime::{Busy, CancellationToken, Invocation, Source};

use graph_tests::office::polled;
use graph_tests::store::on_every_backend;
use graph_tests::talk::talk::{Node, Output, Talk};
use graph_tests::talk::{Door, at_the_door, builder, say};

type Task = tokio::task::JoinHandle<Result<Outcome<Talk>, Error>>;

/// Begins a run that waits for its turn, and leaves it to a task when it is in the queue.
async fn begun(thread: &Thread<Talk>, text: &str, busy: Busy) -> Task {
    waiting(thread.invoke(say(text)).if_busy(busy)).await
}

async fn waiting(run: Invocation<Talk>) -> Task {
    let mut run = run.into_future();
    assert!(polled(&mut run, 1).await.is_none(), "it has to wait");
    tokio::spawn(run)
}

fn done(outcome: Outcome<Talk>) -> (Output, bool) {
    match outcome {
        Outcome::Done(done) => {
            let went_on = done.went_on();
            (done.output, went_on)
        }
        Outcome::Paused(_) => panic!("it paused"),
    }
}

on_every_backend! {
    async fn as_it_comes_the_second_run_is_refused_and_leaves_no_trace(store) {
        let door = Arc::<Door>::default();
        let thread = builder(&door).checkpointer(store.open().await).build().thread("t");
        let first = at_the_door(&thread, "a").await;
        let error = thread.invoke(say("b")).await.unwrap_err();
        assert!(matches!(&error, Error::Busy { .. }), "{error}");
        door.open();
        let (output, _) = done(first.outcome().await.unwrap());
        assert_eq!(output.heard, ["note a", "think a"]);
    }

    async fn runs_that_wait_for_their_turn_have_it_in_the_order_in_which_they_came(store) {
        let door = Arc::<Door>::default();
        let graph = builder(&door).if_busy(Busy::Enqueue).checkpointer(store.open().await).build();
        let thread = graph.thread("t");
        let first = at_the_door(&thread, "a").await;
        let second = begun(&thread, "b", Busy::Enqueue).await;
        let third = begun(&thread, "c", Busy::Enqueue).await;
        // Who goes away leaves its place.
        let gone = begun(&thread, "gone", Busy::Enqueue).await;
        gone.abort();
        let fourth = begun(&thread, "d", Busy::Enqueue).await;
        assert!(!second.is_finished() && !fourth.is_finished());
        door.open();
        first.outcome().await.unwrap();
        for (run, said) in [(second, "a+b"), (third, "a+b+c"), (fourth, "a+b+c+d")] {
            let (output, went_on) = done(run.await.unwrap().unwrap());
            assert_eq!(output.said.join("+"), said);
            assert!(!went_on, "each is a run of its own");
        }
        assert_eq!(thread.history().await.unwrap().len(), 8);
    }

    async fn who_waits_and_is_cancelled_was_never_taken_in(store) {
        let door = Arc::<Door>::default();
        let thread = builder(&door).checkpointer(store.open().await).build().thread("t");
        let first = at_the_door(&thread, "a").await;
        let token = CancellationToken::new();
        let waits = waiting(thread.invoke(say("b")).if_busy(Busy::Enqueue).cancelled_by(&token)).await;
        token.cancel();
        let error = waits.await.unwrap().unwrap_err();
        assert!(matches!(&error, Error::Busy { .. }), "{error}");
        door.open();
        assert_eq!(done(first.outcome().await.unwrap()).0.said, ["a"]);
    }

    async fn a_run_that_cancels_goes_on_where_the_other_one_was(store) {
        let door = Arc::<Door>::default();
        let thread = builder(&door).checkpointer(store.open().await).build().thread("t");
        let first = at_the_door(&thread, "a").await;
        let second = begun(&thread, "b", Busy::Cancel).await;
        let error = first.outcome().await.unwrap_err();
        assert!(matches!(&error, Error::Cancelled { .. }), "{error}");
        door.open();
        let (output, went_on) = done(second.await.unwrap().unwrap());
        assert!(went_on);
        // What was done is kept, and the input is merged into what is unfinished.
        assert_eq!(output.heard, ["note a", "think a+b"]);
    }

    async fn of_many_who_cancel_the_last_one_goes_on_with_what_all_have_said(store) {
        let door = Arc::<Door>::default();
        let thread = builder(&door).checkpointer(store.open().await).build().thread("t");
        let first = at_the_door(&thread, "a").await;
        let second = begun(&thread, "b", Busy::Cancel).await;
        let third = begun(&thread, "c", Busy::Cancel).await;
        assert!(matches!(first.outcome().await, Err(Error::Cancelled { .. })));
        assert!(matches!(second.await.unwrap(), Err(Error::Cancelled { .. })));
        door.open();
        let (output, _) = done(third.await.unwrap().unwrap());
        assert_eq!(output.heard, ["note a", "think a+b+c"]);
    }

    async fn a_run_that_rolls_back_begins_where_the_other_one_had_begun(store) {
        let door = Arc::<Door>::default();
        let thread = builder(&door).checkpointer(store.open().await).build().thread("t");
        // The first run ends; the second one is the one that is taken back.
        let first = at_the_door(&thread, "a").await;
        door.open();
        first.outcome().await.unwrap();
        let before = thread.state().await.unwrap().unwrap().id;
        let shut = Arc::<Door>::default();
        let context = || graph_tests::talk::talk::Room { door: Arc::clone(&shut) };
        let mut second = thread.invoke(say("b")).context(context()).durability(Durability::Sync).spawn();
        while !matches!(second.next().await.unwrap().unwrap(), Event::Started { node: Node::Think, .. }) {}
        let third = begun(&thread, "c", Busy::Rollback).await;
        assert!(matches!(second.outcome().await, Err(Error::Cancelled { .. })));
        let (output, went_on) = done(third.await.unwrap().unwrap());
        assert!(!went_on);
        assert_eq!(output.said, ["a", "c"]);
        assert_eq!(output.heard, ["note a", "think a", "note a+c", "think a+c"]);
        // What was taken back is a branch that can still be read.
        let all = thread.history().with_inputs().await.unwrap();
        assert!(all.iter().any(|moment| moment.state.heard.contains(&"note a+b".to_owned())));
        let branches = all.iter().filter(|moment| moment.parent == Some(before)).count();
        assert_eq!(branches, 2);
    }

    async fn the_first_run_of_a_thread_is_rolled_back_to_nothing(store) {
        let door = Arc::<Door>::default();
        let thread = builder(&door).checkpointer(store.open().await).build().thread("t");
        let first = at_the_door(&thread, "a").await;
        let second = begun(&thread, "b", Busy::Rollback).await;
        assert!(matches!(first.outcome().await, Err(Error::Cancelled { .. })));
        door.open();
        let (output, went_on) = done(second.await.unwrap().unwrap());
        assert!(!went_on);
        assert_eq!(output.heard, ["note b", "think b"]);
        let all = thread.history().with_inputs().await.unwrap();
        let roots = all.iter().filter(|moment| moment.parent.is_none());
        assert_eq!(roots.map(|moment| moment.source).collect::<Vec<_>>(), [Source::Input; 2]);
        // The thread is whole: it can be run again, from any process.
        let again = builder(&door).checkpointer(store.open().await).build().thread("t");
        assert_eq!(done(again.invoke(say("c")).await.unwrap()).0.said, ["b", "c"]);
    }

    async fn of_many_who_roll_back_the_last_one_stands_alone(store) {
        let door = Arc::<Door>::default();
        let thread = builder(&door).checkpointer(store.open().await).build().thread("t");
        let first = at_the_door(&thread, "a").await;
        let second = begun(&thread, "b", Busy::Rollback).await;
        let third = begun(&thread, "c", Busy::Rollback).await;
        assert!(matches!(first.outcome().await, Err(Error::Cancelled { .. })));
        assert!(matches!(second.await.unwrap(), Err(Error::Cancelled { .. })));
        door.open();
        let (output, _) = done(third.await.unwrap().unwrap());
        assert_eq!(output.heard, ["note c", "think c"]);
    }

    async fn where_nobody_is_there_is_nothing_to_stop_or_take_back(store) {
        let door = Arc::<Door>::default();
        door.open();
        let thread = builder(&door).checkpointer(store.open().await).build().thread("t");
        for (text, busy) in [("a", Busy::Rollback), ("b", Busy::Cancel), ("c", Busy::Rollback)] {
            thread.invoke(say(text)).if_busy(busy).await.unwrap();
        }
        let state = thread.state().await.unwrap().unwrap().state;
        assert_eq!(state.said, ["a", "b", "c"]);
        assert_eq!(thread.history().await.unwrap().len(), 6);
    }
}
