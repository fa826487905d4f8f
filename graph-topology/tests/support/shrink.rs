//! Makes a graph that fails smaller, as long as it fails.

use super::generate::Draft;

/// The smallest graph, found by leaving parts out, for which `fails` still holds.
pub fn shrink(draft: &Draft, fails: &dyn Fn(&Draft) -> bool) -> Draft {
    let mut best = draft.clone();
    while let Some(smaller) = smaller(&best).into_iter().find(fails) {
        best = smaller;
    }
    best
}

fn smaller(draft: &Draft) -> Vec<Draft> {
    let mut all = Vec::new();
    let mut change = |edit: &dyn Fn(&mut Draft)| {
        let mut next = draft.clone();
        edit(&mut next);
        all.push(next);
    };
    for node in 0..draft.nodes.len() {
        if draft.nodes[node].on_error.is_some() {
            change(&|next| next.nodes[node].on_error = None);
        }
        if !draft.nodes[node].writes.is_empty() {
            change(&|next| next.nodes[node].writes = vec![].into());
        }
    }
    for join in 0..draft.joins.len() {
        change(&|next| drop(next.joins.remove(join)));
        for slot in 0..draft.joins[join].0.len() {
            if draft.joins[join].0.len() > 1 {
                change(&|next| drop(next.joins[join].0.remove(slot)));
            }
            for member in 0..draft.joins[join].0[slot].len() {
                if draft.joins[join].0[slot].len() > 1 {
                    change(&|next| _ = next.joins[join].0[slot].remove(member));
                }
            }
        }
    }
    for (route, (from, arms)) in draft.routes.iter().enumerate() {
        change(&|next| drop(next.routes.remove(route)));
        for source in 0..from.len() {
            if from.len() > 1 {
                change(&|next| _ = next.routes[route].0.remove(source));
            }
        }
        for (arm, way) in arms.iter().enumerate() {
            if arms.len() > 1 {
                change(&|next| drop(next.routes[route].1.remove(arm)));
            }
            for member in 0..way.to.len() {
                change(&|next| drop(next.routes[route].1[arm].to.to_mut().remove(member)));
                if way.to[member].guard.is_some() {
                    change(&|next| next.routes[route].1[arm].to.to_mut()[member].guard = None);
                }
            }
        }
    }
    all
}
