//! Commits a second, beside what one raw insert a transaction costs on the same server, over our connections and over
//! a pool of `sqlx`. Run it in release mode, with `GRAPH_TEST_POSTGRES` set:
//! `cargo test --release --features postgres --test postgres_speed -- --ignored --nocapture`.

#![allow(clippy::unwrap_used, reason = "these are tests")]

#[path = "support/postgres.rs"]
mod server;
mod support;

use std::time::{Duration, Instant};

use graph_checkpointers::{PostgresOptions, PostgresSaver};
use graph_runtime::{At, Checkpointer};
use server::{database, fresh_schema, plain, run};
use sqlx::PgConnection;
use sqlx::postgres::PgPoolOptions;
use support::{adding, after, first, key};
use tokio::task::JoinSet;

const ROUNDS: usize = 9;
const COMMITS: u32 = 256;
const CONNECTIONS: u32 = 16;

async fn raw(connection: &mut PgConnection) -> Duration {
    let payload = first().payload;
    let begin = Instant::now();
    for _ in 0..COMMITS {
        let insert = sqlx::query("INSERT INTO raw VALUES ($1)").bind(&payload);
        insert.execute(&mut *connection).await.unwrap();
    }
    begin.elapsed()
}

/// Each writer goes on with a thread of its own, one commit after the other.
async fn ours(saver: &PostgresSaver, count: u32) -> Duration {
    let begin = Instant::now();
    let mut writers = JoinSet::new();
    for _ in 0..count {
        writers.spawn(write(saver.clone(), COMMITS / count));
    }
    writers.join_all().await;
    begin.elapsed()
}

async fn write(saver: PostgresSaver, commits: u32) {
    let mut last = first();
    let thread = key(&last.id.to_string());
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

async fn loads(saver: &PostgresSaver) -> Duration {
    let last = first();
    let thread = key(&last.id.to_string());
    saver.commit(&thread, adding(None, &last)).await.unwrap();
    let begin = Instant::now();
    for _ in 0..COMMITS {
        saver.load(&thread, At::Head).await.unwrap();
    }
    begin.elapsed()
}

/// Of one, in microseconds.
fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    (times[times.len() / 2] / COMMITS).as_secs_f64() * 1e6
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn commits_a_second() {
    let options = PostgresOptions::new()
        .schema(fresh_schema())
        .max_connections(CONNECTIONS as usize);
    let saver = options.clone().connect(&database().await).await.unwrap();
    let pool = PgPoolOptions::new()
        .max_connections(CONNECTIONS)
        .test_before_acquire(false);
    let pool = pool.connect(&database().await).await.unwrap();
    let pooled = options.with_pool(pool).await.unwrap();
    let mut connection = plain().await;
    run(&mut connection, "CREATE TABLE raw (payload bytea)").await;
    let kinds = [1, 4, 16];
    let (mut floor, mut reading) = (Vec::new(), Vec::new());
    let (mut own, mut theirs) = (kinds.map(|_| Vec::new()), kinds.map(|_| Vec::new()));
    for _ in 0..ROUNDS {
        floor.push(raw(&mut connection).await);
        reading.push(loads(&saver).await);
        for (place, writers) in kinds.into_iter().enumerate() {
            own[place].push(ours(&saver, writers).await);
            theirs[place].push(ours(&pooled, writers).await);
        }
    }
    println!(
        "raw insert: {:.0} µs; load: {:.0} µs",
        median(floor),
        median(reading)
    );
    for ((writers, own), theirs) in kinds.into_iter().zip(own).zip(theirs) {
        let (own, theirs) = (median(own), median(theirs));
        println!("{writers} writers: {own:.0} µs a commit, {theirs:.0} µs over a pool of sqlx");
    }
}
