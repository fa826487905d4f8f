//! The check against its oracle, on random graphs. `GRAPH_TEST_SCALE` multiplies their number.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod support;

use graph_topology::{At, Finding, FindingKind as Kind, Topology};
use support::generate::{self, Dice, Draft};
use support::oracle::{Marking, Oracle, Verdict};
use support::print::print;
use support::shrink;

/// How many markings the oracle may visit before a graph is left out.
const CAP: usize = 1000;

fn scale() -> u64 {
    std::env::var("GRAPH_TEST_SCALE")
        .ok()
        .and_then(|scale| scale.parse().ok())
        .unwrap_or(1)
}

/// Tries random graphs; a failing one is shrunk and shown as a user would write it.
fn for_each_graph(count: u64, seed: u64, test: &dyn Fn(&Topology) -> Result<(), String>) {
    for index in 0..count * scale() {
        let draft = generate::any(&mut Dice::new(seed + index));
        if test(&draft.finish()).is_err() {
            fail(&draft, index, test);
        }
    }
}

fn fail(draft: &Draft, index: u64, test: &dyn Fn(&Topology) -> Result<(), String>) -> ! {
    let smallest = shrink::shrink(draft, &|draft| test(&draft.finish()).is_err()).finish();
    let why = test(&smallest).unwrap_err();
    let findings: Vec<String> = smallest
        .check()
        .iter()
        .map(|it| format!("{:?}: {}", it.kind, it.message))
        .collect();
    panic!(
        "graph {index}: {why}\n\n{}\n{}",
        print(&smallest),
        findings.join("\n")
    );
}

fn is_about_flow(finding: &Finding) -> bool {
    !matches!(
        finding.kind,
        Kind::ForAndWithout | Kind::WriteConflict | Kind::NeverSet | Kind::NeverUsed
    )
}

fn verdict(topology: &Topology) -> Option<Verdict> {
    Oracle(topology).verdict(Marking::start(), CAP)
}

#[test]
fn no_false_yes_and_no_false_no() {
    let (mut sound, mut unsound) = (0, 0);
    let counted = std::cell::RefCell::new((&mut sound, &mut unsound));
    for_each_graph(12_000, 0, &|topology| {
        let Some(verdict) = verdict(topology) else {
            return Ok(());
        };
        let says_sound = !topology.check().iter().any(is_about_flow);
        let oracle = Oracle(topology);
        let is_sound = verdict.is_sound() && !oracle.awaits_in_vain() && !oracle.skips_to_nothing();
        let mut counted = counted.borrow_mut();
        *if is_sound {
            &mut *counted.0
        } else {
            &mut *counted.1
        } += 1;
        if says_sound == is_sound {
            return Ok(());
        }
        Err(format!(
            "the check says sound: {says_sound}, the oracle: {verdict:?}"
        ))
    });
    assert!(
        sound > 3000 && unsound > 3000,
        "{sound} sound and {unsound} unsound graphs"
    );
}

#[test]
fn every_way_leads_to_its_fault() {
    for_each_graph(8000, 1_000_000, &|topology| {
        topology
            .check()
            .iter()
            .try_for_each(|finding| replay(topology, finding))
    });
}

/// Replays the way of a finding by the rules of the oracle.
fn replay(topology: &Topology, finding: &Finding) -> Result<(), String> {
    let oracle = Oracle(topology);
    let mut marking = Marking::start();
    let told = || format!("the way of `{}`", finding.message);
    let faulty = match finding.kind {
        Kind::StartedTwice | Kind::StartedAgain | Kind::FilledTwice => true,
        Kind::WaitsForEver | Kind::NeverComplete | Kind::WriteConflict => false,
        _ => return Ok(()),
    };
    for (index, &by) in finding.way.iter().enumerate() {
        marking = oracle
            .apply(&marking, by)
            .ok_or_else(|| format!("{}: {by:?} can't be", told()))?;
        let last = index + 1 == finding.way.len();
        if marking.is_doubled() != (faulty && last) {
            return Err(format!(
                "{}: doubled after {} moves: {}",
                told(),
                index + 1,
                marking.is_doubled()
            ));
        }
    }
    match finding.kind {
        Kind::WaitsForEver | Kind::NeverComplete if !finding.way.is_empty() => {
            let verdict = oracle.verdict(marking.clone(), CAP).ok_or("too large")?;
            let waits = verdict.stuck && !marking.filled.is_empty();
            waits
                .then_some(())
                .ok_or(format!("{}: nothing waits", told()))
        }
        Kind::WriteConflict => {
            let At::Field(field) = finding.at else {
                return Err("not at a field".to_owned());
            };
            let writes = |node: u16| {
                topology.nodes[usize::from(node)]
                    .writes
                    .iter()
                    .any(|&it| usize::from(it) == field)
            };
            let count = marking.active.keys().filter(|&&node| writes(node)).count();
            let items = finding.related.len() == 1;
            (items || count > 1)
                .then_some(())
                .ok_or(format!("{}: no two writers", told()))
        }
        _ => Ok(()),
    }
}

#[test]
fn every_token_is_there() {
    for_each_graph(4000, 5_000_000, &|topology| {
        for finding in topology.check() {
            let related = finding.related.iter().map(|related| related.at);
            if !related.chain([finding.at]).all(|at| exists(topology, at)) {
                return Err(format!("{:?} of `{}`", finding.at, finding.message));
            }
        }
        Ok(())
    });
}

fn exists(topology: &Topology, at: At) -> bool {
    let route = |route: usize| topology.routes.get(route);
    match at {
        At::Node(node) => topology.nodes.get(node).is_some(),
        At::OnError(node) => topology
            .nodes
            .get(node)
            .is_some_and(|node| node.on_error.is_some()),
        At::Field(field) => topology.fields.get(field).is_some(),
        At::RouteSource {
            route: index,
            source,
        } => route(index).is_some_and(|route| source < route.from.len()),
        At::Arm { route: index, arm } => route(index).is_some_and(|route| arm < route.arms.len()),
        At::Member {
            route: index,
            arm,
            member,
        } => {
            let arm = route(index).and_then(|route| route.arms.get(arm));
            arm.is_some_and(|arm| member < arm.to.len())
        }
        At::Slot { join, slot, member } => {
            let slot = topology
                .joins
                .get(join)
                .and_then(|join| join.slots.get(slot));
            slot.is_some_and(|slot| member < slot.len())
        }
        At::JoinTarget(join) => join < topology.joins.len(),
    }
}

#[test]
fn write_conflicts_are_the_pairs_that_the_oracle_sees() {
    for_each_graph(8000, 2_000_000, &|topology| {
        let findings = topology.check();
        let Some(verdict) = verdict(topology) else {
            return Ok(());
        };
        if !verdict.is_sound() {
            return Ok(());
        }
        for field in 0..topology.fields.len() {
            let writes = |node: u16| {
                topology.nodes[usize::from(node)]
                    .writes
                    .iter()
                    .any(|&it| usize::from(it) == field)
            };
            let items = (0u16..)
                .take(topology.nodes.len())
                .any(|node| writes(node) && reached_by_for(topology, node));
            let pair = verdict
                .together
                .iter()
                .any(|&(left, right)| writes(left) && writes(right));
            let told = findings
                .iter()
                .any(|it| it.kind == Kind::WriteConflict && it.at == At::Field(field));
            if told != (items || pair) {
                return Err(format!(
                    "field {field}: told {told}, items {items}, pair {pair}"
                ));
            }
        }
        Ok(())
    });
}

fn reached_by_for(topology: &Topology, node: u16) -> bool {
    let arms = topology.routes.iter().flat_map(|route| route.arms.iter());
    arms.flat_map(|arm| arm.to.iter())
        .any(|member| member.node == node && member.each.is_some())
}

#[test]
fn a_stored_moment_of_a_sound_graph_goes_on() {
    for_each_graph(3000, 3_000_000, &|topology| {
        let oracle = Oracle(topology);
        if topology.check().iter().any(is_about_flow) {
            return Ok(());
        }
        let mut marking = Marking::start();
        let mut dice = Dice::new(topology.nodes.len() as u64);
        for _ in 0..10 {
            let next = oracle.next(&marking);
            if next.is_empty() {
                break;
            }
            marking = next[dice.below(next.len())].clone();
            let findings = check_from(topology, &marking);
            if findings.iter().any(is_about_flow) {
                return Err(format!("at {marking:?}: {}", findings[0].message));
            }
        }
        Ok(())
    });
}

#[test]
fn any_stored_moment_is_judged_as_the_oracle_does() {
    for_each_graph(5000, 4_000_000, &|topology| {
        let oracle = Oracle(topology);
        let mut dice = Dice::new(topology.nodes.len() as u64);
        let mut marking = Marking::default();
        for _ in 0..=dice.below(3) {
            marking
                .active
                .insert(u16::try_from(dice.below(topology.nodes.len())).unwrap(), 1);
        }
        if !topology.joins.is_empty() && dice.once_in(2) {
            let join = dice.below(topology.joins.len());
            marking
                .filled
                .insert((join, dice.below(topology.joins[join].slots.len())), 1);
        }
        let Some(verdict) = oracle.verdict(marking.clone(), CAP) else {
            return Ok(());
        };
        let is_sound = !verdict.doubled && !verdict.stuck;
        let findings = check_from(topology, &marking);
        let says_sound = !findings.iter().any(is_about_flow);
        if says_sound == is_sound {
            return Ok(());
        }
        let messages: Vec<&str> = findings.iter().map(|it| it.message.as_str()).collect();
        Err(format!("from {marking:?}: {verdict:?}, but {messages:?}"))
    });
}

fn check_from(topology: &Topology, marking: &Marking) -> Vec<Finding> {
    if marking.start {
        return topology.check();
    }
    let active: Vec<u16> = marking.active.keys().copied().collect();
    let small = |index: usize| u16::try_from(index).unwrap();
    let filled: Vec<(u16, u16)> = marking
        .filled
        .keys()
        .map(|&(join, slot)| (small(join), small(slot)))
        .collect();
    topology.check_from(&active, &filled)
}

#[test]
fn states_stay_near_linear() {
    for size in [20, 60, 150] {
        for seed in 0..60 * scale() {
            let topology = generate::sound(&mut Dice::new(seed), size).finish();
            let slots: usize = topology.joins.iter().map(|join| join.slots.len()).sum();
            let (states, places) = (topology.states_explored(), topology.nodes.len() + slots);
            assert!(
                states <= 2 * places + 10,
                "{states} states, {places} places\n{}",
                print(&topology)
            );
            let findings = topology.check();
            assert!(
                !findings.iter().any(is_about_flow),
                "{findings:?}\n{}",
                print(&topology)
            );
        }
    }
}

#[test]
fn the_fault_is_told_though_branches_are_many() {
    let wide: Vec<String> = (0..30).map(|index| format!("b{index}")).collect();
    let text = format!(
        "start -> a -> {{{}}}; {} -> d; d -> end;",
        wide.join(", "),
        wide.join(" | ")
    );
    let findings = support::notation::parse(&text).unwrap().check();
    assert_eq!(findings.len(), 1, "{findings:?}");
    assert_eq!(findings[0].kind, Kind::StartedTwice);
}
