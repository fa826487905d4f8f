//! What a graph is built with.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::cache::Cache;
use crate::checkpointer::Checkpointer;
use crate::clock::Clock;
use crate::definition::StateGraph;
use crate::engine::Durability;
use crate::graph::Graph;
use crate::policy::Policy;
use crate::setting::{Setting, Siblings};
use crate::shared::{Core, Saved, Unsaved};

/// What a graph is built with. `Support::graph()` makes one.
#[must_use = "a builder does nothing until `.build()`"]
pub struct Builder<G: StateGraph, P = Unsaved, X = ()> {
    context: X,
    saver: Option<Arc<dyn Checkpointer>>,
    namespace: Arc<str>,
    setting: Setting<G>,
    persistence: PhantomData<fn() -> P>,
}

/// Whether a graph can do with this persistence: one that asks can't do without a checkpointer. Implemented by
/// the macro.
pub trait Suits<P> {}

/// Whether a context was given, where the graph has one.
#[diagnostic::on_unimplemented(
    message = "this graph's nodes use a context, and none was given",
    label = "needs `.context(..)` before it",
    note = "give it with `.context({C} {{ .. }})`"
)]
pub trait Supplies<C> {
    /// The context.
    fn supply(self) -> C;
}

impl<C> Supplies<C> for C {
    fn supply(self) -> C {
        self
    }
}

impl<G: StateGraph> Default for Builder<G> {
    fn default() -> Self {
        Self {
            context: (),
            saver: None,
            namespace: G::ID.into(),
            setting: Setting::default(),
            persistence: PhantomData,
        }
    }
}

impl<G: StateGraph, P, X> Builder<G, P, X> {
    /// What nodes use and no moment stores: clients, pools. Other than this one can be given for a single run.
    pub fn context(self, context: G::Context) -> Builder<G, P, G::Context> {
        let Self {
            saver,
            namespace,
            setting,
            ..
        } = self;
        Builder {
            context,
            saver,
            namespace,
            setting,
            persistence: PhantomData,
        }
    }

    /// Where moments are kept. A graph with a checkpointer has threads.
    pub fn checkpointer(self, saver: impl Checkpointer) -> Builder<G, Saved, X> {
        let Self {
            context,
            namespace,
            setting,
            ..
        } = self;
        Builder {
            context,
            saver: Some(Arc::new(saver)),
            namespace,
            setting,
            persistence: PhantomData,
        }
    }

    /// What separates this graph's threads from those of other graphs in the same database; as it comes, the
    /// graph's id.
    pub fn namespace(mut self, namespace: impl Into<Arc<str>>) -> Self {
        self.namespace = namespace.into();
        self
    }

    /// How many steps a run may take; as it comes, [`DEFAULT_STEP_LIMIT`](crate::DEFAULT_STEP_LIMIT).
    pub fn step_limit(mut self, steps: usize) -> Self {
        self.setting.step_limit = steps;
        self
    }

    /// When a step counts as taken; as it comes, [`Durability::Async`].
    pub fn durability(mut self, durability: Durability) -> Self {
        self.setting.durability = durability;
        self
    }

    /// What is done about a node, in place of what its attribute says.
    pub fn policy(mut self, node: G::Node, policy: Policy) -> Self {
        self.setting.policies.set(node, policy);
        self
    }

    /// What a failed node means to those that run beside it; as it comes, [`Siblings::Finish`].
    pub fn siblings(mut self, siblings: Siblings) -> Self {
        self.setting.siblings = siblings;
        self
    }

    /// How often a run may begin a node again that took its process along, before it is
    /// [`Poisoned`](crate::Error::Poisoned); as it comes, [`DEFAULT_MAX_ATTEMPTS`](crate::DEFAULT_MAX_ATTEMPTS).
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.setting.max_attempts = attempts;
        self
    }

    /// Where results are kept of nodes that say `cache`; as it comes, in the memory of this graph. Graphs
    /// that share one are told apart by their namespaces.
    pub fn cache(mut self, cache: impl Cache) -> Self {
        self.setting.cache = Arc::new(cache);
        self
    }

    /// By which clock moments are dated and deadlines kept; as it comes, the machine's.
    pub fn clock(mut self, clock: impl Clock) -> Self {
        self.setting.clock = Arc::new(clock);
        self
    }

    /// The graph.
    pub fn build(self) -> Graph<G, P>
    where
        G: Suits<P>,
        X: Supplies<G::Context>,
    {
        let Self {
            context,
            saver,
            namespace,
            mut setting,
            ..
        } = self;
        setting.namespace = Arc::clone(&namespace);
        Graph::new(Core {
            context: Arc::new(context.supply()),
            saver,
            namespace,
            registry: Arc::default(),
            setting,
        })
    }
}

impl<G: StateGraph, P, X> fmt::Debug for Builder<G, P, X> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Builder")
            .field("id", &G::ID)
            .field("namespace", &self.namespace)
            .finish_non_exhaustive()
    }
}
