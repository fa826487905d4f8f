//! From JSON to a graph's types: inputs, values, answers, the names of nodes. Nothing is changed by reading.

use serde::de::{DeserializeOwned, Error as _};
use serde::{Deserialize, Serialize};
use serde_json::{Value, from_value, json, to_value};

use super::part::JsonPart;
use crate::definition::{GraphNode, StateGraph, node_named};
use crate::engine::{Home, question};
use crate::error::Error;
use crate::id::QuestionId;
use crate::moment::thread_text;

/// Reads an object.
pub(super) fn read<T: DeserializeOwned>(
    json: Value,
    thread: impl Fn() -> String,
    part: JsonPart,
) -> Result<T, Error> {
    // Serde would take an array for the fields in their order, which is nobody's contract; and anything else it would
    // quote, which may be a secret that stands in the wrong place.
    let it = match json {
        Value::Object(_) => from_value(json),
        _ => Err(serde_json::Error::custom("it is not a JSON object")),
    };
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
    G: StateGraph<Question: Serialize, Answer: DeserializeOwned>,
{
    let thread = || thread_text(&home.key);
    let mut answers = Vec::new();
    for (place, json) in given.into_iter().enumerate() {
        let part = JsonPart::Answer(place);
        let whole = if let Some(name) = json.get("node") {
            name.as_str().map(node::<G>).transpose()?;
            json
        } else {
            let ById { id, value } = read(json, thread, part)?;
            let asked = to_value(question::<G>(home, &id).await?);
            let asked = asked.map_err(|source| Error::Json {
                thread: thread(),
                part: JsonPart::Question,
                source,
            })?;
            addressed(&asked, &id, value)
        };
        answers.push(read(whole, thread, part)?);
    }
    Ok(answers)
}

/// An answer with the way to whoever asked: the node, and where that is a graph, the answer as that graph takes it.
fn addressed(asked: &Value, id: &QuestionId, value: Value) -> Value {
    let node = &asked["node"];
    match (asked.get("id"), asked.get("question")) {
        (None, Some(within)) => json!({ "node": node, "answer": addressed(within, id, value) }),
        _ => json!({ "node": node, "id": id, "value": value }),
    }
}
