//! Several processes on one database, some of them killed. The test runs itself as the other processes.

#![allow(clippy::unwrap_used, reason = "these are tests")]

#[path = "support/postgres.rs"]
mod server;
mod support;

use std::collections::{HashMap, HashSet};
use std::env;
use std::io::{BufRead, BufReader, Lines, Write};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::Duration;

use graph_checkpointers::PostgresSaver;
use graph_runtime::{At, Checkpointer, Commit, Record, StoreError};
use server::{DATABASE, database, fresh_schema, listed, open};
use support::{adding, after, first, key};
use tokio::task::JoinSet;

/// The schema that the other process uses, and what it is called.
const SCHEMA: &str = "POSTGRES_PROCESSES_SCHEMA";
const NAME: &str = "POSTGRES_PROCESSES_NAME";

/// Runs one of the tests below in a process of its own.
async fn start(role: &str, schema: &str, name: &str) -> Child {
    Command::new(env::current_exe().unwrap())
        .args([
            "--exact",
            role,
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(DATABASE, database().await)
        .env(SCHEMA, schema)
        .env(NAME, name)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

async fn open_as_told() -> (PostgresSaver, String) {
    let schema = env::var(SCHEMA).unwrap();
    (open(&schema).await, env::var(NAME).unwrap())
}

/// Says something to the process that started this one. The line break before it keeps clear of the test harness.
fn say(what: &str) {
    std::io::stdout()
        .write_all(format!("\nsaid {what}\n").as_bytes())
        .unwrap();
}

/// What a process says.
struct Said(Lines<BufReader<ChildStdout>>);

impl Said {
    fn by(child: &mut Child) -> Self {
        Self(BufReader::new(child.stdout.take().unwrap()).lines())
    }

    /// The next thing, until it ends. The last line of a killed one may be cut.
    fn next(&mut self) -> Option<String> {
        self.0
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("said ").map(str::to_owned))
    }
}

async fn tip(saver: &PostgresSaver, thread: &str) -> Option<Record> {
    let chain = saver.load(&key(thread), At::Head).await.unwrap();
    chain.and_then(|mut chain| chain.records.pop())
}

/// No gap, no half commit.
fn assert_whole(records: &[Record]) {
    for (place, pair) in records.windows(2).enumerate() {
        assert_eq!(pair[1].parent, Some(pair[0].id));
        assert_eq!(pair[1].sequence, place as u64 + 2);
    }
}

/// The threads that all processes write to, how many writers each process has on each of them, and how often each
/// writer writes.
const SHARED: [&str; 3] = ["one", "two", "three"];
const WRITERS: usize = 2;
const TURNS: usize = 20;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the other process of `four_processes_share_threads`"]
async fn write_in_turns() {
    let (saver, _) = open_as_told().await;
    let mut writers = JoinSet::new();
    for thread in SHARED.repeat(WRITERS) {
        let saver = saver.clone();
        writers.spawn(async move {
            let mut written = 0;
            while written < TURNS {
                let last = tip(&saver, thread).await;
                let next = last.as_ref().map_or_else(first, after);
                match saver
                    .commit(&key(thread), adding(last.as_ref(), &next))
                    .await
                {
                    Ok(()) => {
                        say(&format!("{thread} {}", next.id));
                        written += 1;
                    }
                    Err(StoreError::Conflict { .. }) => {}
                    Err(error) => unreachable!("{error}"),
                }
            }
        });
    }
    writers.join_all().await;
}

#[tokio::test]
async fn four_processes_share_threads() {
    let schema = fresh_schema();
    let mut children = Vec::new();
    for _ in 0..4 {
        children.push(start("write_in_turns", &schema, "").await);
    }
    let mut acknowledged = HashSet::new();
    for mut child in children {
        let mut said = Said::by(&mut child);
        acknowledged.extend(std::iter::from_fn(|| said.next()));
        assert!(child.wait().unwrap().success());
    }
    let saver = open(&schema).await;
    let mut stored = HashSet::new();
    for thread in SHARED {
        let records = listed(&saver, thread).await;
        assert_eq!(records.len(), 4 * WRITERS * TURNS);
        assert_whole(&records);
        stored.extend(
            records
                .iter()
                .map(|record| format!("{thread} {}", record.id)),
        );
    }
    assert_eq!(stored, acknowledged);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the other process of `a_killed_process_loses_nothing_that_was_acknowledged`"]
async fn write_until_killed() {
    let (saver, name) = open_as_told().await;
    let mut writers = JoinSet::new();
    for number in 0..4 {
        let (saver, thread) = (saver.clone(), format!("{name}-{number}"));
        writers.spawn(async move {
            let mut last = tip(&saver, &thread).await;
            loop {
                let next = last.as_ref().map_or_else(first, after);
                let commit = adding(last.as_ref(), &next);
                saver.commit(&key(&thread), commit).await.unwrap();
                say(&format!("{thread} {} {}", next.sequence, next.id));
                last = Some(next);
            }
        });
    }
    writers.join_all().await;
}

#[tokio::test]
async fn a_killed_process_loses_nothing_that_was_acknowledged() {
    let schema = fresh_schema();
    let mut kept: HashMap<String, Vec<(usize, String)>> = HashMap::new();
    for commits in [1, 40, 150] {
        let mut child = start("write_until_killed", &schema, "t").await;
        let mut said = Said::by(&mut child);
        let mut count = 0;
        while let Some(line) = said.next() {
            let words: Vec<_> = line.split(' ').collect();
            let [thread, sequence, id] = words[..] else {
                continue;
            };
            if id.len() == 26 {
                let acknowledged = (sequence.parse().unwrap(), id.to_owned());
                kept.entry(thread.to_owned())
                    .or_default()
                    .push(acknowledged);
                count += 1;
            }
            if count == commits {
                child.kill().unwrap();
            }
        }
        assert!(count >= commits, "the other process ended by itself");
        child.wait().unwrap();
        let saver = open(&schema).await;
        for (thread, acknowledged) in &kept {
            let stored = listed(&saver, thread).await;
            assert_whole(&stored);
            for (sequence, id) in acknowledged {
                assert_eq!(stored[sequence - 1].id.to_string(), *id);
            }
        }
    }
}

/// Longer than any test takes.
const LONG: Duration = Duration::from_hours(1);

fn under(epoch: u64, commit: Commit) -> Commit {
    Commit { epoch, ..commit }
}

/// Takes the lease, writes under it, and goes on until somebody else has it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the other process of `a_lease_passes_from_process_to_process`"]
async fn write_until_fenced() {
    let (saver, name) = open_as_told().await;
    // It has ended as soon as it is given: whoever comes takes it.
    let lease = saver
        .lease(&key("t"), &name, Duration::ZERO)
        .await
        .unwrap()
        .unwrap();
    loop {
        let last = tip(&saver, "t").await;
        let next = last.as_ref().map_or_else(first, after);
        let commit = under(lease.epoch, adding(last.as_ref(), &next));
        match saver.commit(&key("t"), commit).await {
            Ok(()) => say(&next.id.to_string()),
            Err(StoreError::Fenced { epoch, .. }) => {
                assert_eq!(epoch, lease.epoch);
                return say("fenced");
            }
            Err(StoreError::Conflict { .. }) => {}
            Err(error) => unreachable!("{error}"),
        }
    }
}

#[tokio::test]
async fn a_lease_passes_from_process_to_process() {
    let schema = fresh_schema();
    let saver = open(&schema).await;
    let mut child = start("write_until_fenced", &schema, "the other").await;
    let mut said = Said::by(&mut child);
    for _ in 0..10 {
        assert!(said.next().is_some_and(|said| said != "fenced"));
    }
    let lease = saver
        .lease(&key("t"), "this one", LONG)
        .await
        .unwrap()
        .unwrap();
    let head = tip(&saver, "t").await.unwrap();
    let mut acknowledged: Vec<String> = std::iter::from_fn(|| said.next()).collect();
    assert!(child.wait().unwrap().success());
    assert_eq!(acknowledged.pop().as_deref(), Some("fenced"));
    // Nothing of it came after.
    assert_eq!(tip(&saver, "t").await.unwrap(), head);
    let next = after(&head);
    let commit = under(lease.epoch, adding(Some(&head), &next));
    saver.commit(&key("t"), commit).await.unwrap();
    // A process that holds it keeps others out, and it ends by itself when that process is killed.
    let refused = open(&schema).await.lease(&key("t"), "a third", LONG).await;
    assert!(matches!(refused, Err(StoreError::Leased { holder, .. }) if holder == "this one"));
}

#[tokio::test]
#[ignore = "the other process of `messages_reach_another_process_once`"]
async fn send_some() {
    let (saver, name) = open_as_told().await;
    for number in 0..25 {
        let message = format!("{name} {number}").into_bytes();
        saver.send(&key("t"), message).await.unwrap();
    }
}

#[tokio::test]
async fn messages_reach_another_process_once() {
    let schema = fresh_schema();
    let saver = open(&schema).await;
    let mut children = Vec::new();
    for name in ["a", "b", "c"] {
        children.push(start("send_some", &schema, name).await);
    }
    let mut got = Vec::new();
    let mut last: Option<Record> = None;
    let mut highest = 0;
    loop {
        let are_over = children
            .iter_mut()
            .all(|child| child.try_wait().unwrap().is_some());
        let messages = saver.inbox(&key("t")).await.unwrap();
        if messages.is_empty() && are_over {
            break;
        }
        let next = last.as_ref().map_or_else(first, after);
        let commit = Commit {
            received: messages.iter().map(|message| message.position).collect(),
            ..adding(last.as_ref(), &next)
        };
        saver.commit(&key("t"), commit).await.unwrap();
        last = Some(next);
        for message in messages {
            // None turns up behind one that was there already.
            assert!(message.position > highest);
            highest = message.position;
            got.push(String::from_utf8(message.payload).unwrap());
        }
    }
    assert_eq!(got.len(), 75);
    assert_eq!(got.iter().collect::<HashSet<_>>().len(), 75);
    for child in &mut children {
        assert!(child.wait().unwrap().success());
    }
}
