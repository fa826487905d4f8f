//! What has to be so about nodes that wait or ask while they run.

use syn::{FnArg, Pat, PatType, Signature};

use super::forms;
use super::params::Reached;
use crate::ast::{Asks, Node, NodeRole};
use crate::findings::Findings;

/// A wait is one for all, and who asks has to have a run that can.
pub(super) fn check(node: &Node, reached: Reached<'_>, findings: &mut Findings) {
    let name = &node.name;
    match &node.role {
        NodeRole::Wait(_) => {
            if let Reached::ByItem(item) = reached {
                findings.at(
                    name,
                    format!("`{name}` waits once, not for each `{item}`; lead to it before or after the `for`"),
                );
            }
        }
        NodeRole::Task(task) => {
            if let Some(signature) = &node.signature {
                asking(task.asks.as_ref(), signature, findings);
            }
        }
        NodeRole::Ask(_) | NodeRole::Subgraph(_) => {}
    }
}

fn asking(asks: Option<&Asks>, signature: &Signature, findings: &mut Findings) {
    let mut typed = signature.inputs.iter().filter_map(|input| match input {
        FnArg::Typed(typed) => Some(typed),
        FnArg::Receiver(_) => None,
    });
    let is_run = |typed: &&PatType| matches!(&*typed.pat, Pat::Ident(pat) if pat.ident == "run");
    let run = typed.find(is_run).map(|typed| &typed.ty);
    let is_called = |name| run.is_some_and(|ty| forms::is_one_of(forms::referred(ty), &[name]));
    match asks {
        Some(Asks { word, question }) => {
            let form = format!("run: &Asking<{}>", crate::text::ty(question));
            if run.is_none() {
                findings.at(
                    word,
                    format!("a node asks by its run; add a parameter `{form}`"),
                );
            } else if is_called("Run") {
                findings.at(
                    run,
                    format!("the run of a node that asks is another; write `{form}`"),
                );
            }
        }
        None if is_called("Asking") => findings.at(
            run,
            "this node isn't declared to ask; write `#[node(asks(Question))]`, or `run: &Run`",
        ),
        None => {}
    }
}
