//! A node that takes too long, or shows no sign of life, is stopped as far as it can be.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use graph_runtime::prelude::*;
use graph_runtime::{NodeError, Policy, Retry, Timeout};

use graph_tests::bench::{Act, Bench, bench, events, retried};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

#[graph(id = "timeouts")]
mod bounded {
    use super::*;
    use graph_runtime::Run;

    #[state]
    pub struct Bounded {
        #[input]
        pub which: u32,
        #[reduce(append)]
        pub log: Vec<String>,
    }

    #[context]
    pub struct Shop {
        pub bench: Arc<Bench>,
        pub told: Arc<AtomicUsize>,
    }

    edges! {
        start -> match state.which {
            0 => work,
            1 => elsewhere,
            _ => blocked,
        };
        work | elsewhere | blocked -> end;
    }

    #[node(writes(log), timeout(run = "10s", idle = "2s"))]
    async fn work(run: &Run, bench: &Bench) -> Result<String, BoxError> {
        bench.work(run).await
    }

    #[node(writes(log), timeout = "1s", spawn)]
    async fn elsewhere(run: &Run, bench: &Arc<Bench>) -> Result<String, BoxError> {
        bench.work(run).await
    }

    #[node(timeout = "20ms", blocking)]
    fn blocked(run: &Run, told: &AtomicUsize) {
        while !run.is_cancelled() {
            std::thread::sleep(Duration::from_millis(1));
        }
        told.fetch_add(1, Ordering::SeqCst);
    }
}

use bounded::{Bounded, Input, Node, Shop};

fn graph(bench: &Arc<Bench>) -> graph_runtime::Builder<Bounded, graph_runtime::Unsaved, Shop> {
    Bounded::graph().context(Shop {
        bench: Arc::clone(bench),
        told: Arc::default(),
    })
}

fn timed_out(result: Result<Outcome<Bounded>, Error>) -> (Timeout, Duration) {
    match result {
        Err(Error::Node {
            source: NodeError::TimedOut(which, longest),
            ..
        }) => (which, longest),
        Err(error) => panic!("{error}"),
        Ok(_) => panic!("it didn't fail"),
    }
}

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn what_shows_no_sign_of_life_is_stopped() {
    let bench = bench();
    bench.tell("work", [Act::Hang]);
    let result = graph(&bench).build().invoke(Input::new()).await;
    assert_eq!(timed_out(result), (Timeout::Idle, 2 * SECOND));
    assert_eq!(bench.dropped(), ["work #1"]);
}

#[tokio::test(start_paused = true)]
async fn signs_of_life_hold_up_one_end_and_not_the_other() {
    let bench = bench();
    bench.tell("work", [Act::Beat(5, 1_900)]);
    graph(&bench).build().invoke(Input::new()).await.unwrap();
    bench.tell("work", [Act::Beat(6, 1_900)]);
    let result = graph(&bench).build().invoke(Input::new()).await;
    assert_eq!(timed_out(result), (Timeout::Run, 10 * SECOND));
    bench.tell("work", [Act::Beat(3, 2_100)]);
    let result = graph(&bench).build().invoke(Input::new()).await;
    assert_eq!(timed_out(result), (Timeout::Idle, 2 * SECOND));
}

#[tokio::test(start_paused = true)]
async fn a_timeout_is_a_failure_like_others_and_each_attempt_has_its_own() {
    let bench = bench();
    bench.tell("work", [Act::Take(1_900), Act::Hang]);
    let retry = Policy::new()
        .retry(Retry::times(2).delay(SECOND).jitter(false))
        .no_idle_timeout();
    bench.tell("work", [Act::Hang, Act::Take(11_000), Act::Take(9_000)]);
    let run = graph(&bench).build().invoke(Input::new());
    let began = tokio::time::Instant::now();
    let (heard, error) = events(run.policy(Node::Work, retry).stream()).await;
    assert!(error.is_none(), "{error:?}");
    assert_eq!(retried(&heard), [(None, 1, 1_000), (None, 2, 2_000)]);
    assert_eq!(began.elapsed().as_secs(), 10 + 1 + 10 + 2 + 9);
    assert_eq!(bench.dropped(), ["work #1", "work #2"]);
}

#[tokio::test(start_paused = true)]
async fn a_node_on_another_thread_is_stopped_too() {
    let bench = bench();
    bench.tell("elsewhere", [Act::Hang]);
    let result = graph(&bench).build().invoke(Input::new().which(1)).await;
    assert_eq!(timed_out(result), (Timeout::Run, SECOND));
    tokio::task::yield_now().await;
    assert_eq!(bench.dropped(), ["elsewhere #1"]);
}

#[tokio::test(start_paused = true)]
async fn a_graph_or_a_run_may_say_that_there_is_no_end() {
    let bench = bench();
    bench.tell("work", [Act::Take(100_000)]);
    let endless = Policy::new().no_timeout().no_idle_timeout();
    let graph = graph(&bench).policy(Node::Work, endless).build();
    graph.invoke(Input::new()).await.unwrap();
    bench.tell("work", [Act::Hang]);
    let shorter = Policy::new().timeout(SECOND);
    let result = graph.invoke(Input::new()).policy(Node::Work, shorter).await;
    assert_eq!(timed_out(result), (Timeout::Run, SECOND));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_blocking_node_is_waited_for_no_longer_and_told_so() {
    let told = Arc::<AtomicUsize>::default();
    let graph = Bounded::graph().context(Shop {
        bench: bench(),
        told: Arc::clone(&told),
    });
    let result = graph.build().invoke(Input::new().which(2)).await;
    assert_eq!(timed_out(result).0, Timeout::Run);
    let patience = async {
        while told.load(Ordering::SeqCst) == 0 {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), patience)
        .await
        .unwrap();
}
