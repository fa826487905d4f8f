//! A holder that stood still for too long: what it does then is refused, and the thread is somebody else's.

use std::sync::Arc;
use std::time::Duration;

use graph_runtime::prelude::*;
use graph_runtime::{Busy, Checkpointer};

use crate::child::{Job, Process, Said};
use crate::desk::{Room, done};
use crate::place;
use crate::together::{at_work, until};

/// Short, and long enough for whoever isn't stopped.
const LEASE: Duration = Duration::from_secs(2);

fn invoke(text: &str, busy: Busy) -> Job {
    Job::Invoke {
        texts: vec![text.to_owned()],
        busy,
    }
}

#[tokio::test]
async fn a_process_that_stood_still_past_its_lease_stores_nothing_more() {
    let room = Room::new();
    let folder = room.folder();
    folder.shut("a");
    let mut holder = Process::start(&room, LEASE, [invoke("a", Busy::Reject)]);
    assert_eq!(holder.next().await, Some(Said::Begins("a".to_owned())));
    folder.until("at a").await;
    holder.stop().await;
    folder.open("a");
    // It goes on with what the other one was in the middle of, and then does its own.
    let heir = Process::start(&room, LEASE, [invoke("b", Busy::Enqueue)])
        .rest()
        .await;
    let Some(Said::Done { said, done: all }) = heir.last() else {
        panic!("{heir:?}");
    };
    assert_eq!((said, all), (&vec!["b".to_owned()], &done(["a", "b"])));
    let store = place::open(&place::of(room.path())).await;
    let graph = crate::desk::builder(&folder).checkpointer(store).build();
    let stood = graph
        .thread("t")
        .history()
        .with_inputs()
        .await
        .unwrap()
        .len();
    holder.go_on().await;
    let ending = holder.rest().await;
    let [Said::Failed(kind, _)] = &ending[..] else {
        panic!("{ending:?}");
    };
    assert_eq!(kind, "TakenOver");
    let stands = graph
        .thread("t")
        .history()
        .with_inputs()
        .await
        .unwrap()
        .len();
    assert_eq!(stands, stood);
    // And it holds nothing: whoever comes has the thread at once.
    let next = Process::start(&room, LEASE, [invoke("c", Busy::Reject)])
        .rest()
        .await;
    assert!(matches!(next.last(), Some(Said::Done { .. })), "{next:?}");
}

/// The lease is free again when its old holder comes back: renewing it would be taking a new one.
#[tokio::test]
async fn a_lease_that_has_ended_is_not_renewed_when_somebody_has_had_it_since() {
    let (room, saver) = (Room::new(), Arc::new(MemorySaver::new()));
    let folder = room.folder();
    let key = folder.key("t");
    let ttl = Duration::from_millis(30);
    let graph = crate::desk::builder(&folder)
        .lease(ttl)
        .checkpointer(Arc::clone(&saver));
    let thread = graph.build().thread("t");
    folder.shut("a");
    let running = at_work(&thread, "a").await;
    // On one thread nothing is renewed meanwhile.
    std::thread::sleep(ttl * 2);
    let other = saver.lease(&key, "other", ttl).await.unwrap().unwrap();
    saver.release(&key, &other).await.unwrap();
    let error = running.outcome().await.unwrap_err();
    assert!(matches!(&error, Error::TakenOver { .. }), "{error}");
    let free = async || {
        saver
            .lease(&key, "next", Duration::from_mins(1))
            .await
            .is_ok()
    };
    until(free).await;
    folder.open("a");
    assert_eq!(
        thread.state().await.unwrap().unwrap().state.done,
        ["take a"]
    );
}
