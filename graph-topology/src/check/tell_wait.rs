//! What is said about a join that waits for ever.

use crate::check::bits::Bits;
use crate::check::history::Event;
use crate::check::story::Story;
use crate::check::waits::Wait;
use crate::finding::{At, Finding, FindingKind, Move, Related};
use crate::words;

/// Says it.
pub(crate) fn finding(story: &Story<'_>, wait: &Wait) -> Finding {
    let text = story.topology.join_text(wait.join);
    let verb = if wait.never {
        "can never be complete"
    } else {
        "can wait for ever"
    };
    let slot = At::Slot {
        join: wait.join,
        slot: wait.slot,
        member: 0,
    };
    let cause = wait.cause.map(|cause| &story.history.events[cause]);
    let (told, at) = match cause {
        Some(event) if wait.never => (turned_away(story, wait, event), slot),
        Some(event) => (
            turned_away(story, wait, event),
            story.token(event).unwrap_or(slot),
        ),
        None => (nothing_leads(story, wait), slot),
    };
    Finding {
        kind: if wait.never {
            FindingKind::NeverComplete
        } else {
            FindingKind::WaitsForEver
        },
        at,
        message: format!("`{text}` {verb}: {told}"),
        related: vec![Related {
            at: slot,
            text: "this is waited for".to_owned(),
        }],
        way: story.moves(&story.history.all()),
    }
}

fn awaited<'a>(story: &'a Story<'_>, wait: &Wait) -> Vec<&'a str> {
    let members = &story.topology.joins[wait.join].slots[wait.slot];
    members
        .iter()
        .map(|&node| story.topology.name(node.into()))
        .collect()
}

fn nothing_leads(story: &Story<'_>, wait: &Wait) -> String {
    let after = story.after(&wait.needs);
    let names = words::list(awaited(story, wait));
    if wait.circular {
        format!("{after}what leads to {names} waits for this join itself; take it out of the join")
    } else {
        format!("{after}nothing that is active leads to {names} any more; let something lead there")
    }
}

fn turned_away(story: &Story<'_>, wait: &Wait, event: &Event) -> String {
    let mut before: Bits = event.past.clone();
    for (index, other) in story.history.events.iter().enumerate() {
        if std::ptr::eq(other, event) {
            before.remove(index);
        }
    }
    let after = story.after(&before);
    format!(
        "{after}{}; {}",
        what(story, event),
        remedy(story, wait, event)
    )
}

/// What the event did instead of going to the join.
fn what(story: &Story<'_>, event: &Event) -> String {
    let topology = story.topology;
    match story.by(event) {
        Move::Arm { source, route, arm } => {
            let name = topology.source_name(source);
            let at = words::at(&topology.routes[route].arms[arm]);
            format!("`{name}` goes to `{}`{at}", story.target(event))
        }
        Move::Guard {
            route, arm, member, ..
        } => {
            let member = &topology.routes[route].arms[arm].to[member];
            let guard = member.guard.as_deref().unwrap_or_default();
            format!(
                "`{}` is skipped where `{guard}` doesn't hold",
                topology.name(member.node.into())
            )
        }
        Move::Fails(node) => {
            format!(
                "`{}` fails and goes to `{}`",
                topology.name(node.into()),
                story.target(event)
            )
        }
        Move::Ends(node) => format!(
            "`{}` goes to `{}`",
            topology.name(node.into()),
            story.target(event)
        ),
        Move::Joins(join) => format!("`{}` goes elsewhere", topology.join_text(join)),
    }
}

fn remedy(story: &Story<'_>, wait: &Wait, event: &Event) -> String {
    let topology = story.topology;
    let join = &topology.joins[wait.join];
    let target = topology.name(join.to.into());
    let names = awaited(story, wait);
    let forks = story.history.marks.iter().any(|mark| {
        let waits = mark.taken_by.is_none() && story.net.slots(wait.join).contains(&mark.place);
        let follows = mark.made_by.is_some_and(|made| {
            let past = &story.history.events[made].past;
            event.past.is_subset(past)
        });
        waits && follows
    });
    let ends = story.ends(event);
    let from = ends.first().copied().unwrap_or("start");
    if forks && wait.never && join.slots.iter().all(|slot| slot.len() == 1) {
        let all: Vec<&str> = join
            .slots
            .iter()
            .map(|slot| topology.name(slot[0].into()))
            .collect();
        return format!(
            "if only one of them comes, write `{} -> {target}`",
            all.join(" | ")
        );
    }
    if forks {
        let (names, one) = (words::list(names.iter().copied()), names[0]);
        return format!("let `{from}` lead to {names} there too, or guard it: `{one} if ..`");
    }
    let failing = matches!(story.by(event), Move::Fails(_));
    if names.contains(&from) && failing {
        return format!("let its `on_error` lead to `{target}` and decide there");
    }
    if names.contains(&from) {
        return format!("let `{from}` go to `{target}` and decide there");
    }
    let node = topology.nodes.iter().position(|node| node.name == from);
    let wider = topology.join_with(join, node.map(|node| (wait.slot, node)));
    match story.by(event) {
        Move::Guard { .. } => format!(
            "run it always, let it go to `{target}` where nothing is to be done, and name it in the join, `{wider}`"
        ),
        Move::Fails(_) => {
            format!("let its `on_error` lead to `{target}`, and name it in the join, `{wider}`")
        }
        _ => format!("let `{from}` go to `{target}` there, and name it in the join, `{wider}`"),
    }
}
