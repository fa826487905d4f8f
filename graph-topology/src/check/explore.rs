//! Running the net: one enabled place at a time, with all its ways.
//!
//! Since no branch can disable another, any run to its end can be reordered so that it advances the
//! place chosen here first. So this finds every end that a run can come to, in a number of states near
//! the number of places, where trying every order would take exponentially many.

use std::collections::{BTreeMap, HashSet};

use crate::check::bits::Bits;
use crate::check::net::{Kind, Net, Place};

/// A run as the transitions that it fires.
pub(crate) type Run = Vec<usize>;

/// What exploring the net found.
pub(crate) struct Exploration<'a> {
    walk: Walk<'a>,
    /// The ends at which something is still marked, the nearest first.
    pub(crate) stuck: Vec<usize>,
}

impl Exploration<'_> {
    /// What is marked at an end.
    pub(crate) fn marked(&self, end: usize) -> &[Place] {
        &self.walk.states[end].0.marked
    }

    /// The run to an end.
    pub(crate) fn run_to(&self, end: usize) -> Run {
        self.walk.run_to(end)
    }

    /// Places that were marked while they were marked, each with the nearest run that ends so.
    pub(crate) fn doubled(&self) -> &BTreeMap<Place, Run> {
        &self.walk.doubled
    }

    /// Whether some run fires a transition.
    pub(crate) fn fires(&self, transition: usize) -> bool {
        self.walk.fired.contains(transition)
    }

    /// How many states there were.
    pub(crate) fn states(&self) -> usize {
        self.walk.states.len()
    }

    /// Whether there were more states than allowed.
    pub(crate) fn gave_up(&self) -> bool {
        self.walk.gave_up
    }

    /// Whether no run was cut short.
    pub(crate) fn saw_all(&self) -> bool {
        !self.walk.gave_up && self.walk.doubled.is_empty()
    }
}

/// Explores all that can follow from some marked places, breadth first, so that the first run to a
/// fault is a short one.
pub(crate) fn explore<'a>(net: &'a Net, marked: &[Place], cap: usize) -> Exploration<'a> {
    let mut walk = Walk::new(net, marked, cap);
    let mut stuck = Vec::new();
    while let Some((index, state)) = walk.next() {
        if let Some(place) = net.choose(&state) {
            walk.advance(index, &state, place, &|_| true);
        } else if !state.marked.is_empty() {
            stuck.push(index);
        }
    }
    Exploration { walk, stuck }
}

/// What a search for two marks at the same time found.
pub(crate) struct Search {
    /// The run that ends with both, if there is one.
    pub(crate) run: Option<Run>,
    /// Other places that were marked twice on the way.
    pub(crate) doubled: BTreeMap<Place, Run>,
    /// How many states there were.
    pub(crate) states: usize,
    /// Whether there were more states than allowed.
    pub(crate) gave_up: bool,
}

/// Searches a run that marks two places at the same time, or one place twice.
///
/// One of them may be held for as long as it takes: a held mark disables nothing, so what else can
/// happen is explored as ever. What leads to neither is left where it is.
pub(crate) fn search(net: &Net, marked: &[Place], pair: (Place, Place), cap: usize) -> Search {
    let cone = net.leading_to(&[pair.0, pair.1], None);
    let start: Vec<Place> = marked
        .iter()
        .copied()
        .filter(|&place| cone.contains(place))
        .collect();
    let mut walk = Walk::new(net, &start, cap);
    let mut found = None;
    while let Some((index, state)) = walk.next() {
        if pair.0 != pair.1 && state.has(pair.0) && state.has(pair.1) {
            found = Some(walk.run_to(index));
            break;
        }
        if pair.0 == pair.1 && walk.doubled.contains_key(&pair.0) {
            break;
        }
        let Some(place) = net.choose(&state) else {
            continue;
        };
        if state.held.is_none() {
            let inputs = net
                .leaving(place)
                .first()
                .map(|&id| &net.transitions[id].inputs);
            for held in [pair.0, pair.1] {
                if inputs.is_some_and(|inputs| inputs.contains(&held)) {
                    walk.hold(index, &state, held);
                }
            }
        }
        walk.advance(index, &state, place, &|place| cone.contains(place));
    }
    if pair.0 == pair.1 {
        found = walk.doubled.remove(&pair.0);
    }
    Search {
        run: found,
        states: walk.states.len(),
        gave_up: walk.gave_up,
        doubled: walk.doubled,
    }
}

/// What is marked, ascending, and what of it is held.
#[derive(Clone, PartialEq, Eq, Hash)]
struct State {
    marked: Vec<Place>,
    held: Option<Place>,
}

impl State {
    fn has(&self, place: Place) -> bool {
        self.marked.binary_search(&place).is_ok()
    }
}

impl Net {
    /// The place to advance next: guards first, since they are decided at once, then joins, then the
    /// lowest node.
    fn choose(&self, state: &State) -> Option<Place> {
        let mut join = None;
        let mut node = None;
        for &place in &state.marked {
            if state.held == Some(place) {
                continue;
            }
            match self.kinds[place] {
                Kind::Guard => return Some(place),
                Kind::Slot { .. } => {
                    if join.is_none() && self.is_complete(place, state) {
                        join = Some(place);
                    }
                }
                Kind::Start | Kind::Node(_) => {
                    if node.is_none() && !self.leaving(place).is_empty() {
                        node = Some(place);
                    }
                }
            }
        }
        join.or(node)
    }

    /// Whether the join of a slot can fire; answered at its first slot, so that a wide join is looked
    /// at once.
    fn is_complete(&self, slot: Place, state: &State) -> bool {
        self.leaving(slot).iter().any(|&id| {
            let inputs = &self.transitions[id].inputs;
            inputs[0] == slot
                && inputs
                    .iter()
                    .all(|&input| state.held != Some(input) && state.has(input))
        })
    }
}

/// How a state was reached: from which, and by which transition, if any.
type Origin = Option<(usize, Option<usize>)>;

/// The states found so far, each with its origin.
struct Walk<'a> {
    net: &'a Net,
    states: Vec<(State, Origin)>,
    known: HashSet<State>,
    next: usize,
    cap: usize,
    fired: Bits,
    doubled: BTreeMap<Place, Run>,
    gave_up: bool,
}

impl<'a> Walk<'a> {
    fn new(net: &'a Net, marked: &[Place], cap: usize) -> Self {
        let mut marked = marked.to_vec();
        marked.sort_unstable();
        let mut walk = Self {
            net,
            states: Vec::new(),
            known: HashSet::new(),
            next: 0,
            cap,
            fired: Bits::new(net.transitions.len()),
            doubled: BTreeMap::new(),
            gave_up: false,
        };
        for pair in marked.windows(2).filter(|pair| pair[0] == pair[1]) {
            walk.doubled.insert(pair[0], Run::new());
        }
        marked.dedup();
        walk.add(State { marked, held: None }, None);
        walk
    }

    fn next(&mut self) -> Option<(usize, State)> {
        if self.gave_up {
            return None;
        }
        let index = self.next;
        let (state, _) = self.states.get(index)?;
        self.next += 1;
        Some((index, state.clone()))
    }

    fn add(&mut self, state: State, origin: Origin) {
        if self.known.contains(&state) {
            return;
        }
        if self.states.len() == self.cap {
            self.gave_up = true;
            return;
        }
        self.known.insert(state.clone());
        self.states.push((state, origin));
    }

    fn hold(&mut self, index: usize, state: &State, place: Place) {
        let held = State {
            held: Some(place),
            ..state.clone()
        };
        self.add(held, Some((index, None)));
    }

    /// Fires every way of a place. Marks that don't matter are dropped.
    fn advance(
        &mut self,
        index: usize,
        state: &State,
        place: Place,
        matters: &dyn Fn(Place) -> bool,
    ) {
        for &id in self.net.leaving(place) {
            self.fired.insert(id);
            let transition = &self.net.transitions[id];
            let mut marked = state.marked.clone();
            marked.retain(|place| !transition.inputs.contains(place));
            let mut twice = false;
            for &output in transition.outputs.iter().filter(|&&output| matters(output)) {
                match marked.binary_search(&output) {
                    Ok(_) => {
                        twice = true;
                        if !self.doubled.contains_key(&output) {
                            let mut run = self.run_to(index);
                            run.push(id);
                            self.doubled.insert(output, run);
                        }
                    }
                    Err(position) => marked.insert(position, output),
                }
            }
            if !twice {
                self.add(
                    State {
                        marked,
                        held: state.held,
                    },
                    Some((index, Some(id))),
                );
            }
        }
    }

    fn run_to(&self, index: usize) -> Run {
        let mut run = Run::new();
        let mut at = index;
        while let Some((before, by)) = self.states[at].1 {
            run.extend(by);
            at = before;
        }
        run.reverse();
        run
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notation::parse;

    fn net(text: &str) -> Net {
        Net::of(&parse(text).unwrap())
    }

    #[test]
    fn branches_cost_their_sum_not_their_product() {
        let net =
            net("start -> a -> {b, c, d}; b -> b2; c -> c2; d -> d2; {b2, c2, d2} -> e -> end;");
        let explored = explore(&net, &[net.start()], 1000);
        assert!(explored.saw_all() && explored.stuck.is_empty());
        assert_eq!(explored.states(), 11);
    }

    #[test]
    fn an_end_with_something_left_is_stuck() {
        let net =
            net("start -> a -> {b, c}; b -> match x { y => d, z => end }; {b, c} -> d -> end;");
        let explored = explore(&net, &[net.start()], 1000);
        assert_eq!(explored.stuck.len(), 1);
        assert_eq!(explored.marked(explored.stuck[0]), [net.slots(0)[1]]);
    }

    #[test]
    fn too_many_states_are_said_to_be() {
        let net = net("start -> a -> b -> c -> end;");
        assert!(explore(&net, &[net.start()], 2).gave_up());
    }

    #[test]
    fn a_search_holds_one_mark_until_the_other_comes() {
        // In the order of exploring, `b` has ended long before `d` begins.
        let net = net("start -> a -> {b, c}; b -> end; c -> d -> end;");
        let found = search(&net, &[net.start()], (net.node(1), net.node(3)), 1000);
        assert_eq!(found.run.unwrap().len(), 3);
    }

    #[test]
    fn what_never_comes_together_is_not_found() {
        let net = net("start -> a -> b -> end;");
        assert!(
            search(&net, &[net.start()], (net.node(0), net.node(1)), 1000)
                .run
                .is_none()
        );
    }
}
