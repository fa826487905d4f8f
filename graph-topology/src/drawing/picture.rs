//! What is drawn, in whatever language: points and lines.

use std::collections::BTreeSet;

use super::{Now, Trail, Way, time};
use crate::model::{Arm, Join, Member, NodeKind, Source, Topology};

/// A graph, or a run of it, as points and lines.
pub(super) struct Picture<'a> {
    pub(super) title: &'a str,
    pub(super) points: Vec<Point>,
    pub(super) lines: Vec<Line>,
    /// Whether it shows a run.
    pub(super) is_run: bool,
}

/// What a point stands for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    Start,
    Node(u16),
    Join(u16),
    End,
}

/// A thing with a shape.
pub(super) struct Point {
    pub(super) place: Place,
    pub(super) label: String,
    /// What a run did there, or nothing.
    pub(super) note: String,
    pub(super) shape: Shape,
    pub(super) mark: Mark,
}

/// What a point looks like.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Shape {
    /// `start` or `end`.
    Terminal,
    /// A node that is a function.
    Task,
    /// A node that waits for an answer.
    Ask,
    /// A node that waits for a time.
    Wait,
    /// A node that is a graph.
    Subgraph,
    /// Where branches wait for each other.
    Join,
}

/// A way from one point to another.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Line {
    pub(super) from: Place,
    pub(super) to: Place,
    pub(super) label: String,
    pub(super) stroke: Stroke,
    pub(super) mark: Mark,
}

/// How a way is taken.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Stroke {
    /// Always, or by a condition.
    Plain,
    /// Only if a guard holds, or on an error.
    Dashed,
    /// Once for each item.
    Bold,
}

/// What a run has to do with a part of the graph.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Mark {
    /// It hasn't come here, or no run is shown.
    None,
    /// It came through.
    Passed,
    /// It is here.
    Active,
    /// It waits here.
    Waiting,
    /// It failed here.
    Failed,
}

impl Place {
    /// Numbers, because a node may be called what the languages have reserved.
    pub(super) fn key(self) -> String {
        match self {
            Self::Start => "start".to_owned(),
            Self::Node(node) => format!("n{node}"),
            Self::Join(join) => format!("j{join}"),
            Self::End => "end".to_owned(),
        }
    }

    fn of(source: Source) -> Self {
        match source {
            Source::Start => Self::Start,
            Source::Node(node) => Self::Node(node),
        }
    }
}

impl<'a> Picture<'a> {
    pub(super) fn of(topology: &'a Topology, trail: Option<&Trail>) -> Self {
        let mut drawer = Drawer {
            topology,
            trail,
            lines: Vec::new(),
            drawn: BTreeSet::new(),
        };
        drawer.routes();
        drawer.ends();
        drawer.errors();
        Self {
            title: &topology.id,
            points: drawer.points(),
            lines: drawer.lines,
            is_run: trail.is_some(),
        }
    }
}

struct Drawer<'a> {
    topology: &'a Topology,
    trail: Option<&'a Trail>,
    lines: Vec<Line>,
    drawn: BTreeSet<Line>,
}

impl Drawer<'_> {
    fn routes(&mut self) {
        for route in self.topology.routes.iter() {
            for &source in route.from.iter() {
                for arm in route.arms.iter() {
                    self.arm(source, arm);
                }
            }
        }
    }

    fn arm(&mut self, source: Source, arm: &Arm) {
        let when = arm.when.join(" => ");
        if arm.to.is_empty() {
            self.way(source, None, Place::End, &when, Stroke::Plain);
        }
        for member in arm.to.iter() {
            let (label, stroke) = manner(&when, member);
            self.land(source, member.node, &label, stroke);
        }
    }

    /// A way to a node, by the joins at which it arrives.
    fn land(&mut self, source: Source, to: u16, label: &str, stroke: Stroke) {
        let joins: Vec<u16> = arrivals(self.topology, source, to).collect();
        if joins.is_empty() {
            self.way(source, Some(to), Place::Node(to), label, stroke);
        }
        for join in joins {
            self.way(source, Some(to), Place::Join(join), label, stroke);
        }
    }

    /// The ways of nodes without a route, and those of joins.
    fn ends(&mut self) {
        for (join, it) in (0..).zip(self.topology.joins.iter()) {
            for &node in it.slots.iter().flat_map(|slot| slot.iter()) {
                let source = Source::Node(node);
                if !self.topology.has_route(source) {
                    let (to, at) = (Some(it.to), Place::Join(join));
                    self.way(source, to, at, "", Stroke::Plain);
                }
            }
            let fired = self.trail.map_or(0, |trail| trail.times_joined(join));
            let line = Line {
                from: Place::Join(join),
                to: Place::Node(it.to),
                label: String::new(),
                stroke: Stroke::Plain,
                mark: Mark::None,
            };
            self.line(line, fired);
        }
    }

    fn errors(&mut self) {
        for (index, node) in (0..).zip(self.topology.nodes.iter()) {
            if let Some(handler) = node.on_error {
                self.land(Source::Node(index), handler, "error", Stroke::Dashed);
            }
        }
    }

    fn way(&mut self, from: Source, to: Option<u16>, at: Place, label: &str, stroke: Stroke) {
        let way = Way { from, to };
        let taken = self.trail.map_or(0, |trail| trail.times_taken(way));
        let line = Line {
            from: Place::of(from),
            to: at,
            label: label.to_owned(),
            stroke,
            mark: Mark::None,
        };
        self.line(line, taken);
    }

    /// What looks the same is drawn once.
    fn line(&mut self, mut line: Line, taken: u32) {
        if taken > 0 {
            line.mark = Mark::Passed;
        }
        if taken > 1 {
            let comma = if line.label.is_empty() { "" } else { ", " };
            line.label = format!("{}{comma}{taken}x", line.label);
        }
        if self.drawn.insert(line.clone()) {
            self.lines.push(line);
        }
    }

    fn points(&self) -> Vec<Point> {
        let start = self.terminal(Place::Start, "start");
        let nodes = (0..).zip(self.topology.nodes.iter());
        let nodes = nodes.map(|(index, node)| self.node(index, node));
        let joins = (0..).zip(self.topology.joins.iter());
        let joins = joins.map(|(index, join)| self.join(index, join));
        let end = self.terminal(Place::End, "end");
        start
            .into_iter()
            .chain(nodes)
            .chain(joins)
            .chain(end)
            .collect()
    }

    fn node(&self, index: u16, node: &crate::model::Node) -> Point {
        let visit = self.trail.and_then(|trail| trail.nodes.get(&index));
        let mut words = Vec::new();
        if let Some(visit) = visit {
            if visit.turns > 0 {
                words.push(format!("{}x", visit.turns));
            }
            words.push(time::text(visit.time));
            words.extend(visit.now.map(|now| now.word().to_owned()));
        }
        Point {
            place: Place::Node(index),
            label: node.name.to_string(),
            note: words.join(", "),
            shape: match node.kind {
                NodeKind::Task => Shape::Task,
                NodeKind::Ask => Shape::Ask,
                NodeKind::Wait => Shape::Wait,
                NodeKind::Subgraph => Shape::Subgraph,
            },
            mark: match visit.map(|visit| visit.now) {
                None => Mark::None,
                Some(None) => Mark::Passed,
                Some(Some(Now::Active)) => Mark::Active,
                Some(Some(Now::Waiting)) => Mark::Waiting,
                Some(Some(Now::Failed)) => Mark::Failed,
            },
        }
    }

    fn join(&self, index: u16, join: &Join) -> Point {
        let filled = self.trail.map_or(0, |trail| trail.slots_filled(index));
        let fired = self.trail.map_or(0, |trail| trail.times_joined(index));
        let (note, mark) = match (filled, fired) {
            (0, 0) => (String::new(), Mark::None),
            (0, _) => (String::new(), Mark::Passed),
            _ => (format!("{filled} of {}", join.slots.len()), Mark::Waiting),
        };
        Point {
            place: Place::Join(index),
            label: String::new(),
            note,
            shape: Shape::Join,
            mark,
        }
    }

    /// `start` or `end`, where a way touches it.
    fn terminal(&self, place: Place, name: &str) -> Option<Point> {
        let touches = |line: &&Line| line.from == place || line.to == place;
        let marks = self.lines.iter().filter(touches).map(|line| line.mark);
        Some(Point {
            place,
            label: name.to_owned(),
            note: String::new(),
            shape: Shape::Terminal,
            mark: marks.max()?,
        })
    }
}

/// How a member of an arm is reached, in words and as a stroke.
fn manner(when: &str, member: &Member) -> (String, Stroke) {
    let mut words = Vec::new();
    if !when.is_empty() {
        words.push(when.to_owned());
    }
    words.extend(member.guard.as_ref().map(|guard| format!("if {guard}")));
    words.extend(member.each.as_ref().map(|each| format!("for {each}")));
    let stroke = match member {
        Member { each: Some(_), .. } => Stroke::Bold,
        Member { guard: Some(_), .. } => Stroke::Dashed,
        _ => Stroke::Plain,
    };
    (words.join(", "), stroke)
}

/// The joins of a node in which a source stands: a way from there to the node ends at them, not at the node.
pub(super) fn arrivals(topology: &Topology, source: Source, to: u16) -> impl Iterator<Item = u16> {
    let stands = move |join: &Join| match source {
        Source::Start => false,
        Source::Node(node) => join.to == to && join.slots.iter().any(|slot| slot.contains(&node)),
    };
    let joins = (0..).zip(topology.joins.iter());
    joins.filter_map(move |(index, join)| stands(join).then_some(index))
}
