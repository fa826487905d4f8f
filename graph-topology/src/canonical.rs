//! The shape of a graph as one text, and the number that stands for it.

use std::fmt::Write;

use crate::model::{Arm, NodeKind, Source, Topology};

impl Topology {
    /// A number that changes when the shape of the graph does: its nodes, edges, joins, fields.
    ///
    /// Conditions, what nodes read and write, and doc comments are no part of the shape. The number is
    /// the same on every machine and in every build.
    pub fn fingerprint(&self) -> u64 {
        const OFFSET: u64 = 0xcbf2_9ce4_8422_2325;
        const PRIME: u64 = 0x0100_0000_01b3;
        self.canonical().bytes().fold(OFFSET, |hash, byte| {
            (hash ^ u64::from(byte)).wrapping_mul(PRIME)
        })
    }

    /// The shape as text, one part a line. What is written here is stored as a fingerprint: it must
    /// not change from one version of this crate to the next.
    fn canonical(&self) -> String {
        let mut text = format!("graph {}\n", self.id);
        for field in self.fields.iter() {
            let reducer = field.reducer.as_deref().unwrap_or("replace");
            let _ = writeln!(
                text,
                "field {}: {} {}",
                field.name,
                tight(&field.ty),
                tight(reducer)
            );
        }
        for node in self.nodes.iter() {
            let kind = match node.kind {
                NodeKind::Task => "task",
                NodeKind::Ask => "ask",
                NodeKind::Wait => "wait",
                NodeKind::Subgraph => "subgraph",
            };
            let _ = write!(text, "{kind} {}", node.name);
            if let Some(handler) = node.on_error {
                let _ = write!(text, " on_error {}", self.name(handler.into()));
            }
            text.push('\n');
        }
        for route in self.routes.iter() {
            let from: Vec<&str> = route
                .from
                .iter()
                .map(|&source: &Source| self.source_name(source))
                .collect();
            let arms: Vec<String> = route
                .arms
                .iter()
                .map(|arm| self.canonical_arm(arm))
                .collect();
            let _ = writeln!(text, "{} -> {}", from.join(" | "), arms.join(" / "));
        }
        for join in 0..self.joins.len() {
            let _ = writeln!(text, "{}", self.join_text(join));
        }
        text
    }

    fn canonical_arm(&self, arm: &Arm) -> String {
        let members = arm.to.iter().map(|member| {
            let each = if member.each.is_some() { "for " } else { "" };
            let guard = if member.guard.is_some() { " if" } else { "" };
            format!("{each}{}{guard}", self.name(member.node.into()))
        });
        format!("{{{}}}", members.collect::<Vec<_>>().join(", "))
    }
}

/// A type without the spaces that depend on who wrote it down: those that part no two words.
fn tight(text: &str) -> String {
    let is_word = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut tight = String::new();
    for word in text.split_whitespace() {
        if tight.ends_with(is_word) && word.starts_with(is_word) {
            tight.push(' ');
        }
        tight.push_str(word);
    }
    tight
}

#[cfg(test)]
mod tests {
    use super::tight;
    use crate::model::{Arm, Field, Member, Node, NodeKind, Route, Source, Topology};

    fn graph() -> Topology {
        let node = |name: &'static str| Node {
            name: name.into(),
            kind: NodeKind::Task,
            reads: vec![].into(),
            writes: vec![].into(),
            on_error: None,
        };
        let to = Member {
            node: 0,
            guard: None,
            each: None,
        };
        let arm = Arm {
            when: vec![].into(),
            to: vec![to].into(),
        };
        Topology {
            id: "g".into(),
            fields: vec![Field {
                name: "x".into(),
                ty: "Vec<u8>".into(),
                reducer: None,
                given: false,
            }]
            .into(),
            nodes: vec![node("a"), node("b")].into(),
            routes: vec![Route {
                from: vec![Source::Start].into(),
                reads: vec![].into(),
                arms: vec![arm].into(),
                doc: "".into(),
            }]
            .into(),
            joins: vec![].into(),
        }
    }

    #[test]
    fn the_shape_is_written_line_by_line() {
        assert_eq!(
            graph().canonical(),
            "graph g\nfield x: Vec<u8> replace\ntask a\ntask b\nstart -> {a}\n"
        );
    }

    #[test]
    fn the_number_is_the_same_for_ever() {
        assert_eq!(graph().fingerprint(), 9_565_763_487_503_713_124);
    }

    #[test]
    fn docs_and_spaces_are_no_part_of_the_shape() {
        let mut other = graph();
        other.routes.to_mut()[0].doc = "begins".into();
        other.fields.to_mut()[0].ty = "Vec < u8 >".into();
        assert_eq!(other.fingerprint(), graph().fingerprint());
        assert_eq!(tight("& 'a dyn  Trait"), "&'a dyn Trait");
    }

    #[test]
    fn names_kinds_and_targets_are() {
        let mut renamed = graph();
        renamed.nodes.to_mut()[1].name = "c".into();
        let mut asking = graph();
        asking.nodes.to_mut()[0].kind = NodeKind::Ask;
        let mut waiting = graph();
        waiting.nodes.to_mut()[0].kind = NodeKind::Wait;
        assert_ne!(waiting.fingerprint(), asking.fingerprint());
        let mut turned = graph();
        turned.routes.to_mut()[0].arms.to_mut()[0].to.to_mut()[0].node = 1;
        for other in [renamed, asking, waiting, turned] {
            assert_ne!(other.fingerprint(), graph().fingerprint());
        }
    }
}
