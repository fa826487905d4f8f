//! What happens on the server: who waits for whom, what is locked, what is synced.

#![allow(clippy::unwrap_used, reason = "these are tests")]

#[path = "support/postgres.rs"]
mod server;
mod support;

use std::time::Duration;

use graph_checkpointers::PostgresSaver;
use graph_runtime::{At, Checkpointer, Commit, Expect, Rewrite, StoreError, ThreadKey};
use server::{
    database, fresh_schema, go_on, listed, open, options, plain, rows, run, waiting, writing,
};
use sqlx::Row;
use support::{adding, after, first, key};
use tokio::task::JoinSet;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn commits_on_other_threads_do_not_wait() {
    let schema = fresh_schema();
    let saver = open(&schema).await;
    for thread in ["held", "free"] {
        go_on(&saver, thread, None).await;
    }
    let mut connection = plain().await;
    let lock = format!("BEGIN; SELECT FROM {schema}.threads WHERE thread = 'held' FOR UPDATE");
    run(&mut connection, &lock).await;
    let free = listed(&saver, "free").await.pop().unwrap();
    go_on(&saver, "free", Some(&free)).await;
    go_on(&saver, "new", None).await;
    // And reading waits for nobody.
    let held = listed(&saver, "held").await.pop().unwrap();
    run(&mut connection, "ROLLBACK").await;
    go_on(&saver, "held", Some(&held)).await;
}

/// Under any isolation level that a database may be set to.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn writers_that_race_under_serializable_see_only_conflicts() {
    let level = "options[default_transaction_isolation]=serializable";
    let url = format!("{}&{level}", database().await);
    let schema = fresh_schema();
    let saver = options(&schema).connect(&url).await.unwrap();
    go_on(&saver, "t", None).await;
    let mut writers = JoinSet::new();
    for _ in 0..4 {
        let saver = saver.clone();
        writers.spawn(async move {
            let mut written = 0;
            while written < 20 {
                let chain = saver.load(&key("t"), At::Head).await.unwrap().unwrap();
                let last = chain.records.last().unwrap();
                match saver
                    .commit(&key("t"), adding(Some(last), &after(last)))
                    .await
                {
                    Ok(()) => written += 1,
                    Err(StoreError::Conflict { .. }) => {}
                    Err(error) => unreachable!("{error}"),
                }
            }
        });
    }
    writers.join_all().await;
    assert_eq!(listed(&saver, "t").await.len(), 81);
}

/// Whatever a session asks for.
#[tokio::test]
async fn what_is_acknowledged_has_reached_the_disk() {
    let schema = fresh_schema();
    let saver = open(&schema).await;
    go_on(&saver, "t", None).await;
    let mut connection = plain().await;
    for (asked, got) in [
        ("off", "on"),
        ("local", "on"),
        ("remote_apply", "remote_apply"),
    ] {
        run(
            &mut connection,
            &format!("SET synchronous_commit = {asked}; BEGIN"),
        )
        .await;
        for change in [
            format!("SELECT {schema}.send('tests', 't', '', '')"),
            format!("SELECT {schema}.lease('tests', 't', 'ada', 1)"),
            format!("SELECT {schema}.forget('tests', 'u', '')"),
            format!("SELECT {schema}.thread_of('tests', '{asked}', 'u')"),
        ] {
            run(&mut connection, &format!("SAVEPOINT before; {change}")).await;
            let now = rows(&mut connection, "SHOW synchronous_commit").await;
            assert_eq!(now[0].get::<String, _>(0), got, "{change}");
            run(&mut connection, "ROLLBACK TO before").await;
        }
        run(&mut connection, "ROLLBACK").await;
    }
}

/// More than the server takes at once.
#[tokio::test]
async fn a_huge_commit_is_one_commit() {
    let saver = open(&fresh_schema()).await;
    let head = go_on(&saver, "t", None).await;
    let mut records = vec![head.clone()];
    for _ in 0..3 {
        let mut next = after(records.last().unwrap());
        next.payload = vec![b'x'; 45 * 1024 * 1024];
        records.push(next);
    }
    let mut commit = writing(&head, 0);
    commit.records = records[1..].to_vec();
    commit.consumed = vec![commit.writes[0].key.activation];
    saver.commit(&key("t"), writing(&head, 0)).await.unwrap();
    let mut stale = commit.clone();
    stale.expected = Expect::Head(None);
    let refused = saver.commit(&key("t"), stale).await;
    assert!(
        matches!(refused, Err(StoreError::Conflict { .. })),
        "{refused:?}"
    );
    assert_eq!(listed(&saver, "t").await, [head]);
    for _ in 0..2 {
        saver.commit(&key("t"), commit.clone()).await.unwrap();
    }
    assert!(listed(&saver, "t").await == records);
    assert_eq!(saver.writes(&key("t")).await.unwrap(), commit.writes);
}

/// From the moment when somebody has the lease, or the thread is gone, nothing of a child's commit comes after.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_concerns_a_whole_thread_waits_for_the_commits_below_it() {
    let schema = fresh_schema();
    let saver = open(&schema).await;
    let child = key("t").child("web").unwrap();
    let lease = saver
        .lease(&key("t"), "ada", Duration::ZERO)
        .await
        .unwrap()
        .unwrap();
    let mut last = first();
    saver.commit(&child, adding(None, &last)).await.unwrap();
    for is_deletion in [false, true] {
        let mut connection = plain().await;
        run(
            &mut connection,
            &format!("BEGIN; LOCK TABLE {schema}.records IN EXCLUSIVE MODE"),
        )
        .await;
        let next = after(&last);
        let commit = Commit {
            epoch: if is_deletion { 0 } else { lease.epoch },
            ..adding(Some(&last), &next)
        };
        let (at_work, path) = (saver.clone(), child.clone());
        let commit = tokio::spawn(async move { at_work.commit(&path, commit).await });
        while waiting(&schema).await < 1 {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        let late = saver.clone();
        let whole = tokio::spawn(async move {
            if is_deletion {
                late.delete(&key("t")).await.unwrap();
            } else {
                late.lease(&key("t"), "bob", Duration::ZERO).await.unwrap();
            }
        });
        while waiting(&schema).await < 2 {
            assert!(!whole.is_finished(), "it didn't wait");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        run(&mut connection, "COMMIT").await;
        commit.await.unwrap().unwrap();
        whole.await.unwrap();
        last = next;
    }
    assert!(saver.load(&child, At::Head).await.unwrap().is_none());
    let left = format!("SELECT FROM {schema}.threads");
    assert_eq!(rows(&mut plain().await, &left).await.len(), 0);
}

/// Everything at once on the same few threads: whatever is refused is refused by the contract.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nobody_waits_in_a_circle() {
    let schema = fresh_schema();
    let saver = options(&schema)
        .max_connections(12)
        .connect(&database().await)
        .await
        .unwrap();
    let mut tasks = JoinSet::new();
    for place in 0..12_usize {
        let saver = saver.clone();
        tasks.spawn(async move {
            for round in 0..25 {
                let thread = key(["a", "b"][(place + round) % 2]);
                let path = match round % 3 {
                    0 => thread.clone(),
                    1 => thread.child("x").unwrap(),
                    _ => thread.child("x").unwrap().child("y").unwrap(),
                };
                let done = something(&saver, place, &thread, &path).await;
                assert!(
                    matches!(
                        done,
                        Ok(())
                            | Err(StoreError::Conflict { .. }
                                | StoreError::Leased { .. }
                                | StoreError::Rewritten)
                    ),
                    "{done:?}"
                );
            }
        });
    }
    tasks.join_all().await;
    drop(saver);
    // What a session counts it hands in at its end.
    let mut connection = plain().await;
    let at_work = format!(
        "SELECT FROM pg_stat_activity WHERE pid <> pg_backend_pid() AND query LIKE '%\"{schema}\"%'"
    );
    while !rows(&mut connection, &at_work).await.is_empty() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    let deadlocks = "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()";
    assert_eq!(
        rows(&mut connection, deadlocks).await[0].get::<i64, _>(0),
        0
    );
}

async fn something(
    saver: &PostgresSaver,
    place: usize,
    thread: &ThreadKey,
    path: &ThreadKey,
) -> Result<(), StoreError> {
    let chain = saver.load(path, At::Head).await?;
    let last = chain.as_ref().and_then(|chain| chain.records.last());
    let rewrites = chain.as_ref().map_or(0, |chain| chain.rewrites);
    match place % 6 {
        0 => saver.delete(path).await,
        1 => saver
            .lease(thread, &place.to_string(), Duration::ZERO)
            .await
            .map(drop),
        2 => saver.send(path, vec![1]).await.map(drop),
        3 => {
            let Some(last) = last.filter(|last| last.parent.is_some()) else {
                return Ok(());
            };
            let rewrite = Rewrite {
                expected: Expect::Head(Some(last.id)),
                removed: last.parent.into_iter().collect(),
                rewrites,
                ..Rewrite::default()
            };
            saver.rewrite(path, rewrite).await
        }
        4 => saver
            .thread_of("tests", &format!("user {}", place % 3), thread.thread())
            .await
            .map(drop),
        _ => {
            let next = last.map_or_else(first, after);
            let mut commit = adding(last, &next);
            commit.rewrites = rewrites;
            commit.writes = writing(&next, 0).writes;
            saver.commit(path, commit).await
        }
    }
}
