//! What a node sets is taken from a cache where it reads the same again, and only then.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use graph_checkpointers::SqliteCache;
use graph_runtime::prelude::*;
use graph_runtime::{Cache, CacheKey, Clock, MemoryCache, Policy, StoreError, Timestamp};

use graph_tests::bench::{Act, Bench, bench, events};

type BoxError = Box<dyn std::error::Error + Send + Sync>;

/// Reads a field, the whole state, an item; and something that doesn't count.
#[graph(id = "cache")]
mod desk {
    use super::*;
    use graph_runtime::Run;
    use std::collections::HashSet;

    #[state]
    #[derive(Debug)]
    pub struct Desk {
        #[input]
        pub topic: String,
        #[input]
        pub tags: HashSet<String>,
        #[input]
        pub parts: Vec<u32>,
        #[reduce(append)]
        #[scope(run)]
        pub log: Vec<String>,
    }

    #[context]
    pub struct Tools {
        pub bench: Arc<Bench>,
    }

    edges! {
        start -> read -> for part in &state.parts { weigh(part) };
        weigh -> close -> end;
    }

    #[node(writes(log), cache(ttl = "1h"), retry(times = 1, delay = "1ms"))]
    async fn read(
        topic: &str,
        tags: &HashSet<String>,
        run: &Run,
        bench: &Bench,
    ) -> Result<String, BoxError> {
        bench.work(run).await?;
        Ok(format!("{topic} {}", tags.len()))
    }

    #[node(writes(log), cache)]
    async fn weigh(part: u32, run: &Run, bench: &Bench) -> Result<String, BoxError> {
        bench.work(run).await?;
        Ok(format!("part {part}"))
    }

    #[node(writes(log))]
    async fn close(run: &Run, bench: &Bench) -> Result<String, BoxError> {
        bench.work(run).await
    }
}

use desk::{Desk, Input, Node, Tools};

/// A clock that stands where it is put.
#[derive(Clone, Default)]
struct Hands(Arc<std::sync::Mutex<u64>>);

impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(*self.0.lock().unwrap())
    }
}

fn builder(bench: &Arc<Bench>) -> graph_runtime::Builder<Desk, graph_runtime::Unsaved, Tools> {
    Desk::graph().context(Tools {
        bench: Arc::clone(bench),
    })
}

fn input(topic: &str, parts: &[u32]) -> Input {
    let tags = ["b", "a", "c"].map(str::to_owned);
    Input::new()
        .topic(topic)
        .tags(tags.into_iter().collect())
        .parts(parts.to_vec())
}

/// What has begun since the last time, without attempts.
fn begun(bench: &Bench, seen: &mut usize) -> Vec<String> {
    let all = bench.begun();
    let new = all[*seen..]
        .iter()
        .map(|turn| turn.split(" #").next().unwrap().to_owned())
        .collect();
    *seen = all.len();
    new
}

async fn backends() -> Vec<(Arc<dyn Cache>, Option<tempfile::TempDir>)> {
    let folder = tempfile::tempdir().unwrap();
    let sqlite = SqliteCache::open(folder.path().join("results.db"))
        .await
        .unwrap();
    vec![
        (Arc::new(MemoryCache::new()), None),
        (Arc::new(sqlite), Some(folder)),
    ]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_reads_the_same_is_not_run_again() {
    for (cache, _folder) in backends().await {
        let (bench, mut seen) = (bench(), 0);
        let graph = builder(&bench)
            .cache(Arc::clone(&cache))
            .checkpointer(MemorySaver::new())
            .build();
        let first = graph
            .thread("one")
            .invoke(input("bees", &[1, 2]))
            .await
            .unwrap()
            .done()
            .unwrap();
        assert_eq!(begun(&bench, &mut seen).len(), 4);
        // Another thread, another process; the node that doesn't say `cache` runs.
        let graph = builder(&bench)
            .cache(cache)
            .checkpointer(MemorySaver::new())
            .build();
        let (heard, error) = events(graph.thread("two").stream(input("bees", &[2, 1]))).await;
        assert!(error.is_none(), "{error:?}");
        assert_eq!(begun(&bench, &mut seen), ["close"]);
        let cached: Vec<_> = heard
            .iter()
            .filter_map(|event| match event {
                Event::Cached { node, item, .. } => Some((*node, *item)),
                _ => None,
            })
            .collect();
        assert_eq!(
            cached,
            [
                (Node::Read, None),
                (Node::Weigh, Some(0)),
                (Node::Weigh, Some(1))
            ]
        );
        let second = graph.thread("two").state().await.unwrap().unwrap().state;
        assert_eq!(first.log, ["bees 3", "part 1", "part 2", "close"]);
        assert_eq!(second.log, ["bees 3", "part 2", "part 1", "close"]);
        // Something else is something else.
        graph
            .thread("two")
            .invoke(input("ants", &[3, 1]))
            .await
            .unwrap();
        assert_eq!(begun(&bench, &mut seen), ["read", "weigh 0", "close"]);
    }
}

#[tokio::test]
async fn a_result_is_good_for_as_long_as_was_said() {
    const HOUR: u64 = 60 * 60 * 1_000_000;
    let (bench, mut seen, hands) = (bench(), 0, Hands::default());
    let graph = builder(&bench).clock(hands.clone()).build();
    for (hour, runs) in [
        (0, 1),
        (HOUR - 1, 0),
        (HOUR, 1),
        (2 * HOUR - 1, 0),
        (2 * HOUR, 1),
    ] {
        *hands.0.lock().unwrap() = hour;
        graph.invoke(input("bees", &[])).await.unwrap();
        let read = begun(&bench, &mut seen)
            .iter()
            .filter(|turn| *turn == "read")
            .count();
        assert_eq!(read, runs, "at {hour}");
    }
    // A graph or a run may say something else.
    let longer = Policy::new().cache_for(Duration::from_hours(4));
    graph
        .invoke(input("wasps", &[]))
        .policy(Node::Read, longer)
        .await
        .unwrap();
    *hands.0.lock().unwrap() = 5 * HOUR;
    begun(&bench, &mut seen);
    graph.invoke(input("wasps", &[])).await.unwrap();
    graph
        .invoke(input("wasps", &[]))
        .policy(Node::Read, Policy::new().no_cache())
        .await
        .unwrap();
    assert_eq!(begun(&bench, &mut seen), ["close", "read", "close"]);
}

#[tokio::test]
async fn failures_are_never_remembered() {
    let bench = bench();
    let graph = builder(&bench).build();
    bench.tell("weigh 0", [Act::Fail("no")]);
    graph.invoke(input("bees", &[1])).await.unwrap_err();
    graph.invoke(input("bees", &[1])).await.unwrap();
    graph.invoke(input("bees", &[1])).await.unwrap();
    let weighed = bench
        .begun()
        .iter()
        .filter(|turn| turn.starts_with("weigh"))
        .count();
    assert_eq!(weighed, 2);
}

#[tokio::test]
async fn graphs_in_one_cache_are_told_apart() {
    let (bench, cache) = (bench(), Arc::new(MemoryCache::new()));
    let one = builder(&bench).cache(Arc::clone(&cache)).build();
    let other = builder(&bench).namespace("other").cache(cache).build();
    one.invoke(input("bees", &[])).await.unwrap();
    other.invoke(input("bees", &[])).await.unwrap();
    let read = bench
        .begun()
        .iter()
        .filter(|turn| turn.starts_with("read"))
        .count();
    assert_eq!(read, 2);
}

/// One that is broken, or gives what belongs to something else that has the same hash.
enum Bad {
    Broken,
    Torn,
    Mistaken(MemoryCache),
}

#[async_trait]
impl Cache for Bad {
    async fn get(&self, key: &CacheKey, now: Timestamp) -> Result<Option<Vec<u8>>, StoreError> {
        match self {
            Self::Broken => Err(StoreError::unavailable("the cache is gone")),
            Self::Torn => Ok(Some(b"{\"reads\":".to_vec())),
            Self::Mistaken(inner) => inner.get(&same(key)?, now).await,
        }
    }

    async fn put(
        &self,
        key: &CacheKey,
        value: Vec<u8>,
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        match self {
            Self::Mistaken(inner) => inner.put(&same(key)?, value, expires_at, now).await,
            Self::Broken | Self::Torn => Err(StoreError::unavailable("the cache is gone")),
        }
    }

    async fn clear(&self, _: &str, _: Option<&str>) -> Result<(), StoreError> {
        Ok(())
    }
}

fn same(key: &CacheKey) -> Result<CacheKey, StoreError> {
    Ok(CacheKey::new(key.namespace(), key.node(), 0)?)
}

#[tokio::test]
async fn a_bad_cache_costs_a_lookup_and_not_the_run() {
    for (bad, told) in [
        (Bad::Broken, 2),
        (Bad::Torn, 2),
        (Bad::Mistaken(MemoryCache::new()), 0),
    ] {
        let bench = bench();
        let graph = builder(&bench).cache(bad).build();
        graph.invoke(input("ants", &[])).await.unwrap();
        let (heard, error) = events(graph.stream(input("bees", &[7]))).await;
        assert!(error.is_none(), "{error:?}");
        let failed = heard
            .iter()
            .filter(|event| matches!(event, Event::CacheFailed { .. }));
        assert_eq!(failed.count(), told);
        let Some(Event::Done(done)) = heard.last() else {
            panic!("it isn't over")
        };
        assert_eq!(done.output.log, ["bees 3", "part 7", "close"]);
    }
}

#[tokio::test]
async fn what_doesnt_say_cache_cant_be_looked_up() {
    let bench = bench();
    let graph = builder(&bench)
        .policy(Node::Close, Policy::new().cache())
        .build();
    let (heard, _) = events(graph.stream(input("bees", &[]))).await;
    let said = heard.iter().find_map(|event| match event {
        Event::CacheFailed {
            node: Node::Close,
            error,
            ..
        } => Some(error.clone()),
        _ => None,
    });
    assert!(said.unwrap().contains("doesn't say `cache`"));
}
