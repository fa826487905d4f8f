//! Where a failure leads: to the node that `on_error` names, with the failure stored before it runs; or out of the run.

use std::sync::Arc;

use async_trait::async_trait;
use graph_runtime::prelude::*;
use graph_runtime::{
    Checkpointer, Commit, Failure, FailureKind, MemorySaver, Siblings, StoreError, ThreadKey,
};

use graph_tests::bench::{Act, Bench, bench, events, kinds, moments};
use graph_tests::between::{Between, Over};
use graph_tests::slow::Slow;
use graph_tests::store::{Store, on_every_backend};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// A failure that goes to a node, one that goes to a join, one of an item, one that goes nowhere.
#[graph(id = "handlers")]
mod shop {
    use super::*;
    use graph_runtime::Run;

    #[state]
    #[derive(Debug)]
    pub struct Shop {
        #[input]
        pub parts: Vec<u32>,
        #[reduce(append)]
        pub log: Vec<String>,
        #[reduce(append)]
        pub taken_on: Vec<Failure>,
    }

    #[context]
    pub struct Tools {
        pub bench: Arc<Bench>,
    }

    edges! {
        start -> order -> {fetch, check, count};
        {fetch, check, count} -> decide;
        decide -> for part in &state.parts { print(part) };
        print -> close;
        mourn -> close;
        sorry -> close;
        close -> end;
    }

    #[node(writes(log), on_error = sorry)]
    async fn order(run: &Run, bench: &Bench) -> Result<String, BoxError> {
        bench.work(run).await
    }

    #[node(writes(log), on_error = decide)]
    async fn fetch(run: &Run, bench: &Bench) -> Result<String, BoxError> {
        bench.work(run).await
    }

    #[node(writes(log), retry(times = 1, delay = "1ms"), on_error = decide)]
    async fn check(run: &Run, bench: &Bench) -> Result<String, BoxError> {
        bench.work(run).await
    }

    #[node(writes(log))]
    async fn count(run: &Run, bench: &Bench) -> Result<String, BoxError> {
        bench.work(run).await
    }

    #[node(writes(log, taken_on))]
    async fn decide(run: &Run, bench: &Bench) -> Result<(String, Vec<Failure>), BoxError> {
        Ok((bench.work(run).await?, run.failures().to_vec()))
    }

    #[node(writes(log), timeout = "20ms", on_error = mourn)]
    async fn print(part: u32, run: &Run, bench: &Bench) -> Result<String, BoxError> {
        Ok(format!("{} = {part}", bench.work(run).await?))
    }

    #[node(writes(log, taken_on))]
    async fn mourn(run: &Run, bench: &Bench) -> Result<(String, Option<Failure>), BoxError> {
        Ok((bench.work(run).await?, run.failure().cloned()))
    }

    #[node(writes(log, taken_on))]
    async fn sorry(run: &Run, bench: &Bench) -> Result<(String, Option<Failure>), BoxError> {
        Ok((bench.work(run).await?, run.failure().cloned()))
    }

    #[node(writes(log))]
    async fn close(run: &Run, bench: &Bench) -> Result<String, BoxError> {
        assert!(run.failure().is_none(), "it is taken on");
        bench.work(run).await
    }
}

/// What fails on the left is taken on here, and isn't any more in the next version.
#[graph(id = "pair")]
mod pair {
    use super::*;
    use graph_runtime::Run;

    #[state]
    #[derive(Debug)]
    pub struct Pair {
        #[reduce(append)]
        pub log: Vec<String>,
    }

    #[context]
    pub struct Tools {
        pub bench: Arc<Bench>,
    }

    edges! {
        start -> {left, right} -> meet -> end;
    }

    #[node(writes(log), on_error = meet)]
    async fn left(run: &Run, bench: &Bench) -> Result<String, BoxError> {
        bench.work(run).await
    }

    #[node(writes(log))]
    async fn right(run: &Run, bench: &Bench) -> Result<String, BoxError> {
        bench.work(run).await
    }

    #[node(writes(log))]
    async fn meet(run: &Run, bench: &Bench) -> Result<String, BoxError> {
        bench.work(run).await
    }
}

/// The next version.
#[graph(id = "pair")]
mod next_pair {
    use super::*;
    use graph_runtime::Run;

    #[state]
    #[derive(Debug)]
    pub struct Pair {
        #[reduce(append)]
        pub log: Vec<String>,
    }

    #[context]
    pub struct Tools {
        pub bench: Arc<Bench>,
    }

    edges! {
        start -> {left, right} -> meet -> end;
    }

    #[node(writes(log))]
    async fn left(run: &Run, bench: &Bench) -> Result<String, BoxError> {
        bench.work(run).await
    }

    #[node(writes(log))]
    async fn right(run: &Run, bench: &Bench) -> Result<String, BoxError> {
        bench.work(run).await
    }

    #[node(writes(log))]
    async fn meet(run: &Run, bench: &Bench) -> Result<String, BoxError> {
        bench.work(run).await
    }
}

use shop::{Input, Node, Shop, Tools};

fn builder(bench: &Arc<Bench>) -> graph_runtime::Builder<Shop, graph_runtime::Unsaved, Tools> {
    Shop::graph().context(Tools {
        bench: Arc::clone(bench),
    })
}

fn thread(saver: Arc<dyn Checkpointer>, bench: &Arc<Bench>) -> Thread<Shop> {
    builder(bench).checkpointer(saver).build().thread("t")
}

fn three() -> Input {
    Input::new().parts(vec![7, 8, 9])
}

/// What a failure says, without its attempts.
fn said(failure: &Failure) -> (&str, Option<u32>, &str, FailureKind) {
    (&failure.node, failure.item, &failure.error, failure.kind)
}

/// Sees a run through in which each step is taken by a process of its own.
async fn step_by_step(store: &Store, bench: &Arc<Bench>) -> shop::Output {
    let mut result = thread(store.open().await, bench)
        .invoke(three())
        .step_limit(1)
        .await;
    loop {
        match result {
            Ok(outcome) => return outcome.done().unwrap(),
            Err(Error::StepLimit { .. }) => {
                result = thread(store.open().await, bench)
                    .resume()
                    .step_limit(1)
                    .await;
            }
            Err(error) => panic!("{error}"),
        }
    }
}

on_every_backend! {
    async fn a_handler_sees_what_failed_and_the_run_goes_on_there(store) {
        let bench = bench();
        bench.tell("order", [Act::Fail("no such thing")]);
        let thread = thread(store.open().await, &bench);
        let (heard, error) = events(thread.stream(three())).await;
        assert!(error.is_none(), "{error:?}");
        assert!(heard.iter().any(|event| matches!(event, Event::Failed { node: Node::Order, .. })));
        let state = thread.state().await.unwrap().unwrap().state;
        assert_eq!(state.log, ["sorry", "close"]);
        assert_eq!(said(&state.taken_on[0]), ("order", None, "no such thing", FailureKind::Returned));
        assert_eq!(state.taken_on[0].attempts, 1);
        let history = thread.history().await.unwrap();
        assert_eq!(history[2].ran, [Node::Order]);
        assert_eq!(history[2].next, [Node::Sorry]);
    }

    async fn panics_and_timeouts_are_failures_too(store) {
        let bench = bench();
        bench.tell("order", [Act::Panic]);
        let thread = thread(store.open().await, &bench);
        thread.invoke(three()).await.unwrap();
        let state = thread.state().await.unwrap().unwrap().state;
        assert_eq!(said(&state.taken_on[0]), ("order", None, "panicked: told to", FailureKind::Panicked));
        bench.tell("print 2", [Act::Hang]);
        thread.invoke(three()).await.unwrap();
        let state = thread.state().await.unwrap().unwrap().state;
        let failure = state.taken_on.last().unwrap();
        assert_eq!(said(failure), ("print", Some(2), "it took longer than 20ms", FailureKind::TimedOut));
    }

    async fn failures_wait_at_a_join_for_the_others_over_restarts(store) {
        let bench = bench();
        bench.tell("fetch", [Act::Fail("lost")]);
        bench.tell("check", [Act::Fail("no"), Act::Fail("still no")]);
        bench.tell("count", [Act::Fail("one"), Act::Fail("two")]);
        let saver = store.open().await;
        let error = thread(Arc::clone(&saver), &bench).invoke(three()).await.unwrap_err();
        assert!(matches!(error, Error::Node { node: "count", .. }), "{error}");
        assert_eq!(kinds(&*saver, "handlers").await, ["handled", "handled"]);
        bench.tell("count", []);
        let thread = thread(store.open().await, &bench);
        let stopped = thread.resume().step_limit(1).await;
        assert!(matches!(stopped, Err(Error::StepLimit { .. })));
        let output = thread.resume().await.unwrap().done().unwrap();
        let said: Vec<_> = output.taken_on.iter().map(said).collect();
        assert_eq!(said, [
            ("fetch", None, "lost", FailureKind::Returned),
            ("check", None, "still no", FailureKind::Returned),
        ]);
        assert_eq!(output.taken_on[1].attempts, 2);
        assert_eq!(output.log[..3], ["order", "count", "decide"]);
        let of_both = |turn: &String| turn.starts_with("fetch") || turn.starts_with("check");
        let begun: Vec<_> = bench.begun().into_iter().filter(of_both).collect();
        assert_eq!(begun, ["fetch #1", "check #1", "check #2"], "what is taken on is not found out again");
        assert_eq!(kinds(&*saver, "handlers").await, [""; 0]);
    }

    async fn what_is_taken_on_is_not_run_again_when_the_process_dies_before_its_siblings_are_done(store) {
        let bench = bench();
        bench.tell("fetch", [Act::Fail("lost")]);
        bench.tell("count", [Act::Hang]);
        let saver = store.open().await;
        let thread = thread(Arc::clone(&saver), &bench);
        let stored = async {
            while kinds(&*saver, "handlers").await != ["handled", "update"] {
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            }
        };
        tokio::select! {
            result = thread.invoke(three()).into_future() => panic!("it is over: {:?}", result.err()),
            () = stored => {}
        }
        let output = thread.resume().await.unwrap().done().unwrap();
        assert_eq!(said(&output.taken_on[0]), ("fetch", None, "lost", FailureKind::Returned));
        let begun = bench.begun();
        assert_eq!(begun[..5], ["order #1", "fetch #1", "check #1", "count #1", "count #2"], "{begun:?}");
    }

    async fn what_is_taken_on_by_nobody_any_more_runs_again(store) {
        let bench = bench();
        bench.tell("left", [Act::Fail("lost")]);
        bench.tell("right", [Act::Fail("no")]);
        let saver = store.open().await;
        let context = pair::Tools { bench: Arc::clone(&bench) };
        let graph = pair::Pair::graph().context(context).checkpointer(Arc::clone(&saver)).build();
        graph.thread("t").invoke(pair::Input::new()).await.unwrap_err();
        assert_eq!(kinds(&*saver, "pair").await, ["handled"]);
        let context = next_pair::Tools { bench };
        let graph = next_pair::Pair::graph().context(context).checkpointer(saver).build();
        let output = graph.thread("t").resume().await.unwrap().done().unwrap();
        assert_eq!(output.log, ["left", "right", "meet"]);
    }

    async fn every_failure_survives_a_restart_at_every_step(store) {
        let bench = bench();
        bench.tell("fetch", [Act::Fail("lost")]);
        bench.tell("print 1", [Act::Fail("jam")]);
        let output = step_by_step(&store, &bench).await;
        let said: Vec<_> = output.taken_on.iter().map(said).collect();
        assert_eq!(said, [
            ("fetch", None, "lost", FailureKind::Returned),
            ("print", Some(1), "jam", FailureKind::Returned),
        ]);
        assert_eq!(output.log, ["order", "check", "count", "decide", "print 0 = 7", "print 2 = 9", "mourn", "close"]);
        let nodes = bench.begun();
        let ran_once = |name: &str| nodes.iter().filter(|turn| turn.starts_with(name)).count() == 1;
        assert!(["order", "fetch", "decide", "mourn", "close"].into_iter().all(ran_once), "{nodes:?}");
    }

    async fn the_first_failed_item_stands_for_all_and_the_others_count(store) {
        let bench = bench();
        bench.tell("print 2", [Act::Fail("last")]);
        bench.tell("print 1", [Act::Take(2), Act::Hang]);
        bench.tell("print 0", []);
        bench.tell("print 1", [Act::Panic]);
        let thread = thread(store.open().await, &bench);
        let output = thread.invoke(three()).await.unwrap().done().unwrap();
        assert_eq!(said(&output.taken_on[0]), ("print", Some(1), "panicked: told to", FailureKind::Panicked));
        assert_eq!(output.taken_on.len(), 1);
        assert!(output.log.contains(&"print 0 = 7".to_owned()));
    }

    async fn a_handler_that_fails_itself_runs_again_and_what_led_there_does_not(store) {
        let bench = bench();
        bench.tell("order", [Act::Fail("no such thing")]);
        bench.tell("sorry", [Act::Fail("speechless")]);
        let before = thread(store.open().await, &bench);
        let error = before.invoke(three()).await.unwrap_err();
        assert!(matches!(error, Error::Node { node: "sorry", .. }), "{error}");
        let thread = thread(store.open().await, &bench);
        let output = thread.resume().await.unwrap().done().unwrap();
        assert_eq!(said(&output.taken_on[0]).2, "no such thing");
        assert_eq!(bench.begun(), ["order #1", "sorry #1", "sorry #2", "close #1"]);
        // Resumed once more, nothing is run.
        let stands = moments(&thread).await;
        thread.resume().await.unwrap();
        assert_eq!((moments(&thread).await, bench.begun().len()), (stands, 4));
    }

    async fn finished_siblings_are_kept_whether_the_others_finish_or_are_cancelled(store) {
        for siblings in [Siblings::Finish, Siblings::Cancel] {
            let bench = bench();
            let saver = store.open().await;
            // `fetch` is first, `count` fails, `check` takes longer.
            bench.tell("count", [Act::Fail("no")]);
            bench.tell("check", [Act::Take(30)]);
            let thread = builder(&bench).checkpointer(Arc::clone(&saver)).siblings(siblings).build().thread("t");
            thread.from_start(three()).await.unwrap_err();
            let kept = kinds(&*saver, "handlers").await;
            let (cancelled, updates) = match siblings {
                Siblings::Finish => (0, 2),
                Siblings::Cancel => (1, 1),
            };
            assert_eq!(bench.dropped().len(), cancelled);
            assert_eq!(kept, vec!["update"; updates]);
            thread.resume().await.unwrap();
            let ran = bench.begun();
            let fetched = ran.iter().filter(|turn| turn.starts_with("fetch")).count();
            let checked = ran.iter().filter(|turn| turn.starts_with("check")).count();
            assert_eq!((fetched, checked), (1, 1 + cancelled), "{siblings:?}");
        }
    }
}

/// Counts what is stored, so that a node can look.
struct Counting {
    inner: MemorySaver,
    records: std::sync::atomic::AtomicUsize,
}

#[async_trait]
impl Between for Counting {
    fn inner(&self) -> &dyn Checkpointer {
        &self.inner
    }

    async fn commit(&self, thread: &ThreadKey, commit: Commit) -> Result<(), StoreError> {
        // Long enough for a run that doesn't wait to be somewhere else.
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
        let records = commit.records.len();
        self.inner.commit(thread, commit).await?;
        self.records
            .fetch_add(records, std::sync::atomic::Ordering::SeqCst);
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn the_failure_is_stored_before_its_handler_runs() {
    for durability in [Durability::Sync, Durability::Async, Durability::Exit] {
        let bench = bench();
        bench.tell("order", [Act::Fail("no such thing")]);
        let saver = Arc::new(Over(Counting {
            inner: MemorySaver::new(),
            records: std::sync::atomic::AtomicUsize::new(0),
        }));
        let graph = builder(&bench)
            .durability(durability)
            .checkpointer(Arc::clone(&saver));
        let mut stream = graph.build().thread("t").stream(three());
        while let Some(event) = stream.next().await {
            if let Event::Started {
                node: Node::Sorry, ..
            } = event.unwrap()
            {
                let stored = saver.records.load(std::sync::atomic::Ordering::SeqCst);
                assert_eq!(stored, 2, "the input and the failure, in {durability:?}");
            }
        }
        assert_eq!(bench.begun().len(), 3);
    }
}

// The store fails where the failure is to be stored: nobody acts on it.
#[tokio::test]
async fn a_failure_that_cant_be_stored_is_not_taken_on() {
    let bench = bench();
    bench.tell("order", [Act::Fail("no such thing")]);
    let saver = Slow::failing_after(1, 2);
    let thread = thread(Arc::<Over<Slow>>::clone(&saver), &bench);
    let error = thread.invoke(three()).await.unwrap_err();
    assert!(matches!(error, Error::Store { .. }), "{error}");
    assert_eq!(bench.begun(), ["order #1"]);
    saver.mend();
    bench.tell("order", [Act::Fail("no such thing")]);
    thread.resume().await.unwrap();
    assert_eq!(
        bench.begun(),
        ["order #1", "order #2", "sorry #1", "close #1"]
    );
}
