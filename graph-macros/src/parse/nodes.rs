//! The functions that are nodes, and what their attributes say.

use proc_macro2::Ident;
use syn::{Attribute, LitStr, Signature};

use super::args::Args;
use super::attrs;
use super::later;
use crate::ast::{Ask, Node, NodeRole, Task};
use crate::findings::Findings;

/// Reads a node; `ours` are its attributes of ours.
pub(super) fn node(
    name: Ident,
    signature: Option<Signature>,
    docs: Vec<Attribute>,
    ours: &[&Attribute],
    findings: &mut Findings,
) -> Option<Node> {
    let (first, more) = ours.split_first()?;
    for attr in more {
        findings.at(
            attrs::word(attr),
            format!("`{name}` is a node already; leave one of the two attributes out"),
        );
    }
    let (mut on_error, mut aliases) = (None, Vec::new());
    let role = match attrs::name(first).as_str() {
        "node" => {
            let mut args = args(
                first,
                "node",
                &["writes", "spawn", "blocking"],
                &later::NODE_ARGS,
                findings,
            );
            aliases = alias(&mut args, findings);
            NodeRole::Task(task(
                first,
                args,
                signature.as_ref(),
                &mut on_error,
                findings,
            ))
        }
        "ask" => {
            let mut args = args(first, "ask", &["into"], &later::ASK_ARGS, findings);
            aliases = alias(&mut args, findings);
            NodeRole::Ask(ask(first, args, findings))
        }
        "wait" => {
            later::attribute(
                &attrs::word(first),
                "use `#[ask(into = ..)]` and answer it when the time has come",
                findings,
            );
            NodeRole::Later
        }
        _ => {
            later::attribute(
                &attrs::word(first),
                "call the other graph inside a node",
                findings,
            );
            NodeRole::Later
        }
    };
    Some(Node {
        name,
        signature,
        docs,
        aliases,
        role,
        on_error,
    })
}

/// The arguments of a node's attribute.
fn args(
    attr: &Attribute,
    attribute: &'static str,
    its: &[&str],
    later: &[&str],
    findings: &mut Findings,
) -> Args {
    Args::of(
        attr,
        attribute,
        &[its, &["alias"], later].concat(),
        findings,
    )
}

fn alias(args: &mut Args, findings: &mut Findings) -> Vec<LitStr> {
    args.texts("alias", "alias = \"old_name\"", findings)
}

fn task(
    attr: &Attribute,
    mut args: Args,
    signature: Option<&Signature>,
    on_error: &mut Option<Ident>,
    findings: &mut Findings,
) -> Task {
    *on_error = args.peek_name("on_error");
    let task = Task {
        writes: args.names("writes", "writes(field)", findings),
        spawn: args.flag("spawn", findings).is_some(),
        blocking: blocking(&mut args, signature, findings),
    };
    later::node(&mut args, findings);
    if let (true, true, Some(word)) = (task.spawn, task.blocking, attr.path().get_ident()) {
        findings.at(
            word,
            "a node runs in one place; choose `spawn` (other threads) or `blocking` (threads that may wait)",
        );
    }
    task
}

fn blocking(args: &mut Args, signature: Option<&Signature>, findings: &mut Findings) -> bool {
    let Some(word) = args.flag("blocking", findings) else {
        return false;
    };
    if signature.is_some_and(|signature| signature.asyncness.is_some()) {
        findings.at(
            word,
            "`blocking` is for plain functions; leave out `async`, or use `spawn`",
        );
        return false;
    }
    true
}

fn ask(attr: &Attribute, mut args: Args, findings: &mut Findings) -> Ask {
    if !args.has("into") {
        findings.at(
            attr,
            "`ask` needs the field that takes the answer; write `#[ask(into = field)]`",
        );
    }
    let into = args.value("into", "into = field", findings);
    later::ask(&mut args, findings);
    Ask { into }
}
