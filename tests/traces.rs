//! What a subscriber of `tracing` sees of a run.
//!
//! `tracing` remembers for the whole process whether anybody wants to hear of a place in the code, and asks on the
//! thread that comes there first. So these tests are a program of their own, with one subscriber for all threads: it is there
//! before the first run, and tells the runs apart by their threads.
#![allow(unreachable_pub)] // nothing is reached from outside of a test
#![allow(clippy::unwrap_used)] // helpers are tests too, which Clippy can't see

use std::collections::BTreeMap;
use std::fmt::{Debug, Write as _};
use std::sync::{LazyLock, Mutex, MutexGuard};

use graph_runtime::prelude::*;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event as TraceEvent, Metadata, Subscriber};

/// Two nodes in a row; the second one fails while `step` is less than two.
#[graph(id = "risky")]
mod risky {
    #[state]
    pub struct Risky {
        #[input]
        pub step: u32,
        pub data: String,
    }

    edges! {
        start -> prepare -> risk -> end;
    }

    #[node(writes(data))]
    fn prepare() -> String {
        super::DATA.to_owned()
    }

    #[node]
    fn risk(step: u32) -> Result<(), String> {
        match step {
            0 | 1 => Err(format!("step {step} is too early")),
            _ => Ok(()),
        }
    }
}

use risky::Risky;

/// What the state holds, and nobody else has reason to say.
const DATA: &str = "nobody's business";

/// A span that was seen: its name, its parent, its fields.
#[derive(Clone, Debug, Default)]
struct Seen {
    name: &'static str,
    parent: Option<usize>,
    fields: BTreeMap<&'static str, String>,
}

impl Visit for Seen {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let mut text = String::new();
        write!(text, "{value:?}").unwrap();
        self.fields.insert(field.name(), text);
    }
}

/// Everything that was seen in this process, in order; a span's id is its place, from 1.
#[derive(Default)]
struct All(Mutex<Vec<Seen>>);

/// Writes down what all threads say.
struct Everybody;

impl Subscriber for Everybody {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("graph_runtime")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut seen = Seen {
            name: span.metadata().name(),
            parent: span.parent().map(place),
            ..Seen::default()
        };
        span.record(&mut seen);
        let mut all = ALL.lock();
        all.push(seen);
        Id::from_u64(all.len() as u64)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        values.record(&mut ALL.lock()[place(span)]);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &TraceEvent<'_>) {
        let mut seen = Seen::default();
        event.record(&mut seen);
        ALL.lock().push(seen);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

fn place(span: &Id) -> usize {
    usize::try_from(span.into_u64()).unwrap() - 1
}

static ALL: All = All(Mutex::new(Vec::new()));

/// Where the tests look; there is a subscriber once anybody has.
static WATCHED: LazyLock<&All> = LazyLock::new(|| {
    tracing::subscriber::set_global_default(Everybody).unwrap();
    &ALL
});

impl All {
    fn lock(&self) -> MutexGuard<'_, Vec<Seen>> {
        self.0.lock().unwrap()
    }

    /// The spans of one name within the runs of a thread, each with its parent's name.
    fn of(&self, thread: &str, name: &str) -> Vec<(Seen, &'static str)> {
        let all = self.lock();
        let thread = format!("{thread:?}");
        let is_within = |seen: &Seen| {
            let mut up = std::iter::successors(Some(seen), |seen| Some(&all[seen.parent?]));
            up.any(|seen| seen.name == "run" && seen.fields.get("thread") == Some(&thread))
        };
        let found = all
            .iter()
            .filter(|seen| seen.name == name && is_within(seen));
        found
            .map(|seen| {
                (
                    seen.clone(),
                    seen.parent.map_or("", |place| all[place].name),
                )
            })
            .collect()
    }
}

/// Runs the graph once on a thread of its own.
async fn run(thread: &str, step: u32) -> (Thread<Risky>, Result<Outcome<Risky>, Error>) {
    LazyLock::force(&WATCHED);
    let graph = Risky::graph().durability(Durability::Sync);
    let thread = graph
        .checkpointer(MemorySaver::new())
        .build()
        .thread(thread);
    let outcome = thread.invoke(risky::Input::new().step(step)).await;
    (thread, outcome)
}

/// What the spans of a run that comes to its end are.
async fn check_spans(id: &str) {
    let (thread, outcome) = run(id, 2).await;
    outcome.unwrap();
    let runs = WATCHED.of(id, "run");
    assert_eq!(runs.len(), 1, "{runs:?}");
    let (run, above) = &runs[0];
    assert_eq!(*above, "");
    assert_eq!(run.fields["graph"], "\"risky\"");
    assert_eq!(run.fields["outcome"], "\"done\"");
    let (steps, nodes) = (WATCHED.of(id, "step"), WATCHED.of(id, "node"));
    let commits = WATCHED.of(id, "commit");
    let moments = thread.history().await.unwrap();
    assert_eq!((moments.len(), steps.len(), commits.len()), (2, 2, 3));
    for ((step, above), moment) in steps.iter().zip(moments.iter().rev()) {
        assert_eq!(*above, "run");
        assert_eq!(step.fields["moment"], moment.id.to_string());
        assert_eq!(step.fields["step"], moment.step.to_string());
    }
    let names = nodes
        .iter()
        .map(|(node, above)| (node.fields["node"].as_str(), *above));
    assert!(
        names.eq([("\"prepare\"", "step"), ("\"risk\"", "step")]),
        "{nodes:?}"
    );
    assert!(commits.iter().all(|(_, above)| *above == "run"));
}

#[tokio::test]
async fn a_run_is_a_span_with_steps_and_commits_in_it_and_nodes_in_the_steps() {
    check_spans("alone").await;
}

#[test]
fn runs_on_several_threads_are_seen_each_for_itself() {
    std::thread::scope(|scope| {
        for number in 0..8 {
            scope.spawn(move || {
                let runtime = tokio::runtime::Builder::new_current_thread().build();
                runtime
                    .unwrap()
                    .block_on(check_spans(&format!("one of several: {number}")));
            });
        }
    });
}

#[tokio::test]
async fn an_error_is_told_where_it_happened_and_no_value_of_the_state_anywhere() {
    let (thread, outcome) = run("too early", 1).await;
    outcome.unwrap_err();
    let nodes = WATCHED.of("too early", "node");
    let errors: Vec<_> = nodes
        .iter()
        .filter_map(|(node, _)| Some((&*node.fields["node"], node.fields.get("error")?.as_str())))
        .collect();
    assert_eq!(errors, [("\"risk\"", "step 1 is too early")]);
    let (run, _) = &WATCHED.of("too early", "run")[0];
    assert_eq!(run.fields["outcome"], "\"failed\"");
    assert_eq!(thread.state().await.unwrap().unwrap().state.data, DATA);
    let all = WATCHED.lock();
    let mut fields = all.iter().flat_map(|seen| seen.fields.values());
    assert!(fields.all(|field| !field.contains(DATA)));
}
