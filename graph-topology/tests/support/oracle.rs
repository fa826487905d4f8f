//! The meaning of a graph, spelled out: all runs, in every order, one move after the other. Written
//! from the semantics alone; it shares nothing with the check.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use graph_topology::{Move, Source, Topology};

/// What stands at a moment of a run. Counts go up to two, which is a fault.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Marking {
    /// Whether the run has yet to begin.
    pub start: bool,
    /// How many times each node is active.
    pub active: BTreeMap<u16, u8>,
    /// How many times each slot is filled.
    pub filled: BTreeMap<(usize, usize), u8>,
    /// Guards to be decided (source, route, arm, member); only while a way is replayed.
    pub guards: Vec<(Option<u16>, usize, usize, usize)>,
}

impl Marking {
    /// The marking at the beginning of a run.
    pub fn start() -> Self {
        Self {
            start: true,
            ..Self::default()
        }
    }

    /// Whether the run is over.
    pub fn is_over(&self) -> bool {
        !self.start && self.active.is_empty() && self.filled.is_empty() && self.guards.is_empty()
    }

    /// Whether something is active or filled twice.
    pub fn is_doubled(&self) -> bool {
        self.active
            .values()
            .chain(self.filled.values())
            .any(|&count| count > 1)
    }
}

/// What all runs of a graph show.
#[derive(Debug, Default)]
pub struct Verdict {
    /// Some node is started while it is active, or some slot filled while it is.
    pub doubled: bool,
    /// From some moment the end can't be reached any more.
    pub stuck: bool,
    /// Some node that stands in the edges is never started.
    pub dead: BTreeSet<u16>,
    /// Pairs of nodes that are active at the same moment.
    pub together: BTreeSet<(u16, u16)>,
}

impl Verdict {
    /// Whether the graph is sound.
    pub fn is_sound(&self) -> bool {
        !self.doubled && !self.stuck && self.dead.is_empty()
    }
}

/// The graph as the oracle reads it.
pub struct Oracle<'a>(pub &'a Topology);

impl Oracle<'_> {
    /// Runs everything in every order; `None` if that are more than `cap` markings.
    pub fn verdict(&self, from: Marking, cap: usize) -> Option<Verdict> {
        let mut verdict = Verdict::default();
        let mut index = BTreeMap::from([(from.clone(), 0)]);
        let mut open = VecDeque::from([from]);
        let mut back: Vec<Vec<usize>> = vec![vec![]];
        let mut over = vec![];
        let mut started = BTreeSet::new();
        while let Some(marking) = open.pop_front() {
            let at = index[&marking];
            started.extend(marking.active.keys().copied());
            for &left in marking.active.keys() {
                for &right in marking.active.keys().filter(|&&right| left < right) {
                    verdict.together.insert((left, right));
                }
            }
            if marking.is_over() {
                over.push(at);
            }
            if marking.is_doubled() {
                verdict.doubled = true;
                continue;
            }
            for next in self.next(&marking) {
                let count = index.len();
                let to = *index.entry(next.clone()).or_insert(count);
                if to == count {
                    if count == cap {
                        return None;
                    }
                    back.push(vec![]);
                    open.push_back(next);
                }
                back[to].push(at);
            }
        }
        let mut can_end = vec![false; back.len()];
        while let Some(at) = over.pop() {
            if !std::mem::replace(&mut can_end[at], true) {
                over.extend(&back[at]);
            }
        }
        verdict.stuck = can_end.contains(&false);
        verdict.dead = self.used().difference(&started).copied().collect();
        Some(verdict)
    }

    /// The nodes that stand in some edge.
    pub fn used(&self) -> BTreeSet<u16> {
        let mut used = BTreeSet::new();
        for route in self.0.routes.iter() {
            used.extend(route.from.iter().filter_map(|source| match source {
                Source::Node(node) => Some(*node),
                Source::Start => None,
            }));
            used.extend(
                route
                    .arms
                    .iter()
                    .flat_map(|arm| arm.to.iter().map(|member| member.node)),
            );
        }
        for join in self.0.joins.iter() {
            used.extend(join.slots.iter().flat_map(|slot| slot.iter()));
            used.insert(join.to);
        }
        used.extend(self.0.nodes.iter().filter_map(|node| node.on_error));
        used
    }

    /// Whether a join names a node with a route, none of whose ways goes to the join's target.
    pub fn awaits_in_vain(&self) -> bool {
        self.0.joins.iter().any(|join| {
            join.slots.iter().flat_map(|slot| slot.iter()).any(|&node| {
                self.has_route(Source::Node(node))
                    && self.0.nodes[usize::from(node)].on_error != Some(join.to)
                    && !self.arms(Source::Node(node)).iter().any(|&(route, arm)| {
                        self.0.routes[route].arms[arm]
                            .to
                            .iter()
                            .any(|member| member.node == join.to)
                    })
            })
        })
    }

    /// Whether all members of some group may be skipped without filling a slot.
    pub fn skips_to_nothing(&self) -> bool {
        let arms = self.0.routes.iter().flat_map(|route| route.arms.iter());
        arms.filter(|arm| !arm.to.is_empty()).any(|arm| {
            let fills = |node: u16| !self.slots_naming(node).is_empty();
            arm.to
                .iter()
                .all(|member| member.guard.is_some() && !fills(member.node))
        })
    }

    /// All markings one move later; guards are decided with the arm that they stand in.
    pub fn next(&self, marking: &Marking) -> Vec<Marking> {
        let mut next = Vec::new();
        for by in self.moves(marking) {
            let mut after = vec![self.apply(marking, by).unwrap()];
            while let Some(position) = after.iter().position(|marking| !marking.guards.is_empty()) {
                let marking = after.swap_remove(position);
                let (source, route, arm, member) = marking.guards[0];
                let source = source.map_or(Source::Start, Source::Node);
                for holds in [true, false] {
                    let by = Move::Guard {
                        source,
                        route,
                        arm,
                        member,
                        holds,
                    };
                    after.push(self.apply(&marking, by).unwrap());
                }
            }
            next.extend(after);
        }
        next
    }

    fn moves(&self, marking: &Marking) -> Vec<Move> {
        let mut moves = Vec::new();
        let mut sources: Vec<Source> = marking
            .active
            .keys()
            .map(|&node| Source::Node(node))
            .collect();
        if marking.start {
            sources.push(Source::Start);
        }
        for source in sources {
            moves.extend(self.arms(source).into_iter().map(|(route, arm)| Move::Arm {
                source,
                route,
                arm,
            }));
            if let Source::Node(node) = source {
                moves.extend(
                    self.0.nodes[usize::from(node)]
                        .on_error
                        .map(|_| Move::Fails(node)),
                );
                if !self.has_route(source) && !self.slots_naming(node).is_empty() {
                    moves.push(Move::Ends(node));
                }
                if !self.has_route(source) && self.slots_naming(node).is_empty() {
                    // Its normal end leads nowhere, so an error must not be what saves the run.
                    return vec![];
                }
            }
        }
        for join in 0..self.0.joins.len() {
            if (0..self.0.joins[join].slots.len())
                .all(|slot| marking.filled.contains_key(&(join, slot)))
            {
                moves.push(Move::Joins(join));
            }
        }
        moves
    }

    /// One move; `None` if it can't be made.
    pub fn apply(&self, marking: &Marking, by: Move) -> Option<Marking> {
        let mut next = marking.clone();
        match by {
            Move::Arm { source, route, arm } => {
                if !self.arms(source).contains(&(route, arm)) {
                    return None;
                }
                leave(&mut next, source)?;
                for (member, to) in self.0.routes[route].arms[arm].to.iter().enumerate() {
                    if to.guard.is_some() {
                        next.guards.push((number(source), route, arm, member));
                    } else {
                        self.go(&mut next, source, to.node);
                    }
                }
            }
            Move::Guard {
                source,
                route,
                arm,
                member,
                holds,
            } => {
                let guard = (number(source), route, arm, member);
                let position = next.guards.iter().position(|&it| it == guard)?;
                next.guards.remove(position);
                let node = self.0.routes[route].arms[arm].to[member].node;
                if holds {
                    self.go(&mut next, source, node);
                } else {
                    for slot in self.slots_naming(node) {
                        *next.filled.entry(slot).or_default() += 1;
                    }
                }
            }
            Move::Ends(node) => {
                if self.has_route(Source::Node(node)) {
                    return None;
                }
                leave(&mut next, Source::Node(node))?;
                for slot in self.slots_naming(node) {
                    *next.filled.entry(slot).or_default() += 1;
                }
            }
            Move::Fails(node) => {
                leave(&mut next, Source::Node(node))?;
                self.go(
                    &mut next,
                    Source::Node(node),
                    self.0.nodes[usize::from(node)].on_error?,
                );
            }
            Move::Joins(join) => {
                for slot in 0..self.0.joins[join].slots.len() {
                    let count = next.filled.get_mut(&(join, slot))?;
                    *count -= 1;
                    if *count == 0 {
                        next.filled.remove(&(join, slot));
                    }
                }
                *next.active.entry(self.0.joins[join].to).or_default() += 1;
            }
        }
        Some(next)
    }

    /// Arrives at the joins of the target in which the source stands, or else starts the target.
    fn go(&self, marking: &mut Marking, source: Source, to: u16) {
        let mut arrives = false;
        if let Source::Node(node) = source {
            for slot in self.slots_naming(node) {
                if self.0.joins[slot.0].to == to {
                    *marking.filled.entry(slot).or_default() += 1;
                    arrives = true;
                }
            }
        }
        if !arrives {
            *marking.active.entry(to).or_default() += 1;
        }
    }

    fn slots_naming(&self, node: u16) -> Vec<(usize, usize)> {
        let mut found = Vec::new();
        for (join, it) in self.0.joins.iter().enumerate() {
            for (slot, members) in it.slots.iter().enumerate() {
                if members.contains(&node) {
                    found.push((join, slot));
                }
            }
        }
        found
    }

    fn has_route(&self, source: Source) -> bool {
        self.0
            .routes
            .iter()
            .any(|route| route.from.contains(&source))
    }

    fn arms(&self, source: Source) -> Vec<(usize, usize)> {
        let routes = self
            .0
            .routes
            .iter()
            .enumerate()
            .filter(|(_, route)| route.from.contains(&source));
        routes
            .flat_map(|(index, route)| (0..route.arms.len()).map(move |arm| (index, arm)))
            .collect()
    }
}

fn leave(marking: &mut Marking, source: Source) -> Option<()> {
    match source {
        Source::Start => {
            std::mem::replace(&mut marking.start, false).then_some(())?;
        }
        Source::Node(node) => {
            let count = marking.active.get_mut(&node)?;
            *count -= 1;
            if *count == 0 {
                marking.active.remove(&node);
            }
        }
    }
    Some(())
}

fn number(source: Source) -> Option<u16> {
    match source {
        Source::Start => None,
        Source::Node(node) => Some(node),
    }
}
