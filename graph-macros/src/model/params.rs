//! What the parameters of a node mean.

use proc_macro2::Ident;
use syn::{FnArg, Pat, PatType, Type};

use super::forms::{Form, form};
use super::position;
use crate::ast::{Context, Module, Node, State};
use crate::findings::Findings;
use crate::names::{either, nearest, plain};

/// A parameter of a node.
pub(crate) struct Param<'a> {
    pub(crate) name: &'a Ident,
    pub(crate) ty: &'a Type,
    pub(crate) source: ParamSource,
    pub(crate) form: Form,
}

/// What a parameter names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ParamSource {
    /// A field of the state.
    Field(usize),
    /// The whole state.
    State,
    Run,
    /// A field of the context.
    Context(usize),
    /// The item of the `for` that leads here.
    Item,
}

/// How a node is reached, which decides whether a name can be left for an item.
#[derive(Clone, Copy)]
pub(super) enum Reached<'a> {
    /// By a `for` over an item of this name.
    ByItem(&'a Ident),
    Plainly,
    /// Nobody knows, since edges are missing or none leads there.
    Perhaps,
}

/// What a parameter can name.
pub(super) struct Scope<'a> {
    state: &'a State,
    context: Option<&'a Context>,
}

impl<'a> Scope<'a> {
    pub(super) fn new(module: &'a Module, state: &'a State) -> Self {
        Self {
            state,
            context: module.context.as_ref(),
        }
    }

    /// The parameters of a node, and whether all of them mean something.
    pub(super) fn params(
        &self,
        node: &'a Node,
        reached: Reached<'_>,
        findings: &mut Findings,
    ) -> (Vec<Param<'a>>, bool) {
        let Some(signature) = &node.signature else {
            return (Vec::new(), false);
        };
        let before = findings.count();
        let mut left = Vec::new();
        let mut params = Vec::new();
        for input in &signature.inputs {
            let Some((name, typed)) = named(input, findings) else {
                continue;
            };
            let source = self.source(name);
            if source.is_none() {
                left.push(name);
            }
            params.push(self.param(name, typed, source.unwrap_or(ParamSource::Item), findings));
        }
        let unknown = self.settle(&left, reached, node, findings);
        (
            params.into_iter().flatten().collect(),
            !unknown && signature.receiver().is_none() && findings.count() == before,
        )
    }

    fn source(&self, name: &Ident) -> Option<ParamSource> {
        let field = position(name, self.state.fields.iter().map(|field| &field.name));
        let context = || {
            position(name, self.context?.fields.iter().map(|field| &field.name))
                .map(ParamSource::Context)
        };
        match plain(name).as_str() {
            "state" => Some(ParamSource::State),
            "run" => Some(ParamSource::Run),
            _ => field.map(ParamSource::Field).or_else(context),
        }
    }

    fn param(
        &self,
        name: &'a Ident,
        typed: &'a PatType,
        source: ParamSource,
        findings: &mut Findings,
    ) -> Option<Param<'a>> {
        let owner = match source {
            ParamSource::Field(at) => self.state.fields.get(at).map(|field| &field.ty),
            ParamSource::Context(at) => self
                .context
                .and_then(|context| context.fields.get(at))
                .map(|field| &field.ty),
            ParamSource::State | ParamSource::Run | ParamSource::Item => None,
        };
        match form(&typed.ty, owner) {
            Ok(form) => Some(Param {
                name,
                ty: &typed.ty,
                source,
                form,
            }),
            Err(message) => {
                findings.at(&typed.ty, message);
                None
            }
        }
    }

    /// Decides about the names that are left. Says whether one of them means nothing.
    fn settle(
        &self,
        left: &[&Ident],
        reached: Reached<'_>,
        node: &Node,
        findings: &mut Findings,
    ) -> bool {
        let is_item = |name: &Ident| match reached {
            Reached::ByItem(item) => left.len() == 1 || plain(name) == plain(item),
            Reached::Perhaps => left.len() == 1 && self.near(name).is_none(),
            Reached::Plainly => false,
        };
        let mut unknown = matches!(reached, Reached::Perhaps) && !left.is_empty();
        for name in left.iter().filter(|name| !is_item(name)) {
            findings.at(name, self.unknown(name, reached));
            unknown = true;
        }
        if let Reached::ByItem(item) = reached
            && left.is_empty()
        {
            self.no_item(item, &node.name, findings);
        }
        unknown
    }

    /// A node that is called with an item and doesn't take it.
    fn no_item(&self, item: &Ident, node: &Ident, findings: &mut Findings) {
        if self.source(item).is_some() {
            findings.at(
                item,
                format!("`{item}` means something else as a parameter; give the item another name"),
            );
        } else {
            findings.at(
                node,
                format!(
                    "`{node}` is called with `{item}` but doesn't take it; add a parameter `{item}`"
                ),
            );
        }
    }

    fn unknown(&self, name: &Ident, reached: Reached<'_>) -> String {
        if let Some(near) = self.near(name) {
            return format!("`{name}` names nothing here; did you mean `{near}`?");
        }
        let known = either(
            self.names()
                .into_iter()
                .chain(["state".to_owned(), "run".to_owned()]),
        );
        let item = match reached {
            Reached::ByItem(item) => format!(", besides its item, here `{item}`"),
            Reached::Plainly | Reached::Perhaps => String::new(),
        };
        format!("`{name}` names nothing here; a parameter is called {known}{item}")
    }

    fn near(&self, name: &Ident) -> Option<String> {
        let names = self.names();
        let wrong = plain(name);
        let wrong = wrong.trim_start_matches('_');
        let known = names.iter().map(String::as_str).chain(["state", "run"]);
        nearest(wrong, known).map(str::to_owned)
    }

    fn names(&self) -> Vec<String> {
        let of_state = self.state.fields.iter().map(|field| plain(&field.name));
        let of_context = self
            .context
            .iter()
            .flat_map(|context| context.fields.iter().map(|field| plain(&field.name)));
        of_state.chain(of_context).collect()
    }
}

/// A parameter that is a name with a type.
fn named<'a>(input: &'a FnArg, findings: &mut Findings) -> Option<(&'a Ident, &'a PatType)> {
    match input {
        // The compiler says that only functions of a type have a `self`.
        FnArg::Receiver(_) => None,
        FnArg::Typed(typed) => match &*typed.pat {
            Pat::Ident(pat) if pat.subpat.is_none() && pat.by_ref.is_none() => {
                Some((&pat.ident, typed))
            }
            other => {
                findings.at(
                    other,
                    "a parameter is found by its name; write `field: &Type` and take it apart inside",
                );
                None
            }
        },
    }
}
