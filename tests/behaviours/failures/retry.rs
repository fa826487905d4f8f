//! A node that failed is tried again, as often and as late as was said, and no more.

use std::sync::Arc;
use std::time::Duration;

use graph_runtime::prelude::*;
use graph_runtime::{Checkpointer, NodeError, Policy, Retry};

use graph_tests::bench::{Act, Bench, Lasting, bench, events, retried};
use graph_tests::store::on_every_backend;

/// One node, and then one for each part.
#[graph(id = "retry")]
mod patient {
    use super::*;
    use graph_runtime::Run;

    #[state]
    #[derive(Debug)]
    pub struct Patient {
        #[input]
        pub parts: Vec<u32>,
        #[reduce(append)]
        pub log: Vec<String>,
    }

    #[context]
    pub struct Shop {
        pub bench: Arc<Bench>,
    }

    edges! {
        start -> work -> for part in &state.parts { part(part) };
        part -> end;
    }

    #[node(
        writes(log),
        retry(
            times = 3,
            delay = "100ms",
            factor = 2.0,
            max = "300ms",
            jitter = false,
            not(Lasting)
        )
    )]
    async fn work(
        run: &Run,
        bench: &Bench,
    ) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
        bench.work(run).await
    }

    #[node(writes(log), retry(times = 2, delay = "1ms"))]
    async fn part(
        part: u32,
        run: &Run,
        bench: &Bench,
    ) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
        Ok(format!("{} = {part}", bench.work(run).await?))
    }
}

use patient::{Input, Node, Patient, Shop};

/// Tries as often as the attribute says, and waits less.
fn quick() -> Policy {
    Policy::new().retry(
        Retry::times(3)
            .delay(Duration::from_millis(1))
            .not(&[graph_runtime::error_is::<Lasting>]),
    )
}

fn shop(bench: &Arc<Bench>) -> Shop {
    Shop {
        bench: Arc::clone(bench),
    }
}

fn thread(saver: Arc<dyn Checkpointer>, bench: &Arc<Bench>) -> Thread<Patient> {
    let graph = Patient::graph()
        .context(shop(bench))
        .policy(Node::Work, quick());
    graph.checkpointer(saver).build().thread("t")
}

fn parts(parts: &[u32]) -> Input {
    Input::new().parts(parts.to_vec())
}

on_every_backend! {
    async fn a_failed_node_is_tried_again_and_what_it_sets_counts_once(store) {
        let bench = bench();
        bench.tell("work", [Act::Fail("one"), Act::Fail("two")]);
        let thread = thread(store.open().await, &bench);
        let (heard, error) = events(thread.stream(parts(&[]))).await;
        assert!(error.is_none(), "{error:?}");
        assert_eq!(bench.begun(), ["work #1", "work #2", "work #3"]);
        let attempts: Vec<_> = retried(&heard).iter().map(|(_, attempt, _)| *attempt).collect();
        assert_eq!(attempts, [1, 2]);
        let failed = heard.iter().filter(|event| matches!(event, Event::Failed { .. }));
        assert_eq!(failed.count(), 0, "it didn't fail for good");
        assert_eq!(thread.state().await.unwrap().unwrap().state.log, ["work"]);
    }

    async fn after_its_last_attempt_the_run_fails_and_can_be_resumed(store) {
        let bench = bench();
        bench.tell("work", [Act::Fail("no"); 4]);
        let error = thread(store.open().await, &bench).invoke(parts(&[])).await.unwrap_err();
        assert!(matches!(&error, Error::Node { node: "work", .. }), "{error}");
        assert_eq!(bench.begun().len(), 4);
        // Somebody resumes it: it is tried as often again, and counted on as far as that is known.
        bench.tell("work", [Act::Fail("no"); 4]);
        thread(store.open().await, &bench).resume().await.unwrap_err();
        assert_eq!(bench.begun()[4..], ["work #2", "work #3", "work #4", "work #5"]);
        thread(store.open().await, &bench).resume().await.unwrap();
        assert_eq!(bench.begun()[8..], ["work #6"]);
    }

    async fn what_stays_is_not_tried_again(store) {
        for (act, text) in [(Act::Stay, "it stays"), (Act::Last, "it can't be done"), (Act::Panic, "panicked")] {
            let bench = bench();
            bench.tell("work", [act]);
            let thread = thread(store.open().await, &bench);
            let error = thread.from_start(parts(&[])).await.unwrap_err();
            assert!(error.to_string().contains(text), "{error}");
            assert_eq!(bench.begun(), ["work #1"]);
            if matches!(act, Act::Last) {
                let Error::Node { source: NodeError::Returned(source), .. } = error else { panic!("{error}") };
                assert!(source.source().unwrap().is::<Lasting>());
            }
        }
    }

    async fn an_item_is_tried_again_by_itself(store) {
        let bench = bench();
        bench.tell("part 1", [Act::Fail("one"), Act::Fail("two")]);
        let thread = thread(store.open().await, &bench);
        let (heard, error) = events(thread.stream(parts(&[7, 8, 9]))).await;
        assert!(error.is_none(), "{error:?}");
        let items: Vec<_> = retried(&heard).iter().map(|(item, attempt, _)| (*item, *attempt)).collect();
        assert_eq!(items, [(Some(1), 1), (Some(1), 2)]);
        let mut begun = bench.begun();
        begun.sort();
        assert_eq!(begun, ["part 0 #1", "part 1 #1", "part 1 #2", "part 1 #3", "part 2 #1", "work #1"]);
        let log = thread.state().await.unwrap().unwrap().state.log;
        assert_eq!(log, ["work", "part 0 = 7", "part 1 = 8", "part 2 = 9"]);
    }

    async fn a_run_may_say_that_nothing_is_tried_again(store) {
        let bench = bench();
        bench.tell("work", [Act::Fail("no")]);
        let thread = thread(store.open().await, &bench);
        let run = thread.invoke(parts(&[])).policy(Node::Work, Policy::new().retry(Retry::never()));
        run.await.unwrap_err();
        assert_eq!(bench.begun(), ["work #1"]);
        // The graph is as it was.
        bench.tell("work", [Act::Fail("no")]);
        thread.resume().await.unwrap();
        assert_eq!(bench.begun().len(), 3);
    }
}

// Time stands still but where everybody waits, so it can be read off exactly.
#[tokio::test(start_paused = true)]
async fn delays_grow_up_to_the_longest() {
    let bench = bench();
    bench.tell("work", [Act::Fail("no"); 3]);
    let graph = Patient::graph().context(shop(&bench)).build();
    let began = tokio::time::Instant::now();
    let (heard, error) = events(graph.stream(parts(&[]))).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(
        retried(&heard),
        [(None, 1, 100), (None, 2, 200), (None, 3, 300)]
    );
    assert_eq!(began.elapsed(), Duration::from_millis(600));
}

#[test]
fn without_a_timer_the_node_says_what_is_missing() {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let bench = bench();
    let graph = Patient::graph().context(shop(&bench)).build();
    let error = runtime
        .block_on(async { graph.invoke(parts(&[])).await })
        .unwrap_err();
    assert!(
        matches!(
            error,
            Error::Node {
                source: NodeError::NoTimer,
                ..
            }
        ),
        "{error}"
    );
    assert_eq!(bench.begun(), Vec::<String>::new());
    // Nothing has to be waited for.
    let at_once = Policy::new().retry(Retry::times(3).delay(Duration::ZERO));
    bench.tell("work", [Act::Fail("no"); 3]);
    let run = graph.invoke(parts(&[])).policy(Node::Work, at_once);
    runtime.block_on(async { run.await }).unwrap();
    assert_eq!(bench.begun().len(), 4);
}
