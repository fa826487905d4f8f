//! Before a step: what was answered, whose time has come, and who goes on with that.

use std::panic::{AssertUnwindSafe, catch_unwind};

use graph_topology::NodeKind;

use super::Engine;
use crate::checkpointer::{WriteKey, WriteKind};
use crate::definition::{GraphNode, StateGraph};
use crate::error::{Error, NodeError, OfItem};
use crate::frontier::{Activation, OpenQuestion};
use crate::id::Timestamp;
use crate::waiting::Answers;

impl<G: StateGraph> Engine<G> {
    /// Looks at answers and the clock, where somebody waits for them, and finds out who needn't wait any more.
    pub(super) async fn attend(&mut self) -> Result<(), Error> {
        if !self.frontier.active.iter().any(Activation::is_waiting) {
            return Ok(());
        }
        self.collect_answers().await?;
        let now = self.frontier.due().map(|_| self.setting.clock.now());
        if let Some(now) = now {
            self.answer_in_time(now).await?;
        }
        for activation in &mut self.frontier.active {
            activation.wake(&self.answers, now);
        }
        Ok(())
    }

    /// Looks for answers.
    async fn collect_answers(&mut self) -> Result<(), Error> {
        let Some(journal) = &mut self.journal else {
            return Ok(());
        };
        self.answers.extend(journal.answers().await?);
        Ok(())
    }

    /// Gives the answers of those asks whose time has come, in the way in which anybody gives one: the first one
    /// that is stored counts, so that one which came in before is never lost.
    async fn answer_in_time(&mut self, now: Timestamp) -> Result<(), Error> {
        let mut late = Vec::new();
        for activation in &self.frontier.active {
            if activation.ends_by_answers() {
                let open = activation.awaited().filter(|open| open.json.is_some());
                let open = open.filter(|open| !self.answers.contains_key(&open.id));
                for question in open.filter(|open| open.is_due(now)) {
                    let key = WriteKey::of_question(question.id.clone(), WriteKind::Answer);
                    late.push((key, self.otherwise(activation, question)?));
                }
            }
        }
        match &mut self.journal {
            Some(journal) if !late.is_empty() => {
                journal.answer(late).await?;
                self.collect_answers().await
            }
            _ => Ok(()),
        }
    }

    /// The `else` of an ask as it is stored; nothing where there is none.
    fn otherwise(
        &self,
        activation: &Activation<G>,
        question: &OpenQuestion,
    ) -> Result<Vec<u8>, Error> {
        let batch = activation.batch.as_ref();
        let item = batch
            .zip(question.item)
            .map(|(batch, item)| (&batch.items, item as usize));
        let given = catch_unwind(AssertUnwindSafe(|| {
            self.state.otherwise(activation.node, item)
        }));
        match given {
            Ok(Ok(answer)) => Ok(answer
                .map(|json| json.get().as_bytes().to_vec())
                .unwrap_or_default()),
            Ok(Err(source)) => Err(Error::Encode {
                what: format!("the `else` of node `{}`", activation.node.name()),
                source,
            }),
            Err(payload) => Err(Error::Node {
                thread: self.of_thread(),
                node: activation.node.name(),
                item: OfItem(question.item),
                step: self.next_step(),
                source: NodeError::from_panic(&*payload),
            }),
        }
    }

    /// Whether anything can be done.
    pub(super) fn has_work(&self) -> bool {
        let mut active = self.frontier.active.iter();
        active.any(|active| !active.is_waiting() || !active.awake.is_empty())
    }

    /// The earliest time that something is waited for which has no answer.
    pub(super) fn due(&self) -> Option<Timestamp> {
        let awaited = self.frontier.active.iter().flat_map(Activation::awaited);
        let open = awaited.filter(|open| !self.answers.contains_key(&open.id));
        open.filter_map(|open| open.due).min()
    }
}

impl OpenQuestion {
    /// Whether a node waits for both: an ask for the answers about all its items, a task that asks while it runs for
    /// its own.
    fn goes_with(&self, other: &Self) -> bool {
        let (one, other) = (&self.id, &other.id);
        one.activation == other.activation && (one.name.is_none() || one.item == other.item)
    }

    fn is_due(&self, now: Timestamp) -> bool {
        self.due.is_some_and(|due| due <= now)
    }
}

impl<G: StateGraph> Activation<G> {
    /// Finds out which of its tasks needn't wait any more: what ends by answers has to have them all, of what runs
    /// again each item for itself, and of graphs within ours each that has what one of its nodes waits for.
    fn wake(&mut self, answers: &Answers, now: Option<Timestamp>) {
        self.awake.clear();
        let settled = |open: &OpenQuestion| {
            answers.contains_key(&open.id) || now.is_some_and(|now| open.is_due(now))
        };
        let Some(questions) = &self.questions else {
            return;
        };
        if self.ends_by_answers() {
            self.awake
                .extend(questions.iter().all(settled).then_some(0));
            return;
        }
        let of_items = questions.chunk_by(|one, other| one.item == other.item);
        let is_graph = G::topology().nodes[self.node.index()].kind == NodeKind::Subgraph;
        let awake = of_items.filter(|of_item| {
            let mut open = of_item.iter();
            if !is_graph {
                return open.all(settled);
            }
            open.any(|one| {
                let mut same_node = of_item.iter().filter(|other| one.goes_with(other));
                same_node.all(settled)
            })
        });
        self.awake = awake
            .filter_map(|of_item| Some(of_item.first()?.item.unwrap_or(0)))
            .collect();
    }
}
