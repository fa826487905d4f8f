//! Going through all threads: which are deleted, which are pruned, which are left and why.

use std::sync::Arc;
use std::time::Duration;

use graph_runtime::prelude::*;
use graph_runtime::{Checkpointer, Graph, Keep, Page, Retention, StoreError, ThreadKey};

use crate::journey::graph;
use crate::office::{see_through, topics};
use crate::store::{DAY, Hands, on_every_backend};

/// Waits for a day that is given.
#[graph(id = "sleeper")]
pub mod sleeper {
    use std::time::Duration;

    #[state]
    pub struct Sleeper {
        #[input(required)]
        pub days: u64,
    }

    edges! { start -> prepare -> sleep -> end; }

    #[node]
    fn prepare() {}

    #[wait(until = Duration::from_hours(24 * state.days))]
    fn sleep() {}
}

async fn talk(graph: &Graph<crate::office::desk::Desk>, thread: &str, times: usize) {
    let thread = graph.thread(thread);
    for _ in 0..times {
        let outcome = thread.invoke(topics(&["wind"])).await.unwrap();
        see_through(&thread, outcome).await;
    }
}

async fn listed<G: StateGraph>(graph: &Graph<G>) -> Vec<String> {
    graph.threads(&Page::default()).await.unwrap()
}

on_every_backend! {
    async fn idle_threads_go_and_the_others_stay(store) {
        let clock = Hands::new();
        let saver = store.open().await;
        let desk = graph(saver.clone(), &clock);
        let user = desk.thread_of("ada").await.unwrap();
        talk(&desk, user.id(), 1).await;
        talk(&desk, "old", 2).await;
        clock.turn(DAY * 20);
        talk(&desk, "young", 1).await;
        talk(&desk, "back", 1).await;
        clock.turn(DAY * 20);
        talk(&desk, "back", 1).await;
        let month = Retention::new().time_to_live(DAY * 30);
        let swept = desk.sweep(&month).await.unwrap();
        assert_eq!((swept.deleted, swept.pruned, swept.moments), (2, 0, 0));
        assert!(swept.skipped.is_empty() && swept.failed.is_empty());
        assert_eq!(listed(&desk).await, ["back", "young"]);
        // With all that belonged to them.
        let key = ThreadKey::new("desk", "old").unwrap();
        assert!(saver.paths(&key).await.unwrap().is_empty());
        assert_ne!(desk.thread_of("ada").await.unwrap().id(), user.id());
        assert_eq!(desk.sweep(&month).await.unwrap().deleted, 0);
        clock.turn(DAY * 31);
        assert_eq!(desk.erased().sweep(&month).await.unwrap().deleted, 2);
        assert!(listed(&desk).await.is_empty());
    }

    async fn who_waits_for_a_time_is_not_idle(store) {
        let clock = Hands::new();
        let saver = store.open().await;
        let graph = sleeper::Sleeper::graph().clock(clock.clone()).checkpointer(saver).build();
        for (thread, days) in [("long", 100), ("short", 1)] {
            let outcome = graph.thread(thread).invoke(sleeper::Input::new(days)).await.unwrap();
            assert!(matches!(outcome, Outcome::Paused(_)));
        }
        let month = Retention::new().time_to_live(DAY * 30);
        clock.turn(DAY * 30 + DAY / 2);
        // It was to be woken less than a month ago.
        assert_eq!(graph.sweep(&month).await.unwrap().deleted, 0);
        clock.turn(DAY * 60);
        assert_eq!(graph.sweep(&month).await.unwrap().deleted, 1);
        assert_eq!(listed(&graph).await, ["long"]);
        clock.turn(DAY * 10);
        let done = graph.thread("long").wake().await.unwrap();
        assert!(matches!(done, Outcome::Done(_)));
    }

    async fn every_thread_is_pruned_and_what_was_done_is_told(store) {
        let clock = Hands::new();
        let desk = graph(store.open().await, &clock);
        for (thread, times) in [("a", 1), ("b", 4), ("c", 4)] {
            talk(&desk, thread, times).await;
        }
        let short = desk.thread("a").history().await.unwrap().len();
        let before = desk.thread("b").usage().await.unwrap();
        let swept = desk.sweep(&Retention::new().keep(Keep::last(short))).await.unwrap();
        assert_eq!((swept.deleted, swept.pruned), (0, 2));
        assert!(swept.moments > 2 * short);
        for thread in ["a", "b", "c"] {
            assert_eq!(desk.thread(thread).history().await.unwrap().len(), short);
        }
        assert!(desk.thread("b").usage().await.unwrap().records < before.records);
        let again = desk.sweep(&Retention::new().keep(Keep::last(short))).await.unwrap();
        assert_eq!((again.pruned, again.moments), (0, 0));
        let nothing = desk.sweep(&Retention::new()).await.unwrap();
        assert_eq!((nothing.deleted, nothing.pruned), (0, 0));
    }

    async fn both_are_done_at_once(store) {
        let clock = Hands::new();
        let desk = graph(store.open().await, &clock);
        talk(&desk, "old", 3).await;
        clock.turn(DAY * 10);
        talk(&desk, "young", 3).await;
        let retention = Retention::new().keep(Keep::last(2)).time_to_live(DAY * 5);
        let swept = desk.sweep(&retention).await.unwrap();
        assert_eq!((swept.deleted, swept.pruned), (1, 1));
        assert_eq!(listed(&desk).await, ["young"]);
    }

    async fn graphs_in_one_store_are_swept_apart(store) {
        let clock = Hands::new();
        let saver = store.open().await;
        let desk = graph(saver.clone(), &clock);
        let sleeper = sleeper::Sleeper::graph().clock(clock.clone()).checkpointer(saver).build();
        talk(&desk, "t", 1).await;
        sleeper.thread("t").invoke(sleeper::Input::new(0)).await.unwrap();
        clock.turn(DAY * 40);
        let month = Retention::new().time_to_live(DAY * 30);
        assert_eq!(desk.sweep(&month).await.unwrap().deleted, 1);
        assert_eq!(listed(&sleeper).await, ["t"]);
        assert_eq!(sleeper.sweep(&month).await.unwrap().deleted, 1);
    }
}

/// More threads than are listed at a time.
#[tokio::test]
async fn no_thread_is_missed_between_pages() {
    let clock = Hands::new();
    let saver: Arc<dyn Checkpointer> = Arc::new(graph_runtime::MemorySaver::new());
    let graph = sleeper::Sleeper::graph()
        .clock(clock.clone())
        .checkpointer(saver)
        .build();
    for number in 0..1_203 {
        let thread = graph.thread(format!("t{number:04}"));
        thread.invoke(sleeper::Input::new(0)).await.unwrap();
    }
    let swept = graph.sweep(&Retention::new().keep(Keep::last(1))).await;
    assert_eq!(swept.unwrap().pruned, 1_203);
    clock.turn(DAY);
    let swept = graph
        .sweep(&Retention::new().time_to_live(Duration::ZERO))
        .await;
    assert_eq!(swept.unwrap().deleted, 1_203);
    assert!(listed(&graph).await.is_empty());
}

#[tokio::test]
async fn what_is_wrong_with_one_thread_holds_up_no_other() {
    let clock = Hands::new();
    let saver = Arc::new(graph_runtime::MemorySaver::new());
    let desk = graph(saver.clone(), &clock);
    for thread in ["a", "b", "c"] {
        talk(&desk, thread, 2).await;
    }
    // Somebody has been at one of them: its newest change isn't what it was.
    let key = ThreadKey::new("desk", "b").unwrap();
    let mut records = saver
        .list(&key, &graph_runtime::Query::default())
        .await
        .unwrap();
    let last = records.len() - 1;
    for record in &mut records[..last] {
        record.payload.push(b' ');
    }
    let damage = graph_runtime::Rewrite {
        replaced: records,
        ..graph_runtime::Rewrite::default()
    };
    saver.rewrite(&key, damage).await.unwrap();
    let swept = desk
        .sweep(&Retention::new().keep(Keep::last(2)))
        .await
        .unwrap();
    assert_eq!(swept.pruned, 2);
    assert_eq!(swept.failed.len(), 1);
    let (thread, error) = &swept.failed[0];
    assert!(
        thread == "b" && matches!(error, Error::Corrupt { .. }),
        "{error}"
    );
    let whole = saver.usage(&key).await.unwrap();
    assert!(whole.records > 10, "nothing of it was touched");
}

#[tokio::test]
async fn a_store_that_is_out_of_reach_ends_the_sweep() {
    use graph_runtime::testing::{Fault, Faulty};
    let saver = Arc::new(Faulty::new(Arc::new(graph_runtime::MemorySaver::new())));
    let desk = graph(saver.clone(), &Hands::new());
    for thread in ["a", "b"] {
        talk(&desk, thread, 2).await;
    }
    for call in 1..=6 {
        saver.plan(saver.calls() + call, Fault::Refused);
        let refused = desk.sweep(&Retention::new().keep(Keep::last(1))).await;
        let out_of_reach = |error: &Error| {
            matches!(
                error,
                Error::Store {
                    source: StoreError::Unavailable(_),
                    ..
                }
            )
        };
        if let Err(error) = &refused {
            assert!(out_of_reach(error), "{error}");
        }
    }
    desk.sweep(&Retention::new().keep(Keep::last(1)))
        .await
        .unwrap();
    for thread in ["a", "b"] {
        assert_eq!(desk.thread(thread).history().await.unwrap().len(), 1);
    }
}
