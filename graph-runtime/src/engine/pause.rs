//! Pauses: where a run is told to stop before or after a node, what is written down of that, and how it is gone past.

use super::answer::{asked, open_questions};
use super::journal::Journal;
use super::{Engine, Stopped};
use crate::checkpointer::{WriteKey, WriteKind};
use crate::definition::{GraphNode, StateGraph};
use crate::error::Error;
use crate::id::MomentId;
use crate::outcome::{Outcome, Pause};

impl<G: StateGraph> Engine<G> {
    /// Nodes that are ready, that this run was told to pause before or an earlier one has paused at, and that
    /// nobody has let pass.
    pub(super) fn held_before(&self) -> Vec<G::Node> {
        let held = self.frontier.ready().filter(|ready| {
            let told = self.setting.pause_before.contains(&ready.node);
            (told || self.pauses.contains(&ready.id)) && !self.passed.contains(&ready.id)
        });
        held.map(|activation| activation.node).collect()
    }

    /// Writes down that the run has paused here, so that going on is going past.
    pub(super) async fn remember_pause(&mut self) -> Result<(), Error> {
        let Some(journal) = &mut self.journal else {
            return Ok(());
        };
        let key = |id| WriteKey::of_turn(id, WriteKind::Pause);
        let pauses = self
            .frontier
            .ready()
            .map(|ready| (key(ready.id), Vec::new()))
            .collect();
        journal.keep(pauses).await
    }

    /// Whether the run was told to pause after what has just run.
    pub(super) async fn stopped_after(&mut self) -> Result<Option<Stopped<G>>, Error> {
        let ran = self.turnover.ran.iter().copied();
        let after: Vec<_> = ran
            .filter(|node| self.setting.pause_after.contains(node))
            .collect();
        if after.is_empty() || self.frontier.active.is_empty() {
            return Ok(None);
        }
        self.remember_pause().await?;
        Ok(Some(Stopped::Paused {
            before: Vec::new(),
            after,
        }))
    }

    /// Goes on past the pauses that an earlier run has come to.
    pub(super) async fn pass(mut self) -> Result<Self, Error> {
        let held = self
            .frontier
            .ready()
            .filter(|ready| self.pauses.contains(&ready.id));
        let held: Vec<_> = held.map(|ready| ready.id).collect();
        if let Some(journal) = &mut self.journal {
            let key = |activation| WriteKey::of_turn(activation, WriteKind::Passed);
            journal
                .keep(held.iter().map(|id| (key(*id), Vec::new())).collect())
                .await?;
        }
        self.passed.extend(held);
        self.pauses.clear();
        Ok(self.going_on())
    }

    /// What the thread waits for, as an error.
    pub(super) fn paused(&self) -> Error {
        let questions = self.frontier.waiting().flat_map(|activation| {
            let asked = activation.awaited().filter(|open| open.json.is_some());
            asked.map(|question| (question.id.clone(), activation.node.name()))
        });
        let questions = questions
            .filter(|(id, _)| !self.answers.contains_key(id))
            .collect();
        let held = self
            .frontier
            .ready()
            .filter(|ready| self.pauses.contains(&ready.id));
        Error::Paused {
            thread: self.thread(),
            questions,
            before: held.map(|ready| ready.node.name()).collect(),
            due: self.due(),
        }
    }

    /// The outcome of a run that somebody has to go on with.
    pub(super) fn into_pause(
        self,
        before: Vec<G::Node>,
        after: Vec<G::Node>,
    ) -> Result<Outcome<G>, Error> {
        let thread = self.thread();
        let questions =
            open_questions(&self.frontier, &thread, |id| self.answers.contains_key(id))?;
        let moment = self
            .journal
            .as_ref()
            .and_then(Journal::head)
            .unwrap_or(MomentId::numbered(self.counted));
        let pause = Pause {
            questions,
            asked: asked(&self.frontier, |id| self.answers.contains_key(id)),
            before,
            after,
            moment,
            due: self.due(),
            went_on: self.went_on,
        };
        Ok(Outcome::Paused(pause.into()))
    }
}
