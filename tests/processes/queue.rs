//! Processes of their own on a real store: they line up, and are killed wherever they happen to be.

use std::time::Duration;

use graph_runtime::Busy;

use crate::child::{Job, Process, Said};
use crate::desk::desk::Graph;
use crate::desk::{Room, builder, done, say};
use crate::place;
use crate::together::until;

/// How long a dead process is waited for.
const LEASE: Duration = Duration::from_secs(2);

async fn graph(room: &Room) -> Graph {
    let store = place::open(&place::of(room.path())).await;
    builder(&room.folder())
        .lease(LEASE)
        .checkpointer(store)
        .build()
}

async fn all_done(graph: &Graph) -> Vec<String> {
    let state = graph.thread("t").state().await.unwrap();
    state.map(|moment| moment.state.done).unwrap_or_default()
}

fn invokes(texts: impl IntoIterator<Item = String>) -> Job {
    Job::Invoke {
        texts: texts.into_iter().collect(),
        busy: Busy::Enqueue,
    }
}

/// The texts of what was done one after the other, each whole.
fn order(all: &[String]) -> Vec<String> {
    let pairs = all.chunks(2).map(|pair| {
        let [take, text] = pair else {
            panic!("{all:?}");
        };
        assert_eq!(*take, format!("take {text}"), "{all:?}");
        text.clone()
    });
    pairs.collect()
}

#[tokio::test]
async fn four_processes_invoke_one_thread_and_each_input_is_run_once_with_its_own_outcome() {
    const EACH: usize = 6;
    let room = Room::new();
    let texts = |name: usize| (0..EACH).map(move |number| format!("{name}.{number}"));
    let processes: Vec<_> = (0..4)
        .map(|name| Process::start(&room, Duration::from_secs(30), [invokes(texts(name))]))
        .collect();
    for (name, process) in processes.into_iter().enumerate() {
        let outcomes = process.rest().await;
        let outcomes: Vec<_> = outcomes
            .iter()
            .filter(|said| !matches!(said, Said::Begins(_)))
            .collect();
        assert_eq!(outcomes.len(), EACH);
        for (text, outcome) in texts(name).zip(outcomes) {
            let Said::Done { said, done } = outcome else {
                panic!("{outcome:?}");
            };
            assert_eq!((&said[..], done.last()), (&[text.clone()][..], Some(&text)));
        }
    }
    let graph = graph(&room).await;
    let order = order(&all_done(&graph).await);
    assert_eq!(
        room.folder().book().len(),
        2 * 4 * EACH,
        "each was done once"
    );
    for name in 0..4 {
        let of_one = order
            .iter()
            .filter(|text| text.starts_with(&format!("{name}.")));
        assert!(of_one.cloned().eq(texts(name)), "{order:?}");
    }
    assert!(graph.thread("t").inbox().await.unwrap().is_empty());
}

#[tokio::test]
async fn what_waits_is_run_in_the_order_in_which_it_was_acknowledged() {
    let room = Room::new();
    let (folder, graph) = (room.folder(), graph(&room).await);
    folder.shut("first");
    let holder = Process::start(&room, LEASE, [invokes(["first".to_owned()])]);
    folder.until("at first").await;
    let mut expected = vec!["first".to_owned()];
    let mut waiting = Vec::new();
    for number in 0..4 {
        let text = format!("next {number}");
        let job = if number % 2 == 0 {
            invokes([text.clone()])
        } else {
            Job::Enqueue {
                texts: vec![text.clone()],
            }
        };
        waiting.push(Process::start(&room, LEASE, [job]));
        let thread = graph.thread("t");
        let lined_up = async || thread.inbox().await.unwrap().len() == number + 1;
        until(lined_up).await;
        expected.push(text);
    }
    folder.open("first");
    for process in waiting {
        process.rest().await;
    }
    holder.rest().await;
    let thread = graph.thread("t");
    let worked_off = async || {
        thread.work().await.unwrap();
        all_done(&graph).await.len() == 2 * expected.len()
    };
    until(worked_off).await;
    assert_eq!(all_done(&graph).await, done(&expected));
}

#[tokio::test]
async fn whoever_is_killed_what_was_acknowledged_is_run_once_and_in_order() {
    let room = Room::new();
    let (folder, graph) = (room.folder(), graph(&room).await);
    folder.shut("held");
    let mut holder = Process::start(&room, LEASE, [invokes(["held".to_owned()])]);
    assert!(matches!(holder.next().await, Some(Said::Begins(_))));
    folder.until("at held").await;
    // One who is killed while it waits, and one who waits on.
    let gone = Process::start(&room, LEASE, [invokes(["gone".to_owned()])]);
    let thread = graph.thread("t");
    let lined_up = async |count: usize| thread.inbox().await.unwrap().len() == count;
    until(|| lined_up(1)).await;
    let stays = Process::start(&room, LEASE, [invokes(["stays".to_owned()])]);
    until(|| lined_up(2)).await;
    gone.kill().await;
    holder.kill().await;
    folder.open("held");
    let said = stays.rest().await;
    let Some(Said::Done {
        said: own,
        done: all,
    }) = said.last()
    else {
        panic!("{said:?}");
    };
    assert_eq!(own, &["stays"]);
    assert_eq!(all, &done(["held", "gone", "stays"]));
}

/// Workers are killed at whatever they are in the middle of, again and again.
#[tokio::test]
async fn workers_that_are_killed_at_random_lose_nothing_and_repeat_nothing() {
    const INPUTS: usize = 24;
    let room = Room::new();
    let graph = graph(&room).await;
    let thread = graph.thread("t");
    let texts: Vec<_> = (0..INPUTS).map(|number| format!("n{number}")).collect();
    let mut ids = Vec::new();
    for text in &texts {
        ids.push(thread.invoke(say(text)).enqueue().await.unwrap());
    }
    let short = Duration::from_millis(400);
    for round in 0..6 {
        let worker = Process::start(&room, short, [Job::Work]);
        // As soon as it has done a little more than the one before it.
        let enough = async || all_done(&graph).await.len() > 2 + 6 * round;
        until(enough).await;
        worker.kill().await;
    }
    let last = async || {
        graph.thread("t").work().await.unwrap();
        all_done(&graph).await.len() == 2 * INPUTS
    };
    until(last).await;
    assert_eq!(all_done(&graph).await, done(&texts));
    for (id, text) in ids.into_iter().zip(&texts) {
        let output = thread.outcome(id).await.unwrap().unwrap().done().unwrap();
        assert_eq!(&output.said[..], std::slice::from_ref(text));
    }
}

#[tokio::test]
async fn a_process_stops_the_run_of_another_one_and_goes_on_there_or_before_it() {
    for (busy, expected) in [
        (Busy::Cancel, vec!["take a", "a", "take b", "b+c"]),
        (Busy::Rollback, vec!["take a", "a", "take c", "c"]),
    ] {
        let room = Room::new();
        let (folder, graph) = (room.folder(), graph(&room).await);
        graph.thread("t").invoke(say("a")).await.unwrap();
        folder.shut("b");
        let holder = Process::start(&room, LEASE, [invokes(["b".to_owned()])]);
        folder.until("at b").await;
        let job = Job::Invoke {
            texts: vec!["c".to_owned()],
            busy,
        };
        let said = Process::start(&room, LEASE, [job]).rest().await;
        let Some(Said::Done { done, .. }) = said.last() else {
            panic!("{said:?}");
        };
        assert_eq!(done, &expected);
        let said = holder.rest().await;
        assert!(
            matches!(said.last(), Some(Said::Failed(kind, _)) if kind == "Cancelled"),
            "{said:?}"
        );
        assert!(graph.thread("t").inbox().await.unwrap().is_empty());
    }
}

#[tokio::test]
async fn a_dead_process_is_stopped_by_the_end_of_its_lease() {
    for (busy, expected) in [
        (Busy::Cancel, vec!["take a", "a", "take b", "b+c"]),
        (Busy::Rollback, vec!["take a", "a", "take c", "c"]),
    ] {
        let room = Room::new();
        let (folder, graph) = (room.folder(), graph(&room).await);
        graph.thread("t").invoke(say("a")).await.unwrap();
        folder.shut("b");
        let holder = Process::start(&room, LEASE, [invokes(["b".to_owned()])]);
        folder.until("at b").await;
        holder.kill().await;
        let run = graph.thread("t").invoke(say("c")).if_busy(busy);
        assert_eq!(run.await.unwrap().done().unwrap().done, expected);
    }
}
