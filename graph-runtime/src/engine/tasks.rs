//! Running what is ready: one task in place, several together.

use std::future::{Future, poll_fn};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

use futures_core::Stream;
use futures_util::stream::FuturesUnordered;

use super::failures::{Failed, Failures};
use super::journal::Journal;
use super::keeping::{Keeping, Kept};
use super::past::Past;
use super::watch::Watch;
use crate::definition::{Call, Ended, GraphNode, StateGraph};
use crate::error::{Error, NodeError, OfItem, OfThread};
use crate::event::{Event, Kind, Listener};
use crate::frontier::{Activation, Frontier};
use crate::id::MomentId;
use crate::meter;
use crate::moment::thread_text;
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

/// Why the only task of a step hasn't ended. It is handed on in a box: what is rare isn't to make every result large.
pub(crate) enum Unfinished {
    Failed(NodeError),
    Stopped(Stop),
}

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
        &'a self,
        activation: &'a Activation<G>,
        number: u32,
        attempt: u32,
    ) -> Call<'a, G> {
        let batch = activation.batch.as_ref();
        Call {
            node: activation.node,
            item: batch.map(|batch| (&batch.items, number as usize)),
            state: self.state,
            context: self.context,
            stage: self,
            activation,
            number,
            attempt,
            pulse: None,
        }
    }

    pub(super) fn tell_started(&self, node: G::Node, item: Option<u32>) {
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
        stop.into_error(OfThread(self.thread()))
    }

    /// The thread as errors call it, where there is one.
    pub(super) fn thread(&self) -> Option<String> {
        self.ties.thread.as_ref().map(thread_text)
    }

    /// What a failure is to the whole run.
    pub(super) fn error(&self, activation: &Activation<G>, item: u32, source: NodeError) -> Error {
        let thread = OfThread(self.thread());
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
        &'a self,
        activation: &'a Activation<G>,
    ) -> Result<Ended<G>, Box<Unfinished>> {
        let node = activation.node;
        self.tell_started(node, None);
        let span = self.span(activation, None);
        let timed = meter::Timed::begin();
        let mut task = pin!(G::call(self.call(activation, 0, 1)));
        let polled = poll_fn(|cx| match span.in_scope(|| caught(task.as_mut(), cx)) {
            Poll::Ready(result) => Poll::Ready(result.map_err(Unfinished::Failed)),
            Poll::Pending => (self.stopping.poll(cx)).map(|stop| Err(Unfinished::Stopped(stop))),
        });
        let result = polled.await.map_err(Box::new);
        let told = match result.as_ref().map_err(|unfinished| &**unfinished) {
            Ok(ended) => Ok(ended),
            Err(Unfinished::Failed(source)) => Err(source),
            Err(Unfinished::Stopped(_)) => return result,
        };
        meter::node(G::ID, node.name(), timed);
        if self.listener.listens() {
            self.tell_ended(node, None, told);
        }
        if let Err(source) = told {
            self.watch.failed(&span, node.name(), source, 1);
        }
        result
    }

    /// Runs the tasks of a step together. All of them end, whatever becomes of the others, unless siblings are to be
    /// cancelled; what finished is kept before a failure is reported.
    pub(crate) async fn run_all(
        &'a self,
        frontier: &'a Frontier<G>,
        kept: &Kept,
        finished: &mut Vec<Finished<G>>,
        failures: &mut Failures,
        journal: Option<&mut Journal>,
    ) -> Result<(), Error> {
        let mut lanes = self.lanes(frontier, kept, finished, failures)?;
        let mut running = FuturesUnordered::new();
        for lane in 0..lanes.len() {
            let width = lanes[lane].at_once;
            running.extend((0..width).map_while(|_| self.start(frontier, &mut lanes, lane)));
        }
        let mut keeping = Keeping::after(finished, failures, journal);
        loop {
            let is_behind = keeping.is_behind(finished, failures);
            let polled = poll_fn(|cx| match pin!(&mut running).poll_next(cx) {
                Poll::Pending if is_behind => Poll::Ready(Polled::Quiet),
                Poll::Pending => {
                    if let Poll::Ready(arrived) = keeping.poll_settled(cx) {
                        self.listener.stored(arrived);
                    }
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
                    keeping.keep(frontier, finished, failures).await?;
                    if self.listener.holds() {
                        keeping.settle();
                    }
                }
                Polled::Stopped(stop) => {
                    keeping.keep(frontier, finished, failures).await?;
                    return Err(self.stopped_by(stop));
                }
                Polled::Over => break,
            }
        }
        drop(running);
        if failures.is_fatal() {
            keeping.keep(frontier, finished, failures).await?;
        }
        if let Some(Failed { place, item, fault }) = failures.settle() {
            return Err(self.error(&frontier.active[place], item, fault.source));
        }
        finished.sort_by_key(|task| (task.place, task.item));
        Ok(())
    }

    #[inline]
    pub(super) fn span(&self, activation: &Activation<G>, item: Option<u32>) -> tracing::Span {
        self.watch
            .node(activation.node.name(), activation.id, item, || {
                self.attempts_before(activation) + 1
            })
    }

    /// How often earlier runs have begun the turn, as far as that is known.
    pub(crate) fn attempts_before(&self, activation: &Activation<G>) -> u32 {
        self.past.attempts(activation.id)
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
