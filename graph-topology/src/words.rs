//! How parts of a topology are named in a sentence.

use crate::model::{Arm, Join, List, Member, Source, Topology};

impl Topology {
    /// The canonical text of a join, `{b | x, c} -> d`.
    ///
    /// A stored slot is found again by it.
    pub fn join_text(&self, join: usize) -> String {
        self.joins
            .get(join)
            .map_or_else(String::new, |join| self.join_with(join, None))
    }

    /// The text of a join, with one more node in one of its slots.
    pub(crate) fn join_with(&self, join: &Join, more: Option<(usize, usize)>) -> String {
        let slot = |(index, members): (usize, &List<u16>)| {
            let mut names: Vec<&str> = members.iter().map(|&node| self.name(node.into())).collect();
            names.extend(
                more.filter(|&(slot, _)| slot == index)
                    .map(|(_, node)| self.name(node)),
            );
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
    let mut names: Vec<String> = names.into_iter().map(|name| format!("`{name}`")).collect();
    match names.pop() {
        Some(last) if !names.is_empty() => format!("{} and {last}", names.join(", ")),
        last => last.unwrap_or_default(),
    }
}

/// Where an arm is taken: `` at `Some(x)` ``, or nothing where there is no choice.
pub(crate) fn at(arm: &Arm) -> String {
    if arm.when.is_empty() {
        String::new()
    } else {
        format!(" at `{}`", arm.when.join(" => "))
    }
}

/// How a member that is skipped came to be: ``skipping `b` where `x` doesn't hold``.
pub(crate) fn skipping(topology: &Topology, member: &Member) -> String {
    let guard = member.guard.as_deref().unwrap_or_default();
    format!(
        "skipping `{}` where `{guard}` doesn't hold",
        topology.name(member.node.into())
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_read_as_prose() {
        assert_eq!(list(["a"]), "`a`");
        assert_eq!(list(["a", "b"]), "`a` and `b`");
        assert_eq!(list(["a", "b", "c"]), "`a`, `b` and `c`");
    }

    #[test]
    fn groups_read_as_targets() {
        assert_eq!(group([].into_iter()), "end");
        assert_eq!(group(["a"].into_iter()), "a");
        assert_eq!(group(["a", "b"].into_iter()), "{a, b}");
    }

    #[test]
    fn choices_name_the_outer_condition_first() {
        let arm = |when: &[&'static str]| Arm {
            when: when.iter().map(|&text| text.into()).collect(),
            to: vec![].into(),
        };
        assert_eq!(at(&arm(&[])), "");
        assert_eq!(
            at(&arm(&["Some(x)", "if x > 1"])),
            " at `Some(x) => if x > 1`"
        );
    }
}
