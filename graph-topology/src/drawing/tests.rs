//! One graph with a bit of everything, and a run of it, as both languages draw them.

use std::time::Duration;

use super::{Step, Trail, Way};
use crate::model::{Arm, Join, List, Member, Node, NodeKind, Route, Source, Text, Topology};

fn node(name: &'static str, kind: NodeKind) -> Node {
    Node {
        name: name.into(),
        kind,
        reads: vec![].into(),
        writes: vec![].into(),
        on_error: None,
    }
}

fn member(node: u16) -> Member {
    Member {
        node,
        guard: None,
        each: None,
    }
}

fn arm(when: &[&'static str], to: Vec<Member>) -> Arm {
    Arm {
        when: when.iter().map(|&text| Text::from(text)).collect(),
        to: to.into(),
    }
}

fn route(from: Source, arms: Vec<Arm>) -> Route {
    Route {
        from: vec![from].into(),
        reads: vec![].into(),
        arms: arms.into(),
        doc: "".into(),
    }
}

/// `start -> a -> match x { "many" => {for i in xs { b(i) }, c if ok}, _ => end }`, `{b, c} -> d`,
/// `b` goes to `d` or fails to `c`, `d -> end`.
fn graph() -> Topology {
    let many = Member {
        each: Some("i in xs".into()),
        ..member(1)
    };
    let guarded = Member {
        guard: Some("ok".into()),
        ..member(2)
    };
    let mut nodes = vec![
        node("a", NodeKind::Task),
        node("b", NodeKind::Subgraph),
        node("c", NodeKind::Ask),
        node("d", NodeKind::Wait),
    ];
    nodes[1].on_error = Some(2);
    let slots: Vec<List<u16>> = vec![vec![1].into(), vec![2].into()];
    Topology {
        id: "all".into(),
        fields: vec![].into(),
        nodes: nodes.into(),
        routes: vec![
            route(Source::Start, vec![arm(&[], vec![member(0)])]),
            route(
                Source::Node(0),
                vec![
                    arm(&["\"many\""], vec![many, guarded]),
                    arm(&["_", "if x < 1"], vec![]),
                ],
            ),
            route(Source::Node(1), vec![arm(&[], vec![member(3)])]),
            route(Source::Node(3), vec![arm(&[], vec![])]),
        ]
        .into(),
        joins: vec![Join {
            slots: slots.into(),
            to: 3,
            doc: "".into(),
        }]
        .into(),
    }
}

#[test]
fn as_mermaid() {
    let expected = r##"flowchart TD
    start(["start"])
    n0["a"]
    n1[["b"]]
    n2{{"c"}}
    n3>"d"]
    j0(("+"))
    finish(["end"])
    start --> n0
    n0 ==>|"#quot;many#quot;, for i in xs"| n1
    n0 -.->|"#quot;many#quot;, if ok"| n2
    n0 -->|"_ =#gt; if x #lt; 1"| finish
    n1 --> j0
    n3 --> finish
    n2 --> j0
    j0 --> n3
    n1 -.->|"error"| n2
"##;
    assert_eq!(graph().mermaid(), expected);
}

#[test]
fn as_dot() {
    let expected = r#"digraph "all" {
    node [shape=box, style=rounded]
    "start" [label="start", shape=oval]
    "n0" [label="a"]
    "n1" [label="b", shape=box, peripheries=2, style=solid]
    "n2" [label="c", shape=hexagon, style=solid]
    "n3" [label="d", shape=octagon, style=solid]
    "j0" [label="", shape=circle, width=0.15, style=filled, fillcolor=black]
    "end" [label="end", shape=oval]
    "start" -> "n0"
    "n0" -> "n1" [label="\"many\", for i in xs", style=bold]
    "n0" -> "n2" [label="\"many\", if ok", style=dashed]
    "n0" -> "end" [label="_ => if x < 1"]
    "n1" -> "j0"
    "n3" -> "end"
    "n2" -> "j0"
    "j0" -> "n3"
    "n1" -> "n2" [label="error", style=dashed]
}
"#;
    assert_eq!(graph().dot(), expected);
}

/// `a` led to `b` and `c`; `b` has arrived at the join, `c` waits for its answer.
fn run() -> Trail {
    let mut trail = Trail::default();
    let step = |ran, active, waiting| Step {
        ran,
        active,
        waiting,
        time: Duration::from_millis(1300),
    };
    trail.step(&graph(), &step(&[], &[0], &[]));
    trail.step(&graph(), &step(&[0], &[1, 2], &[2]));
    trail.step(&graph(), &step(&[1], &[2], &[2]));
    trail
}

#[test]
fn a_run_as_mermaid() {
    let expected = r##"flowchart TD
    start(["start"])
    n0["a<br/>1x, 1.3 s"]
    n1[["b<br/>1x, 1.3 s"]]
    n2{{"c<br/>1.3 s, waiting"}}
    n3>"d"]
    j0(("+<br/>1 of 2"))
    finish(["end"])
    start --> n0
    n0 ==>|"#quot;many#quot;, for i in xs"| n1
    n0 -.->|"#quot;many#quot;, if ok"| n2
    n0 -->|"_ =#gt; if x #lt; 1"| finish
    n1 --> j0
    n3 --> finish
    n2 --> j0
    j0 --> n3
    n1 -.->|"error"| n2
    classDef untaken opacity:0.4
    class n3,finish untaken
    classDef passed stroke-width:2px
    class start,n0,n1 passed
    classDef waiting stroke:#bf8700,stroke-width:3px
    class n2,j0 waiting
    linkStyle 3,5,6,7,8 opacity:0.3
    linkStyle 0,1,2,4 stroke-width:3px
"##;
    assert_eq!(graph().drawing().with(&run()).mermaid(), expected);
}

#[test]
fn a_run_as_dot() {
    let expected = r##"digraph "all" {
    node [shape=box, style=rounded]
    "start" [label="start", shape=oval, penwidth=2]
    "n0" [label="a\n1x, 1.3 s", penwidth=2]
    "n1" [label="b\n1x, 1.3 s", shape=box, peripheries=2, style=solid, penwidth=2]
    "n2" [label="c\n1.3 s, waiting", shape=hexagon, style=solid, penwidth=3, color="#bf8700"]
    "n3" [label="d", shape=octagon, style=solid, color=gray70, fontcolor=gray50]
    "j0" [label="", xlabel="1 of 2", shape=circle, width=0.15, style=filled, fillcolor=black, penwidth=3, color="#bf8700"]
    "end" [label="end", shape=oval, color=gray70, fontcolor=gray50]
    "start" -> "n0" [penwidth=2]
    "n0" -> "n1" [label="\"many\", for i in xs", style=bold, penwidth=2]
    "n0" -> "n2" [label="\"many\", if ok", style=dashed, penwidth=2]
    "n0" -> "end" [label="_ => if x < 1", color=gray70, fontcolor=gray50]
    "n1" -> "j0" [penwidth=2]
    "n3" -> "end" [color=gray70, fontcolor=gray50]
    "n2" -> "j0" [color=gray70, fontcolor=gray50]
    "j0" -> "n3" [color=gray70, fontcolor=gray50]
    "n1" -> "n2" [label="error", style=dashed, color=gray70, fontcolor=gray50]
}
"##;
    assert_eq!(graph().drawing().with(&run()).dot(), expected);
}

#[test]
fn what_was_taken_more_than_once_says_so() {
    let mut trail = run();
    let way = Way {
        from: Source::Node(0),
        to: Some(1),
    };
    trail.ways.insert(way, 3);
    let drawn = graph().drawing().with(&trail).mermaid();
    assert!(drawn.contains("for i in xs, 3x\"|"), "{drawn}");
}
