//! Graphs as people build them, sound and broken, each with all that is said about it.
//!
//! `BLESS=1 cargo test -p graph-topology --test zoo` writes the verdicts anew; then read them aloud.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod support;

use std::fmt::Write as _;
use std::path::PathBuf;

use graph_topology::{At, Finding, Topology};
use support::notation::parse;
use support::print::{arm_text, member_text, source_text};

#[test]
fn every_graph_gets_its_verdict() {
    let mut wrong = String::new();
    let mut count = 0;
    for path in files() {
        let text = std::fs::read_to_string(&path).unwrap();
        let fresh: String = sections(&text)
            .map(|(title, graph)| section(title, graph))
            .collect();
        count += sections(&text).count();
        if std::env::var_os("BLESS").is_some() {
            std::fs::write(&path, fresh).unwrap();
        } else if fresh != text {
            let _ = writeln!(wrong, "{}:\n{}", path.display(), difference(&text, &fresh));
        }
    }
    assert!(
        wrong.is_empty(),
        "other verdicts than expected (BLESS=1 accepts them):\n{wrong}"
    );
    assert!(count >= 50, "only {count} graphs");
}

fn files() -> Vec<PathBuf> {
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/zoo");
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .collect();
    files.sort();
    files
}

/// The sections of a file: a title after `==`, the graph, and after `--` its verdict.
fn sections(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let sections = text.strip_prefix("== ").unwrap_or(text).split("\n== ");
    sections.map(|section| {
        let (title, rest) = section.split_once('\n').unwrap();
        (title, rest.split("\n--\n").next().unwrap().trim())
    })
}

fn section(title: &str, graph: &str) -> String {
    let topology = parse(graph).unwrap_or_else(|error| panic!("{title}: {error}"));
    let findings = topology.check();
    let mut text = format!("== {title}\n{graph}\n--\n");
    if findings.is_empty() {
        text.push_str("sound\n");
    }
    for finding in &findings {
        let _ = writeln!(text, "{}", verdict(&topology, finding));
    }
    text.push('\n');
    text
}

fn verdict(topology: &Topology, finding: &Finding) -> String {
    format!(
        "{:?} at {}:\n    {}",
        finding.kind,
        place(topology, finding.at),
        finding.message
    )
}

/// The token, with a little of what stands around it.
fn place(topology: &Topology, at: At) -> String {
    let node = |index: usize| topology.nodes[index].name.to_string();
    match at {
        At::Node(index) => format!("node {}", node(index)),
        At::Field(index) => format!("field {}", topology.fields[index].name),
        At::RouteSource { route, source } => {
            let it = &topology.routes[route];
            let from: Vec<&str> = it
                .from
                .iter()
                .map(|&source| source_text(topology, source))
                .collect();
            format!("{} of {} -> ..", from[source], from.join(" | "))
        }
        At::Arm { route, arm } => {
            let it = &topology.routes[route];
            format!(
                "{} of {} -> ..",
                arm_text(topology, &it.arms[arm]),
                source_text(topology, it.from[0])
            )
        }
        At::Member { route, arm, member } => {
            let it = &topology.routes[route];
            let member = member_text(topology, &it.arms[arm].to[member]);
            format!("{member} of {} -> ..", source_text(topology, it.from[0]))
        }
        At::Slot { join, slot, member } => {
            let name = node(topology.joins[join].slots[slot][member].into());
            format!("{name} of {}", topology.join_text(join))
        }
        At::JoinTarget(join) => {
            format!(
                "{} of {}",
                node(topology.joins[join].to.into()),
                topology.join_text(join)
            )
        }
        At::OnError(index) => format!("on_error of {}", node(index)),
    }
}

fn difference(expected: &str, found: &str) -> String {
    let expected: Vec<&str> = expected.lines().collect();
    let found: Vec<&str> = found.lines().collect();
    let mut text = String::new();
    for line in expected.iter().filter(|line| !found.contains(line)) {
        let _ = writeln!(text, "- {line}");
    }
    for line in found.iter().filter(|line| !expected.contains(line)) {
        let _ = writeln!(text, "+ {line}");
    }
    text
}
