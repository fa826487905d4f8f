//! Drawings of a graph: points and lines first, then a language for them.

mod dot;
mod mermaid;

use crate::model::{Arm, Member, NodeKind, Source, Topology};

impl Topology {
    /// The graph as a Mermaid flowchart.
    pub fn mermaid(&self) -> String {
        mermaid::write(&Drawing::of(self))
    }

    /// The graph in the dot language of Graphviz.
    pub fn dot(&self) -> String {
        dot::write(&Drawing::of(self))
    }
}

/// What is drawn, in whatever language.
struct Drawing<'a> {
    title: &'a str,
    points: Vec<Point>,
    lines: Vec<Line>,
}

/// A thing with a shape.
struct Point {
    key: String,
    label: String,
    shape: Shape,
}

/// What a point stands for.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
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
struct Line {
    from: String,
    to: String,
    label: String,
    stroke: Stroke,
}

/// How a way is taken.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stroke {
    /// Always, or by a condition.
    Plain,
    /// Only if a guard holds, or on an error.
    Dashed,
    /// Once for each item.
    Bold,
}

impl<'a> Drawing<'a> {
    fn of(topology: &'a Topology) -> Self {
        let mut drawing = Self {
            title: &topology.id,
            points: Vec::new(),
            lines: Vec::new(),
        };
        drawing.routes(topology);
        drawing.ends(topology);
        drawing.errors(topology);
        drawing.points(topology);
        drawing
    }

    fn routes(&mut self, topology: &Topology) {
        for route in topology.routes.iter() {
            for &source in route.from.iter() {
                for arm in route.arms.iter() {
                    self.arm(topology, source, arm);
                }
            }
        }
    }

    fn arm(&mut self, topology: &Topology, source: Source, arm: &Arm) {
        let when = arm.when.join(" => ");
        if arm.to.is_empty() {
            self.line(source_key(source), "end".to_owned(), when, Stroke::Plain);
            return;
        }
        for member in arm.to.iter() {
            let (label, stroke) = manner(&when, member);
            for to in landing(topology, source, member.node) {
                self.line(source_key(source), to, label.clone(), stroke);
            }
        }
    }

    /// The ways of nodes without a route, and those of joins.
    fn ends(&mut self, topology: &Topology) {
        for (join, it) in topology.joins.iter().enumerate() {
            let mut members: Vec<u16> = it
                .slots
                .iter()
                .flat_map(|slot| slot.iter().copied())
                .collect();
            members.dedup();
            for node in members
                .into_iter()
                .filter(|&node| !topology.has_route(Source::Node(node)))
            {
                self.line(node_key(node), join_key(join), String::new(), Stroke::Plain);
            }
            self.line(
                join_key(join),
                node_key(it.to),
                String::new(),
                Stroke::Plain,
            );
        }
    }

    fn errors(&mut self, topology: &Topology) {
        for (index, node) in (0..).zip(topology.nodes.iter()) {
            let Some(handler) = node.on_error else {
                continue;
            };
            for to in landing(topology, Source::Node(index), handler) {
                self.line(node_key(index), to, "error".to_owned(), Stroke::Dashed);
            }
        }
    }

    fn points(&mut self, topology: &Topology) {
        self.terminal("start");
        for (index, node) in (0..).zip(topology.nodes.iter()) {
            let shape = match node.kind {
                NodeKind::Task => Shape::Task,
                NodeKind::Ask => Shape::Ask,
                NodeKind::Wait => Shape::Wait,
                NodeKind::Subgraph => Shape::Subgraph,
            };
            self.points.push(Point {
                key: node_key(index),
                label: node.name.to_string(),
                shape,
            });
        }
        for join in 0..topology.joins.len() {
            self.points.push(Point {
                key: join_key(join),
                label: String::new(),
                shape: Shape::Join,
            });
        }
        self.terminal("end");
    }

    fn terminal(&mut self, name: &str) {
        if self
            .lines
            .iter()
            .any(|line| line.from == name || line.to == name)
        {
            self.points.push(Point {
                key: name.to_owned(),
                label: name.to_owned(),
                shape: Shape::Terminal,
            });
        }
    }

    fn line(&mut self, from: String, to: String, label: String, stroke: Stroke) {
        self.lines.push(Line {
            from,
            to,
            label,
            stroke,
        });
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

/// Where a way to a node ends: at the joins of that node in which the source stands, or at the node.
fn landing(topology: &Topology, source: Source, to: u16) -> Vec<String> {
    let Source::Node(node) = source else {
        return vec![node_key(to)];
    };
    let stands = |(_, join): &(usize, &crate::model::Join)| {
        join.to == to && join.slots.iter().any(|slot| slot.contains(&node))
    };
    let joins = topology.joins.iter().enumerate().filter(stands);
    let keys: Vec<String> = joins.map(|(join, _)| join_key(join)).collect();
    if keys.is_empty() {
        vec![node_key(to)]
    } else {
        keys
    }
}

fn source_key(source: Source) -> String {
    match source {
        Source::Start => "start".to_owned(),
        Source::Node(node) => node_key(node),
    }
}

// Keys are numbers, because a node may be called what the languages have reserved.

fn node_key(node: u16) -> String {
    format!("n{node}")
}

fn join_key(join: usize) -> String {
    format!("j{join}")
}

#[cfg(test)]
mod tests;
