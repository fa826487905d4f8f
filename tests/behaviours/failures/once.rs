//! Sub-steps that are done once: over failures, timeouts, crashes at every point, and not beyond their turn.

use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use graph_runtime::prelude::*;
use graph_runtime::{At, Checkpointer, Policy, Retry, ThreadKey, WriteKind};

use graph_tests::bench::{Act, Bench, bench, kinds};
use graph_tests::between::Over;
use graph_tests::office::{polled, polls};
use graph_tests::slow::Slow;
use graph_tests::store::on_every_backend;

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// What happens outside, counted.
#[derive(Default)]
pub(crate) struct Outside {
    charged: AtomicUsize,
    told: AtomicUsize,
}

#[graph(id = "once")]
mod till {
    use super::*;
    use graph_runtime::Run;

    #[state]
    #[derive(Debug)]
    pub struct Till {
        #[input]
        pub parts: Vec<u32>,
        #[reduce(append)]
        pub paid: Vec<usize>,
        #[reduce(append)]
        pub keys: Vec<String>,
    }

    #[context]
    pub struct Tools {
        pub bench: Arc<Bench>,
        pub outside: Arc<Outside>,
    }

    edges! {
        start -> pay -> for part in &state.parts { pack(part) };
        pack -> end;
    }

    #[node(writes(paid, keys), retry(times = 1, delay = "1ms"))]
    async fn pay(run: &Run, bench: &Bench, outside: &Outside) -> Result<(usize, String), BoxError> {
        let receipt = run
            .once("charge", async {
                polls(2).await;
                Ok::<_, BoxError>(outside.charged.fetch_add(1, Ordering::SeqCst))
            })
            .await?;
        bench.work(run).await?;
        let told = async { Ok::<_, BoxError>(outside.told.fetch_add(1, Ordering::SeqCst)) };
        run.once("tell", told).await?;
        Ok((receipt, run.idempotency_key().await?))
    }

    #[node(writes(paid))]
    async fn pack(
        part: u32,
        run: &Run,
        bench: &Bench,
        outside: &Outside,
    ) -> Result<usize, BoxError> {
        let charged = async {
            outside.charged.fetch_add(1, Ordering::SeqCst);
            Ok::<_, BoxError>(part as usize)
        };
        let paid = run.once("charge", charged).await?;
        bench.work(run).await?;
        Ok(paid)
    }
}

use till::{Input, Node, Till, Tools};

struct Shop {
    bench: Arc<Bench>,
    outside: Arc<Outside>,
}

impl Shop {
    fn new() -> Self {
        Self {
            bench: bench(),
            outside: Arc::default(),
        }
    }

    fn tools(&self) -> Tools {
        Tools {
            bench: Arc::clone(&self.bench),
            outside: Arc::clone(&self.outside),
        }
    }

    fn thread(&self, saver: Arc<dyn Checkpointer>) -> Thread<Till> {
        Till::graph()
            .context(self.tools())
            .checkpointer(saver)
            .build()
            .thread("t")
    }

    fn charged(&self) -> usize {
        self.outside.charged.load(Ordering::SeqCst)
    }

    fn told(&self) -> usize {
        self.outside.told.load(Ordering::SeqCst)
    }
}

fn two() -> Input {
    Input::new().parts(vec![7, 8])
}

on_every_backend! {
    async fn a_sub_step_is_done_once_over_retries_and_restarts(store) {
        let shop = Shop::new();
        shop.bench.tell("pay", [Act::Fail("one"), Act::Fail("two"), Act::Fail("three")]);
        shop.thread(store.open().await).invoke(two()).await.unwrap_err();
        assert_eq!((shop.charged(), shop.told()), (1, 0));
        assert!(kinds(&*store.open().await, "once").await.contains(&"once".to_owned()));
        let output = shop.thread(store.open().await).resume().await.unwrap().done().unwrap();
        assert_eq!(output.paid, [0, 7, 8], "what came of it the first time");
        assert_eq!((shop.charged(), shop.told()), (3, 1));
        assert_eq!(kinds(&*store.open().await, "once").await, [""; 0], "it goes with its turn");
    }

    async fn each_item_has_sub_steps_of_its_own(store) {
        let shop = Shop::new();
        shop.bench.tell("pack 1", [Act::Fail("no")]);
        shop.thread(store.open().await).invoke(two()).await.unwrap_err();
        assert_eq!(shop.charged(), 3);
        let output = shop.thread(store.open().await).resume().await.unwrap().done().unwrap();
        assert_eq!((output.paid, shop.charged()), (vec![0, 7, 8], 3));
    }

    async fn another_turn_remembers_nothing(store) {
        let shop = Shop::new();
        let thread = shop.thread(store.open().await);
        for time in 1..=3 {
            let output = thread.invoke(Input::new()).await.unwrap().done().unwrap();
            assert_eq!((shop.charged(), output.paid.len()), (time, time));
        }
        let state = thread.state().await.unwrap().unwrap().state;
        let mut keys = state.keys;
        keys.dedup();
        assert_eq!((state.paid, keys.len()), (vec![0, 1, 2], 3));
    }
}

#[tokio::test]
async fn without_a_checkpointer_it_is_remembered_for_the_run() {
    let shop = Shop::new();
    shop.bench.tell("pay", [Act::Fail("no")]);
    let graph = Till::graph().context(shop.tools()).build();
    let output = graph.invoke(two()).await.unwrap().done().unwrap();
    assert_eq!(
        (output.paid, shop.charged(), shop.told()),
        (vec![0, 7, 8], 3, 1)
    );
}

/// A thread whose store takes its time.
fn slowly(shop: &Shop, saver: &Arc<Over<Slow>>, durability: Durability) -> Thread<Till> {
    // Nothing has to be waited for, so no timer is needed.
    let at_once = Policy::new().retry(Retry::times(1).delay(Duration::ZERO));
    let graph = Till::graph()
        .context(shop.tools())
        .policy(Node::Pay, at_once);
    let graph = graph.durability(durability).checkpointer(Arc::clone(saver));
    graph.build().thread("t")
}

/// Sees a dropped run through: what is stored by now isn't done again.
async fn check(shop: &Shop, saver: &Arc<Over<Slow>>, durability: Durability, at: usize) {
    let key = ThreadKey::new("once", "t").unwrap();
    let stands = saver.inner.load(&key, At::Head).await.unwrap();
    let kept = stands.iter().flat_map(|chain| &chain.writes);
    let kept = kept.filter(|write| write.key.kind == WriteKind::Once);
    let names: Vec<_> = kept.map(|write| write.key.name.clone().unwrap()).collect();
    let stored = |name: &str| names.iter().filter(|kept| &***kept == name).count();
    let (charged, told) = (shop.charged(), shop.told());
    let thread = slowly(shop, saver, durability);
    let paid = match stands.and_then(|chain| chain.head) {
        Some(head) => thread.moment(head).await.unwrap().state.paid.len(),
        None => 0,
    };
    let outcome = match thread.resume().await {
        Err(Error::NothingToResume { .. }) => thread.invoke(two()).await,
        resumed => resumed,
    };
    let place = format!("{durability:?}, dropped at poll {at}");
    assert_eq!(
        outcome.unwrap().done().unwrap().paid[1..],
        [7, 8],
        "{place}"
    );
    let again = charged - stored("charge") - paid;
    assert!(shop.charged() <= 3 + again, "{place}");
    let again = told - stored("tell") - paid.min(1);
    assert!(shop.told() <= 1 + again, "{place}");
    assert_eq!(saver.inner.writes(&key).await.unwrap(), [], "{place}");
}

// A crash between the sub-step's end and its commit lets it be done again; nothing else does.
#[tokio::test]
async fn dropped_at_any_poll_a_stored_sub_step_is_not_done_again() {
    for durability in [Durability::Sync, Durability::Async, Durability::Exit] {
        for at in 0.. {
            let (shop, saver) = (Shop::new(), Slow::new(9));
            let run = slowly(&shop, &saver, durability).invoke(two());
            if polled(run.into_future(), at).await.is_some() {
                assert!(at > 5, "over too soon for what this is to show");
                break;
            }
            check(&shop, &saver, durability, at).await;
        }
    }
}

// Outside of a tokio runtime every commit is awaited in place, and dropped with the run.
#[test]
fn outside_of_tokio_too() {
    fn finished<F: Future>(future: F, polls: usize) -> Option<F::Output> {
        let mut future = pin!(future);
        let mut context = Context::from_waker(Waker::noop());
        (0..polls).find_map(|_| match future.as_mut().poll(&mut context) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        })
    }

    for at in 0.. {
        let (shop, saver) = (Shop::new(), Slow::new(3));
        let run = slowly(&shop, &saver, Durability::Sync).invoke(two());
        if finished(run.into_future(), at).is_some() {
            assert!(at > 20, "over too soon for what this is to show");
            break;
        }
        finished(check(&shop, &saver, Durability::Sync, at), 10_000).unwrap();
    }
}

/// Sub-steps that get in each other's way.
#[graph(id = "twice")]
mod twice {
    use super::*;
    use graph_runtime::Run;

    #[state]
    pub struct Twice {
        pub both: Option<bool>,
        #[input]
        pub id: String,
    }

    edges! { start -> at_once -> end; }

    #[node(writes(both))]
    async fn at_once(run: &Run, id: &str) -> Result<Option<bool>, Error> {
        if !id.is_empty() {
            run.once(id, async { Ok::<_, Error>(()) }).await?;
        }
        let part = |value: u32| async move {
            tokio::task::yield_now().await;
            Ok::<_, Error>(value)
        };
        let (one, other) = tokio::join!(run.once("part", part(1)), run.once("part", part(2)));
        let refused = matches!(
            other,
            Err(Error::OnceTwice {
                node: "at_once",
                ..
            })
        );
        // One after the other they are the same.
        let third = run.once("part", part(3)).await?;
        let failed = run.once("failing", async { Err::<u32, _>(no()) }).await;
        let mended = run.once("failing", part(4)).await?;
        Ok(Some(
            refused && one? == 1 && third == 1 && failed.is_err() && mended == 4,
        ))
    }

    fn no() -> Error {
        Error::NothingToResume {
            thread: "none".to_owned(),
        }
    }
}

#[tokio::test]
async fn one_id_is_one_sub_step() {
    let graph = twice::Twice::graph().build();
    let output = graph
        .invoke(twice::Input::new())
        .await
        .unwrap()
        .done()
        .unwrap();
    assert_eq!(output.both, Some(true));
    let error = graph
        .invoke(twice::Input::new().id("nul\0"))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("sub-step"), "{error}");
}
