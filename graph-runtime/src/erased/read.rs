//! From JSON to a graph's types: inputs, values, answers, the names of nodes. Nothing is changed by reading.

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value, from_value};

use crate::checkpointer::At;
use crate::definition::{GraphNode, StateGraph, node_named};
use crate::engine::Home;
use crate::error::{Error, JsonPart};
use crate::frontier::Activation;
use crate::id::QuestionId;
use crate::moment::thread_text;

/// Reads an object.
pub(super) fn read<T: DeserializeOwned>(
    json: Value,
    thread: impl Fn() -> String,
    part: JsonPart,
) -> Result<T, Error> {
    // Serde would take an array for the fields in their order, which is nobody's contract.
    let object = from_value::<Map<String, Value>>(json);
    let it = object.and_then(|object| from_value(Value::Object(object)));
    it.map_err(|source| Error::Json {
        thread: thread(),
        part,
        source,
    })
}

/// The node with this name.
pub(super) fn node<G: StateGraph>(name: &str) -> Result<G::Node, Error> {
    node_named::<G>(name).ok_or_else(|| Error::UnknownNode {
        graph: G::ID,
        node: name.to_owned(),
        known: G::Node::ALL.iter().map(|node| node.name()).collect(),
    })
}

/// An answer to a question that is named by its id alone.
#[derive(Deserialize)]
struct ById {
    id: QuestionId,
    value: Value,
}

/// Reads answers: as `Answer` does, or, without `node`, by looking the question up.
pub(super) async fn read_answers<G>(home: &Home, given: Vec<Value>) -> Result<Vec<G::Answer>, Error>
where
    G: StateGraph<Answer: DeserializeOwned>,
{
    let mut answers = Vec::new();
    for (place, json) in given.into_iter().enumerate() {
        let part = JsonPart::Answer(place);
        let thread = || thread_text(&home.key);
        if let Some(name) = json.get("node").and_then(Value::as_str) {
            node::<G>(name)?;
        }
        let answer = if json.get("node").is_some() {
            read(json, thread, part)?
        } else {
            let ById { id, value } = read(json, thread, part)?;
            let asks = asking::<G>(home, &id).await?;
            let read = raw(&value).and_then(|value| G::read_answer(asks, id, &value));
            read.map_err(|source| Error::Json {
                thread: thread(),
                part,
                source,
            })?
        };
        answers.push(answer);
    }
    Ok(answers)
}

/// The node that asks, or has asked, a question.
async fn asking<G: StateGraph>(home: &Home, question: &QuestionId) -> Result<G::Node, Error> {
    let reader = home.reader();
    let Some(head) = reader.stand::<G>(At::Head).await? else {
        return Err(Error::NothingToResume {
            thread: thread_text(&home.key),
        });
    };
    let asks = |turn: &&Activation<G>| turn.awaited().any(|open| open.id == *question);
    if let Some(turn) = head.frontier?.active.iter().find(asks) {
        return Ok(turn.node);
    }
    // One that was answered before may be answered in the same way again: its turn is where it began.
    let began = At::Moment(question.activation.moment);
    let stand = reader.stand::<G>(began).await?;
    let frontier = stand.and_then(|stand| stand.frontier.ok());
    let turns = frontier.map(|frontier| frontier.active).unwrap_or_default();
    let turn = turns.iter().find(|turn| turn.id == question.activation);
    turn.map(|turn| turn.node).ok_or_else(|| Error::Stale {
        thread: thread_text(&home.key),
        question: question.clone(),
    })
}

fn raw(value: &Value) -> Result<Box<RawValue>, serde_json::Error> {
    to_raw_value(value)
}
