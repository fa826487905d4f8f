//! Several processes on one file, and processes that are killed. The test runs itself as the other
//! process.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod support;

use std::collections::HashMap;
use std::env;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use graph_checkpointers::SqliteSaver;
use graph_runtime::{At, Checkpointer, Query, Record, StoreError};
use support::{adding, after, first, key};

/// Where the other process finds the file, and what it is called.
const PATH: &str = "SQLITE_CRASH_PATH";
const NAME: &str = "SQLITE_CRASH_NAME";

/// Runs one of the tests below in a process of its own.
fn start(role: &str, path: &Path, name: &str) -> Child {
    Command::new(env::current_exe().unwrap())
        .args([
            "--exact",
            role,
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(PATH, path)
        .env(NAME, name)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

async fn open_as_told() -> (SqliteSaver, String) {
    let path = env::var_os(PATH).unwrap();
    let saver = SqliteSaver::open(path).await.unwrap();
    (saver, env::var(NAME).unwrap())
}

async fn tip(saver: &SqliteSaver, thread: &str) -> Option<Record> {
    let chain = saver.load(&key(thread), At::Head).await.unwrap();
    chain.and_then(|mut chain| chain.records.pop())
}

/// Writes to eight threads until it is killed, and says what was acknowledged.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "the other process of `a_killed_process_loses_nothing_that_was_acknowledged`"]
async fn write_until_killed() {
    let (saver, name) = open_as_told().await;
    let writers: Vec<_> = (0..8)
        .map(|number| tokio::spawn(write_for_ever(saver.clone(), format!("{name}-{number}"))))
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
}

async fn write_for_ever(saver: SqliteSaver, thread: String) {
    let mut last = tip(&saver, &thread).await;
    loop {
        let next = last.as_ref().map_or_else(first, after);
        saver
            .commit(&key(&thread), adding(last.as_ref(), &next))
            .await
            .unwrap();
        // The line break before it keeps clear of what the test harness prints.
        let line = format!("\nacknowledged {thread} {} {}\n", next.sequence, next.id);
        std::io::stdout().write_all(line.as_bytes()).unwrap();
        last = Some(next);
    }
}

/// Kills the child after a number of acknowledged commits, and adds all it has said to `kept`.
fn kill_after(commits: usize, mut child: Child, kept: &mut HashMap<String, Vec<(u64, String)>>) {
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut count = 0;
    while let Some(Ok(line)) = lines.next() {
        let words: Vec<_> = line.split(' ').collect();
        // The last line may be cut.
        let ["acknowledged", thread, sequence, id] = words[..] else {
            continue;
        };
        if id.len() < 26 {
            continue;
        }
        let acknowledged = (sequence.parse().unwrap(), id.to_owned());
        kept.entry(thread.to_owned())
            .or_default()
            .push(acknowledged);
        count += 1;
        if count == commits {
            child.kill().unwrap();
        }
    }
    assert!(count >= commits, "the other process ended by itself");
    child.wait().unwrap();
}

#[tokio::test]
async fn a_killed_process_loses_nothing_that_was_acknowledged() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("moments.db");
    let mut kept = HashMap::new();
    for commits in [1, 40, 333, 700, 1_500] {
        kill_after(commits, start("write_until_killed", &path, "t"), &mut kept);
        let saver = SqliteSaver::open(&path).await.unwrap();
        for (thread, acknowledged) in &kept {
            let mut stored = saver.list(&key(thread), &Query::default()).await.unwrap();
            stored.reverse();
            assert_whole(&stored);
            for (sequence, id) in acknowledged {
                let place = usize::try_from(*sequence).unwrap() - 1;
                assert_eq!(stored[place].id.to_string(), *id);
            }
        }
    }
    assert_eq!(kept.len(), 8);
}

/// No gap, no half commit.
fn assert_whole(records: &[Record]) {
    for (place, pair) in records.windows(2).enumerate() {
        assert_eq!(pair[1].parent, Some(pair[0].id));
        assert_eq!(pair[1].sequence, place as u64 + 2);
    }
}

/// How often each process writes to the thread that all of them share.
const TURNS: usize = 100;

#[tokio::test]
#[ignore = "the other process of `several_processes_share_a_file`"]
async fn write_in_turns() {
    let (saver, _) = open_as_told().await;
    let mut written = 0;
    while written < TURNS {
        let last = tip(&saver, "shared").await;
        let next = last.as_ref().map_or_else(first, after);
        match saver
            .commit(&key("shared"), adding(last.as_ref(), &next))
            .await
        {
            Ok(()) => written += 1,
            Err(StoreError::Conflict { .. }) => {}
            Err(error) => unreachable!("{error}"),
        }
    }
}

#[tokio::test]
async fn several_processes_share_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("moments.db");
    let children: Vec<_> = (0..4).map(|_| start("write_in_turns", &path, "")).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    let saver = SqliteSaver::open(&path).await.unwrap();
    let mut stored = saver.list(&key("shared"), &Query::default()).await.unwrap();
    stored.reverse();
    assert_eq!(stored.len(), 4 * TURNS);
    assert_whole(&stored);
}
