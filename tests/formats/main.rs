//! Behaviours with moments as MessagePack: they are those of JSON, also where one thread holds both.
#![allow(clippy::unused_async)] // what is async is so to show that it may be
#![allow(unreachable_pub)] // a graph's module stands here as a user writes it
#![allow(clippy::unwrap_used)] // what helps a test may fail it

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use graph_runtime::prelude::*;
use graph_runtime::testing::{crash_everywhere, play};
use graph_runtime::{Checkpointer, Format, Query, Source, ThreadKey, Write};
use serde_json::{Value, json, to_value};

use graph_tests::nested::{self, top};
use graph_tests::office::{self, Desk};

const FORMATS: [Format; 2] = [Format::Json, Format::MessagePack];
const DURABILITIES: [Durability; 2] = [Durability::Sync, Durability::Async];

/// One format after the other, each for a process.
#[derive(Default)]
struct InTurn(AtomicUsize);

impl InTurn {
    fn next(&self) -> Format {
        FORMATS[self.0.fetch_add(1, Ordering::Relaxed) % FORMATS.len()]
    }
}

#[tokio::test]
async fn a_graph_that_is_killed_anywhere_goes_on_in_another_format() {
    for durability in DURABILITIES {
        let formats = InTurn::default();
        let make = |saver| {
            let graph = office::builder(&Desk::seeded(2)).durability(durability);
            graph.format(formats.next()).checkpointer(saver).build()
        };
        let survived = crash_everywhere(make, office::input)
            .answering(|question| Some(office::yes(question)))
            .ignoring(["seen"])
            .every(3)
            .await
            .unwrap();
        assert!(survived.calls > 15 && survived.polls > 15, "{survived:?}");
    }
}

#[tokio::test]
async fn graphs_within_a_graph_that_is_killed_go_on_in_another_format() {
    let formats = InTurn::default();
    let make = |saver| {
        let graph = nested::builder(&Desk::seeded(1)).format(formats.next());
        graph.checkpointer(saver).build()
    };
    let survived = crash_everywhere(make, || nested::input(("a?", "b"), &["x", "y?"]))
        .answering(|question| Some(nested::yes(question)))
        .every(5)
        .await
        .unwrap();
    assert!(survived.calls > 15, "{survived:?}");
}

/// All payloads of a thread, at any depth.
async fn payloads(saver: &MemorySaver, graph: &str) -> Vec<Vec<u8>> {
    let thread = ThreadKey::new(graph, "t").unwrap();
    let mut parts = vec![thread.clone()];
    for path in saver.paths(&thread).await.unwrap() {
        parts.push(thread.at_path(&path).unwrap());
    }
    let mut payloads = Vec::new();
    for part in &parts {
        let records = saver.list(part, &Query::default()).await.unwrap();
        payloads.extend(records.into_iter().map(|record| record.payload));
        let writes = saver.writes(part).await.unwrap();
        payloads.extend(writes.into_iter().map(|Write { payload, .. }| payload));
    }
    payloads
}

fn encoding(payload: &[u8]) -> &str {
    let line = payload.split(|byte| *byte == b'\n').next().unwrap();
    let line = std::str::from_utf8(line).unwrap();
    line.split(' ').nth(1).unwrap()
}

/// What a person sees of a thread, ids and times aside.
async fn seen<G: StateGraph>(thread: &Thread<G>) -> Vec<Value> {
    let moments = thread.history().with_inputs().await.unwrap();
    let plain = |moment: &graph_runtime::Moment<G>| {
        let mut json = to_value(moment).unwrap();
        let object = json.as_object_mut().unwrap();
        for name in ["id", "parent", "created_at", "run", "children"] {
            object.remove(name);
        }
        json
    };
    moments.iter().map(plain).collect()
}

#[tokio::test]
async fn what_is_stored_is_smaller_and_says_the_same() {
    let mut sizes = Vec::new();
    let mut histories = Vec::new();
    for format in FORMATS {
        let saver = Arc::new(MemorySaver::new());
        let graph = office::builder(&Desk::seeded(3)).format(format);
        let graph = graph.checkpointer(Arc::clone(&saver)).build();
        let thread = graph.thread("t");
        let outcome = play(&thread, thread.invoke(office::input()))
            .answering(|question| Some(office::yes(question)))
            .await;
        assert!(outcome.unwrap().done().is_some());
        let stored = payloads(&saver, "office").await;
        let word = if format == Format::Json {
            "json"
        } else {
            "msgpack"
        };
        assert!(stored.iter().all(|payload| encoding(payload) == word));
        sizes.push(stored.iter().map(Vec::len).sum::<usize>());
        histories.push(seen(&thread).await);
    }
    assert_eq!(histories[0], histories[1]);
    assert!(sizes[1] * 10 < sizes[0] * 9, "{sizes:?}");
}

#[tokio::test]
async fn a_branch_is_begun_in_one_format_where_the_other_was() {
    for (before, after) in [(FORMATS[0], FORMATS[1]), (FORMATS[1], FORMATS[0])] {
        let saver = Arc::new(MemorySaver::new());
        let open = |format, desk: &Arc<Desk>| {
            let graph = nested::builder(desk).format(format);
            graph.checkpointer(Arc::clone(&saver)).build()
        };
        let desk = Desk::seeded(1);
        let thread = open(before, &desk).thread("t");
        let outcome = thread
            .invoke(nested::input(("a?", "b"), &["x"]))
            .await
            .unwrap();
        let paused = thread.state().await.unwrap().unwrap();
        assert!(!paused.children.is_empty());
        nested::to_the_end(&thread, outcome).await.unwrap();
        let expected = nested::log(("a?", "b"), &["x"]);
        // What waits within goes along, into the same thread and into another one.
        for into in ["t", "elsewhere"] {
            let graph = open(after, &Desk::seeded(2));
            let branch = graph.thread("t").at(paused.id).into(into);
            branch.fork(top::Values::new()).await.unwrap();
            let there = graph.thread(into);
            assert_eq!(there.state().await.unwrap().unwrap().source, Source::Fork);
            let outcome = there.resume().await.unwrap();
            let output = nested::to_the_end(&there, outcome).await.unwrap();
            assert_eq!(output.log, expected);
        }
        let stored = payloads(&saver, "top").await;
        for word in ["json", "msgpack"] {
            assert!(
                stored.iter().any(|payload| encoding(payload) == word),
                "{word}"
            );
        }
    }
}

/// Everything that is written in JSON in a way of its own.
#[graph(id = "odd")]
mod odd {
    use std::collections::{BTreeMap, HashMap};

    use graph_runtime::prelude::*;

    #[state]
    pub struct Odd {
        #[input]
        pub big: u128,
        #[input]
        pub small: i128,
        #[input]
        pub float: f64,
        #[input]
        pub single: f32,
        #[input]
        pub text: String,
        #[input]
        pub raw: Option<Box<serde_json::value::RawValue>>,
        #[input]
        #[reduce(merge)]
        pub map: HashMap<String, BTreeMap<u64, Option<i64>>>,
        #[reduce(append)]
        pub floats: Vec<f64>,
        pub answer: Option<f64>,
    }

    edges! {
        start -> collect -> ask -> end;
    }

    #[node(writes(floats))]
    async fn collect(float: f64, run: &Run) -> Result<f64, Error> {
        run.once("half", async { Ok::<_, Error>(float / 3.0) })
            .await
    }

    #[ask(into = answer)]
    fn ask(text: &str) -> String {
        text.to_owned()
    }
}

use odd::Odd;

#[tokio::test]
async fn what_json_writes_in_a_way_of_its_own_comes_back() {
    let raw = r#"{"a": 1.50, "a" : [ -0, 1e99999, "\u0041\/\ud800" ]}"#;
    let input = || {
        odd::Input::new()
            .big(u128::MAX)
            .small(i128::MIN)
            .float(0.1 + 0.2)
            .single(0.1)
            .text("\u{0}\u{1f}\u{7f}\"\\\u{2028}\u{1f980}")
            .raw(Some(serde_json::from_str(raw).unwrap()))
            .map([(
                "é\n".to_owned(),
                [(u64::MAX, Some(i64::MIN)), (0, None)].into(),
            )])
    };
    for format in FORMATS {
        let saver = Arc::new(MemorySaver::new());
        let graph = || {
            let graph = Odd::graph().format(format);
            graph.checkpointer(Arc::clone(&saver)).build()
        };
        let thread = graph().thread("t");
        let pause = thread.invoke(input()).await.unwrap().paused().unwrap();
        let question = pause.ask().unwrap();
        assert_eq!(question.question, "\u{0}\u{1f}\u{7f}\"\\\u{2028}\u{1f980}");
        let answer = || question.answer(1e23);
        thread.answer(answer()).await.unwrap();
        // The same answer is one, by its text.
        graph().thread("t").answer(answer()).await.unwrap();
        let state = graph().thread("t").state().await.unwrap().unwrap().state;
        assert_eq!((state.big, state.small), (u128::MAX, i128::MIN));
        assert_eq!(state.float.to_bits(), (0.1_f64 + 0.2).to_bits());
        assert_eq!(state.single.to_bits(), 0.1_f32.to_bits());
        assert_eq!(state.floats, [(0.1 + 0.2) / 3.0]);
        assert_eq!(state.answer, Some(1e23));
        assert_eq!(state.raw.unwrap().get(), raw);
        assert_eq!(
            to_value(&state.map).unwrap(),
            json!({ "é\n": { "0": null, (u64::MAX.to_string()): i64::MIN } })
        );
    }
}
