//! What is active: node turns that are ready or wait for answers, and the slots of joins that are filled.

use std::ops::Range;

use graph_topology::{Join, Topology};
use serde_json::value::RawValue;

use crate::definition::{Batch, GraphNode, Items, StateGraph};
use crate::id::{ActivationId, QuestionId};

/// A node's turn.
pub(crate) struct Activation<G: StateGraph> {
    pub(crate) id: ActivationId,
    pub(crate) node: G::Node,
    pub(crate) batch: Option<Batch<G>>,
    /// What it asks; `None` until it has been found out, or where the node asks nobody.
    pub(crate) questions: Option<Vec<OpenQuestion>>,
}

/// A question as it is kept.
#[derive(Debug)]
pub(crate) struct OpenQuestion {
    pub(crate) item: Option<u32>,
    pub(crate) json: Box<RawValue>,
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

    pub(crate) fn is_waiting(&self) -> bool {
        self.questions.is_some()
    }

    /// How many tasks it is: one, or one for each item.
    pub(crate) fn width(&self) -> usize {
        self.batch.as_ref().map_or(1, |batch| batch.items.len())
    }

    pub(crate) fn question_id(&self, item: Option<u32>) -> QuestionId {
        QuestionId {
            activation: self.id,
            item,
            name: None,
        }
    }
}

impl<G: StateGraph> Frontier<G> {
    pub(crate) fn new() -> Self {
        Self {
            active: Vec::new(),
            slots: Slots::none::<G>(),
        }
    }

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
