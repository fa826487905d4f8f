//! What a trail infers, against runs of which every move is known. `GRAPH_TEST_SCALE` multiplies their number.
#![allow(clippy::unwrap_used, clippy::panic, reason = "a test")]

mod support;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use graph_topology::{Move, Source, Step, Topology, Trail, Way};
use support::generate::{self, Dice};
use support::oracle::{Marking, Oracle};
use support::print::print;

const MOVES: usize = 60;

/// What follows when a source ends: where the run stands, and what was done for it.
#[derive(Clone, PartialEq, Eq)]
struct After {
    marking: Marking,
    ways: Vec<Way>,
    joined: Vec<u16>,
}

/// A run with what is known of it.
#[derive(Default)]
struct Known {
    ways: BTreeMap<Way, u32>,
    joined: BTreeMap<u16, u32>,
    turns: BTreeMap<u16, u32>,
}

/// All that can follow when a source ends.
fn alternatives(topology: &Topology, marking: &Marking, source: Source) -> Vec<After> {
    let oracle = Oracle(topology);
    let mut all = Vec::new();
    let mut add = |by: Move, targets: Vec<Option<u16>>| {
        if let Some(marking) = oracle.apply(marking, by) {
            let ways = targets.into_iter().map(|to| Way { from: source, to });
            all.push(After {
                marking,
                ways: ways.collect(),
                joined: Vec::new(),
            });
        }
    };
    for (route, it) in topology.routes.iter().enumerate() {
        for (arm, it) in it.arms.iter().enumerate() {
            let plain = it.to.iter().filter(|member| member.guard.is_none());
            let mut targets: Vec<Option<u16>> = plain.map(|member| Some(member.node)).collect();
            if it.to.is_empty() {
                targets.push(None);
            }
            add(Move::Arm { source, route, arm }, targets);
        }
    }
    if let Source::Node(node) = source {
        let joins = topology.joins.iter();
        let targets: BTreeSet<Option<u16>> = joins
            .filter(|join| join.slots.iter().any(|slot| slot.contains(&node)))
            .map(|join| Some(join.to))
            .collect();
        add(Move::Ends(node), targets.into_iter().collect());
        let handler = topology.nodes[usize::from(node)].on_error;
        add(Move::Fails(node), vec![handler]);
    }
    let decided = all.into_iter().flat_map(|after| decide(&oracle, after));
    decided.map(|after| join(&oracle, after)).collect()
}

/// Decides each guard in both ways.
fn decide(oracle: &Oracle<'_>, after: After) -> Vec<After> {
    let Some(&(source, route, arm, member)) = after.marking.guards.first() else {
        return vec![after];
    };
    let from = source.map_or(Source::Start, Source::Node);
    let to = oracle.0.routes[route].arms[arm].to[member].node;
    let decided = [true, false].into_iter().flat_map(|holds| {
        let by = Move::Guard {
            source: from,
            route,
            arm,
            member,
            holds,
        };
        let mut next = after.clone();
        next.marking = oracle.apply(&after.marking, by).unwrap();
        next.ways
            .extend(holds.then_some(Way { from, to: Some(to) }));
        decide(oracle, next)
    });
    decided.collect()
}

/// Starts the targets of the joins that are complete.
fn join(oracle: &Oracle<'_>, mut after: After) -> After {
    for (join, it) in oracle.0.joins.iter().enumerate() {
        let is_filled = |slot: usize| after.marking.filled.contains_key(&(join, slot));
        if (0..it.slots.len()).all(is_filled) {
            after.marking = oracle.apply(&after.marking, Move::Joins(join)).unwrap();
            after.joined.push(u16::try_from(join).unwrap());
        }
    }
    after.ways.sort();
    after
}

/// Whether something else would look the same from outside.
fn is_ambiguous(all: &[After], taken: &After) -> bool {
    let looks_the_same = |it: &&After| it.marking.active.keys().eq(taken.marking.active.keys());
    all.iter().filter(looks_the_same).any(|it| it != taken)
}

/// Tries a run until it ends, or does what nobody could tell from outside; how many moves it took.
fn run(topology: &Topology, dice: &mut Dice) -> Result<usize, String> {
    let (mut marking, mut trail, mut known) =
        (Marking::start(), Trail::default(), Known::default());
    for moves in 0..MOVES {
        let active: Vec<u16> = marking.active.keys().copied().collect();
        let source = match active.as_slice() {
            [] if marking.start => Source::Start,
            [] => return Ok(moves),
            active => Source::Node(active[dice.below(active.len())]),
        };
        let all = alternatives(topology, &marking, source);
        let taken = all[dice.below(all.len())].clone();
        if is_ambiguous(&all, &taken) {
            return Ok(moves);
        }
        let ran: Vec<u16> = match source {
            Source::Start => vec![],
            Source::Node(node) => vec![node],
        };
        for &node in &ran {
            *known.turns.entry(node).or_default() += 1;
        }
        for way in taken.ways {
            *known.ways.entry(way).or_default() += 1;
        }
        for join in taken.joined {
            *known.joined.entry(join).or_default() += 1;
        }
        marking = taken.marking;
        let active: Vec<u16> = marking.active.keys().copied().collect();
        trail.step(
            topology,
            &Step {
                ran: &ran,
                active: &active,
                waiting: &[],
                time: Duration::ZERO,
            },
        );
        compare(&trail, &known, &marking)?;
    }
    Ok(MOVES)
}

fn compare(trail: &Trail, known: &Known, marking: &Marking) -> Result<(), String> {
    let joins = || trail.joins.iter();
    let joined = joins().map(|(&join, it)| (join, it.times));
    let joined: BTreeMap<u16, u32> = joined.filter(|(_, times)| *times > 0).collect();
    let filled = joins().flat_map(|(&join, it)| it.filled.iter().map(move |&slot| (join, slot)));
    let filled: BTreeSet<(usize, usize)> = filled
        .map(|(join, slot)| (join.into(), slot.into()))
        .collect();
    let turns = trail.nodes.iter().map(|(&node, it)| (node, it.turns));
    let turns: BTreeMap<u16, u32> = turns.filter(|(_, turns)| *turns > 0).collect();
    if trail.ways != known.ways {
        return Err(format!("ways {:?}, not {:?}", trail.ways, known.ways));
    }
    if turns != known.turns {
        return Err(format!("turns {turns:?}, not {:?}", known.turns));
    }
    if joined != known.joined || !filled.iter().eq(marking.filled.keys()) {
        return Err(format!("joins {:?}, not {:?}", trail.joins, known.joined));
    }
    Ok(())
}

#[test]
fn what_can_be_told_is_told_right() {
    let scale = std::env::var("GRAPH_TEST_SCALE").ok();
    let scale = scale.and_then(|scale| scale.parse().ok()).unwrap_or(1);
    let (mut long, mut moves) = (0, 0);
    for seed in 0..2000 * scale {
        let dice = &mut Dice::new(seed);
        let size = 1 + dice.below(20);
        let topology = generate::sound(dice, size).finish();
        match run(&topology, dice) {
            Ok(count) => {
                long += usize::from(count > 10);
                moves += count;
            }
            Err(why) => panic!("graph {seed}: {why}\n\n{}", print(&topology)),
        }
    }
    assert!(
        long > 300 && moves > 5000,
        "{long} long runs, {moves} moves"
    );
}
