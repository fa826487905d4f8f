//! The functions that are nodes, and what their attributes say.

use proc_macro2::Ident;
use syn::{Attribute, LitStr, Signature};

use super::args::Args;
use super::subgraphs::subgraph;
use super::{attrs, policy, waits};
use crate::ast::{Handler, Node, NodeRole, Task};
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
        "node" => NodeRole::Task(Box::new(task(
            first,
            signature.as_ref(),
            &mut on_error,
            &mut aliases,
            findings,
        ))),
        "ask" => NodeRole::Ask(waits::ask(first, &mut aliases, findings)),
        "wait" => NodeRole::Wait(waits::wait(
            first,
            signature.as_ref(),
            &mut aliases,
            findings,
        )),
        _ => NodeRole::Subgraph(Box::new(subgraph(
            first,
            &mut on_error,
            &mut aliases,
            findings,
        ))),
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

/// The names that a node had before.
pub(super) fn alias(args: &mut Args, findings: &mut Findings) -> Vec<LitStr> {
    args.texts("alias", "alias = \"old_name\"", findings)
}

fn task(
    attr: &Attribute,
    signature: Option<&Signature>,
    on_error: &mut Option<Handler>,
    aliases: &mut Vec<LitStr>,
    findings: &mut Findings,
) -> Task {
    let own = &["writes", "spawn", "blocking", "asks", "alias"][..];
    let known = [own, &policy::ARGS].concat();
    let mut args = Args::of(attr, "node", &known, findings);
    *aliases = alias(&mut args, findings);
    *on_error = policy::handler(&mut args, findings);
    let policy = policy::policy(&mut args, signature, findings);
    let task = Task {
        policy,
        writes: args.names("writes", "writes(field)", findings),
        spawn: args.flag("spawn", findings).is_some(),
        blocking: blocking(&mut args, signature, findings),
        asks: waits::asks(&mut args, signature, findings),
    };
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
