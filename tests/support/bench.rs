//! Where nodes work as a test tells them to: they fail, panic, hang, take their time.

use std::collections::{HashMap, VecDeque};
use std::error::Error as StdError;
use std::fmt;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use graph_runtime::{Checkpointer, Event, Permanent, Run, StateGraph, Thread, ThreadKey, Write};
use tokio::time::sleep;

/// What a node does when its turn comes.
#[derive(Clone, Copy, Debug)]
pub enum Act {
    /// Returns an error with this text.
    Fail(&'static str),
    /// Returns an error that is [`Permanent`].
    Stay,
    /// Returns an error behind which a [`Lasting`] lies.
    Last,
    Panic,
    /// Never ends.
    Hang,
    /// Ends after so many milliseconds.
    Take(u64),
    /// Shows signs of life so many times, each after so many milliseconds.
    Beat(u32, u64),
}

/// An error that stays.
#[derive(Debug)]
pub struct Lasting;

impl fmt::Display for Lasting {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("for good")
    }
}

impl StdError for Lasting {}

/// An error of which another one is the cause.
#[derive(Debug)]
struct Outer(Lasting);

impl fmt::Display for Outer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("it can't be done")
    }
}

impl StdError for Outer {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        Some(&self.0)
    }
}

/// Where nodes work.
#[derive(Default)]
pub struct Bench {
    begun: Mutex<Vec<String>>,
    dropped: Mutex<Vec<String>>,
    told: Mutex<HashMap<String, VecDeque<Act>>>,
}

/// Tells when a node's work is dropped before its end.
struct Unfinished<'a>(&'a Bench, Option<String>);

impl Drop for Unfinished<'_> {
    fn drop(&mut self) {
        self.0.dropped.lock().unwrap().extend(self.1.take());
    }
}

impl Bench {
    /// What a node does at its next turns, one after the other; after that it just works.
    pub fn tell(&self, name: &str, acts: impl IntoIterator<Item = Act>) {
        let acts = acts.into_iter().collect();
        self.told.lock().unwrap().insert(name.to_owned(), acts);
    }

    /// Which turns have begun, each with its item and its attempt.
    pub fn begun(&self) -> Vec<String> {
        self.begun.lock().unwrap().clone()
    }

    /// Which were dropped before their end.
    pub fn dropped(&self) -> Vec<String> {
        self.dropped.lock().unwrap().clone()
    }

    /// A node's turn: its name and item.
    pub async fn work(&self, run: &Run) -> Result<String, Box<dyn StdError + Send + Sync>> {
        let item = run.item().map(|item| format!(" {item}"));
        let name = format!("{}{}", run.node(), item.unwrap_or_default());
        let turn = format!("{name} #{}", run.attempt());
        self.begun.lock().unwrap().push(turn.clone());
        let mut unfinished = Unfinished(self, Some(turn));
        let act = self
            .told
            .lock()
            .unwrap()
            .get_mut(&name)
            .and_then(VecDeque::pop_front);
        match act {
            None => {}
            Some(Act::Hang) => std::future::pending().await,
            Some(Act::Take(millis)) => sleep(Duration::from_millis(millis)).await,
            Some(Act::Beat(times, millis)) => {
                for beat in 0..times {
                    sleep(Duration::from_millis(millis)).await;
                    // Both are signs of life.
                    if beat % 2 == 0 {
                        run.heartbeat();
                    } else {
                        run.emit(beat);
                    }
                }
            }
            Some(act) => {
                unfinished.1 = None;
                return Err(match act {
                    Act::Fail(text) => text.into(),
                    Act::Stay => Permanent::new("it stays").into(),
                    Act::Last => Outer(Lasting).into(),
                    _ => panic!("told to"),
                });
            }
        }
        unfinished.1 = None;
        Ok(name)
    }
}

/// What is kept beside the records of thread `t`.
pub async fn writes(saver: &dyn Checkpointer, graph: &str) -> Vec<Write> {
    saver
        .writes(&ThreadKey::new(graph, "t").unwrap())
        .await
        .unwrap()
}

/// The kinds of what is kept beside the records, as text.
pub async fn kinds(saver: &dyn Checkpointer, graph: &str) -> Vec<String> {
    let writes = writes(saver, graph).await;
    writes
        .iter()
        .map(|write| write.key.kind.as_str().to_owned())
        .collect()
}

/// The events of a run, and its error if it has one.
pub async fn events<G: StateGraph>(
    mut stream: graph_runtime::RunStream<G>,
) -> (Vec<Event<G>>, Option<graph_runtime::Error>) {
    let mut heard = Vec::new();
    while let Some(event) = stream.next().await {
        match event {
            Ok(event) => heard.push(event),
            Err(error) => return (heard, Some(error)),
        }
    }
    (heard, None)
}

/// A shared bench.
pub fn bench() -> Arc<Bench> {
    Arc::default()
}

/// The attempts that were told to be tried again, each with its delay in milliseconds.
pub fn retried<G: StateGraph>(events: &[Event<G>]) -> Vec<(Option<u32>, u32, u128)> {
    let retried = events.iter().filter_map(|event| match event {
        Event::Retrying {
            item,
            attempt,
            delay,
            ..
        } => Some((*item, *attempt, delay.as_millis())),
        _ => None,
    });
    retried.collect()
}

/// Lets a run go on until its next node hangs, and drops it there: its process has died.
pub async fn die<G: StateGraph>(run: graph_runtime::Invocation<G>, bench: &Bench) {
    let begun = bench.begun().len();
    let hangs = async {
        while bench.begun().len() == begun {
            sleep(Duration::from_millis(1)).await;
        }
    };
    tokio::select! {
        result = run.into_future() => panic!("it is over: {:?}", result.err()),
        () = hangs => {}
    }
}

/// How many moments a thread has, inputs among them.
pub async fn moments<G: StateGraph>(thread: &Thread<G>) -> usize {
    thread.history().with_inputs().await.unwrap().len()
}
