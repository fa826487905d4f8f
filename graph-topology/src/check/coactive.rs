//! Which places can be marked at the same time: a fixpoint on bit rows.
//!
//! The answer errs on the side of "together". It is exact for a sound net, so a sound net is never
//! suspected, and for any other it only says where to look.

use std::collections::VecDeque;

use crate::check::bits::Bits;
use crate::check::net::{Net, Place, Transition};

/// The pairs of places that can be marked at the same time.
pub(crate) struct Coactivity {
    rows: Vec<Bits>,
}

impl Coactivity {
    /// What can be marked together when a run begins with some places marked.
    pub(crate) fn of(net: &Net, marked: &[Place]) -> Self {
        let mut growth = Growth {
            rows: vec![Bits::new(net.len()); net.len()],
            reached: Bits::new(net.len()),
            fired: Bits::new(net.transitions.len()),
            queued: Bits::new(net.len()),
            queue: VecDeque::new(),
        };
        growth.put(marked);
        while let Some(place) = growth.next() {
            for &id in net.leaving(place) {
                growth.fire(id, &net.transitions[id]);
            }
        }
        Self { rows: growth.rows }
    }

    /// Whether two places can be marked at the same time; for one place, whether it can be marked twice.
    pub(crate) fn together(&self, left: Place, right: Place) -> bool {
        self.rows[left].contains(right)
    }

    /// The places that may be marked while they are.
    pub(crate) fn doubled(&self) -> impl Iterator<Item = Place> + '_ {
        (0..self.rows.len()).filter(|&place| self.together(place, place))
    }
}

/// The relation while it grows, with the places whose row has grown.
struct Growth {
    rows: Vec<Bits>,
    reached: Bits,
    fired: Bits,
    queued: Bits,
    queue: VecDeque<Place>,
}

impl Growth {
    fn next(&mut self) -> Option<Place> {
        let place = self.queue.pop_front()?;
        self.queued.remove(place);
        Some(place)
    }

    fn push(&mut self, place: Place) {
        if self.queued.insert(place) {
            self.queue.push_back(place);
        }
    }

    /// Marks places together.
    fn put(&mut self, places: &[Place]) {
        for (index, &place) in places.iter().enumerate() {
            if self.reached.insert(place) {
                self.push(place);
            }
            for &other in &places[..index] {
                self.relate(place, other);
            }
        }
    }

    fn relate(&mut self, left: Place, right: Place) {
        if self.rows[left].insert(right) {
            self.rows[right].insert(left);
            self.push(left);
            self.push(right);
        }
    }

    /// Whatever was marked beside all inputs can be marked beside each output.
    fn fire(&mut self, id: usize, transition: &Transition) {
        if !self.fired.contains(id) {
            if !self.all_together(&transition.inputs) {
                return;
            }
            self.fired.insert(id);
            self.put(&transition.outputs);
        }
        let beside = self.beside(&transition.inputs);
        for &output in &transition.outputs {
            let mut new = beside.clone();
            new.subtract(&self.rows[output]);
            for other in new.iter() {
                self.relate(output, other);
            }
        }
    }

    fn all_together(&self, inputs: &[Place]) -> bool {
        inputs.iter().enumerate().all(|(index, &input)| {
            let row = &self.rows[input];
            self.reached.contains(input) && inputs[..index].iter().all(|&other| row.contains(other))
        })
    }

    fn beside(&self, inputs: &[Place]) -> Bits {
        let mut row = self.rows[inputs[0]].clone();
        for &input in &inputs[1..] {
            row.intersect(&self.rows[input]);
        }
        row
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notation::parse;

    fn together(text: &str, left: usize, right: usize) -> bool {
        let net = Net::of(&parse(text).unwrap());
        Coactivity::of(&net, &[net.start()]).together(net.node(left), net.node(right))
    }

    #[test]
    fn branches_are_together_until_they_join() {
        let text = "start -> a -> {b, c}; {b, c} -> d -> end;";
        assert!(together(text, 1, 2));
        assert!(!together(text, 0, 1) && !together(text, 2, 3));
    }

    #[test]
    fn choices_are_not() {
        assert!(!together(
            "start -> a -> match x { y => b, z => c }; b | c -> end;",
            1,
            2
        ));
    }

    #[test]
    fn a_loop_is_not_beside_itself() {
        assert!(!together(
            "start -> a -> b -> match x { y => a, z => end };",
            0,
            0
        ));
    }

    #[test]
    fn a_meeting_without_a_join_is_doubled() {
        assert!(together("start -> a -> {b, c}; b | c -> d -> end;", 3, 3));
    }

    #[test]
    fn a_join_waits_for_all_of_its_slots() {
        // `c` never comes beside `b`, so the join never starts `d`.
        let text =
            "start -> a -> {x, e}; x -> match y { y => b, z => c }; {b, c} -> d -> end; e -> end;";
        let topology = parse(text).unwrap();
        let d = topology
            .nodes
            .iter()
            .position(|node| node.name == "d")
            .unwrap();
        assert!(!together(text, d, 2));
    }
}
