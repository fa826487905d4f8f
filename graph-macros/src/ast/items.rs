//! The module and its annotated items.

use std::time::Duration;

use proc_macro2::{Ident, Span, TokenStream};
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, Item, LitStr, Path, Signature, Token, Type, Visibility};

use super::Edges;

/// `#[graph(..)] mod name { .. }`
pub(crate) struct Module {
    pub(crate) args: GraphArgs,
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) vis: Visibility,
    pub(crate) name: Ident,
    /// The attributes inside.
    pub(crate) inner: Vec<Attribute>,
    /// The tokens of everything but `edges!`, in source order, without our attributes.
    pub(crate) tokens: TokenStream,
    /// The items among them that could be parsed.
    pub(crate) items: Vec<Item>,
    pub(crate) state: Option<State>,
    pub(crate) context: Option<Context>,
    pub(crate) nodes: Vec<Node>,
    /// The function that brings old states up to date.
    pub(crate) migrate: Option<Ident>,
    pub(crate) edges: Option<Edges>,
    /// Whether the state or the context is such that nothing can be made of it.
    pub(crate) torn: bool,
}

/// `id = "..", crate = path, emits = Type`
pub(crate) struct GraphArgs {
    /// Nothing only if it is missing, which is reported.
    pub(crate) id: Option<String>,
    /// How the user's crate calls the runtime, if not by its name.
    pub(crate) krate: Option<Path>,
    /// What its nodes show, if it says so.
    pub(crate) emits: Option<Type>,
}

/// `#[state] struct ..`
pub(crate) struct State {
    pub(crate) name: Ident,
    pub(crate) vis: Visibility,
    /// The attributes that stay.
    pub(crate) attrs: Vec<Attribute>,
    pub(crate) fields: Vec<Field>,
}

/// A field of the state.
pub(crate) struct Field {
    pub(crate) name: Ident,
    pub(crate) vis: Visibility,
    pub(crate) ty: Type,
    pub(crate) docs: Vec<Attribute>,
    /// The `cfg` under which the field exists.
    pub(crate) cfgs: Vec<Attribute>,
    /// The `serde` attributes, all of them such that change how the field is read.
    pub(crate) serde: Vec<Attribute>,
    pub(crate) input: Option<Input>,
    pub(crate) output: Option<Span>,
    pub(crate) unsaved: Option<Span>,
    pub(crate) secret: Option<Span>,
    pub(crate) default: Option<Default>,
    pub(crate) reduce: Option<Reduce>,
    pub(crate) scope: Scope,
}

/// `#[input]` or `#[input(required)]`
pub(crate) struct Input {
    pub(crate) span: Span,
    pub(crate) required: bool,
}

/// `#[default(expr)]`
pub(crate) struct Default {
    pub(crate) span: Span,
    pub(crate) value: Expr,
}

/// `#[reduce(how)]`
pub(crate) struct Reduce {
    /// The word or path in the parentheses.
    pub(crate) span: Span,
    pub(crate) how: ReduceHow,
}

/// How the updates of a field are combined.
#[derive(Clone)]
pub(crate) enum ReduceHow {
    /// `sum`, `append`, ...
    Named(Ident),
    /// `upsert(key = id)`
    Upsert { word: Ident, key: Ident },
    /// A type of the user's.
    Custom(Path),
    /// What couldn't be read.
    Hole,
}

/// When a field goes back to its default.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Scope {
    /// Never.
    Thread,
    /// Whenever a run begins at `start`.
    Run,
    /// After each step.
    Step,
}

/// `#[context] struct ..`
pub(crate) struct Context {
    pub(crate) vis: Visibility,
    pub(crate) name: Ident,
    pub(crate) fields: Vec<ContextField>,
}

/// A function that is a node.
pub(crate) struct Node {
    pub(crate) name: Ident,
    /// Nothing if the function can't be parsed yet.
    pub(crate) signature: Option<Signature>,
    pub(crate) docs: Vec<Attribute>,
    /// Names that it had before.
    pub(crate) aliases: Vec<LitStr>,
    pub(crate) role: NodeRole,
    pub(crate) on_error: Option<Handler>,
}

/// `on_error = handler`
pub(crate) struct Handler {
    /// Nothing where it is not written yet.
    pub(crate) name: Option<Ident>,
}

/// Which attribute made it a node.
pub(crate) enum NodeRole {
    Task(Box<Task>),
    Ask(Ask),
    Subgraph(Box<Subgraph>),
    Wait(Wait),
}

/// `#[node(..)]`
pub(crate) struct Task {
    pub(crate) writes: Option<Names>,
    pub(crate) spawn: bool,
    pub(crate) blocking: bool,
    pub(crate) policy: Box<Policy>,
    pub(crate) asks: Option<Asks>,
}

/// `asks(Question)`
pub(crate) struct Asks {
    pub(crate) word: Ident,
    pub(crate) question: Type,
}

/// What is done about a node beside running it.
#[derive(Default)]
pub(crate) struct Policy {
    pub(crate) retry: Option<Retry>,
    /// How long an attempt may take.
    pub(crate) timeout: Option<Duration>,
    /// How long an attempt may be silent.
    pub(crate) idle: Option<Duration>,
    pub(crate) cache: Option<Cache>,
    pub(crate) effect: Effect,
}

/// `retry(times = 3, delay = "100ms", factor = 2.0, max = "10s", jitter = false, not(AuthError))`
pub(crate) struct Retry {
    pub(crate) times: u32,
    pub(crate) delay: Option<Duration>,
    pub(crate) factor: Option<f64>,
    pub(crate) max: Option<Duration>,
    pub(crate) jitter: Option<bool>,
    pub(crate) not: Vec<Type>,
}

/// `cache` or `cache(ttl = "1h")`
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cache {
    Always,
    For(Duration),
}

/// `effect` or `at_most_once`
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Effect {
    #[default]
    None,
    Claimed,
    AtMostOnce,
}

/// Fields in the parentheses of an attribute.
pub(crate) struct Names {
    pub(crate) names: Vec<Ident>,
    /// Whether another one could follow: an editor completes it here.
    pub(crate) open: bool,
}

/// `#[ask(into = field, within = "3d", else = expr)]`
pub(crate) struct Ask {
    /// Nothing only if it is missing, which is reported.
    pub(crate) into: Option<Ident>,
    pub(crate) within: Option<Duration>,
    /// What it is answered when that time is over.
    pub(crate) otherwise: Option<Expr>,
}

/// `#[wait(until = expr)]`, `#[wait(time = "1h")]`
pub(crate) struct Wait {
    /// Nothing only if it is missing, which is reported.
    pub(crate) time: Option<Time>,
}

/// How long something waits.
pub(crate) enum Time {
    Until(Expr),
    Length(Duration),
}

/// `#[subgraph(path::State, share(a, b), into = field, memory, ..)]`
pub(crate) struct Subgraph {
    /// The state of the other graph. Nothing if it is missing or unfinished, which is reported.
    pub(crate) child: Option<Path>,
    /// The same as it is written, for an editor.
    pub(crate) path: TokenStream,
    pub(crate) share: Vec<Ident>,
    pub(crate) into: Option<Ident>,
    pub(crate) memory: Option<Ident>,
    /// The fields of `share` and `into` in source order; nothing where one could follow.
    pub(crate) named: Vec<Option<Ident>>,
}

/// A field of the context.
pub(crate) struct ContextField {
    pub(crate) name: Ident,
    pub(crate) ty: Type,
    /// The `cfg` under which the field exists.
    pub(crate) cfgs: Vec<Attribute>,
}

impl Node {
    /// The node that takes its failures on, as it is named.
    pub(crate) fn handler(&self) -> Option<&Ident> {
        self.on_error.as_ref()?.name.as_ref()
    }

    /// What is done about it beside running it, if anything is.
    pub(crate) fn policy(&self) -> Option<&Policy> {
        match &self.role {
            NodeRole::Task(task) => Some(&*task.policy).filter(|policy| !policy.is_plain()),
            NodeRole::Ask(_) | NodeRole::Subgraph(_) | NodeRole::Wait(_) => None,
        }
    }
}

impl Policy {
    fn is_plain(&self) -> bool {
        let Self {
            retry,
            timeout,
            idle,
            cache,
            effect,
        } = self;
        let unbounded = timeout.is_none() && idle.is_none();
        unbounded && retry.is_none() && cache.is_none() && *effect == Effect::None
    }
}

impl Field {
    /// Whether nobody is shown what it holds.
    pub(crate) fn is_secret(&self) -> bool {
        self.secret.is_some()
    }

    /// Whether its value can only come from an input.
    pub(crate) fn is_given_at_start(&self) -> bool {
        self.reduce.is_none() && self.input.as_ref().is_some_and(|input| input.required)
    }
}

impl Module {
    /// Whether the user implements a trait for a type, by an attribute or by hand.
    pub(crate) fn implements(&self, name: &str, attrs: &[Attribute], ty: &Ident) -> bool {
        let by_hand = |item: &Item| match item {
            Item::Impl(item) => {
                let of_trait = item.trait_.as_ref();
                let of_trait = of_trait.is_some_and(|(path, _)| ends_in(path, name));
                of_trait && matches!(&*item.self_ty, Type::Path(path) if path.path.is_ident(ty))
            }
            _ => false,
        };
        derived(attrs).any(|path| ends_in(&path, name)) || self.items.iter().any(by_hand)
    }
}

/// What is derived by these attributes.
pub(crate) fn derived(attrs: &[Attribute]) -> impl Iterator<Item = Path> {
    let paths = Punctuated::<Path, Token![,]>::parse_terminated;
    let derives = attrs.iter().filter(|attr| attr.path().is_ident("derive"));
    derives
        .filter_map(move |attr| attr.parse_args_with(paths).ok())
        .flatten()
}

/// Whether a path leads to something of this name, wherever that is.
pub(crate) fn ends_in(path: &Path, name: &str) -> bool {
    path.segments.last().is_some_and(|last| last.ident == name)
}
