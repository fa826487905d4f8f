//! What a subscriber of `tracing` sees of a run.

use std::collections::BTreeMap;
use std::fmt::{Debug, Write as _};
use std::sync::{Arc, Mutex};

use graph_runtime::prelude::*;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event as TraceEvent, Metadata, Subscriber};

use crate::graphs::risky::{self, Risky};
use crate::graphs::row::{self, Row};
use crate::slow::Slow;

/// A span that was seen: its name, its parent, its fields.
#[derive(Clone, Debug, Default)]
struct Seen {
    name: &'static str,
    parent: Option<u64>,
    fields: BTreeMap<&'static str, String>,
}

/// Remembers all spans.
#[derive(Clone, Default)]
struct Memory(Arc<Mutex<Vec<Seen>>>);

impl Visit for Seen {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        let mut text = String::new();
        write!(text, "{value:?}").unwrap();
        self.fields.insert(field.name(), text);
    }
}

impl Subscriber for Memory {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target().starts_with("graph_runtime")
    }

    fn new_span(&self, span: &Attributes<'_>) -> Id {
        let mut seen = Seen {
            name: span.metadata().name(),
            parent: span.parent().map(Id::into_u64),
            ..Seen::default()
        };
        span.record(&mut seen);
        let mut all = self.0.lock().unwrap();
        all.push(seen);
        Id::from_u64(all.len() as u64)
    }

    fn record(&self, span: &Id, values: &Record<'_>) {
        let place = usize::try_from(span.into_u64()).unwrap() - 1;
        values.record(&mut self.0.lock().unwrap()[place]);
    }

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, _: &TraceEvent<'_>) {}

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

impl Memory {
    fn all(&self, name: &str) -> Vec<Seen> {
        let all = self.0.lock().unwrap();
        all.iter()
            .filter(|seen| seen.name == name)
            .cloned()
            .collect()
    }

    fn name_of(&self, span: Option<u64>) -> &'static str {
        let place = usize::try_from(span.unwrap()).unwrap() - 1;
        self.0.lock().unwrap()[place].name
    }
}

#[tokio::test]
async fn a_run_is_a_span_with_steps_and_commits_in_it_and_nodes_in_the_steps() {
    let memory = Memory::default();
    let _seen = tracing::subscriber::set_default(memory.clone());
    let graph = Row::graph().durability(Durability::Sync);
    let thread = graph.checkpointer(Slow::new(1)).build().thread("t");
    thread.invoke(row::Input::new()).await.unwrap();
    let runs = memory.all("run");
    let [run] = runs.as_slice() else {
        panic!("{runs:?}")
    };
    assert_eq!(run.fields["graph"], "\"row\"");
    assert_eq!(run.fields["thread"], "\"t\"");
    assert_eq!(run.fields["outcome"], "\"done\"");
    let moments: Vec<_> = thread.history().await.unwrap();
    let steps = memory.all("step");
    for (step, moment) in steps.iter().zip(moments.iter().rev()) {
        assert_eq!(memory.name_of(step.parent), "run");
        assert_eq!(step.fields["moment"], moment.id.to_string());
        assert_eq!(step.fields["step"], moment.step.to_string());
    }
    let nodes = memory.all("node");
    let names: Vec<_> = nodes
        .iter()
        .map(|node| node.fields["node"].as_str())
        .collect();
    assert_eq!(names, ["\"first\"", "\"second\"", "\"third\""]);
    assert!(
        nodes
            .iter()
            .all(|node| memory.name_of(node.parent) == "step")
    );
    let commits = memory.all("commit");
    assert_eq!((steps.len(), commits.len()), (3, 4));
    assert!(
        commits
            .iter()
            .all(|commit| memory.name_of(commit.parent) == "run")
    );
}

#[tokio::test]
async fn an_error_is_told_where_it_happened_and_no_value_of_the_state_anywhere() {
    let memory = Memory::default();
    let _seen = tracing::subscriber::set_default(memory.clone());
    let graph = Risky::graph().checkpointer(MemorySaver::new()).build();
    let thread = graph.thread("t");
    thread
        .invoke(risky::Input::new().step(1))
        .await
        .unwrap_err();
    let nodes = memory.all("node");
    let failed: Vec<_> = nodes
        .iter()
        .filter(|node| node.fields.contains_key("error"))
        .collect();
    assert_eq!(failed.len(), 1);
    assert_eq!(failed[0].fields["error"], "step 1 is too early");
    assert_eq!(memory.all("run")[0].fields["outcome"], "\"failed\"");
    // `prepare` has set it.
    let all = memory.0.lock().unwrap();
    let mut fields = all.iter().flat_map(|seen| seen.fields.values());
    assert!(fields.all(|field| !field.contains("safe")));
}
