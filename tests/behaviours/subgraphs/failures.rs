//! A graph within another that fails: where that leads, and what is no failure of it at all.

use std::sync::Arc;

use graph_runtime::prelude::*;
use graph_runtime::testing::{Fault, Faulty};
use graph_runtime::{CancellationToken, Checkpointer, Failure, FailureKind, MemorySaver};

use graph_tests::bench::{Act, Bench, bench, events, kinds};
use graph_tests::slow::Slow;
use graph_tests::store::on_every_backend;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// At the bottom.
#[graph(id = "pit")]
mod pit {
    use super::*;
    use graph_runtime::Run;

    #[state]
    pub struct Pit {
        #[reduce(append)]
        pub log: Vec<String>,
    }

    #[context]
    pub struct Tools {
        pub bench: Arc<Bench>,
    }

    edges! { start -> dig -> blast -> end; }

    #[node(writes(log))]
    async fn dig(run: &Run, bench: &Bench) -> Result<String, BoxError> {
        bench.work(run).await
    }

    #[node(writes(log), at_most_once)]
    async fn blast(run: &Run, bench: &Bench) -> Result<String, BoxError> {
        bench.work(run).await
    }
}

/// In the middle.
#[graph(id = "shaft")]
mod shaft {
    use super::*;

    #[state]
    pub struct Shaft {
        #[reduce(append)]
        pub log: Vec<String>,
    }

    #[context]
    pub struct Tools {
        pub bench: Arc<Bench>,
    }

    edges! { start -> down -> end; }

    #[subgraph(pit::Pit, share(log))]
    fn down() -> pit::Input {
        pit::Input::new()
    }
}

/// It has somebody who takes failures on: a node of its own, or one that others lead to, too.
#[graph(id = "mine")]
mod mine {
    use super::*;
    use graph_runtime::Run;

    #[state]
    #[derive(Debug)]
    pub struct Mine {
        #[input]
        pub alone: bool,
        #[reduce(append)]
        pub log: Vec<String>,
        #[reduce(append)]
        pub failures: Vec<Failure>,
    }

    #[context]
    pub struct Tools {
        pub bench: Arc<Bench>,
    }

    edges! {
        start -> if state.alone { alone } else { together, pump };
        {together, pump} -> close;
        alone | rescue -> close;
        close -> end;
    }

    #[subgraph(shaft::Shaft, share(log), on_error = rescue)]
    fn alone() -> shaft::Input {
        shaft::Input::new()
    }

    #[subgraph(shaft::Shaft, share(log), on_error = close)]
    fn together() -> shaft::Input {
        shaft::Input::new()
    }

    #[node(writes(log))]
    async fn pump(run: &Run, bench: &Bench) -> Result<String, BoxError> {
        bench.work(run).await
    }

    #[node(writes(log, failures))]
    fn rescue(run: &Run) -> (String, Vec<Failure>) {
        ("rescue".to_owned(), run.failures().to_vec())
    }

    #[node(writes(log, failures))]
    fn close(run: &Run) -> (String, Vec<Failure>) {
        ("close".to_owned(), run.failures().to_vec())
    }
}

use mine::{Input, Mine, Tools};

fn thread(saver: impl Checkpointer, bench: &Arc<Bench>, durability: Durability) -> Thread<Mine> {
    let graph = Mine::graph().durability(durability).context(Tools {
        bench: Arc::clone(bench),
    });
    graph.checkpointer(saver).build().thread("t")
}

/// What a run writes into its log in which nothing fails.
fn log(alone: bool) -> Vec<&'static str> {
    let mut log = vec!["dig", "blast", "pump", "close"];
    log.retain(|name| !(alone && *name == "pump"));
    log
}

on_every_backend! {
    async fn a_failure_at_the_bottom_leads_where_the_node_around_it_says(store) {
        for alone in [true, false] {
            let bench = bench();
            bench.tell("dig", [Act::Fail("no light")]);
            let thread = thread(store.open().await, &bench, Durability::Async);
            let done = thread.from_start(Input::new().alone(alone)).await.unwrap().done().unwrap();
            let [failure] = &done.failures[usize::from(!alone)..] else { panic!("{:?}", done.failures) };
            assert_eq!(failure.node, if alone { "alone" } else { "together" });
            assert_eq!(failure.error, "`down` > `dig`: no light");
            assert_eq!(failure.kind, FailureKind::Returned);
            assert!(!done.log.contains(&"dig".to_owned()), "what it had shared is gone with it: {:?}", done.log);
            assert_eq!(kinds(&*store.open().await, "mine").await, [""; 0]);
        }
    }

    async fn a_panic_at_the_bottom_is_one_for_whoever_takes_it_on(store) {
        let bench = bench();
        bench.tell("dig", [Act::Panic]);
        let thread = thread(store.open().await, &bench, Durability::Async);
        let done = thread.invoke(Input::new().alone(true)).await.unwrap().done().unwrap();
        assert_eq!(done.failures[0].kind, FailureKind::Panicked);
        assert_eq!(done.log, ["rescue", "close"]);
    }

    async fn that_nobody_knows_what_came_of_it_is_taken_on_too(store) {
        let bench = bench();
        bench.tell("blast", [Act::Hang]);
        let saver = store.open().await;
        let run = thread(saver, &bench, Durability::Sync).invoke(Input::new().alone(true));
        let hangs = async {
            while bench.begun().len() < 2 {
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            }
        };
        tokio::select! { _ = run.into_future() => panic!("it is over"), () = hangs => {} }
        let thread = thread(store.open().await, &bench, Durability::Sync);
        let done = thread.resume().await.unwrap().done().unwrap();
        assert_eq!(done.failures[0].kind, FailureKind::OutcomeUnknown);
        assert_eq!(bench.begun(), ["dig #1", "blast #1"]);
    }

    async fn who_was_told_to_stop_has_not_failed(store) {
        for (alone, drains) in [(true, true), (true, false), (false, true), (false, false)] {
            let bench = bench();
            let token = CancellationToken::new();
            let thread = thread(store.open().await, &bench, Durability::Async);
            let run = thread.from_start(Input::new().alone(alone)).cancelled_by(&token);
            bench.tell("dig", [Act::Take(20)]);
            let stops = async {
                while !bench.begun().contains(&"dig #1".to_owned()) {
                    tokio::time::sleep(std::time::Duration::from_millis(1)).await;
                }
                if drains { token.drain() } else { token.cancel() }
            };
            let ((heard, error), ()) = tokio::join!(events(run.stream()), stops);
            let error = error.unwrap();
            assert!(matches!(
                (&error, drains),
                (Error::Drained { .. }, true) | (Error::Cancelled { .. }, false)
            ), "{error}");
            assert!(error.to_string().starts_with("the run of thread `t` of graph `mine` "), "{error}");
            assert!(!heard.iter().any(|event| matches!(event, Event::Failed { .. })), "{heard:#?}");
            let before = thread.state().await.unwrap().unwrap().state.log.len();
            let done = thread.resume().await.unwrap().done().unwrap();
            assert_eq!(done.log[before..], log(alone));
            assert_eq!(done.failures, []);
        }
    }
}

// Whatever becomes of the store, nobody takes it for a failure of the node: the run ends with it, and goes on when the store does.
#[tokio::test]
async fn a_store_that_fails_is_no_failure_of_a_graph_within() {
    for alone in [true, false] {
        for durability in [Durability::Sync, Durability::Async, Durability::Exit] {
            for commits in 0.. {
                let place = format!("alone: {alone}, {durability:?}, after {commits} commits");
                let bench = bench();
                let saver = Slow::failing_after(commits, 1);
                let thread = thread(Arc::clone(&saver), &bench, durability);
                let error = match thread.invoke(Input::new().alone(alone)).await {
                    Ok(outcome) => {
                        assert_eq!(outcome.done().unwrap().log, log(alone), "{place}");
                        assert!(commits > 3, "over too soon for what this is to show");
                        break;
                    }
                    Err(error) => error,
                };
                assert!(matches!(error, Error::Store { .. }), "{place}: {error}");
                saver.mend();
                check(&thread, alone, &place).await;
            }
        }
    }
}

#[tokio::test]
async fn a_store_that_fails_at_any_call_is_no_failure_of_a_graph_within() {
    for alone in [true, false] {
        for fault in [Fault::Refused, Fault::RequestLost, Fault::ReplyLost] {
            for call in 1.. {
                let place = format!("alone: {alone}, {fault:?} at call {call}");
                let bench = bench();
                let saver = Arc::new(Faulty::new(MemorySaver::new()).at(call, fault));
                let thread = thread(Arc::clone(&saver), &bench, Durability::Sync);
                match thread.invoke(Input::new().alone(alone)).await {
                    Ok(outcome) => {
                        let done = outcome.done().unwrap();
                        assert_eq!(
                            (done.log, done.failures),
                            (log(alone).iter().map(ToString::to_string).collect(), vec![]),
                            "{place}"
                        );
                    }
                    Err(error) => {
                        assert!(matches!(error, Error::Store { .. }), "{place}: {error}");
                        check(&thread, alone, &place).await;
                    }
                }
                if saver.calls() < call {
                    assert!(call > 8, "over too soon for what this is to show");
                    break;
                }
            }
        }
    }
}

/// Sees a run through that its store broke off.
async fn check(thread: &Thread<Mine>, alone: bool, place: &str) {
    let mut outcome = match thread.resume().await {
        Err(Error::NothingToResume { .. }) => thread.invoke(Input::new().alone(alone)).await,
        resumed => resumed,
    };
    // Rightly so: it had begun, and what came of it could not be stored.
    if let Err(Error::OutcomeUnknown { node: "blast", .. }) = outcome {
        thread.requeue().await.unwrap();
        outcome = thread.resume().await;
    }
    let done = outcome.unwrap().done().unwrap();
    if let [failure] = &*done.failures {
        assert_eq!(
            failure.kind,
            FailureKind::OutcomeUnknown,
            "{place}: {failure}"
        );
    } else {
        assert_eq!(done.failures, [], "{place}");
        assert_eq!(done.log, log(alone), "{place}");
    }
}
