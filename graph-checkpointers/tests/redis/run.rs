//! Runs of a graph whose server is killed.

#![allow(unreachable_pub, reason = "nothing is reached from outside of a test")]

use std::sync::Arc;
use std::time::Duration;

use graph_checkpointers::RedisSaver;
use graph_runtime::prelude::*;
use tokio::sync::Barrier;
use tokio::task::JoinHandle;

use crate::server::{DURABLE, Server};

#[graph(id = "errand")]
mod errand {
    use std::sync::Arc;

    use tokio::sync::Barrier;

    #[state]
    pub struct Errand {
        #[input]
        #[reduce(append)]
        pub log: Vec<String>,
    }

    /// Where the graph and its test meet, twice.
    #[context]
    pub struct Meeting {
        pub barrier: Arc<Barrier>,
    }

    edges! {
        start -> leave -> meet -> come -> end;
    }

    #[node(writes(log))]
    fn leave() -> String {
        "left".to_owned()
    }

    #[node(writes(log))]
    async fn meet(barrier: &Barrier) -> String {
        barrier.wait().await;
        barrier.wait().await;
        "met".to_owned()
    }

    #[node(writes(log))]
    fn come() -> String {
        "came".to_owned()
    }
}

use errand::Errand;

const LOG: [&str; 4] = ["go", "left", "met", "came"];

async fn thread(server: &Server, barrier: &Arc<Barrier>, connect: Duration) -> Thread<Errand> {
    let options = RedisSaver::options(&server.url()).connect_timeout(connect);
    Errand::graph()
        .context(errand::Meeting {
            barrier: Arc::clone(barrier),
        })
        .durability(Durability::Sync)
        .checkpointer(options.connect().await.unwrap())
        .build()
        .thread("t")
}

fn input() -> errand::Input {
    errand::Input::new().log(["go".to_owned()])
}

type Running = JoinHandle<Result<Outcome<Errand>, Error>>;

/// Meets the run, which must not have ended before.
async fn meet(barrier: &Barrier, running: &mut Running) {
    tokio::select! {
        _ = barrier.wait() => {}
        ended = running => unreachable!("the run has ended: {ended:?}"),
    }
}

async fn assert_each_step_once(thread: &Thread<Errand>) {
    let moments = thread.history().await.unwrap();
    assert_eq!(moments.len(), 3);
    let stands = thread.state().await.unwrap().unwrap();
    assert_eq!(stands.state.log, LOG);
}

#[tokio::test]
async fn a_run_outlives_a_server_that_is_killed_and_comes_back() {
    let mut server = Server::start(DURABLE);
    let barrier = Arc::new(Barrier::new(2));
    let thread = thread(&server, &barrier, Duration::from_mins(1)).await;
    let mut running = {
        let thread = thread.clone();
        tokio::spawn(async move { thread.invoke(input()).await })
    };
    meet(&barrier, &mut running).await;
    server.kill();
    server.start_again();
    meet(&barrier, &mut running).await;
    let Outcome::Done(done) = running.await.unwrap().unwrap() else {
        unreachable!("the graph asks nothing");
    };
    assert_eq!(done.output.log, LOG);
    assert_each_step_once(&thread).await;
}

#[tokio::test]
async fn a_run_that_loses_its_server_goes_on_when_it_is_resumed() {
    let mut server = Server::start(DURABLE);
    let barrier = Arc::new(Barrier::new(2));
    let lost = thread(&server, &barrier, Duration::from_secs(1)).await;
    let mut running = tokio::spawn(async move { lost.invoke(input()).await });
    meet(&barrier, &mut running).await;
    server.kill();
    meet(&barrier, &mut running).await;
    running.await.unwrap().unwrap_err();
    server.start_again();

    // Another process goes on: what was acknowledged is there, what wasn't is done again.
    let barrier = Arc::new(Barrier::new(1));
    let thread = thread(&server, &barrier, Duration::from_mins(1)).await;
    let stands = thread.state().await.unwrap().unwrap();
    assert_eq!(stands.state.log, LOG[..2]);
    let Outcome::Done(done) = thread.resume().await.unwrap() else {
        unreachable!("the graph asks nothing");
    };
    assert_eq!(done.output.log, LOG);
    assert_each_step_once(&thread).await;
}
