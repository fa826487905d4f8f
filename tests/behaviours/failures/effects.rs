//! What may happen only once, and what must be known of before it begins.

use std::sync::Arc;

use graph_runtime::prelude::*;
use graph_runtime::{Checkpointer, Failure, FailureKind, Policy, Retry, ThreadKey, WriteKind};

use graph_tests::bench::{Act, Bench, bench, die, kinds};
use graph_tests::office::polled;
use graph_tests::slow::Slow;
use graph_tests::store::on_every_backend;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

#[graph(id = "effects")]
mod rocket {
    use super::*;
    use graph_runtime::Run;

    #[state]
    #[derive(Debug)]
    pub struct Rocket {
        #[input]
        pub careful: bool,
        #[reduce(append)]
        pub log: Vec<String>,
        pub failure: Option<Failure>,
    }

    #[context]
    pub struct Tools {
        pub bench: Arc<Bench>,
    }

    edges! {
        start -> fuel -> tell -> if state.careful { guarded } else { launch };
        launch | guarded | explain -> end;
    }

    #[node(writes(log))]
    async fn fuel(run: &Run, bench: &Bench) -> Result<String, BoxError> {
        bench.work(run).await
    }

    #[node(writes(log), effect, retry(times = 1, delay = "1ms"))]
    async fn tell(run: &Run, bench: &Bench) -> Result<String, BoxError> {
        bench.work(run).await
    }

    #[node(writes(log), at_most_once)]
    async fn launch(run: &Run, bench: &Bench) -> Result<String, BoxError> {
        bench.work(run).await
    }

    #[node(writes(log), at_most_once, on_error = explain)]
    async fn guarded(run: &Run, bench: &Bench) -> Result<String, BoxError> {
        bench.work(run).await
    }

    #[node(writes(failure))]
    fn explain(run: &Run) -> Option<Failure> {
        run.failure().cloned()
    }
}

use rocket::{Input, Node, Rocket, Tools};

fn thread(saver: Arc<dyn Checkpointer>, bench: &Arc<Bench>) -> Thread<Rocket> {
    let graph = Rocket::graph().context(Tools {
        bench: Arc::clone(bench),
    });
    graph.checkpointer(saver).build().thread("t")
}

/// How often a node has begun.
fn times(bench: &Bench, node: &str) -> usize {
    bench
        .begun()
        .iter()
        .filter(|turn| turn.starts_with(node))
        .count()
}

on_every_backend! {
    async fn what_may_happen_once_is_not_begun_again_after_a_crash(store) {
        let bench = bench();
        let run = thread(store.open().await, &bench).invoke(Input::new()).pause_before([Node::Launch]);
        run.await.unwrap();
        bench.tell("launch", [Act::Hang]);
        die(thread(store.open().await, &bench).resume(), &bench).await;
        let thread = thread(store.open().await, &bench);
        for _ in 0..3 {
            let error = thread.resume().await.unwrap_err();
            assert!(matches!(&error, Error::OutcomeUnknown { node: "launch", .. }), "{error}");
            assert!(error.to_string().contains("requeue()"), "{error}");
        }
        assert_eq!(times(&bench, "launch"), 1);
        // Somebody has looked: it didn't happen.
        thread.requeue().await.unwrap();
        let output = thread.resume().await.unwrap().done().unwrap();
        assert_eq!(output.log, ["fuel", "tell", "launch"]);
        assert_eq!(times(&bench, "launch"), 2);
        assert_eq!(kinds(&*store.open().await, "effects").await, [""; 0]);
    }

    async fn what_may_happen_once_is_not_begun_again_after_it_failed(store) {
        let bench = bench();
        bench.tell("launch", [Act::Fail("no fire")]);
        let thread = thread(store.open().await, &bench);
        let often = Policy::new().retry(Retry::times(5));
        let error = thread.invoke(Input::new()).policy(Node::Launch, often).await.unwrap_err();
        assert!(error.to_string().contains("no fire"), "{error}");
        let error = thread.resume().await.unwrap_err();
        assert!(matches!(error, Error::OutcomeUnknown { .. }), "{error}");
        assert_eq!(times(&bench, "launch"), 1);
        // Let begin anew, it may fail anew, and is claimed anew.
        thread.requeue().await.unwrap();
        bench.tell("launch", [Act::Fail("no fire")]);
        thread.resume().await.unwrap_err();
        thread.resume().await.unwrap_err();
        assert_eq!(times(&bench, "launch"), 2);
    }

    async fn a_handler_takes_on_that_nobody_knows(store) {
        let bench = bench();
        let run = thread(store.open().await, &bench).invoke(Input::new().careful(true)).pause_before([Node::Guarded]);
        run.await.unwrap();
        bench.tell("guarded", [Act::Hang]);
        die(thread(store.open().await, &bench).resume(), &bench).await;
        let output = thread(store.open().await, &bench).resume().await.unwrap().done().unwrap();
        let failure = output.failure.unwrap();
        assert_eq!((failure.node.as_str(), failure.kind), ("guarded", FailureKind::OutcomeUnknown));
        assert_eq!(times(&bench, "guarded"), 1);
    }

    async fn an_effect_is_written_down_before_it_begins_and_may_begin_again(store) {
        let bench = bench();
        bench.tell("tell", [Act::Fail("one"), Act::Hang]);
        let saver = store.open().await;
        let run = thread(Arc::clone(&saver), &bench).invoke(Input::new()).pause_before([Node::Tell]);
        run.await.unwrap();
        let thread = thread(saver, &bench);
        let run = thread.resume();
        let hangs = async {
            while times(&bench, "tell") < 2 {
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            }
        };
        tokio::select! { _ = run.into_future() => panic!("it is over"), () = hangs => {} }
        let claimed = kinds(&*store.open().await, "effects").await;
        assert_eq!(claimed, ["pause", "passed", "claim"]);
        thread.resume().await.unwrap();
        assert_eq!(times(&bench, "tell"), 3);
    }
}

// Whenever the process dies, what may happen once has a claim by the time it begins, and begins once.
#[tokio::test]
async fn dropped_at_any_poll_it_begins_once() {
    for durability in [Durability::Sync, Durability::Async, Durability::Exit] {
        let mut unknown = 0;
        for at in 0.. {
            let bench = bench();
            bench.tell("launch", [Act::Take(0)]);
            let saver = Slow::new(9);
            let thread = || {
                let graph = Rocket::graph().context(Tools {
                    bench: Arc::clone(&bench),
                });
                let graph = graph
                    .durability(durability)
                    .checkpointer(Arc::clone(&saver));
                graph.build().thread("t")
            };
            if polled(thread().invoke(Input::new()).into_future(), at)
                .await
                .is_some()
            {
                assert!(at > 5, "over too soon for what this is to show");
                break;
            }
            let place = format!("{durability:?}, at poll {at}");
            if times(&bench, "launch") == 1 {
                let key = ThreadKey::new("effects", "t").unwrap();
                let kept = saver.inner.writes(&key).await.unwrap();
                let ended = thread().state().await.unwrap().unwrap().next.is_empty();
                let claimed = kept.iter().any(|write| write.key.kind == WriteKind::Claim);
                assert!(ended || claimed, "{place}");
            }
            let outcome = match thread().resume().await {
                Err(Error::NothingToResume { .. }) => thread().invoke(Input::new()).await,
                resumed => resumed,
            };
            match outcome {
                Ok(outcome) => assert_eq!(outcome.done().unwrap().log, ["fuel", "tell", "launch"]),
                Err(Error::OutcomeUnknown { .. }) => unknown += 1,
                Err(error) => panic!("{error}"),
            }
            assert!(times(&bench, "launch") <= 1, "{place}");
        }
        assert!(unknown > 0, "{durability:?}");
    }
}

// A claim that can't be stored: the effect doesn't begin, and the run ends with the store.
#[tokio::test]
async fn what_cant_be_claimed_does_not_begin() {
    let bench = bench();
    // The input and the first step.
    let saver = Slow::failing_after(2, 1);
    let graph = Rocket::graph()
        .context(Tools {
            bench: Arc::clone(&bench),
        })
        .durability(Durability::Sync);
    let thread = graph.checkpointer(Arc::clone(&saver)).build().thread("t");
    let error = thread.invoke(Input::new()).await.unwrap_err();
    assert!(matches!(error, Error::Store { .. }), "{error}");
    assert_eq!(bench.begun(), ["fuel #1"]);
    saver.mend();
    thread.resume().await.unwrap();
}
