//! Stopping a run from outside, at once or before its next step, at every point, and going on.

use std::sync::Arc;
use std::time::Duration;

use graph_runtime::prelude::*;
use graph_runtime::{CancellationToken, RunStream, WriteKind};

use graph_tests::graphs::row::{self, Row};
use graph_tests::office::office::Office;
use graph_tests::office::{Desk, LOG, builder, input, polled, scale, to_the_end, writes};
use graph_tests::slow::Slow;
use graph_tests::store::on_every_backend;

const DURABILITIES: [Durability; 3] = [Durability::Sync, Durability::Async, Durability::Exit];

/// Hears so many events, and gives the outcome of what is left of the run after `then`.
async fn after(
    mut stream: RunStream<Office>,
    events: usize,
    then: impl FnOnce(),
) -> Result<Outcome<Office>, Error> {
    let ending = |event| match event {
        Event::Done(done) => Some(Outcome::Done(done)),
        Event::Paused(pause) => Some(Outcome::Paused(pause)),
        _ => None,
    };
    for _ in 0..events {
        if let Some(outcome) = ending(stream.next().await.unwrap()?) {
            return Ok(outcome);
        }
    }
    then();
    loop {
        if let Some(outcome) = ending(stream.next().await.unwrap()?) {
            return Ok(outcome);
        }
    }
}

/// How often each node has begun.
fn turns(desk: &Desk) -> usize {
    desk.begun().len()
}

#[tokio::test]
async fn a_run_stopped_at_any_event_stores_what_is_done_and_goes_on_there() {
    for seed in 1..=scale() {
        for durability in DURABILITIES {
            for drains in [false, true] {
                for events in 0.. {
                    let saver = Slow::new(2);
                    let desk = Desk::seeded(seed);
                    let graph = builder(&desk).durability(durability);
                    let thread = graph.checkpointer(Arc::clone(&saver)).build().thread("t");
                    let token = CancellationToken::new();
                    let stream = thread.invoke(input()).cancelled_by(&token).stream();
                    let stop = || {
                        if drains {
                            token.drain();
                        } else {
                            token.cancel();
                        }
                    };
                    let place =
                        format!("{durability:?}, seed {seed}, drains: {drains}, at {events}");
                    let outcome = match after(stream, events, stop).await {
                        Ok(outcome) if !token.is_draining() => {
                            assert!(outcome.is_paused(), "{place}");
                            assert!(events > 15, "over too soon for what this is to show");
                            break;
                        }
                        // It came to its pause first.
                        Ok(outcome) => outcome,
                        Err(error) => {
                            let fits = match error {
                                Error::Cancelled { .. } => !drains,
                                Error::Drained { .. } => drains,
                                _ => false,
                            };
                            assert!(fits, "{place}: {error}");
                            thread.resume().await.unwrap()
                        }
                    };
                    let output = to_the_end(&thread, outcome).await.unwrap();
                    assert_eq!(output.log, LOG, "{place}");
                    assert_eq!(writes(&saver.inner).await, [], "{place}");
                    if drains {
                        assert_eq!(turns(&desk), LOG.len(), "{place}: nothing is run twice");
                    }
                }
            }
        }
    }
}

#[tokio::test]
async fn what_had_finished_when_a_run_was_cancelled_is_kept_in_every_durability() {
    for durability in DURABILITIES {
        let (saver, desk) = (Slow::new(3), Arc::<Desk>::default());
        let graph = builder(&desk).durability(durability);
        let thread = graph.checkpointer(Arc::clone(&saver)).build().thread("t");
        desk.hold(&["review"]);
        let token = CancellationToken::new();
        let run = thread.invoke(input()).cancelled_by(&token);
        let mut run = Box::pin(run.into_future());
        assert!(polled(&mut run, 500).await.is_none(), "a node is held");
        assert_eq!(desk.begun(), ["plan", "research", "review"]);
        token.cancel();
        let error = run.await.unwrap_err();
        assert!(matches!(&error, Error::Cancelled { .. }), "{error}");
        assert!(
            error.to_string().contains("`resume()` goes on there"),
            "{error}"
        );
        let kept = writes(&saver.inner).await;
        let kept: Vec<_> = kept.iter().map(|write| write.key.kind).collect();
        assert_eq!(
            kept,
            [WriteKind::Update],
            "{durability:?}: the one of `research`"
        );
        desk.hold(&[]);
        let outcome = thread.resume().await.unwrap();
        assert_eq!(to_the_end(&thread, outcome).await.unwrap().log, LOG);
        assert_eq!(turns(&desk), LOG.len() + 1, "only `review` is run again");
    }
}

on_every_backend! {
    async fn a_drain_lets_the_step_end_and_stops_before_the_next(store) {
        let thread = Row::graph().checkpointer(store.open().await).build().thread("t");
        let token = CancellationToken::new();
        let mut stream = thread.invoke(row::Input::new()).cancelled_by(&token).stream();
        let error = loop {
            match stream.next().await.unwrap() {
                Ok(Event::Started { node: row::Node::Second, .. }) => token.drain(),
                Ok(_) => {}
                Err(error) => break error,
            }
        };
        assert!(matches!(&error, Error::Drained { .. }), "{error}");
        let stands = thread.state().await.unwrap().unwrap();
        assert_eq!((stands.state.ran.len(), stands.next), (2, vec![row::Node::Third]));
        assert_eq!(thread.resume().await.unwrap().done().unwrap().ran.len(), 3);
    }

    // The input is an input, whatever becomes of the run: what was said isn't lost.
    async fn a_token_that_says_so_already_stops_a_run_behind_its_input(store) {
        let token = CancellationToken::new();
        token.cancel();
        let graph = Row::graph().cancelled_by(&token).checkpointer(store.open().await).build();
        for id in ["a", "b"] {
            let thread = graph.thread(id);
            let error = thread.invoke(row::Input::new()).await.unwrap_err();
            assert!(matches!(&error, Error::Cancelled { .. }), "{error}");
            assert_eq!(thread.state().await.unwrap().unwrap().next, [row::Node::First]);
        }
        let calm = Row::graph().checkpointer(store.open().await).build().thread("a");
        assert_eq!(calm.resume().await.unwrap().done().unwrap().ran.len(), 3);
    }

    async fn a_run_that_is_over_when_it_is_stopped_has_ended(store) {
        let thread = Row::graph().checkpointer(store.open().await).build().thread("t");
        let token = CancellationToken::new();
        let mut stream = thread.invoke(row::Input::new()).cancelled_by(&token).stream();
        let mut last = None;
        while let Some(event) = stream.next().await {
            if matches!(event, Ok(Event::Step { step: 4, .. })) {
                token.cancel();
            }
            last = Some(event.unwrap());
        }
        assert!(matches!(last, Some(Event::Done(_))));
    }
}

/// Waits for ever, unless it is told not to.
#[graph(id = "slowly")]
mod slowly {
    #[state]
    pub struct Slowly {
        #[input]
        pub waits: bool,
        #[reduce(sum)]
        pub rounds: u32,
    }

    edges! {
        start -> first -> wait -> if state.rounds < 5_000 { wait } else { end };
    }

    #[node]
    fn first() {}

    #[node(writes(rounds))]
    async fn wait(waits: bool) -> u32 {
        if waits {
            std::future::pending::<()>().await;
        }
        1
    }
}

use slowly::Slowly;

// Time stands still and jumps, so this takes none.
#[tokio::test(start_paused = true)]
async fn a_run_that_is_not_over_at_its_deadline_stops_there() {
    let after = Duration::from_hours(1);
    let graph = Slowly::graph().step_limit(usize::MAX);
    let graph = graph.checkpointer(MemorySaver::new()).build();
    let thread = graph.thread("t");
    let waiting = thread
        .invoke(slowly::Input::new().waits(true))
        .deadline(after);
    let error = waiting.await.unwrap_err();
    assert!(
        matches!(&error, Error::Deadline { after: told, .. } if *told == after),
        "{error}"
    );
    assert_eq!(
        thread.state().await.unwrap().unwrap().next,
        [slowly::Node::Wait]
    );
    let outcome = thread
        .invoke(slowly::Input::new().waits(false))
        .deadline(after);
    assert_eq!(outcome.await.unwrap().done().unwrap().rounds, 5_000);
}

// Nodes that never wait don't get past it either: it is looked at before each step.
#[tokio::test]
async fn a_deadline_holds_for_nodes_that_never_wait() {
    let graph = Slowly::graph()
        .step_limit(usize::MAX)
        .deadline(Duration::ZERO);
    let thread = graph.checkpointer(MemorySaver::new()).build().thread("t");
    let error = thread.invoke(slowly::Input::new()).await.unwrap_err();
    assert!(matches!(&error, Error::Deadline { .. }), "{error}");
    assert_eq!(
        thread.state().await.unwrap().unwrap().next,
        [slowly::Node::First]
    );
}

#[test]
fn a_deadline_where_nobody_keeps_the_time_is_an_error() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let graph = Slowly::graph().deadline(Duration::from_secs(1)).build();
    let error = runtime.block_on(graph.invoke(slowly::Input::new()).into_future());
    let error = error.unwrap_err();
    assert!(matches!(&error, Error::NoRuntime { .. }), "{error}");
}

#[tokio::test]
async fn a_run_without_a_thread_can_be_stopped_too() {
    let token = CancellationToken::new();
    let graph = Slowly::graph().build();
    let run = graph.invoke(slowly::Input::new().waits(true));
    let mut run = Box::pin(run.cancelled_by(&token).into_future());
    assert!(polled(&mut run, 10).await.is_none());
    token.cancel();
    let error = run.await.unwrap_err();
    assert!(matches!(&error, Error::Cancelled { .. }), "{error}");
    assert!(!error.to_string().contains("resume"), "{error}");
}
