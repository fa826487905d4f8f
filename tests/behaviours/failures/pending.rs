//! Pending writes: a finished sibling is never run again, whatever kills the process between, and the moment that
//! takes its result in is committed with the removal of what was kept.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use graph_runtime::prelude::*;
use graph_runtime::{At, Checkpointer, Commit, MemorySaver, StoreError, ThreadKey, WriteKind};

use graph_tests::bench::{Act, Bench, bench};
use graph_tests::between::{Between, Over};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Siblings that end one after the other, and items that do.
#[graph(id = "pending")]
mod yard {
    use super::*;
    use graph_runtime::Run;

    #[state]
    #[derive(Debug)]
    pub struct Yard {
        #[input]
        pub parts: Vec<u32>,
        #[reduce(append)]
        pub log: Vec<String>,
    }

    #[context]
    pub struct Tools {
        pub bench: Arc<Bench>,
    }

    edges! {
        start -> {cut, bend, drill} -> join;
        join -> for part in &state.parts { paint(part) };
        paint -> end;
    }

    #[node(writes(log))]
    async fn cut(run: &Run, bench: &Bench) -> Result<String, BoxError> {
        bench.work(run).await
    }

    #[node(writes(log))]
    async fn bend(run: &Run, bench: &Bench) -> Result<String, BoxError> {
        bench.work(run).await
    }

    #[node(writes(log))]
    async fn drill(run: &Run, bench: &Bench) -> Result<String, BoxError> {
        bench.work(run).await
    }

    #[node(writes(log))]
    async fn join(run: &Run, bench: &Bench) -> Result<String, BoxError> {
        bench.work(run).await
    }

    #[node(writes(log))]
    async fn paint(part: u32, run: &Run, bench: &Bench) -> Result<String, BoxError> {
        Ok(format!("{} = {part}", bench.work(run).await?))
    }
}

use yard::{Input, Tools, Yard};

const LOG: [&str; 7] = [
    "cut",
    "bend",
    "drill",
    "join",
    "paint 0 = 7",
    "paint 1 = 8",
    "paint 2 = 9",
];

/// Dies after so many commits, before or after the last of them has happened, and looks at each.
struct Dying {
    inner: MemorySaver,
    left: Mutex<usize>,
    /// Whether the last commit happens all the same.
    lost_reply: bool,
}

#[async_trait]
impl Between for Dying {
    fn inner(&self) -> &dyn Checkpointer {
        &self.inner
    }

    async fn commit(&self, thread: &ThreadKey, commit: Commit) -> Result<(), StoreError> {
        let dies = {
            let mut left = self.left.lock().unwrap();
            *left = left.saturating_sub(1);
            *left == 0
        };
        if dies && !self.lost_reply {
            return Err(StoreError::unavailable("the process has died"));
        }
        let before = self.inner.writes(thread).await.unwrap();
        let (takes_in, consumed) = (!commit.records.is_empty(), commit.consumed.clone());
        self.inner.commit(thread, commit).await?;
        let after = self.inner.writes(thread).await.unwrap();
        let gone: BTreeSet<_> = before
            .iter()
            .filter(|write| !after.contains(write))
            .map(|write| write.key.activation)
            .collect();
        assert!(
            gone.is_empty() || takes_in,
            "removed without a moment that takes it in"
        );
        assert!(gone.iter().all(|turn| consumed.contains(turn)));
        if dies {
            return Err(StoreError::unavailable("the process has died"));
        }
        Ok(())
    }
}

/// What is stored as finished: in the state, or beside it.
async fn finished(saver: &MemorySaver, thread: &Thread<Yard>) -> usize {
    let key = ThreadKey::new("pending", "t").unwrap();
    let Some(chain) = saver.load(&key, At::Head).await.unwrap() else {
        return 0;
    };
    let kept = chain
        .writes
        .iter()
        .filter(|write| write.key.kind == WriteKind::Update);
    thread.state().await.unwrap().unwrap().state.log.len() + kept.count()
}

fn work(bench: &Bench) {
    // One after the other, so that each has something to keep.
    for (place, name) in ["cut", "bend", "drill"].into_iter().enumerate() {
        bench.tell(name, [Act::Take(10 * place as u64)]);
        bench.tell(&format!("paint {place}"), [Act::Take(10 * place as u64)]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_finished_sibling_is_never_run_again_whatever_kills_the_process() {
    for durability in [Durability::Sync, Durability::Async] {
        for lost_reply in [false, true] {
            for commits in 1.. {
                let saver = Arc::new(Over(Dying {
                    inner: MemorySaver::new(),
                    left: Mutex::new(commits),
                    lost_reply,
                }));
                let thread = |bench: &Arc<Bench>| {
                    let graph = Yard::graph().context(Tools {
                        bench: Arc::clone(bench),
                    });
                    let graph = graph
                        .durability(durability)
                        .checkpointer(Arc::clone(&saver));
                    graph.build().thread("t")
                };
                let first = bench();
                work(&first);
                let input = || Input::new().parts(vec![7, 8, 9]);
                if thread(&first).invoke(input()).await.is_ok() {
                    assert!(commits > 5, "over too soon for what this is to show");
                    break;
                }
                *saver.left.lock().unwrap() = usize::MAX;
                let again = bench();
                let stored = finished(&saver.inner, &thread(&again)).await;
                let outcome = match thread(&again).resume().await {
                    Err(Error::NothingToResume { .. }) => thread(&again).invoke(input()).await,
                    resumed => resumed,
                };
                let place =
                    format!("{durability:?}, after {commits} commits, lost reply: {lost_reply}");
                assert_eq!(outcome.unwrap().done().unwrap().log, LOG, "{place}");
                assert_eq!(again.begun().len(), LOG.len() - stored, "{place}");
                let key = ThreadKey::new("pending", "t").unwrap();
                assert_eq!(saver.inner.writes(&key).await.unwrap(), [], "{place}");
            }
        }
    }
}
