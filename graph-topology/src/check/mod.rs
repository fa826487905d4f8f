//! The soundness check: whatever number of steps each branch takes, a run can always come to its end,
//! no join waits for ever, no node is dead, none is started while it is active.

mod bits;
mod coactive;
mod doubles;
mod explore;
mod fields;
mod history;
mod net;
mod reach;
mod standing;
mod story;
mod structure;
mod tell_double;
mod tell_wait;
mod waits;
mod ways;

use crate::check::coactive::Coactivity;
use crate::check::doubles::Doubles;
use crate::check::explore::explore;
use crate::check::history::History;
use crate::check::net::{Net, Place};
use crate::check::story::Story;
use crate::check::structure::Structure;
use crate::check::waits::{Wait, Waits};
use crate::finding::{At, Finding, FindingKind, Move};
use crate::model::{Source, Topology};

impl Topology {
    /// All mistakes in the graph, the worst first; none if every run can come to its end.
    ///
    /// Indices must refer to what is there.
    pub fn check(&self) -> Vec<Finding> {
        let mut net = Net::of(self);
        let Structure {
            mut findings,
            standing,
            halted,
            broken,
        } = Structure::of(self, &net);
        let cut_off = ways::never_reached(self, &net, &standing);
        net.halt(&halted);
        let marked = [net.start()];
        let running = Running {
            topology: self,
            net: &net,
            marked: &marked,
            broken: &broken,
        };
        let more = running.findings(&findings);
        findings.extend(more);
        findings.extend(fields::never_set(self, &standing));
        if !findings.iter().any(about_flow) {
            findings.extend(cut_off);
        }
        findings.sort_by_key(|finding| (finding.kind, finding.at));
        findings
    }

    /// The mistakes that a run can come to which stands where some nodes are active and some slots,
    /// each a join and the slot's index in it, are filled.
    ///
    /// Indices must refer to what is there.
    pub fn check_from(&self, active: &[u16], filled: &[(u16, u16)]) -> Vec<Finding> {
        let mut net = Net::of(self);
        let nodes = active.iter().map(|&node| net.node(node.into()));
        let slots = filled
            .iter()
            .map(|&(join, slot)| net.slots(join.into())[usize::from(slot)]);
        let marked: Vec<Place> = nodes.chain(slots).collect();
        let Structure {
            mut findings,
            halted,
            broken,
            ..
        } = Structure::from(self, &net, &marked);
        net.halt(&halted);
        let running = Running {
            topology: self,
            net: &net,
            marked: &marked,
            broken: &broken,
        };
        let more = running.findings(&findings);
        findings.extend(more);
        findings.sort_by_key(|finding| (finding.kind, finding.at));
        findings
    }

    /// How many states the check visits; near the number of nodes, slots and guards.
    #[doc(hidden)]
    pub fn states_explored(&self) -> usize {
        let net = Net::of(self);
        explore(&net, &[net.start()], cap(&net)).states()
    }
}

/// Whether a finding is about how runs go on, so that others may follow from it.
fn about_flow(finding: &Finding) -> bool {
    use FindingKind as K;
    !matches!(
        finding.kind,
        K::ForAndWithout | K::WriteConflict | K::NeverSet | K::NeverUsed | K::NeverReached
    )
}

/// How many states are allowed before the check gives up.
fn cap(net: &Net) -> usize {
    64 * net.len() + 1000
}

/// What is found by running the net.
struct Running<'a> {
    topology: &'a Topology,
    net: &'a Net,
    marked: &'a [Place],
    broken: &'a [bool],
}

impl Running<'_> {
    fn findings(&self, structural: &[Finding]) -> Vec<Finding> {
        let (net, marked) = (self.net, self.marked);
        let coactivity = Coactivity::of(net, marked);
        let explored = explore(net, marked, cap(net));
        let mut doubles = Doubles::new(net, marked, explored.doubled().clone(), cap(net));
        doubles.confirm(&coactivity);
        let waits = if explored.stuck.is_empty() {
            Vec::new()
        } else {
            let waits = Waits::new(net, marked, self.broken);
            waits.of(&explored, |history, needs| doubles.spoils(history, needs))
        };
        let conflicts = fields::conflicts(self.topology, net, &coactivity, &mut doubles);

        let mut findings = Vec::new();
        for wait in waits
            .iter()
            .filter(|wait| !self.is_skipped_group(wait, structural))
        {
            findings.push(tell_wait::finding(&self.story(&wait.history), wait));
        }
        for double in doubles.roots() {
            findings.push(tell_double::finding(
                &self.story(&double.history),
                marked,
                &double,
            ));
        }
        let gave_up = explored.gave_up() || doubles.gave_up;
        if gave_up && findings.is_empty() && !structural.iter().any(about_flow) {
            findings.push(self.too_entangled());
        }
        for conflict in conflicts {
            let history = History::of(net, marked, &conflict.run);
            let story = self.story(&history);
            let chain = story.tell(&history.all());
            let after = if chain.is_empty() {
                chain
            } else {
                format!(" (after {chain})")
            };
            let mut finding = conflict.finding(self.topology, &after);
            finding.way = story.moves(&history.all());
            findings.push(finding);
        }
        findings
    }

    fn story<'s>(&'s self, history: &'s History) -> Story<'s> {
        Story {
            topology: self.topology,
            net: self.net,
            history,
        }
    }

    /// Whether what turned away was a group that was skipped, which is reported itself.
    fn is_skipped_group(&self, wait: &Wait, structural: &[Finding]) -> bool {
        let Some(cause) = wait.cause else {
            return false;
        };
        let by = self.net.transitions[wait.history.events[cause].transition].by;
        let Move::Guard {
            route,
            arm,
            holds: false,
            ..
        } = by
        else {
            return false;
        };
        let is_it = |finding: &Finding| {
            finding.kind == FindingKind::SkippedGroup && finding.at == At::Arm { route, arm }
        };
        structural.iter().any(is_it)
    }

    fn too_entangled(&self) -> Finding {
        let is_start = |(route, it): (usize, &crate::model::Route)| {
            let source = it.from.iter().position(|&source| source == Source::Start)?;
            Some(At::RouteSource { route, source })
        };
        let at = self.topology.routes.iter().enumerate().find_map(is_start);
        Finding {
            kind: FindingKind::TooEntangled,
            at: at.unwrap_or(At::Node(0)),
            message: "the graph is too entangled to check; move a part of it into a subgraph"
                .to_owned(),
            related: Vec::new(),
            way: Vec::new(),
        }
    }
}
