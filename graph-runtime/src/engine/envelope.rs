//! Questions of a graph within another one: wrapped up on the way out, once for each graph, and read on the way in.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use super::Engine;
use crate::definition::{GraphNode as _, StateGraph, node_named};
use crate::error::Error;
use crate::id::{QuestionId, Timestamp};
use crate::waiting::{Awaited, Due};

impl<C: StateGraph> Engine<C> {
    /// What it waits for, as the outer graph keeps it.
    pub(super) fn awaited(&self, item: Option<u32>) -> Result<Vec<Awaited>, Error> {
        let mut all = Vec::new();
        for activation in self.frontier.waiting() {
            let node = activation.node.name();
            for question in activation.awaited() {
                let json = question.json.as_deref();
                let encoded = json.map(|question| {
                    serde_json::value::to_raw_value(&Envelope {
                        node,
                        item,
                        question,
                    })
                });
                all.push(Awaited {
                    id: question.id.clone(),
                    question: encoded.transpose().map_err(|source| Error::Encode {
                        what: format!("the question of node `{node}`"),
                        source,
                    })?,
                    due: question.due.map(Due::At),
                });
            }
        }
        Ok(all)
    }
}

/// A question of a graph within another one.
#[derive(Serialize, Deserialize)]
struct Envelope<'a> {
    /// The node in there that asks, or is itself a graph in which somebody does.
    node: &'a str,
    /// The item for which the graph was called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    item: Option<u32>,
    #[serde(borrow)]
    question: &'a RawValue,
}

/// A question that was asked in a graph within another one, and the item for which that was called.
///
/// # Errors
/// If it isn't one of that graph.
pub fn read_within<C: StateGraph>(
    id: &QuestionId,
    due: Option<Timestamp>,
    json: &RawValue,
) -> Result<(Option<u32>, C::Question), serde_json::Error> {
    let Envelope {
        node,
        item,
        question,
    } = serde_json::from_str(json.get())?;
    match node_named::<C>(node) {
        Some(known) => Ok((item, C::read_question(known, id.clone(), due, question)?)),
        None => crate::__private::unexpected("question", node),
    }
}

/// Whether a question was asked at the end of this way through graphs, by nodes of any of these names.
pub(super) fn is_asked_at(question: &RawValue, way: &[&[&str]]) -> bool {
    let Some((names, rest)) = way.split_first() else {
        return true;
    };
    serde_json::from_str::<Envelope<'_>>(question.get()).is_ok_and(|envelope| {
        names.contains(&envelope.node) && is_asked_at(envelope.question, rest)
    })
}
