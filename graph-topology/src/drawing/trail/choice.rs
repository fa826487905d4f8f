//! Which arm was taken, told from what is active after a step.

use std::collections::BTreeSet;

use crate::drawing::picture::arrivals;
use crate::model::{Arm, Source, Topology};

/// What a step leaves to choose from.
pub(super) struct Choice<'a> {
    topology: &'a Topology,
    /// The nodes that have begun a turn in the step.
    begun: BTreeSet<u16>,
    /// The nodes that ran and have not ended.
    going_on: BTreeSet<u16>,
}

/// What follows from an arm.
#[derive(Default)]
pub(super) struct Taken {
    /// The nodes to which it leads; `None` is `end`.
    pub(super) ways: Vec<Option<u16>>,
    /// The slots that it fills: a join and a slot.
    pub(super) filled: Vec<(u16, u16)>,
    /// How many of the begun nodes it explains.
    explains: usize,
}

impl<'a> Choice<'a> {
    pub(super) fn new(
        topology: &'a Topology,
        ran: &BTreeSet<u16>,
        active: &BTreeSet<u16>,
        begun: BTreeSet<u16>,
    ) -> Self {
        let led_to: BTreeSet<u16> = ran
            .iter()
            .flat_map(|&node| leads_to(topology, node))
            .collect();
        let going_on: BTreeSet<u16> = ran
            .iter()
            .copied()
            .filter(|node| active.contains(node) && !led_to.contains(node))
            .collect();
        Self {
            topology,
            begun,
            going_on,
        }
    }

    pub(super) fn begins(&self, node: u16) -> bool {
        self.begun.contains(&node)
    }

    pub(super) fn has_ended(&self, node: u16) -> bool {
        !self.going_on.contains(&node)
    }

    /// What a source that has ended led to.
    pub(super) fn of(&self, source: Source) -> Option<Taken> {
        if let Source::Node(node) = source
            && !self.topology.has_route(source)
        {
            return self.failed(source).or_else(|| Some(self.arrived(node)));
        }
        let routes = self.topology.routes.iter();
        let arms = routes
            .filter(|route| route.from.contains(&source))
            .flat_map(|route| route.arms.iter());
        let all = arms
            .filter_map(|arm| self.arm(source, arm))
            .chain(self.failed(source));
        all.reduce(|best, other| {
            if other.rank() > best.rank() {
                other
            } else {
                best
            }
        })
    }

    /// What an arm leads to, unless it would have started something that hasn't begun.
    fn arm(&self, source: Source, arm: &Arm) -> Option<Taken> {
        let mut taken = Taken::default();
        if arm.to.is_empty() {
            taken.ways.push(None);
        }
        for member in arm.to.iter() {
            if !self.member(source, member.node, &mut taken) {
                member.guard.as_ref()?;
                taken.filled.extend(self.slots_of(member.node, |_| true));
            }
        }
        Some(taken)
    }

    /// What the error of a node led to.
    fn failed(&self, source: Source) -> Option<Taken> {
        let Source::Node(node) = source else {
            return None;
        };
        let handler = self.topology.nodes.get(usize::from(node))?.on_error?;
        let mut taken = Taken::default();
        self.member(source, handler, &mut taken).then_some(taken)
    }

    /// The way to a node; `false` if it would have started the node and hasn't.
    fn member(&self, source: Source, to: u16, taken: &mut Taken) -> bool {
        let joins: Vec<u16> = arrivals(self.topology, source, to).collect();
        if let (Source::Node(node), false) = (source, joins.is_empty()) {
            let arrives = |join| joins.contains(&join);
            taken.filled.extend(self.slots_of(node, arrives));
        } else if self.begins(to) {
            taken.explains += 1;
        } else {
            return false;
        }
        taken.ways.push(Some(to));
        true
    }

    /// A node without a route comes to all joins in which it stands.
    fn arrived(&self, node: u16) -> Taken {
        let filled: Vec<(u16, u16)> = self.slots_of(node, |_| true).collect();
        let targets = filled
            .iter()
            .map(|&(join, _)| self.topology.joins[usize::from(join)].to);
        let targets: BTreeSet<u16> = targets.collect();
        Taken {
            ways: targets.into_iter().map(Some).collect(),
            filled,
            explains: 0,
        }
    }

    /// The slots that name a node, in some of the joins.
    fn slots_of(&self, node: u16, which: impl Fn(u16) -> bool) -> impl Iterator<Item = (u16, u16)> {
        let joins = (0..).zip(self.topology.joins.iter());
        joins
            .filter(move |&(join, _)| which(join))
            .flat_map(|(join, it)| {
                let slots = (0..).zip(it.slots.iter());
                slots.map(move |(slot, members)| (join, slot, members))
            })
            .filter(move |(_, _, members)| members.contains(&node))
            .map(|(join, slot, _)| (join, slot))
    }
}

impl Taken {
    fn rank(&self) -> (usize, bool) {
        (self.explains, !self.filled.is_empty())
    }
}

/// All nodes that the end of a node can start, by itself or as the last of a join.
fn leads_to(topology: &Topology, node: u16) -> impl Iterator<Item = u16> {
    let routes = topology.routes.iter();
    let members = routes
        .filter(move |route| route.from.contains(&Source::Node(node)))
        .flat_map(|route| route.arms.iter())
        .flat_map(|arm| arm.to.iter().map(|member| member.node));
    let joins = topology.joins.iter();
    let targets = joins
        .filter(move |join| join.slots.iter().any(|slot| slot.contains(&node)))
        .map(|join| join.to);
    let it = topology.nodes.get(usize::from(node));
    members.chain(targets).chain(it.and_then(|it| it.on_error))
}
