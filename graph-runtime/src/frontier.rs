//! What is active: node turns that are ready or wait for answers, and the slots of joins that are filled.

use std::ops::Range;
use std::sync::Arc;

use graph_topology::{Join, NodeKind, Topology};
use serde_json::value::RawValue;

use crate::definition::{Batch, GraphNode, Items, Started, StateGraph};
use crate::failure::Failure;
use crate::id::{ActivationId, MomentId, QuestionId, Timestamp};

/// A node's turn.
pub(crate) struct Activation<G: StateGraph> {
    pub(crate) id: ActivationId,
    pub(crate) node: G::Node,
    pub(crate) batch: Option<Batch<G>>,
    /// What it waits for, in the order of its items, answered or not; `None` as long as it has waited for nothing.
    pub(crate) questions: Option<Vec<OpenQuestion>>,
    /// The items that needn't wait any more, as the next step finds them; 0 outside of a `for`.
    pub(crate) awake: Vec<u32>,
    /// What it is there to take on, where an `on_error` led to it.
    pub(crate) failures: Option<Arc<[Failure]>>,
}

/// A question as it is kept, or a time that is waited for.
#[derive(Debug)]
pub(crate) struct OpenQuestion {
    /// Which item waits, in a `for`.
    pub(crate) item: Option<u32>,
    pub(crate) id: QuestionId,
    pub(crate) due: Option<Timestamp>,
    /// What is asked; `None` where only the clock answers.
    pub(crate) json: Option<Box<RawValue>>,
}

/// All that is active in a run between two steps.
pub(crate) struct Frontier<G: StateGraph> {
    /// In task order: by node, then by age.
    pub(crate) active: Vec<Activation<G>>,
    pub(crate) slots: Slots,
    /// Failures that have filled slots, each with its join, in the order in which they came.
    pub(crate) failures: Vec<(usize, Failure)>,
}

impl<G: StateGraph> Activation<G> {
    /// Whether it is one ready task.
    pub(crate) fn is_plain(&self) -> bool {
        self.questions.is_none() && self.batch.is_none()
    }

    /// Whether it has come to wait for something in this turn.
    pub(crate) fn is_waiting(&self) -> bool {
        self.questions.is_some()
    }

    /// Whether it ends by what it waits for, rather than run again.
    pub(crate) fn ends_by_answers(&self) -> bool {
        let kind = G::topology().nodes[self.node.index()].kind;
        self.is_waiting() && matches!(kind, NodeKind::Ask | NodeKind::Wait)
    }

    /// Whether tasks of it run in the next step.
    pub(crate) fn is_running(&self) -> bool {
        !self.is_waiting() || !(self.awake.is_empty() || self.ends_by_answers())
    }

    /// What it waits for, or has waited for.
    pub(crate) fn awaited(&self) -> impl Iterator<Item = &OpenQuestion> {
        self.questions.iter().flatten()
    }

    /// Whether it waits, and has tasks that don't: what those have come to is kept beside the records.
    pub(crate) fn waits_in_part(&self) -> bool {
        let item_waits = |item| self.awaited().any(|open| open.item == self.item(item));
        let is_whole = || (0..).take(self.width()).all(item_waits);
        self.is_waiting() && !self.ends_by_answers() && !is_whole()
    }

    /// The number of a task, where there are several.
    pub(crate) fn item(&self, item: u32) -> Option<u32> {
        self.batch.as_ref().map(|_| item)
    }

    /// How many tasks it is: one, or one for each item.
    pub(crate) fn width(&self) -> usize {
        self.batch.as_ref().map_or(1, |batch| batch.items.len())
    }
}

impl<G: StateGraph> Frontier<G> {
    pub(crate) fn new() -> Self {
        Self {
            active: Vec::new(),
            slots: Slots::none::<G>(),
            failures: Vec::new(),
        }
    }

    /// The earliest time that something is waited for.
    pub(crate) fn due(&self) -> Option<Timestamp> {
        let awaited = self.active.iter().flat_map(Activation::awaited);
        awaited.filter_map(|open| open.due).min()
    }

    /// Those that have waited for nothing so far.
    pub(crate) fn ready(&self) -> impl Iterator<Item = &Activation<G>> {
        self.active
            .iter()
            .filter(|activation| !activation.is_waiting())
    }

    pub(crate) fn waiting(&self) -> impl Iterator<Item = &Activation<G>> {
        self.active
            .iter()
            .filter(|activation| activation.is_waiting())
    }

    pub(crate) fn nodes(&self) -> Vec<G::Node> {
        self.active
            .iter()
            .map(|activation| activation.node)
            .collect()
    }

    /// Starts a node.
    pub(crate) fn start(&mut self, started: Started<G>, id: ActivationId) {
        let Started {
            node,
            batch,
            failures,
        } = started;
        self.active.push(Activation {
            id,
            node,
            batch,
            questions: None,
            failures,
            awake: Vec::new(),
        });
    }

    /// Names every turn anew, so that nothing that hangs on the old names can reach it. Gives the old names, each
    /// with the new one.
    pub(crate) fn reissue(&mut self, moment: MomentId) -> Vec<(ActivationId, ActivationId)> {
        let active = (0..).zip(&mut self.active);
        active
            .map(|(index, activation)| {
                let (old, id) = (activation.id, ActivationId { moment, index });
                activation.id = id;
                let asked = activation.questions.iter_mut().flatten();
                for question in asked.filter(|question| question.id.activation == old) {
                    question.id.activation = id;
                }
                (old, id)
            })
            .collect()
    }

    /// What would go wrong with a run that stands here.
    pub(crate) fn unsound(&self) -> Option<String> {
        let topology = G::topology();
        let short = |place: usize| u16::try_from(place).unwrap_or(u16::MAX);
        let active: Vec<_> = self
            .active
            .iter()
            .map(|turn| short(turn.node.index()))
            .collect();
        let slots = (0..topology.joins.len()).flat_map(|join| {
            let filled = filled_slots(self.slots.of(topology, join)).into_iter();
            filled.map(move |slot| (short(join), short(slot as usize)))
        });
        let findings = topology.check_from(&active, &slots.collect::<Vec<_>>());
        findings.into_iter().next().map(|finding| finding.message)
    }

    /// Takes the failures that have come to a join, which starts now.
    pub(crate) fn take_failures(&mut self, join: usize) -> Option<Arc<[Failure]>> {
        if self.failures.is_empty() {
            return None;
        }
        let here = self.failures.extract_if(.., |(at, _)| *at == join);
        let here: Arc<[Failure]> = here.map(|(_, failure)| failure).collect();
        Some(here).filter(|here| !here.is_empty())
    }

    /// Nothing waits at a join any more.
    pub(crate) fn clear_slots(&mut self) {
        self.slots.clear();
        self.failures.clear();
    }

    /// Restores task order after starts.
    pub(crate) fn sort(&mut self) {
        if self.active.len() > 1 {
            self.active
                .sort_by_key(|activation| (activation.node.index(), activation.id));
        }
    }
}

/// Which slots of the joins are filled: those of the first join, of the second, and so on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Slots(Vec<bool>);

impl Slots {
    pub(crate) fn none<G: StateGraph>() -> Self {
        let joins = G::topology().joins.iter();
        Self(vec![false; joins.map(|join| join.slots.len()).sum()])
    }

    pub(crate) fn clear(&mut self) {
        self.0.fill(false);
    }

    pub(crate) fn of(&self, topology: &Topology, join: usize) -> &[bool] {
        &self.0[range(topology, join)]
    }

    /// A join of which some slots are filled.
    pub(crate) fn waiting(&self, topology: &Topology) -> Option<usize> {
        (0..topology.joins.len()).find(|&join| self.of(topology, join).contains(&true))
    }

    /// Fills a slot; `true` if the join is complete by it, and empty again.
    pub(crate) fn fill(&mut self, topology: &Topology, join: usize, slot: u32) -> bool {
        let slots = &mut self.0[range(topology, join)];
        slots[slot as usize] = true;
        let complete = slots.iter().all(|filled| *filled);
        if complete {
            slots.fill(false);
        }
        complete
    }

    /// Takes a join's slots as they were stored; `false` if it can't have these.
    pub(crate) fn restore(&mut self, topology: &Topology, join: usize, filled: &[u32]) -> bool {
        let slots = &mut self.0[range(topology, join)];
        for slot in filled {
            match slots.get_mut(*slot as usize) {
                Some(place) => *place = true,
                None => return false,
            }
        }
        !slots.iter().all(|filled| *filled)
    }
}

fn range(topology: &Topology, join: usize) -> Range<usize> {
    let width = |join: &Join| join.slots.len();
    let start = topology.joins[..join].iter().map(width).sum();
    start..start + width(&topology.joins[join])
}

/// The numbers of the filled slots.
pub(crate) fn filled_slots(slots: &[bool]) -> Vec<u32> {
    (0..)
        .zip(slots)
        .filter_map(|(slot, filled)| filled.then_some(slot))
        .collect()
}
