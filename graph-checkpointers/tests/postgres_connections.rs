//! What happens on the way to the server: round trips, connections that break, a pool of the user's own.

#![allow(clippy::unwrap_used, reason = "these are tests")]

#[path = "support/postgres_proxy.rs"]
mod proxy;
#[path = "support/postgres.rs"]
mod server;
mod support;

use std::sync::Arc;
use std::time::Duration;

use graph_checkpointers::{PostgresOptions, PostgresSaver};
use graph_runtime::{At, Checkpointer, Commit, Expect, StoreError};
use proxy::Proxy;
use server::{database, fresh_schema, go_on, listed, open, options, plain, run, waiting, writing};
use sqlx::ConnectOptions;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions, PgSslMode};
use support::{adding, after, key};
use tokio::task::JoinSet;

/// A saver behind a proxy, with a connection that knows its statements, and one that goes straight to the server.
struct Stage {
    proxy: Proxy,
    saver: PostgresSaver,
    direct: PostgresSaver,
    schema: String,
    url: String,
}

impl Stage {
    async fn new() -> Self {
        let server: PgConnectOptions = database().await.parse().unwrap();
        let address = (server.get_host().to_owned(), server.get_port());
        let proxy = Proxy::before(address).await;
        let url = server.host("127.0.0.1").port(proxy.port());
        let url = url.ssl_mode(PgSslMode::Disable).to_url_lossy().to_string();
        let schema = fresh_schema();
        let saver = options(&schema).connect(&url).await.unwrap();
        go_on(&saver, "warm", None).await;
        saver.load(&key("warm"), At::Head).await.unwrap();
        saver.send(&key("warm"), vec![1]).await.unwrap();
        Self {
            direct: open(&schema).await,
            proxy,
            saver,
            schema,
            url,
        }
    }

    /// Begins something, and loses the reply to it after the server has done it, however many others come before:
    /// the server is kept from ending it by a lock on this table.
    async fn lose_reply<T: Send + 'static>(
        &self,
        table: &str,
        work: impl Future<Output = T> + Send + 'static,
    ) -> T {
        let schema = &self.schema;
        let mut connection = plain().await;
        let lock = format!("BEGIN; LOCK TABLE {schema}.{table} IN EXCLUSIVE MODE");
        run(&mut connection, &lock).await;
        let work = tokio::spawn(work);
        while waiting(schema).await < 1 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        self.proxy.lose_next_reply();
        run(&mut connection, "COMMIT").await;
        work.await.unwrap()
    }
}

#[tokio::test]
async fn a_commit_is_one_round_trip_and_so_is_loading() {
    let stage = Stage::new().await;
    let Stage { proxy, saver, .. } = &stage;
    let mut last = go_on(saver, "t", None).await;
    proxy.take_replies();
    for _ in 0..20 {
        last = go_on(saver, "t", Some(&last)).await;
        saver.commit(&key("t"), writing(&last, 0)).await.unwrap();
        assert_eq!(proxy.take_replies(), 2);
        saver.load(&key("t"), At::Head).await.unwrap();
        assert_eq!(proxy.take_replies(), 1);
    }
}

#[tokio::test]
async fn a_commit_whose_reply_is_lost_has_happened_once() {
    let stage = Stage::new().await;
    let Stage { proxy, saver, .. } = &stage;
    let mut last = go_on(saver, "t", None).await;
    let mut all = vec![last.clone()];
    for _ in 0..5 {
        proxy.lose_next_reply();
        last = go_on(saver, "t", Some(&last)).await;
        proxy.lost().await;
        all.push(last.clone());
    }
    proxy.lose_next_reply();
    saver.commit(&key("t"), writing(&last, 0)).await.unwrap();
    proxy.lost().await;
    let chain = saver.load(&key("t"), At::Head).await.unwrap().unwrap();
    assert_eq!((chain.records, chain.writes.len()), (all, 1));
}

/// What the first attempt has done isn't taken for a conflict because others have gone on from it.
#[tokio::test]
async fn a_commit_whose_reply_is_lost_has_happened_though_others_went_on() {
    let stage = Stage::new().await;
    let Stage { proxy, saver, .. } = &stage;
    let first = go_on(saver, "t", None).await;
    let second = after(&first);
    let gate = proxy.close().await;
    proxy.lose_next_reply();
    let commit = adding(Some(&first), &second);
    let late = saver.clone();
    let late = tokio::spawn(async move { late.commit(&key("t"), commit).await });
    proxy.lost().await;
    let third = go_on(&stage.direct, "t", Some(&second)).await;
    drop(gate);
    late.await.unwrap().unwrap();
    assert_eq!(listed(&stage.direct, "t").await, [first, second, third]);
}

/// And what hasn't happened is not taken for done because others were faster.
#[tokio::test]
async fn a_repeated_commit_that_others_forestalled_is_a_conflict() {
    let stage = Stage::new().await;
    let Stage { proxy, saver, .. } = &stage;
    let first = go_on(saver, "t", None).await;
    let gate = proxy.close().await;
    proxy.cut();
    let commit = adding(Some(&first), &after(&first));
    let late = saver.clone();
    let late = tokio::spawn(async move { late.commit(&key("t"), commit).await });
    let second = go_on(&stage.direct, "t", Some(&first)).await;
    drop(gate);
    let refused = late.await.unwrap();
    assert!(
        matches!(refused, Err(StoreError::Conflict { found, .. }) if found == Some(second.id)),
        "{refused:?}"
    );
    assert_eq!(listed(&stage.direct, "t").await, [first, second]);
}

#[tokio::test]
async fn a_message_whose_reply_is_lost_is_not_sent_twice() {
    let stage = Stage::new().await;
    let saver = stage.saver.clone();
    let send = async move { saver.send(&key("t"), vec![2]).await };
    let unknown = stage.lose_reply("messages", send).await;
    assert!(
        matches!(unknown, Err(StoreError::Unknown(_))),
        "{unknown:?}"
    );
    assert_eq!(stage.direct.inbox(&key("t")).await.unwrap().len(), 1);
    // Where the connection broke before, nothing was sent, and it is safe to say so and use another.
    stage.proxy.cut();
    stage.saver.send(&key("t"), vec![3]).await.unwrap();
    assert_eq!(stage.direct.inbox(&key("t")).await.unwrap().len(), 2);
}

/// Others may have written for the same turn meanwhile, and that mustn't be consumed.
#[tokio::test]
async fn a_commit_that_only_consumes_is_left_to_the_caller() {
    let stage = Stage::new().await;
    let head = go_on(&stage.saver, "t", None).await;
    let written = writing(&head, 0);
    let consuming = Commit {
        expected: Expect::Head(Some(head.id)),
        consumed: vec![written.writes[0].key.activation],
        ..Commit::default()
    };
    stage.saver.commit(&key("t"), written).await.unwrap();
    let saver = stage.saver.clone();
    let commit = async move { saver.commit(&key("t"), consuming).await };
    let unknown = stage.lose_reply("writes", commit).await;
    assert!(
        matches!(unknown, Err(StoreError::Unknown(_))),
        "{unknown:?}"
    );
    assert!(stage.direct.writes(&key("t")).await.unwrap().is_empty());
}

#[tokio::test]
async fn connections_that_were_cut_are_replaced() {
    let schema = fresh_schema();
    let saver = open(&schema).await;
    let mut connection = plain().await;
    let mut last = go_on(&saver, "t", None).await;
    for round in 1..=10 {
        cut_those_of(&mut connection, &schema).await;
        match round % 4 {
            0 => drop(saver.load(&key("t"), At::Head).await.unwrap()),
            1 => drop(saver.send(&key("t"), vec![0]).await.unwrap()),
            2 => saver.check().await.unwrap(),
            _ => drop(
                saver
                    .lease(&key("t"), "ada", Duration::from_secs(9))
                    .await
                    .unwrap(),
            ),
        }
        cut_those_of(&mut connection, &schema).await;
        last = go_on(&saver, "t", Some(&last)).await;
    }
    assert_eq!(listed(&saver, "t").await.len(), 11);
}

/// In the middle of their work too.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_storm_of_cuts_loses_and_doubles_nothing() {
    let schema = fresh_schema();
    let saver = open(&schema).await;
    let mut writers = JoinSet::new();
    for place in 0..4 {
        let saver = saver.clone();
        writers.spawn(async move {
            let thread = format!("t{place}");
            let mut all = vec![go_on(&saver, &thread, None).await];
            for _ in 0..60 {
                all.push(go_on(&saver, &thread, all.last()).await);
            }
            assert_eq!(listed(&saver, &thread).await, all);
        });
    }
    let mut connection = plain().await;
    while !writers.is_empty() {
        cut_those_of(&mut connection, &schema).await;
        tokio::time::sleep(Duration::from_millis(20)).await;
        while let Some(done) = writers.try_join_next() {
            done.unwrap();
        }
    }
}

#[tokio::test]
async fn a_server_that_stays_away_is_given_up_on() {
    let stage = Stage::new().await;
    let hasty = options(&stage.schema).timeout(Duration::from_millis(500));
    let saver = hasty.connect(&stage.url).await.unwrap();
    let head = go_on(&saver, "t", None).await;
    let _gate = stage.proxy.close().await;
    stage.proxy.cut();
    let read = saver.load(&key("t"), At::Head).await;
    assert!(matches!(read, Err(StoreError::Unavailable(_))), "{read:?}");
    // There is no connection left, so nothing was sent.
    let commit = saver
        .commit(&key("t"), adding(Some(&head), &after(&head)))
        .await;
    assert!(
        matches!(commit, Err(StoreError::Unavailable(_))),
        "{commit:?}"
    );
    let text = commit.unwrap_err().to_string();
    assert!(text.contains("at 127.0.0.1"), "{text}");
}

#[tokio::test]
async fn a_commit_that_nobody_answers_is_unknown() {
    let schema = fresh_schema();
    let hasty = options(&schema).timeout(Duration::from_millis(500));
    let saver = hasty.connect(&database().await).await.unwrap();
    let head = go_on(&saver, "t", None).await;
    let mut connection = plain().await;
    run(
        &mut connection,
        &format!("BEGIN; SELECT FROM {schema}.threads FOR UPDATE"),
    )
    .await;
    let next = after(&head);
    let commit = saver.commit(&key("t"), adding(Some(&head), &next)).await;
    assert!(matches!(commit, Err(StoreError::Unknown(_))), "{commit:?}");
    run(&mut connection, "ROLLBACK").await;
    // It may be repeated, and is there once.
    saver
        .commit(&key("t"), adding(Some(&head), &next))
        .await
        .unwrap();
    assert_eq!(listed(&saver, "t").await, [head, next]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pool_of_ones_own_will_do() {
    let pool = PgPoolOptions::new()
        .max_connections(2)
        .test_before_acquire(false)
        .connect(&database().await)
        .await
        .unwrap();
    let schema = fresh_schema();
    let saver = PostgresOptions::new()
        .schema(&schema)
        .with_pool(pool.clone())
        .await
        .unwrap();
    let saver = Arc::new(saver);
    let mut writers = JoinSet::new();
    for place in 0..8 {
        let saver = saver.clone();
        writers.spawn(async move {
            let thread = format!("t{place}");
            let mut last = go_on(&saver, &thread, None).await;
            for _ in 0..10 {
                last = go_on(&saver, &thread, Some(&last)).await;
            }
        });
    }
    writers.join_all().await;
    let mut connection = plain().await;
    cut_those_of(&mut connection, &schema).await;
    assert_eq!(listed(&saver, "t7").await.len(), 11);
    pool.close().await;
    let closed = saver
        .load(&key("t0"), At::Head)
        .await
        .unwrap_err()
        .to_string();
    assert!(closed.contains("the pool of connections"), "{closed}");
}

/// Ends the connections of whoever last asked something of a schema.
async fn cut_those_of(connection: &mut sqlx::PgConnection, schema: &str) {
    let cut = format!(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE pid <> pg_backend_pid() AND datname = current_database() AND query LIKE '%\"{schema}\"%'"
    );
    run(connection, &cut).await;
}
