//! Names that nodes had before, by which what an earlier version has stored is found again.

use super::nodes::Named;
use crate::findings::Findings;
use crate::names::plain;

/// Reports aliases that would lead to two nodes, or to none that needs them.
pub(super) fn check(nodes: &[Named<'_>], findings: &mut Findings) {
    let mut known: Vec<(String, String)> = Vec::new();
    for node in nodes {
        let name = plain(node.name());
        for alias in &node.ast.aliases {
            let text = alias.value();
            if nodes.iter().any(|other| plain(other.name()) == text) {
                findings.at(
                    alias,
                    format!("`{text}` is a node of this graph; an alias is a name that a node had before"),
                );
            } else if let Some((_, other)) = known.iter().find(|(alias, _)| *alias == text) {
                findings.at(
                    alias,
                    format!("`{text}` is an alias of `{other}` already; leave one of them out"),
                );
            } else {
                known.push((text, name.clone()));
            }
        }
    }
}
