//! Servers that are killed, and connections that break.

use std::time::Duration;

use graph_checkpointers::RedisSaver;
use graph_runtime::{At, Checkpointer, Commit, Query, Record, StoreError};
use tokio::task::JoinSet;
use tokio::time::sleep;

use crate::server::{DURABLE, FLEETING, Server};
use crate::support::{adding, after, first, key};
use crate::walk::write_of;

/// How many commits each writer makes.
const COMMITS: usize = 60;

/// Commits one record after the other, and gives what was acknowledged.
async fn write(saver: RedisSaver, thread: String) -> (String, Vec<Record>) {
    let mut written: Vec<Record> = Vec::new();
    for _ in 0..COMMITS {
        let next = written.last().map_or_else(first, after);
        let commit = adding(written.last(), &next);
        // Whoever doesn't know repeats it.
        while let Err(error) = saver.commit(&key(&thread), commit.clone()).await {
            assert!(matches!(error, StoreError::Unknown(_)), "{error}");
        }
        written.push(next);
    }
    (thread, written)
}

fn kill_and_start_again(server: &mut Server) {
    // On a thread that may block, while the writers go on.
    tokio::task::block_in_place(|| {
        server.kill();
        server.start_again();
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_loses_nothing_that_was_acknowledged() {
    let mut server = Server::start(DURABLE);
    let options = RedisSaver::options(&server.url()).connect_timeout(Duration::from_mins(1));
    let saver = options.connect().await.unwrap();
    let mut writers = JoinSet::new();
    for number in 0..8 {
        writers.spawn(write(saver.clone(), format!("t{number}")));
    }
    let mut kills = 0;
    while !writers.is_empty() && kills < 5 {
        sleep(Duration::from_millis(30)).await;
        kill_and_start_again(&mut server);
        kills += 1;
    }
    for (thread, written) in writers.join_all().await {
        let mut stored = saver.list(&key(&thread), &Query::default()).await.unwrap();
        stored.reverse();
        assert_eq!(stored, written);
    }
    // And without anybody who remembers.
    server.kill();
    server.start_again();
    let chain = server.saver().await.load(&key("t3"), At::Head).await;
    assert_eq!(chain.unwrap().unwrap().records.len(), COMMITS);
}

#[tokio::test]
async fn a_server_that_is_away_is_unavailable_and_one_that_is_back_is_found() {
    let mut server = Server::start(DURABLE);
    let options = RedisSaver::options(&server.url()).connect_timeout(Duration::from_secs(1));
    let saver = options.connect().await.unwrap();
    let record = first();
    saver
        .commit(&key("t"), adding(None, &record))
        .await
        .unwrap();
    server.kill();
    let next = adding(Some(&record), &after(&record));
    // The first to notice can't know.
    let lost = saver.commit(&key("t"), next.clone()).await.unwrap_err();
    assert!(matches!(lost, StoreError::Unknown(_)), "{lost}");
    let away = saver.commit(&key("t"), next.clone()).await.unwrap_err();
    assert!(matches!(away, StoreError::Unavailable(_)), "{away}");
    assert!(away.to_string().contains(&server.address()), "{away}");
    let away = saver.load(&key("t"), At::Head).await.unwrap_err();
    assert!(matches!(away, StoreError::Unavailable(_)), "{away}");
    let away = saver.check().await.unwrap_err();
    assert!(matches!(away, StoreError::Unavailable(_)), "{away}");
    server.start_again();
    saver.check().await.unwrap();
    saver.commit(&key("t"), next).await.unwrap();
    let chain = saver.load(&key("t"), At::Head).await.unwrap().unwrap();
    assert_eq!(chain.records.len(), 2);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_said_at_once() {
    let mut server = Server::start(FLEETING);
    server.kill();
    let options = RedisSaver::options(&server.url()).connect_timeout(Duration::from_hours(1));
    let error = options.connect().await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
    assert!(error.to_string().contains(&server.address()), "{error}");
}

#[tokio::test]
async fn a_connection_that_was_closed_while_nobody_used_it_is_no_news() {
    let server = Server::start(FLEETING);
    let saver = server.saver().await;
    let record = first();
    saver
        .commit(&key("t"), adding(None, &record))
        .await
        .unwrap();
    server.tell::<i64>(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);
    sleep(Duration::from_millis(1_100)).await;
    // Not even to one that couldn't be repeated.
    let commit = Commit {
        writes: vec![write_of(&record)],
        ..Commit::default()
    };
    saver.commit(&key("t"), commit).await.unwrap();
    assert_eq!(saver.writes(&key("t")).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_connection_that_breaks_under_a_commit_of_records_is_made_anew() {
    let server = Server::start(FLEETING);
    let saver = server.saver().await;
    let mut last = first();
    saver.commit(&key("t"), adding(None, &last)).await.unwrap();
    for _ in 0..20 {
        server.tell::<i64>(&["CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes"]);
        let next = after(&last);
        saver
            .commit(&key("t"), adding(Some(&last), &next))
            .await
            .unwrap();
        assert!(saver.load(&key("t"), At::Head).await.unwrap().is_some());
        last = next;
    }
    let stored = saver.list(&key("t"), &Query::default()).await.unwrap();
    assert_eq!(stored.len(), 21);
}

#[tokio::test]
async fn an_answer_that_takes_too_long_is_unknown() {
    let server = Server::start(FLEETING);
    let options = RedisSaver::options(&server.url()).response_timeout(Duration::from_secs(1));
    let saver = options.connect().await.unwrap();
    let record = first();
    saver
        .commit(&key("t"), adding(None, &record))
        .await
        .unwrap();
    server.tell::<String>(&["CLIENT", "PAUSE", "60000", "WRITE"]);
    let next = adding(Some(&record), &after(&record));
    let slow = saver.commit(&key("t"), next.clone()).await.unwrap_err();
    assert!(matches!(slow, StoreError::Unknown(_)), "{slow}");
    server.tell::<String>(&["CLIENT", "UNPAUSE"]);
    saver.commit(&key("t"), next).await.unwrap();
    let stored = saver.list(&key("t"), &Query::default()).await.unwrap();
    assert_eq!(stored.len(), 2);
}

/// Loses the server's memory, and gives what a saver then finds of a thread of three records.
async fn after_a_kill(settings: &[&str], meanwhile: impl Fn(&Server)) -> Option<usize> {
    let mut server = Server::start(settings);
    let saver = server.saver().await;
    let mut last: Option<Record> = None;
    for _ in 0..3 {
        let next = last.as_ref().map_or_else(first, after);
        let commit = adding(last.as_ref(), &next);
        saver.commit(&key("t"), commit).await.unwrap();
        if last.is_none() {
            meanwhile(&server);
        }
        last = Some(next);
    }
    server.kill();
    server.start_again();
    // Whoever was in the middle of it is told.
    let next = adding(last.as_ref(), &after(last.as_ref().unwrap()));
    let conflict = saver.commit(&key("t"), next).await.unwrap_err();
    assert!(
        matches!(conflict, StoreError::Conflict { .. }),
        "{conflict}"
    );
    let chain = saver.load(&key("t"), At::Head).await.unwrap();
    chain.map(|chain| chain.records.len())
}

#[tokio::test]
async fn a_killed_server_that_keeps_nothing_loses_everything_as_the_docs_say() {
    assert_eq!(after_a_kill(FLEETING, |_| ()).await, None);
}

#[tokio::test]
async fn a_killed_server_that_takes_snapshots_loses_what_came_after_the_last_one() {
    let rarely = ["--save", "3600 1"];
    let snapshot = |server: &Server| {
        server.tell::<String>(&["SAVE"]);
    };
    assert_eq!(after_a_kill(&rarely, snapshot).await, Some(1));
}
