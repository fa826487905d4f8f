//! What is active: node turns that are ready or wait for answers, and the slots of joins that are filled.

use std::ops::Range;

use graph_topology::{Join, NodeKind, Topology};
use serde_json::value::RawValue;

use crate::definition::{Batch, GraphNode, Items, StateGraph};
use crate::id::{ActivationId, QuestionId, Timestamp};

/// A node's turn.
pub(crate) struct Activation<G: StateGraph> {
    pub(crate) id: ActivationId,
    pub(crate) node: G::Node,
    pub(crate) batch: Option<Batch<G>>,
    /// What it waits for, in the order of its items, answered or not; `None` as long as it has waited for nothing.
    pub(crate) questions: Option<Vec<OpenQuestion>>,
    /// The items that needn't wait any more, as the next step finds them; 0 outside of a `for`.
    pub(crate) awake: Vec<u32>,
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
    pub(crate) fn start(&mut self, node: G::Node, batch: Option<Batch<G>>, id: ActivationId) {
        self.active.push(Activation {
            id,
            node,
            batch,
            questions: None,
            awake: Vec::new(),
        });
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
