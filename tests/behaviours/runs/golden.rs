//! Moments that earlier versions have stored. Every later version has to read them, and to go on from them.
//!
//! `tests/golden` has a folder for each version, with a thread's records and writes in each file, and beside them what
//! was to be read of it then. `GRAPH_BLESS_GOLDEN=1 cargo test -p graph-tests --test runs golden` writes the folder of
//! this version. Once a version is out its folder stays as it is for ever: what is new gets new files, and the graph
//! below isn't changed in a way that couldn't read them.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use graph_runtime::prelude::*;
use graph_runtime::{
    Checkpointer, Clock, Commit, Expect, Format, Query, Record, ThreadKey, Timestamp, Write,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json, to_value};

use self::fixture::{Answer, Golden, Input, Node, Question, Shop, Values};

/// Everything that a moment can hold.
#[graph(id = "golden")]
mod fixture {
    use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

    #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize)]
    pub struct Note {
        pub id: u32,
        pub text: String,
    }

    #[state]
    pub struct Golden {
        #[input]
        pub topic: String,
        #[input]
        pub parts: Vec<u32>,
        #[input]
        pub people: Vec<String>,
        #[reduce(append)]
        pub log: Vec<String>,
        #[reduce(sum)]
        pub sum: i64,
        #[reduce(max)]
        pub high: f64,
        #[reduce(min)]
        pub low: i32,
        #[reduce(union)]
        pub tags: HashSet<String>,
        #[reduce(merge)]
        pub marks: HashMap<String, Option<u32>>,
        #[reduce(upsert(key = id))]
        pub notes: Vec<Note>,
        #[reduce(and)]
        #[default(true)]
        pub all: bool,
        #[reduce(or)]
        pub any: bool,
        #[reduce(keep_first)]
        pub first: Option<String>,
        #[reduce(last)]
        pub latest: String,
        pub table: HashMap<u32, BTreeSet<u32>>,
        pub consent: Option<bool>,
        pub votes: BTreeMap<String, bool>,
        #[scope(run)]
        pub rounds: u32,
        #[scope(step)]
        pub fleeting: Option<u32>,
    }

    #[context]
    pub struct Shop {
        pub failing: &'static str,
    }

    edges! {
        start -> gather -> {consent, research, review};
        research -> if state.rounds < 2 { research } else { draft };
        {consent, draft, review} -> publish;
        publish -> for part in &state.parts, limit = 2 { print(part) };
        print -> for person in &state.people { vote(person) };
        vote -> close -> end;
    }

    fn turn(failing: &str, name: &str) -> Result<String, String> {
        if failing == name {
            return Err(format!("{name} was told to fail"));
        }
        Ok(format!("{name} \u{2713}"))
    }

    #[node(writes(
        log, sum, high, low, tags, marks, notes, all, any, first, latest, table, fleeting
    ))]
    fn gather(topic: &str, notes: &[Note]) -> update::Gather {
        let note = |id, text: &str| Note {
            id,
            text: text.to_owned(),
        };
        let sum = i64::try_from(topic.len()).unwrap_or_default();
        update::Gather::new()
            .log([format!("gather {topic}")])
            .sum(sum)
            .high(1.5)
            .low(-3)
            .tags(["b", "a", topic].map(str::to_owned))
            .marks([("x".to_owned(), Some(1)), (topic.to_owned(), None)])
            .notes([note(1, topic), note(2, &format!("{} before", notes.len()))])
            .remove_notes([7_u32])
            .all(false)
            .any(true)
            .first(Some(topic.to_owned()))
            .latest(topic.to_owned())
            .table([(2, [3, 1].into()), (1, [].into())].into())
            .fleeting(Some(1))
    }

    #[ask(into = consent)]
    fn consent(topic: &str) -> String {
        format!("may we write on {topic}?")
    }

    #[node(writes(log, rounds))]
    fn research(failing: &str, rounds: u32) -> Result<(String, u32), String> {
        Ok((turn(failing, "research")?, rounds + 1))
    }

    #[node(writes(log, tags))]
    fn review(failing: &str) -> Result<update::Review, String> {
        let log = turn(failing, "review")?;
        Ok(update::Review::new()
            .log([log])
            .remove_tags(["a".to_owned()]))
    }

    #[node(writes(log))]
    fn draft(failing: &str) -> Result<String, String> {
        turn(failing, "draft")
    }

    #[node(writes(log))]
    fn publish(failing: &str) -> Result<String, String> {
        turn(failing, "publish")
    }

    #[node(writes(log))]
    fn print(part: u32, failing: &str) -> Result<String, String> {
        turn(failing, &format!("print {part}"))
    }

    #[ask(into = votes)]
    fn vote(person: &String) -> Option<String> {
        (person != "nobody").then(|| format!("{person}, for or against?"))
    }

    #[node(writes(log))]
    fn close(failing: &str) -> Result<String, String> {
        turn(failing, "close")
    }
}

/// A thread as it is stored, and what is to be read of it.
#[derive(Serialize, Deserialize)]
struct Stored {
    namespace: String,
    thread: String,
    records: Vec<StoredRecord>,
    writes: Vec<StoredWrite>,
    /// Newest first.
    moments: Vec<Value>,
    questions: Vec<Value>,
    /// What it comes to when every question is answered with yes.
    output: Value,
}

#[derive(Serialize, Deserialize)]
struct StoredRecord {
    id: String,
    parent: Option<String>,
    base: String,
    sequence: u64,
    step: u64,
    source: String,
    created_at: u64,
    due: Option<u64>,
    payload: String,
}

#[derive(Serialize, Deserialize)]
struct StoredWrite {
    key: String,
    payload: String,
}

impl StoredRecord {
    fn of(record: &Record) -> Self {
        Self {
            id: record.id.to_string(),
            parent: record.parent.map(|parent| parent.to_string()),
            base: record.base.to_string(),
            sequence: record.sequence,
            step: record.step,
            source: record.source.as_str().to_owned(),
            created_at: record.created_at.as_micros(),
            due: record.due.map(Timestamp::as_micros),
            payload: written(&record.payload),
        }
    }

    fn record(&self) -> Record {
        Record {
            id: self.id.parse().unwrap(),
            parent: self.parent.as_ref().map(|parent| parent.parse().unwrap()),
            base: self.base.parse().unwrap(),
            sequence: self.sequence,
            step: self.step,
            source: self.source.parse().unwrap(),
            created_at: Timestamp::from_micros(self.created_at),
            due: self.due.map(Timestamp::from_micros),
            payload: bytes(&self.payload),
        }
    }
}

/// A payload as a file has it: as text, or, where it is none, in hexadecimal digits.
fn written(payload: &[u8]) -> String {
    if let Ok(text) = std::str::from_utf8(payload) {
        return text.to_owned();
    }
    let digits = payload.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    let digit = |digit: u8| char::from_digit(digit.into(), 16);
    digits.filter_map(digit).collect()
}

fn bytes(written: &str) -> Vec<u8> {
    if written.starts_with("moment/") {
        return written.as_bytes().to_vec();
    }
    let digit = |at| u8::from_str_radix(&written[at..at + 2], 16).unwrap();
    (0..written.len()).step_by(2).map(digit).collect()
}

/// A clock that goes on by a millisecond whenever it is read.
struct Ticking(AtomicU64);

impl Clock for Ticking {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.fetch_add(1_000, Ordering::Relaxed))
    }
}

fn graph(saver: &Arc<MemorySaver>, failing: &'static str) -> fixture::Graph {
    graph_in(Format::Json, saver, failing)
}

fn graph_in(format: Format, saver: &Arc<MemorySaver>, failing: &'static str) -> fixture::Graph {
    Golden::graph()
        .context(Shop { failing })
        .format(format)
        .checkpointer(Arc::clone(saver))
        .clock(Ticking(AtomicU64::new(1_772_366_400_000_000)))
        .build()
}

fn input() -> Input {
    let people = ["Zo\u{eb}", "nobody", "\u{dc}nal \"\u{1f41d}\"\n"].map(str::to_owned);
    let input = Input::new().topic("\u{871c}\u{8702} \\ \"bees\"");
    input.parts(vec![7, 8, 9]).people(people.to_vec())
}

fn yes(question: &Question) -> Answer {
    match question {
        Question::Consent(open) => open.answer(true),
        Question::Vote(open) => open.answer(true),
    }
}

async fn to_the_end(thread: &Thread<Golden>, mut outcome: Outcome<Golden>) -> Result<Value, Error> {
    loop {
        match outcome {
            Outcome::Done(_) => {
                return Ok(to_value(thread.state().await?.unwrap().state).unwrap());
            }
            Outcome::Paused(pause) => {
                let answers: Vec<_> = pause.questions().iter().map(yes).collect();
                outcome = thread.answers(answers).await?;
            }
        }
    }
}

/// Brings thread `t` of a graph to where a file is to show it.
async fn bring(name: &str, saver: &Arc<MemorySaver>) {
    let (format, name) = match name.strip_prefix("packed_") {
        Some(name) => (Format::MessagePack, name),
        None => (Format::Json, name),
    };
    let failing = |node| graph_in(format, saver, node).thread("t");
    let thread = failing("");
    let stopped = |result: Result<Value, Error>| assert!(result.is_err());
    match name {
        "finished" => {
            let outcome = thread.invoke(input()).metadata("who", "ada").await.unwrap();
            to_the_end(&thread, outcome).await.unwrap();
        }
        "finished_many_times" => {
            for round in 0..6 {
                let topic = format!("{round}: {}", "wasps and bees; ".repeat(4));
                let outcome = thread.invoke(input().topic(topic)).await.unwrap();
                to_the_end(&thread, outcome).await.unwrap();
            }
        }
        "failed_with_a_result_kept" => {
            failing("research").invoke(input()).await.unwrap_err();
        }
        "waiting_with_slots_filled" => {
            assert!(thread.invoke(input()).await.unwrap().is_paused());
        }
        "failed_with_a_slot_filled" => {
            failing("draft").invoke(input()).await.unwrap_err();
        }
        "a_for_in_the_middle" => {
            let thread = failing("print 8");
            let outcome = thread.invoke(input()).await.unwrap();
            stopped(to_the_end(&thread, outcome).await);
        }
        "one_of_several_answered" => {
            let pause = thread.invoke(input()).await.unwrap().paused().unwrap();
            let pause = thread
                .answer(yes(&pause.questions()[0]))
                .await
                .unwrap()
                .paused()
                .unwrap();
            thread.answer(yes(&pause.questions()[1])).await.unwrap();
        }
        "paused_before_a_node" => {
            let outcome = thread
                .invoke(input())
                .pause_before([Node::Research])
                .await
                .unwrap();
            assert!(outcome.is_paused());
        }
        "a_fork_and_an_update" => {
            let outcome = thread.invoke(input()).await.unwrap();
            to_the_end(&thread, outcome).await.unwrap();
            let moments = thread.history().await.unwrap();
            let printing = moments
                .iter()
                .find(|moment| moment.next == [Node::Print])
                .unwrap();
            thread
                .at(printing.id)
                .fork(Values::new().sum(100))
                .await
                .unwrap();
            thread
                .update(Values::new().set_log(vec!["anew".to_owned()]))
                .await
                .unwrap();
        }
        other => panic!("nobody brings a thread to `{other}`"),
    }
}

const NAMES: [&str; 12] = [
    "finished",
    "finished_many_times",
    "failed_with_a_result_kept",
    "waiting_with_slots_filled",
    "failed_with_a_slot_filled",
    "a_for_in_the_middle",
    "one_of_several_answered",
    "paused_before_a_node",
    "a_fork_and_an_update",
    "packed_finished",
    "packed_one_of_several_answered",
    "packed_a_fork_and_an_update",
];

/// What a person sees of the thread.
async fn seen(thread: &Thread<Golden>) -> (Vec<Value>, Vec<Value>) {
    let moments = thread.history().with_inputs().await.unwrap();
    let moments = moments.iter().map(|moment| {
        let names = |nodes: &[Node]| nodes.iter().map(|node| node.name()).collect::<Vec<_>>();
        json!({
            "id": moment.id,
            "parent": moment.parent,
            "step": moment.step,
            "metadata": moment.metadata,
            "ran": names(&moment.ran),
            "next": names(&moment.next),
            "state": moment.state,
        })
    });
    let questions = thread.questions().await.unwrap();
    let questions = questions.iter().map(|question| match question {
        Question::Consent(open) => json!([open.id, open.question]),
        Question::Vote(open) => json!([open.id, open.question]),
    });
    (moments.collect(), questions.collect())
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("golden")
}

/// Writes the files of this version.
async fn bless() {
    let folder = root().join(env!("CARGO_PKG_VERSION"));
    fs::create_dir_all(&folder).unwrap();
    for name in NAMES {
        let saver = Arc::new(MemorySaver::new());
        bring(name, &saver).await;
        let thread = graph(&saver, "").thread("t");
        let key = ThreadKey::new("golden", "t").unwrap();
        let mut records = saver.list(&key, &Query::default()).await.unwrap();
        records.reverse();
        let writes = saver.writes(&key).await.unwrap();
        let (moments, questions) = seen(&thread).await;
        let outcome = thread.resume().await.unwrap();
        let stored = Stored {
            namespace: key.namespace().to_owned(),
            thread: key.thread().to_owned(),
            records: records.iter().map(StoredRecord::of).collect(),
            writes: writes
                .iter()
                .map(|write| StoredWrite {
                    key: write.key.to_string(),
                    payload: written(&write.payload),
                })
                .collect(),
            moments,
            questions,
            output: to_the_end(&thread, outcome).await.unwrap(),
        };
        let text = serde_json::to_string_pretty(&stored).unwrap() + "\n";
        fs::write(folder.join(name).with_extension("json"), text).unwrap();
    }
}

/// Puts a file's thread into a store.
async fn put(stored: &Stored, saver: &MemorySaver) {
    let key = ThreadKey::new(stored.namespace.as_str(), stored.thread.as_str()).unwrap();
    let mut head = None;
    for record in stored.records.iter().map(StoredRecord::record) {
        let id = record.id;
        let commit = Commit {
            expected: Expect::Head(head),
            records: vec![record],
            ..Commit::default()
        };
        saver.commit(&key, commit).await.unwrap();
        head = Some(id);
    }
    let write = |write: &StoredWrite| Write {
        key: write.key.parse().unwrap(),
        payload: bytes(&write.payload),
    };
    let commit = Commit {
        expected: Expect::Head(head),
        writes: stored.writes.iter().map(write).collect(),
        ..Commit::default()
    };
    saver.commit(&key, commit).await.unwrap();
}

#[tokio::test]
async fn what_earlier_versions_have_stored_is_read_and_gone_on_with() {
    if std::env::var_os("GRAPH_BLESS_GOLDEN").is_some() {
        bless().await;
    }
    let mut read = BTreeMap::new();
    for version in fs::read_dir(root()).unwrap() {
        for file in fs::read_dir(version.unwrap().path()).unwrap() {
            let file = file.unwrap().path();
            let stored: Stored = serde_json::from_str(&fs::read_to_string(&file).unwrap()).unwrap();
            let saver = Arc::new(MemorySaver::new());
            put(&stored, &saver).await;
            let thread = graph(&saver, "").thread(stored.thread.as_str());
            let (moments, questions) = seen(&thread).await;
            assert_eq!(moments, stored.moments, "{}", file.display());
            assert_eq!(questions, stored.questions, "{}", file.display());
            let outcome = thread.resume().await.unwrap();
            let output = to_the_end(&thread, outcome).await.unwrap();
            assert_eq!(output, stored.output, "{}", file.display());
            *read.entry(version_of(&file)).or_insert(0) += 1;
        }
    }
    assert!(read.values().sum::<usize>() >= NAMES.len(), "{read:?}");
}

fn version_of(file: &Path) -> String {
    let folder = file.parent().and_then(Path::file_name);
    folder.unwrap_or_default().to_string_lossy().into_owned()
}
