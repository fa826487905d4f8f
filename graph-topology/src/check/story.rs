//! A run told in the notation in which the graph was written: `start -> a -> {b, c}`.

use crate::check::bits::Bits;
use crate::check::history::{Event, History, Mark};
use crate::check::net::{Kind, Net, Place};
use crate::finding::{At, Move};
use crate::model::{Source, Topology};
use crate::words;

/// How many hops of one chain are told before the middle is left out.
const HOPS: usize = 7;

/// How many chains are told before the middle is left out.
const CHAINS: usize = 3;

/// Tells parts of a history.
pub(crate) struct Story<'a> {
    pub(crate) topology: &'a Topology,
    pub(crate) net: &'a Net,
    pub(crate) history: &'a History,
}

/// A chain so far, with the marks at its end.
struct Chain {
    hops: Vec<String>,
    tail: Vec<usize>,
}

impl Story<'_> {
    /// The events as chains in backticks, one after the other.
    pub(crate) fn tell(&self, events: &Bits) -> String {
        let mut chains: Vec<Chain> = Vec::new();
        for index in events.iter() {
            self.extend(&mut chains, &self.history.events[index], events);
        }
        chains.retain(|chain| chain.hops.len() > 1);
        if chains.len() > CHAINS {
            chains.drain(1..chains.len() + 1 - CHAINS);
        }
        let texts: Vec<String> = chains
            .iter()
            .map(|chain| format!("`{}`", shorten(&chain.hops)))
            .collect();
        texts.join(", ")
    }

    /// The moves of some events.
    pub(crate) fn moves(&self, events: &Bits) -> Vec<Move> {
        events
            .iter()
            .map(|event| self.by(&self.history.events[event]))
            .collect()
    }

    /// What comes first, as the beginning of a clause: "after .., ", or nothing.
    pub(crate) fn after(&self, events: &Bits) -> String {
        let chains = self.tell_with_choice(events);
        if chains.is_empty() {
            chains
        } else {
            format!("after {chains}, ")
        }
    }

    /// The events as chains, with the condition that decides the last of them.
    pub(crate) fn tell_with_choice(&self, events: &Bits) -> String {
        let chains = self.tell(events);
        let last = events
            .iter()
            .last()
            .map(|event| self.by(&self.history.events[event]));
        match last {
            Some(Move::Guard {
                route,
                arm,
                member,
                holds: false,
                ..
            }) => {
                let member = &self.topology.routes[route].arms[arm].to[member];
                let comma = if chains.is_empty() { "" } else { ", " };
                format!("{chains}{comma}{}", words::skipping(self.topology, member))
            }
            _ if chains.is_empty() => chains,
            Some(Move::Arm { route, arm, .. }) => {
                chains + &words::at(&self.topology.routes[route].arms[arm])
            }
            Some(Move::Fails(_)) => chains + " on an error",
            _ => chains,
        }
    }

    /// One event as a chain of its own.
    pub(crate) fn chain_of(&self, event: &Event) -> String {
        format!("{} -> {}", self.origin(event), self.target(event))
    }

    /// The nodes that end in an event: one, or all that a join waited for.
    pub(crate) fn ends(&self, event: &Event) -> Vec<&str> {
        match self.by(event) {
            Move::Joins(_) => self.fillers(event),
            Move::Guard {
                route,
                arm,
                member,
                holds: false,
                ..
            } => {
                vec![
                    self.topology
                        .name(self.topology.routes[route].arms[arm].to[member].node.into()),
                ]
            }
            Move::Arm { source, .. } | Move::Guard { source, .. } => {
                vec![self.topology.source_name(source)]
            }
            Move::Ends(node) | Move::Fails(node) => vec![self.topology.name(node.into())],
        }
    }

    /// The token that a person would edit to make an event another one.
    pub(crate) fn token(&self, event: &Event) -> Option<At> {
        let topology = self.topology;
        match self.by(event) {
            Move::Arm { source, route, .. } if topology.routes[route].from.len() > 1 => {
                let source = topology.routes[route]
                    .from
                    .iter()
                    .position(|&it| it == source)?;
                Some(At::RouteSource { route, source })
            }
            Move::Arm { route, arm, .. } => Some(At::Arm { route, arm }),
            Move::Guard {
                route, arm, member, ..
            } => Some(At::Member { route, arm, member }),
            Move::Fails(node) => Some(At::OnError(node.into())),
            Move::Joins(join) => Some(At::JoinTarget(join)),
            Move::Ends(node) => topology.joins.iter().enumerate().find_map(|(join, it)| {
                it.slots.iter().enumerate().find_map(|(slot, members)| {
                    let member = members.iter().position(|&member| member == node)?;
                    Some(At::Slot { join, slot, member })
                })
            }),
        }
    }

    pub(crate) fn by(&self, event: &Event) -> Move {
        self.net.transitions[event.transition].by
    }

    /// The nodes that filled the slots which a join took.
    pub(crate) fn fillers(&self, event: &Event) -> Vec<&str> {
        event
            .inputs
            .iter()
            .filter_map(|&mark| self.filler(&self.history.marks[mark]))
            .collect()
    }

    /// The node whose end, or being skipped, made a mark.
    fn filler(&self, mark: &Mark) -> Option<&str> {
        self.ends(&self.history.events[mark.made_by?])
            .first()
            .copied()
    }

    fn extend(&self, chains: &mut Vec<Chain>, event: &Event, shown: &Bits) {
        let by = self.by(event);
        if matches!(by, Move::Guard { .. }) || self.only_fills(event, shown) {
            pass_on(chains, event);
            return;
        }
        let open = chains
            .iter()
            .position(|chain| same(&chain.tail, &event.inputs));
        let position = open.unwrap_or_else(|| {
            chains.push(Chain {
                hops: vec![self.origin(event)],
                tail: Vec::new(),
            });
            chains.len() - 1
        });
        let chain = &mut chains[position];
        chain.hops.push(self.target(event));
        chain.tail.clone_from(&event.outputs);
    }

    /// Whether an event does no more than fill slots that a join takes, which is shown as the join.
    fn only_fills(&self, event: &Event, shown: &Bits) -> bool {
        !event.outputs.is_empty()
            && event.outputs.iter().all(|&output| {
                let mark = &self.history.marks[output];
                matches!(self.kind(mark.place), Kind::Slot { .. })
                    && mark.taken_by.is_some_and(|taken| shown.contains(taken))
            })
    }

    fn kind(&self, place: Place) -> Kind {
        self.net.kinds[place]
    }

    fn origin(&self, event: &Event) -> String {
        match self.by(event) {
            Move::Joins(_) => words::group(self.fillers(event).into_iter()),
            Move::Arm { source, .. } | Move::Guard { source, .. } => {
                self.topology.source_name(source).to_owned()
            }
            Move::Ends(node) | Move::Fails(node) => self.topology.name(node.into()).to_owned(),
        }
    }

    /// What an event starts or fills, without what is skipped.
    pub(crate) fn target(&self, event: &Event) -> String {
        let topology = self.topology;
        match self.by(event) {
            Move::Arm { source, route, arm } => {
                let skipped = self.skipped(event);
                let members = topology.routes[route].arms[arm].to.iter().enumerate();
                let run: Vec<&str> = members
                    .filter(|(member, _)| !skipped.contains(&(source, *member)))
                    .map(|(_, member)| topology.name(member.node.into()))
                    .collect();
                if run.is_empty() {
                    topology.target_text(&topology.routes[route].arms[arm])
                } else {
                    words::group(run.into_iter())
                }
            }
            Move::Fails(node) => {
                let handler = topology.nodes[usize::from(node)].on_error.unwrap_or(node);
                topology.name(handler.into()).to_owned()
            }
            Move::Joins(join) => topology.name(topology.joins[join].to.into()).to_owned(),
            Move::Guard {
                route, arm, member, ..
            } => topology
                .name(topology.routes[route].arms[arm].to[member].node.into())
                .to_owned(),
            Move::Ends(_) => {
                let mut names: Vec<&str> = Vec::new();
                for &output in &event.outputs {
                    if let Kind::Slot { join, .. } = self.kind(self.history.marks[output].place) {
                        names.push(topology.name(topology.joins[join].to.into()));
                    }
                }
                names.dedup();
                words::group(names.into_iter())
            }
        }
    }

    fn skipped(&self, event: &Event) -> Vec<(Source, usize)> {
        let taken = event
            .outputs
            .iter()
            .filter_map(|&output| self.history.marks[output].taken_by);
        taken
            .filter_map(|taken| match self.by(&self.history.events[taken]) {
                Move::Guard {
                    source,
                    member,
                    holds: false,
                    ..
                } => Some((source, member)),
                _ => None,
            })
            .collect()
    }
}

/// Puts what an event made in the place of what it took, so that the chain can go on there.
fn pass_on(chains: &mut [Chain], event: &Event) {
    for chain in chains {
        let before = chain.tail.len();
        chain.tail.retain(|mark| !event.inputs.contains(mark));
        if chain.tail.len() < before {
            chain.tail.extend_from_slice(&event.outputs);
        }
    }
}

fn same(left: &[usize], right: &[usize]) -> bool {
    let (mut left, mut right) = (left.to_vec(), right.to_vec());
    left.sort_unstable();
    right.sort_unstable();
    left == right
}

fn shorten(hops: &[String]) -> String {
    if hops.len() <= HOPS {
        return hops.join(" -> ");
    }
    format!(
        "{} -> ... -> {}",
        hops[..2].join(" -> "),
        hops[hops.len() - 4..].join(" -> ")
    )
}
