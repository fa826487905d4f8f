//! The names in targets and groups, looked up.

use proc_macro2::{Ident, TokenStream};
use quote::ToTokens as _;
use syn::Item;

use super::flow::{Decision, Leaf, Member};
use super::nodes::Named;
use crate::ast::{self, For, Group, Module, Target};
use crate::findings::Findings;
use crate::names::{nearest, plain};

/// Finds nodes by name and reports each name that is none, once.
pub(super) struct Lookup<'a, 'l> {
    nodes: &'l [Named<'a>],
    module: &'a Module,
    reported: Vec<String>,
    pub(super) findings: &'l mut Findings,
}

impl<'a, 'l> Lookup<'a, 'l> {
    pub(super) fn new(
        nodes: &'l [Named<'a>],
        module: &'a Module,
        findings: &'l mut Findings,
    ) -> Self {
        Self {
            nodes,
            module,
            reported: Vec::new(),
            findings,
        }
    }

    /// The node of that name.
    pub(super) fn node(&mut self, name: &Ident) -> Option<usize> {
        let word = plain(name);
        let found = self
            .nodes
            .iter()
            .position(|node| plain(node.name()) == word);
        let known = found.is_some()
            || self
                .module
                .nodes
                .iter()
                .any(|node| plain(&node.name) == word);
        if !known && !self.reported.contains(&word) {
            self.findings.at(name, self.no_node(&word));
            self.reported.push(word);
        }
        found
    }

    /// A target; `joined` says that a join follows it.
    pub(super) fn decision(&mut self, target: &'a Target, joined: bool) -> Decision<'a> {
        match target {
            Target::Hole => Decision::Hole,
            Target::Missing(span) => {
                self.findings
                    .at_span(*span, "a target is missing here; write a node or `end`");
                Decision::Hole
            }
            Target::Named(any) => match any.names.as_slice() {
                [name] if plain(name) == "end" => leaf(name.to_token_stream(), Vec::new()),
                [name] => match self.target_node(name) {
                    Some(node) => leaf(name.to_token_stream(), vec![Member::plain(name, node)]),
                    None => Decision::Hole,
                },
                names => {
                    self.refuse_choice(names);
                    Decision::Hole
                }
            },
            Target::For(each) => match self.each(each) {
                Some(member) => leaf(each.word.to_token_stream(), vec![member]),
                None => Decision::Hole,
            },
            Target::Group(group) => self.group(group, joined),
            Target::Match(route) => {
                let arms = route
                    .arms
                    .iter()
                    .map(|arm| (arm, self.decision(&arm.target, joined)));
                Decision::Match {
                    route,
                    arms: arms.collect(),
                }
            }
            Target::If(route) => Decision::If {
                route,
                then: Box::new(self.decision(&route.then, joined)),
                otherwise: Box::new(self.decision(&route.otherwise, joined)),
            },
        }
    }

    /// The slots of a join: for each member the nodes that can fill it.
    pub(super) fn slots(&mut self, group: &'a Group) -> Vec<Vec<(&'a Ident, usize)>> {
        let mut seen = Vec::new();
        let mut slots = Vec::new();
        for member in &group.members {
            let names: &[Ident] = match member {
                ast::Member::Named { names, .. } => &names.names,
                ast::Member::For(each) => std::slice::from_ref(&each.node),
            };
            let mut slot = Vec::new();
            for name in names {
                let Some(node) = self.slot_node(name) else {
                    continue;
                };
                if seen.contains(&node) {
                    self.twice(name);
                } else {
                    seen.push(node);
                    slot.push((name, node));
                }
            }
            slots.push(slot);
        }
        slots
    }

    /// Guards decide what is started, and nothing is started to the left of an arrow.
    pub(super) fn refuse_guards(&mut self, group: &Group) {
        for member in &group.members {
            match member {
                ast::Member::Named { guard: Some(guard), .. } => self.findings.at(
                    guard.word,
                    "a join waits for all its members; put the guard where the member is started",
                ),
                ast::Member::For(each) => self.findings.at(
                    each.word,
                    format!("a join names its members; write `{}` here, and the `for` where it is started", each.node),
                ),
                ast::Member::Named { guard: None, .. } => {}
            }
        }
    }

    fn group(&mut self, group: &'a Group, joined: bool) -> Decision<'a> {
        let mut members: Vec<Member<'a>> = Vec::new();
        let mut whole = true;
        for member in &group.members {
            match self.member(member) {
                None => whole = false,
                Some(member) if members.iter().any(|other| other.node == member.node) => {
                    // The join that follows says it about the same token.
                    if !joined {
                        self.twice(member.name);
                    }
                    whole = false;
                }
                Some(member) => members.push(member),
            }
        }
        if whole {
            leaf(group.tokens.clone(), members)
        } else {
            Decision::Hole
        }
    }

    fn member(&mut self, member: &'a ast::Member) -> Option<Member<'a>> {
        match member {
            ast::Member::For(each) => self.each(each),
            ast::Member::Named { names, guard } => match names.names.as_slice() {
                [name] if plain(name) == "end" => {
                    self.findings.at(
                        name,
                        "`end` starts nothing, so it can't be in a group; leave it out",
                    );
                    None
                }
                [name] => {
                    let node = self.target_node(name)?;
                    Some(Member {
                        guard: guard.as_ref(),
                        ..Member::plain(name, node)
                    })
                }
                names => {
                    self.refuse_choice(names);
                    None
                }
            },
        }
    }

    fn each(&mut self, each: &'a For) -> Option<Member<'a>> {
        if plain(&each.passed) != plain(&each.item) {
            self.findings.at(
                &each.passed,
                format!(
                    "the item is called `{}`; write `{}({0})`",
                    each.item, each.node
                ),
            );
        }
        let node = self.target_node(&each.node)?;
        Some(Member {
            each: Some(each),
            ..Member::plain(&each.node, node)
        })
    }

    fn target_node(&mut self, name: &Ident) -> Option<usize> {
        if plain(name) == "start" {
            self.findings.at(
                name,
                "nothing leads to `start`; lead to the first node, which is where a loop goes back to",
            );
            return None;
        }
        self.node(name)
    }

    fn slot_node(&mut self, name: &Ident) -> Option<usize> {
        match plain(name).as_str() {
            word @ ("start" | "end") => {
                self.findings.at(
                    name,
                    format!("a join waits for nodes, and `{word}` is none; leave it out"),
                );
                None
            }
            _ => self.node(name),
        }
    }

    fn refuse_choice(&mut self, names: &[Ident]) {
        let words: Vec<String> = names.iter().map(plain).collect();
        let message = format!(
            "a target says what is started, and `|` doesn't decide; write `{{{}}}` for all, or `match` or `if` for one of them",
            words.join(", ")
        );
        let tokens: TokenStream = names.iter().map(quote::ToTokens::to_token_stream).collect();
        self.findings.at(tokens, message);
    }

    fn twice(&mut self, name: &Ident) {
        self.findings.at(
            name,
            format!("`{name}` stands in this group twice; leave one of them out"),
        );
    }

    fn no_node(&self, word: &str) -> String {
        let known: Vec<String> = self.nodes.iter().map(|node| plain(node.name())).collect();
        let known = known.iter().map(String::as_str).chain(["start", "end"]);
        let is_function = |item: &Item| matches!(item, Item::Fn(item) if item.sig.ident == word);
        if self.module.items.iter().any(is_function) {
            return format!("`{word}` is a function but not a node; put `#[node]` on it");
        }
        match nearest(word, known) {
            Some(near) => format!("there is no node `{word}`; did you mean `{near}`?"),
            None => {
                format!("there is no node `{word}`; write a function of that name with `#[node]`")
            }
        }
    }
}

impl<'a> Member<'a> {
    fn plain(name: &'a Ident, node: usize) -> Self {
        Self {
            name,
            node,
            guard: None,
            each: None,
        }
    }
}

fn leaf(tokens: TokenStream, members: Vec<Member<'_>>) -> Decision<'_> {
    Decision::Leaf(Leaf { tokens, members })
}
