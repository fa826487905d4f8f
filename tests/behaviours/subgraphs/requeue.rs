//! What is stuck in a graph within another is named, and let begin anew from the thread.

use std::sync::Arc;

use graph_runtime::Checkpointer;
use graph_runtime::prelude::*;

use graph_tests::bench::{Act, Bench, bench, die};
use graph_tests::store::on_every_backend;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// At the bottom: something that may happen only once.
#[graph(id = "rocket")]
mod rocket {
    use super::*;
    use graph_runtime::Run;

    #[state]
    pub struct Rocket {
        #[reduce(append)]
        pub log: Vec<String>,
    }

    #[context]
    pub struct Tools {
        pub bench: Arc<Bench>,
    }

    edges! { start -> fuel -> launch -> end; }

    #[node(writes(log))]
    async fn fuel(run: &Run, bench: &Bench) -> Result<String, BoxError> {
        bench.work(run).await
    }

    #[node(writes(log), at_most_once)]
    async fn launch(run: &Run, bench: &Bench) -> Result<String, BoxError> {
        bench.work(run).await
    }
}

#[graph(id = "mission")]
mod mission {
    use super::*;

    #[state]
    pub struct Mission {
        #[reduce(append)]
        pub log: Vec<String>,
    }

    #[context]
    pub struct Tools {
        pub bench: Arc<Bench>,
    }

    edges! { start -> ascend -> end; }

    #[subgraph(rocket::Rocket, share(log))]
    fn ascend() -> rocket::Input {
        rocket::Input::new()
    }
}

/// One mission after the other: in a `for`, then by a graph that remembers its calls.
#[graph(id = "programme")]
mod programme {
    use super::*;

    #[state]
    pub struct Programme {
        #[input]
        pub missions: Vec<u32>,
        #[reduce(append)]
        pub log: Vec<String>,
    }

    #[context]
    pub struct Tools {
        pub bench: Arc<Bench>,
    }

    edges! {
        start -> for number in &state.missions, limit = 1 { fly(number) };
        fly -> again -> end;
    }

    #[subgraph(mission::Mission, share(log))]
    fn fly(number: u32) -> mission::Input {
        let _ = number;
        mission::Input::new()
    }

    #[subgraph(rocket::Rocket, share(log), memory)]
    fn again() -> rocket::Input {
        rocket::Input::new()
    }
}

use programme::{Input, Node, Programme, Tools};

fn thread(saver: Arc<dyn Checkpointer>, bench: &Arc<Bench>) -> Thread<Programme> {
    let graph = Programme::graph()
        .durability(Durability::Sync)
        .context(Tools {
            bench: Arc::clone(bench),
        });
    graph.checkpointer(saver).build().thread("t")
}

/// Runs until a node has begun so often, and drops the run there: its process has died.
async fn die_at(run: graph_runtime::Invocation<Programme>, bench: &Bench, begun: usize) {
    let hangs = async {
        while bench.begun().len() < begun {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    };
    tokio::select! {
        result = run.into_future() => panic!("it is over: {:?}", result.err()),
        () = hangs => {}
    }
}

/// The thread is stuck there, and says so as often as it is asked.
async fn is_stuck(thread: &Thread<Programme>, way: &[&str]) {
    for _ in 0..3 {
        let error = thread.resume().await.unwrap_err();
        assert!(
            matches!(&error, Error::OutcomeUnknown { node: "launch", .. }),
            "{error}"
        );
        let text = error.to_string();
        assert!(text.contains("`requeue()`"), "{text}");
        for step in way {
            assert!(text.contains(step), "no `{step}` in: {text}");
        }
    }
}

on_every_backend! {
    async fn what_may_happen_once_is_let_begin_anew_at_the_bottom(store) {
        let bench = bench();
        // The first mission goes well; in the second one the process dies.
        bench.tell("launch", [Act::Take(0), Act::Hang]);
        let run = thread(store.open().await, &bench).invoke(Input::new().missions(vec![1, 2]));
        die_at(run, &bench, 4).await;
        let thread = thread(store.open().await, &bench);
        is_stuck(&thread, &["in `fly@", ".1/ascend@"]).await;
        assert_eq!(bench.begun(), ["fuel #1", "launch #1", "fuel #1", "launch #1"]);
        assert_eq!(thread.state().await.unwrap().unwrap().next, [Node::Fly]);
        // Somebody has looked: it didn't happen.
        thread.requeue().await.unwrap();
        thread.requeue().await.unwrap();
        // Let begin anew, it may die anew, and is claimed anew.
        bench.tell("launch", [Act::Hang]);
        die(thread.resume(), &bench).await;
        is_stuck(&thread, &[".1/ascend@"]).await;
        thread.requeue().await.unwrap();
        let done = thread.resume().await.unwrap().done().unwrap();
        assert_eq!(done.log, ["fuel", "launch"].repeat(3));
        let launched = bench.begun().iter().filter(|turn| turn.starts_with("launch")).count();
        assert_eq!(launched, 5, "one for each mission, and one for each death");
    }

    async fn a_graph_that_remembers_is_let_begin_anew(store) {
        let bench = bench();
        bench.tell("launch", [Act::Hang]);
        let run = thread(store.open().await, &bench).invoke(Input::new());
        die_at(run, &bench, 2).await;
        let thread = thread(store.open().await, &bench);
        is_stuck(&thread, &["in `again`"]).await;
        thread.requeue().await.unwrap();
        assert_eq!(thread.resume().await.unwrap().done().unwrap().log, ["fuel", "launch"]);
    }

    async fn a_graph_that_was_not_called_yet_has_nothing_to_requeue(store) {
        let bench = bench();
        let thread = thread(store.open().await, &bench);
        thread.invoke(Input::new().missions(vec![1])).pause_before([Node::Fly]).await.unwrap();
        thread.requeue().await.unwrap();
        assert_eq!(thread.resume().await.unwrap().done().unwrap().log, ["fuel", "launch"].repeat(2));
    }
}
