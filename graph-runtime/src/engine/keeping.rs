//! Results of tasks whose siblings still run: they are stored before the step is over, so that no later run has to
//! find them out again.

use std::collections::HashMap;
use std::task::{Context, Poll};

use serde::Serialize;
use serde_json::value::RawValue;

use super::Ended;
use super::failures::{Failures, TakenOn, is_taken_on};
use super::journal::Journal;
use super::tasks::Finished;
use crate::checkpointer::{WriteKey, WriteKind};
use crate::definition::{BoxFuture, GraphNode, StateGraph};
use crate::error::Error;
use crate::failure::Failure;
use crate::frontier::{Activation, Frontier};
use crate::id::ActivationId;
use crate::secret::StoredUpdate;

/// Results of tasks that an earlier run has stored.
pub(crate) type Kept = HashMap<(ActivationId, Option<u32>), KeptResult>;

/// What a task came to that an earlier run has finished.
pub(crate) enum KeptResult {
    Update(Box<RawValue>),
    /// It failed for good, and somebody takes that on.
    Failure(Failure),
}

impl KeptResult {
    /// Whether it is one that a node can come to, as the graph is now.
    pub(super) fn is_of<G: StateGraph>(&self, node: G::Node) -> bool {
        matches!(self, Self::Update(_)) || is_taken_on::<G>(node)
    }
}

/// Stores the results of a step one by one, as soon as nothing else moves.
pub(super) struct Keeping<'j> {
    journal: Option<&'j mut Journal>,
    /// How much of what has finished is stored, or handed over.
    finished: usize,
    /// How much of what is taken on is.
    taken_on: usize,
    settling: Settling,
}

impl<'j> Keeping<'j> {
    /// What is there at the beginning is stored already.
    pub(super) fn after<G: StateGraph>(
        finished: &[Finished<G>],
        failures: &Failures,
        journal: Option<&'j mut Journal>,
    ) -> Self {
        Self {
            journal,
            finished: finished.len(),
            taken_on: failures.taken_on.len(),
            settling: Settling::new(finished.len()),
        }
    }

    /// Whether there is something to store.
    pub(super) fn is_behind<G: StateGraph>(
        &self,
        finished: &[Finished<G>],
        failures: &Failures,
    ) -> bool {
        self.journal.is_some()
            && (self.finished < finished.len() || self.taken_on < failures.taken_on.len())
    }

    /// Stores what isn't yet. A question is found out again.
    pub(super) async fn keep<G: StateGraph>(
        &mut self,
        frontier: &Frontier<G>,
        finished: &[Finished<G>],
        failures: &Failures,
    ) -> Result<(), Error> {
        let Some(journal) = self.journal.as_deref_mut() else {
            return Ok(());
        };
        let (new, taken_on) = (
            &finished[self.finished..],
            &failures.taken_on[self.taken_on..],
        );
        if !taken_on.is_empty() {
            // A node that failed with the store is no node that failed.
            journal.flush().await?;
        }
        let mut writes = Vec::with_capacity(new.len() + taken_on.len());
        for task in new {
            let activation = &frontier.active[task.place];
            if let Ended::Update(update) = &task.ended {
                let key = key(activation, task.item, WriteKind::Update);
                writes.push((key, encode(activation, "set", &StoredUpdate::<G>(update))?));
            }
        }
        for TakenOn {
            place,
            item,
            failure,
        } in taken_on
        {
            let activation = &frontier.active[*place];
            let key = key(activation, *item, WriteKind::Handled);
            writes.push((key, encode(activation, "failed with", failure)?));
        }
        journal.keep(writes).await?;
        (self.finished, self.taken_on) = (finished.len(), failures.taken_on.len());
        Ok(())
    }

    /// From now on it is waited for what was handed over to arrive.
    pub(super) fn settle(&mut self) {
        if let Some(journal) = &self.journal {
            self.settling
                .begin(Box::pin(journal.settled()), self.finished);
        }
    }

    /// Tells how many results more have arrived.
    pub(super) fn poll_settled(&mut self, cx: &mut Context<'_>) -> Poll<usize> {
        self.settling.poll(cx)
    }
}

/// Under which key a task's result is kept.
pub(super) fn key<G: StateGraph>(
    activation: &Activation<G>,
    item: u32,
    kind: WriteKind,
) -> WriteKey {
    WriteKey {
        item: activation.item(item),
        ..WriteKey::of_turn(activation.id, kind)
    }
}

fn encode<G: StateGraph>(
    activation: &Activation<G>,
    what: &str,
    result: &impl Serialize,
) -> Result<Vec<u8>, Error> {
    serde_json::to_vec(result).map_err(|source| Error::Encode {
        what: format!("what node `{}` {what}", activation.node.name()),
        source,
    })
}

/// Results that are on their way to the store, and told of when they have arrived.
struct Settling {
    under_way: Option<(BoxFuture<'static, ()>, usize)>,
    /// How many results were told of.
    told: usize,
}

impl Settling {
    fn new(told: usize) -> Self {
        Self {
            under_way: None,
            told,
        }
    }

    /// So many results in all have arrived when `settled` is ready.
    fn begin(&mut self, settled: BoxFuture<'static, ()>, count: usize) {
        self.under_way = Some((settled, count));
    }

    fn poll(&mut self, cx: &mut Context<'_>) -> Poll<usize> {
        let Some((settled, count)) = &mut self.under_way else {
            return Poll::Pending;
        };
        if settled.as_mut().poll(cx).is_pending() {
            return Poll::Pending;
        }
        let arrived = *count - self.told;
        self.told = *count;
        self.under_way = None;
        Poll::Ready(arrived)
    }
}
