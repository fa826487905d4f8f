//! Several processes on one server. The test runs itself as the other process.

use std::env;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use graph_checkpointers::RedisSaver;
use graph_runtime::{At, Checkpointer, Commit, Query, StoreError};

use crate::server::{FLEETING, Server};
use crate::support::{adding, after, first, key};

/// Where the other process finds the server.
const URL: &str = "REDIS_SHARING_URL";

/// How often each process writes to the thread that all of them share.
const TURNS: usize = 50;

fn start(role: &str, server: &Server) -> Child {
    Command::new(env::current_exe().unwrap())
        .args(["--exact", role, "--ignored", "--test-threads=1"])
        .env(URL, server.url())
        .stdout(Stdio::null())
        .spawn()
        .unwrap()
}

/// Four processes in that role, to their ends.
fn run_four(role: &str, server: &Server) {
    let children: Vec<_> = (0..4).map(|_| start(role, server)).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
}

async fn open_as_told() -> RedisSaver {
    RedisSaver::connect(&env::var(URL).unwrap()).await.unwrap()
}

#[tokio::test]
#[ignore = "the other process of `processes_that_race_lose_nothing`"]
async fn write_in_turns() {
    let saver = open_as_told().await;
    let mut written = 0;
    while written < TURNS {
        let last = saver.load(&key("shared"), At::Head).await.unwrap();
        let last = last.and_then(|mut chain| chain.records.pop());
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
async fn processes_that_race_lose_nothing() {
    let server = Server::start(FLEETING);
    run_four("sharing::write_in_turns", &server);
    let saver = server.saver().await;
    let mut stored = saver.list(&key("shared"), &Query::default()).await.unwrap();
    stored.reverse();
    assert_eq!(stored.len(), 4 * TURNS);
    for (place, pair) in stored.windows(2).enumerate() {
        assert_eq!(pair[1].parent, Some(pair[0].id));
        assert_eq!(pair[1].sequence, place as u64 + 2);
    }
}

/// How often each process runs the thread.
const RUNS: usize = 10;

#[tokio::test]
#[ignore = "the other process of `one_process_at_a_time_runs_a_thread`"]
async fn run_under_a_lease() {
    let saver = open_as_told().await;
    let holder = std::process::id().to_string();
    let mut runs = 0;
    while runs < RUNS {
        let lease = saver
            .lease(&key("led"), &holder, Duration::from_mins(1))
            .await;
        let lease = match lease {
            Ok(lease) => lease.unwrap(),
            Err(StoreError::Leased { .. }) => continue,
            Err(error) => unreachable!("{error}"),
        };
        for _ in 0..3 {
            let last = saver.load(&key("led"), At::Head).await.unwrap();
            let last = last.and_then(|mut chain| chain.records.pop());
            let next = last.as_ref().map_or_else(first, after);
            // Nobody else is here, so there is never a conflict.
            let commit = Commit {
                epoch: lease.epoch,
                ..adding(last.as_ref(), &next)
            };
            saver.commit(&key("led"), commit).await.unwrap();
        }
        saver.release(&key("led"), &lease).await.unwrap();
        runs += 1;
    }
}

#[tokio::test]
async fn one_process_at_a_time_runs_a_thread() {
    let server = Server::start(FLEETING);
    run_four("sharing::run_under_a_lease", &server);
    let saver = server.saver().await;
    let stored = saver.list(&key("led"), &Query::default()).await.unwrap();
    assert_eq!(stored.len(), 4 * RUNS * 3);
}

#[tokio::test]
async fn epochs_and_positions_rise_also_where_the_last_ones_are_lost() {
    let server = Server::start(FLEETING);
    let saver = server.saver().await;
    let (mut epoch, mut position) = (0, 0);
    for _ in 0..5 {
        let lease = saver.lease(&key("t"), "ada", Duration::ZERO).await.unwrap();
        let lease = lease.unwrap();
        let sent = saver.send(&key("t"), Vec::new()).await.unwrap();
        assert!(lease.epoch > epoch && sent > position);
        (epoch, position) = (lease.epoch, sent);
        saver.release(&key("t"), &lease).await.unwrap();
        server.tell::<i64>(&["DEL", "graph:{tests}:epoch", "graph:{tests}:position"]);
    }
}
