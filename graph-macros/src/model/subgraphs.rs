//! Nodes that are other graphs: what they share with ours, and what can't be.

use syn::Path;

use super::params::Reached;
use super::{Child, Shared, position};
use crate::ast::{Field, State, Subgraph};
use crate::findings::Findings;
use crate::names::plain;
use crate::text;

/// The graph behind a node, with the names of our fields looked up; those that are none were reported.
pub(super) fn child<'a>(
    subgraph: &'a Subgraph,
    state: &'a State,
    reached: Reached<'_>,
    findings: &mut Findings,
) -> Option<Child<'a>> {
    let of_ours = |name: &'a _| {
        let field = position(name, state.fields.iter().map(|field| &field.name))?;
        Some(Shared { name, field })
    };
    let shared: Vec<_> = subgraph.share.iter().filter_map(of_ours).collect();
    for Shared { name, field } in &shared {
        if let Some(message) = unshareable(&state.fields[*field]) {
            findings.at(name, message);
        }
    }
    if let (Some(word), Reached::ByItem(item)) = (&subgraph.memory, reached) {
        findings.at(
            word,
            format!("the graph is called for each `{item}` at once, and has one memory; leave `memory` out"),
        );
    }
    let child = subgraph.child.as_ref()?;
    if is_itself(child, state) {
        findings.at(
            child,
            format!(
                "`{}` can't be a node of itself: its questions and events would hold themselves without end; let an edge lead back instead",
                state.name
            ),
        );
        return None;
    }
    Some(Child {
        state: child,
        into: subgraph.into.as_ref().and_then(of_ours),
        shared,
        memory: subgraph.memory.is_some(),
    })
}

fn unshareable(field: &Field) -> Option<String> {
    let name = plain(&field.name);
    if field.unsaved.is_some() {
        return Some(format!(
            "`{name}` isn't stored, so what another graph did to it can't be told after a restart; leave `unsaved` out, or don't share it"
        ));
    }
    (!field.cfgs.is_empty())
        .then(|| format!("`{name}` may be missing, by its `cfg`, so it can't be shared"))
}

/// Whether the path can only be our own state. Where it goes through other modules the compiler finds out.
fn is_itself(child: &Path, state: &State) -> bool {
    let names: Vec<String> = child
        .segments
        .iter()
        .map(|segment| plain(&segment.ident))
        .collect();
    let state = plain(&state.name);
    names == [state.as_str()] || names == ["self", state.as_str()]
}

/// The path of its input, as it is mostly written.
pub(crate) fn input_of(subgraph: &Subgraph) -> String {
    let state = text::ty(&subgraph.path);
    match state.rsplit_once("::") {
        Some((module, _)) => format!("{module}::Input"),
        None => "Input".to_owned(),
    }
}
