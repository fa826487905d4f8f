//! A server that is killed and started again while runs go on. It is the test's own, so that nobody else is disturbed.

#![allow(missing_docs, clippy::unwrap_used, reason = "these are tests")]

#[path = "support/cluster.rs"]
mod cluster;
mod support;

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Sender, channel};
use std::time::Duration;

use cluster::{Cluster, End};
use graph_checkpointers::{PostgresOptions, PostgresSaver};
use graph_runtime::prelude::*;
use graph_runtime::{At, Checkpointer, Query, Record, StoreError};
use sqlx::{Connection, PgConnection};
use support::{adding, after, first, key};
use tokio::task::JoinSet;

const STEPS: u32 = 40;

/// What the nodes see of the world.
#[derive(Clone)]
pub struct World {
    calls: Arc<AtomicUsize>,
    /// Is told of each step that begins.
    steps: Sender<u32>,
}

#[graph(id = "counting")]
pub mod counting {
    use super::*;

    #[state]
    pub struct Counting {
        #[reduce(append)]
        pub counted: Vec<u32>,
    }

    #[context]
    pub struct Outside {
        pub world: World,
    }

    edges! {
        start -> count -> if state.counted.len() < STEPS as usize { count } else { end };
    }

    #[node(writes(counted))]
    fn count(counted: &[u32], world: &World) -> u32 {
        world.calls.fetch_add(1, Ordering::SeqCst);
        let number = u32::try_from(counted.len()).unwrap();
        world.steps.send(number).unwrap();
        number
    }
}

async fn connect(cluster: &Cluster) -> PostgresSaver {
    let options = PostgresOptions::new().timeout(Duration::from_mins(2));
    options.connect(&cluster.url()).await.unwrap()
}

/// Ends the server in each of the ways, while something is at work on it that says so by `steps`.
fn end_again_and_again(cluster: &Cluster, mut wait: impl FnMut()) {
    for how in [End::Killed, End::Fast, End::Immediate, End::Killed] {
        wait();
        cluster.end(how);
        cluster.go_on();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_goes_on_over_restarts_with_each_step_once() {
    let cluster = Arc::new(Cluster::start(""));
    let saver = connect(&cluster).await;
    let (steps, told) = channel();
    let calls = Arc::new(AtomicUsize::new(0));
    let world = World {
        calls: calls.clone(),
        steps,
    };
    let graph = counting::Counting::graph()
        .context(counting::Outside { world })
        .checkpointer(saver)
        .durability(Durability::Sync)
        .build();
    let killer = {
        let cluster = cluster.clone();
        std::thread::spawn(move || {
            // A few steps between one end and the next. The run is waited for until it is over.
            end_again_and_again(&cluster, || assert!(told.iter().nth(6).is_some()));
            told.iter().last()
        })
    };
    let outcome = graph
        .thread("t")
        .invoke(counting::Input::new())
        .await
        .unwrap();
    assert!(matches!(outcome, Outcome::Done(_)));
    let history = graph.thread("t").history().await.unwrap();
    drop(graph);
    assert_eq!(killer.join().unwrap(), Some(STEPS - 1));
    // The run was never told of it: no node ran twice.
    assert_eq!(calls.load(Ordering::SeqCst), STEPS as usize);
    assert_eq!(history.len(), STEPS as usize);

    let saver = connect(&cluster).await;
    let thread = graph_runtime::ThreadKey::new("counting", "t").unwrap();
    let mut records = saver.list(&thread, &Query::default()).await.unwrap();
    records.reverse();
    assert_eq!(records.len(), STEPS as usize + 1);
    assert_whole(&records);
    let (steps, _told) = channel();
    let world = World {
        calls: Arc::default(),
        steps,
    };
    let graph = counting::Counting::graph()
        .context(counting::Outside { world })
        .checkpointer(saver)
        .build();
    let moment = graph.thread("t").state().await.unwrap().unwrap();
    assert_eq!(moment.state.counted, (0..STEPS).collect::<Vec<_>>());
}

fn assert_whole(records: &[Record]) {
    for (place, pair) in records.windows(2).enumerate() {
        assert_eq!(pair[1].parent, Some(pair[0].id));
        assert_eq!(pair[1].sequence, place as u64 + 2);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_writes_without_a_pause_loses_and_repeats_nothing() {
    let cluster = Arc::new(Cluster::start(""));
    let saver = connect(&cluster).await;
    let (acknowledged, told) = channel();
    let killer = {
        let cluster = cluster.clone();
        std::thread::spawn(move || {
            end_again_and_again(&cluster, || assert!(told.iter().nth(200).is_some()));
            // The writers go on until nobody hears them.
        })
    };
    let mut writers = JoinSet::new();
    for place in 0..4 {
        let (saver, acknowledged) = (saver.clone(), acknowledged.clone());
        writers.spawn(async move {
            let thread = key(&format!("t{place}"));
            let mut all: Vec<Record> = Vec::new();
            loop {
                let next = all.last().map_or_else(first, after);
                saver
                    .commit(&thread, adding(all.last(), &next))
                    .await
                    .unwrap();
                all.push(next);
                if acknowledged.send(()).is_err() {
                    return (thread, all);
                }
            }
        });
    }
    while let Some(done) = writers.join_next().await {
        let (thread, all) = done.unwrap();
        let mut stored = saver.list(&thread, &Query::default()).await.unwrap();
        stored.reverse();
        assert_eq!(stored, all);
    }
    killer.join().unwrap();
}

/// Numbers that were given are not given again after a crash.
#[tokio::test]
async fn epochs_and_positions_rise_over_crashes() {
    let cluster = Cluster::start("");
    let saver = connect(&cluster).await;
    let mut last = (0, 0);
    for _ in 0..3 {
        for _ in 0..5 {
            let lease = saver
                .lease(&key("t"), "ada", Duration::from_secs(9))
                .await
                .unwrap()
                .unwrap();
            saver.release(&key("t"), &lease).await.unwrap();
            let position = saver.send(&key("t"), Vec::new()).await.unwrap();
            assert!(lease.epoch > last.0 && position > last.1);
            last = (lease.epoch, position);
        }
        cluster.end(End::Killed);
        cluster.go_on();
    }
    assert_eq!(saver.inbox(&key("t")).await.unwrap().len(), 15);
}

#[tokio::test]
async fn a_server_that_is_gone_for_good_is_said_to_be_gone() {
    let cluster = Cluster::start("");
    let options = PostgresOptions::new().timeout(Duration::from_secs(1));
    let saver = options.connect(&cluster.url()).await.unwrap();
    saver
        .commit(&key("t"), adding(None, &first()))
        .await
        .unwrap();
    cluster.end(End::Killed);
    let read = saver.load(&key("t"), At::Head).await.unwrap_err();
    assert!(matches!(read, StoreError::Unavailable(_)), "{read:?}");
    let check = saver.check().await.unwrap_err();
    assert!(check.to_string().contains("can't be reached"), "{check}");
}

/// A server that asks for passwords; that of the tests trusts everybody.
#[tokio::test]
async fn a_wrong_password_is_said_to_be_wrong_and_not_shown() {
    let cluster = Cluster::start("host all ada 127.0.0.1/32 scram-sha-256");
    let mut connection = PgConnection::connect(&cluster.url()).await.unwrap();
    let make =
        "CREATE ROLE ada LOGIN PASSWORD 'the r1ght@one'; GRANT CREATE ON DATABASE postgres TO ada";
    sqlx::raw_sql(make).execute(&mut connection).await.unwrap();
    let url = |password: &str| {
        let port = cluster.port();
        format!("postgres://ada{password}@127.0.0.1:{port}/postgres")
    };
    for password in [":wr0ng", ""] {
        let error = PostgresSaver::connect(&url(password)).await.unwrap_err();
        let text = error.to_string();
        assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
        assert!(text.contains("`ada`"), "{text}");
        assert!(!text.contains("wr0ng"), "{text}");
    }
    let saver = PostgresSaver::connect(&url(":the%20r1ght%40one"))
        .await
        .unwrap();
    saver
        .commit(&key("t"), adding(None, &first()))
        .await
        .unwrap();
    assert!(!format!("{saver:?}").contains("r1ght"));
}
