//! Schedulers that race for the threads that are due.

use std::sync::Arc;
use std::time::Duration;

use graph_runtime::prelude::*;
use graph_runtime::{Clock as _, SystemClock};

use crate::child::{Job, Process, Said};
use crate::desk::{Room, builder, say};
use crate::place;
use crate::together::{process, until};

const THREADS: usize = 8;

#[tokio::test]
async fn of_many_graphs_that_wake_who_is_due_one_wakes_each() {
    let (room, saver) = (Room::new(), Arc::new(MemorySaver::new()));
    let folder = room.folder();
    let graph = process(&saver, &folder);
    for number in 0..THREADS {
        let thread = graph.thread(format!("t{number}"));
        assert!(thread.invoke(say("later")).await.unwrap().is_paused());
    }
    let due = async || graph.due(SystemClock.now()).await.unwrap().len() == THREADS;
    until(due).await;
    let mut waking = tokio::task::JoinSet::new();
    for _ in 0..4 {
        let graph = process(&saver, &folder);
        waking.spawn(async move {
            for (due, _) in graph.due(SystemClock.now()).await.unwrap() {
                let outcome = due.wake().await.unwrap();
                assert_eq!(outcome.done().unwrap().rung, 1);
            }
        });
    }
    while let Some(woken) = waking.join_next().await {
        woken.unwrap();
    }
    let rung = folder.book().iter().filter(|line| *line == "ring").count();
    assert_eq!(rung, THREADS);
}

#[tokio::test]
async fn of_many_processes_that_wake_who_is_due_one_wakes_each() {
    let room = Room::new();
    let (folder, over) = (room.folder(), room.path().join("over"));
    let lease = Duration::from_secs(30);
    let mut schedulers = Vec::new();
    for _ in 0..3 {
        let job = Job::Schedule {
            until: over.clone(),
        };
        let mut scheduler = Process::start(&room, lease, [job]);
        assert!(matches!(scheduler.next().await, Some(Said::Begins(_))));
        schedulers.push(scheduler);
    }
    let store = place::open(&place::of(room.path())).await;
    let graph = builder(&folder).shared().checkpointer(store).build();
    for number in 0..THREADS {
        let thread = graph.thread(format!("t{number}"));
        thread.invoke(say("later")).await.unwrap();
    }
    for number in 0..THREADS {
        let thread = graph.thread(format!("t{number}"));
        let rung = async || thread.state().await.unwrap().unwrap().state.rung == 1;
        until(rung).await;
    }
    std::fs::write(&over, "").unwrap();
    for scheduler in schedulers {
        assert_eq!(scheduler.rest().await, []);
    }
    let rung = folder.book().iter().filter(|line| *line == "ring").count();
    assert_eq!(rung, THREADS);
}
