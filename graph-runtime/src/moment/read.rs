//! Reading moments: from records to the user's types.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::payload::ThreadSeal;
use super::replay::{Damage, Replay, replay};
use crate::checkpointer::{At, Chain, Checkpointer, Query, Record, Source, StoreError, Write};
use crate::definition::{Batch, GraphNode, Items, StateGraph};
use crate::error::Error;
use crate::frontier::{Activation, Frontier, OpenQuestion};
use crate::id::{ActivationId, MomentId, QuestionId, ThreadKey, Timestamp};

/// What was the case after a step.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub struct Moment<G: StateGraph> {
    /// Its id.
    pub id: MomentId,
    /// The moment that it goes on from.
    pub parent: Option<MomentId>,
    /// The order of writing within the thread, over all branches.
    pub sequence: u64,
    /// How many steps lie behind it on its branch, inputs among them.
    pub step: u64,
    /// What made it.
    pub source: Source,
    /// When, in microseconds.
    pub created_at: Timestamp,
    /// When to wake the thread if it still stands here: the earliest time that an ask or a wait has set.
    pub due: Option<Timestamp>,
    /// The run that it belongs to.
    pub run: String,
    /// What the run was given to remember of itself.
    pub metadata: std::collections::BTreeMap<String, String>,
    /// The nodes that ran in the step.
    pub ran: Vec<G::Node>,
    /// The nodes that are active next, those that wait for an answer among them. Empty at the end of a run.
    pub next: Vec<G::Node>,
    /// The state.
    pub state: G,
}

/// Where a thread stands, ready to go on.
pub(crate) struct Stand<G: StateGraph> {
    pub(crate) moment: Moment<G>,
    pub(crate) base: MomentId,
    pub(crate) frontier: Frontier<G>,
    pub(crate) writes: Vec<Write>,
    /// The thread's highest sequence.
    pub(crate) sequence: u64,
    /// What loading it cost, in bytes.
    pub(crate) bytes: usize,
    /// The encoded length of each field.
    pub(crate) sizes: HashMap<&'static str, usize>,
}

/// Reads one thread.
pub(crate) struct Reader<'a> {
    pub(crate) saver: &'a dyn Checkpointer,
    pub(crate) key: &'a ThreadKey,
    pub(crate) seal: ThreadSeal,
}

impl Reader<'_> {
    /// Where the thread stands, or stood.
    pub(crate) async fn stand<G: StateGraph>(&self, at: At) -> Result<Option<Stand<G>>, Error> {
        let Some(chain) = self.load(at).await? else {
            return Ok(None);
        };
        let mut stand = None;
        let last = chain.records.len();
        let mut taken = 0;
        replay(&chain, self.seal, |record, replay| {
            taken += 1;
            if taken == last {
                stand = Some(self.typed(&chain, record, replay)?);
            }
            Ok::<_, Failure<'_>>(())
        })
        .map_err(|failure| self.told(failure))?;
        Ok(stand)
    }

    /// Moments, newest first.
    pub(crate) async fn history<G: StateGraph>(
        &self,
        query: &Query,
    ) -> Result<Vec<Moment<G>>, Error> {
        let listed = self
            .saver
            .list(self.key, query)
            .await
            .map_err(|source| self.store(source))?;
        let wanted: HashSet<_> = listed.iter().map(|record| record.id).collect();
        let mut found: HashMap<MomentId, Moment<G>> = HashMap::new();
        for record in &listed {
            if !found.contains_key(&record.id) {
                self.collect(record.id, &wanted, &mut found).await?;
            }
        }
        Ok(listed
            .iter()
            .filter_map(|record| found.remove(&record.id))
            .collect())
    }

    /// Reads the line that leads to a moment once, and takes every listed moment on it along.
    async fn collect<G: StateGraph>(
        &self,
        tip: MomentId,
        wanted: &HashSet<MomentId>,
        found: &mut HashMap<MomentId, Moment<G>>,
    ) -> Result<(), Error> {
        let Some(chain) = self.load(At::Moment(tip)).await? else {
            return Ok(());
        };
        replay(&chain, self.seal, |record, replay| {
            if wanted.contains(&record.id) {
                found.insert(record.id, self.moment(record, replay)?);
            }
            Ok::<_, Failure<'_>>(())
        })
        .map_err(|failure| self.told(failure))
    }

    async fn load(&self, at: At) -> Result<Option<Chain>, Error> {
        self.saver
            .load(self.key, at)
            .await
            .map_err(|source| self.store(source))
    }

    fn moment<G: StateGraph>(
        &self,
        record: &Record,
        replay: &Replay<'_>,
    ) -> Result<Moment<G>, Failure<'static>> {
        let nodes = |names: &mut dyn Iterator<Item = &str>| {
            names
                .map(|name| self.node::<G>(name))
                .collect::<Result<_, _>>()
        };
        let state = serde_json::from_str(&replay.image.to_json()).map_err(|error| {
            self.changed(format!(
                "its state doesn't fit the state of this version ({error})"
            ))
        })?;
        Ok(Moment {
            id: record.id,
            parent: record.parent,
            sequence: record.sequence,
            step: record.step,
            source: record.source,
            created_at: record.created_at,
            due: record.due,
            run: replay.run.id.clone().into_owned(),
            metadata: replay.run.metadata.clone(),
            ran: nodes(&mut replay.ran.iter().map(AsRef::as_ref))?,
            next: nodes(
                &mut replay
                    .active
                    .iter()
                    .map(|(_, activation)| activation.node.as_ref()),
            )?,
            state,
        })
    }

    fn typed<G: StateGraph>(
        &self,
        chain: &Chain,
        record: &Record,
        replay: &Replay<'_>,
    ) -> Result<Stand<G>, Failure<'static>> {
        let sizes = G::FIELDS
            .iter()
            .map(|field| (field.name, replay.image.size(field.name)))
            .collect();
        Ok(Stand {
            moment: self.moment(record, replay)?,
            base: record.base,
            frontier: self.frontier(replay)?,
            writes: chain.writes.clone(),
            sequence: chain.sequence,
            bytes: replay.bytes,
            sizes,
        })
    }

    fn frontier<G: StateGraph>(
        &self,
        replay: &Replay<'_>,
    ) -> Result<Frontier<G>, Failure<'static>> {
        let mut frontier = Frontier::new();
        for (id, stored) in &replay.active {
            let node = self.node::<G>(&stored.node)?;
            let batch = stored.items.map(|items| {
                let items = G::Items::from_json(node, items).map_err(|error| {
                    self.changed(format!(
                        "an item of node `{}` can't be read ({error})",
                        node.name()
                    ))
                })?;
                Ok::<_, Failure<'static>>(Batch {
                    items,
                    limit: stored.limit,
                })
            });
            let questions = stored.questions.as_ref().map(|questions| {
                questions
                    .iter()
                    .map(|stored| open_question(*id, stored))
                    .collect()
            });
            frontier.active.push(Activation {
                id: *id,
                node,
                batch: batch.transpose()?,
                questions,
                awake: Vec::new(),
            });
        }
        for (join, filled) in &replay.slots {
            let topology = G::topology();
            let place = (0..topology.joins.len()).find(|&place| topology.join_text(place) == *join);
            let place = place.ok_or_else(|| self.changed(format!("the join `{join}` is gone")))?;
            if !frontier.slots.restore(topology, place, filled) {
                return Err(self.changed(format!("the join `{join}` can't be filled like that")));
            }
        }
        frontier.sort();
        Ok(frontier)
    }

    fn node<G: StateGraph>(&self, name: &str) -> Result<G::Node, Failure<'static>> {
        let node = G::Node::ALL.iter().find(|node| node.name() == name);
        node.copied()
            .ok_or_else(|| self.changed(format!("node `{name}` is gone")))
    }

    fn changed(&self, what: String) -> Failure<'static> {
        Failure::Other(Error::GraphChanged {
            thread: self.thread(),
            what,
        })
    }

    fn told(&self, failure: Failure<'_>) -> Error {
        match failure {
            Failure::Other(error) => error,
            Failure::Damaged(Damage {
                record,
                cause: StoreError::Corrupt(what),
            }) => Error::Corrupt {
                thread: self.thread(),
                moment: record.id,
                what,
            },
            Failure::Damaged(Damage { cause, .. }) => self.store(cause),
        }
    }

    pub(crate) fn store(&self, source: StoreError) -> Error {
        Error::Store {
            thread: self.thread(),
            source,
        }
    }

    fn thread(&self) -> String {
        thread_text(self.key)
    }
}

fn open_question(turn: ActivationId, stored: &super::StoredQuestion<'_>) -> OpenQuestion {
    let own = || QuestionId {
        activation: turn,
        item: stored.item,
        name: stored.name.as_deref().map(Arc::from),
    };
    OpenQuestion {
        item: stored.item,
        id: stored.id.clone().unwrap_or_else(own),
        due: stored.due,
        json: stored.question.map(ToOwned::to_owned),
    }
}

/// A thread as errors call it.
pub(crate) fn thread_text(key: &ThreadKey) -> String {
    let thread = format!("thread `{}` of graph `{}`", key.thread(), key.namespace());
    match key.path() {
        "" => thread,
        path => format!("{thread}, in `{path}`"),
    }
}

/// Why a moment can't be read: the record, or what is in it.
enum Failure<'a> {
    Damaged(Damage<'a>),
    Other(Error),
}

impl<'a> From<Damage<'a>> for Failure<'a> {
    fn from(damage: Damage<'a>) -> Self {
        Self::Damaged(damage)
    }
}
