//! A run as the order of causes that it is: which event made a mark, which took it, what had to be
//! before. Two marks of which neither had to be gone before the other came can stand at the same time,
//! in whatever order the run happened to be found.

use std::collections::BTreeMap;

use crate::check::bits::Bits;
use crate::check::net::{Kind, Net, Place};

/// A transition that was fired.
pub(crate) struct Event {
    pub(crate) transition: usize,
    pub(crate) inputs: Vec<usize>,
    pub(crate) outputs: Vec<usize>,
    /// All events that had to be before it, and itself.
    pub(crate) past: Bits,
}

/// A mark on a place, from when it was made to when it was taken.
pub(crate) struct Mark {
    pub(crate) place: Place,
    pub(crate) made_by: Option<usize>,
    pub(crate) taken_by: Option<usize>,
}

/// The events and marks of a run.
pub(crate) struct History {
    pub(crate) events: Vec<Event>,
    pub(crate) marks: Vec<Mark>,
}

/// Two marks of one place that can stand at the same time.
pub(crate) struct Clash {
    pub(crate) place: Place,
    /// The marks, the earlier one first.
    pub(crate) marks: (usize, usize),
    /// The events without which it would not happen.
    pub(crate) needs: Bits,
}

impl History {
    /// Replays a run.
    pub(crate) fn of(net: &Net, marked: &[Place], run: &[usize]) -> Self {
        let begin = |&place: &Place| Mark {
            place,
            made_by: None,
            taken_by: None,
        };
        let mut history = Self {
            events: Vec::new(),
            marks: marked.iter().map(begin).collect(),
        };
        for &id in run {
            history.fire(net, id, run.len());
        }
        history
    }

    fn fire(&mut self, net: &Net, id: usize, events: usize) {
        let event = self.events.len();
        let transition = &net.transitions[id];
        let mut past = Bits::new(events);
        past.insert(event);
        let mut inputs = Vec::new();
        for &place in &transition.inputs {
            // The newest mark, so that one which was held while another passed stays.
            let free = |mark: &Mark| mark.place == place && mark.taken_by.is_none();
            if let Some(taken) = self.marks.iter().rposition(free) {
                self.marks[taken].taken_by = Some(event);
                if let Some(maker) = self.marks[taken].made_by {
                    past.union(&self.events[maker].past);
                }
                inputs.push(taken);
            }
        }
        let first = self.marks.len();
        for &place in &transition.outputs {
            self.marks.push(Mark {
                place,
                made_by: Some(event),
                taken_by: None,
            });
        }
        let outputs = (first..self.marks.len()).collect();
        self.events.push(Event {
            transition: id,
            inputs,
            outputs,
            past,
        });
    }

    /// All events.
    pub(crate) fn all(&self) -> Bits {
        let mut all = Bits::new(self.events.len());
        for event in 0..self.events.len() {
            all.insert(event);
        }
        all
    }

    /// All that had to be before a mark.
    pub(crate) fn past(&self, mark: usize) -> Bits {
        match self.marks[mark].made_by {
            Some(event) => self.events[event].past.clone(),
            None => Bits::new(self.events.len()),
        }
    }

    /// The transitions of some events, in order: a run as well, if their pasts are among them.
    pub(crate) fn run(&self, events: &Bits) -> Vec<usize> {
        events
            .iter()
            .map(|event| self.events[event].transition)
            .collect()
    }

    /// The marks of one place that can stand at the same time, those that need least first. Guards
    /// are no matter: they are decided at once.
    pub(crate) fn clashes(&self, net: &Net, within: &Bits) -> Vec<Clash> {
        let mut of_place: BTreeMap<Place, Vec<usize>> = BTreeMap::new();
        let mut clashes = Vec::new();
        for (later, mark) in self.marks.iter().enumerate() {
            if net.kinds[mark.place] == Kind::Guard {
                continue;
            }
            let marks = of_place.entry(mark.place).or_default();
            for &earlier in marks
                .iter()
                .filter(|&&earlier| self.can_stand_together(earlier, later))
            {
                let mut needs = self.past(earlier);
                needs.union(&self.past(later));
                if needs.is_subset(within) {
                    clashes.push(Clash {
                        place: mark.place,
                        marks: (earlier, later),
                        needs,
                    });
                }
            }
            marks.push(later);
        }
        clashes.sort_by_key(|clash| (clash.needs.count(), clash.place));
        clashes
    }

    fn can_stand_together(&self, earlier: usize, later: usize) -> bool {
        match (self.marks[earlier].taken_by, self.marks[later].made_by) {
            (Some(taken), Some(made)) => !self.events[made].past.contains(taken),
            _ => true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::explore::search;
    use crate::notation::parse;

    fn first_clash(text: &str, node: usize) -> Option<(Place, Place, usize)> {
        let net = Net::of(&parse(text).unwrap());
        let marked = [net.start()];
        let run = search(&net, &marked, (net.node(node), net.node(node)), 1000).run?;
        let history = History::of(&net, &marked, &run);
        let clash = history.clashes(&net, &history.all()).into_iter().next()?;
        Some((clash.place, net.node(node), clash.needs.count()))
    }

    #[test]
    fn marks_clash_where_neither_waits_for_the_other() {
        let (place, d, events) =
            first_clash("start -> a -> {b, c}; b | c -> d -> end;", 3).unwrap();
        assert_eq!((place, events), (d, 4));
    }

    #[test]
    fn what_follows_a_clash_is_traced_back_to_it() {
        let (place, e, _) =
            first_clash("start -> a -> {b, c}; b | c -> d -> e -> end;", 4).unwrap();
        assert!(place < e);
    }

    #[test]
    fn rounds_of_a_loop_do_not_clash() {
        let topology = parse("start -> a -> b -> match x { y => a, z => end };").unwrap();
        let net = Net::of(&topology);
        let again = |id: &usize| net.transitions[*id].outputs == [net.node(0)];
        let run: Vec<usize> = vec![
            net.leaving(net.start())[0],
            net.leaving(net.node(0))[0],
            *net.leaving(net.node(1))
                .iter()
                .find(|id| again(id))
                .unwrap(),
        ];
        let history = History::of(&net, &[net.start()], &run);
        assert!(history.clashes(&net, &history.all()).is_empty());
        assert_eq!(history.run(&history.all()), run);
    }
}
