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

use super::failures::{Failed, Failures, Fault};
use super::journal::Journal;
use super::past::Past;
use super::watch::Watch;
use crate::checkpointer::{WriteKey, WriteKind};
use crate::definition::{BoxFuture, Call, Ended, GraphNode, StateGraph, Turn};
use crate::error::{Error, NodeError, OfItem, OfThread};
use crate::event::{Event, Kind, Listener};
use crate::frontier::{Activation, Frontier};
use crate::id::{ActivationId, MomentId};
use crate::meter;
use crate::run::Ties;
use crate::setting::{Setting, Siblings};
use crate::stop::{Stop, Stopping};
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
    pub(crate) stopping: &'a Stopping,
    pub(crate) watch: &'a Watch,
    pub(crate) setting: &'a Setting<G>,
    pub(crate) past: &'a Past,
    pub(crate) answers: &'a Answers,
    pub(crate) step: u64,
    pub(crate) head: Option<MomentId>,
}

#[expect(
    clippy::expl_impl_clone_on_copy,
    reason = "a derive would ask it of the graph"
)]
impl<G: StateGraph> Clone for Stage<'_, G> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<G: StateGraph> Copy for Stage<'_, G> {}

impl<'a, G: StateGraph> Stage<'a, G> {
    pub(super) fn call(
        &self,
        activation: &'a Activation<G>,
        item: u32,
        attempt: u32,
    ) -> Call<'a, G> {
        let batch = activation.batch.as_ref();
        Call {
            node: activation.node,
            item: batch.map(|batch| (&batch.items, item as usize)),
            state: self.state,
            context: self.context,
            ties: self.ties,
            listener: self.listener,
            turn: Turn {
                node: activation.node.name(),
                activation: activation.id,
                item: batch.map(|_| item),
                step: self.step,
                attempt: self.attempts_before(activation) + attempt,
                head: self.head,
            },
            answers: self.answers,
            failures: activation.failures.as_ref(),
            pulse: None,
        }
    }

    fn tell_started(&self, node: G::Node, item: Option<u32>) {
        self.listener.tell(Kind::Tasks, || Event::Started {
            node,
            item,
            step: self.step,
        });
    }

    fn tell_ended(&self, node: G::Node, item: Option<u32>, result: Result<&Ended<G>, &NodeError>) {
        let (listener, step) = (self.listener, self.step);
        match result {
            Ok(Ended::Waits(_)) => {
                listener.tell(Kind::Tasks, || Event::Waiting { node, item, step });
            }
            Ok(_) => listener.tell_stored(Kind::Tasks, || Event::Finished { node, item, step }),
            Err(error) => listener.tell(Kind::Tasks, || Event::Failed {
                node,
                item,
                step,
                error: error.to_string(),
            }),
        }
    }

    /// The error of a run that was told to stop. Its tasks on other threads hear of it at once.
    fn stopped_by(&self, stop: Stop) -> Error {
        self.ties.cancel();
        let thread = self.ties.thread.as_ref().map(crate::moment::thread_text);
        stop.into_error(OfThread(thread))
    }

    /// What a failure is to the whole run.
    pub(super) fn error(&self, activation: &Activation<G>, item: u32, source: NodeError) -> Error {
        let thread = OfThread(self.ties.thread.as_ref().map(crate::moment::thread_text));
        let (node, item) = (activation.node.name(), OfItem(activation.item(item)));
        match source {
            NodeError::OutcomeUnknown => Error::OutcomeUnknown { thread, node, item },
            source => Error::Node {
                thread,
                node,
                item,
                step: self.step,
                source,
            },
        }
    }

    /// Runs the only task of a step where it is, without a box. Nothing is done about it beside.
    pub(crate) async fn run_one(
        &self,
        activation: &'a Activation<G>,
    ) -> Result<Result<Ended<G>, Failed>, Error> {
        let node = activation.node;
        self.tell_started(node, None);
        let span = self.span(activation, None);
        let timed = meter::Timed::begin();
        let mut task = pin!(G::call(self.call(activation, 0, 1)));
        let task = poll_fn(|cx| span.in_scope(|| caught(task.as_mut(), cx)));
        let result = self.stopping.or(task).await;
        let result = result.map_err(|stop| self.stopped_by(stop))?;
        meter::node(G::ID, node.name(), timed);
        self.tell_ended(node, None, result.as_ref());
        Ok(result.map_err(|source| {
            self.watch.failed(&span, node.name(), &source, 1);
            Failed {
                place: 0,
                item: 0,
                fault: Fault::of(source, 1),
            }
        }))
    }

    /// Runs the tasks of a step together. All of them end, whatever becomes of the others, unless siblings are to be
    /// cancelled; what finished is kept before a failure is reported.
    pub(crate) async fn run_all(
        &self,
        frontier: &'a Frontier<G>,
        kept: &Kept,
        finished: &mut Vec<Finished<G>>,
        failures: &mut Failures,
        mut journal: Option<&mut Journal>,
    ) -> Result<(), Error> {
        let mut lanes = self.lanes(frontier, kept, finished)?;
        let mut running = FuturesUnordered::new();
        for lane in 0..lanes.len() {
            let width = lanes[lane].at_once;
            running.extend((0..width).map_while(|_| self.start(frontier, &mut lanes, lane)));
        }
        // What comes before this is stored already, or handed over.
        let mut stored = finished.len();
        let mut settling = Settling::new(finished.len());
        loop {
            let keeping = journal.is_some() && stored < finished.len();
            let polled = poll_fn(|cx| match pin!(&mut running).poll_next(cx) {
                Poll::Pending if keeping => Poll::Ready(Polled::Quiet),
                Poll::Pending => {
                    settling.poll(cx, |count| self.listener.stored(count));
                    self.stopping.poll(cx).map(Polled::Stopped)
                }
                Poll::Ready(Some(task)) => Poll::Ready(Polled::Ended(task)),
                Poll::Ready(None) => Poll::Ready(Polled::Over),
            });
            match polled.await {
                Polled::Ended((lane, item, result)) => {
                    running.extend(self.start(frontier, &mut lanes, lane));
                    let place = lanes[lane].place;
                    let activation = &frontier.active[place];
                    let of_item = activation.item(item);
                    let told = result.as_ref().map_err(|fault| &fault.source);
                    self.tell_ended(activation.node, of_item, told);
                    match result {
                        Ok(ended) => finished.push(Finished { place, item, ended }),
                        Err(fault) => failures.add(activation, Failed { place, item, fault }),
                    }
                    if failures.is_fatal() && self.setting.siblings == Siblings::Cancel {
                        break;
                    }
                }
                Polled::Quiet => {
                    keep(frontier, &finished[stored..], journal.as_deref_mut()).await?;
                    stored = finished.len();
                    if self.listener.holds()
                        && let Some(journal) = &journal
                    {
                        settling.begin(Box::pin(journal.settled()), stored);
                    }
                }
                Polled::Stopped(stop) => {
                    keep(frontier, &finished[stored..], journal).await?;
                    return Err(self.stopped_by(stop));
                }
                Polled::Over => break,
            }
        }
        drop(running);
        if let Some(Failed { place, item, fault }) = failures.settle() {
            keep(frontier, &finished[stored..], journal).await?;
            return Err(self.error(&frontier.active[place], item, fault.source));
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
                let of_item = activation.item(item);
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
                    self.listener.tell(Kind::Tasks, || Event::Kept {
                        node: activation.node,
                        item: of_item,
                        step: self.step,
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
    ) -> Option<impl Future<Output = (usize, u32, Result<Ended<G>, Fault>)> + use<'a, G>> {
        let item = lanes[lane].next()?;
        let activation = &frontier.active[lanes[lane].place];
        let (node, of_item) = (activation.node, activation.item(item));
        self.tell_started(node, of_item);
        let (watch, timed) = (self.watch, meter::Timed::begin());
        let span = self.span(activation, of_item);
        let mut task = self.task(activation, item);
        #[cfg(feature = "testing")]
        let mut shuffle = (self.setting.shuffle)
            .map(|seed| crate::testing::Shuffle::new(seed, self.step, node.index(), item));
        Some(poll_fn(move |cx| {
            #[cfg(feature = "testing")]
            if shuffle.as_mut().is_some_and(|shuffle| shuffle.holds(cx)) {
                return Poll::Pending;
            }
            let polled = span.in_scope(|| task.poll(cx));
            polled.map(|result| {
                meter::node(G::ID, node.name(), timed);
                if let Err(Fault { source, attempts }) = &result {
                    watch.failed(&span, node.name(), source, *attempts);
                }
                (lane, item, result)
            })
        }))
    }

    fn task(&self, activation: &'a Activation<G>, item: u32) -> Task<'a, G> {
        match self.setting.policies.get(activation.node.index()) {
            None => Task::Plain(G::call_boxed(self.call(activation, item, 1))),
            Some(policy) => Task::Guarded(Box::pin(self.run_or_look_up(activation, item, policy))),
        }
    }

    fn span(&self, activation: &Activation<G>, item: Option<u32>) -> tracing::Span {
        let attempt = self.attempts_before(activation) + 1;
        self.watch
            .node(activation.node.name(), activation.id, item, attempt)
    }

    /// How often earlier runs have begun the turn, as far as that is known.
    pub(super) fn attempts_before(&self, activation: &Activation<G>) -> u32 {
        self.past.attempts(activation.id)
    }
}

/// One task of several.
enum Task<'a, G: StateGraph> {
    /// Nothing is done about it beside running it.
    Plain(BoxFuture<'a, Result<Ended<G>, NodeError>>),
    Guarded(BoxFuture<'a, Result<Ended<G>, Fault>>),
}

impl<G: StateGraph> Task<'_, G> {
    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<Result<Ended<G>, Fault>> {
        match self {
            Self::Plain(task) => caught(task.as_mut(), cx).map_err(|source| Fault::of(source, 1)),
            Self::Guarded(task) => task.as_mut().poll(cx),
        }
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
    /// Somebody has stopped the run.
    Stopped(Stop),
    Over,
}

/// Results that are on their way to the store, and told of when they have arrived.
struct Settling {
    under_way: Option<(BoxFuture<'static, ()>, usize)>,
    /// How many results were told of.
    told: usize,
}

impl Settling {
    fn new(told: usize) -> Self {
        Self {
            under_way: None,
            told,
        }
    }

    /// So many results in all have arrived when `settled` is ready.
    fn begin(&mut self, settled: BoxFuture<'static, ()>, count: usize) {
        self.under_way = Some((settled, count));
    }

    fn poll(&mut self, cx: &mut Context<'_>, tell: impl FnOnce(usize)) {
        if let Some((settled, count)) = &mut self.under_way
            && settled.as_mut().poll(cx).is_ready()
        {
            tell(*count - self.told);
            self.told = *count;
            self.under_way = None;
        }
    }
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
            let item = activation.item(task.item);
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
pub(super) fn caught<T>(
    task: Pin<&mut (impl Future<Output = Result<T, NodeError>> + ?Sized)>,
    cx: &mut Context<'_>,
) -> Poll<Result<T, NodeError>> {
    match catch_unwind(AssertUnwindSafe(|| task.poll(cx))) {
        Ok(polled) => polled,
        Err(payload) => Poll::Ready(Err(NodeError::from_panic(&*payload))),
    }
}
