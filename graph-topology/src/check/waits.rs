//! Joins that wait for what will not come: which of them are to blame, and what went another way.

use crate::check::bits::Bits;
use crate::check::explore::Exploration;
use crate::check::history::History;
use crate::check::net::{Kind, Net, Place};
use crate::finding::Move;

/// A join that waits for ever.
pub(crate) struct Wait {
    pub(crate) join: usize,
    /// The slot that stays empty.
    pub(crate) slot: usize,
    pub(crate) history: History,
    /// The event after which nothing could fill the slot any more, if there was one.
    pub(crate) cause: Option<usize>,
    /// Whether what could fill the slot waits itself.
    pub(crate) circular: bool,
    /// The events that show it.
    pub(crate) needs: Bits,
    /// Whether the join never gets what it waits for, on any way.
    pub(crate) never: bool,
}

/// How many ends are tried for a join until one shows it without another mistake on the way.
const TRIES: usize = 16;

/// Finds the joins to blame for the ends at which something is still marked.
pub(crate) struct Waits<'a> {
    net: &'a Net,
    marked: &'a [Place],
    /// Joins that were reported already.
    broken: &'a [bool],
    /// For each slot of each join the places that lead to it, but not through the join.
    cones: Vec<Vec<Bits>>,
}

impl<'a> Waits<'a> {
    pub(crate) fn new(net: &'a Net, marked: &'a [Place], broken: &'a [bool]) -> Self {
        let cones = (0..broken.len()).map(|join| {
            let slots = net.slots(join).iter();
            slots
                .map(|&slot| net.leading_to(&[slot], Some(join)))
                .collect()
        });
        Self {
            net,
            marked,
            broken,
            cones: cones.collect(),
        }
    }

    /// One wait for each join to blame. `spoilt` tells whether some events of a run show another mistake.
    pub(crate) fn of(
        &self,
        explored: &Exploration<'_>,
        mut spoilt: impl FnMut(&History, &Bits) -> bool,
    ) -> Vec<Wait> {
        let joins = self.broken.len();
        let mut found: Vec<Option<Wait>> = (0..joins).map(|_| None).collect();
        let mut tries = vec![0; joins];
        for &end in &explored.stuck {
            let marked = explored.marked(end);
            for (join, slot) in self.to_blame(marked) {
                if found[join].is_some() || tries[join] == TRIES {
                    continue;
                }
                tries[join] += 1;
                let history = History::of(self.net, self.marked, &explored.run_to(end));
                let wait = self.wait(history, marked, (join, slot), explored);
                if !self.ends_in_dead_end(&wait) && !spoilt(&wait.history, &wait.needs) {
                    found[join] = Some(wait);
                }
            }
        }
        let mut waits: Vec<Wait> = found.into_iter().flatten().collect();
        let mut told = Vec::new();
        // One turn may leave several joins short; it is one mistake.
        waits.retain(|wait| {
            let turn = wait
                .cause
                .map(|cause| wait.history.events[cause].transition);
            let new = turn.is_none() || !told.contains(&turn);
            told.push(turn);
            new
        });
        waits
    }

    fn never_fires(&self, join: usize, explored: &Exploration<'_>) -> bool {
        let fires = |&id: &usize| explored.fires(id);
        explored.saw_all() && !self.net.leaving(self.net.slots(join)[0]).iter().any(fires)
    }

    /// The joins that wait, each with an empty slot that no other waiting join is to blame for. If
    /// each blames another, the first one.
    fn to_blame(&self, marked: &[Place]) -> Vec<(usize, usize)> {
        let waiting = self.waiting(marked);
        let mut blamed: Vec<(usize, usize)> = (waiting.iter())
            .filter_map(|&join| {
                let mut empty = self.empty(join, marked);
                Some((
                    join,
                    empty.find(|&slot| !self.is_circular(join, slot, marked))?,
                ))
            })
            .collect();
        let is_node = |&place: &Place| matches!(self.net.kinds[place], Kind::Node(_));
        let reported = marked.iter().any(is_node) || waiting.iter().any(|&join| self.broken[join]);
        if blamed.is_empty() && !reported {
            let first = waiting.first();
            blamed.extend(first.and_then(|&join| Some((join, self.empty(join, marked).next()?))));
        }
        blamed.retain(|&(join, _)| !self.broken[join]);
        blamed
    }

    fn empty<'s>(&'s self, join: usize, marked: &'s [Place]) -> impl Iterator<Item = usize> + 's {
        let slots = self.net.slots(join).iter().enumerate();
        slots
            .filter(|(_, place)| !marked.contains(place))
            .map(|(slot, _)| slot)
    }

    /// Whether something that could still fill a slot waits itself.
    fn is_circular(&self, join: usize, slot: usize, marked: &[Place]) -> bool {
        let own = self.net.slots(join);
        let cone = &self.cones[join][slot];
        marked
            .iter()
            .any(|place| cone.contains(*place) && !own.contains(place))
    }

    fn waiting(&self, marked: &[Place]) -> Vec<usize> {
        let joins = marked
            .iter()
            .filter_map(|&place| match self.net.kinds[place] {
                Kind::Slot { join, .. } => Some(join),
                _ => None,
            });
        let mut joins: Vec<usize> = joins.collect();
        joins.sort_unstable();
        joins.dedup();
        joins
    }

    fn wait(
        &self,
        history: History,
        marked: &[Place],
        (join, slot): (usize, usize),
        explored: &Exploration<'_>,
    ) -> Wait {
        let mut needs = Bits::new(history.events.len());
        for (index, mark) in history.marks.iter().enumerate() {
            if mark.taken_by.is_none() && self.net.slots(join).contains(&mark.place) {
                needs.union(&history.past(index));
            }
        }
        let cause = self.cause(&history, join, slot, &needs);
        if let Some(event) = cause {
            needs.union(&history.events[event].past);
        }
        let circular = self.is_circular(join, slot, marked);
        let never = self.never_fires(join, explored);
        Wait {
            join,
            slot,
            history,
            cause,
            circular,
            needs,
            never,
        }
    }

    /// The event that turned away from the empty slot. Of several the one that had most in common
    /// with what waits: earlier ones belong to earlier rounds of a loop.
    fn cause(&self, history: &History, join: usize, slot: usize, filled: &Bits) -> Option<usize> {
        let cone = &self.cones[join][slot];
        let leads = |mark: &usize| cone.contains(history.marks[*mark].place);
        let turns = history.events.iter().enumerate().filter(|(_, event)| {
            let by = self.net.transitions[event.transition].by;
            by != Move::Joins(join)
                && event.inputs.iter().any(leads)
                && !event.outputs.iter().any(leads)
        });
        let common = |past: &Bits| {
            let mut common = past.clone();
            common.intersect(filled);
            common.count()
        };
        turns
            .max_by_key(|(index, event)| (common(&event.past), usize::MAX - index))
            .map(|(index, _)| index)
    }

    /// Whether what turned away came to a dead end that was reported already.
    fn ends_in_dead_end(&self, wait: &Wait) -> bool {
        let Some(cause) = wait.cause else {
            return false;
        };
        wait.history.marks.iter().any(|mark| {
            let follows = mark
                .made_by
                .is_some_and(|event| wait.history.events[event].past.contains(cause));
            follows
                && mark.taken_by.is_none()
                && matches!(self.net.kinds[mark.place], Kind::Node(_))
        })
    }
}
