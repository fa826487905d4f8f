//! The row of each box. Edges lead down, but those that close a cycle.

use std::collections::BTreeSet;

use super::Plan;

/// What each box and edge is to the rows.
pub(super) struct Ranks {
    /// The row of each box, from above.
    pub(super) rows: Vec<usize>,
    /// Whether an edge leads up.
    pub(super) back: Vec<bool>,
    /// Whether an edge has an item of its own beside its source: it carries a label, or runs beside another edge
    /// between the same boxes.
    pub(super) bent: Vec<bool>,
}

pub(super) fn rank(plan: &Plan) -> Ranks {
    let back = back_edges(plan);
    let bent = bent_edges(plan);
    let rows = rows(plan, &back, &bent);
    Ranks { rows, back, bent }
}

/// The edges that lead to a box from which a search from the first box has come.
fn back_edges(plan: &Plan) -> Vec<bool> {
    #[derive(Clone, Copy, PartialEq, Eq)]
    enum Seen {
        No,
        Open,
        Done,
    }
    let leaving = leaving(plan);
    let mut back = vec![false; plan.edges.len()];
    let mut seen = vec![Seen::No; plan.boxes.len()];
    for root in 0..plan.boxes.len() {
        if seen[root] != Seen::No {
            continue;
        }
        seen[root] = Seen::Open;
        let mut path = vec![(root, 0)];
        while let Some((at, tried)) = path.last_mut() {
            let at = *at;
            let Some(&edge) = leaving[at].get(*tried) else {
                seen[at] = Seen::Done;
                path.pop();
                continue;
            };
            *tried += 1;
            let to = plan.edges[edge].to;
            match seen[to] {
                Seen::Open => back[edge] = true,
                Seen::Done => {}
                Seen::No => {
                    seen[to] = Seen::Open;
                    path.push((to, 0));
                }
            }
        }
    }
    back
}

/// The edges that leave each box for another one.
fn leaving(plan: &Plan) -> Vec<Vec<usize>> {
    let mut leaving = vec![Vec::new(); plan.boxes.len()];
    for (index, edge) in plan.edges.iter().enumerate() {
        if edge.from != edge.to {
            leaving[edge.from].push(index);
        }
    }
    leaving
}

fn bent_edges(plan: &Plan) -> Vec<bool> {
    let mut pairs = BTreeSet::new();
    let bent = |edge: &super::Edge| {
        let is_first = pairs.insert((edge.from.min(edge.to), edge.from.max(edge.to)));
        edge.from != edge.to && (edge.label.is_some() || !is_first)
    };
    plan.edges.iter().map(bent).collect()
}

/// The longest way from above gives the row. An edge with an item of its own crosses a row, and so do those that
/// leave beside it, so that what is chosen stands in one row.
fn rows(plan: &Plan, back: &[bool], bent: &[bool]) -> Vec<usize> {
    let mut spread = vec![false; plan.boxes.len()];
    for (index, edge) in plan.edges.iter().enumerate() {
        spread[edge.from] |= bent[index] && !back[index];
    }
    let (mut below, mut above) = (
        vec![Vec::new(); plan.boxes.len()],
        vec![0; plan.boxes.len()],
    );
    for (index, edge) in plan.edges.iter().enumerate() {
        if edge.from == edge.to {
            continue;
        }
        let (upper, lower, long) = if back[index] {
            (edge.to, edge.from, bent[index])
        } else {
            (edge.from, edge.to, spread[edge.from])
        };
        below[upper].push((lower, 1 + usize::from(long)));
        above[lower] += 1;
    }
    let mut rows = vec![0; plan.boxes.len()];
    let mut ready: Vec<usize> = (0..plan.boxes.len()).filter(|&at| above[at] == 0).collect();
    while let Some(at) = ready.pop() {
        for &(lower, length) in &below[at] {
            rows[lower] = rows[lower].max(rows[at] + length);
            above[lower] -= 1;
            if above[lower] == 0 {
                ready.push(lower);
            }
        }
    }
    rows
}
