//! Mistakes in what is read and written.

use crate::check::coactive::Coactivity;
use crate::check::doubles::Doubles;
use crate::check::explore::Run;
use crate::check::net::Net;
use crate::check::standing::Standing;
use crate::finding::{At, Finding, FindingKind, Related};
use crate::model::{Node, NodeKind, Topology};
use crate::words;

/// Tasks that can be active at the same time and set the same field.
pub(crate) struct Conflict {
    pub(crate) field: usize,
    pub(crate) who: Writers,
    /// The run after which both are active.
    pub(crate) run: Run,
}

/// Who sets a field at the same time.
pub(crate) enum Writers {
    /// Several items of one node reached by `for`.
    Items(usize),
    /// Two nodes.
    Both(usize, usize),
}

/// Fields that are read and never set.
pub(crate) fn never_set(topology: &Topology, standing: &[Standing]) -> Vec<Finding> {
    let mut findings = Vec::new();
    for (field, it) in topology.fields.iter().enumerate() {
        let sets = |node: &Node| node.writes.iter().any(|&write| usize::from(write) == field);
        if it.given || topology.nodes.iter().any(sets) {
            continue;
        }
        let Some((reader, related)) = first_reader(topology, field, standing) else {
            continue;
        };
        let name = &it.name;
        findings.push(Finding {
            kind: FindingKind::NeverSet,
            at: At::Field(field),
            message: format!(
                "`{name}` is read by {reader}, but nothing ever sets it; let a node write it, or mark it `#[input]` or `#[default(..)]`"
            ),
            related: vec![Related { at: related, text: "read here".to_owned() }],
            way: Vec::new(),
        });
    }
    findings
}

fn first_reader(topology: &Topology, field: usize, standing: &[Standing]) -> Option<(String, At)> {
    let reads = |list: &[u16]| list.iter().any(|&read| usize::from(read) == field);
    let mut nodes = topology
        .nodes
        .iter()
        .enumerate()
        .filter(|(node, _)| standing[*node].mention().is_some());
    if let Some((node, it)) = nodes.find(|(_, it)| reads(&it.reads)) {
        return Some((format!("`{}`", it.name), At::Node(node)));
    }
    let (route, it) = topology
        .routes
        .iter()
        .enumerate()
        .find(|(_, it)| reads(&it.reads))?;
    let source = topology.source_name(*it.from.first()?);
    Some((
        format!("the route after `{source}`"),
        At::RouteSource { route, source: 0 },
    ))
}

/// Fields without a reducer that several tasks can set at the same time, one conflict a field.
pub(crate) fn conflicts(
    topology: &Topology,
    net: &Net,
    coactivity: &Coactivity,
    doubles: &mut Doubles<'_>,
) -> Vec<Conflict> {
    let is_replaced = |field: &usize| topology.fields[*field].reducer.is_none();
    let conflict = |field: usize| {
        let writers = writers(topology, field);
        if let Some(&node) = writers.iter().find(|&&node| sets_by_item(topology, node)) {
            return Some(Conflict {
                field,
                who: Writers::Items(node),
                run: Run::new(),
            });
        }
        pairs(&writers).into_iter().find_map(|(left, right)| {
            let places = (net.node(left), net.node(right));
            if !coactivity.together(places.0, places.1) {
                return None;
            }
            let run = doubles.together(places.0, places.1)?;
            Some(Conflict {
                field,
                who: Writers::Both(left, right),
                run,
            })
        })
    };
    (0..topology.fields.len())
        .filter(is_replaced)
        .filter_map(conflict)
        .collect()
}

fn pairs(nodes: &[usize]) -> Vec<(usize, usize)> {
    let before = |(index, &right)| nodes[..index].iter().map(move |&left| (left, right));
    nodes.iter().enumerate().flat_map(before).collect()
}

fn writers(topology: &Topology, field: usize) -> Vec<usize> {
    let sets = |node: &usize| {
        topology.nodes[*node]
            .writes
            .iter()
            .any(|&write| usize::from(write) == field)
    };
    (0..topology.nodes.len()).filter(sets).collect()
}

/// Whether several items of a node can be active at the same time and set the same value. Answers
/// of an ask are kept by item.
fn sets_by_item(topology: &Topology, node: usize) -> bool {
    let arms = topology.routes.iter().flat_map(|route| route.arms.iter());
    let mut members = arms.flat_map(|arm| arm.to.iter());
    topology.nodes[node].kind != NodeKind::Ask
        && members.any(|member| usize::from(member.node) == node && member.each.is_some())
}

impl Conflict {
    /// Says it. `after` tells the run, or is empty.
    pub(crate) fn finding(&self, topology: &Topology, after: &str) -> Finding {
        let name = &topology.fields[self.field].name;
        let (message, nodes) = match self.who {
            Writers::Items(node) => (
                format!(
                    "`{name}` is set by all items of `{}` at the same time; give it a reducer, `#[reduce(..)]`",
                    topology.name(node)
                ),
                vec![node],
            ),
            Writers::Both(left, right) => (
                format!(
                    "`{name}` is set by {}, which can be active at the same time{after}; give it a reducer, `#[reduce(..)]`, or let one follow the other",
                    words::list([topology.name(left), topology.name(right)])
                ),
                vec![left, right],
            ),
        };
        let related = nodes.into_iter().map(|node| Related {
            at: At::Node(node),
            text: "set here".to_owned(),
        });
        Finding {
            kind: FindingKind::WriteConflict,
            at: At::Field(self.field),
            message,
            related: related.collect(),
            way: Vec::new(),
        }
    }
}
