//! Runs that stop each other across processes: what was done is kept, or taken back.

use std::sync::Arc;

use graph_runtime::prelude::*;
use graph_runtime::{Busy, Running, Source};

use crate::desk::desk::Desk;
use crate::desk::{Room, done, say};
use crate::together::{at_work, process, until, waiting};

fn stopped<T: std::fmt::Debug>(outcome: &Result<T, Error>) {
    assert!(
        matches!(outcome, Err(Error::Cancelled { .. })),
        "{outcome:?}"
    );
}

fn comes(thread: &Thread<Desk>, text: &str, busy: Busy) -> Running<Desk> {
    thread.invoke(say(text)).if_busy(busy).spawn()
}

#[tokio::test]
async fn a_run_that_cancels_goes_on_where_that_of_the_other_process_was() {
    let (room, saver) = (Room::new(), Arc::new(MemorySaver::new()));
    let folder = room.folder();
    let ours = process(&saver, &folder).thread("t");
    let theirs = process(&saver, &folder).thread("t");
    folder.shut("a");
    let first = at_work(&ours, "a").await;
    let second = theirs.invoke(say("b")).if_busy(Busy::Cancel).await.unwrap();
    stopped(&first.outcome().await);
    assert!(matches!(&second, Outcome::Done(done) if done.went_on()));
    assert_eq!(second.done().unwrap().done, ["take a", "a+b"]);
    assert!(
        ours.inbox().await.unwrap().is_empty(),
        "it stops nobody later"
    );
}

#[tokio::test]
async fn in_one_process_it_is_no_different() {
    let (room, saver) = (Room::new(), Arc::new(MemorySaver::new()));
    let folder = room.folder();
    let thread = process(&saver, &folder).thread("t");
    folder.shut("a");
    let first = at_work(&thread, "a").await;
    let second = thread.invoke(say("b")).if_busy(Busy::Cancel).await.unwrap();
    stopped(&first.outcome().await);
    assert_eq!(second.done().unwrap().done, ["take a", "a+b"]);
}

#[tokio::test]
async fn of_all_who_are_in_line_before_it_each_is_taken_in_and_stopped() {
    let (room, saver) = (Room::new(), Arc::new(MemorySaver::new()));
    let folder = room.folder();
    let ours = process(&saver, &folder).thread("t");
    let theirs = process(&saver, &folder).thread("t");
    folder.shut("a");
    let first = at_work(&ours, "a").await;
    let second = comes(&theirs, "b", Busy::Enqueue);
    waiting(&ours, 1).await;
    let third = comes(&ours, "c", Busy::Cancel);
    let third = third.outcome().await.unwrap().done().unwrap();
    stopped(&first.outcome().await);
    stopped(&second.outcome().await);
    assert_eq!(third.done, ["take a", "a+b+c"]);
    assert!(ours.inbox().await.unwrap().is_empty());
}

#[tokio::test]
async fn an_input_from_the_line_is_stopped_as_any_other() {
    let (room, saver) = (Room::new(), Arc::new(MemorySaver::new()));
    let folder = room.folder();
    let (worker, other) = (process(&saver, &folder), process(&saver, &folder));
    folder.shut("a");
    let thread = other.thread("t");
    let id = thread.invoke(say("a")).enqueue().await.unwrap();
    let working = worker.thread("t");
    let working = tokio::spawn(async move { working.work().await });
    folder.until("at a").await;
    let output = comes(&thread, "b", Busy::Cancel).outcome().await.unwrap();
    assert_eq!(output.done().unwrap().done, ["take a", "a+b"]);
    stopped(&thread.outcome(id).await);
    working.await.unwrap().unwrap();
}

#[tokio::test]
async fn a_run_that_rolls_back_begins_where_that_of_the_other_process_had_begun() {
    let (room, saver) = (Room::new(), Arc::new(MemorySaver::new()));
    let folder = room.folder();
    let ours = process(&saver, &folder).thread("t");
    let theirs = process(&saver, &folder).thread("t");
    ours.invoke(say("a")).await.unwrap();
    let before = ours.state().await.unwrap().unwrap().id;
    folder.shut("b");
    let second = at_work(&ours, "b").await;
    let third = theirs
        .invoke(say("c"))
        .if_busy(Busy::Rollback)
        .await
        .unwrap();
    stopped(&second.outcome().await);
    assert!(matches!(&third, Outcome::Done(done) if !done.went_on()));
    assert_eq!(third.done().unwrap().done, done(["a", "c"]));
    // What was taken back is a branch that can still be read.
    let all = theirs.history().with_inputs().await.unwrap();
    assert!(
        all.iter()
            .any(|moment| moment.state.done.contains(&"take b".to_owned()))
    );
    let branches = all.iter().filter(|moment| moment.parent == Some(before));
    assert_eq!(branches.count(), 2);
}

#[tokio::test]
async fn the_first_run_of_a_thread_is_rolled_back_to_nothing() {
    let (room, saver) = (Room::new(), Arc::new(MemorySaver::new()));
    let folder = room.folder();
    let ours = process(&saver, &folder).thread("t");
    let theirs = process(&saver, &folder).thread("t");
    folder.shut("a");
    let first = at_work(&ours, "a").await;
    let second = theirs
        .invoke(say("b"))
        .if_busy(Busy::Rollback)
        .await
        .unwrap();
    stopped(&first.outcome().await);
    assert_eq!(second.done().unwrap().done, done(["b"]));
    let all = theirs.history().with_inputs().await.unwrap();
    let roots = all.iter().filter(|moment| moment.parent.is_none());
    assert_eq!(
        roots.map(|moment| moment.source).collect::<Vec<_>>(),
        [Source::Input; 2]
    );
    let again = ours.invoke(say("c")).await.unwrap();
    assert_eq!(again.done().unwrap().done, done(["b", "c"]));
}

#[tokio::test]
async fn an_input_from_the_line_is_taken_back_as_any_other() {
    let (room, saver) = (Room::new(), Arc::new(MemorySaver::new()));
    let folder = room.folder();
    let (worker, other) = (process(&saver, &folder), process(&saver, &folder));
    folder.shut("b");
    let thread = other.thread("t");
    thread.invoke(say("a")).await.unwrap();
    let id = thread.invoke(say("b")).enqueue().await.unwrap();
    let working = worker.thread("t");
    let working = tokio::spawn(async move { working.work().await });
    folder.until("at b").await;
    let output = comes(&thread, "c", Busy::Rollback).outcome().await.unwrap();
    assert_eq!(output.done().unwrap().done, done(["a", "c"]));
    stopped(&thread.outcome(id).await);
    working.await.unwrap().unwrap();
}

#[tokio::test]
async fn what_has_failed_or_waits_is_not_taken_back() {
    let (room, saver) = (Room::new(), Arc::new(MemorySaver::new()));
    let folder = room.folder();
    let ours = process(&saver, &folder).thread("t");
    let theirs = process(&saver, &folder).thread("t");
    // It fails while somebody wants to take it back.
    folder.shut("fail a");
    let first = at_work(&ours, "fail a").await;
    let behind = theirs.invoke(say("b")).if_busy(Busy::Enqueue).spawn();
    waiting(&ours, 1).await;
    folder.open("fail a");
    assert!(matches!(first.outcome().await, Err(Error::Node { .. })));
    let output = behind.outcome().await.unwrap().done().unwrap();
    assert_eq!(output.done, ["take fail a", "fail a+b"]);
    let pause = ours.invoke(say("ask c")).await.unwrap();
    assert!(pause.is_paused());
    let refused = theirs.invoke(say("d")).if_busy(Busy::Rollback).await;
    assert!(matches!(refused, Err(Error::Paused { .. })), "{refused:?}");
}

#[tokio::test]
async fn who_brings_no_input_may_stop_others_too() {
    let (room, saver) = (Room::new(), Arc::new(MemorySaver::new()));
    let folder = room.folder();
    let ours = process(&saver, &folder).thread("t");
    let theirs = process(&saver, &folder).thread("t");
    folder.shut("a");
    let mut first = ours.invoke(say("a")).durability(Durability::Sync).spawn();
    folder.until("at a").await;
    let resuming = theirs.clone();
    let resuming = tokio::spawn(async move { resuming.resume().if_busy(Busy::Cancel).await });
    let ending = async {
        while let Some(event) = first.next().await {
            event?;
        }
        Ok(())
    };
    stopped::<()>(&ending.await);
    folder.open("a");
    let output = resuming.await.unwrap().unwrap().done().unwrap();
    assert_eq!(output.done, done(["a"]));
    assert_eq!(folder.book(), ["at a", "at a", "a"]);
    until(async || theirs.inbox().await.unwrap().is_empty()).await;
    // What only was to stop others has stopped them, and is nobody's input.
    theirs.invoke(say("b")).await.unwrap();
}

#[tokio::test]
async fn where_nobody_is_there_is_nothing_to_stop_or_take_back() {
    let (room, saver) = (Room::new(), Arc::new(MemorySaver::new()));
    let thread = process(&saver, &room.folder()).thread("t");
    for (text, busy) in [
        ("a", Busy::Rollback),
        ("b", Busy::Cancel),
        ("c", Busy::Rollback),
    ] {
        thread.invoke(say(text)).if_busy(busy).await.unwrap();
    }
    let state = thread.state().await.unwrap().unwrap().state;
    assert_eq!(state.done, done(["a", "b", "c"]));
}

#[tokio::test]
async fn what_stops_others_need_not_be_waited_for() {
    let (room, saver) = (Room::new(), Arc::new(MemorySaver::new()));
    let folder = room.folder();
    let ours = process(&saver, &folder).thread("t");
    let theirs = process(&saver, &folder).thread("t");
    folder.shut("a");
    let first = at_work(&ours, "a").await;
    let input = theirs.invoke(say("b")).if_busy(Busy::Rollback);
    let id = input.enqueue().await.unwrap();
    stopped(&first.outcome().await);
    until(async || ours.outcome(id).await.unwrap().is_some()).await;
    assert_eq!(ours.state().await.unwrap().unwrap().state.done, done(["b"]));
}
