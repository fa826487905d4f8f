//! Where each node stands in the edges, read once.

use crate::finding::At;
use crate::model::{Source, Topology};

/// Where a node stands in the edges.
#[derive(Clone, Default)]
pub(crate) struct Standing {
    /// Where it is first started by `for`.
    pub(crate) by_for: Option<At>,
    /// Where it is first started without.
    pub(crate) without_for: Option<At>,
    /// Where its own route begins.
    pub(crate) leads_on: Option<At>,
    /// Where a join first waits for it.
    pub(crate) awaited: Option<At>,
    /// The routes that begin at it.
    pub(crate) routes: Vec<usize>,
}

impl Standing {
    /// Where the nodes of a topology stand.
    pub(crate) fn of(topology: &Topology) -> Vec<Self> {
        let mut standing = vec![Self::default(); topology.nodes.len()];
        for (route, it) in topology.routes.iter().enumerate() {
            for (source, from) in it.from.iter().enumerate() {
                if let Source::Node(node) = from {
                    let node = &mut standing[usize::from(*node)];
                    node.leads_on
                        .get_or_insert(At::RouteSource { route, source });
                    node.routes.push(route);
                }
            }
            for (arm, way) in it.arms.iter().enumerate() {
                for (member, to) in way.to.iter().enumerate() {
                    let node = &mut standing[usize::from(to.node)];
                    let first = if to.each.is_some() {
                        &mut node.by_for
                    } else {
                        &mut node.without_for
                    };
                    first.get_or_insert(At::Member { route, arm, member });
                }
            }
        }
        for (join, it) in topology.joins.iter().enumerate() {
            for (slot, members) in it.slots.iter().enumerate() {
                for (member, &node) in members.iter().enumerate() {
                    let node = &mut standing[usize::from(node)];
                    node.awaited.get_or_insert(At::Slot { join, slot, member });
                }
            }
            standing[usize::from(it.to)]
                .without_for
                .get_or_insert(At::JoinTarget(join));
        }
        for (node, it) in topology.nodes.iter().enumerate() {
            if let Some(handler) = it.on_error {
                standing[usize::from(handler)]
                    .without_for
                    .get_or_insert(At::OnError(node));
            }
        }
        standing
    }

    /// Where the edges first name it, as a target if they do.
    pub(crate) fn mention(&self) -> Option<At> {
        self.without_for
            .or(self.by_for)
            .or_else(|| self.leading_on())
    }

    /// Where it is led on from, by its own route or into a join.
    pub(crate) fn leading_on(&self) -> Option<At> {
        self.leads_on.or(self.awaited)
    }
}
