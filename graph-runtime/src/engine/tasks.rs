//! Running what is ready: one task in place, several together.

use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_util::stream::FuturesUnordered;
use serde_json::value::RawValue;

use super::journal::Journal;
use crate::checkpointer::{WriteKey, WriteKind};
use crate::definition::{Call, Ended, GraphNode, StateGraph, Turn};
use crate::error::{Error, NodeError, OfItem, OfThread};
use crate::event::{Event, Listener};
use crate::frontier::{Activation, Frontier};
use crate::id::ActivationId;
use crate::run::Ties;
use crate::waiting::Answers;

/// How one task ended.
pub(crate) struct Finished<G: StateGraph> {
    /// The activation's place in the frontier.
    pub(crate) place: usize,
    /// The item's index; 0 outside of a `for`.
    pub(crate) item: u32,
    pub(crate) ended: Ended<G>,
}

/// Results of tasks that an earlier run has finished and stored.
pub(crate) type Kept = HashMap<(ActivationId, Option<u32>), Box<RawValue>>;

/// All that tasks share in a step.
pub(crate) struct Stage<'a, G: StateGraph> {
    pub(crate) state: &'a Arc<G>,
    pub(crate) context: &'a Arc<G::Context>,
    pub(crate) ties: &'a Arc<Ties<G::Emit>>,
    pub(crate) listener: &'a Listener<G>,
    pub(crate) answers: &'a Answers,
    pub(crate) step: u64,
}

struct Failed {
    node: &'static str,
    item: Option<u32>,
    source: NodeError,
}

impl<'a, G: StateGraph> Stage<'a, G> {
    fn call(&self, activation: &'a Activation<G>, item: u32) -> Call<'a, G> {
        let batch = activation.batch.as_ref();
        Call {
            node: activation.node,
            item: batch.map(|batch| (&batch.items, item as usize)),
            state: self.state,
            context: self.context,
            ties: self.ties,
            turn: Turn {
                node: activation.node.name(),
                activation: activation.id,
                item: batch.map(|_| item),
                step: self.step,
            },
            answers: self.answers,
        }
    }

    fn tell_started(&self, node: G::Node, item: Option<u32>) {
        self.listener.tell(|| Event::Started {
            node,
            item,
            step: self.step,
        });
    }

    fn tell_ended(&self, node: G::Node, item: Option<u32>, result: Result<&Ended<G>, &NodeError>) {
        self.listener.tell(|| match result {
            Ok(Ended::Waits(_)) => Event::Waiting { node, item },
            Ok(_) => Event::Finished { node, item },
            Err(error) => Event::Failed {
                node,
                item,
                error: error.to_string(),
            },
        });
    }

    fn error(&self, failed: Failed) -> Error {
        let thread = OfThread(self.ties.thread.as_ref().map(crate::moment::thread_text));
        Error::Node {
            thread,
            node: failed.node,
            item: OfItem(failed.item),
            step: self.step,
            source: failed.source,
        }
    }

    /// Runs the only task of a step where it is, without a box.
    pub(crate) async fn run_one(&self, activation: &'a Activation<G>) -> Result<Ended<G>, Error> {
        let node = activation.node;
        self.tell_started(node, None);
        let mut task = pin!(G::call(self.call(activation, 0)));
        let result = poll_fn(|cx| caught(task.as_mut(), cx)).await;
        self.tell_ended(node, None, result.as_ref());
        result.map_err(|source| {
            self.error(Failed {
                node: node.name(),
                item: None,
                source,
            })
        })
    }

    /// Runs the tasks of a step together. All of them end, whatever becomes of the others; what finished is
    /// kept before a failure is reported.
    pub(crate) async fn run_all(
        &self,
        frontier: &'a Frontier<G>,
        kept: &Kept,
        finished: &mut Vec<Finished<G>>,
        mut journal: Option<&mut Journal>,
    ) -> Result<(), Error> {
        let mut lanes = self.lanes(frontier, kept, finished)?;
        let mut running = FuturesUnordered::new();
        for lane in 0..lanes.len() {
            let width = lanes[lane].at_once;
            running.extend((0..width).map_while(|_| self.start(frontier, &mut lanes, lane)));
        }
        // What comes before this is stored already.
        let mut stored = finished.len();
        let mut failed: Vec<(usize, u32, Failed)> = Vec::new();
        loop {
            let keeping = journal.is_some() && stored < finished.len();
            let polled = poll_fn(|cx| match pin!(&mut running).poll_next(cx) {
                Poll::Pending if keeping => Poll::Ready(Polled::Quiet),
                Poll::Pending => Poll::Pending,
                Poll::Ready(Some(task)) => Poll::Ready(Polled::Ended(task)),
                Poll::Ready(None) => Poll::Ready(Polled::Over),
            });
            match polled.await {
                Polled::Ended((lane, item, result)) => {
                    running.extend(self.start(frontier, &mut lanes, lane));
                    let place = lanes[lane].place;
                    let activation = &frontier.active[place];
                    let of_item = activation.batch.as_ref().map(|_| item);
                    self.tell_ended(activation.node, of_item, result.as_ref());
                    match result {
                        Ok(ended) => finished.push(Finished { place, item, ended }),
                        Err(source) => {
                            failed.push((
                                place,
                                item,
                                Failed {
                                    node: activation.node.name(),
                                    item: of_item,
                                    source,
                                },
                            ));
                        }
                    }
                }
                Polled::Quiet => {
                    keep(frontier, &finished[stored..], journal.as_deref_mut()).await?;
                    stored = finished.len();
                }
                Polled::Over => break,
            }
        }
        let first = failed
            .into_iter()
            .min_by_key(|(place, item, _)| (*place, *item));
        if let Some((_, _, first)) = first {
            keep(frontier, &finished[stored..], journal).await?;
            return Err(self.error(first));
        }
        finished.sort_by_key(|task| (task.place, task.item));
        Ok(())
    }

    /// What there is to run, an activation a lane; what an earlier run has finished is not run again.
    fn lanes(
        &self,
        frontier: &Frontier<G>,
        kept: &Kept,
        finished: &mut Vec<Finished<G>>,
    ) -> Result<Vec<Lane>, Error> {
        let mut lanes = Vec::new();
        for (place, activation) in frontier
            .active
            .iter()
            .enumerate()
            .filter(|(_, active)| active.is_running())
        {
            let width = u32::try_from(activation.width()).unwrap_or(u32::MAX);
            let limit = activation.batch.as_ref().and_then(|batch| batch.limit);
            let at_once = limit.unwrap_or(usize::MAX).max(1).min(width as usize);
            let mut lane = Lane {
                place,
                next: 0,
                width,
                skip: Vec::new(),
                at_once,
            };
            if activation.is_waiting() {
                let sleeps = |item: &u32| activation.awake.binary_search(item).is_err();
                lane.skip.extend((0..width).filter(sleeps));
            }
            for item in (0..width).filter(|_| !kept.is_empty()) {
                let of_item = activation.batch.as_ref().map(|_| item);
                if let Some(json) = kept.get(&(activation.id, of_item)) {
                    let update = G::read_update(activation.node, json).map_err(|error| {
                        Error::GraphChanged {
                            thread: self
                                .ties
                                .thread
                                .as_ref()
                                .map(crate::moment::thread_text)
                                .unwrap_or_default(),
                            what: format!(
                                "what node `{}` had set can't be read ({error})",
                                activation.node.name()
                            ),
                        }
                    })?;
                    finished.push(Finished {
                        place,
                        item,
                        ended: Ended::Update(update),
                    });
                    self.listener.tell(|| Event::Kept {
                        node: activation.node,
                        item: of_item,
                    });
                    skip(&mut lane.skip, item);
                }
            }
            lanes.push(lane);
        }
        Ok(lanes)
    }

    /// The next task of a lane.
    fn start(
        &self,
        frontier: &'a Frontier<G>,
        lanes: &mut [Lane],
        lane: usize,
    ) -> Option<impl Future<Output = (usize, u32, Result<Ended<G>, NodeError>)> + use<'a, G>> {
        let item = lanes[lane].next()?;
        let activation = &frontier.active[lanes[lane].place];
        self.tell_started(activation.node, activation.batch.as_ref().map(|_| item));
        let mut task = G::call_boxed(self.call(activation, item));
        Some(poll_fn(move |cx| {
            caught(task.as_mut(), cx).map(|result| (lane, item, result))
        }))
    }
}

/// Adds an item to those that don't run, which are in order.
fn skip(skipped: &mut Vec<u32>, item: u32) {
    if let Err(place) = skipped.binary_search(&item) {
        skipped.insert(place, item);
    }
}

/// The tasks of one activation.
struct Lane {
    place: usize,
    next: u32,
    width: u32,
    skip: Vec<u32>,
    at_once: usize,
}

impl Lane {
    fn next(&mut self) -> Option<u32> {
        while self.next < self.width {
            let item = self.next;
            self.next += 1;
            if self.skip.binary_search(&item).is_err() {
                return Some(item);
            }
        }
        None
    }
}

enum Polled<T> {
    Ended(T),
    /// Nothing moves just now, and there are results to keep.
    Quiet,
    Over,
}

/// Stores the results of tasks whose siblings still run, or failed. A question is found out again.
async fn keep<G: StateGraph>(
    frontier: &Frontier<G>,
    finished: &[Finished<G>],
    journal: Option<&mut Journal>,
) -> Result<(), Error> {
    let Some(journal) = journal else {
        return Ok(());
    };
    let mut writes = Vec::new();
    for task in finished {
        let activation = &frontier.active[task.place];
        if let Ended::Update(update) = &task.ended {
            let body = serde_json::to_vec(update).map_err(|source| Error::Encode {
                what: format!("what node `{}` set", activation.node.name()),
                source,
            })?;
            let item = activation.batch.as_ref().map(|_| task.item);
            writes.push((
                WriteKey {
                    item,
                    ..WriteKey::of_turn(activation.id, WriteKind::Update)
                },
                body,
            ));
        }
    }
    journal.keep(writes).await
}

/// Polls a node; its panic becomes its error. After one the task is dropped and never polled again, so nobody
/// sees what it left half done.
fn caught<T>(
    task: Pin<&mut (impl Future<Output = Result<T, NodeError>> + ?Sized)>,
    cx: &mut Context<'_>,
) -> Poll<Result<T, NodeError>> {
    match catch_unwind(AssertUnwindSafe(|| task.poll(cx))) {
        Ok(polled) => polled,
        Err(payload) => Poll::Ready(Err(NodeError::from_panic(&*payload))),
    }
}
