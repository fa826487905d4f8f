//! How long the check of a sound graph takes, by its number of nodes.

use std::time::{Duration, Instant};

use graph_topology::{Arm, Join, List, Member, Node, NodeKind, Route, Source, Topology};

fn main() {
    for nodes in [100, 500, 2000] {
        let topology = graph(nodes);
        let time = median(|| {
            let findings = topology.check();
            assert!(findings.is_empty(), "{findings:?}");
        });
        println!(
            "check of {:>4} nodes: {:>8.3} ms",
            topology.nodes.len(),
            time.as_secs_f64() * 1e3
        );
    }
}

/// The median of enough runs to take about a second.
fn median(mut run: impl FnMut()) -> Duration {
    let (begin, mut times) = (Instant::now(), Vec::new());
    while times.len() < 5 || begin.elapsed() < Duration::from_secs(1) {
        let start = Instant::now();
        run();
        times.push(start.elapsed());
    }
    times.sort();
    times[times.len() / 2]
}

/// A sound graph under construction.
#[derive(Default)]
struct Draft {
    nodes: Vec<Node>,
    routes: Vec<Route>,
    joins: Vec<Join>,
}

/// A sound graph: one block after the other, each a fork of which one branch repeats itself, one
/// chooses, one runs a `for`, and all meet in a join from which the block can be repeated.
fn graph(nodes: usize) -> Topology {
    let mut draft = Draft::default();
    let first = draft.node();
    draft.route(Source::Start, &[&[first]]);
    let mut last = first;
    while draft.nodes.len() < nodes {
        last = draft.block(last);
    }
    draft.route(Source::Node(last), &[&[]]);
    Topology {
        id: "bench".into(),
        fields: List::Borrowed(&[]),
        nodes: draft.nodes.into(),
        routes: draft.routes.into(),
        joins: draft.joins.into(),
    }
}

impl Draft {
    fn block(&mut self, before: u16) -> u16 {
        let [fork, repeat, choose, left, right, split, item, join, after] =
            [(); 9].map(|()| self.node());
        self.route(Source::Node(before), &[&[fork]]);
        self.route(Source::Node(fork), &[&[repeat, choose, split]]);
        self.route(Source::Node(repeat), &[&[repeat], &[join]]);
        self.route(Source::Node(choose), &[&[left], &[right]]);
        self.route(Source::Node(split), &[&[item]]);
        if let Some(route) = self.routes.last_mut() {
            route.arms.to_mut()[0].to.to_mut()[0].each = Some("item in items".into());
        }
        let slots: Vec<List<u16>> = vec![
            vec![repeat].into(),
            vec![left, right].into(),
            vec![item].into(),
        ];
        self.joins.push(Join {
            slots: slots.into(),
            to: join,
            doc: "".into(),
        });
        self.route(Source::Node(join), &[&[fork], &[after]]);
        after
    }

    fn node(&mut self) -> u16 {
        let index = u16::try_from(self.nodes.len()).unwrap_or(u16::MAX);
        self.nodes.push(Node {
            name: format!("n{index}").into(),
            kind: NodeKind::Task,
            reads: List::Borrowed(&[]),
            writes: List::Borrowed(&[]),
            on_error: None,
        });
        index
    }

    fn route(&mut self, from: Source, arms: &[&[u16]]) {
        let member = |&node: &u16| Member {
            node,
            guard: None,
            each: None,
        };
        let arms = arms.iter().map(|to| Arm {
            when: List::Borrowed(&[]),
            to: to.iter().map(member).collect(),
        });
        self.routes.push(Route {
            from: vec![from].into(),
            reads: List::Borrowed(&[]),
            arms: arms.collect(),
            doc: "".into(),
        });
    }
}
