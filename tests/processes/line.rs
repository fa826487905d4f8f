//! Inputs that wait in line: in the order in which they came, each once, each with its own outcome.

use std::sync::Arc;

use graph_runtime::prelude::*;
use graph_runtime::{Busy, CancellationToken, MomentId, Running};

use crate::desk::desk::{Desk, Node, Question};
use crate::desk::{Room, done, say};
use crate::together::{at_work, process, until, waiting};

/// Begins a run that has to wait.
fn lines_up(thread: &Thread<Desk>, text: &str) -> Running<Desk> {
    thread.invoke(say(text)).if_busy(Busy::Enqueue).spawn()
}

async fn all_done(thread: &Thread<Desk>) -> Vec<String> {
    thread.state().await.unwrap().unwrap().state.done
}

#[tokio::test]
async fn inputs_are_run_in_the_order_in_which_they_came_whoever_sent_them() {
    let (room, saver) = (Room::new(), Arc::new(MemorySaver::new()));
    let folder = room.folder();
    let ours = process(&saver, &folder).thread("t");
    let theirs = process(&saver, &folder).thread("t");
    folder.shut("a");
    let first = at_work(&ours, "a").await;
    let mut runs = Vec::new();
    for (place, text) in ["b", "c", "d", "e", "f"].into_iter().enumerate() {
        let thread = if place % 2 == 0 { &theirs } else { &ours };
        runs.push((text, lines_up(thread, text)));
        waiting(&ours, place + 1).await;
    }
    folder.open("a");
    assert_eq!(first.outcome().await.unwrap().done().unwrap().said, ["a"]);
    for (text, run) in runs {
        let output = run.outcome().await.unwrap().done().unwrap();
        assert_eq!(output.said, [text], "each has its own outcome");
        assert_eq!(output.done.last().unwrap(), text);
    }
    assert_eq!(all_done(&ours).await, done(["a", "b", "c", "d", "e", "f"]));
    assert!(ours.inbox().await.unwrap().is_empty());
}

#[tokio::test]
async fn whoever_is_there_hears_the_events_of_its_own_input() {
    let (room, saver) = (Room::new(), Arc::new(MemorySaver::new()));
    let folder = room.folder();
    let graph = process(&saver, &folder);
    folder.shut("a");
    let first = at_work(&graph.thread("t"), "a").await;
    let mut runs = Vec::new();
    for count in 1..=4 {
        let text = format!("own {count}");
        runs.push(lines_up(&graph.thread("t"), &text));
        waiting(&graph.thread("t"), count).await;
    }
    folder.open("a");
    first.outcome().await.unwrap();
    for mut run in runs {
        let mut started = Vec::new();
        while let Some(event) = run.next().await {
            if let Event::Started { node, .. } = event.unwrap() {
                started.push(node);
            }
        }
        assert_eq!(started, [Node::Take, Node::Work]);
    }
}

#[tokio::test]
async fn what_was_put_into_the_inbox_is_run_when_the_run_before_it_has_ended() {
    let (room, saver) = (Room::new(), Arc::new(MemorySaver::new()));
    let folder = room.folder();
    let (ours, theirs) = (process(&saver, &folder), process(&saver, &folder));
    folder.shut("a");
    let first = at_work(&ours.thread("t"), "a").await;
    let thread = theirs.thread("t");
    let input = thread.invoke(say("b")).metadata("by", "them");
    let id = input.enqueue().await.unwrap();
    let queued = thread.inbox().await.unwrap();
    assert_eq!((queued.len(), queued[0].input), (1, Some(id)));
    assert!(thread.outcome(id).await.unwrap().is_none());
    // They have died.
    drop(theirs);
    folder.open("a");
    first.outcome().await.unwrap();
    let ours = ours.thread("t");
    until(async || ours.outcome(id).await.unwrap().is_some()).await;
    let outcome = ours.outcome(id).await.unwrap().unwrap();
    assert_eq!(outcome.done().unwrap().said, ["b"]);
    let moment = ours.moment(id).await.unwrap();
    assert_eq!(moment.metadata["by"], "them");
    assert_eq!(moment.run, id.to_string());
    assert_eq!(all_done(&ours).await, done(["a", "b"]));
}

#[tokio::test]
async fn whoever_comes_next_runs_what_waits_before_its_own_input() {
    let (room, saver) = (Room::new(), Arc::new(MemorySaver::new()));
    let folder = room.folder();
    let thread = process(&saver, &folder).thread("t");
    for text in ["a", "b"] {
        thread.invoke(say(text)).enqueue().await.unwrap();
    }
    assert!(
        thread.state().await.unwrap().is_none(),
        "nobody has come yet"
    );
    // Nobody runs it, so nobody is refused.
    let output = thread.invoke(say("c")).await.unwrap().done().unwrap();
    assert_eq!(output.said, ["c"]);
    assert_eq!(output.done, done(["a", "b", "c"]));
}

#[tokio::test]
async fn a_worker_runs_what_waits_and_says_how_much_that_was() {
    let (room, saver) = (Room::new(), Arc::new(MemorySaver::new()));
    let folder = room.folder();
    let front = process(&saver, &folder).thread("t");
    let worker = process(&saver, &folder).thread("t");
    assert_eq!(worker.work().await.unwrap(), 0);
    let mut ids = Vec::new();
    for text in ["a", "fail b", "c"] {
        ids.push(front.invoke(say(text)).enqueue().await.unwrap());
    }
    assert_eq!(worker.work().await.unwrap(), 3);
    let outcome = async |id: MomentId| front.outcome(id).await;
    let first = outcome(ids[0]).await.unwrap().unwrap().done().unwrap();
    assert_eq!(first.said, ["a"]);
    let error = outcome(ids[1]).await.unwrap_err();
    assert!(
        matches!(&error, Error::FailedElsewhere { error, .. } if error.contains("fail b was too much")),
        "{error}"
    );
    // As without a line: what has failed is gone on with.
    let last = outcome(ids[2]).await.unwrap().unwrap();
    assert!(matches!(&last, Outcome::Done(done) if done.went_on()));
    assert_eq!(last.done().unwrap().said, ["fail b", "c"]);
}

#[tokio::test]
async fn a_thread_that_waits_for_somebody_refuses_who_is_there_and_keeps_the_rest() {
    let (room, saver) = (Room::new(), Arc::new(MemorySaver::new()));
    let folder = room.folder();
    let graph = process(&saver, &folder);
    let (thread, other) = (graph.thread("t"), process(&saver, &folder).thread("t"));
    let pause = thread.invoke(say("ask a")).await.unwrap().paused().unwrap();
    let id = other.invoke(say("b")).enqueue().await.unwrap();
    let refused = thread.invoke(say("c")).if_busy(Busy::Enqueue).await;
    assert!(matches!(refused, Err(Error::Paused { .. })), "{refused:?}");
    assert_eq!(thread.inbox().await.unwrap().len(), 1, "c was not taken in");
    assert_eq!(other.work().await.unwrap(), 0);
    let Question::Approve(question) = &pause.questions()[0];
    thread.answer(question.answer(true)).await.unwrap();
    until(async || other.outcome(id).await.unwrap().is_some()).await;
    assert_eq!(all_done(&thread).await, done(["ask a", "b"]));
}

#[tokio::test]
async fn a_pause_that_was_asked_for_is_kept_by_whoever_runs_the_input() {
    let (room, saver) = (Room::new(), Arc::new(MemorySaver::new()));
    let folder = room.folder();
    let (front, worker) = (process(&saver, &folder), process(&saver, &folder));
    let input = front
        .thread("t")
        .invoke(say("a"))
        .pause_before([Node::Work]);
    let id = input.enqueue().await.unwrap();
    assert_eq!(worker.thread("t").work().await.unwrap(), 1);
    assert!(folder.book().is_empty());
    let pause = front.thread("t").outcome(id).await.unwrap().unwrap();
    assert_eq!(pause.paused().unwrap().before(), [Node::Work]);
    front.thread("t").resume().await.unwrap();
    assert_eq!(folder.book(), ["at a", "a"]);
}

#[tokio::test]
async fn who_stops_waiting_is_told_that_its_input_waits_on() {
    let (room, saver) = (Room::new(), Arc::new(MemorySaver::new()));
    let folder = room.folder();
    let (ours, theirs) = (process(&saver, &folder), process(&saver, &folder));
    folder.shut("a");
    let first = at_work(&ours.thread("t"), "a").await;
    let (thread, token) = (theirs.thread("t"), CancellationToken::new());
    let run = thread
        .invoke(say("b"))
        .if_busy(Busy::Enqueue)
        .cancelled_by(&token)
        .spawn();
    waiting(&thread, 1).await;
    token.cancel();
    let error = run.outcome().await.unwrap_err();
    let Error::Enqueued { input, .. } = error else {
        panic!("{error}");
    };
    folder.open("a");
    first.outcome().await.unwrap();
    until(async || thread.outcome(input).await.unwrap().is_some()).await;
    assert_eq!(all_done(&thread).await, done(["a", "b"]));
}

#[tokio::test]
async fn what_can_not_wait_says_so() {
    let room = Room::new();
    let alone = crate::desk::builder(&room.folder())
        .checkpointer(MemorySaver::new())
        .build();
    let refused = alone.thread("t").invoke(say("a")).enqueue().await;
    assert!(
        matches!(refused, Err(Error::CannotWait { .. })),
        "{refused:?}"
    );
    let graph = process(&Arc::new(MemorySaver::new()), &room.folder());
    let refused = graph.thread("t").resume().enqueue().await;
    assert!(
        matches!(refused, Err(Error::CannotWait { .. })),
        "{refused:?}"
    );
}
