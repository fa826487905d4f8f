//! Turns that can't end yet, because a task of theirs waits: what its siblings have set is held until then.

use std::iter::from_fn;

use super::keeping::{KeptResult, key};
use super::tasks::Finished;
use super::{Ended, Engine};
use crate::checkpointer::WriteKind;
use crate::definition::{GraphNode, StateGraph};
use crate::error::Error;
use crate::frontier::{Activation, OpenQuestion};
use crate::id::Timestamp;
use crate::secret::StoredUpdate;
use crate::waiting::Awaited;

impl<G: StateGraph> Engine<G> {
    /// Takes the results of such turns out of what has finished in a step.
    pub(super) fn hold_back(&mut self, now: Timestamp) -> Result<(), Error> {
        let waits = |task: &Finished<G>| matches!(task.ended, Ended::Waits(_));
        let runs_again = |active: &Activation<G>| active.is_waiting() && active.is_running();
        if !self.finished.iter().any(waits) && !self.frontier.active.iter().any(runs_again) {
            return Ok(());
        }
        let mut results = std::mem::take(&mut self.finished).into_iter().peekable();
        for place in 0..self.frontier.active.len() {
            let of_turn = from_fn(|| results.next_if(|task| task.place == place));
            let of_turn: Vec<_> = of_turn.collect();
            let activation = &self.frontier.active[place];
            // By a failure that is taken on a turn ends, whoever else waits.
            if self.failures.end(place) {
                self.finished.extend(of_turn);
            } else if of_turn.len() < activation.width() && activation.is_running()
                || of_turn.iter().any(waits)
            {
                self.hold(place, of_turn, now)?;
            } else {
                self.finished.extend(of_turn);
            }
        }
        Ok(())
    }

    /// What one turn waits for from now on.
    fn hold(&mut self, place: usize, tasks: Vec<Finished<G>>, now: Timestamp) -> Result<(), Error> {
        let Self {
            frontier,
            kept,
            turnover,
            answers,
            ..
        } = self;
        let activation = &mut frontier.active[place];
        let questions = activation.questions.take().unwrap_or_default();
        // Whoever has run says anew what it waits for.
        let (before, mut questions): (Vec<_>, Vec<_>) = questions.into_iter().partition(|open| {
            let item = open.item.unwrap_or(0);
            tasks.binary_search_by_key(&item, |task| task.item).is_ok()
        });
        for Finished { item, ended, .. } in tasks {
            let of_item = activation.item(item);
            match ended {
                Ended::Waits(awaited) => {
                    let open = awaited.into_iter().map(|each| open(of_item, each, now));
                    questions.extend(open);
                }
                Ended::Update(update) if !kept.contains_key(&(activation.id, of_item)) => {
                    let json = serde_json::value::to_raw_value(&StoredUpdate::<G>(&update))
                        .map_err(|source| Error::Encode {
                            what: format!("what node `{}` set", activation.node.name()),
                            source,
                        })?;
                    let key = key(activation, item, WriteKind::Update);
                    turnover.held.push((key, json.get().as_bytes().to_vec()));
                    kept.insert((activation.id, of_item), KeptResult::Update(json));
                }
                Ended::Update(_) | Ended::Nothing => {}
            }
        }
        questions.sort_by_key(|open| open.item);
        turnover.close(activation.id, &before, &questions, answers);
        activation.questions = Some(questions);
        activation.awake.clear();
        turnover.asked.push(activation.id);
        Ok(())
    }
}

fn open(item: Option<u32>, awaited: Awaited, now: Timestamp) -> OpenQuestion {
    let Awaited { id, question, due } = awaited;
    OpenQuestion {
        item,
        id,
        due: due.map(|due| due.at(now)),
        json: question,
    }
}
