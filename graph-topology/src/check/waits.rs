//! Joins that wait for what will not come: which of them are to blame, and what went another way.

use crate::check::bits::Bits;
use crate::check::explore::{Exploration, Stuck};
use crate::check::history::History;
use crate::check::net::{Kind, Net, Place};
use crate::finding::Move;

/// A join that waits for ever.
pub(crate) struct Wait {
    pub(crate) join: usize,
    /// The slot that stays empty.
    pub(crate) slot: usize,
    pub(crate) history: History,
    /// The event after which nothing could fill the slot any more; `None` where joins wait for each other.
    pub(crate) cause: Option<usize>,
    /// The events that show it.
    pub(crate) needs: Bits,
    /// Whether the join never gets what it waits for, on any way.
    pub(crate) never: bool,
}

/// How many ends are tried for a join until one shows it without another mistake on the way.
const TRIES: usize = 16;

/// Finds the joins to blame for the ends at which something is still marked.
pub(crate) struct Waits<'a> {
    pub(crate) net: &'a Net,
    pub(crate) marked: &'a [Place],
    /// Joins that were reported already.
    pub(crate) broken: &'a [bool],
}

impl Waits<'_> {
    /// One wait for each join to blame. `spoilt` tells whether some events of a run show another mistake.
    pub(crate) fn of(
        &self,
        explored: &Exploration,
        mut spoilt: impl FnMut(&History, &Bits) -> bool,
    ) -> Vec<Wait> {
        let joins = self.broken.len();
        let mut found: Vec<Option<Wait>> = (0..joins).map(|_| None).collect();
        let mut tries = vec![0; joins];
        for stuck in &explored.stuck {
            for (join, slot) in self.to_blame(stuck) {
                if found[join].is_some() || tries[join] == TRIES {
                    continue;
                }
                tries[join] += 1;
                let never = self.never_fires(join, explored);
                let wait = self.wait(stuck, join, slot, never);
                let explained = self.ends_in_dead_end(&wait);
                if !explained && !spoilt(&wait.history, &wait.needs) {
                    found[join] = Some(wait);
                }
            }
        }
        let mut told = Vec::new();
        let waits = found.into_iter().flatten();
        // One turn may leave several joins short; it is one mistake.
        waits.filter(|wait| {
            let turn = wait.cause.map(|cause| wait.history.events[cause].transition);
            let new = turn.is_none() || !told.contains(&turn);
            told.push(turn);
            new
        })
        .collect()
    }

    fn never_fires(&self, join: usize, explored: &Exploration) -> bool {
        let fires = |&id: &usize| explored.fired.contains(id);
        let complete = !explored.gave_up && explored.doubled.is_empty();
        complete && !self.net.leaving(self.net.slots(join)[0]).iter().any(fires)
    }

    /// The joins that wait, each with an empty slot that no other waiting join is to blame for. If
    /// each blames another, the first one.
    fn to_blame(&self, stuck: &Stuck) -> Vec<(usize, usize)> {
        let waiting = self.waiting(stuck);
        let mut blamed = Vec::new();
        for &join in &waiting {
            let own = self.net.slots(join);
            let mut empty = (0..own.len()).filter(|&slot| !stuck.marked.contains(&own[slot]));
            let unexplained = empty.find(|&slot| {
                let cone = self.net.leading_to(&[own[slot]], Some(join));
                !stuck.marked.iter().any(|place| cone.contains(*place) && !own.contains(place))
            });
            if let Some(slot) = unexplained {
                blamed.push((join, slot));
            }
        }
        let dead_end = stuck.marked.iter().any(|&place| matches!(self.net.kinds[place], Kind::Node(_)));
        if blamed.is_empty() && !dead_end && !waiting.iter().any(|&join| self.broken[join]) {
            blamed.extend(waiting.first().and_then(|&join| Some((join, self.first_empty(stuck, join)?))));
        }
        blamed.retain(|&(join, _)| !self.broken[join]);
        blamed
    }

    fn first_empty(&self, stuck: &Stuck, join: usize) -> Option<usize> {
        self.net.slots(join).iter().position(|place| !stuck.marked.contains(place))
    }

    fn waiting(&self, stuck: &Stuck) -> Vec<usize> {
        let mut joins: Vec<usize> = (stuck.marked.iter())
            .filter_map(|&place| match self.net.kinds[place] {
                Kind::Slot { join, .. } => Some(join),
                _ => None,
            })
            .collect();
        joins.sort_unstable();
        joins.dedup();
        joins
    }

    fn wait(&self, stuck: &Stuck, join: usize, slot: usize, never: bool) -> Wait {
        let history = History::of(self.net, self.marked, &stuck.run);
        let mut filled = Bits::new(history.events.len());
        for (index, mark) in history.marks.iter().enumerate() {
            if mark.taken_by.is_none() && self.net.slots(join).contains(&mark.place) {
                filled.union(&history.past(index));
            }
        }
        let cause = self.cause(&history, join, slot, &filled);
        let mut needs = filled;
        if let Some(event) = cause {
            needs.union(&history.events[event].past);
        }
        Wait { join, slot, history, cause, needs, never }
    }

    /// The event that turned away from the empty slot. Of several the one that had most in common
    /// with what waits: earlier ones belong to earlier rounds of a loop.
    fn cause(&self, history: &History, join: usize, slot: usize, filled: &Bits) -> Option<usize> {
        let cone = self.net.leading_to(&[self.net.slots(join)[slot]], Some(join));
        let leads = |mark: &usize| cone.contains(history.marks[*mark].place);
        let turns = history.events.iter().enumerate().filter(|(_, event)| {
            let by = self.net.transitions[event.transition].by;
            by != Move::Joins(join) && event.inputs.iter().any(leads) && !event.outputs.iter().any(leads)
        });
        let common = |past: &Bits| {
            let mut common = past.clone();
            common.intersect(filled);
            common.count()
        };
        turns.max_by_key(|(index, event)| (common(&event.past), usize::MAX - index)).map(|(index, _)| index)
    }

    /// Whether what turned away came to a dead end that was reported already.
    fn ends_in_dead_end(&self, wait: &Wait) -> bool {
        let Some(cause) = wait.cause else { return false };
        wait.history.marks.iter().any(|mark| {
            let follows = mark.made_by.is_some_and(|event| wait.history.events[event].past.contains(cause));
            follows && mark.taken_by.is_none() && matches!(self.net.kinds[mark.place], Kind::Node(_))
        })
    }
}
