//! From the results of a step to the next frontier: updates, then routes, then joins.

use std::any::Any;
use std::borrow::Cow;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use graph_topology::NodeKind;
use serde_json::value::RawValue;
use xxhash_rust::xxh3::xxh3_64;

use super::journal::Journal;
use super::tasks::Finished;
use super::{Ended, Engine, Event, Kind};
use crate::checkpointer::WriteKey;
use crate::definition::{GraphNode, Started, StateGraph};
use crate::error::{Error, panic_message};
use crate::failure::Failure;
use crate::frontier::{Activation, Frontier, OpenQuestion};
use crate::id::{ActivationId, MomentId, QuestionId, Timestamp};
use crate::waiting::Answers;

/// What a step turns over. Kept from step to step, so that a step needs no memory of its own.
pub(super) struct Turnover<G: StateGraph> {
    /// The nodes that ran or were answered, in task order.
    pub(super) ran: Vec<G::Node>,
    /// What they are called, once that is put into words.
    pub(super) names: Vec<Cow<'static, str>>,
    pub(super) ended: Vec<ActivationId>,
    /// Activations that wait from now on, or still.
    pub(super) asked: Vec<ActivationId>,
    /// Results of tasks whose siblings wait, to be stored beside the moment.
    pub(super) held: Vec<(WriteKey, Vec<u8>)>,
    /// Turns of graphs within ours, whose answers lie with us, perhaps without our knowing: a time that came there
    /// has answered.
    pub(super) closed: Vec<ActivationId>,
    /// The answers that were taken, with their checksums.
    pub(super) answered: Vec<(QuestionId, u64)>,
    /// Activations that ended by a failure.
    pub(super) failed: Vec<(ActivationId, Failure)>,
}

impl<G: StateGraph> Default for Turnover<G> {
    fn default() -> Self {
        Self {
            ran: Vec::new(),
            names: Vec::new(),
            ended: Vec::new(),
            asked: Vec::new(),
            held: Vec::new(),
            closed: Vec::new(),
            answered: Vec::new(),
            failed: Vec::new(),
        }
    }
}

impl<G: StateGraph> Turnover<G> {
    pub(super) fn clear(&mut self) {
        self.ran.clear();
        self.ended.clear();
        self.asked.clear();
        self.held.clear();
        self.closed.clear();
        self.answered.clear();
        self.failed.clear();
    }

    /// Closes what graphs within a turn have asked before and ask no more: its answers are over with it, but not as
    /// long as the same node in there asks something else, and may be run again.
    pub(super) fn close(
        &mut self,
        turn: ActivationId,
        before: &[OpenQuestion],
        still: &[OpenQuestion],
        answers: &mut Answers,
    ) {
        for open in before.iter().filter(|open| open.id.activation != turn) {
            if still.iter().any(|other| other.id == open.id) {
                continue;
            }
            if let Some(Some(answer)) = answers.remove(&open.id) {
                self.answered.push((open.id.clone(), answer_sum(&answer)));
            }
            let of_node = |other: &OpenQuestion| other.id.activation == open.id.activation;
            if !still.iter().any(of_node) {
                self.ended.push(open.id.activation);
                self.closed.push(open.id.activation);
            }
        }
    }
}

impl<G: StateGraph> Engine<G> {
    /// [`take_step`](Self::take_step) for the only active node.
    pub(super) fn take_one(&mut self, update: G::Update) -> Result<(MomentId, Timestamp), Error> {
        let (moment, now) = self.new_moment();
        self.turnover.clear();
        let Some(Activation { id, node, .. }) = self.frontier.active.pop() else {
            return Ok((moment, now));
        };
        self.turnover.ran.push(node);
        self.turnover.ended.push(id);
        self.listener.tell_stored(Kind::Updates, || Event::Updated {
            node,
            item: None,
            step: self.next_step(),
            update: update.clone(),
        });
        let step = catch_unwind(AssertUnwindSafe(|| {
            let state = Arc::make_mut(&mut self.state);
            state.reset_step(&mut self.change);
            state.apply(update, &mut self.change);
            state.route(Some(node), &mut self.next);
            self.start_next(moment);
        }));
        match step {
            Ok(()) => Ok((moment, now)),
            Err(payload) => Err(self.route_panic(node.name(), &*payload)),
        }
    }

    pub(super) fn route_panic(&self, from: &'static str, payload: &(dyn Any + Send)) -> Error {
        Error::Route {
            thread: self.of_thread(),
            from,
            message: panic_message(payload),
        }
    }

    /// The id and time of the moment that comes next. The clock is read only if it will be stored.
    pub(super) fn new_moment(&mut self) -> (MomentId, Timestamp) {
        if let Some(journal) = &mut self.journal {
            let now = self.setting.clock.now();
            return (journal.first_id().unwrap_or_else(|| MomentId::at(now)), now);
        }
        self.counted += 1;
        (MomentId::numbered(self.counted), Timestamp::from_micros(0))
    }

    /// Applies the step's updates, follows the routes, starts what comes next. A panic in a reducer or a route
    /// takes back nothing that is stored: the step just isn't taken.
    pub(super) fn take_step(
        &mut self,
        only: Option<Ended<G>>,
    ) -> Result<(MomentId, Timestamp), Error> {
        let (moment, now) = self.new_moment();
        self.turnover.clear();
        self.finished.extend(only.map(|ended| Finished {
            place: 0,
            item: 0,
            ended,
        }));
        let mut at = "start";
        let step = catch_unwind(AssertUnwindSafe(|| {
            self.hold_back(now)?;
            self.apply_updates(&mut at)?;
            self.follow_routes(&mut at);
            let ended = &self.turnover.ended;
            self.frontier
                .active
                .retain(|activation| !ended.contains(&activation.id));
            self.kept.retain(|(turn, _), _| !ended.contains(turn));
            self.start_next(moment);
            Ok((moment, now))
        }));
        step.unwrap_or_else(|payload| Err(self.route_panic(at, &*payload)))
    }

    /// In task order: by node, then by item.
    fn apply_updates(&mut self, at: &mut &'static str) -> Result<(), Error> {
        let step = self.next_step();
        let Self {
            state,
            frontier,
            change,
            answers,
            turnover,
            finished,
            failures,
            listener,
            journal,
            ..
        } = self;
        let thread = || journal.as_ref().map(Journal::thread).unwrap_or_default();
        let state = Arc::make_mut(state);
        state.reset_step(change);
        let mut apply = |node: G::Node, item: Option<u32>, update: G::Update| {
            listener.tell_stored(Kind::Updates, || Event::Updated {
                node,
                item,
                step,
                update: update.clone(),
            });
            state.apply(update, change);
        };
        let mut results = finished.drain(..).peekable();
        let mut failures = failures.taken_on.drain(..).peekable();
        for (place, activation) in frontier.active.iter().enumerate() {
            *at = activation.node.name();
            if turnover.asked.contains(&activation.id) {
                turnover.ran.push(activation.node);
                continue;
            }
            if activation.is_waiting() && activation.awake.is_empty() {
                continue;
            }
            turnover.ran.push(activation.node);
            turnover.ended.push(activation.id);
            if activation.ends_by_answers() {
                let update = take_answers(activation, answers, &mut turnover.answered);
                let update = update.map_err(|what| Error::GraphChanged {
                    thread: thread(),
                    what,
                })?;
                apply(activation.node, None, update);
            } else if activation.is_waiting() {
                forget_answers(activation.id, answers, &mut turnover.answered);
                let before = activation.questions.as_deref().unwrap_or_default();
                turnover.close(activation.id, before, &[], answers);
            }
            while let Some(result) = results.next_if(|result| result.place == place) {
                let item = activation.item(result.item);
                if let Ended::Update(update) = result.ended {
                    apply(activation.node, item, update);
                }
            }
            // The first one in the order of the items stands for all.
            if let Some(failed) = failures.next_if(|failed| failed.place == place) {
                turnover.failed.push((activation.id, failed.failure));
                while failures.next_if(|failed| failed.place == place).is_some() {}
            }
        }
        Ok(())
    }

    fn follow_routes(&mut self, at: &mut &'static str) {
        for activation in &self.frontier.active {
            if self.turnover.ended.contains(&activation.id) {
                *at = activation.node.name();
                let mut failed = self.turnover.failed.iter();
                match failed.find(|(id, _)| *id == activation.id) {
                    Some((_, failure)) => self.next.fail(activation.node, failure),
                    None => self.state.route(Some(activation.node), &mut self.next),
                }
            }
        }
    }

    /// Starts what routes lead to and what joins have waited for, and clears what a reached ask will fill.
    pub(super) fn start_next(&mut self, moment: MomentId) {
        let Self {
            state,
            frontier,
            change,
            next,
            ..
        } = self;
        let mut index = 0;
        let mut begin = |frontier: &mut Frontier<G>, started: Started<G>| {
            let node = started.node;
            if G::topology().nodes[node.index()].kind == NodeKind::Ask {
                Arc::make_mut(state).reach(node, change);
            }
            frontier.start(started, ActivationId { moment, index });
            index += 1;
        };
        for started in next.started.drain(..) {
            begin(frontier, started);
        }
        // A failure that is on its way to a join fills it, so mostly there is neither.
        if !next.filled.is_empty() {
            frontier.failures.append(&mut next.failures);
            for (join, slot) in next.filled.drain(..) {
                if frontier.slots.fill(G::topology(), join, slot) {
                    let started = Started {
                        node: G::Node::ALL[usize::from(G::topology().joins[join].to)],
                        batch: None,
                        failures: frontier.take_failures(join),
                    };
                    begin(frontier, started);
                }
            }
        }
        frontier.sort();
    }
}

/// The update that an activation's answers come to.
fn take_answers<G: StateGraph>(
    activation: &Activation<G>,
    answers: &mut Answers,
    taken: &mut Vec<(QuestionId, u64)>,
) -> Result<G::Update, String> {
    let given: Vec<_> = activation
        .awaited()
        .filter_map(|open| {
            let answer = answers.remove(&open.id)??;
            taken.push((open.id.clone(), answer_sum(&answer)));
            Some((open.item.unwrap_or(0), answer))
        })
        .collect();
    let given: Vec<_> = given
        .iter()
        .map(|(item, answer)| (*item, &**answer))
        .collect();
    let items = activation.batch.as_ref().map(|batch| &batch.items);
    G::read_answers(activation.node, items, &given).map_err(|error| {
        format!(
            "the answer to node `{}` can't be read ({error})",
            activation.node.name()
        )
    })
}

/// The answers that a turn has had are over with it, in an order that doesn't depend on their map.
fn forget_answers(turn: ActivationId, answers: &mut Answers, taken: &mut Vec<(QuestionId, u64)>) {
    let before = taken.len();
    answers.retain(|id, answer| {
        let of_turn = id.activation == turn;
        if let (true, Some(answer)) = (of_turn, answer) {
            taken.push((id.clone(), answer_sum(answer)));
        }
        !of_turn
    });
    taken[before..].sort_unstable();
}

/// By what an answer is known again after it was taken.
pub(super) fn answer_sum(answer: &RawValue) -> u64 {
    xxh3_64(answer.get().as_bytes())
}
