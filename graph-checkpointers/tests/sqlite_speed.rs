//! Commits a second, beside what one raw insert a transaction costs with the same settings on the same
//! disk. Run it in release mode: `cargo test --release --features sqlite --test sqlite_speed -- --ignored
//! --nocapture`.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod support;

use std::path::Path;
use std::time::{Duration, Instant};

use graph_checkpointers::SqliteSaver;
use graph_runtime::Checkpointer;
use rusqlite::{Connection, ToSql};
use support::{adding, after, first, key};

const ROUNDS: usize = 21;
const COMMITS: u32 = 512;

fn open_raw(path: &Path) -> Connection {
    let database = Connection::open(path).unwrap();
    database.pragma_update(None, "journal_mode", "wal").unwrap();
    database.pragma_update(None, "synchronous", "full").unwrap();
    database
        .execute_batch("CREATE TABLE raw (payload BLOB)")
        .unwrap();
    database
}

fn raw(database: &Connection) -> Duration {
    let payload = first().payload;
    let run = |sql: &str, params: &[&dyn ToSql]| {
        database
            .prepare_cached(sql)
            .unwrap()
            .execute(params)
            .unwrap()
    };
    let begin = Instant::now();
    for _ in 0..COMMITS {
        run("BEGIN IMMEDIATE", &[]);
        run("INSERT INTO raw VALUES (?1)", &[&payload]);
        run("COMMIT", &[]);
    }
    begin.elapsed()
}

/// Each writer goes on with a thread of its own, one commit after the other.
async fn ours(saver: &SqliteSaver, writers: u32) -> Duration {
    let begin = Instant::now();
    let writers: Vec<_> = (0..writers)
        .map(|number| tokio::spawn(write(saver.clone(), number, COMMITS / writers)))
        .collect();
    for writer in writers {
        writer.await.unwrap();
    }
    begin.elapsed()
}

async fn write(saver: SqliteSaver, number: u32, commits: u32) {
    let thread = key(&format!("t{number}-{}", first().id));
    let mut last = first();
    saver.commit(&thread, adding(None, &last)).await.unwrap();
    for _ in 1..commits {
        let next = after(&last);
        saver
            .commit(&thread, adding(Some(&last), &next))
            .await
            .unwrap();
        last = next;
    }
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn commits_a_second() {
    let directory = tempfile::tempdir().unwrap();
    let saver = SqliteSaver::open(directory.path().join("ours.db"))
        .await
        .unwrap();
    let database = open_raw(&directory.path().join("raw.db"));
    let kinds = [1, 8, 64, 256];
    let (mut floor, mut measured) = (Vec::new(), kinds.map(|_| Vec::new()));
    for _ in 0..ROUNDS {
        floor.push(raw(&database));
        for (writers, times) in kinds.into_iter().zip(&mut measured) {
            times.push(ours(&saver, writers).await);
        }
    }
    let floor = median(floor);
    println!("raw insert: {:.1} µs", micros(floor));
    for (writers, times) in kinds.into_iter().zip(measured) {
        let time = median(times);
        let ratio = micros(time) / micros(floor);
        println!(
            "{writers} writers: {:.1} µs a commit, {ratio:.2} of a raw insert",
            micros(time)
        );
    }
}

/// Of one commit.
fn micros(all: Duration) -> f64 {
    (all / COMMITS).as_secs_f64() * 1e6
}
