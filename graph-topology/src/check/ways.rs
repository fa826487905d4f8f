//! Mistakes in what leads where: nodes that can't leave, joins and nodes that no way leads to.

use crate::check::bits::Bits;
use crate::check::net::{Kind, Net, Place};
use crate::check::reach;
use crate::check::standing::Standing;
use crate::check::structure::Structure;
use crate::finding::{At, Finding, FindingKind};
use crate::model::Topology;
use crate::words;

impl Structure {
    /// Nodes that nothing leads away from, then circles of nodes that only lead to each other. What
    /// is never reached, or only through a join that was reported, can wait until that is mended.
    pub(crate) fn dead_ends(&mut self, topology: &Topology, net: &Net, marked: &[Place]) {
        let reached = reach::reached(net, marked, !self.broken.contains(&true));
        for (node, it) in topology.nodes.iter().enumerate() {
            let standing = &self.standing[node];
            if standing.leading_on().is_some() {
                continue;
            }
            let place = net.node(node);
            self.halted.insert(place);
            if reached.contains(place) {
                let name = &it.name;
                let at = standing.mention().unwrap_or(At::Node(node));
                let message = format!(
                    "`{name}` can't leave: no edge leads on from it, and no join waits for it; write where it goes, `{name} -> end` if nowhere"
                );
                self.report(FindingKind::CantLeave, at, message, Vec::new());
            }
        }
        let ending = self.ending(net);
        let mut stuck = Bits::new(net.len());
        for place in (0..net.len()).filter(|&place| !ending.contains(place)) {
            stuck.insert(place);
        }
        for circle in reach::closed_circles(net, &stuck) {
            if circle.iter().any(|&place| reached.contains(place)) {
                self.closed_circle(topology, net, &circle);
            }
        }
        self.halted.union(&stuck);
    }

    /// The places from which a way leads to `end` or to a dead end that was reported already.
    fn ending(&self, net: &Net) -> Bits {
        let mut ending = reach::ending(net);
        let dead: Vec<Place> = self.halted.iter().collect();
        ending.union(&net.leading_to(&dead, None));
        ending
    }

    fn closed_circle(&mut self, topology: &Topology, net: &Net, circle: &[Place]) {
        let nodes = circle.iter().filter_map(|&place| match net.kinds[place] {
            Kind::Node(node) => Some(node),
            _ => None,
        });
        let mut nodes: Vec<usize> = nodes.collect();
        nodes.sort_by_key(|&node| self.standing[node].leading_on());
        let Some(&first) = nodes.first() else { return };
        let names = words::list(nodes.iter().map(|&node| topology.name(node)));
        let message = if nodes.len() == 1 {
            format!("{names} can't leave: it only leads back to itself; give it a way to `end`")
        } else {
            format!(
                "{names} can't leave: they only lead to each other; give one of them a way to `end`"
            )
        };
        let at = self.standing[first].leading_on().unwrap_or(At::Node(first));
        self.report(FindingKind::CantLeave, at, message, Vec::new());
    }

    /// Joins of which some slots are reached and some are not.
    pub(crate) fn never_complete(&mut self, topology: &Topology, net: &Net) {
        let all = reach::reached(net, &[net.start()], false);
        let any = reach::reached(net, &[net.start()], true);
        let mut circular = None;
        let mut told: Vec<&[u16]> = Vec::new();
        for (join, it) in topology.joins.iter().enumerate() {
            let slots = net.slots(join);
            let is_missing = |&slot: &usize| !all.contains(slots[slot]);
            let missing: Vec<usize> = (0..slots.len()).filter(is_missing).collect();
            if self.broken[join] || missing.is_empty() || missing.len() == slots.len() {
                continue;
            }
            // What only another join keeps from being reached is that join's mistake.
            let Some(&slot) = missing.iter().find(|&&slot| !any.contains(slots[slot])) else {
                circular = circular.or(Some((join, missing[0])));
                continue;
            };
            self.broken[join] = true;
            // Several joins may wait for the one node that was forgotten.
            if !told.contains(&it.slots[slot].as_ref()) {
                told.push(&it.slots[slot]);
                self.nothing_leads_to(topology, join, slot);
            }
        }
        if let Some((join, slot)) = circular.filter(|_| !self.broken.contains(&true)) {
            self.circular_join(topology, join, slot);
        }
    }

    fn nothing_leads_to(&mut self, topology: &Topology, join: usize, slot: usize) {
        let members = &topology.joins[join].slots[slot];
        let names = words::list(members.iter().map(|&node| topology.name(node.into())));
        let text = topology.join_text(join);
        let them = if members.len() == 1 {
            "it"
        } else {
            "one of them"
        };
        let message = format!(
            "`{text}` can never be complete: no way leads from `start` to {names}; lead to {them}, or take it out of the join"
        );
        let at = At::Slot {
            join,
            slot,
            member: 0,
        };
        self.report(FindingKind::NeverComplete, at, message, Vec::new());
    }

    fn circular_join(&mut self, topology: &Topology, join: usize, slot: usize) {
        let it = &topology.joins[join];
        let text = topology.join_text(join);
        let members = it.slots[slot].iter();
        let names = words::list(members.map(|&node| topology.name(node.into())));
        let target = topology.name(it.to.into());
        let message = format!(
            "`{text}` can never be complete: {names} comes only after `{target}` itself; take it out of the join"
        );
        let at = At::Slot {
            join,
            slot,
            member: 0,
        };
        self.report(FindingKind::NeverComplete, at, message, Vec::new());
        self.broken[join] = true;
    }
}

/// The nodes that no way leads to, one for each region that is cut off.
pub(crate) fn never_reached(topology: &Topology, net: &Net, standing: &[Standing]) -> Vec<Finding> {
    let reached = reach::reached(net, &[net.start()], true);
    let is_cut_off =
        |&node: &usize| standing[node].mention().is_some() && !reached.contains(net.node(node));
    let cut_off = (0..topology.nodes.len()).filter(is_cut_off);
    let mut cut_off: Vec<(usize, Bits)> = cut_off
        .map(|node| (node, reach::reached(net, &[net.node(node)], true)))
        .collect();
    // What leads to most of the others comes first, so that it explains them.
    cut_off.sort_by_key(|(node, ahead)| (usize::MAX - ahead.count(), standing[*node].leading_on()));
    let mut explained = reached;
    let mut findings = Vec::new();
    for (node, ahead) in cut_off {
        if explained.contains(net.node(node)) {
            continue;
        }
        explained.union(&ahead);
        let name = topology.name(node);
        findings.push(Finding {
            kind: FindingKind::NeverReached,
            at: standing[node].leading_on().unwrap_or(At::Node(node)),
            message: format!(
                "`{name}` is never reached: no way leads to it from `start`; lead to it, or remove it"
            ),
            related: Vec::new(),
            way: Vec::new(),
        });
    }
    findings
}
