//! How a run ended that was done elsewhere, from what it has stored.

use super::super::answer::{asked, open_questions};
use super::super::past::Past;
use super::super::request::Home;
use super::{line_while, stored};
use crate::checkpointer::{At, Record, Source, Write, WriteKind};
use crate::definition::StateGraph;
use crate::error::{Error, OfThread};
use crate::frontier::{Activation, Frontier};
use crate::id::{ActivationId, MomentId, QuestionId};
use crate::moment::{Left, Stand, is_at_rest, left_of, thread_text};
use crate::outcome::{Done, Outcome, Pause};

/// How a thread stands where nobody is at it.
pub(super) enum Rest {
    AtEnd,
    /// Somebody has to answer, or to let it go past a pause.
    Waits,
    /// The last run has come to an end of its own.
    Ended(Left),
    /// The last run's process has died in the middle of it, or is at it still.
    CutOff,
}

/// What has become of an input.
pub(super) enum Heard<G: StateGraph> {
    /// It waits for its turn.
    InLine,
    /// Its run has begun, and isn't over.
    Begun,
    Over(Result<Outcome<G>, Error>),
}

pub(super) fn rest<G: StateGraph>(home: &Home, stand: &Stand<G>) -> Result<Rest, Error> {
    let reader = home.reader();
    let Ok(frontier) = &stand.frontier else {
        // Whoever goes on there says what is wrong with it.
        return Ok(Rest::CutOff);
    };
    if stand.is_over() {
        return Ok(Rest::AtEnd);
    }
    let ready = || frontier.ready().map(|turn| turn.id);
    if ready().next().is_none() || ready().any(|turn| is_held(&stand.writes, turn)) {
        return Ok(Rest::Waits);
    }
    let past = Past::of(&stand.writes, reader.seal).map_err(|source| reader.store(source))?;
    Ok(past
        .left(ready(), Some(stand.moment.id))
        .map_or(Rest::CutOff, Rest::Ended))
}

/// Whether a run has paused at a turn, and nobody has gone past.
fn is_held(writes: &[Write], turn: ActivationId) -> bool {
    let is = |kind| {
        let mut of_turn = writes.iter().filter(|write| write.key.activation == turn);
        of_turn.any(|write| write.key.kind == kind)
    };
    is(WriteKind::Pause) && !is(WriteKind::Passed)
}

/// What has become of an input that was put into the inbox. One that `may_go_on` goes on with what is unfinished.
pub(super) async fn heard<G: StateGraph>(
    home: &Home,
    id: MomentId,
    may_go_on: bool,
) -> Result<Heard<G>, Error> {
    let Some(began) = stored(home, id).await? else {
        return Ok(Heard::InLine);
    };
    let reader = home.reader();
    let thread = || thread_text(&home.key);
    let after = line_while(home, |record| Ok(record.sequence > began.sequence)).await?;
    let parent = after.last().map(|first| first.parent);
    if parent.is_some_and(|parent| parent != Some(id)) {
        // It was taken back: the thread stands on another branch.
        return Ok(Heard::Over(Err(cancelled(home))));
    }
    let (tip, next) = tip(&began, &after);
    let Some(stand) = reader.stand::<G>(At::Moment(tip.id)).await? else {
        return Ok(Heard::Begun);
    };
    if stand.head != Some(tip.id) && next.is_none() {
        // The thread has moved on meanwhile.
        return Ok(Heard::Begun);
    }
    let rest = rest(home, &stand)?;
    let left = match (rest, next) {
        (Rest::AtEnd | Rest::Waits, _) => {
            let went_on = may_go_on && went_on(home, &began).await?;
            return Ok(Heard::Over(ended(home, stand, went_on)));
        }
        (Rest::Ended(left), _) => Some(left),
        (Rest::CutOff, None) => return Ok(Heard::Begun),
        (Rest::CutOff, Some(next)) => {
            left_of(next, reader.seal).map_err(|source| reader.store(source))?
        }
    };
    Ok(Heard::Over(Err(match left {
        Some(Left::Failed(error)) => Error::FailedElsewhere {
            thread: thread(),
            error,
        },
        Some(Left::Cancelled) => cancelled(home),
        // Another run has gone on with it.
        None => Error::TakenOver { thread: thread() },
    })))
}

/// How an input's run ended; nothing as long as it waits or is run.
pub(crate) async fn outcome<G: StateGraph>(
    home: &Home,
    input: MomentId,
) -> Result<Option<Outcome<G>>, Error> {
    match heard(home, input, true).await? {
        Heard::InLine | Heard::Begun => Ok(None),
        Heard::Over(outcome) => outcome.map(Some),
    }
}

/// The last record before another input, an update or a branch, and that one. What somebody has answered or resumed is a
/// part of the same.
fn tip<'r>(began: &'r Record, after: &'r [Record]) -> (&'r Record, Option<&'r Record>) {
    let is_other = |record: &&Record| record.source != Source::Step;
    match after.iter().rposition(|record| is_other(&record)) {
        Some(place) => (after.get(place + 1).unwrap_or(began), after.get(place)),
        None => (after.first().unwrap_or(began), None),
    }
}

fn cancelled(home: &Home) -> Error {
    Error::Cancelled {
        thread: OfThread(Some(thread_text(&home.key))),
    }
}

/// Whether an input went on with what an earlier run had left unfinished.
async fn went_on(home: &Home, began: &Record) -> Result<bool, Error> {
    let Some(parent) = began.parent else {
        return Ok(false);
    };
    let Some(parent) = stored(home, parent).await? else {
        return Ok(false);
    };
    let reader = home.reader();
    let rested = is_at_rest(&parent, reader.seal).map_err(|source| reader.store(source))?;
    Ok(!rested)
}

/// The outcome of a run that ended, or paused, where a thread stands.
fn ended<G: StateGraph>(home: &Home, stand: Stand<G>, went_on: bool) -> Result<Outcome<G>, Error> {
    let moment = stand.moment.id;
    if stand.is_over() {
        return Ok(Outcome::Done(Done {
            output: stand.moment.state.into_output(),
            moment: Some(moment),
            went_on,
        }));
    }
    let frontier = stand.frontier?;
    let answers: Vec<QuestionId> = stand
        .writes
        .iter()
        .filter(|write| write.key.kind == WriteKind::Answer)
        .map(|write| write.key.question())
        .collect();
    let is_answered = |id: &QuestionId| answers.contains(id);
    let held = frontier
        .ready()
        .filter(|turn| is_held(&stand.writes, turn.id));
    let pause = Pause {
        questions: open_questions(&frontier, &thread_text(&home.key), is_answered)?,
        asked: asked(&frontier, is_answered),
        before: held.map(|turn| turn.node).collect(),
        after: Vec::new(),
        moment,
        due: due(&frontier, is_answered),
        went_on,
    };
    Ok(Outcome::Paused(pause.into()))
}

/// The earliest time that something is waited for which has no answer.
fn due<G: StateGraph>(
    frontier: &Frontier<G>,
    is_answered: impl Fn(&QuestionId) -> bool,
) -> Option<crate::id::Timestamp> {
    let awaited = frontier.active.iter().flat_map(Activation::awaited);
    let open = awaited.filter(|open| !is_answered(&open.id));
    open.filter_map(|open| open.due).min()
}
