//! Waits: asks that only the clock answers.

use std::time::{Duration, SystemTime};

use futures_util::StreamExt as _;
use graph_runtime::prelude::*;
use graph_runtime::{Clock, Event, Graph, Timestamp};

use self::alarms::{Alarms, Input};
use graph_tests::store::{Store, on_every_backend};
use graph_tests::watch::{HOUR, MINUTE, Watch};

/// Four ways to say a time, one after the other, beside a branch that doesn't wait.
#[graph(id = "alarms")]
mod alarms {
    use super::*;

    #[state]
    pub struct Alarms {
        #[input]
        pub at: Option<Timestamp>,
        #[input]
        pub seconds: u64,
        #[reduce(append)]
        pub rang: Vec<String>,
    }

    edges! {
        start -> {point, work};
        point -> system -> span -> fixed -> ring;
        {ring, work} -> close -> end;
    }

    #[wait(until = state.at)]
    fn point() {}

    #[wait(until = state.at.map_or(SystemTime::UNIX_EPOCH, Timestamp::to_system_time))]
    fn system() {}

    /// Counted from when it is reached.
    #[wait(until = Duration::from_secs(state.seconds))]
    fn span() {}

    #[wait(time = "1h 30m")]
    fn fixed() {}

    #[node(writes(rang))]
    fn ring() -> String {
        "ring".to_owned()
    }

    #[node(writes(rang))]
    fn work() -> String {
        "work".to_owned()
    }

    #[node]
    fn close() {}
}

async fn graph(store: &Store, watch: &Watch) -> Graph<Alarms> {
    let graph = Alarms::graph().clock(watch.clone());
    graph.checkpointer(store.open().await).build()
}

on_every_backend! {
    async fn a_wait_waits_until_its_time_and_asks_nobody(store) {
        let watch = Watch::new();
        let at = watch.now().saturating_add(HOUR);
        let thread = graph(&store, &watch).await.thread("t");
        let pause = thread.invoke(Input::new().at(Some(at)).seconds(60)).await.unwrap().paused().unwrap();
        assert_eq!((pause.due(), pause.questions().len()), (Some(at), 0));
        assert!(thread.questions().await.unwrap().is_empty());
        let stands = thread.state().await.unwrap().unwrap();
        // What doesn't wait has gone on.
        assert_eq!((stands.next, stands.state.rang), (vec![alarms::Node::Point], vec!["work".to_owned()]));
        let error = thread.invoke(Input::new()).await.unwrap_err();
        assert!(error.to_string().contains("is paused until 2026-01-01T01:00:00.000000Z"), "{error}");
        watch.set(at);
        let (woken, due) = graph(&store, &watch).await.due(at).await.unwrap().remove(0);
        assert_eq!((woken.id(), due), ("t", at));
        // A point in time that has passed is none to wait for; a span begins when it is reached.
        let pause = woken.wake().await.unwrap().paused().unwrap();
        assert_eq!(pause.due(), Some(at.saturating_add(MINUTE)));
        watch.advance(MINUTE + Duration::from_secs(1));
        let pause = woken.wake().await.unwrap().paused().unwrap();
        assert_eq!(pause.due(), Some(watch.now().saturating_add(HOUR + 30 * MINUTE)));
        watch.advance(2 * HOUR);
        assert_eq!(woken.resume().await.unwrap().done().unwrap().rang, ["work", "ring"]);
        assert!(graph(&store, &watch).await.due(watch.now()).await.unwrap().is_empty());
    }

    async fn none_is_not_to_wait(store) {
        let watch = Watch::new();
        let thread = graph(&store, &watch).await.thread("t");
        let pause = thread.invoke(Input::new()).await.unwrap().paused().unwrap();
        assert_eq!(thread.state().await.unwrap().unwrap().next, [alarms::Node::Fixed]);
        assert_eq!(pause.due(), Some(watch.now().saturating_add(HOUR + 30 * MINUTE)));
    }

    async fn a_wait_for_ever_can_be_stored(store) {
        let watch = Watch::new();
        let thread = graph(&store, &watch).await.thread("t");
        let never = Timestamp::from_micros(u64::MAX);
        let pause = thread.invoke(Input::new().at(Some(never))).await.unwrap().paused().unwrap();
        assert!(pause.due().unwrap() > watch.now());
        let again = graph(&store, &watch).await.thread("t").wake().await.unwrap().paused().unwrap();
        assert_eq!(again.due(), pause.due());
    }
}

#[tokio::test]
async fn whoever_listens_hears_who_waits() {
    let watch = Watch::new();
    let thread = graph(&Store::memory(), &watch).await.thread("t");
    let events: Vec<_> = thread.stream(Input::new()).collect().await;
    let waits = events.iter().filter_map(|event| match event {
        Ok(Event::Waiting { node, .. }) => Some(*node),
        _ => None,
    });
    let waits: Vec<_> = waits.collect();
    let expected = [
        alarms::Node::System,
        alarms::Node::Span,
        alarms::Node::Fixed,
    ];
    assert_eq!(waits, expected);
    let paused = matches!(events.last(), Some(Ok(Event::Paused(pause))) if pause.due().is_some());
    assert!(paused);
}
