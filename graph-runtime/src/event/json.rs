//! Events as JSON, for whoever isn't written in Rust.

use serde::Serialize;
use serde_json::{Map, Value, to_value};

use super::Event;
use crate::definition::{GraphNode, StateGraph, TellsWithin as _};
use crate::secret::ShownState;

impl<G: StateGraph> Event<G> {
    /// The event as a JSON object: its name under `event`, and what belongs to it.
    ///
    /// ```json
    /// {"event": "finished", "node": "classify", "step": 2}
    /// ```
    ///
    /// `item` is there in a `for`, `moment` with a checkpointer. What was set, shown and given is as serde says it,
    /// without the secrets of the state.
    ///
    /// # Errors
    /// If a value in it can't be JSON.
    pub fn to_json(&self) -> Result<Value, serde_json::Error> {
        let object = match self {
            Self::Started { node, item, step } => task::<G>("started", *node, *item, *step),
            Self::Kept { node, item, step } => task::<G>("kept", *node, *item, *step),
            Self::Cached { node, item, step } => task::<G>("cached", *node, *item, *step),
            Self::CacheFailed {
                node,
                item,
                step,
                error,
            } => task::<G>("cache_failed", *node, *item, *step).with("error", error)?,
            Self::Finished { node, item, step } => task::<G>("finished", *node, *item, *step),
            Self::Waiting { node, item, step } => task::<G>("waiting", *node, *item, *step),
            Self::Retrying {
                node,
                item,
                step,
                attempt,
                error,
                delay,
            } => task::<G>("retrying", *node, *item, *step)
                .with("attempt", attempt)?
                .with("error", error)?
                .with("delay_ms", delay.as_secs_f64() * 1_000.0)?,
            Self::Failed {
                node,
                item,
                step,
                error,
            } => task::<G>("failed", *node, *item, *step).with("error", error)?,
            Self::Updated {
                node,
                item,
                step,
                update,
            } => task::<G>("updated", *node, *item, *step).with("update", update)?,
            Self::Emitted(emitted) => Object::new("emitted")
                .with("node", emitted.node)?
                .with_some("item", emitted.item)?
                .with("step", emitted.step)?
                .with("value", G::emitted_json(&emitted.value)?)?,
            Self::Within { node, item, event } => Object::new("within")
                .with("node", node.name())?
                .with_some("item", *item)?
                .with("within", event.to_json()?)?,
            Self::Step { moment, step, next } => Object::new("step")
                .with_some("moment", *moment)?
                .with("step", step)?
                .with("next", names::<G>(next))?,
            Self::Values {
                moment,
                step,
                state,
            } => Object::new("values")
                .with_some("moment", *moment)?
                .with("step", step)?
                .with("state", ShownState(&**state))?,
            Self::Recorded {
                moment,
                step,
                bytes,
                snapshot,
            } => Object::new("recorded")
                .with("moment", moment)?
                .with("step", step)?
                .with("bytes", bytes)?
                .with("snapshot", snapshot)?,
            Self::Missed { count } => Object::new("missed").with("count", count)?,
            Self::Paused(pause) => Object::new("paused")
                .with("moment", pause.moment())?
                .with("questions", &pause.asked)?
                .with("before", names::<G>(pause.before()))?
                .with("after", names::<G>(pause.after()))?
                .with_some("due", pause.due().map(|due| due.to_string()))?
                .with("went_on", pause.went_on())?,
            Self::Done(done) => Object::new("done")
                .with_some("moment", done.moment())?
                .with("output", G::output_json(&done.output)?)?
                .with("went_on", done.went_on())?,
        };
        Ok(Value::Object(object.0))
    }
}

/// An event on its way to JSON.
struct Object(Map<String, Value>);

impl Object {
    fn new(event: &str) -> Self {
        Self(Map::from_iter([("event".to_owned(), event.into())]))
    }

    fn with(mut self, name: &str, value: impl Serialize) -> Result<Self, serde_json::Error> {
        self.0.insert(name.to_owned(), to_value(value)?);
        Ok(self)
    }

    fn with_some(
        self,
        name: &str,
        value: Option<impl Serialize>,
    ) -> Result<Self, serde_json::Error> {
        match value {
            Some(value) => self.with(name, value),
            None => Ok(self),
        }
    }
}

fn task<G: StateGraph>(event: &str, node: G::Node, item: Option<u32>, step: u64) -> Object {
    let mut object = Object::new(event);
    object.0.insert("node".to_owned(), node.name().into());
    if let Some(item) = item {
        object.0.insert("item".to_owned(), item.into());
    }
    object.0.insert("step".to_owned(), step.into());
    object
}

fn names<G: StateGraph>(nodes: &[G::Node]) -> Vec<&'static str> {
    nodes.iter().map(|node| node.name()).collect()
}
