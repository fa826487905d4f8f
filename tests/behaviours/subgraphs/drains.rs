//! A graceful stop reaches the graphs within: each stops before its own next step, however deep it is.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use graph_runtime::prelude::*;
use graph_runtime::{CancellationToken, Siblings};

use graph_tests::nested::top;
use graph_tests::nested::{PAIR, TOPICS, builder, input, log, process};
use graph_tests::office::{Desk, polled, scale};
use graph_tests::slow::Slow;
use graph_tests::store::on_every_backend;

const DURABILITIES: [Durability; 3] = [Durability::Sync, Durability::Async, Durability::Exit];

/// How often each has begun.
fn counts(desk: &Desk) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for name in desk.begun() {
        *counts.entry(name).or_default() += 1;
    }
    counts
}

#[tokio::test]
async fn a_run_drained_at_any_poll_stops_soon_and_runs_nothing_twice() {
    let all = log(PAIR, &TOPICS);
    for seed in 1..=scale() {
        for durability in DURABILITIES {
            let mut drained = 0;
            for at in 0.. {
                let place = format!("{durability:?}, seed {seed}, drained at poll {at}");
                let (saver, desk) = (Slow::new(1), Desk::seeded(seed));
                let graph = builder(&desk).durability(durability);
                let thread = graph.checkpointer(Arc::clone(&saver)).build().thread("t");
                let token = CancellationToken::new();
                let run = thread.invoke(input(PAIR, &TOPICS)).cancelled_by(&token);
                let mut run = Box::pin(run.into_future());
                if let Some(outcome) = polled(&mut run, at).await {
                    assert!(outcome.unwrap().done().is_some(), "{place}");
                    assert!(drained > 20, "over too soon for what this is to show");
                    break;
                }
                token.drain();
                let begun = desk.begun();
                let outcome = run.await;
                let later = desk.begun().split_off(begun.len());
                assert!(later.is_empty(), "{place}: {later:?} after {begun:?}");
                let outcome = match outcome {
                    Err(Error::Drained { .. }) => {
                        drained += 1;
                        thread.resume().await.unwrap()
                    }
                    // It came to its end first.
                    other => other.unwrap(),
                };
                assert_eq!(outcome.done().unwrap().log, all, "{place}");
                let counts = counts(&desk);
                assert_eq!(counts.len(), all.len(), "{place}");
                assert!(
                    counts.values().all(|count| *count == 1),
                    "{place}: {counts:?}"
                );
            }
        }
    }
}

// What is under way is dropped, and run again; what was done in there is stored before the run ends, in every durability.
#[tokio::test]
async fn what_graphs_had_done_when_a_run_was_cancelled_is_stored_when_it_ends() {
    for durability in DURABILITIES {
        let (saver, desk) = (Slow::new(50), Arc::<Desk>::default());
        let graph = builder(&desk).durability(durability);
        let thread = graph.checkpointer(Arc::clone(&saver)).build().thread("t");
        desk.hold(&["write a", "look b"]);
        let token = CancellationToken::new();
        let run = thread.invoke(input(PAIR, &TOPICS)).cancelled_by(&token);
        let mut run = Box::pin(run.into_future());
        assert!(polled(&mut run, 5000).await.is_none(), "two nodes are held");
        token.cancel();
        let error = run.await.unwrap_err();
        assert!(matches!(&error, Error::Cancelled { .. }), "{error}");
        let text = saver.text().await;
        for done in ["open a", "look a", "open b"] {
            assert!(
                text.contains(&format!("\"{done}\"")),
                "{durability:?}: `{done}`"
            );
        }
        desk.hold(&[]);
        let done = thread.resume().await.unwrap().done().unwrap();
        assert_eq!(done.log, log(PAIR, &TOPICS));
        let counts = counts(&desk);
        let twice: Vec<_> = counts.iter().filter(|(_, count)| **count > 1).collect();
        assert_eq!(
            twice,
            [(&"look b".to_owned(), &2), (&"write a".to_owned(), &2)]
        );
    }
}

on_every_backend! {
    async fn a_drain_stops_two_graphs_deep_before_the_next_step_there(store) {
        let desk = Arc::<Desk>::default();
        desk.hold(&["look a", "open b"]);
        let thread = process(store.open().await, &desk);
        let token = CancellationToken::new();
        let run = thread.invoke(input(PAIR, &TOPICS)).cancelled_by(&token);
        let stop = async {
            while desk.begun().len() < 4 {
                tokio::task::yield_now().await;
            }
            token.drain();
            desk.hold(&[]);
        };
        let (outcome, ()) = tokio::join!(run.into_future(), stop);
        let error = outcome.unwrap_err();
        assert!(matches!(&error, Error::Drained { .. }), "{error}");
        assert!(error.to_string().starts_with("the run of thread `t` of graph `top` stopped"), "{error}");
        let mut begun = desk.begun();
        begun.sort();
        assert_eq!(begun, ["look a", "open a", "open b", "plan it"]);
        assert_eq!(thread.state().await.unwrap().unwrap().next, [top::Node::One, top::Node::Two]);
        let done = process(store.open().await, &desk).resume().await.unwrap().done().unwrap();
        assert_eq!(done.log, log(PAIR, &TOPICS));
        assert!(counts(&desk).values().all(|count| *count == 1), "{:?}", desk.begun());
    }

    // What a sibling has finished is stored, and one that fails is what the run ends with.
    async fn siblings_of_a_graph_that_is_drained_come_to_their_end(store) {
        let desk = Arc::<Desk>::default();
        desk.hold(&["look a", "close b"]);
        desk.fail(&["close b"]);
        let thread = process(store.open().await, &desk);
        let token = CancellationToken::new();
        let run = thread.invoke(input(PAIR, &[])).siblings(Siblings::Cancel).cancelled_by(&token);
        let stop = async {
            while !(desk.begun().contains(&"look a".to_owned()) && desk.begun().contains(&"close b".to_owned())) {
                tokio::task::yield_now().await;
            }
            token.drain();
            desk.hold(&["close b"]);
            for _ in 0..100 {
                tokio::task::yield_now().await;
            }
            desk.hold(&[]);
        };
        let (outcome, ()) = tokio::join!(run.into_future(), stop);
        let error = outcome.unwrap_err();
        assert!(matches!(&error, Error::Node { node: "two", .. }), "{error}");
        desk.fail(&[]);
        assert_eq!(thread.resume().await.unwrap().done().unwrap().log, log(PAIR, &[]));
        let counts = counts(&desk);
        assert_eq!(counts.iter().filter(|(_, count)| **count == 2).count(), 1, "{counts:?}");
        assert_eq!(counts["close b"], 2);
    }
}

/// Goes round so often without ever letting anybody else do something.
#[graph(id = "wheel")]
mod wheel {
    #[state]
    pub struct Wheel {
        #[reduce(sum)]
        pub rounds: u32,
    }

    edges! { start -> turn -> if state.rounds < 50 { turn } else { end }; }

    #[node(writes(rounds))]
    fn turn() -> u32 {
        std::thread::sleep(std::time::Duration::from_millis(1));
        1
    }
}

#[graph(id = "cart")]
mod cart {
    use super::*;

    #[state]
    pub struct Cart {
        pub way: Option<wheel::Output>,
    }

    edges! { start -> roll -> end; }

    #[subgraph(wheel::Wheel, into = way)]
    fn roll() -> wheel::Input {
        wheel::Input::new()
    }
}

// Nodes that never wait don't get past it, in there neither.
#[tokio::test]
async fn a_deadline_holds_within_a_graph_whose_nodes_never_wait() {
    let graph = cart::Cart::graph().durability(Durability::Exit);
    let thread = graph.checkpointer(MemorySaver::new()).build().thread("t");
    let (mut after, mut late) = (Duration::from_millis(5), 0);
    let mut outcome = thread.invoke(cart::Input::new()).deadline(after).await;
    while let Err(error) = outcome {
        assert!(
            matches!(&error, Error::Deadline { after: told, .. } if *told == after),
            "{error}"
        );
        assert!(
            error
                .to_string()
                .starts_with("the run of thread `t` of graph `cart` "),
            "{error}"
        );
        late += 1;
        after += Duration::from_millis(5);
        outcome = thread.resume().deadline(after).await;
    }
    assert!(
        late > 0,
        "50 rounds take longer than the first one was given"
    );
    assert_eq!(outcome.unwrap().done().unwrap().way.unwrap().rounds, 50);
}
