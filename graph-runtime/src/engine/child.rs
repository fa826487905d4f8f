//! A graph as a node of another: where it is stored, whether it begins or goes on, what it gives back.
//!
//! It is run by the same engine, on a thread of its own below the outer one. What it had done by then is found
//! there when the node is run again, so nothing in it is done twice, whatever happens to the outer run.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use super::backlog::Flush;
use super::branch::Ground;
use super::journal::Journal;
use super::parts::Parts;
use super::registry::{Busy, Hold};
use super::request::Home;
use super::watch::Watch;
use super::{Durability, Engine, Stopped};
use crate::cache::Cache;
use crate::checkpointer::{At, Query};
use crate::clock::Clock;
use crate::definition::{BoxFuture, Call, GraphNode as _, StateGraph, Turn};
use crate::error::{Error, NodeError};
use crate::event::Event;
use crate::id::{ActivationId, MomentId, ThreadKey};
use crate::moment::{RunHeader, Stand, StoredCall, StoredChild};
use crate::setting::{Setting, Siblings};
use crate::stop::Stopping;
use crate::store::Store;
use crate::waiting::Awaited;

/// What the graphs within a run take over from it.
pub(crate) struct Nest {
    pub(crate) store: Option<NestStore>,
    pub(crate) step_limit: usize,
    pub(crate) durability: Durability,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) metadata: BTreeMap<String, String>,
    pub(crate) siblings: Siblings,
    pub(crate) cache: Arc<dyn Cache>,
    /// Memory across threads.
    pub(crate) memory: Option<Arc<dyn Store>>,
    /// What stops the run stops them, too.
    stopping: Stopping,
    /// Where those that have moved stand now, until the next moment says so.
    moved: Mutex<Vec<StoredChild<'static>>>,
}

impl Nest {
    pub(super) fn of<G: StateGraph>(
        journal: Option<&Journal>,
        setting: &Setting<G>,
        stopping: &Stopping,
    ) -> Self {
        Self {
            store: journal.map(Journal::nest),
            step_limit: setting.step_limit,
            durability: setting.durability,
            clock: Arc::clone(&setting.clock),
            metadata: setting.metadata.clone(),
            siblings: setting.siblings,
            cache: Arc::clone(&setting.cache),
            memory: setting.store.clone(),
            stopping: stopping.within(),
            moved: Mutex::default(),
        }
    }

    /// Those that have moved, in an order that doesn't depend on who was first.
    pub(super) fn take_moved(&self) -> Vec<StoredChild<'static>> {
        let mut moved = std::mem::take(&mut *self.moved());
        moved.sort_by(|one, other| (&one.node, one.item).cmp(&(&other.node, other.item)));
        moved
    }

    fn moved(&self) -> MutexGuard<'_, Vec<StoredChild<'static>>> {
        self.moved.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Where a run is stored, for those within it.
pub(crate) struct NestStore {
    /// The run's own place; its children lie below.
    pub(crate) home: Home,
    /// The thread itself, with which the answers are kept.
    pub(crate) root: ThreadKey,
    /// The run's id, which is theirs too.
    pub(crate) run: String,
    pub(crate) flush: Flush,
    /// The epoch of the thread's lease, where it has one.
    pub(crate) epoch: u64,
}

/// How a graph is a node of another.
pub struct Nesting<P: StateGraph, C: StateGraph> {
    /// Whether a call goes on with the state that the last one left.
    pub memory: bool,
    /// Gives it the fields that it shares.
    pub lend: Option<fn(&P, &mut C)>,
    /// Finds its context in the outer one.
    pub context: fn(&Arc<P::Context>) -> Arc<C::Context>,
    /// What happens in it, as the outer graph tells it.
    pub within: fn(Event<C>) -> P::Within,
}

/// How far a graph within another has come.
pub enum Returned<C> {
    /// To its end.
    Ended {
        /// The state with which it began, if it shares fields.
        before: Option<C>,
        /// The state with which it ended.
        after: C,
    },
    /// Somebody has to answer first.
    Waits(Vec<Awaited>),
}

/// Runs a graph as a node: begins it with `input`, or goes on where it stands.
pub fn subgraph<'a, P: StateGraph, C: StateGraph>(
    call: &'a Call<'a, P>,
    nesting: Nesting<P, C>,
    input: impl Future<Output = Result<C::Input, NodeError>> + Send + 'a,
) -> BoxFuture<'a, Result<Returned<C>, NodeError>> {
    Box::pin(async move {
        let Some(nest) = call.ties.nest.as_deref() else {
            return Err(NodeError::Returned(
                "the run has no place for a graph".into(),
            ));
        };
        let name = match &nest.store {
            Some(store) => {
                let turn = (call.turn.activation, call.turn.item);
                let turn = (!nesting.memory).then_some(turn);
                let name = name_of::<P>(&store.home, call.node, turn);
                name.await.map_err(failed)?
            }
            None => call.turn.node,
        };
        let child = Child {
            call,
            name,
            nesting,
            nest,
        };
        child.run(input).await
    })
}

/// The name of a node under which the graph is stored that it calls: its own, unless that has been stored under one
/// that the node had before.
pub(super) async fn name_of<P: StateGraph>(
    home: &Home,
    node: P::Node,
    call: Option<(ActivationId, Option<u32>)>,
) -> Result<&'static str, Error> {
    let before = names_before::<P>(node);
    if before.is_empty() {
        return Ok(node.name());
    }
    for name in [&[node.name()], &*before].concat() {
        let home = home.below(&StoredChild::path(name, call))?;
        let newest = Query {
            limit: Some(1),
            ..Query::default()
        };
        let stored = home.saver.list(&home.key, &newest).await;
        let stored = stored.map_err(|source| home.reader().store(source))?;
        if !stored.is_empty() {
            return Ok(name);
        }
    }
    Ok(node.name())
}

fn names_before<P: StateGraph>(node: P::Node) -> Vec<&'static str> {
    let aliases = P::ALIASES.iter().filter(|(_, of)| *of == node);
    aliases.map(|(alias, _)| *alias).collect()
}

struct Child<'a, P: StateGraph, C: StateGraph> {
    call: &'a Call<'a, P>,
    /// The node's name, as it is stored.
    name: &'static str,
    nesting: Nesting<P, C>,
    nest: &'a Nest,
}

/// Where a graph has been found.
enum Found<C: StateGraph> {
    /// Nowhere, or at the end of another call: the journal is to begin one.
    Nothing(Option<Journal>),
    /// Another call has left this.
    Memory(Journal, Stand<C>),
    /// In the middle of this call.
    Begun(Journal, Stand<C>, Option<C>),
    /// At the end of this call.
    Over(Stand<C>, Option<C>),
}

impl<P: StateGraph, C: StateGraph> Child<'_, P, C> {
    async fn run(
        &self,
        input: impl Future<Output = Result<C::Input, NodeError>> + Send,
    ) -> Result<Returned<C>, NodeError> {
        let (engine, before) = match self.find().await.map_err(failed)? {
            Found::Over(stand, before) => {
                self.moved_to(Some(stand.moment.id));
                let after = stand.moment.state;
                return Ok(Returned::Ended { before, after });
            }
            Found::Begun(journal, stand, before) => {
                let parts = self.parts(Some(journal));
                (
                    parts
                        .standing(here(stand), false)
                        .map_err(failed)?
                        .going_on(),
                    before,
                )
            }
            Found::Memory(journal, stand) => {
                let input = input.await?;
                self.begin_again(journal, stand, input)
                    .await
                    .map_err(failed)?
            }
            Found::Nothing(journal) => {
                let input = input.await?;
                let engine = self.parts(journal).fresh(input, |state| self.lend(state));
                self.begun(engine.await.map_err(failed)?)
            }
        };
        let item = self.call.turn.item;
        let (returned, head) = engine.see_through(before, item).await;
        self.moved_to(head);
        returned.map_err(failed)
    }

    fn moved_to(&self, head: Option<MomentId>) {
        if let Some(head) = head {
            self.nest.moved().push(self.stored(head));
        }
    }

    fn stored(&self, head: MomentId) -> StoredChild<'static> {
        let Turn {
            activation, item, ..
        } = self.call.turn;
        StoredChild {
            node: self.name.into(),
            turn: (!self.nesting.memory).then_some(activation),
            item: item.filter(|_| !self.nesting.memory),
            head,
        }
    }

    fn lend(&self, state: &mut C) {
        if let Some(lend) = self.nesting.lend {
            lend(self.call.state, state);
        }
    }

    /// A graph that has begun just now, and the state with which it did, for whoever shares fields.
    fn begun(&self, engine: Engine<C>) -> (Engine<C>, Option<C>) {
        let before = self.nesting.lend.map(|_| (*engine.state).clone());
        (engine, before)
    }

    /// One more call of a graph that remembers the last one.
    async fn begin_again(
        &self,
        mut journal: Journal,
        stand: Stand<C>,
        input: C::Input,
    ) -> Result<(Engine<C>, Option<C>), Error> {
        if self.nesting.lend.is_some() {
            // What is lent isn't told as a change, since only the outer graph knows what it is.
            journal.want_snapshot();
        }
        let engine = self.parts(Some(journal)).standing(here(stand), true)?;
        let begun = engine.abandon_and_begin(input, |state| self.lend(state));
        Ok(self.begun(begun.await?))
    }

    fn parts(&self, journal: Option<Journal>) -> Parts<C> {
        let Turn { item, .. } = self.call.turn;
        let (node, within) = (self.call.node, self.nesting.within);
        let key = journal.as_ref().map(|journal| journal.key.clone());
        let run = self.nest.store.as_ref().map(|store| store.run.as_str());
        Parts {
            context: (self.nesting.context)(self.call.context),
            stopping: self.nest.stopping.within(),
            watch: Watch::new(C::ID, key.as_ref(), run),
            journal,
            setting: self.setting(),
            listener: self.call.listener.within(move |event| Event::Within {
                node,
                item,
                event: within(event),
            }),
        }
    }

    fn setting(&self) -> Setting<C> {
        Setting {
            step_limit: self.nest.step_limit,
            durability: self.nest.durability,
            clock: Arc::clone(&self.nest.clock),
            metadata: self.nest.metadata.clone(),
            siblings: self.nest.siblings,
            // Who takes the process along is found out by the outer run, which has begun the node as often.
            max_attempts: u32::MAX,
            cache: Arc::clone(&self.nest.cache),
            store: self.nest.memory.clone(),
            ..Setting::default()
        }
    }

    /// Looks at what is stored of it.
    async fn find(&self) -> Result<Found<C>, Error> {
        let Some(store) = &self.nest.store else {
            return Ok(Found::Nothing(None));
        };
        let home = store
            .home
            .below(&self.stored(MomentId::numbered(0)).step())?;
        // Nobody else can be at it, but what an earlier run has handed to its writer may still be on the way.
        let hold = home.registry.take(&home.key, Busy::Enqueue).await?;
        let Some(stand) = home.reader().stand::<C>(At::Head).await? else {
            return Ok(Found::Nothing(Some(self.journal(store, home, hold, None))));
        };
        let Turn {
            activation, item, ..
        } = self.call.turn;
        let ours = |call: &StoredCall| (call.turn, call.item) == (activation, item);
        let Some(call) = stand.call.filter(ours) else {
            return Ok(Found::Memory(self.journal(store, home, hold, None), stand));
        };
        let before = match call.began.filter(|_| self.nesting.lend.is_some()) {
            Some(began) => home.reader().stand::<C>(At::Moment(began)).await?,
            None => None,
        };
        let before = before.map(|stand| stand.moment.state);
        if stand.is_over() {
            return Ok(Found::Over(stand, before));
        }
        let journal = self.journal(store, home, hold, Some(call));
        Ok(Found::Begun(journal, stand, before))
    }

    fn journal(
        &self,
        store: &NestStore,
        home: Home,
        hold: Hold,
        call: Option<StoredCall>,
    ) -> Journal {
        let Turn {
            activation, item, ..
        } = self.call.turn;
        let header = RunHeader {
            call: Some(call.unwrap_or(StoredCall {
                turn: activation,
                item,
                began: None,
            })),
            ..RunHeader::of::<C>(store.run.clone(), &self.nest.metadata)
        };
        let durability = self.nest.durability;
        let watch = Watch::new(C::ID, Some(&home.key), Some(&store.run));
        Journal::new(home.saver, home.key, hold, durability, header, watch).within(
            store.root.clone(),
            store.flush.clone(),
            store.epoch,
        )
    }
}

impl<C: StateGraph> Engine<C> {
    /// Runs as far as it goes.
    async fn see_through(
        mut self,
        before: Option<C>,
        item: Option<u32>,
    ) -> (Result<Returned<C>, Error>, Option<MomentId>) {
        let stopped = self.settle().await;
        let head = self.journal.as_ref().and_then(Journal::head);
        let returned = stopped.and_then(|stopped| match stopped {
            Stopped::AtEnd => {
                let after = Arc::unwrap_or_clone(self.state);
                Ok(Returned::Ended { before, after })
            }
            Stopped::Paused { .. } => self.awaited(item).map(Returned::Waits),
        });
        (returned, head)
    }
}

/// Where a graph goes on that isn't taken back.
fn here<C: StateGraph>(stand: Stand<C>) -> Ground<C> {
    Ground {
        stand,
        leaves: None,
    }
}

fn failed(error: Error) -> NodeError {
    NodeError::Within(Box::new(error))
}
