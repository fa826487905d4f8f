//! Mistakes that show in the edges as they stand, before anything runs.

use crate::check::bits::Bits;
use crate::check::net::{Kind, Net, Place};
use crate::check::{reach, words};
use crate::finding::{At, Finding, FindingKind, Related};
use crate::model::{Arm, Member, Source, Topology};

/// What the edges alone say, and what later findings must not repeat.
pub(crate) struct Structure {
    pub(crate) findings: Vec<Finding>,
    /// Nodes that stand in no edge.
    pub(crate) unused: Vec<bool>,
    /// Places that were reported as dead ends, and what only leads to them.
    pub(crate) halted: Bits,
    /// Joins that were reported.
    pub(crate) broken: Vec<bool>,
}

impl Structure {
    pub(crate) fn of(topology: &Topology, net: &Net) -> Self {
        let mut structure = Self {
            findings: Vec::new(),
            unused: (0..topology.nodes.len()).map(|node| mention(topology, node).is_none()).collect(),
            halted: Bits::new(net.len()),
            broken: vec![false; topology.joins.len()],
        };
        structure.no_start(topology);
        structure.never_used(topology);
        structure.never_goes_there(topology);
        structure.skipped_groups(topology);
        structure.for_and_without(topology);
        structure.never_complete(topology, net);
        structure.dead_ends(topology, net);
        structure
    }

    fn report(&mut self, kind: FindingKind, at: At, message: String, related: Vec<Related>) {
        self.findings.push(Finding { kind, at, message, related, way: Vec::new() });
    }

    fn no_start(&mut self, topology: &Topology) {
        if !topology.nodes.is_empty() && !topology.has_route(Source::Start) {
            let first = topology.routes.first().and_then(|route| route.from.first());
            let name = first.map_or(topology.name(0), |&source| topology.source_name(source));
            let message = format!("nothing leads from `start`; begin with `start -> {name}`");
            let at = if first.is_some() { At::RouteSource { route: 0, source: 0 } } else { At::Node(0) };
            self.report(FindingKind::NoStart, at, message, Vec::new());
        }
    }

    fn never_used(&mut self, topology: &Topology) {
        for (node, it) in topology.nodes.iter().enumerate() {
            if self.unused[node] {
                let message = format!("`{}` is never used; lead to it in `edges!`, or remove it", it.name);
                self.report(FindingKind::NeverUsed, At::Node(node), message, Vec::new());
            }
        }
    }

    /// Nodes that nothing leads away from, then circles of nodes that only lead to each other. What
    /// is never reached, or only through a join that was reported, can wait until that is mended.
    fn dead_ends(&mut self, topology: &Topology, net: &Net) {
        let reached = reach::reached(net, &[net.start()], !self.broken.contains(&true));
        for (node, it) in (0..).zip(topology.nodes.iter()) {
            let leaves = topology.has_route(Source::Node(node)) || topology.is_awaited(node);
            let Some(at) = mention(topology, node.into()).filter(|_| !leaves) else { continue };
            self.halted.insert(net.node(node.into()));
            if !reached.contains(net.node(node.into())) {
                continue;
            }
            let name = &it.name;
            let message = format!(
                "`{name}` can't leave: no edge leads on from it, and no join waits for it; write where it goes, `{name} -> end` if nowhere"
            );
            self.report(FindingKind::CantLeave, at, message, Vec::new());
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
            Kind::Node(node) if !self.unused[node] => Some(node),
            _ => None,
        });
        let mut nodes: Vec<usize> = nodes.collect();
        nodes.sort_by_key(|&node| leaving_at(topology, node));
        let Some(&first) = nodes.first() else { return };
        let names = words::list(nodes.iter().map(|&node| topology.name(node)));
        let message = if nodes.len() == 1 {
            format!("{names} can't leave: it only leads back to itself; give it a way to `end`")
        } else {
            format!("{names} can't leave: they only lead to each other; give one of them a way to `end`")
        };
        let at = leaving_at(topology, first).unwrap_or(At::Node(first));
        self.report(FindingKind::CantLeave, at, message, Vec::new());
    }

    fn never_goes_there(&mut self, topology: &Topology) {
        for (join, it) in topology.joins.iter().enumerate() {
            for (slot, members) in it.slots.iter().enumerate() {
                for (member, &node) in members.iter().enumerate() {
                    if topology.has_route(Source::Node(node)) && !goes_to(topology, node, it.to) {
                        let at = At::Slot { join, slot, member };
                        self.one_never_goes_there(topology, join, node, at);
                    }
                }
            }
        }
    }

    fn one_never_goes_there(&mut self, topology: &Topology, join: usize, node: u16, at: At) {
        let name = topology.name(node.into());
        let target = topology.name(topology.joins[join].to.into());
        let text = topology.join_text(join);
        let goes = words::list(targets(topology, node).into_iter());
        let message = format!(
            "`{text}` waits for `{name}`, which never goes there: its own route leads to {goes}; let one of its ways lead to `{target}`, or take it out of the join"
        );
        let related = leaving_at(topology, node.into())
            .map(|at| Related { at, text: format!("the route of `{name}`") });
        self.report(FindingKind::NeverGoesThere, at, message, related.into_iter().collect());
        self.broken[join] = true;
    }

    fn skipped_groups(&mut self, topology: &Topology) {
        for (route, it) in topology.routes.iter().enumerate() {
            for (arm, way) in it.arms.iter().enumerate() {
                let skippable = !way.to.is_empty() && way.to.iter().all(|member| member.guard.is_some());
                if skippable && !way.to.iter().any(|member| topology.is_awaited(member.node)) {
                    let at = At::Arm { route, arm };
                    let message = skipped_group(topology, it.from.first().copied(), way);
                    self.report(FindingKind::SkippedGroup, at, message, Vec::new());
                }
            }
        }
    }

    fn for_and_without(&mut self, topology: &Topology) {
        for node in 0..topology.nodes.len() {
            let (with, without) = entrances(topology, node);
            let (Some(&with), Some(&without)) = (with.first(), without.first()) else { continue };
            let name = topology.name(node);
            let message = format!(
                "`{name}` is reached by a `for` and without one, so it has an item only sometimes; reach it by `for` everywhere, or use two nodes"
            );
            let related = vec![Related { at: with, text: "reached by `for` here".to_owned() }];
            self.report(FindingKind::ForAndWithout, without, message, related);
        }
    }

    /// Joins of which some slots are reached and some are not.
    fn never_complete(&mut self, topology: &Topology, net: &Net) {
        let all = reach::reached(net, &[net.start()], false);
        let any = reach::reached(net, &[net.start()], true);
        let mut circular = None;
        let mut found = false;
        for join in 0..topology.joins.len() {
            let slots = net.slots(join);
            let is_missing = |&slot: &usize| !all.contains(slots[slot]);
            let missing: Vec<usize> = (0..slots.len()).filter(is_missing).collect();
            if self.broken[join] || missing.is_empty() || missing.len() == slots.len() {
                continue;
            }
            // What only another join keeps from being reached is that join's mistake.
            if let Some(&slot) = missing.iter().find(|&&slot| !any.contains(slots[slot])) {
                self.one_never_complete(topology, join, slot);
                found = true;
            } else {
                circular = circular.or(Some((join, missing[0])));
            }
        }
        if let Some((join, slot)) = circular.filter(|_| !found && !self.broken.contains(&true)) {
            self.circular_join(topology, join, slot);
        }
    }

    fn one_never_complete(&mut self, topology: &Topology, join: usize, slot: usize) {
        let members = &topology.joins[join].slots[slot];
        let names = words::list(members.iter().map(|&node| topology.name(node.into())));
        let text = topology.join_text(join);
        let them = if members.len() == 1 { "it" } else { "one of them" };
        let message = format!(
            "`{text}` can never be complete: no way leads from `start` to {names}; lead to {them}, or take it out of the join"
        );
        self.report(FindingKind::NeverComplete, At::Slot { join, slot, member: 0 }, message, Vec::new());
        self.broken[join] = true;
    }

    fn circular_join(&mut self, topology: &Topology, join: usize, slot: usize) {
        let it = &topology.joins[join];
        let text = topology.join_text(join);
        let names = words::list(it.slots[slot].iter().map(|&node| topology.name(node.into())));
        let target = topology.name(it.to.into());
        let message = format!(
            "`{text}` can never be complete: {names} comes only after `{target}` itself; take it out of the join"
        );
        self.report(FindingKind::NeverComplete, At::Slot { join, slot, member: 0 }, message, Vec::new());
        self.broken[join] = true;
    }
}

/// The nodes that no way leads to, one for each region that is cut off.
pub(crate) fn never_reached(topology: &Topology, net: &Net, unused: &[bool]) -> Vec<Finding> {
    let reached = reach::reached(net, &[net.start()], true);
    let mut explained = reached.clone();
    let mut findings = Vec::new();
    let is_cut_off = |node: &usize| !unused[*node] && !reached.contains(net.node(*node));
    let mut nodes: Vec<usize> = (0..topology.nodes.len()).filter(is_cut_off).collect();
    // What leads to most of the others comes first, so that it explains them.
    nodes.sort_by_key(|&node| {
        let ahead = reach::reached(net, &[net.node(node)], true).count();
        (usize::MAX - ahead, leaving_at(topology, node))
    });
    for node in nodes {
        if explained.contains(net.node(node)) {
            continue;
        }
        explained.union(&reach::reached(net, &[net.node(node)], true));
        let name = topology.name(node);
        findings.push(Finding {
            kind: FindingKind::NeverReached,
            at: leaving_at(topology, node).unwrap_or(At::Node(node)),
            message: format!(
                "`{name}` is never reached: no way leads to it from `start`; lead to it, or remove it"
            ),
            related: Vec::new(),
            way: Vec::new(),
        });
    }
    findings
}

fn skipped_group(topology: &Topology, source: Option<Source>, way: &Arm) -> String {
    let name = source.map_or("start", |source| topology.source_name(source));
    if let [Member { node, guard: Some(guard), .. }] = way.to.as_ref() {
        let node = topology.name((*node).into());
        return format!(
            "where `{guard}` doesn't hold, nothing follows `{name}`; say what does: `{name} -> if {guard} {{ {node} }} else {{ .. }}`"
        );
    }
    let names: Vec<&str> = way.to.iter().map(|member| topology.name(member.node.into())).collect();
    let all = if names.len() == 2 { "both" } else { "all" };
    let (members, names) = (names.join(", "), words::list(names.iter().copied()));
    format!(
        "where {names} are {all} skipped, nothing follows `{name}`; join them, `{{{members}}} -> ..`, or add a member without a guard"
    )
}

/// Where a node is led on from, in the order of the source.
fn leaving_at(topology: &Topology, node: usize) -> Option<At> {
    for (route, it) in topology.routes.iter().enumerate() {
        let is_source = |source: &Source| matches!(source, Source::Node(it) if usize::from(*it) == node);
        if let Some(source) = it.from.iter().position(is_source) {
            return Some(At::RouteSource { route, source });
        }
    }
    let (join, slot, member) = topology.joins.iter().enumerate().find_map(|(join, it)| {
        it.slots.iter().enumerate().find_map(|(slot, members)| {
            let member = members.iter().position(|&member| usize::from(member) == node)?;
            Some((join, slot, member))
        })
    })?;
    Some(At::Slot { join, slot, member })
}

/// Where the edges first name a node, as a target if they do.
fn mention(topology: &Topology, node: usize) -> Option<At> {
    let (with, without) = entrances(topology, node);
    without.into_iter().chain(with).min().or_else(|| leaving_at(topology, node))
}

/// Where a node is started, by `for` and without.
fn entrances(topology: &Topology, node: usize) -> (Vec<At>, Vec<At>) {
    let (mut with, mut without) = (Vec::new(), Vec::new());
    for (route, it) in topology.routes.iter().enumerate() {
        for (arm, way) in it.arms.iter().enumerate() {
            for (member, to) in way.to.iter().enumerate().filter(|(_, to)| usize::from(to.node) == node) {
                let list = if to.each.is_some() { &mut with } else { &mut without };
                list.push(At::Member { route, arm, member });
            }
        }
    }
    let joins = topology.joins.iter().enumerate().filter(|(_, it)| usize::from(it.to) == node);
    without.extend(joins.map(|(join, _)| At::JoinTarget(join)));
    let handles = |it: &crate::model::Node| it.on_error.is_some_and(|handler| usize::from(handler) == node);
    let failing = topology.nodes.iter().enumerate().filter(|(_, it)| handles(it));
    without.extend(failing.map(|(node, _)| At::OnError(node)));
    (with, without)
}

/// Whether some way of a node leads to another, its errors among them.
fn goes_to(topology: &Topology, node: u16, to: u16) -> bool {
    topology.nodes[usize::from(node)].on_error == Some(to)
        || ways(topology, node).any(|arm| arm.to.iter().any(|member| member.node == to))
}

/// What the ways of a node lead to, each once.
fn targets(topology: &Topology, node: u16) -> Vec<&str> {
    let mut names = Vec::new();
    for arm in ways(topology, node) {
        if arm.to.is_empty() {
            names.push("end");
        }
        names.extend(arm.to.iter().map(|member| topology.name(member.node.into())));
    }
    let mut seen = Vec::new();
    names.retain(|name| !seen.contains(name) && { seen.push(*name); true });
    names
}

fn ways(topology: &Topology, node: u16) -> impl Iterator<Item = &Arm> {
    let routes = topology.routes.iter().filter(move |route| route.from.contains(&Source::Node(node)));
    routes.flat_map(|route| route.arms.iter())
}
