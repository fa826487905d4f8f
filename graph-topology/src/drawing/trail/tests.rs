//! Runs told as a thread's moments tell them: what ran, what is active next.

use super::*;
use crate::notation::parse;

fn graph(text: &str) -> Topology {
    parse(text).unwrap()
}

/// Takes steps of a second each, by names: what ran, what is active after it; `?` marks what waits.
fn trail(topology: &Topology, steps: &[(&str, &str)]) -> Trail {
    let node = |name: &str| {
        let mut nodes = (0..).zip(topology.nodes.iter());
        let found = nodes.find(|(_, node)| node.name == name.trim_end_matches('?'));
        found.unwrap_or_else(|| panic!("no `{name}`")).0
    };
    let nodes = |names: &str| names.split_whitespace().map(node).collect::<Vec<u16>>();
    let mut trail = Trail::default();
    for (ran, active) in steps {
        let waiting: Vec<&str> = active
            .split_whitespace()
            .filter(|name| name.ends_with('?'))
            .collect();
        let step = Step {
            ran: &nodes(ran),
            active: &nodes(active),
            waiting: &nodes(&waiting.join(" ")),
            time: Duration::from_secs(1),
        };
        trail.step(topology, &step);
    }
    trail
}

/// The ways in words: `start-a`, `a-end 2x`.
fn ways(topology: &Topology, trail: &Trail) -> Vec<String> {
    let to = |to: Option<u16>| to.map_or("end", |to| topology.name(to.into()));
    let text = |(way, times): (&Way, &u32)| {
        let times = if *times > 1 {
            format!(" {times}x")
        } else {
            String::new()
        };
        format!("{}-{}{times}", topology.source_name(way.from), to(way.to))
    };
    trail.ways.iter().map(text).collect()
}

#[test]
fn ways_follow_from_what_is_active_next() {
    let graph = graph("start -> a -> match x { A => b, B => c, _ => end }; b -> a; c -> end;");
    let trail = trail(
        &graph,
        &[("", "a"), ("a", "b"), ("b", "a"), ("a", "c"), ("c", "")],
    );
    assert_eq!(
        ways(&graph, &trail),
        ["start-a", "a-b", "a-c", "b-a", "c-end"]
    );
    assert_eq!(trail.nodes[&0].turns, 2);
    assert_eq!(trail.nodes[&0].time, Duration::from_secs(2));
    assert!(trail.nodes.values().all(|visit| visit.now.is_none()));
}

#[test]
fn of_several_arms_the_one_that_explains_most_is_counted() {
    let graph =
        graph("start -> a -> match x { A => b, B => {b, c}, _ => end }; b -> end; c -> end;");
    let both = trail(&graph, &[("", "a"), ("a", "b c")]);
    assert_eq!(ways(&graph, &both), ["start-a", "a-b", "a-c"]);
    let one = trail(&graph, &[("", "a"), ("a", "b")]);
    assert_eq!(ways(&graph, &one), ["start-a", "a-b"]);
    let none = trail(&graph, &[("", "a"), ("a", "")]);
    assert_eq!(ways(&graph, &none), ["start-a", "a-end"]);
}

#[test]
fn of_arms_that_explain_as_much_the_first_is_counted() {
    let graph = graph("start -> {a, x}; a -> match y { A => {b, c}, B => {b, d} }; x -> {c, d};");
    let trail = trail(&graph, &[("", "a x"), ("a x", "b c d")]);
    let ways = ways(&graph, &trail);
    assert_eq!(ways, ["start-a", "start-x", "a-b", "a-c", "x-c", "x-d"]);
}

#[test]
fn a_loop_of_one_node_is_a_way() {
    let graph = graph("start -> a -> if x { a } else { end };");
    let trail = trail(&graph, &[("", "a"), ("a", "a"), ("a", "a"), ("a", "")]);
    assert_eq!(ways(&graph, &trail), ["start-a", "a-end", "a-a 2x"]);
    assert_eq!(trail.nodes[&0].turns, 3);
}

#[test]
fn a_node_that_waits_spends_the_time_of_all_steps() {
    let graph = graph("ask q\nstart -> {q, a}; a -> b; {q, b} -> d -> end;");
    let trail = trail(&graph, &[("", "q a"), ("a", "q? b"), ("b", "q?")]);
    let (asked, b) = (trail.nodes[&0], trail.nodes[&2]);
    assert_eq!((asked.turns, asked.now), (0, Some(Now::Waiting)));
    assert_eq!(asked.time, Duration::from_secs(2));
    assert_eq!((b.turns, b.time), (1, Duration::from_secs(1)));
    assert_eq!(trail.joins[&0].filled, BTreeSet::from([1]));
}

#[test]
fn a_join_fills_and_starts_its_target() {
    let graph = graph("start -> {a, b}; {a, b} -> d -> if x { a2 } else { end }; a2 -> {a, b};");
    let steps = [
        ("", "a b"),
        ("a", "b"),
        ("b", "d"),
        ("d", "a2"),
        ("a2", "a b"),
        ("a b", "d"),
    ];
    let trail = trail(&graph, &steps);
    assert_eq!(
        trail.joins[&0],
        Meeting {
            filled: BTreeSet::new(),
            times: 2
        }
    );
    let ways = ways(&graph, &trail);
    assert!(ways.contains(&"a-d 2x".to_owned()), "{ways:?}");
    assert!(ways.contains(&"b-d 2x".to_owned()), "{ways:?}");
}

#[test]
fn a_member_that_is_skipped_fills_its_slot_and_is_no_way() {
    let graph = graph("start -> a -> {b if x, c}; {b, c} -> d -> end;");
    let trail = trail(&graph, &[("", "a"), ("a", "c"), ("c", "d")]);
    assert_eq!(ways(&graph, &trail), ["start-a", "a-c", "c-d"]);
    assert_eq!(trail.joins[&0].times, 1);
}

#[test]
fn arriving_at_a_join_goes_before_going_to_end() {
    let graph = graph("start -> {a, b}; a -> if x { end } else { d }; {a, b} -> d -> end;");
    let trail = trail(&graph, &[("", "a b"), ("a", "b")]);
    assert_eq!(ways(&graph, &trail), ["start-a", "start-b", "a-d"]);
}

#[test]
fn a_handler_that_begins_tells_of_an_error() {
    let graph = graph("node a on_error(h)\nstart -> a -> b -> end; h -> end;");
    let trail = trail(&graph, &[("", "a"), ("a", "h"), ("h", "")]);
    assert_eq!(ways(&graph, &trail), ["start-a", "a-h", "h-end"]);
}

#[test]
fn a_batch_of_which_some_wait_goes_on() {
    let graph = graph("ask q\nstart -> a -> for i in xs { q(i) }; q -> end;");
    let steps = [("", "a"), ("a", "q?"), ("q", "q?")];
    let waits = trail(&graph, &steps);
    assert_eq!(waits.nodes[&0].turns, 0);
    assert_eq!(ways(&graph, &waits), ["start-a", "a-q"]);
    let ends = trail(&graph, &[&steps[..], &[("q", "")]].concat());
    assert_eq!(ends.nodes[&0].turns, 1);
    assert_eq!(ways(&graph, &ends), ["start-a", "q-end", "a-q"]);
}

#[test]
fn a_second_run_begins_at_start_again() {
    let graph = graph("start -> a -> end;");
    let trail = trail(&graph, &[("", "a"), ("a", ""), ("", "a"), ("a", "")]);
    assert_eq!(ways(&graph, &trail), ["start-a 2x", "a-end 2x"]);
}

#[test]
fn a_run_that_begins_anew_leaves_no_slot_filled() {
    let graph = graph("start -> {a, b}; {a, b} -> d -> end;");
    let trail = trail(&graph, &[("", "a b"), ("a", "b"), ("", "a b"), ("b", "a")]);
    assert_eq!(
        ways(&graph, &trail),
        ["start-a 2x", "start-b 2x", "a-d", "b-d"]
    );
    let b = BTreeSet::from([1]);
    assert_eq!((&trail.joins[&0].filled, trail.joins[&0].times), (&b, 0));
}

#[test]
fn an_update_that_moves_nothing_is_no_way() {
    let graph = graph("start -> a -> end;");
    let trail = trail(&graph, &[("", "a"), ("", "a"), ("a", "")]);
    assert_eq!(ways(&graph, &trail), ["start-a", "a-end"]);
}

#[test]
fn a_failed_node_stands_until_it_goes_on() {
    let graph = graph("start -> a -> end;");
    let mut trail = trail(&graph, &[("", "a")]);
    trail.fail(0);
    assert_eq!(trail.nodes[&0].now, Some(Now::Failed));
    trail.step(
        &graph,
        &Step {
            ran: &[0],
            ..Step::default()
        },
    );
    assert_eq!((trail.nodes[&0].now, trail.nodes[&0].turns), (None, 1));
}

#[test]
fn nodes_that_the_graph_lacks_do_no_harm() {
    let graph = graph("start -> a -> end;");
    let mut trail = Trail::default();
    trail.step(
        &graph,
        &Step {
            active: &[7],
            ..Step::default()
        },
    );
    trail.step(
        &graph,
        &Step {
            ran: &[7],
            active: &[9],
            ..Step::default()
        },
    );
    assert_eq!(ways(&graph, &trail), Vec::<String>::new());
    assert!(!graph.drawing().with(&trail).svg().is_empty());
}
