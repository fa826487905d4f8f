//! What nodes on other threads see of a run that is dropped, and what keys and streams promise meanwhile.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use graph_runtime::prelude::*;
use graph_runtime::{At, Checkpointer, MomentId, StoreError, ThreadKey};

use graph_tests::between::Over;
use graph_tests::office::polled;
use graph_tests::slow::Slow;

/// What the nodes share with the test.
#[derive(Default)]
pub(crate) struct Signs {
    began: AtomicUsize,
    over: AtomicUsize,
    told: AtomicUsize,
    go_on: AtomicBool,
}

/// Counts when it is dropped.
struct Guard(Arc<Signs>);

impl Drop for Guard {
    fn drop(&mut self) {
        self.0.over.fetch_add(1, Ordering::SeqCst);
    }
}

/// Nodes of every kind that never end by themselves.
#[graph(id = "endless")]
mod endless {
    use super::*;
    use graph_runtime::Run;

    #[state]
    pub struct Endless {}

    #[context]
    pub struct Shared {
        pub signs: Arc<Signs>,
    }

    edges! { start -> {spawned, blocked, plain} -> over -> end; }

    #[node(spawn)]
    async fn spawned(signs: &Arc<Signs>) {
        let _guard = Guard(Arc::clone(signs));
        signs.began.fetch_add(1, Ordering::SeqCst);
        std::future::pending::<()>().await;
    }

    #[node(blocking)]
    fn blocked(signs: &Signs, run: &Run) {
        signs.began.fetch_add(1, Ordering::SeqCst);
        run.emit("from another thread");
        while !run.is_cancelled() {
            std::thread::sleep(Duration::from_millis(1));
        }
        signs.told.fetch_add(1, Ordering::SeqCst);
    }

    #[node]
    async fn plain(signs: &Arc<Signs>, run: &Run) {
        let (signs, run) = (Arc::clone(signs), run.clone());
        let task = tokio::spawn(async move {
            signs.began.fetch_add(1, Ordering::SeqCst);
            run.cancelled().await;
            signs.told.fetch_add(1, Ordering::SeqCst);
        });
        drop(task.await);
    }

    #[node]
    fn over() {}
}

async fn until(count: &AtomicUsize, wanted: usize) {
    let patience = async {
        while count.load(Ordering::SeqCst) != wanted {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::time::timeout(Duration::from_secs(10), patience)
        .await
        .unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dropped_run_stops_what_it_can_and_tells_the_rest() {
    let signs = Arc::<Signs>::default();
    let shared = endless::Shared {
        signs: Arc::clone(&signs),
    };
    let graph = endless::Endless::graph().context(shared).build();
    let mut stream = graph.stream(endless::Input::new());
    // The run itself doesn't move: it is the emitted value that wakes the listener.
    let emitted = async {
        loop {
            if let Event::Emitted(emitted) = stream.next().await.unwrap().unwrap() {
                return emitted.value;
            }
        }
    };
    let emitted = tokio::time::timeout(Duration::from_secs(10), emitted)
        .await
        .unwrap();
    assert_eq!(emitted, "from another thread");
    until(&signs.began, 3).await;
    assert_eq!(
        (
            signs.over.load(Ordering::SeqCst),
            signs.told.load(Ordering::SeqCst)
        ),
        (0, 0)
    );
    drop(stream);
    until(&signs.over, 1).await;
    until(&signs.told, 2).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_thread_emits_later_wakes_a_waiting_listener() {
    let signs = Arc::<Signs>::default();
    let graph = late::Late::graph()
        .context(late::Shared {
            signs: Arc::clone(&signs),
        })
        .build();
    let mut stream = graph.stream(late::Input::new());
    let listening = tokio::spawn(async move {
        let mut heard = Vec::new();
        while let Some(event) = stream.next().await {
            if let Event::Emitted(emitted) = event.unwrap() {
                heard.push(emitted.value);
                signs.go_on.store(true, Ordering::SeqCst);
            }
        }
        heard
    });
    let heard = tokio::time::timeout(Duration::from_secs(10), listening)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(heard, ["late"]);
}

/// Emits when its listener waits already, and goes on when it was heard.
#[graph(id = "late")]
mod late {
    use super::*;
    use graph_runtime::Run;

    #[state]
    pub struct Late {}

    #[context]
    pub struct Shared {
        pub signs: Arc<Signs>,
    }

    edges! { start -> speak -> end; }

    #[node(blocking)]
    fn speak(signs: &Signs, run: &Run) {
        std::thread::sleep(Duration::from_millis(30));
        run.emit("late");
        while !signs.go_on.load(Ordering::SeqCst) && !run.is_cancelled() {
            std::thread::sleep(Duration::from_millis(1));
        }
    }
}

/// A node for each item that asks for its key, and fails when it is told to.
#[graph(id = "keys")]
mod keys {
    use graph_runtime::{MomentId, Run};

    #[state]
    pub struct Keys {
        #[input]
        pub fails: bool,
        #[input]
        pub rounds: u32,
        #[reduce(append)]
        pub given: Vec<String>,
    }

    #[context]
    pub struct Hearing {
        pub hear: std::sync::Arc<dyn Fn(String, MomentId) + Send + Sync>,
    }

    edges! {
        start -> first -> for item in [1, 2] { each(item) };
        each -> if state.rounds > 0 && state.given.len() < 4 { first } else { last };
        last -> end;
    }

    #[node]
    fn first() {}

    #[node(writes(given))]
    async fn each(
        item: u32,
        fails: bool,
        run: &Run,
        hear: &(dyn Fn(String, MomentId) + Send + Sync),
    ) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
        let key = run.idempotency_key().await?;
        hear(key.clone(), run.moment().ok_or("no moment")?);
        if fails && item == 2 {
            Err("told to".into())
        } else {
            Ok(key)
        }
    }

    #[node(writes(given))]
    async fn last(run: &Run) -> Result<String, graph_runtime::Error> {
        run.idempotency_key().await
    }
}

use keys::{Input, Keys};

type Heard = Arc<std::sync::Mutex<Vec<(String, MomentId)>>>;

fn keys(saver: &Arc<Over<Slow>>, heard: &Heard) -> Thread<Keys> {
    let hear = {
        let (saver, heard) = (Arc::clone(saver), Arc::clone(heard));
        move |key, moment| {
            // The moment that started the node is stored when the key is handed out.
            let thread = ThreadKey::new("keys", "t").unwrap();
            let stored = saver.inner.load(&thread, At::Moment(moment));
            let stored = futures_util::FutureExt::now_or_never(stored).unwrap();
            assert!(stored.unwrap().is_some(), "the key {key} came too early");
            heard.lock().unwrap().push((key, moment));
        }
    };
    let hearing = keys::Hearing {
        hear: Arc::new(hear),
    };
    Keys::graph()
        .context(hearing)
        .checkpointer(Arc::clone(saver))
        .build()
        .thread("t")
}

#[tokio::test]
async fn a_key_is_the_same_for_the_same_turn_and_no_other() {
    let (saver, heard) = (Slow::new(200), Heard::default());
    let thread = keys(&saver, &heard);
    // Also where everything else waits for the end, what a key hangs on is stored when it is handed out.
    let run = thread
        .invoke(Input::new().fails(true))
        .durability(Durability::Exit);
    run.await.unwrap_err();
    let mut first = std::mem::take(&mut *heard.lock().unwrap());
    first.sort();
    assert_eq!(first.len(), 2);
    assert_ne!(first[0].0, first[1].0, "of two items");
    let thread = keys(&saver, &heard);
    let done = thread
        .invoke(Input::new().fails(false).rounds(1))
        .await
        .unwrap()
        .done()
        .unwrap();
    assert_eq!(
        heard.lock().unwrap()[0],
        first[1],
        "of the item that is run again"
    );
    let mut all = done.given.clone();
    all.sort();
    all.dedup();
    assert_eq!(
        (done.given.len(), all.len()),
        (5, 5),
        "of every turn another"
    );
}

// The writer's failure is the run's, also where a node comes to feel it first.
#[tokio::test]
async fn a_writer_that_fails_is_named_as_the_cause() {
    for commits in 1..4 {
        let (saver, heard) = (Slow::failing_after(commits, 2), Heard::default());
        let error = keys(&saver, &heard).invoke(Input::new()).await.unwrap_err();
        assert!(
            matches!(
                &error,
                Error::Store {
                    source: StoreError::Unavailable(_),
                    ..
                }
            ),
            "{commits}: {error}"
        );
        assert!(
            error.to_string().contains("the disk is gone"),
            "{commits}: {error}"
        );
        saver.mend();
        let done = keys(&saver, &heard).resume().await.unwrap().done().unwrap();
        assert_eq!(done.given.len(), 3);
    }
}

// Whatever a failed run had handed over is stored when its error is told.
#[tokio::test]
async fn a_failure_comes_after_what_was_done_is_stored() {
    let (saver, heard) = (Slow::new(300), Heard::default());
    let thread = keys(&saver, &heard);
    thread.invoke(Input::new().fails(true)).await.unwrap_err();
    let key = ThreadKey::new("keys", "t").unwrap();
    let chain = saver.inner.load(&key, At::Head).await.unwrap().unwrap();
    assert_eq!((chain.records.len(), chain.writes.len()), (2, 1));
    let again = polled(thread.resume().into_future(), 100_000)
        .await
        .unwrap();
    assert!(again.is_err(), "it was told to fail");
}
