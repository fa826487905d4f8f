//! What a run did, as far as a drawing shows it, gathered step by step.

mod choice;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use crate::model::{Source, Topology};
use choice::Choice;

/// What a run did: how often it came to each node and how long it stayed, which ways it went, where it is now.
///
/// It is plain data. [`Trail::step`] gathers it from the moments of a thread, the oldest first; only those of the
/// branch that is to be shown.
///
/// # What is inferred
///
/// A moment says which nodes ran and which are active after it, not which ways were taken. They are worked out from
/// the topology:
///
/// - Where nothing ran and something new is active, a run began at `start`, and nothing of the one before goes on.
/// - A node that ran and is still active, though nothing that ran leads to it, goes on with its turn: a `for` of
///   which some items wait.
/// - Of the arms of a node that ran, one can have been taken if all that it starts is newly active; members with a
///   guard may be missing. Of several, the one that explains most is counted; of equals, one that arrives at a
///   join, then the first. `on_error` counts as a last arm. Two arms that start the same nodes are told apart by
///   nothing, and both are drawn as taken.
/// - Joins fill as the ways say.
/// - The time of a node is that between the moments during which it was active, by the clock, whether a process
///   ran or not.
///
/// ```
/// # use graph_topology::{List, Step, Topology, Trail};
/// # use std::time::Duration;
/// # fn show(topology: &Topology) -> String {
/// let mut trail = Trail::default();
/// trail.step(topology, &Step { active: &[0], ..Step::default() });
/// trail.step(topology, &Step { ran: &[0], active: &[1], waiting: &[1], time: Duration::from_millis(20) });
/// topology.drawing().with(&trail).svg()
/// # }
/// # let none = Topology {
/// #     id: "none".into(),
/// #     fields: List::Borrowed(&[]),
/// #     nodes: List::Borrowed(&[]),
/// #     routes: List::Borrowed(&[]),
/// #     joins: List::Borrowed(&[]),
/// # };
/// # show(&none);
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trail {
    /// The nodes to which it came, by their index.
    pub nodes: BTreeMap<u16, Visit>,
    /// How often each way was taken.
    pub ways: BTreeMap<Way, u32>,
    /// The joins at which something arrived, by their index.
    pub joins: BTreeMap<u16, Meeting>,
}

/// What a run did at a node.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Visit {
    /// How many turns have ended.
    pub turns: u32,
    /// How long it was active, over all turns.
    pub time: Duration,
    /// What it does now; `None` if it isn't active.
    pub now: Option<Now>,
}

/// What an active node does now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Now {
    /// It is ready or runs.
    Active,
    /// It waits for an answer or for a time.
    Waiting,
    /// It has failed, and the run stands there.
    Failed,
}

/// A way from `start` or a node to what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Way {
    /// Where it begins.
    pub from: Source,
    /// The node to which it leads, if by a join; `None` is `end`.
    pub to: Option<u16>,
}

/// What came to a join.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Meeting {
    /// The slots that are filled now.
    pub filled: BTreeSet<u16>,
    /// How often all were filled, and its target started.
    pub times: u32,
}

/// What a moment says of the step that it ends.
#[derive(Clone, Copy, Debug, Default)]
pub struct Step<'a> {
    /// The nodes that ran. Nothing, where the moment took an input.
    pub ran: &'a [u16],
    /// The nodes that are active after it, those that wait among them.
    pub active: &'a [u16],
    /// Those of them that wait for an answer or for a time.
    pub waiting: &'a [u16],
    /// The time since the moment before.
    pub time: Duration,
}

impl Trail {
    /// Takes in the next moment of a run.
    pub fn step(&mut self, topology: &Topology, step: &Step<'_>) {
        let ran: BTreeSet<u16> = step.ran.iter().copied().collect();
        let active: BTreeSet<u16> = step.active.iter().copied().collect();
        let is_new = |node: &u16| self.nodes.get(node).is_none_or(|it| it.now.is_none());
        // Nothing goes on beside the beginning of a run.
        let starts = ran.is_empty() && active.iter().any(is_new);
        let begins = |node: &u16| starts || ran.contains(node) || is_new(node);
        let begun = active.iter().copied().filter(begins).collect();
        let choice = Choice::new(topology, &ran, &active, begun);
        self.spend(&ran, step.time);
        if starts {
            for meeting in self.joins.values_mut() {
                meeting.filled.clear();
            }
            self.take(topology, &choice, &[Source::Start]);
        }
        let ended: Vec<u16> = ran
            .into_iter()
            .filter(|&node| choice.has_ended(node))
            .collect();
        for &node in &ended {
            self.nodes.entry(node).or_default().turns += 1;
        }
        let sources: Vec<Source> = ended.into_iter().map(Source::Node).collect();
        self.take(topology, &choice, &sources);
        self.stand(&active, step.waiting);
    }

    /// Says that a node has failed since the last moment, and that the run stands there.
    pub fn fail(&mut self, node: u16) {
        self.nodes.entry(node).or_default().now = Some(Now::Failed);
    }

    /// Gives the time of a step to what was active in it.
    fn spend(&mut self, ran: &BTreeSet<u16>, time: Duration) {
        for &node in ran {
            self.nodes.entry(node).or_default();
        }
        for (node, visit) in &mut self.nodes {
            if visit.now.is_some() || ran.contains(node) {
                visit.time = visit.time.saturating_add(time);
            }
        }
    }

    /// Counts the ways from what has ended, then fills the joins at which they arrive.
    fn take(&mut self, topology: &Topology, choice: &Choice<'_>, sources: &[Source]) {
        let mut filled = Vec::new();
        for &from in sources {
            let Some(taken) = choice.of(from) else {
                continue;
            };
            for to in taken.ways {
                *self.ways.entry(Way { from, to }).or_default() += 1;
            }
            filled.extend(taken.filled);
        }
        for (join, slot) in filled {
            let meeting = self.joins.entry(join).or_default();
            meeting.filled.insert(slot);
            let it = &topology.joins[usize::from(join)];
            if meeting.filled.len() == it.slots.len() {
                meeting.filled.clear();
                meeting.times += u32::from(choice.begins(it.to));
            }
        }
    }

    fn stand(&mut self, active: &BTreeSet<u16>, waiting: &[u16]) {
        for visit in self.nodes.values_mut() {
            visit.now = None;
        }
        for node in active {
            let now = if waiting.contains(node) {
                Now::Waiting
            } else {
                Now::Active
            };
            self.nodes.entry(*node).or_default().now = Some(now);
        }
    }

    pub(super) fn times_taken(&self, way: Way) -> u32 {
        self.ways.get(&way).copied().unwrap_or_default()
    }

    pub(super) fn times_joined(&self, join: u16) -> u32 {
        self.joins.get(&join).map_or(0, |meeting| meeting.times)
    }

    pub(super) fn slots_filled(&self, join: u16) -> usize {
        self.joins.get(&join).map_or(0, |it| it.filled.len())
    }
}

impl Now {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Active => "active",
            Self::Waiting => "waiting",
            Self::Failed => "failed",
        }
    }
}

#[cfg(test)]
mod tests;
