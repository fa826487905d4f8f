//! A database for the tests of this process, on the server that whoever runs them names.

#![allow(
    clippy::unwrap_used,
    dead_code,
    reason = "each test file uses its part"
)]

use std::env;
use std::process;
use std::str::FromStr;
use std::sync::atomic::{AtomicU32, Ordering};

use graph_checkpointers::{PostgresOptions, PostgresSaver};
use graph_runtime::{
    ActivationId, Checkpointer, Commit, Expect, Query, Record, Write, WriteKey, WriteKind,
};
use sqlx::postgres::{PgConnectOptions, PgConnection, PgRow};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, raw_sql};
use tokio::sync::OnceCell;

use crate::support::{adding, after, first, key};

/// Names the server. Its user makes databases and roles.
const VARIABLE: &str = "GRAPH_TEST_POSTGRES";

/// Names the database of this process to the processes that it starts.
pub(crate) const DATABASE: &str = "GRAPH_TEST_POSTGRES_DATABASE";

fn server() -> PgConnectOptions {
    let url = env::var(VARIABLE).unwrap_or_else(|_| {
        unreachable!(
            "set {VARIABLE} to the URL of a server, or let `cargo xtask test postgres` start one"
        )
    });
    PgConnectOptions::from_str(&url).unwrap()
}

/// The URL of a database that is made anew for this process.
pub(crate) async fn database() -> String {
    static MADE: OnceCell<String> = OnceCell::const_new();
    let url = MADE.get_or_init(async || {
        if let Ok(url) = env::var(DATABASE) {
            return url;
        }
        let name = format!("graph_test_{}", process::id());
        let mut connection = server().connect().await.unwrap();
        // What a process of the same number has left behind.
        run(
            &mut connection,
            &format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"),
        )
        .await;
        run(&mut connection, &format!("CREATE DATABASE {name}")).await;
        connection.close().await.unwrap();
        server().database(&name).to_url_lossy().to_string()
    });
    url.await.clone()
}

/// A name for a schema that no other test has.
pub(crate) fn fresh_schema() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    format!(
        "test_{}_{}",
        process::id(),
        COUNT.fetch_add(1, Ordering::Relaxed)
    )
}

/// Few connections: tests run side by side.
pub(crate) fn options(schema: &str) -> PostgresOptions {
    PostgresOptions::new().schema(schema).max_connections(4)
}

pub(crate) async fn open(schema: &str) -> PostgresSaver {
    options(schema).connect(&database().await).await.unwrap()
}

/// A connection of the tests' own.
pub(crate) async fn plain() -> PgConnection {
    PgConnection::connect(&database().await).await.unwrap()
}

pub(crate) async fn run(connection: &mut PgConnection, sql: &str) {
    raw_sql(AssertSqlSafe(sql))
        .execute(connection)
        .await
        .unwrap();
}

pub(crate) async fn rows(connection: &mut PgConnection, sql: &str) -> Vec<PgRow> {
    sqlx::query(AssertSqlSafe(sql))
        .fetch_all(connection)
        .await
        .unwrap()
}

/// How many statements on a schema wait for a lock. Asked outside of any transaction: within one the server says what
/// it said first.
pub(crate) async fn waiting(schema: &str) -> usize {
    let waiting = format!(
        "SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE '%\"{schema}\"%'"
    );
    rows(&mut plain().await, &waiting).await.len()
}

/// Goes on with a thread by one record.
pub(crate) async fn go_on(saver: &PostgresSaver, thread: &str, last: Option<&Record>) -> Record {
    let next = last.map_or_else(first, after);
    saver
        .commit(&key(thread), adding(last, &next))
        .await
        .unwrap();
    next
}

/// A commit of one write at a head.
pub(crate) fn writing(record: &Record, index: u32) -> Commit {
    let turn = ActivationId {
        moment: record.id,
        index,
    };
    Commit {
        expected: Expect::Head(Some(record.id)),
        writes: vec![Write {
            key: WriteKey::of_turn(turn, WriteKind::Once),
            payload: vec![1, 2, 3],
        }],
        ..Commit::default()
    }
}

/// A thread's records, oldest first.
pub(crate) async fn listed(saver: &PostgresSaver, thread: &str) -> Vec<Record> {
    let mut records = saver.list(&key(thread), &Query::default()).await.unwrap();
    records.reverse();
    records
}
