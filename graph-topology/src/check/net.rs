//! The topology lowered to a net: places that are marked or not, and moves between them.
//!
//! A place is a node that is active, a slot that is filled, or a guard about to be decided. Every
//! place but a slot is left by one of several transitions that need nothing else; a slot is left by
//! its join alone. So no branch can disable another, and all that follows rests on it.

use crate::check::bits::Bits;
use crate::finding::Move;
use crate::model::{Member, Source, Topology};

/// The index of a place. Places are numbered in depth-first preorder from `start`.
pub(crate) type Place = usize;

/// What a place stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The beginning of a run.
    Start,
    /// A node that is active.
    Node(usize),
    /// A slot that is filled.
    Slot { join: usize, slot: usize },
    /// A guarded member about to be decided.
    Guard,
}

/// What takes some marks and puts others.
#[derive(Clone, Debug)]
pub(crate) struct Transition {
    pub(crate) inputs: Vec<Place>,
    pub(crate) outputs: Vec<Place>,
    pub(crate) by: Move,
}

/// A topology as places and transitions.
#[derive(Clone, Debug)]
pub(crate) struct Net {
    pub(crate) kinds: Vec<Kind>,
    pub(crate) transitions: Vec<Transition>,
    leaving: Vec<Vec<usize>>,
    entering: Vec<Vec<usize>>,
    start: Place,
    nodes: Vec<Place>,
    slots: Vec<Vec<Place>>,
}

impl Net {
    /// Lowers a topology.
    pub(crate) fn of(topology: &Topology) -> Self {
        let mut lowering = Lowering::new(topology);
        lowering.routes();
        lowering.nodes();
        lowering.joins();
        lowering.finish()
    }

    pub(crate) fn len(&self) -> usize {
        self.kinds.len()
    }

    pub(crate) fn start(&self) -> Place {
        self.start
    }

    pub(crate) fn node(&self, node: usize) -> Place {
        self.nodes[node]
    }

    pub(crate) fn slots(&self, join: usize) -> &[Place] {
        &self.slots[join]
    }

    /// The transitions that take the mark of a place.
    pub(crate) fn leaving(&self, place: Place) -> &[usize] {
        &self.leaving[place]
    }

    /// The transitions that mark a place.
    pub(crate) fn entering(&self, place: Place) -> &[usize] {
        &self.entering[place]
    }

    /// Lets nothing leave some places, so that what follows a reported dead end is not explored.
    pub(crate) fn halt(&mut self, places: &Bits) {
        for place in places.iter() {
            self.leaving[place].clear();
        }
        for entering in &mut self.entering {
            entering.retain(|&id| {
                !self.transitions[id]
                    .inputs
                    .iter()
                    .any(|&input| places.contains(input))
            });
        }
    }

    /// The places from which some way leads to one of the targets, the targets among them. Ways
    /// through the join `except` don't count.
    pub(crate) fn leading_to(&self, targets: &[Place], except: Option<usize>) -> Bits {
        let mut found = Bits::new(self.len());
        let mut open: Vec<Place> = targets.to_vec();
        for &target in targets {
            found.insert(target);
        }
        while let Some(place) = open.pop() {
            for &id in self.entering(place) {
                let transition = &self.transitions[id];
                if except.is_some_and(|join| transition.by == Move::Joins(join)) {
                    continue;
                }
                open.extend(
                    transition
                        .inputs
                        .iter()
                        .filter(|&&input| found.insert(input)),
                );
            }
        }
        found
    }
}

/// A net under construction, numbered as it is read.
struct Lowering<'a> {
    topology: &'a Topology,
    kinds: Vec<Kind>,
    transitions: Vec<Transition>,
    first_slot: Vec<Place>,
    filled_by: Vec<Vec<Place>>,
    leads_on: Vec<bool>,
}

const START: Place = 0;

impl<'a> Lowering<'a> {
    fn new(topology: &'a Topology) -> Self {
        let mut kinds = vec![Kind::Start];
        kinds.extend((0..topology.nodes.len()).map(Kind::Node));
        let mut first_slot = Vec::new();
        let mut filled_by = vec![Vec::new(); topology.nodes.len()];
        for (join, it) in topology.joins.iter().enumerate() {
            first_slot.push(kinds.len());
            for (slot, members) in it.slots.iter().enumerate() {
                for &member in members.iter() {
                    let fills: &mut Vec<Place> = &mut filled_by[usize::from(member)];
                    if fills.last() != Some(&kinds.len()) {
                        fills.push(kinds.len());
                    }
                }
                kinds.push(Kind::Slot { join, slot });
            }
        }
        Self {
            topology,
            kinds,
            transitions: Vec::new(),
            first_slot,
            filled_by,
            leads_on: vec![false; topology.nodes.len()],
        }
    }

    fn place(source: Source) -> Place {
        match source {
            Source::Start => START,
            Source::Node(node) => usize::from(node) + 1,
        }
    }

    fn add(&mut self, from: Place, outputs: Vec<Place>, by: Move) {
        self.transitions.push(Transition {
            inputs: vec![from],
            outputs,
            by,
        });
    }

    /// What a source marks that goes to a node: its slots in the joins that start the node, if it
    /// stands in any, else the node.
    fn landing(&self, source: Source, to: u16) -> Vec<Place> {
        let mut slots = Vec::new();
        if let Source::Node(node) = source {
            slots.extend_from_slice(&self.filled_by[usize::from(node)]);
            slots.retain(|&slot| match self.kinds[slot] {
                Kind::Slot { join, .. } => self.topology.joins[join].to == to,
                _ => false,
            });
        }
        if slots.is_empty() {
            vec![usize::from(to) + 1]
        } else {
            slots
        }
    }

    fn routes(&mut self) {
        let topology = self.topology;
        for (route, it) in topology.routes.iter().enumerate() {
            for &source in it.from.iter() {
                if let Source::Node(node) = source {
                    self.leads_on[usize::from(node)] = true;
                }
                for (arm, way) in it.arms.iter().enumerate() {
                    let mut outputs = Vec::new();
                    for (member, to) in way.to.iter().enumerate() {
                        let landing = self.landing(source, to.node);
                        if to.guard.is_some() {
                            let holds = Move::Guard {
                                source,
                                route,
                                arm,
                                member,
                                holds: true,
                            };
                            outputs.push(self.guard(to, landing, holds));
                        } else {
                            outputs.extend(landing);
                        }
                    }
                    self.add(
                        Self::place(source),
                        outputs,
                        Move::Arm { source, route, arm },
                    );
                }
            }
        }
    }

    fn guard(&mut self, member: &Member, landing: Vec<Place>, holds: Move) -> Place {
        let place = self.kinds.len();
        self.kinds.push(Kind::Guard);
        self.add(place, landing, holds);
        if let Move::Guard {
            source,
            route,
            arm,
            member: index,
            ..
        } = holds
        {
            let skipped = self.filled_by[usize::from(member.node)].clone();
            self.add(
                place,
                skipped,
                Move::Guard {
                    source,
                    route,
                    arm,
                    member: index,
                    holds: false,
                },
            );
        }
        place
    }

    fn nodes(&mut self) {
        let topology = self.topology;
        for (index, node) in (0..).zip(topology.nodes.iter()) {
            let source = Source::Node(index);
            let leads_on = self.leads_on[usize::from(index)];
            let fills = &self.filled_by[usize::from(index)];
            if !leads_on && !fills.is_empty() {
                self.add(Self::place(source), fills.clone(), Move::Ends(index));
            }
            if let Some(handler) = node.on_error {
                let landing = self.landing(source, handler);
                self.add(Self::place(source), landing, Move::Fails(index));
            }
        }
    }

    fn joins(&mut self) {
        for (join, it) in self.topology.joins.iter().enumerate() {
            let first = self.first_slot[join];
            self.transitions.push(Transition {
                inputs: (first..first + it.slots.len()).collect(),
                outputs: vec![usize::from(it.to) + 1],
                by: Move::Joins(join),
            });
        }
    }

    /// Numbers the places in preorder. Branches are then explored one after the other, and what they
    /// have in common stays small.
    fn finish(mut self) -> Net {
        let rank = self.preorder();
        let mut kinds = self.kinds.clone();
        for (old, &new) in rank.iter().enumerate() {
            kinds[new] = self.kinds[old];
        }
        let mut leaving = vec![Vec::new(); kinds.len()];
        let mut entering = vec![Vec::new(); kinds.len()];
        for (id, transition) in self.transitions.iter_mut().enumerate() {
            for input in &mut transition.inputs {
                *input = rank[*input];
                leaving[*input].push(id);
            }
            for output in &mut transition.outputs {
                *output = rank[*output];
                entering[*output].push(id);
            }
        }
        Net {
            start: rank[START],
            nodes: rank[1..=self.topology.nodes.len()].to_vec(),
            slots: (self.first_slot.iter().zip(self.topology.joins.iter()))
                .map(|(&first, join)| rank[first..first + join.slots.len()].to_vec())
                .collect(),
            kinds,
            transitions: self.transitions,
            leaving,
            entering,
        }
    }

    fn preorder(&self) -> Vec<usize> {
        let mut leaving = vec![Vec::new(); self.kinds.len()];
        for transition in &self.transitions {
            for &input in &transition.inputs {
                leaving[input].extend_from_slice(&transition.outputs);
            }
        }
        let mut rank = vec![usize::MAX; self.kinds.len()];
        let mut next = 0;
        for root in 0..self.kinds.len() {
            let mut open = vec![root];
            while let Some(place) = open.pop() {
                if rank[place] == usize::MAX {
                    rank[place] = next;
                    next += 1;
                    open.extend(leaving[place].iter().rev());
                }
            }
        }
        rank
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notation::parse;

    fn net(text: &str) -> Net {
        Net::of(&parse(text).unwrap())
    }

    /// The moves that mark a node, or a slot of the first join.
    fn entering(net: &Net, place: Place) -> Vec<Move> {
        net.entering(place)
            .iter()
            .map(|&id| net.transitions[id].by)
            .collect()
    }

    #[test]
    fn a_node_without_a_route_fills_all_slots_that_name_it() {
        let net = net("start -> a -> {b, c}; {b, c} -> d -> end; {b} -> e -> end;");
        let ends = net
            .transitions
            .iter()
            .find(|transition| transition.by == Move::Ends(1))
            .unwrap();
        assert_eq!(ends.outputs, [net.slots(0)[0], net.slots(1)[0]]);
    }

    #[test]
    fn a_member_that_goes_to_the_target_arrives_there() {
        let net = net("start -> a -> {b, c}; b -> if x { d } else { b }; {b, c} -> d -> end;");
        let arrives = Move::Arm {
            source: Source::Node(1),
            route: 2,
            arm: 0,
        };
        assert_eq!(entering(&net, net.slots(0)[0]), [arrives]);
        assert_eq!(entering(&net, net.node(3)), [Move::Joins(0)]);
    }

    #[test]
    fn a_guard_runs_its_member_or_fills_what_names_it() {
        let net = net("start -> a -> {b if x, c}; {b, c} -> d -> end;");
        let guard = |holds| Move::Guard {
            source: Source::Node(0),
            route: 1,
            arm: 0,
            member: 0,
            holds,
        };
        assert_eq!(entering(&net, net.node(1)), [guard(true)]);
        assert_eq!(
            entering(&net, net.slots(0)[0]),
            [guard(false), Move::Ends(1)]
        );
    }

    #[test]
    fn an_error_is_one_more_way() {
        let net = net("node a on_error(b)\nstart -> a -> end; b -> end;");
        assert_eq!(entering(&net, net.node(1)), [Move::Fails(0)]);
    }

    #[test]
    fn places_are_numbered_branch_by_branch() {
        let net = net("start -> a -> {b, c}; b -> b2 -> end; c -> c2 -> end;");
        let nodes = ["a", "b", "c", "b2", "c2"].len();
        let mut order: Vec<usize> = (0..nodes).collect();
        order.sort_by_key(|&node| net.node(node));
        // In the order of their names' first mention: a, b, c, b2, c2.
        assert_eq!(order, [0, 1, 3, 2, 4]);
    }

    #[test]
    fn what_is_halted_leads_nowhere() {
        let mut net = net("start -> a -> b -> end;");
        let mut halted = Bits::new(net.len());
        halted.insert(net.node(0));
        net.halt(&halted);
        assert!(net.leaving(net.node(0)).is_empty());
        assert!(net.entering(net.node(1)).is_empty());
    }
}
