//! The numbers that a program's recorder gets; their list in the crate's docs is whole.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use graph_runtime::prelude::*;
use metrics::{
    Counter, CounterFn, Gauge, Histogram, HistogramFn, Key, KeyName, Metadata, Recorder,
    SharedString, Unit,
};

#[graph(id = "counted")]
#[allow(clippy::unused_async, unreachable_pub)] // as a user writes it
mod counted {
    use graph_runtime::Run;

    #[state]
    #[derive(Debug)]
    pub struct Counted {
        /// How often it fails before it doesn't.
        #[input]
        pub fails: u32,
        pub done: bool,
    }

    edges! { start -> work -> end; }

    #[node(writes(done), retry(times = 1, delay = "1ms"))]
    async fn work(fails: u32, run: &Run) -> Result<bool, &'static str> {
        if run.attempt() <= fails {
            return Err("not yet");
        }
        Ok(true)
    }
}

use counted::{Counted, Input};

/// What was counted: by name and labels how often, and how much in all.
type Numbers = Arc<Mutex<BTreeMap<String, (u64, f64)>>>;

#[derive(Default)]
struct Memory(Numbers);

struct Number(String, Numbers);

impl Number {
    fn of(key: &Key, Memory(numbers): &Memory) -> Arc<Self> {
        let labels = key.labels();
        let labels = labels.map(|label| format!(" {}={}", label.key(), label.value()));
        let name = format!("{}{}", key.name(), labels.collect::<String>());
        Arc::new(Self(name, Arc::clone(numbers)))
    }

    fn add(&self, value: f64) {
        let mut numbers = self.1.lock().unwrap();
        let (count, sum) = numbers.entry(self.0.clone()).or_default();
        *count += 1;
        *sum += value;
    }
}

impl CounterFn for Number {
    fn increment(&self, value: u64) {
        (0..value).for_each(|_| self.add(1.0));
    }

    fn absolute(&self, _: u64) {}
}

impl HistogramFn for Number {
    fn record(&self, value: f64) {
        self.add(value);
    }
}

impl Recorder for Memory {
    fn describe_counter(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_gauge(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn describe_histogram(&self, _: KeyName, _: Option<Unit>, _: SharedString) {}

    fn register_counter(&self, key: &Key, _: &Metadata<'_>) -> Counter {
        Counter::from_arc(Number::of(key, self))
    }

    fn register_gauge(&self, _: &Key, _: &Metadata<'_>) -> Gauge {
        Gauge::noop()
    }

    fn register_histogram(&self, key: &Key, _: &Metadata<'_>) -> Histogram {
        Histogram::from_arc(Number::of(key, self))
    }
}

/// Runs that go well, are tried again, and fail; and what was counted of them.
fn numbers() -> BTreeMap<String, (u64, f64)> {
    let memory = Memory::default();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    metrics::with_local_recorder(&memory, || {
        runtime.block_on(async {
            let graph = Counted::graph().checkpointer(MemorySaver::new()).build();
            for fails in 0..3 {
                let thread = graph.thread(fails.to_string());
                let ended = thread.invoke(Input::new().fails(fails)).await;
                assert_eq!(ended.is_ok(), fails < 2, "{:?}", ended.err());
            }
        });
    });
    let numbers = memory.0.lock().unwrap();
    numbers.clone()
}

#[test]
fn runs_steps_nodes_and_commits_are_counted() {
    let numbers = numbers();
    let count = |name: &str| numbers.get(name).map_or(0, |(count, _)| *count);
    assert_eq!(count("graph_runs_total graph=counted outcome=done"), 2);
    assert_eq!(count("graph_runs_total graph=counted outcome=failed"), 1);
    assert_eq!(count("graph_steps_total graph=counted"), 2);
    assert_eq!(count("graph_node_seconds graph=counted node=work"), 3);
    assert_eq!(
        count("graph_node_failures_total graph=counted node=work"),
        1
    );
    assert_eq!(count("graph_node_retries_total graph=counted node=work"), 2);
    // The inputs of three runs, and the steps of two.
    assert_eq!(count("graph_commit_seconds graph=counted stored=true"), 5);
    let (commits, bytes) = numbers["graph_commit_bytes graph=counted"];
    assert!(commits == 5 && bytes > 0.0, "{numbers:?}");
}

#[test]
fn the_list_in_the_docs_names_all_of_them() {
    let listed = include_str!("../src/metrics.md").lines();
    let listed = listed.filter_map(|line| line.strip_prefix("| `")?.split('`').next());
    let numbers = numbers();
    let counted = numbers.keys().filter_map(|key| key.split(' ').next());
    assert_eq!(
        listed.collect::<BTreeSet<_>>(),
        counted.collect::<BTreeSet<_>>()
    );
}
