//! Putting a step into words for the checkpointer: the change or the snapshot, and what became different about
//! the frontier.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::value::RawValue;

use super::journal::{Entry, Journal, World};
use super::{Engine, Event, Kind};
use crate::checkpointer::{Commit, Source};
use crate::definition::{GraphNode, Items, StateGraph};
use crate::error::Error;
use crate::failure::Failure;
use crate::frontier::{Activation, Frontier, OpenQuestion, Slots, filled_slots};
use crate::id::{ActivationId, MomentId, Timestamp};
use crate::moment::{Body, StoredActivation, StoredQuestion, StoredQuestions};

impl<G: StateGraph> Engine<G> {
    /// Tells the listener where the run is now.
    pub(super) fn tell_step(&self, moment: MomentId) {
        // What the step did is stored by now, if it is to be told only then.
        self.listener.stored(usize::MAX);
        let moment = self.journal.as_ref().map(|_| moment);
        let step = self.journal.as_ref().map_or(self.counted, Journal::step);
        self.listener.tell(Kind::Moments, || Event::Step {
            moment,
            step,
            next: self.frontier.nodes(),
        });
        self.listener.tell(Kind::Values, || Event::Values {
            moment,
            step,
            state: Arc::clone(&self.state),
        });
    }

    /// Stores what has changed since the last moment, or everything where that is due.
    pub(super) async fn note(
        &mut self,
        moment: MomentId,
        at: Timestamp,
        source: Source,
    ) -> Result<(), Error> {
        let Some(journal) = &mut self.journal else {
            return Ok(());
        };
        if !self.turnover.held.is_empty() {
            let held = std::mem::take(&mut self.turnover.held);
            journal.keep(held).await?;
        }
        // Put into words by a function that awaits nothing, so that none of it has to be moved into a future.
        let Some(worded) = self.put_into_words(moment, at, source)? else {
            return Ok(());
        };
        let Some(journal) = &mut self.journal else {
            return Ok(());
        };
        journal.record(worded.commit, worded.last).await?;
        self.listener.tell(Kind::Debug, || Event::Recorded {
            moment,
            step: journal.step(),
            bytes: journal.last_size(),
            snapshot: worded.snapshot,
        });
        Ok(())
    }

    /// The next record, unless nothing is stored; from here on it counts as noted.
    fn put_into_words(
        &mut self,
        moment: MomentId,
        at: Timestamp,
        source: Source,
    ) -> Result<Option<Worded>, Error> {
        let Self {
            state,
            frontier,
            change,
            journal,
            turnover,
            noted_slots,
            ties,
            noted_failures,
            left,
            ..
        } = self;
        let Some(journal) = journal else {
            return Ok(None);
        };
        let state_size = change.state_size();
        let operations = change
            .operations()
            .map_err(|(field, source)| Error::Encode {
                what: format!("field `{field}`"),
                source,
            })?;
        let started = encode_items(frontier, |id| id.moment == moment)?;
        let snapshot = journal.wants_snapshot(operations.len() + size(&started), state_size);
        let carried = if snapshot {
            encode_items(frontier, |_| true)?
        } else {
            started
        };
        let nest = ties.0.nest.as_deref();
        let mut body = if snapshot {
            Body {
                slots: slots::<G>(&frontier.slots, &Slots::none::<G>()),
                failures: waiting_failures::<G>(&frontier.failures, &[]),
                ..Body::default()
            }
        } else {
            Body {
                slots: slots::<G>(&frontier.slots, noted_slots),
                failures: waiting_failures::<G>(&frontier.failures, noted_failures),
                still: still(frontier, moment),
                asked: asked(frontier, &turnover.asked),
                ..Body::default()
            }
        };
        body.children = nest.map_or_else(Vec::new, |nest| nest.to_note(snapshot));
        body.started = started_turns(frontier, snapshot, moment, &carried);
        body.answered = std::mem::take(&mut turnover.answered);
        body.left = left.take();
        let names = turnover.ran.iter().map(|node| node.name().into());
        turnover.names.clear();
        turnover.names.extend(names);
        body.ran = Cow::Borrowed(&turnover.names);
        let whole = if snapshot {
            encode_state(&**state)?
        } else {
            Vec::new()
        };
        let world = if snapshot {
            World::State(&whole)
        } else {
            World::Change(operations)
        };
        journal.forget_too(&turnover.closed);
        let entry = Entry {
            id: moment,
            at,
            source,
            world,
            ended: &turnover.ended,
            due: frontier.due(),
        };
        let commit = journal.word(&entry, body)?;
        // Nothing goes on by itself after this one: the run ends or waits. And whoever takes a failure on can rely
        // on it.
        let last = frontier.ready().next().is_none() || !turnover.failed.is_empty();
        change.clear();
        if snapshot {
            change.measure(&whole);
        }
        if *noted_slots != frontier.slots {
            noted_slots.clone_from(&frontier.slots);
        }
        if let Some(nest) = nest {
            nest.keep_those_of(|| frontier.active.iter().map(|activation| activation.id));
        }
        if *noted_failures != frontier.failures {
            noted_failures.clone_from(&frontier.failures);
        }
        Ok(Some(Worded {
            commit,
            last,
            snapshot,
        }))
    }
}

/// A moment in words.
struct Worded {
    commit: Commit,
    /// Whether it has to be stored at once.
    last: bool,
    snapshot: bool,
}

/// The turns that begin with this moment; in a snapshot all of them.
fn started_turns<'a, G: StateGraph>(
    frontier: &'a Frontier<G>,
    snapshot: bool,
    moment: MomentId,
    items: &'a EncodedItems,
) -> Vec<StoredActivation<'a>> {
    let active = frontier.active.iter();
    active
        .filter(|activation| snapshot || activation.id.moment == moment)
        .zip(0..)
        .map(|(activation, index)| stored(activation, ActivationId { moment, index }, items))
        .collect()
}

/// The turns that began earlier and go on.
fn still<G: StateGraph>(frontier: &Frontier<G>, moment: MomentId) -> Vec<ActivationId> {
    // Mostly there is none, for which `collect` has more to prepare than all the rest.
    let mut still = Vec::new();
    let ids = frontier.active.iter().map(|activation| activation.id);
    still.extend(ids.filter(|id| id.moment != moment));
    still
}

/// What those wait for that have come to wait.
fn asked<'a, G: StateGraph>(
    frontier: &'a Frontier<G>,
    turns: &[ActivationId],
) -> Vec<StoredQuestions<'a>> {
    if turns.is_empty() {
        return Vec::new();
    }
    let active = frontier.active.iter();
    active
        .filter(|activation| turns.contains(&activation.id))
        .map(|activation| StoredQuestions {
            id: activation.id,
            questions: questions(activation).unwrap_or_default(),
        })
        .collect()
}

fn encode_state<G: StateGraph>(state: &G) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(state).map_err(|source| Error::Encode {
        what: "the state".to_owned(),
        source,
    })
}

type EncodedItems = Vec<(ActivationId, Box<RawValue>)>;

fn encode_items<G: StateGraph>(
    frontier: &Frontier<G>,
    wanted: impl Fn(ActivationId) -> bool,
) -> Result<EncodedItems, Error> {
    let wanted = frontier
        .active
        .iter()
        .filter(|activation| wanted(activation.id));
    wanted
        .filter_map(|activation| Some((activation, activation.batch.as_ref()?)))
        .map(|(activation, batch)| {
            let items = batch.items.to_json().map_err(|source| Error::Encode {
                what: format!("the items of node `{}`", activation.node.name()),
                source,
            })?;
            Ok((activation.id, items))
        })
        .collect()
}

fn size(items: &EncodedItems) -> usize {
    items.iter().map(|(_, json)| json.get().len()).sum()
}

/// With its id, unless that is what a reader would give it by its place.
fn stored<'a, G: StateGraph>(
    activation: &'a Activation<G>,
    by_place: ActivationId,
    items: &'a EncodedItems,
) -> StoredActivation<'a> {
    StoredActivation {
        node: Cow::Borrowed(activation.node.name()),
        id: Some(activation.id).filter(|id| *id != by_place),
        items: items
            .iter()
            .find(|(id, _)| *id == activation.id)
            .map(|(_, json)| &**json),
        limit: activation.batch.as_ref().and_then(|batch| batch.limit),
        questions: questions(activation),
        failures: activation.failures.as_deref().unwrap_or_default().to_vec(),
    }
}

/// The failures that wait at joins, each with its join, if they differ from what was noted last.
fn waiting_failures<G: StateGraph>(
    now: &[(usize, Failure)],
    noted: &[(usize, Failure)],
) -> Option<Vec<(Cow<'static, str>, Failure)>> {
    if now == noted {
        return None;
    }
    let text = |join| Cow::Owned(G::topology().join_text(join));
    let waiting = now.iter();
    Some(
        waiting
            .map(|(join, failure)| (text(*join), failure.clone()))
            .collect(),
    )
}

fn questions<G: StateGraph>(activation: &Activation<G>) -> Option<Vec<StoredQuestion<'_>>> {
    let open = activation.questions.as_ref()?;
    Some(
        open.iter()
            .map(|question| stored_question(activation.id, question))
            .collect(),
    )
}

/// With its id, unless that is what a reader would make of the turn, the item and the name.
fn stored_question(turn: ActivationId, open: &OpenQuestion) -> StoredQuestion<'_> {
    let OpenQuestion {
        item,
        id,
        due,
        json,
    } = open;
    let own = (id.activation, id.item) == (turn, *item);
    StoredQuestion {
        item: *item,
        name: id.name.as_deref().filter(|_| own).map(Cow::Borrowed),
        id: Some(id).filter(|_| !own).cloned(),
        due: *due,
        question: json.as_deref(),
    }
}

type StoredSlots = BTreeMap<Cow<'static, str>, Vec<u32>>;

/// The joins whose slots differ from what was noted last.
fn slots<G: StateGraph>(now: &Slots, noted: &Slots) -> Option<StoredSlots> {
    if now == noted {
        return None;
    }
    let topology = G::topology();
    let changed = (0..topology.joins.len())
        .filter(|&join| now.of(topology, join) != noted.of(topology, join));
    let filled = changed.map(|join| {
        let filled = filled_slots(now.of(topology, join));
        (Cow::Owned(topology.join_text(join)), filled)
    });
    Some(filled.collect())
}
