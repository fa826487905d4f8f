//! Panics, and what parallel branches really do at the same time.

use std::sync::Arc;
use std::time::Duration;

use graph_runtime::prelude::*;

/// A panic in a node, in a route, and in the tasks of a batch.
#[graph(id = "panics")]
mod panics {
    #[state]
    pub struct Panics {
        #[input]
        pub at: String,
        #[reduce(append)]
        pub path: Vec<String>,
    }

    edges! {
        start -> node -> if route(&state.at) { last } else { end };
        last -> end;
    }

    fn route(at: &str) -> bool {
        assert_ne!(at, "route", "the route is torn");
        true
    }

    #[node(writes(path))]
    async fn node(at: &str) -> String {
        assert_ne!(at, "node", "the node is torn");
        "node".to_owned()
    }

    #[node(writes(path), spawn)]
    async fn last(at: String) -> String {
        assert_ne!(at, "thread", "the thread is torn");
        "last".to_owned()
    }
}

#[tokio::test]
async fn a_panic_is_an_error_and_the_step_before_it_stands() {
    for (at, text, kept) in [
        (
            "node",
            "node `node` failed in step 2 of thread `node` of graph `panics`: panicked:",
            0,
        ),
        (
            "route",
            "the route after `node` of thread `route` of graph `panics` panicked",
            0,
        ),
        (
            "thread",
            "node `last` failed in step 3 of thread `thread` of graph `panics`: panicked:",
            1,
        ),
    ] {
        let thread = panics::Panics::graph()
            .checkpointer(MemorySaver::new())
            .build()
            .thread(at);
        let error = thread
            .invoke(panics::Input::new().at(at))
            .await
            .unwrap_err()
            .to_string();
        assert!(error.contains(text) && error.contains("is torn"), "{error}");
        assert_eq!(
            thread.state().await.unwrap().unwrap().state.path.len(),
            kept
        );
        // A router that failed after its node wrote is not skipped when the run goes on.
        let done = thread
            .invoke(panics::Input::new().at("nowhere"))
            .await
            .unwrap()
            .done()
            .unwrap();
        assert_eq!(done.path, ["node", "last"]);
    }
}

/// A plain future that isn't ready at once and counts how often it was begun, to see what is begun together.
#[graph(id = "together")]
mod together {
    use std::sync::Arc;

    use tokio::sync::Barrier;

    #[state]
    pub struct Together {
        #[reduce(sum)]
        pub met: u32,
    }

    #[context]
    pub struct Meeting {
        pub barrier: Arc<Barrier>,
    }

    edges! { start -> {one, two, three} -> over -> end; }

    #[node(writes(met))]
    async fn one(barrier: &Barrier) -> u32 {
        barrier.wait().await;
        1
    }

    #[node(writes(met))]
    async fn two(barrier: &Barrier) -> u32 {
        barrier.wait().await;
        1
    }

    #[node(writes(met))]
    async fn three(barrier: &Barrier) -> u32 {
        barrier.wait().await;
        1
    }

    #[node]
    fn over() {}
}

#[tokio::test]
async fn parallel_branches_really_run_together() {
    let barrier = Arc::new(tokio::sync::Barrier::new(3));
    let graph = together::Together::graph()
        .context(together::Meeting { barrier })
        .build();
    let run = graph.invoke(together::Input::new()).into_future();
    // One after the other they would wait for each other for ever.
    let done = tokio::time::timeout(Duration::from_secs(10), run)
        .await
        .unwrap()
        .unwrap()
        .done()
        .unwrap();
    assert_eq!(done.met, 3);
}
