//! What is said about a place that is marked twice.

use crate::check::bits::Bits;
use crate::check::coactive::Coactivity;
use crate::check::doubles::Double;
use crate::check::history::Event;
use crate::check::net::{Kind, Net, Place};
use crate::check::story::Story;
use crate::finding::{At, Finding, FindingKind, Move, Related};
use crate::words;

/// Where a way to the place comes from, with the name of the node.
type End<'a> = (Place, &'a str);

/// A double with all that is needed to tell it.
struct Telling<'a> {
    story: &'a Story<'a>,
    place: Place,
    /// What can be active together as long as nothing leaves the place.
    beside: Coactivity,
    first: Option<usize>,
    second: Option<usize>,
    /// What both marks have behind them.
    common: Bits,
    /// What only the first has.
    one: Bits,
    /// What only the second has.
    other: Bits,
}

/// Says it.
pub(crate) fn finding(story: &Story<'_>, marked: &[Place], double: &Double) -> Finding {
    let marks = double.clash.marks;
    let (mut one, mut other) = (story.history.past(marks.0), story.history.past(marks.1));
    let mut common = one.clone();
    common.intersect(&other);
    one.subtract(&common);
    other.subtract(&common);
    let made_by = |mark: usize| story.history.marks[mark].made_by;
    let (first, second) = (made_by(marks.0), made_by(marks.1));
    let place = double.clash.place;
    let beside = beside(story.net, marked, place);
    let telling = Telling {
        story,
        place,
        beside,
        first,
        second,
        common,
        one,
        other,
    };
    let mut finding = match story.net.kinds[place] {
        Kind::Slot { join, slot } => telling.filled_twice(join, slot),
        Kind::Node(node) => telling.node(node),
        // Nothing leads to `start`, and guards are decided at once.
        Kind::Start | Kind::Guard => telling.node(0),
    };
    finding.way = story.moves(&double.clash.needs);
    finding
}

fn beside(net: &Net, marked: &[Place], place: Place) -> Coactivity {
    let mut halted = Bits::new(net.len());
    halted.insert(place);
    let mut net = net.clone();
    net.halt(&halted);
    Coactivity::of(&net, marked)
}

impl Telling<'_> {
    fn node(&self, node: usize) -> Finding {
        match (self.event(self.first), self.event(self.second)) {
            (Some(_), Some(_)) if self.first == self.second => self.named_twice(node),
            (Some(first), Some(second)) if self.follows() => {
                self.started_again(node, Some(first), second)
            }
            (None, Some(second)) => self.started_again(node, None, second),
            (Some(first), Some(second)) => self.started_twice(node, first, second),
            (_, None) => self.stands_twice(node),
        }
    }

    fn event(&self, index: Option<usize>) -> Option<&Event> {
        index.map(|index| &self.story.history.events[index])
    }

    /// Whether the second mark came of what the first one's making led to.
    fn follows(&self) -> bool {
        self.first.is_some_and(|first| self.common.contains(first))
    }

    fn named_twice(&self, node: usize) -> Finding {
        let name = self.story.topology.name(node);
        let chain = self.story.tell(&self.common);
        let message =
            format!("`{name}` can be started twice: {chain} names it twice; name it once");
        self.found(FindingKind::StartedTwice, node, message)
    }

    /// A run that begins with the node active twice.
    fn stands_twice(&self, node: usize) -> Finding {
        let name = self.story.topology.name(node);
        let message = format!("`{name}` is active twice; let it end before it is started again");
        self.found(FindingKind::StartedTwice, node, message)
    }

    fn started_twice(&self, node: usize, first: &Event, second: &Event) -> Finding {
        let name = self.story.topology.name(node);
        let (ways, remedy) = (self.ways(), self.joined(name, first, second));
        let message = format!("`{name}` can be started twice: {ways}; {remedy}");
        self.found(FindingKind::StartedTwice, node, message)
    }

    /// The join that two ways to a node should be.
    fn joined(&self, name: &str, first: &Event, second: &Event) -> String {
        let story = self.story;
        let failing = [second, first]
            .into_iter()
            .find_map(|event| match story.by(event) {
                Move::Fails(node) => Some(story.topology.name(node.into())),
                _ => None,
            });
        if let Some(failing) = failing {
            return format!("lead the error of `{failing}` to a node of its own");
        }
        let decides = |event: &Event| match story.by(event) {
            Move::Arm { route, .. } => story.topology.routes[route].arms.len() > 1,
            _ => false,
        };
        let names = self.slots(first, second);
        if decides(first) || decides(second) {
            return format!("join them first, `{names} -> ..`, and decide after that");
        }
        format!("join them with `{names} -> {name}`")
    }

    /// The slots of the join: the ends of both ways, and whatever else leads there.
    fn slots(&self, first: &Event, second: &Event) -> String {
        let ends = self.ends(first).into_iter().chain(self.ends(second));
        let mut slots: Vec<Vec<End<'_>>> = ends.map(|end| vec![end]).collect();
        slots.dedup();
        for end in self.other_ends() {
            if !slots.iter().any(|slot| slot.contains(&end)) {
                self.add(&mut slots, end);
            }
        }
        let names = slots.iter().map(|slot| {
            let names: Vec<&str> = slot.iter().map(|end| end.1).collect();
            names.join(" | ")
        });
        format!("{{{}}}", names.collect::<Vec<_>>().join(", "))
    }

    fn ends(&self, event: &Event) -> Vec<End<'_>> {
        let places = event
            .inputs
            .iter()
            .map(|&mark| self.story.history.marks[mark].place);
        places.zip(self.story.ends(event)).collect()
    }

    /// What else leads to the place by a way of its own.
    fn other_ends(&self) -> Vec<End<'_>> {
        let entering = self.story.net.entering(self.place).iter();
        let ends = entering.filter_map(|&id| {
            let transition = &self.story.net.transitions[id];
            match (&transition.inputs[..], transition.by) {
                ([place], Move::Arm { source, .. }) => {
                    Some((*place, self.story.topology.source_name(source)))
                }
                _ => None,
            }
        });
        ends.collect()
    }

    /// Adds an end as a slot if it can be active beside all others, as an alternative if it takes the
    /// place of one.
    fn add<'s>(&self, slots: &mut Vec<Vec<End<'s>>>, end: End<'s>) {
        let excludes = |slot: &[End<'_>]| {
            !slot
                .iter()
                .any(|other| self.beside.together(end.0, other.0))
        };
        let instead: Vec<usize> = (0..slots.len())
            .filter(|&slot| excludes(&slots[slot]))
            .collect();
        match instead.as_slice() {
            [] => slots.push(vec![end]),
            [slot] => slots[*slot].push(end),
            _ => {}
        }
    }

    fn started_again(&self, node: usize, first: Option<&Event>, second: &Event) -> Finding {
        let story = self.story;
        let name = story.topology.name(node);
        let ways = self.ways();
        let back = first.and_then(|first| self.way_back(first, second));
        let remedy = match (back, first) {
            (Some(back), _) => {
                let from = words::list(story.ends(back));
                format!(
                    "let {from} wait for `{name}` before it goes back to `{}`",
                    story.target(back)
                )
            }
            (None, Some(first)) if story.ends(first) != story.ends(second) => {
                let before = story.chain_of(first);
                format!(
                    "start it only once, by `{}` or by `{before}`",
                    story.chain_of(second)
                )
            }
            _ => format!("let `{name}` end before it is started again"),
        };
        let message = format!("`{name}` can be started again while it runs: {ways}; {remedy}");
        let at = back.unwrap_or(second);
        let mut finding = self.found(FindingKind::StartedAgain, node, message);
        finding.at = story.token(at).unwrap_or(finding.at);
        finding
    }

    /// The event that leads back to where the first start came from, if both starts are the same
    /// statement.
    fn way_back(&self, first: &Event, second: &Event) -> Option<&Event> {
        if first.transition != second.transition {
            return None;
        }
        let made = |&mark: &usize| self.story.history.marks[mark].made_by;
        let event = second.inputs.iter().find_map(made)?;
        Some(&self.story.history.events[event])
    }

    fn filled_twice(&self, join: usize, slot: usize) -> Finding {
        let topology = self.story.topology;
        let text = topology.join_text(join);
        let name = |index: Option<usize>| {
            self.event(index)
                .and_then(|event| self.story.ends(event).first().copied())
        };
        let ways = self.ways();
        let (first, second) = (name(self.first), name(self.second));
        let message = match (first, second) {
            (Some(first), Some(second)) if first != second => {
                let wider = self.apart(join, slot, second);
                format!(
                    "`{text}` can get both `{first}` and `{second}` in one slot: {ways}; give each a slot, `{wider}`"
                )
            }
            (_, Some(second)) => {
                format!(
                    "`{text}` can get `{second}` twice: {ways}; let `{second}` go on to the join only once"
                )
            }
            _ => format!(
                "`{text}` has a slot that is filled twice; let it start before it is filled again"
            ),
        };
        let mut finding = self.found(FindingKind::FilledTwice, 0, message);
        finding.at = At::Slot {
            join,
            slot,
            member: 0,
        };
        if let Some(node) = second {
            let members = topology.joins[join].slots[slot].iter();
            let member = members
                .map(|&it| topology.name(it.into()))
                .position(|it| it == node);
            finding.at = At::Slot {
                join,
                slot,
                member: member.unwrap_or(0),
            };
        }
        finding
    }

    /// The join with one member of a slot moved to a slot of its own.
    fn apart(&self, join: usize, slot: usize, name: &str) -> String {
        let topology = self.story.topology;
        let mut it = topology.joins[join].clone();
        let slots = it.slots.to_mut();
        let is_it = |node: &u16| topology.name((*node).into()) == name;
        let moved: Vec<u16> = slots[slot].iter().copied().filter(is_it).collect();
        slots[slot].to_mut().retain(|node| !is_it(node));
        slots.insert(slot + 1, moved.into());
        topology.join_with(&it, None)
    }

    /// "after .., by .. and by ..".
    fn ways(&self) -> String {
        let story = self.story;
        let after = story.after(&self.common);
        let mut parts = Vec::new();
        for events in [&self.one, &self.other] {
            let text = story.tell_with_choice(events);
            if !text.is_empty() {
                parts.push(text);
            }
        }
        format!("{after}by {}", parts.join(" and by "))
    }

    fn found(&self, kind: FindingKind, node: usize, message: String) -> Finding {
        let token = |event: Option<&Event>| event.and_then(|event| self.story.token(event));
        let related = token(self.event(self.first)).map(|at| Related {
            at,
            text: "the first of the two".to_owned(),
        });
        Finding {
            kind,
            at: token(self.event(self.second)).unwrap_or(At::Node(node)),
            message,
            related: related.into_iter().collect(),
            way: Vec::new(),
        }
    }
}
