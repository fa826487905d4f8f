//! A run that is about to begin: what to do, and how.

use std::future::IntoFuture;
use std::marker::PhantomData;
use std::sync::Arc;

use crate::definition::{BoxFuture, StateGraph};
use crate::engine::{Command, Durability, run, run_thread};
use crate::error::Error;
use crate::event::{Listener, RunStream};
use crate::outcome::Outcome;
use crate::policy::Policy;
use crate::setting::{Setting, Siblings};
use crate::shared::{Core, HasThreads, Saved, Unsaved};

/// A run that begins when it is awaited, or streamed.
///
/// Dropping it while it runs is safe at any point: what was acknowledged stands, and `resume()` goes on.
#[must_use = "a run begins when it is awaited or streamed"]
pub struct Invocation<G: StateGraph, P = Saved> {
    core: Arc<Core<G>>,
    context: Arc<G::Context>,
    thread: Option<Arc<str>>,
    command: Command<G>,
    setting: Setting<G>,
    persistence: PhantomData<fn() -> P>,
}

impl<G: StateGraph> Invocation<G, Unsaved> {
    pub(crate) fn unsaved(core: Arc<Core<G>>, input: G::Input) -> Self {
        Self::new(core, None, Command::Invoke(input))
    }
}

impl<G: StateGraph> Invocation<G> {
    pub(crate) fn on_thread(core: Arc<Core<G>>, thread: Arc<str>, command: Command<G>) -> Self {
        Self::new(core, Some(thread), command)
    }
}

impl<G: StateGraph, P> Invocation<G, P> {
    fn new(core: Arc<Core<G>>, thread: Option<Arc<str>>, command: Command<G>) -> Self {
        let (context, setting) = (Arc::clone(&core.context), core.setting.clone());
        Self {
            core,
            context,
            thread,
            command,
            setting,
            persistence: PhantomData,
        }
    }

    /// Another context for this run.
    pub fn context(mut self, context: G::Context) -> Self {
        self.context = Arc::new(context);
        self
    }

    /// How many steps this run may take.
    pub fn step_limit(mut self, steps: usize) -> Self {
        self.setting.step_limit = steps;
        self
    }

    /// When a step of this run counts as taken.
    pub fn durability(mut self, durability: Durability) -> Self {
        self.setting.durability = durability;
        self
    }

    /// What is done about a node in this run, in place of what the graph says.
    pub fn policy(mut self, node: G::Node, policy: Policy) -> Self {
        self.setting.policies.set(node, policy);
        self
    }

    /// What a failed node means in this run to those that run beside it.
    pub fn siblings(mut self, siblings: Siblings) -> Self {
        self.setting.siblings = siblings;
        self
    }

    /// How often this run may find a node begun that took its process along, before it is
    /// [`Poisoned`](Error::Poisoned).
    pub fn max_attempts(mut self, attempts: u32) -> Self {
        self.setting.max_attempts = attempts;
        self
    }

    /// Pauses before each of these nodes runs. `resume()` goes on past the pause; with the same option it pauses
    /// at the next one.
    pub fn pause_before(mut self, nodes: impl IntoIterator<Item = G::Node>) -> Self
    where
        P: HasThreads,
    {
        self.setting.pause_before.extend(nodes);
        self
    }

    /// Pauses after each of these nodes has run, unless that is the end.
    pub fn pause_after(mut self, nodes: impl IntoIterator<Item = G::Node>) -> Self
    where
        P: HasThreads,
    {
        self.setting.pause_after.extend(nodes);
        self
    }

    /// Something for the run's moments to remember: who asked, from where.
    pub fn metadata(mut self, key: impl Into<String>, value: impl Into<String>) -> Self {
        self.setting.metadata.insert(key.into(), value.into());
        self
    }

    /// The run as a stream of its events. Awaiting it is the same run, with nobody listening.
    pub fn stream(self) -> RunStream<G> {
        RunStream::new(|listener| self.begin(listener))
    }

    fn begin(self, listener: Listener<G>) -> BoxFuture<'static, Result<Outcome<G>, Error>> {
        let Self {
            core,
            context,
            thread,
            command,
            setting,
            ..
        } = self;
        match (thread, command) {
            (Some(thread), command) => Box::pin(async move {
                let home = core.home(&thread)?;
                run_thread(context, home, command, setting, listener).await
            }),
            (None, Command::Invoke(input) | Command::FromStart(input)) => {
                Box::pin(run(context, input, setting, listener))
            }
            (None, Command::Resume | Command::Answer(_)) => Box::pin(async {
                Err(Error::NothingToResume {
                    thread: "a run without a thread".to_owned(),
                })
            }),
        }
    }
}

impl<G: StateGraph, P> IntoFuture for Invocation<G, P> {
    type Output = Result<Outcome<G>, Error>;
    type IntoFuture = BoxFuture<'static, Self::Output>;

    fn into_future(self) -> Self::IntoFuture {
        self.begin(Listener::none())
    }
}
