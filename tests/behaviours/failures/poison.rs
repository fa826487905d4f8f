//! A node that takes its process along is found out, and waits for somebody to let it begin anew.

use std::sync::Arc;

use graph_runtime::prelude::*;
use graph_runtime::{Checkpointer, DEFAULT_MAX_ATTEMPTS};

use graph_tests::bench::{Act, Bench, bench, die, kinds};
use graph_tests::store::on_every_backend;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

#[graph(id = "poison")]
mod mill {
    use super::*;
    use graph_runtime::Run;

    #[state]
    #[derive(Debug)]
    pub struct Mill {
        #[reduce(append)]
        pub log: Vec<String>,
        pub consent: Option<bool>,
    }

    #[context]
    pub struct Tools {
        pub bench: Arc<Bench>,
    }

    edges! {
        start -> {grind, sift} -> bake -> consent -> end;
    }

    #[node(writes(log))]
    async fn grind(run: &Run, bench: &Bench) -> Result<String, BoxError> {
        bench.work(run).await
    }

    #[node(writes(log))]
    async fn sift(run: &Run, bench: &Bench) -> Result<String, BoxError> {
        bench.work(run).await
    }

    #[node(writes(log))]
    async fn bake(run: &Run, bench: &Bench) -> Result<String, BoxError> {
        bench.work(run).await
    }

    #[ask(into = consent)]
    fn consent() -> String {
        "is it good?".to_owned()
    }
}

use mill::{Input, Mill, Node, Tools};

fn thread(saver: Arc<dyn Checkpointer>, bench: &Arc<Bench>) -> Thread<Mill> {
    let graph = Mill::graph().context(Tools {
        bench: Arc::clone(bench),
    });
    graph.checkpointer(saver).build().thread("t")
}

on_every_backend! {
    async fn what_kills_its_process_again_and_again_is_poisoned(store) {
        let bench = bench();
        bench.tell("bake", vec![Act::Hang; 100]);
        // The death of a process takes its writer along, dropping a run does not: here nothing is left to be written.
        let run = thread(store.open().await, &bench).invoke(Input::new()).durability(Durability::Sync);
        // The first run writes nothing down, so it doesn't count.
        let dies = async {
            while !bench.begun().contains(&"bake #1".to_owned()) {
                tokio::time::sleep(std::time::Duration::from_millis(1)).await;
            }
        };
        tokio::select! { _ = run.into_future() => panic!("it is over"), () = dies => {} }
        for time in 1..=DEFAULT_MAX_ATTEMPTS {
            die(thread(store.open().await, &bench).resume(), &bench).await;
            assert_eq!(bench.begun().last().unwrap(), &format!("bake #{}", time + 1));
        }
        let begun = bench.begun().len();
        let thread = thread(store.open().await, &bench);
        for run in [thread.resume(), thread.invoke(Input::new())] {
            let error = run.await.unwrap_err();
            assert!(
                matches!(error, Error::Poisoned { node: "bake", attempts: DEFAULT_MAX_ATTEMPTS, .. }),
                "{error}"
            );
        }
        assert_eq!(bench.begun().len(), begun, "nothing is run");
        // Somebody has mended it.
        thread.requeue().await.unwrap();
        bench.tell("bake", []);
        let pause = thread.resume().await.unwrap().paused().unwrap();
        assert_eq!(pause.questions().len(), 1);
        assert_eq!(kinds(&*store.open().await, "poison").await, [""; 0]);
    }

    async fn it_can_be_poisoned_anew_after_it_was_let_begin(store) {
        let bench = bench();
        bench.tell("bake", vec![Act::Hang; 100]);
        let thread = thread(store.open().await, &bench);
        let first = thread.invoke(Input::new()).pause_before([Node::Bake]).await.unwrap();
        assert_eq!(first.paused().unwrap().before(), [Node::Bake]);
        // Gone past for the first time: nobody has begun it before.
        die(thread.resume(), &bench).await;
        let kept = kinds(&*store.open().await, "poison").await;
        assert!(!kept.contains(&"attempt".to_owned()), "{kept:?}");
        for _ in 0..2 {
            for _ in 0..2 {
                die(thread.resume().max_attempts(2), &bench).await;
            }
            for _ in 0..2 {
                let error = thread.resume().max_attempts(2).await.unwrap_err();
                assert!(matches!(error, Error::Poisoned { attempts: 2, .. }), "{error}");
            }
            thread.requeue().await.unwrap();
            // Said twice it is said once.
            thread.requeue().await.unwrap();
        }
        bench.tell("bake", []);
        thread.resume().max_attempts(2).await.unwrap();
    }

    async fn an_orderly_end_is_no_death(store) {
        let bench = bench();
        let thread = thread(store.open().await, &bench);
        bench.tell("sift", vec![Act::Fail("no"); 10]);
        thread.invoke(Input::new()).await.unwrap_err();
        assert_eq!(kinds(&*store.open().await, "poison").await, ["update"], "the first run pays nothing");
        for _ in 0..4 {
            let error = thread.resume().max_attempts(1).await.unwrap_err();
            assert!(matches!(error, Error::Node { node: "sift", .. }), "{error}");
            let error = thread.resume().max_attempts(1).step_limit(0).await.unwrap_err();
            assert!(matches!(error, Error::StepLimit { .. }), "{error}");
        }
        bench.tell("sift", []);
        thread.resume().max_attempts(1).await.unwrap();
        let grinds = bench.begun().iter().filter(|turn| turn.starts_with("grind")).count();
        assert_eq!(grinds, 1, "a finished sibling is never run again");
    }

    async fn what_begins_anew_at_the_start_is_not_poisoned(store) {
        let bench = bench();
        let thread = thread(store.open().await, &bench);
        bench.tell("grind", vec![Act::Hang; 3]);
        die(thread.invoke(Input::new()), &bench).await;
        die(thread.resume().max_attempts(1), &bench).await;
        let error = thread.resume().max_attempts(1).await.unwrap_err();
        assert!(matches!(error, Error::Poisoned { .. }), "{error}");
        bench.tell("grind", []);
        thread.from_start(Input::new()).max_attempts(1).await.unwrap();
    }

    async fn there_is_nothing_to_requeue_on_a_thread_that_was_never_run(store) {
        let thread = thread(store.open().await, &bench());
        let error = thread.requeue().await.unwrap_err();
        assert!(matches!(error, Error::NothingToResume { .. }), "{error}");
        thread.invoke(Input::new()).await.unwrap();
        thread.requeue().await.unwrap();
        assert_eq!(kinds(&*store.open().await, "poison").await, [""; 0]);
    }
}
