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
    /// The places whose marks were taken to make either mark.
    fn makers(&self) -> [Vec<Place>; 2] {
        let History { events, marks } = &self.history;
        let inputs = |mark: usize| match marks[mark].made_by {
            Some(event) => events[event].inputs.iter().map(|&input| marks[input].place).collect(),
            None => Vec::new(),
        };
        [inputs(self.clash.marks.0), inputs(self.clash.marks.1)]
    }
}

/// The search for doubles, and what it may still cost.
pub(crate) struct Doubles<'a> {
    net: &'a Net,
    marked: &'a [Place],
    runs: BTreeMap<Place, Run>,
    states_left: usize,
    /// Whether some search was given up.
    pub(crate) gave_up: bool,
}

impl<'a> Doubles<'a> {
    /// Begins with the doubles that exploring met by the way.
    pub(crate) fn new(net: &'a Net, marked: &'a [Place], met: BTreeMap<Place, Run>, states: usize) -> Self {
        Self { net, marked, runs: met, states_left: states, gave_up: false }
    }

    /// Looks for a run to each double that may be.
    pub(crate) fn confirm(&mut self, coactivity: &Coactivity) {
        for place in coactivity.doubled() {
            if self.net.kinds[place] != Kind::Guard && !self.only_follows(place, coactivity) {
                self.search((place, place));
            }
        }
    }

    fn search(&mut self, pair: (Place, Place)) -> Option<Run> {
        let result = search(self.net, self.marked, pair, self.states_left);
        self.states_left -= result.states.min(self.states_left);
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
        let [only] = self.net.entering(place) else { return false };
        let transition = &self.net.transitions[*only];
        let [before] = transition.inputs[..] else { return false };
        let once = transition.outputs.iter().filter(|&&output| output == place).count() == 1;
        let suspected = self.net.kinds[before] != Kind::Guard && coactivity.together(before, before);
        once && before != place && suspected
    }

    /// The doubles that are mistakes of their own.
    pub(crate) fn roots(&self) -> Vec<Double> {
        let mut roots: BTreeMap<Place, Double> = BTreeMap::new();
        for (&place, run) in &self.runs {
            let Some(double) = self.root(place, run) else { continue };
            let known = roots.get(&double.clash.place);
            let size = double.clash.needs.count();
            if known.is_none_or(|known| size < known.clash.needs.count()) {
                roots.insert(double.clash.place, double);
            }
        }
        let mut told = Vec::new();
        let mut roots: Vec<Double> = roots.into_values().collect();
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
        let Some(clash) = history.clashes(self.net, needs).into_iter().next() else { return false };
        self.keep(clash.place, history.run(&clash.needs));
        true
    }
}

/// What the last double of a place needs at the least.
fn last_needs(net: &Net, history: &History, place: Place) -> Option<Bits> {
    let all = history.all();
    history.clashes(net, &all).into_iter().find(|clash| clash.place == place).map(|clash| clash.needs)
}
