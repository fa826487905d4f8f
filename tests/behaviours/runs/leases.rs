//! Several processes that run threads of one store. Here they are graphs that know nothing of each other.

use std::sync::Arc;
use std::time::Duration;

use graph_runtime::prelude::*;
use graph_runtime::{Busy, Checkpointer, ThreadKey};

use graph_tests::office::polls;
use graph_tests::store::{Store, on_every_backend};
use graph_tests::talk::talk::Talk;
use graph_tests::talk::{Door, at_the_door, builder, say};

/// What one process has.
async fn process(store: &Store, door: &Arc<Door>) -> Thread<Talk> {
    let graph = builder(door).shared().checkpointer(store.open().await);
    graph.build().thread("t")
}

fn key() -> ThreadKey {
    ThreadKey::new("talk", "t").unwrap()
}

on_every_backend! {
    async fn a_thread_that_another_process_runs_is_busy_until_that_run_is_over(store) {
        let door = Arc::<Door>::default();
        let (ours, theirs) = (process(&store, &door).await, process(&store, &door).await);
        let running = at_the_door(&ours, "a").await;
        let error = theirs.invoke(say("b")).await.unwrap_err();
        assert!(matches!(&error, Error::Busy { .. }), "{error}");
        door.open();
        running.outcome().await.unwrap();
        // The lease is back as soon as the run is over, however often they take turns.
        for thread in [&theirs, &ours, &theirs, &ours] {
            thread.invoke(say("c")).await.unwrap();
        }
        let said = ours.state().await.unwrap().unwrap().state.said;
        assert_eq!(said, ["a", "c", "c", "c", "c"]);
    }

    async fn a_run_may_wait_for_another_process(store) {
        let door = Arc::<Door>::default();
        let (ours, theirs) = (process(&store, &door).await, process(&store, &door).await);
        let running = at_the_door(&ours, "a").await;
        let mut waiting = theirs.invoke(say("b")).if_busy(Busy::Enqueue).spawn();
        let outcome = async {
            running.outcome().await.unwrap();
            while waiting.next().await.is_some() {}
        };
        door.open();
        outcome.await;
        let said = ours.state().await.unwrap().unwrap().state.said;
        assert_eq!(said, ["a", "b"]);
    }

    async fn a_run_that_was_dropped_gives_its_lease_back(store) {
        let door = Arc::<Door>::default();
        let (ours, theirs) = (process(&store, &door).await, process(&store, &door).await);
        drop(at_the_door(&ours, "a").await);
        door.open();
        // It goes in its own time.
        let done = theirs.resume().if_busy(Busy::Enqueue).await.unwrap().done().unwrap();
        assert_eq!(done.heard, ["note a", "think a"]);
        ours.invoke(say("b")).if_busy(Busy::Enqueue).await.unwrap();
    }

    async fn a_run_that_fails_or_is_refused_gives_its_lease_back(store) {
        let door = Arc::<Door>::default();
        let (ours, theirs) = (process(&store, &door).await, process(&store, &door).await);
        assert!(matches!(ours.resume().await, Err(Error::NothingToResume { .. })));
        door.open();
        let mut outcome = theirs.invoke(say("a")).await;
        // What was refused is put away in the background.
        while matches!(outcome, Err(Error::Busy { .. })) {
            tokio::time::sleep(Duration::from_millis(1)).await;
            outcome = theirs.invoke(say("a")).await;
        }
        outcome.unwrap();
    }

    async fn a_run_without_a_lease_is_fenced_off_by_no_one(store) {
        let door = Arc::<Door>::default();
        door.open();
        let saver = store.open().await;
        saver.lease(&key(), "somebody", Duration::from_hours(1)).await.unwrap();
        let thread = builder(&door).checkpointer(saver).build().thread("t");
        thread.invoke(say("a")).await.unwrap();
    }
}

// On one thread nothing is renewed while the test sleeps, so the lease surely ends.
#[tokio::test]
async fn a_run_whose_lease_was_lost_stops_and_stores_nothing_more() {
    let saver = Arc::new(MemorySaver::new());
    let door = Arc::<Door>::default();
    let ttl = Duration::from_millis(2);
    let graph = builder(&door).lease(ttl).checkpointer(Arc::clone(&saver));
    let thread = graph.build().thread("t");
    let running = at_the_door(&thread, "a").await;
    std::thread::sleep(ttl * 10);
    let lease = saver.lease(&key(), "thief", Duration::from_hours(1)).await;
    let lease = lease.unwrap().unwrap();
    door.open();
    let error = running.outcome().await.unwrap_err();
    assert!(matches!(&error, Error::TakenOver { .. }), "{error}");
    assert_eq!(
        thread.state().await.unwrap().unwrap().state.heard,
        ["note a"]
    );
    saver.release(&key(), &lease).await.unwrap();
    polls(10).await;
    let done = thread.resume().await.unwrap().done().unwrap();
    assert_eq!(done.heard, ["note a", "think a"]);
}
