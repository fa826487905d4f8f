//! Reading moments: from records to the user's types.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use serde::Serialize;

use super::body::{StoredCall, StoredChild};
use super::evolve::is_outdated;
use super::payload::ThreadSeal;
use super::replay::{Damage, Replay, replay};
use crate::checkpointer::{At, Chain, Checkpointer, Query, Record, Source, StoreError, Write};
use crate::definition::{StateGraph, node_named};
use crate::error::Error;
use crate::frontier::{Frontier, OpenQuestion};
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
    /// The nodes that ran in the step, as far as this version of the graph has them.
    pub ran: Vec<G::Node>,
    /// The nodes that are active next, those that wait for an answer among them. At the end of a run it is empty,
    /// and so is `gone`.
    pub next: Vec<G::Node>,
    /// The graphs among its nodes that have come somewhere: those that wait or remember, and those that ended with
    /// this step. Read them with [`Thread::child`](crate::Thread::child).
    pub children: Vec<Child>,
    /// The names of nodes that were to be active next and that this version of the graph doesn't have.
    pub gone: Vec<String>,
    /// The state.
    pub state: G,
}

/// Where a graph within another stood at a moment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Child {
    /// The node.
    pub node: String,
    /// Which item, in a `for`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub item: Option<u32>,
    /// Its path below the thread.
    pub path: String,
    /// The moment at which it stood.
    pub moment: MomentId,
}

impl Child {
    /// As it is stored where this turn has called it; none for one that remembers its calls.
    pub(super) fn as_stored(&self, turn: Option<ActivationId>) -> StoredChild<'static> {
        StoredChild {
            node: self.node.clone().into(),
            turn,
            item: self.item.filter(|_| turn.is_some()),
            head: self.moment,
        }
    }
}

/// Where a thread stands, ready to go on.
pub(crate) struct Stand<G: StateGraph> {
    pub(crate) moment: Moment<G>,
    pub(crate) base: MomentId,
    /// What is active, or why this version of the graph can't go on there.
    pub(crate) frontier: Result<Frontier<G>, Error>,
    /// The node turns that are active, readable or not.
    pub(crate) turns: Vec<ActivationId>,
    /// Whether it was written by another version of the graph.
    pub(crate) outdated: bool,
    /// The thread's head.
    pub(crate) head: Option<MomentId>,
    pub(crate) writes: Vec<Write>,
    /// The thread's highest sequence.
    pub(crate) sequence: u64,
    /// How often its history was pruned.
    pub(crate) rewrites: u64,
    /// What loading it cost, in bytes.
    pub(crate) bytes: usize,
    /// Who called the graph, where it is one within another.
    pub(crate) call: Option<StoredCall>,
    /// The graphs within it that can be gone on with.
    pub(crate) children: Vec<StoredChild<'static>>,
    /// The encoded length of each field.
    pub(crate) sizes: HashMap<&'static str, usize>,
}

impl<G: StateGraph> Stand<G> {
    /// Whether nothing is active any more.
    pub(crate) fn is_over(&self) -> bool {
        let over = |frontier: &Frontier<G>| {
            frontier.active.is_empty() && frontier.slots.waiting(G::topology()).is_none()
        };
        self.frontier.as_ref().is_ok_and(over)
    }
}

/// How many records are looked through at a time.
pub(crate) const PAGE: usize = 64;

/// Which moments of a thread are wanted.
#[derive(Clone, Debug, Default)]
pub(crate) struct Wanted {
    pub(crate) query: Query,
    /// Only those of a line.
    pub(crate) line: Option<Tip>,
    /// What their runs were given to remember.
    pub(crate) metadata: Vec<(String, String)>,
}

/// Where a line ends: at a moment, or at the head.
pub(crate) type Tip = Option<MomentId>;

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
        let Some((record, stood)) = self.stood(&chain)? else {
            return Ok(None);
        };
        let stand = self.typed(&chain, record, &stood);
        stand.map(Some).map_err(|failure| self.told(failure))
    }

    /// What stands at the end of a line, as it is stored, and its record. No user type is involved.
    pub(crate) fn stood<'c>(
        &self,
        chain: &'c Chain,
    ) -> Result<Option<(&'c Record, Replay<'c>)>, Error> {
        let stood = replay(chain, self.seal, |_, _| Ok::<_, Failure<'_>>(()));
        let stood = stood.map_err(|failure| self.told(failure))?;
        Ok(chain.records.last().zip(stood))
    }

    /// Moments, newest first. The limit counts what is listed.
    pub(crate) async fn history<G: StateGraph>(
        &self,
        wanted: &Wanted,
    ) -> Result<Vec<Moment<G>>, Error> {
        let Wanted {
            query,
            line,
            metadata,
        } = wanted;
        // What a run remembers is within the records, so no store can look for it.
        let looks = !metadata.is_empty();
        let limit = query.limit.unwrap_or(usize::MAX);
        let mut query = Query {
            limit: query.limit.filter(|_| !looks),
            ..query.clone()
        };
        let mut found = Vec::new();
        if let Some(tip) = *line {
            let line = self.line(&query, tip).await?;
            let at_once = if looks { PAGE } else { line.len().max(1) };
            for part in line.chunks(at_once) {
                if found.len() < limit {
                    found.extend(self.moments(part, metadata).await?);
                }
            }
        } else {
            query.limit = query.limit.or(looks.then_some(PAGE));
            while found.len() < limit {
                let listed = self.list(&query).await?;
                let Some(oldest) = listed.last() else { break };
                query.before = Some(oldest.sequence);
                let listed: Vec<_> = listed.iter().map(|record| record.id).collect();
                found.extend(self.moments(&listed, metadata).await?);
                if !looks {
                    break;
                }
            }
        }
        found.truncate(limit);
        Ok(found)
    }

    /// The moments that lead to one of them, or to the head, newest first.
    pub(super) async fn line(&self, query: &Query, tip: Tip) -> Result<Vec<MomentId>, Error> {
        let wanted = |record: &Record| {
            query.before.is_none_or(|before| record.sequence < before)
                && !(query.without_inputs && record.source == Source::Input)
        };
        let limit = query.limit.unwrap_or(usize::MAX);
        let mut page = Query {
            limit: Some(PAGE),
            ..Query::default()
        };
        let (mut line, mut next) = (Vec::new(), tip);
        loop {
            let listed = self.list(&page).await?;
            page.before = listed.last().map(|oldest| oldest.sequence);
            let over = listed.len() < PAGE;
            for record in listed {
                // A parent comes before what goes on from it, so one way through the list finds the whole line.
                if *next.get_or_insert(record.id) != record.id {
                    continue;
                }
                let parent = record.parent;
                if wanted(&record) && line.len() < limit {
                    line.push(record.id);
                }
                let Some(parent) = parent.filter(|_| line.len() < limit) else {
                    return Ok(line);
                };
                next = Some(parent);
            }
            if over {
                return Ok(line);
            }
        }
    }

    pub(crate) async fn list(&self, query: &Query) -> Result<Vec<Record>, Error> {
        let listed = self.saver.list(self.key, query).await;
        let mut listed = listed.map_err(|source| self.store(source))?;
        self.seal.unpack(&mut listed);
        Ok(listed)
    }

    /// These moments, as far as their runs were given what is wanted to remember.
    async fn moments<G: StateGraph>(
        &self,
        listed: &[MomentId],
        metadata: &[(String, String)],
    ) -> Result<Vec<Moment<G>>, Error> {
        let typed = |record: &Record, replay: &Replay<'_>| {
            let remembers = |(name, value): &(String, String)| {
                let found = replay.run.metadata.get(name);
                found.is_some_and(|found| found == value)
            };
            let wanted = metadata.iter().all(remembers);
            wanted.then(|| self.moment(record, replay)).transpose()
        };
        let moments = self.look_at(listed, typed).await?;
        Ok(moments.into_iter().flatten().collect())
    }

    /// What somebody sees who looks at each of these moments with what stood then.
    pub(crate) async fn look_at<T: Send>(
        &self,
        listed: &[MomentId],
        look: impl Fn(&Record, &Replay<'_>) -> Result<T, Failure<'static>> + Sync,
    ) -> Result<Vec<T>, Error> {
        let wanted: HashSet<_> = listed.iter().copied().collect();
        let mut seen: HashMap<MomentId, T> = HashMap::new();
        for id in listed {
            if seen.contains_key(id) {
                continue;
            }
            // The line that leads to a moment is read once, and every listed moment on it is taken along.
            let Some(chain) = self.load(At::Moment(*id)).await? else {
                continue;
            };
            replay(&chain, self.seal, |record, replay| {
                if wanted.contains(&record.id) {
                    seen.insert(record.id, look(record, replay)?);
                }
                Ok::<_, Failure<'_>>(())
            })
            .map_err(|failure| self.told(failure))?;
        }
        Ok(listed.iter().filter_map(|id| seen.remove(id)).collect())
    }

    pub(crate) async fn load(&self, at: At) -> Result<Option<Chain>, Error> {
        let chain = self.saver.load(self.key, at).await;
        let mut chain = chain.map_err(|source| self.store(source))?;
        if let Some(chain) = &mut chain {
            self.seal.unpack(&mut chain.records);
        }
        Ok(chain)
    }

    fn moment<G: StateGraph>(
        &self,
        record: &Record,
        replay: &Replay<'_>,
    ) -> Result<Moment<G>, Failure<'static>> {
        let active = || replay.active.iter().map(|(_, turn)| turn.node.as_ref());
        let known = |name: &str| node_named::<G>(name).is_some();
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
            children: replay
                .children
                .iter()
                .map(|child| self.child(child))
                .collect::<Result<_, _>>()?,
            ran: replay
                .ran
                .iter()
                .filter_map(|name| node_named::<G>(name))
                .collect(),
            next: active().filter_map(node_named::<G>).collect(),
            gone: active()
                .filter(|name| !known(name))
                .map(str::to_owned)
                .collect(),
            state: self.state::<G>(replay)?,
        })
    }

    fn child(&self, child: &StoredChild<'_>) -> Result<Child, Failure<'static>> {
        let key = self.key.child(&child.step());
        let key = key.map_err(|error| Failure::Other(error.into()))?;
        Ok(Child {
            node: child.node.to_string(),
            item: child.item,
            path: key.path().to_owned(),
            moment: child.head,
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
            frontier: self.frontier(replay),
            turns: replay.turns(),
            outdated: is_outdated::<G>(replay),
            head: chain.head,
            writes: chain.writes.clone(),
            sequence: chain.sequence,
            rewrites: chain.rewrites,
            bytes: replay.bytes,
            call: replay.run.call,
            children: {
                let children = replay.children.iter().cloned();
                children.map(StoredChild::into_owned).collect()
            },
            sizes,
        })
    }

    pub(super) fn changed(&self, what: String) -> Error {
        Error::GraphChanged {
            thread: self.thread(),
            what,
        }
    }

    pub(super) fn told(&self, failure: Failure<'_>) -> Error {
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

    /// The error of a record that isn't what was written.
    pub(crate) fn damaged(&self, record: &Record, cause: StoreError) -> Error {
        self.told(Failure::Damaged(Damage { record, cause }))
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

pub(super) fn open_question(
    turn: ActivationId,
    stored: &super::StoredQuestion<'_>,
) -> OpenQuestion {
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
pub(crate) enum Failure<'a> {
    Damaged(Damage<'a>),
    Other(Error),
}

impl From<Error> for Failure<'_> {
    fn from(error: Error) -> Self {
        Self::Other(error)
    }
}

impl<'a> From<Damage<'a>> for Failure<'a> {
    fn from(damage: Damage<'a>) -> Self {
        Self::Damaged(damage)
    }
}
