//! A graph as a node of another: where it is stored, whether it begins or goes on, what it gives back.
//!
//! It is run by the same engine, on a thread of its own below the outer one. What it had done by then is found
//! there when the node is run again, so nothing in it is done twice, whatever happens to the outer run.

use std::sync::Arc;

use super::branch::{Ground, ground};
use super::busy::Busy;
use super::journal::Journal;
use super::nest::{Nest, NestStore};
use super::parts::Parts;
use super::registry::Hold;
use super::request::{Home, Origin};
use super::watch::Watch;
use super::{Engine, Stopped};
use crate::checkpointer::{At, Query};
use crate::definition::{BoxFuture, Call, GraphNode as _, StateGraph, Turn};
use crate::error::{Error, NodeError};
use crate::event::Event;
use crate::id::{ActivationId, MomentId};
use crate::moment::{RunHeader, Stand, StoredCall, StoredChild};
use crate::setting::Setting;
use crate::waiting::Awaited;

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
        let Some(nest) = call.stage.ties.nest.as_deref() else {
            return Err(NodeError::Returned(
                "the run has no place for a graph".into(),
            ));
        };
        let name = match &nest.store {
            Some(store) => {
                let Turn {
                    activation, item, ..
                } = call.turn();
                let turn = (!nesting.memory).then_some((activation, item));
                let name = name_of::<P>(&store.home, call.node, turn);
                name.await.map_err(failed)?
            }
            None => call.node.name(),
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
    Memory(Journal, Ground<C>),
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
                        .standing(Ground::here(stand), false)
                        .map_err(failed)?
                        .going_on(),
                    before,
                )
            }
            Found::Memory(journal, ground) => {
                let input = input.await?;
                self.begin_again(journal, ground, input)
                    .await
                    .map_err(failed)?
            }
            Found::Nothing(journal) => {
                let input = input.await?;
                let engine = self.parts(journal).fresh(input, |state| self.lend(state));
                self.begun(engine.await.map_err(failed)?)
            }
        };
        let item = self.call.turn().item;
        let (returned, head) = engine.see_through(before, item).await.map_err(failed)?;
        self.moved_to(head);
        Ok(returned)
    }

    fn moved_to(&self, head: Option<MomentId>) {
        if let Some(head) = head {
            self.nest.moved(StoredChild {
                head,
                ..self.call()
            });
        }
    }

    /// By what it is found. Nobody knows yet where it stands.
    fn call(&self) -> StoredChild<'static> {
        let Turn {
            activation, item, ..
        } = self.call.turn();
        StoredChild {
            node: self.name.into(),
            turn: (!self.nesting.memory).then_some(activation),
            item: item.filter(|_| !self.nesting.memory),
            head: MomentId::numbered(0),
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
        ground: Ground<C>,
        input: C::Input,
    ) -> Result<(Engine<C>, Option<C>), Error> {
        if self.nesting.lend.is_some() {
            // What is lent isn't told as a change, since only the outer graph knows what it is.
            journal.want_snapshot();
        }
        let engine = self.parts(Some(journal)).standing(ground, true)?;
        let begun = engine.abandon_and_begin(input, |state| self.lend(state));
        Ok(self.begun(begun.await?))
    }

    fn parts(&self, journal: Option<Journal>) -> Parts<C> {
        let Turn { item, .. } = self.call.turn();
        let (node, within) = (self.call.node, self.nesting.within);
        let key = journal.as_ref().map(|journal| journal.key.clone());
        let run = self.nest.store.as_ref().map(|store| store.run.as_str());
        Parts {
            context: (self.nesting.context)(self.call.context),
            stopping: self.nest.stopping.within(),
            watch: Watch::new(C::ID, key.as_ref(), run),
            journal,
            setting: self.setting(),
            listener: self.call.stage.listener.within(move |event| Event::Within {
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
        let home = store.home.below(&self.call().step())?;
        // Nobody else can be at it, but what an earlier run has handed to its writer may still be on the way.
        let hold = home.registry.take(&home.key, Busy::Enqueue).await?;
        let Some(stand) = home.reader().stand::<C>(At::Head).await? else {
            return Ok(Found::Nothing(Some(self.journal(store, home, hold, None))));
        };
        let Turn {
            activation, item, ..
        } = self.call.turn();
        let ours = |call: &StoredCall| (call.turn, call.item) == (activation, item);
        let Some(call) = stand.call.filter(ours) else {
            return self.remembered(store, home, hold, stand).await;
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

    /// Where the last call has left it that this run knows of. What came later belongs to a branch that was left, or to a
    /// call that this run knows nothing of.
    async fn remembered(
        &self,
        store: &NestStore,
        home: Home,
        hold: Hold,
        stand: Stand<C>,
    ) -> Result<Found<C>, Error> {
        let mut journal = self.journal(store, home.clone(), hold, None);
        let known = self.nest.stands_at(&self.call());
        if known == Some(stand.moment.id) {
            return Ok(Found::Memory(journal, Ground::here(stand)));
        }
        if let Some(moment) = known
            && let Some(ground) = ground(&home, Origin::here(moment), false).await?
        {
            return Ok(Found::Memory(journal, ground));
        }
        journal.leave_behind(home.reader().leftover().await?);
        Ok(Found::Nothing(Some(journal)))
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
        } = self.call.turn();
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
        Journal::new(home, hold, durability, header, watch).within(
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
    ) -> Result<(Returned<C>, Option<MomentId>), Error> {
        let stopped = self.settle().await?;
        let head = self.journal.as_ref().and_then(Journal::head);
        let returned = match stopped {
            Stopped::AtEnd => {
                let after = Arc::unwrap_or_clone(self.state);
                Returned::Ended { before, after }
            }
            Stopped::Paused { .. } => Returned::Waits(self.awaited(item)?),
        };
        Ok((returned, head))
    }
}

fn failed(error: Error) -> NodeError {
    NodeError::Within(Box::new(error))
}
