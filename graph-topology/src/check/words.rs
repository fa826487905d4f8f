//! How parts of a topology are named in a sentence.

use std::fmt::Write;

use crate::model::{Arm, Join, Source, Topology};

impl Topology {
    /// The canonical text of a join, `{b | x, c} -> d`.
    ///
    /// A stored slot is found again by it.
    pub fn join_text(&self, join: usize) -> String {
        self.joins.get(join).map_or_else(String::new, |join| self.join_with(join, None))
    }

    /// The text of a join, with one more node in one of its slots.
    pub(crate) fn join_with(&self, join: &Join, more: Option<(usize, usize)>) -> String {
        let slot = |(index, members): (usize, &crate::model::List<u16>)| {
            let mut names: Vec<&str> = members.iter().map(|&node| self.name(node.into())).collect();
            names.extend(more.filter(|&(slot, _)| slot == index).map(|(_, node)| self.name(node)));
            names.join(" | ")
        };
        let slots: Vec<String> = join.slots.iter().enumerate().map(slot).collect();
        format!("{{{}}} -> {}", slots.join(", "), self.name(join.to.into()))
    }

    pub(crate) fn name(&self, node: usize) -> &str {
        self.nodes.get(node).map_or("?", |node| &node.name)
    }

    pub(crate) fn source_name(&self, source: Source) -> &str {
        match source {
            Source::Start => "start",
            Source::Node(node) => self.name(node.into()),
        }
    }

    /// The target of an arm as it is written, without guards: `end`, `b`, `{b, c}`.
    pub(crate) fn target_text(&self, arm: &Arm) -> String {
        group(arm.to.iter().map(|member| self.name(member.node.into())))
    }

    /// Whether some route begins at a source.
    pub(crate) fn has_route(&self, source: Source) -> bool {
        self.routes.iter().any(|route| route.from.contains(&source))
    }

    /// Whether a node stands in some join as a member.
    pub(crate) fn is_awaited(&self, node: u16) -> bool {
        self.joins.iter().any(|join| join.slots.iter().any(|slot| slot.contains(&node)))
    }
}

/// Names as a target: `end`, `b`, `{b, c}`.
pub(crate) fn group<'a>(names: impl Iterator<Item = &'a str>) -> String {
    let names: Vec<&str> = names.collect();
    match names.as_slice() {
        [] => "end".to_owned(),
        [one] => (*one).to_owned(),
        many => format!("{{{}}}", many.join(", ")),
    }
}

/// Names in backticks: `` `a` ``, `` `a` and `b` ``, `` `a`, `b` and `c` ``.
pub(crate) fn list<'a>(names: impl IntoIterator<Item = &'a str>) -> String {
    enumerate(names.into_iter().map(|name| format!("`{name}`")).collect())
}

/// Phrases joined by commas and a last "and".
pub(crate) fn enumerate(phrases: Vec<String>) -> String {
    let count = phrases.len();
    let mut text = String::new();
    for (index, phrase) in phrases.into_iter().enumerate() {
        let before = if index == 0 {
            ""
        } else if index + 1 == count {
            " and "
        } else {
            ", "
        };
        let _ = write!(text, "{before}{phrase}");
    }
    text
}

/// Where an arm is taken: `` at `Some(x)` ``, or nothing where there is no choice.
pub(crate) fn at(arm: &Arm) -> String {
    let Some(last) = arm.when.last() else { return String::new() };
    let outer: Vec<&str> = arm.when.iter().map(AsRef::as_ref).collect();
    if arm.when.len() == 1 { format!(" at `{last}`") } else { format!(" at `{}`", outer.join(" => ")) }
}
