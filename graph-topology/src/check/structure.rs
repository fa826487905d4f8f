//! Mistakes that show in the edges as they are written.

use crate::check::bits::Bits;
use crate::check::net::{Net, Place};
use crate::check::standing::Standing;
use crate::finding::{At, Finding, FindingKind, Related};
use crate::model::{Arm, Member, Source, Topology};
use crate::words;

/// What the edges alone say, and what later findings must not repeat.
pub(crate) struct Structure {
    pub(crate) findings: Vec<Finding>,
    /// Where each node stands in the edges.
    pub(crate) standing: Vec<Standing>,
    /// Places that were reported as dead ends, and what only leads to them.
    pub(crate) halted: Bits,
    /// Joins that were reported.
    pub(crate) broken: Vec<bool>,
}

impl Structure {
    /// What is wrong with the edges, whatever runs do.
    pub(crate) fn of(topology: &Topology, net: &Net) -> Self {
        let mut structure = Self::empty(topology, net);
        structure.no_start(topology);
        structure.never_used(topology);
        structure.never_goes_there(topology);
        structure.skipped_groups(topology);
        structure.for_and_without(topology);
        structure.never_complete(topology, net);
        structure.dead_ends(topology, net, &[net.start()]);
        structure
    }

    /// What is wrong with the edges for a run that stands at some marked places.
    pub(crate) fn from(topology: &Topology, net: &Net, marked: &[Place]) -> Self {
        let mut structure = Self::empty(topology, net);
        structure.dead_ends(topology, net, marked);
        structure
    }

    fn empty(topology: &Topology, net: &Net) -> Self {
        Self {
            findings: Vec::new(),
            standing: Standing::of(topology),
            halted: Bits::new(net.len()),
            broken: vec![false; topology.joins.len()],
        }
    }

    pub(crate) fn report(
        &mut self,
        kind: FindingKind,
        at: At,
        message: String,
        related: Vec<Related>,
    ) {
        self.findings.push(Finding {
            kind,
            at,
            message,
            related,
            way: Vec::new(),
        });
    }

    fn no_start(&mut self, topology: &Topology) {
        if !topology.nodes.is_empty() && !topology.has_route(Source::Start) {
            let first = topology.routes.first().and_then(|route| route.from.first());
            let name = first.map_or(topology.name(0), |&source| topology.source_name(source));
            let message = format!("nothing leads from `start`; begin with `start -> {name}`");
            let at = if first.is_some() {
                At::RouteSource {
                    route: 0,
                    source: 0,
                }
            } else {
                At::Node(0)
            };
            self.report(FindingKind::NoStart, at, message, Vec::new());
        }
    }

    fn never_used(&mut self, topology: &Topology) {
        for (node, it) in topology.nodes.iter().enumerate() {
            if self.standing[node].mention().is_none() {
                let message = format!(
                    "`{}` is never used; lead to it in `edges!`, or remove it",
                    it.name
                );
                self.report(FindingKind::NeverUsed, At::Node(node), message, Vec::new());
            }
        }
    }

    fn never_goes_there(&mut self, topology: &Topology) {
        for (join, it) in topology.joins.iter().enumerate() {
            for (slot, members) in it.slots.iter().enumerate() {
                for (member, &node) in members.iter().enumerate() {
                    if self.goes_elsewhere(topology, node, it.to) {
                        let at = At::Slot { join, slot, member };
                        self.one_never_goes_there(topology, join, node, at);
                    }
                }
            }
        }
    }

    /// Whether a node has a route of its own of which no way leads to another, nor its error.
    fn goes_elsewhere(&self, topology: &Topology, node: u16, to: u16) -> bool {
        let standing = &self.standing[usize::from(node)];
        let goes = |arm: &Arm| arm.to.iter().any(|member| member.node == to);
        standing.leads_on.is_some()
            && topology.nodes[usize::from(node)].on_error != Some(to)
            && !ways(topology, standing).any(goes)
    }

    fn one_never_goes_there(&mut self, topology: &Topology, join: usize, node: u16, at: At) {
        let name = topology.name(node.into());
        let target = topology.name(topology.joins[join].to.into());
        let text = topology.join_text(join);
        let goes = words::list(targets(topology, &self.standing[usize::from(node)]));
        let message = format!(
            "`{text}` waits for `{name}`, which never goes there: its own route leads to {goes}; let one of its ways lead to `{target}`, or take it out of the join"
        );
        let related = self.standing[usize::from(node)]
            .leading_on()
            .map(|at| Related {
                at,
                text: format!("the route of `{name}`"),
            });
        self.report(
            FindingKind::NeverGoesThere,
            at,
            message,
            related.into_iter().collect(),
        );
        self.broken[join] = true;
    }

    fn skipped_groups(&mut self, topology: &Topology) {
        for (route, it) in topology.routes.iter().enumerate() {
            for (arm, way) in it.arms.iter().enumerate() {
                let skippable =
                    !way.to.is_empty() && way.to.iter().all(|member| member.guard.is_some());
                if skippable && !way.to.iter().any(|member| self.is_awaited(member.node)) {
                    let at = At::Arm { route, arm };
                    let message = skipped_group(topology, it.from.first().copied(), way);
                    self.report(FindingKind::SkippedGroup, at, message, Vec::new());
                }
            }
        }
    }

    fn is_awaited(&self, node: u16) -> bool {
        self.standing[usize::from(node)].awaited.is_some()
    }

    fn for_and_without(&mut self, topology: &Topology) {
        for node in 0..topology.nodes.len() {
            let Standing {
                by_for,
                without_for,
                ..
            } = &self.standing[node];
            let (Some(with), Some(without)) = (*by_for, *without_for) else {
                continue;
            };
            let name = topology.name(node);
            let message = format!(
                "`{name}` is reached by a `for` and without one, so it has an item only sometimes; reach it by `for` everywhere, or use two nodes"
            );
            let related = vec![Related {
                at: with,
                text: "reached by `for` here".to_owned(),
            }];
            self.report(FindingKind::ForAndWithout, without, message, related);
        }
    }
}

fn skipped_group(topology: &Topology, source: Option<Source>, way: &Arm) -> String {
    let name = source.map_or("start", |source| topology.source_name(source));
    if let [
        Member {
            node,
            guard: Some(guard),
            ..
        },
    ] = way.to.as_ref()
    {
        let node = topology.name((*node).into());
        return format!(
            "where `{guard}` doesn't hold, nothing follows `{name}`; say what does: `{name} -> if {guard} {{ {node} }} else {{ .. }}`"
        );
    }
    let names: Vec<&str> = way
        .to
        .iter()
        .map(|member| topology.name(member.node.into()))
        .collect();
    let all = if names.len() == 2 { "both" } else { "all" };
    let (members, names) = (names.join(", "), words::list(names.iter().copied()));
    format!(
        "where {names} are {all} skipped, nothing follows `{name}`; join them, `{{{members}}} -> ..`, or add a member without a guard"
    )
}

/// What the ways of a node lead to, each once.
fn targets<'a>(topology: &'a Topology, standing: &Standing) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    for arm in ways(topology, standing) {
        let targets = arm
            .to
            .iter()
            .map(|member| topology.name(member.node.into()));
        for name in targets.chain(arm.to.is_empty().then_some("end")) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
    }
    names
}

fn ways<'a>(topology: &'a Topology, standing: &'a Standing) -> impl Iterator<Item = &'a Arm> {
    standing
        .routes
        .iter()
        .flat_map(|&route| topology.routes[route].arms.iter())
}
