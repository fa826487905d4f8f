//! The one engine: everything that runs a graph, with and without a checkpointer, streamed or not, is here.

mod advance;
mod answer;
mod aside;
mod attempt;
mod backlog;
mod begin;
mod branch;
mod busy;
mod child;
mod durability;
mod envelope;
mod failures;
mod hold;
mod journal;
mod keeping;
mod lanes;
mod lease;
mod line;
mod lookup;
mod nest;
mod note;
mod parts;
mod past;
mod pause;
mod registry;
mod request;
mod requeue;
mod taken;
mod tasks;
mod wake;
mod watch;
mod writer;

use std::collections::HashSet;
use std::mem::take;
use std::sync::Arc;

pub(crate) use answer::{asked, open_questions, question};
pub(crate) use aside::Aside;
pub(crate) use begin::{Request, run, run_thread, set_by_hand};
pub use busy::Busy;
pub use child::{Nesting, Returned, subgraph};
pub use durability::Durability;
pub use envelope::read_within;
pub use line::Queued;
pub(crate) use line::{discard, enqueue, outcome, waiting, work};
pub(crate) use nest::Nest;
pub(crate) use registry::Registry;
pub(crate) use request::{ByHand, Command, Home, Origin};
pub use requeue::Nested;
pub(crate) use requeue::requeue;
pub(crate) use tasks::Stage;

use crate::checkpointer::Source;
use crate::definition::{Ended, GraphNode, Next, StateGraph};
use crate::error::{Error, OfThread};
use crate::event::{Event, Kind, Listener};
use crate::failure::Failure;
use crate::frontier::{Activation, Frontier, Slots};
use crate::id::{ActivationId, MomentId, Timestamp};
use crate::moment::Left;
use crate::outcome::{Done, Outcome};
use crate::run::Ties;
use crate::setting::Setting;
use crate::state::Change;
use crate::stop::{Stop, Stopping};
use crate::waiting::Answers;
use advance::Turnover;
use branch::Departure;
use failures::{Failed, Failures, Fault};
use journal::Journal;
use keeping::Kept;
use past::Past;
use tasks::{Finished, Unfinished};
use watch::Watch;

/// A run under way.
pub(crate) struct Engine<G: StateGraph> {
    context: Arc<G::Context>,
    state: Arc<G>,
    frontier: Frontier<G>,
    change: Change,
    journal: Option<Journal>,
    ties: Cancelling<G::Emit>,
    listener: Listener<G>,
    stopping: Stopping,
    watch: Watch,
    setting: Setting<G>,
    /// What an earlier run has finished of the step that is next.
    kept: Kept,
    answers: Answers,
    /// Node turns at which the run has paused, and nobody has gone past.
    pauses: HashSet<ActivationId>,
    /// Node turns whose pause somebody has gone past.
    passed: HashSet<ActivationId>,
    /// The node turns that the thread stands at as they are stored, whether or not they could be read.
    turns: Vec<ActivationId>,
    /// The branch that is to begin, until it has.
    departure: Option<Box<Departure>>,
    went_on: bool,
    past: Past,
    /// How the run has ended that an input goes on with, until that is noted.
    left: Option<Left>,
    /// Whether turns of an earlier run are ready.
    resumes: bool,
    /// Ready turns that an earlier run has paused at, and so not begun.
    unbegun: HashSet<ActivationId>,
    /// Turns of an earlier run that this one has begun again.
    begun: Vec<ActivationId>,
    /// Moments of a run without a checkpointer, which have no ids of their own.
    counted: u64,
    next: Next<G>,
    finished: Vec<Finished<G>>,
    failures: Failures,
    turnover: Turnover<G>,
    /// The joins' slots as the last moment has them.
    noted_slots: Slots,
    /// The failures that wait at joins, as the last moment has them.
    noted_failures: Vec<(usize, Failure)>,
}

/// Tells tasks on other threads when the run is over, however it ends.
struct Cancelling<E>(Arc<Ties<E>>);

impl<E> Drop for Cancelling<E> {
    fn drop(&mut self) {
        self.0.cancel();
    }
}

/// Why no further step is taken.
enum Stopped<G: StateGraph> {
    AtEnd,
    Paused {
        before: Vec<G::Node>,
        after: Vec<G::Node>,
    },
}

impl<G: StateGraph> Engine<G> {
    /// Takes steps until nothing is active, somebody has to answer, or something fails.
    pub(crate) async fn drive(mut self) -> Result<Outcome<G>, Error> {
        let stopped = self.settle().await;
        match self.let_go(stopped).await? {
            Stopped::AtEnd => Ok(self.into_done()),
            Stopped::Paused { before, after } => self.into_pause(before, after),
        }
    }

    /// The same, with everything stored in the end.
    async fn settle(&mut self) -> Result<Stopped<G>, Error> {
        let stopped = match self.begin_again_at_turns().await {
            Ok(()) => self.steps().await,
            Err(error) => Err(error),
        };
        let stopped = self.end_turns(stopped).await;
        // Whatever was handed to the writer is part of how the run ends, also of a failure.
        let flushed = self.flush().await;
        match (stopped, flushed) {
            (Err(error @ Error::Store { .. }), _) | (Err(error), Ok(())) => Err(error),
            // A node that waited for the writer fails with it, and is not the cause.
            (_, Err(failure)) => Err(failure),
            (Ok(stopped), Ok(())) => Ok(stopped),
        }
    }

    /// Leaves the thread to others.
    async fn let_go(&self, stopped: Result<Stopped<G>, Error>) -> Result<Stopped<G>, Error> {
        let Some(journal) = &self.journal else {
            return stopped;
        };
        let cancelled = matches!(stopped, Err(Error::Cancelled { .. }));
        if cancelled && journal.is_taken_over() {
            return Err(Error::TakenOver {
                thread: self.thread(),
            });
        }
        if !cancelled {
            journal.ended();
        }
        journal.release().await;
        stopped
    }

    // What is rare is a call of its own; what every step does is here or synchronous, because each future that
    // is awaited costs about as much as a whole small step.
    async fn steps(&mut self) -> Result<Stopped<G>, Error> {
        let mut taken = 0;
        loop {
            if !self.goes_straight_on()
                && let Some(stopped) = self.stopped().await?
            {
                return Ok(stopped);
            }
            if taken == self.setting.step_limit {
                return Err(Error::StepLimit {
                    thread: self.of_thread(),
                    limit: taken,
                });
            }
            if let Some(stop) = self.stopping.between_steps() {
                return Err(self.stopped_by(stop));
            }
            taken += 1;
            self.watch.begin_step(self.next_step());
            let ended = match self.frontier.active.as_slice() {
                [only] if only.is_plain() && self.kept.is_empty() && self.is_left_alone(only) => {
                    match self.stage().run_one(only).await {
                        Ok(ended) => Some(ended),
                        Err(unfinished) => {
                            self.end_unfinished(*unfinished)?;
                            None
                        }
                    }
                }
                _ => {
                    self.run_ready().await?;
                    None
                }
            };
            let (moment, now) = match ended {
                Some(Ended::Update(update)) => self.take_one(update)?,
                ended => self.take_several(ended).await?,
            };
            if self.journal.is_some() {
                self.note(moment, now, Source::Step).await?;
            }
            self.ties.0.notes.forget(&self.turnover.ended);
            self.watch.end_step(moment);
            if self.listener.listens() {
                self.tell_step(moment);
                // Whoever stops the run stops the waiting; the next turn of the loop says how it ends.
                let _ = self.stopping.or(self.listener.heard()).await;
            }
            if !self.setting.pause_after.is_empty()
                && let Some(stopped) = self.stopped_after().await?
            {
                return Ok(stopped);
            }
        }
    }

    /// Takes whatever a step has come to, beside the most common case: what its only node has set.
    async fn take_several(
        &mut self,
        only: Option<Ended<G>>,
    ) -> Result<(MomentId, Timestamp), Error> {
        if !self.failures.taken_on.is_empty() {
            // A node that failed with the store is no node that failed.
            self.flush().await?;
        }
        self.take_step(only)
    }

    /// Whether nothing is done about the node beside running it.
    fn is_left_alone(&self, only: &Activation<G>) -> bool {
        self.setting.policies.get(only.node.index()).is_none()
    }

    /// What becomes of the only node's turn that hasn't ended: its failure is taken on, or the run ends with it.
    #[cold]
    fn end_unfinished(&mut self, unfinished: Unfinished) -> Result<(), Error> {
        let source = match unfinished {
            Unfinished::Failed(source) => source,
            Unfinished::Stopped(stop) => return Err(self.stopped_by(stop)),
        };
        self.finished.clear();
        self.failures.clear();
        let only = &self.frontier.active[0];
        let failed = Failed {
            place: 0,
            item: 0,
            fault: Fault::of(source, 1),
        };
        self.failures.add(only, failed);
        match self.failures.settle() {
            Some(Failed { item, fault, .. }) => Err(self.stage().error(only, item, fault.source)),
            None => Ok(()),
        }
    }

    /// By far the most common case: one node, which is ready.
    fn goes_straight_on(&self) -> bool {
        matches!(self.frontier.active.as_slice(), [only] if !only.is_waiting())
            && self.setting.pause_before.is_empty()
            && self.pauses.is_empty()
    }

    /// Whether the run is over or has to wait, before the next step.
    async fn stopped(&mut self) -> Result<Option<Stopped<G>>, Error> {
        if self.frontier.active.is_empty() {
            return self.over().map(Some);
        }
        self.attend().await?;
        if !self.has_work() {
            return Ok(Some(Stopped::Paused {
                before: Vec::new(),
                after: Vec::new(),
            }));
        }
        let before = self.held_before();
        if before.is_empty() {
            return Ok(None);
        }
        self.remember_pause().await?;
        Ok(Some(Stopped::Paused {
            before,
            after: Vec::new(),
        }))
    }

    /// An end at which a join still waits is none of a proved graph: the thread comes from another version.
    fn over(&self) -> Result<Stopped<G>, Error> {
        let topology = G::topology();
        match self.frontier.slots.waiting(topology) {
            None => Ok(Stopped::AtEnd),
            Some(join) => Err(Error::GraphChanged {
                thread: self.thread(),
                what: format!(
                    "nothing leads to the rest of `{}` any more",
                    topology.join_text(join)
                ),
            }),
        }
    }

    /// The thread as errors call it; nothing where there is none.
    fn thread(&self) -> String {
        self.journal
            .as_ref()
            .map(Journal::thread)
            .unwrap_or_default()
    }

    fn next_step(&self) -> u64 {
        self.journal.as_ref().map_or(self.counted, Journal::step) + 1
    }

    fn stage(&self) -> Stage<'_, G> {
        let head = self.journal.as_ref().and_then(Journal::head);
        self.stage_at(self.next_step(), head)
    }

    fn stage_at(&self, step: u64, head: Option<MomentId>) -> Stage<'_, G> {
        Stage {
            state: &self.state,
            context: &self.context,
            ties: &self.ties.0,
            listener: &self.listener,
            stopping: &self.stopping,
            watch: &self.watch,
            setting: &self.setting,
            past: &self.past,
            answers: &self.answers,
            step,
            head,
        }
    }

    async fn run_ready(&mut self) -> Result<(), Error> {
        let (step, head) = (
            self.next_step(),
            self.journal.as_ref().and_then(Journal::head),
        );
        // Taken out, so that the tasks may look at everything else.
        let (mut finished, mut failures) = (take(&mut self.finished), take(&mut self.failures));
        let mut journal = self.journal.take();
        finished.clear();
        failures.clear();
        let stage = self.stage_at(step, head);
        let ran = stage
            .run_all(
                &self.frontier,
                &self.kept,
                &mut finished,
                &mut failures,
                journal.as_mut(),
            )
            .await;
        (self.journal, self.finished, self.failures) = (journal, finished, failures);
        ran
    }

    /// The error of a run that was told to stop.
    fn stopped_by(&self, stop: Stop) -> Error {
        self.ties.0.cancel();
        stop.into_error(self.of_thread())
    }

    fn into_done(self) -> Outcome<G> {
        let moment = self.journal.as_ref().and_then(Journal::head);
        // Mostly the only hold on the state; a task on another thread that was told to stop may have one too.
        let output = Arc::unwrap_or_clone(self.state).into_output();
        Outcome::Done(Done {
            output,
            moment,
            went_on: self.went_on,
        })
    }

    async fn flush(&mut self) -> Result<(), Error> {
        match &mut self.journal {
            Some(journal) => journal.flush().await,
            None => Ok(()),
        }
    }

    fn of_thread(&self) -> OfThread {
        OfThread(self.journal.as_ref().map(Journal::thread))
    }
}
