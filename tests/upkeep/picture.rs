//! All that can be seen of a thread's moments: what upkeep leaves has to look the same.

use std::collections::BTreeMap;

use graph_runtime::prelude::*;
use graph_runtime::{Child, Graph, MomentId};
use serde_json::{Value, json};

use crate::office::desk::Desk;
use crate::office::memory::Memory;
use crate::office::research::Research;

/// A moment with the graphs within, but for its parent, which may have gone.
pub async fn moment(thread: &Thread<Desk>, id: MomentId) -> Value {
    let moment = thread.moment(id).await.unwrap();
    let mut children = Vec::new();
    for child in &moment.children {
        children.push(within(thread, child).await);
    }
    let mut seen = serde_json::to_value(&moment).unwrap();
    seen.as_object_mut().unwrap().remove("parent");
    json!({ "moment": seen, "children": children })
}

async fn within(thread: &Thread<Desk>, child: &Child) -> Value {
    let mut seen = if child.node == "search" {
        let found = thread.child::<Research>(child).unwrap().state().await;
        serde_json::to_value(found.unwrap()).unwrap()
    } else {
        let found = thread.child::<Memory>(child).unwrap().state().await;
        serde_json::to_value(found.unwrap()).unwrap()
    };
    seen.as_object_mut().unwrap().remove("parent");
    seen
}

/// Questions, to be compared.
pub fn asked(questions: &[impl serde::Serialize]) -> Value {
    serde_json::to_value(questions).unwrap()
}

/// Every moment of a thread, newest first, with inputs.
pub async fn ids(thread: &Thread<Desk>) -> Vec<MomentId> {
    let history = thread.history().with_inputs().await.unwrap();
    history.iter().map(|moment| moment.id).collect()
}

/// What can be seen of a thread.
#[derive(Clone, Debug, PartialEq)]
pub struct Picture {
    pub moments: BTreeMap<String, Value>,
    pub head: Value,
    pub questions: Value,
}

impl Picture {
    pub async fn of(thread: &Thread<Desk>) -> Self {
        let mut moments = BTreeMap::new();
        for id in ids(thread).await {
            moments.insert(id.to_string(), moment(thread, id).await);
        }
        let head = thread.state().await.unwrap().unwrap();
        Self {
            moments,
            head: json!([head.id, head.sequence, head.step]),
            questions: asked(&thread.questions().await.unwrap()),
        }
    }

    /// Without the moments that aren't in the other one.
    pub fn as_far_as(&self, other: &Self) -> Self {
        let mut part = self.clone();
        part.moments.retain(|id, _| other.moments.contains_key(id));
        part
    }
}

/// What comes of going on from a moment elsewhere, with everything answered: only what doesn't name ids.
pub async fn replayed(
    graph: &Graph<Desk>,
    thread: &Thread<Desk>,
    id: MomentId,
    name: &str,
) -> Value {
    let copy = graph.thread(name);
    let outcome = thread.at(id).into(name).replay().await.unwrap();
    let output = crate::office::see_through(&copy, outcome).await;
    copy.reset().await.unwrap();
    serde_json::to_value(&output).unwrap()
}
