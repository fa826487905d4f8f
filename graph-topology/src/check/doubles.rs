//! Places that are marked while they are marked: found, and traced back to where it begins.
//!
//! Whatever follows a node that was started twice is started twice as well. Only the first such place
//! is a mistake of its own.

use std::collections::BTreeMap;

use crate::check::bits::Bits;
use crate::check::coactive::Coactivity;
use crate::check::explore::{Run, search};
use crate::check::history::{Clash, History};
use crate::check::net::{Kind, Net, Place};

/// A place that is marked twice by a mistake of its own, with the shortest run found.
pub(crate) struct Double {
    pub(crate) history: History,
    pub(crate) clash: Clash,
}

impl Double {
    /// The events that made the marks.
    fn made_by(&self) -> [Option<usize>; 2] {
        let (first, second) = self.clash.marks;
        [first, second].map(|mark| self.history.marks[mark].made_by)
    }

    /// The transitions that made the marks.
    fn making(&self) -> Vec<usize> {
        let events = self.made_by().into_iter().flatten();
        events
            .map(|event| self.history.events[event].transition)
            .collect()
    }

    /// The places whose marks were taken to make either mark.
    fn makers(&self) -> [Vec<Place>; 2] {
        let History { events, marks } = &self.history;
        let place = |&input: &usize| marks[input].place;
        self.made_by().map(|event| {
            event.map_or(Vec::new(), |event| {
                events[event].inputs.iter().map(place).collect()
            })
        })
    }

    /// Whether the second mark came of what the first one's making led to.
    fn is_round(&self) -> bool {
        match self.made_by() {
            [Some(first), Some(second)] => {
                first != second && self.history.events[second].past.contains(first)
            }
            _ => false,
        }
    }

    /// Whether a run comes round before a branch has ended only because something on the way was
    /// started early, without waiting for that branch.
    fn follows_from(&self, early: &[usize]) -> bool {
        let [Some(first), _] = self.made_by() else {
            return false;
        };
        let is_early = |event: usize| {
            let event = &self.history.events[event];
            event.past.contains(first) && early.contains(&event.transition)
        };
        self.is_round() && self.clash.needs.iter().any(is_early)
    }
}

/// The search for doubles, and what it may still cost.
pub(crate) struct Doubles<'a> {
    net: &'a Net,
    marked: &'a [Place],
    runs: BTreeMap<Place, Run>,
    /// How many states one search may visit.
    cap: usize,
    /// How many more states all searches may visit once a double is known.
    states_left: usize,
    /// Whether some search was given up.
    pub(crate) gave_up: bool,
}

impl<'a> Doubles<'a> {
    /// Begins with the doubles that exploring met by the way.
    pub(crate) fn new(
        net: &'a Net,
        marked: &'a [Place],
        met: BTreeMap<Place, Run>,
        cap: usize,
    ) -> Self {
        Self {
            net,
            marked,
            runs: met,
            cap,
            states_left: 4 * cap,
            gave_up: false,
        }
    }

    /// Looks for a run to each double that may be.
    pub(crate) fn confirm(&mut self, coactivity: &Coactivity) {
        for place in coactivity.doubled() {
            // Where one is known, the rest is a matter of telling more at once.
            if !self.runs.is_empty() {
                self.states_left = self.states_left.min(16 * self.net.len() + 4000);
            }
            if self.net.kinds[place] != Kind::Guard && !self.only_follows(place, coactivity) {
                self.search((place, place));
            }
        }
    }

    /// Searches a run. What a graph without doubles may cost is not limited by what it cost before,
    /// so that nothing is left out.
    fn search(&mut self, pair: (Place, Place)) -> Option<Run> {
        let limited = !self.runs.is_empty();
        let cap = if limited {
            self.cap.min(self.states_left)
        } else {
            self.cap
        };
        let result = search(self.net, self.marked, pair, cap);
        self.states_left = self.states_left.saturating_sub(result.states);
        self.gave_up |= result.gave_up;
        for (other, run) in result.doubled {
            self.keep(other, run);
        }
        if let Some(run) = result.run.clone().filter(|_| pair.0 == pair.1) {
            self.keep(pair.0, run);
        }
        result.run
    }

    /// A run that does no more than mark two places, unless another double comes on the way.
    pub(crate) fn together(&mut self, left: Place, right: Place) -> Option<Run> {
        let run = self.search((left, right))?;
        let history = History::of(self.net, self.marked, &run);
        let mut needs = Bits::new(history.events.len());
        for (index, mark) in history.marks.iter().enumerate() {
            if mark.taken_by.is_none() && [left, right].contains(&mark.place) {
                needs.union(&history.past(index));
            }
        }
        (!self.spoils(&history, &needs)).then(|| history.run(&needs))
    }

    fn keep(&mut self, place: Place, run: Run) {
        let known = self.runs.entry(place).or_insert_with(|| run.clone());
        if run.len() < known.len() {
            *known = run;
        }
    }

    /// Whether a place is marked by nothing but the end of another that is suspected itself.
    fn only_follows(&self, place: Place, coactivity: &Coactivity) -> bool {
        let [only] = self.net.entering(place) else {
            return false;
        };
        let transition = &self.net.transitions[*only];
        let [before] = transition.inputs[..] else {
            return false;
        };
        let once = transition
            .outputs
            .iter()
            .filter(|&&output| output == place)
            .count()
            == 1;
        let suspected =
            self.net.kinds[before] != Kind::Guard && coactivity.together(before, before);
        once && before != place && suspected
    }

    /// The doubles that are mistakes of their own.
    pub(crate) fn roots(&self) -> Vec<Double> {
        let mut roots: BTreeMap<Place, Double> = BTreeMap::new();
        for (&place, run) in &self.runs {
            let Some(double) = self.root(place, run) else {
                continue;
            };
            let known = roots.get(&double.clash.place);
            let size = double.clash.needs.count();
            if known.is_none_or(|known| size < known.clash.needs.count()) {
                roots.insert(double.clash.place, double);
            }
        }
        let mut told = Vec::new();
        let mut roots: Vec<Double> = roots.into_values().collect();
        let early: Vec<usize> = roots
            .iter()
            .filter(|double| !double.is_round())
            .flat_map(Double::making)
            .collect();
        roots.retain(|double| !double.follows_from(&early));
        let nodes: Vec<Place> = roots.iter().map(|double| double.clash.place).collect();
        roots.retain(|double| !self.fills_for(double.clash.place, &nodes));
        // Two nodes that both decide and meet in several targets make one mistake.
        roots.retain(|double| {
            let mut makers = double.makers();
            makers.sort_unstable();
            let new = makers.iter().any(Vec::is_empty) || !told.contains(&makers);
            told.push(makers);
            new
        });
        roots
    }

    /// Whether a slot is filled by one of some places: what marks those twice fills it twice.
    fn fills_for(&self, slot: Place, places: &[Place]) -> bool {
        let fills = |&id: &usize| {
            let inputs = &self.net.transitions[id].inputs;
            inputs.iter().any(|input| places.contains(input))
        };
        let is_slot = matches!(self.net.kinds[slot], Kind::Slot { .. });
        is_slot && self.net.entering(slot).iter().any(fills)
    }

    /// The first double on a run that ends with a place marked twice.
    fn root(&self, place: Place, run: &[usize]) -> Option<Double> {
        let history = History::of(self.net, self.marked, run);
        let needs = last_needs(self.net, &history, place)?;
        let clash = history.clashes(self.net, &needs).into_iter().next()?;
        Some(Double { history, clash })
    }

    /// The first double within some events of a run, kept for the roots. What needs those events
    /// follows from it.
    pub(crate) fn spoils(&mut self, history: &History, needs: &Bits) -> bool {
        let Some(clash) = history.clashes(self.net, needs).into_iter().next() else {
            return false;
        };
        self.keep(clash.place, history.run(&clash.needs));
        true
    }
}

/// What the last double of a place needs at the least.
fn last_needs(net: &Net, history: &History, place: Place) -> Option<Bits> {
    let all = history.all();
    history
        .clashes(net, &all)
        .into_iter()
        .find(|clash| clash.place == place)
        .map(|clash| clash.needs)
}
