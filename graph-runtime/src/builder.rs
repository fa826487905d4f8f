//! What a graph is built with.

use std::fmt;
use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use crate::cache::Cache;
use crate::checkpointer::Checkpointer;
use crate::clock::Clock;
use crate::definition::StateGraph;
use crate::engine::{Busy, Durability};
use crate::graph::Graph;
use crate::moment::Format;
use crate::policy::Policy;
use crate::setting::{DEFAULT_LEASE, Setting, Siblings};
use crate::shared::{Core, Saved, Unsaved};
use crate::stop::CancellationToken;
use crate::store::Store;

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

/// Whether a graph can leave its moments to this checkpointer: one whose state has secrets only to one that
/// [`Seals`](crate::Seals). Implemented by the macro.
pub trait Trusts<C> {}

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

    /// Where moments are kept. A graph with a checkpointer has threads. If its state has a `#[secret]` field, or that of
    /// a graph within it, the checkpointer has to [seal](crate::Seals).
    pub fn checkpointer<C: Checkpointer>(self, saver: C) -> Builder<G, Saved, X>
    where
        G: Trusts<C>,
    {
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

    /// In which format moments are stored; as it comes, [`Format::Json`].
    pub fn format(mut self, format: Format) -> Self {
        self.setting.format = format;
        self
    }

    /// Memory across threads, for `run.store()`. It belongs to no graph: several may have the same.
    /// What nodes put there is stored as it is, whatever the checkpointer seals.
    pub fn store(mut self, store: impl Store) -> Self {
        self.setting.store = Some(Arc::new(store));
        self
    }

    /// What becomes of a run where another one of the same thread is under way; as it comes, [`Busy::Reject`].
    pub fn if_busy(mut self, busy: Busy) -> Self {
        self.setting.if_busy = busy;
        self
    }

    /// Other processes run threads of this graph on the same store: a run takes a lease on its thread, for
    /// [`DEFAULT_LEASE`] at a time, and renews it until its end. See [`lease`](Self::lease).
    pub fn shared(self) -> Self {
        self.lease(DEFAULT_LEASE)
    }

    /// Other processes run threads of this graph on the same store: a run takes a lease on its thread, for so long at a
    /// time, and renews it until its end. While another process has it a run is refused with
    /// [`Error::Busy`](crate::Error::Busy); with [`Busy::Enqueue`], and when it brings an answer, it waits, in no
    /// particular order. A run that doesn't renew its lease in time may be taken over by another one, and then
    /// ends with [`Error::TakenOver`](crate::Error::TakenOver); a process that was killed is followed that much later.
    ///
    /// State is safe without it: every commit compares the thread's head, so the second of two runs fails at its next
    /// commit. With it the second one doesn't even begin, which saves what its nodes would have done. It costs two more
    /// calls of the store for each run, and does nothing with a store that keeps no leases.
    pub fn lease(mut self, ttl: Duration) -> Self {
        self.setting.lease = Some(ttl);
        self
    }

    /// A token that stops all runs of this graph: for a process that is to be shut down, say. May be given more than
    /// once.
    pub fn cancelled_by(mut self, token: &CancellationToken) -> Self {
        self.setting.tokens.push(token.clone());
        self
    }

    /// How long each run may take; as it comes, as long as it likes. See
    /// [`Invocation::deadline`](crate::Invocation::deadline).
    pub fn deadline(mut self, after: Duration) -> Self {
        self.setting.deadline = Some(after);
        self
    }

    /// How long a run that goes on by itself waits for its listener; as it comes,
    /// [`DEFAULT_PATIENCE`](crate::DEFAULT_PATIENCE). See [`Invocation::spawn`](crate::Invocation::spawn).
    pub fn patience(mut self, patience: Duration) -> Self {
        self.setting.patience = patience;
        self
    }

    /// How many events of a run wait to be heard, at the most; as it comes, 16,384. Where more come in, the
    /// oldest are dropped, and [`Event::Missed`](crate::Event::Missed) says how many.
    pub fn queue(mut self, events: usize) -> Self {
        self.setting.queue = events;
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
