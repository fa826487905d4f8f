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
    /// time, and renews it until its end. A run that doesn't renew its lease in time may be taken over by another one, and then
    /// ends with [`Error::TakenOver`](crate::Error::TakenOver) and stores nothing more; a process that was killed is
    /// followed that much later. [`Busy`] says what becomes of a run that finds the thread taken, in whatever process:
    ///
    /// - With [`Busy::Enqueue`] an input is put into the thread's durable inbox, and is taken in from then on:
    ///   it is run once, in the order in which inputs came there from all processes, whoever dies meanwhile. Whoever has sent it
    ///   runs what comes before it and then its own; if it isn't there any more, another process does, a quarter of a
    ///   second after the run before it. Whoever is still there gets the outcome of its own input, wherever that was
    ///   run; its events only if it was run in its own process, and if it failed elsewhere,
    ///   [`Error::FailedElsewhere`](crate::Error::FailedElsewhere). Who stops waiting is told
    ///   [`Error::Enqueued`](crate::Error::Enqueued).
    /// - With [`Busy::Cancel`] and [`Busy::Rollback`] it is put there too, and stops everybody before it: they see that within
    ///   a quarter of a second, or when their process is dead, at the end of its lease.
    /// - With [`Busy::Reject`] it is refused. Where nobody runs the thread but inputs wait, those are run first.
    /// - What brings no input for where the thread stands (an answer, `resume()`, what goes back to a moment) waits in no
    ///   particular order, with [`Busy::Cancel`] and [`Busy::Rollback`] after it has stopped the others.
    ///
    /// A run that a process has died in the middle of is gone on with before the next input from the inbox is run. On a
    /// thread that waits for somebody an input whose sender is there is refused with
    /// [`Error::Paused`](crate::Error::Paused), and those of others wait on.
    /// [`Invocation::enqueue`](crate::Invocation::enqueue) doesn't wait at all, and [`Thread::work`](crate::Thread::work) runs
    /// what waits.
    ///
    /// State is safe without it: every commit compares the thread's head, so the second of two runs fails at its next
    /// commit. With it the second one doesn't even begin, which saves what its nodes would have done. It costs five more
    /// calls of the store for each run, and a small one each quarter of a second. With a store that keeps no leases it does
    /// nothing; with one that has leases and no inbox, what waits does so in no particular order, and nobody is stopped.
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
