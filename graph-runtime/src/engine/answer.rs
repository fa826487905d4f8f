//! Taking answers in: checked against what is open, stored beside the records, never taken twice.

use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::advance::answer_sum;
use super::envelope::is_asked_at;
use super::request::Home;
use crate::checkpointer::{
    At, Commit, Expect, Query, Record, StoreError, Write, WriteKey, WriteKind,
};
use crate::definition::{Answering, GraphNode, StateGraph};
use crate::error::Error;
use crate::frontier::{Activation, Frontier, OpenQuestion};
use crate::id::QuestionId;
use crate::moment::{answers_of, thread_text};

/// How many records are read at a time when an answer is looked for that may have been taken.
const LOOK_BACK: usize = 64;

/// Stores answers to open questions, all or none of them. One that is there already, or was taken, is left
/// alone if it is the same.
///
/// # Errors
/// [`Error::Stale`] if a question isn't open, or has another answer.
pub(super) async fn take_in<G: StateGraph>(
    home: &Home,
    answers: &[G::Answer],
) -> Result<(), Error> {
    loop {
        let Some(stand) = home.reader().stand::<G>(At::Head).await? else {
            return Err(Error::NothingToResume {
                thread: thread_text(&home.key),
            });
        };
        let frontier = stand.frontier?;
        let given = open_ones(home, &frontier, &stand.writes, answers).await?;
        if given.is_empty() {
            return Ok(());
        }
        // Of two different answers at the same time the first one stands, so what stands is looked at again after.
        let commit = Commit {
            expected: Expect::Head(Some(stand.moment.id)),
            writes: given.iter().map(|(write, _)| write.clone()).collect(),
            ..Commit::default()
        };
        match (*home.saver).commit(&home.key, commit).await {
            Ok(()) => return confirm(home, &given).await,
            // A run has gone on meanwhile, and may have closed a question: an answer to it would lie there for ever.
            Err(StoreError::Conflict { .. }) => {}
            Err(source) => return Err(home.reader().store(source)),
        }
    }
}

/// The answers to questions that are open, to be stored; those that were taken are left out.
async fn open_ones<G: StateGraph>(
    home: &Home,
    frontier: &Frontier<G>,
    standing: &[Write],
    answers: &[G::Answer],
) -> Result<Vec<(Write, Box<RawValue>)>, Error> {
    let mut given = Vec::new();
    for answer in answers {
        let id = answer.id();
        let json = answer.to_json().map_err(|source| Error::Encode {
            what: format!("the answer to {id}"),
            source,
        })?;
        let key = WriteKey::of_question(id.clone(), WriteKind::Answer);
        let payload = home.reader().seal.seal_write(&key, json.get().as_bytes());
        let write = Write { key, payload };
        // What stands may be an answer to a question that its node has gone past, in a turn that is not over.
        if standing.iter().any(|other| other.key == write.key) {
            refuse_other(home, &write, standing)?;
        } else if is_open(frontier, answer) {
            given.push((write, json));
        } else if !was_taken(home, &id, &json).await? {
            return Err(stale(home, id));
        }
    }
    Ok(given)
}

/// Whether it is our answers that stand, or were taken since.
async fn confirm(home: &Home, given: &[(Write, Box<RawValue>)]) -> Result<(), Error> {
    let standing = (*home.saver).writes(&home.key).await;
    let standing = standing.map_err(|source| home.reader().store(source))?;
    for (write, json) in given {
        refuse_other(home, write, &standing)?;
        let stands = standing.iter().any(|other| other.key == write.key);
        let id = write.key.question();
        if !stands && !was_taken(home, &id, json).await? {
            return Err(stale(home, id));
        }
    }
    Ok(())
}

fn is_open<G: StateGraph>(frontier: &Frontier<G>, answer: &G::Answer) -> bool {
    let way = answer.way();
    let is_asked = |open: &OpenQuestion| {
        let asked = open.json.as_deref();
        asked.is_some_and(|question| is_asked_at(question, way.get(1..).unwrap_or_default()))
    };
    frontier
        .waiting()
        .filter(|activation| activation.node.name() == answer.node())
        .flat_map(Activation::awaited)
        .any(|open| open.id == answer.id() && is_asked(open))
}

/// Refuses an answer where another one stands.
fn refuse_other(home: &Home, write: &Write, standing: &[Write]) -> Result<(), Error> {
    let other = standing
        .iter()
        .find(|other| other.key == write.key && other.payload != write.payload);
    match other {
        Some(other) => Err(stale(home, other.key.question())),
        None => Ok(()),
    }
}

/// Whether the same answer was taken on the way to the head since the question was asked. What other branches have
/// taken doesn't count.
async fn was_taken(home: &Home, question: &QuestionId, answer: &RawValue) -> Result<bool, Error> {
    let taken = taken_by(home, question).await?;
    Ok(taken.is_some_and(|(_, sum)| sum == answer_sum(answer)))
}

/// The record on the way to the head that has taken the answer to a question, with the checksum of the answer.
async fn taken_by(home: &Home, question: &QuestionId) -> Result<Option<(Record, u64)>, Error> {
    let reader = home.reader();
    let mut query = Query {
        limit: Some(LOOK_BACK),
        ..Query::default()
    };
    let mut on_line = None;
    loop {
        let records = reader.list(&query).await?;
        query.before = records.last().map(|oldest| oldest.sequence);
        let over = records.len() < LOOK_BACK;
        for record in records {
            if on_line.is_some_and(|next| next != record.id) {
                continue;
            }
            let taken = answers_of(&record, reader.seal).map_err(|source| reader.store(source))?;
            if let Some((_, sum)) = taken.into_iter().find(|(id, _)| id == question) {
                return Ok(Some((record, sum)));
            }
            let (id, Some(parent)) = (record.id, record.parent) else {
                return Ok(None);
            };
            if id == question.activation.moment {
                return Ok(None);
            }
            on_line = Some(parent);
        }
        if over {
            return Ok(None);
        }
    }
}

/// A question by its id: one that is open, or one that was answered, which may be answered in the same way again.
///
/// # Errors
/// [`Error::Stale`] if it is neither.
pub(crate) async fn question<G: StateGraph>(
    home: &Home,
    id: &QuestionId,
) -> Result<G::Question, Error> {
    let reader = home.reader();
    let Some(head) = reader.stand::<G>(At::Head).await? else {
        return Err(Error::NothingToResume {
            thread: thread_text(&home.key),
        });
    };
    if let Some(open) = question_at(&head.frontier?, home, id)? {
        return Ok(open);
    }
    if let Some((record, _)) = taken_by(home, id).await?
        && let Some(parent) = record.parent
        && let Some(before) = reader.stand::<G>(At::Moment(parent)).await?
        && let Some(answered) = question_at(&before.frontier?, home, id)?
    {
        return Ok(answered);
    }
    Err(stale(home, id.clone()))
}

/// The question with this id, if somebody waits for its answer there.
fn question_at<G: StateGraph>(
    frontier: &Frontier<G>,
    home: &Home,
    id: &QuestionId,
) -> Result<Option<G::Question>, Error> {
    let all = open_questions(frontier, &thread_text(&home.key), |other| other != id)?;
    Ok(all.into_iter().next())
}

fn stale(home: &Home, question: QuestionId) -> Error {
    Error::Stale {
        thread: thread_text(&home.key),
        question,
    }
}

/// The open questions of a frontier, typed, those left out that have an answer.
pub(crate) fn open_questions<G: StateGraph>(
    frontier: &Frontier<G>,
    thread: &str,
    is_answered: impl Fn(&QuestionId) -> bool,
) -> Result<Vec<G::Question>, Error> {
    let mut open = Vec::new();
    for activation in frontier.waiting() {
        for question in activation.awaited() {
            let OpenQuestion { id, due, json, .. } = question;
            let Some(json) = json.as_ref().filter(|_| !is_answered(id)) else {
                continue;
            };
            let typed = G::read_question(activation.node, id.clone(), *due, json);
            open.push(typed.map_err(|error| Error::GraphChanged {
                thread: thread.to_owned(),
                what: format!(
                    "the question of node `{}` can't be read ({error})",
                    activation.node.name()
                ),
            })?);
        }
    }
    Ok(open)
}

/// The same as JSON, for whoever isn't written in Rust. Each has its id and its due time, also where a graph within
/// this one asks; then its `question` is that graph's, with the `node` in there.
pub(crate) fn asked<G: StateGraph>(
    frontier: &Frontier<G>,
    is_answered: impl Fn(&QuestionId) -> bool,
) -> Vec<Value> {
    let mut open = Vec::new();
    for activation in frontier.waiting() {
        for OpenQuestion { id, due, json, .. } in activation.awaited() {
            let Some(question) = json.as_ref().filter(|_| !is_answered(id)) else {
                continue;
            };
            let mut asked = json!({
                "node": activation.node.name(),
                "id": id,
                "question": question,
            });
            if let Some(due) = due {
                asked["due"] = due.to_string().into();
            }
            open.push(asked);
        }
    }
    open
}
