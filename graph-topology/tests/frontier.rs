//! Runs that were stored under an older graph and are to go on under a newer one.
#![allow(clippy::unwrap_used, reason = "a test")]

mod support;

use graph_topology::{FindingKind as Kind, Topology};
use support::notation::parse;

fn node(topology: &Topology, name: &str) -> u16 {
    let index = topology
        .nodes
        .iter()
        .position(|node| node.name == name)
        .unwrap();
    u16::try_from(index).unwrap()
}

/// The kinds and messages from where some nodes are active and some slots of the first join filled.
fn from(text: &str, active: &[&str], filled: &[u16]) -> Vec<(Kind, String)> {
    let topology = parse(text).unwrap();
    let active: Vec<u16> = active.iter().map(|name| node(&topology, name)).collect();
    let filled: Vec<(u16, u16)> = filled.iter().map(|&slot| (0, slot)).collect();
    let findings = topology.check_from(&active, &filled).into_iter();
    findings
        .map(|finding| (finding.kind, finding.message))
        .collect()
}

const GRAPH: &str = "start -> a -> {b, c}; {b, c} -> d -> end;";

#[test]
fn a_moment_of_the_graph_itself_goes_on() {
    assert_eq!(from(GRAPH, &["b", "c"], &[]), []);
    assert_eq!(from(GRAPH, &["c"], &[0]), []);
    assert_eq!(from(GRAPH, &["d"], &[]), []);
    assert_eq!(from(GRAPH, &[], &[]), []);
}

#[test]
fn a_slot_whose_branch_is_gone_waits_for_ever() {
    let message = "`{b, c} -> d` can never be complete: nothing that is active leads to `c` any more; \
                   let something lead there";
    assert_eq!(
        from(GRAPH, &[], &[0]),
        [(Kind::NeverComplete, message.to_owned())]
    );
}

#[test]
fn a_branch_that_the_new_join_does_not_expect_starts_twice() {
    let message =
        "`d` can be started twice: by `b -> d` and by `c -> d`; join them with `{b, c} -> d`";
    let found = from(
        "start -> a -> match x { y => b, z => c }; b | c -> d -> end;",
        &["b", "c"],
        &[],
    );
    assert_eq!(found, [(Kind::StartedTwice, message.to_owned())]);
}

#[test]
fn an_active_node_that_lost_its_edges_cannot_leave() {
    let found = from("node old\nstart -> a -> end;", &["old"], &[]);
    assert_eq!(found[0].0, Kind::CantLeave);
}

#[test]
fn what_is_unsound_from_the_start_only_does_not_matter_behind_it() {
    let text = "start -> a -> {b, c}; b | c -> d -> e -> end;";
    assert!(!parse(text).unwrap().check().is_empty());
    assert_eq!(from(text, &["d"], &[]), []);
}

#[test]
fn the_same_node_twice_is_a_fault() {
    assert_eq!(from(GRAPH, &["d", "d"], &[])[0].0, Kind::StartedTwice);
}
