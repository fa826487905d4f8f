//! Reading what an earlier version of the graph has stored: names by their aliases, the state through its
//! migration, and what is active only where a run can come to its end from there.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value;
use serde_json::value::RawValue;

use super::StoredActivation;
use super::read::{Reader, open_question};
use super::replay::Replay;
use crate::definition::{Batch, GraphNode, Items, Migrate, StateGraph, node_named};
use crate::error::Error;
use crate::frontier::{Activation, Frontier};
use crate::id::ActivationId;
use crate::secret::is_kept;

/// A graph's fingerprint as it is stored.
pub(crate) fn fingerprint<G: StateGraph>() -> String {
    format!("{:016x}", G::FINGERPRINT)
}

/// Whether a moment was written by another version of the graph.
pub(super) fn is_outdated<G: StateGraph>(replay: &Replay<'_>) -> bool {
    replay.run.fingerprint != fingerprint::<G>()
}

impl Reader<'_> {
    /// The state, brought into this version's form first if it has another.
    pub(crate) fn state<G: StateGraph>(&self, replay: &Replay<'_>) -> Result<G, Error> {
        let mut json = replay.image.to_json();
        if let Some(migrate) = G::MIGRATE.filter(|_| is_outdated::<G>(replay)) {
            json = migrated(&json, migrate)
                .map_err(|error| self.changed(format!("its state can't be migrated: {error}")))?;
        }
        serde_json::from_str(&json).map_err(|error| {
            let field = field_at(&json, &error);
            let why = if is_kept::<G>(field.as_deref()) {
                "what was read isn't said, since it may be a secret".to_owned()
            } else {
                error.to_string()
            };
            let field = field.map(|field| format!(" at field `{field}`"));
            self.changed(format!(
                "its state doesn't fit the state of this version{} ({why})",
                field.unwrap_or_default()
            ))
        })
    }

    /// What is active, in this version's terms.
    pub(crate) fn frontier<G: StateGraph>(
        &self,
        replay: &Replay<'_>,
    ) -> Result<Frontier<G>, Error> {
        let mut frontier = Frontier::new();
        for (id, stored) in &replay.active {
            frontier.active.push(self.turn(*id, stored)?);
        }
        for (join, filled) in &replay.slots {
            let place = self.join::<G>(join)?;
            if !frontier.slots.restore(G::topology(), place, filled) {
                return Err(self.changed(format!("the join `{join}` can't be filled like that")));
            }
        }
        for (join, failure) in &replay.failures {
            let place = self.join::<G>(join)?;
            frontier.failures.push((place, failure.clone()));
        }
        frontier.sort();
        // What this version has written itself is sound by its proof.
        if is_outdated::<G>(replay)
            && let Some(what) = frontier.unsound()
        {
            return Err(self.changed(what));
        }
        Ok(frontier)
    }

    fn join<G: StateGraph>(&self, stored: &str) -> Result<usize, Error> {
        let (topology, now) = (G::topology(), renamed::<G>(stored));
        let place = (0..topology.joins.len()).find(|&place| topology.join_text(place) == now);
        place.ok_or_else(|| self.changed(format!("the join `{stored}` is gone")))
    }

    fn turn<G: StateGraph>(
        &self,
        id: ActivationId,
        stored: &StoredActivation<'_>,
    ) -> Result<Activation<G>, Error> {
        let name = &stored.node;
        let node = node_named::<G>(name);
        let node = node.ok_or_else(|| self.changed(format!("node `{name}` is gone")))?;
        if takes_item::<G>(node) && stored.items.is_none() {
            return Err(self.changed(format!(
                "node `{}` takes an item now, and was started without one",
                node.name()
            )));
        }
        let batch = stored.items.map(|items| {
            let items = G::Items::from_json(node, items).map_err(|error| {
                self.changed(format!(
                    "an item of node `{}` can't be read ({error})",
                    node.name()
                ))
            })?;
            Ok::<_, Error>(Batch {
                items,
                limit: stored.limit,
            })
        });
        let questions = stored.questions.as_ref().map(|questions| {
            let open = |stored| open_question(id, stored);
            questions.iter().map(open).collect()
        });
        Ok(Activation {
            id,
            node,
            batch: batch.transpose()?,
            questions,
            awake: Vec::new(),
            failures: Some(stored.failures.as_slice().into())
                .filter(|failures: &Arc<[_]>| !failures.is_empty()),
        })
    }
}

fn takes_item<G: StateGraph>(node: G::Node) -> bool {
    let arms = G::topology()
        .routes
        .iter()
        .flat_map(|route| route.arms.iter());
    let mut members = arms.flat_map(|arm| arm.to.iter());
    members.any(|member| usize::from(member.node) == node.index() && member.each.is_some())
}

fn migrated(
    json: &str,
    migrate: Migrate,
) -> Result<String, Box<dyn std::error::Error + Send + Sync>> {
    let mut state = serde_json::from_str(json)?;
    migrate(&mut state)?;
    Ok(Value::Object(state).to_string())
}

/// A join's text with the names that its nodes have now.
fn renamed<G: StateGraph>(join: &str) -> String {
    let is_mark = |letter: char| matches!(letter, '{' | '}' | '|' | ',' | ' ' | '-' | '>');
    let mut text = String::new();
    for word in join.split_inclusive(is_mark) {
        let name = word.trim_end_matches(is_mark);
        text.push_str(node_named::<G>(name).map_or(name, |node| node.name()));
        text.push_str(&word[name.len()..]);
    }
    text
}

/// The field in whose value serde stopped reading.
fn field_at<'a>(state: &'a str, error: &serde_json::Error) -> Option<String> {
    let fields: BTreeMap<String, &'a RawValue> = serde_json::from_str(state).ok()?;
    let begins = |value: &RawValue| value.get().as_ptr() as usize - state.as_ptr() as usize;
    // What is stored has no line breaks: the column is the place.
    fields.into_iter().find_map(|(name, value)| {
        let begin = begins(value);
        let within = begin..=begin + value.get().len();
        (error.line() == 1 && within.contains(&error.column())).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use serde::Deserialize;

    use super::*;

    #[derive(Debug, Deserialize)]
    struct State {
        #[allow(dead_code)]
        list: Vec<u32>,
        #[allow(dead_code)]
        text: String,
    }

    #[test]
    fn the_field_that_stops_reading_is_found() {
        for (state, field) in [
            (r#"{"list":[1,"x"],"text":"t"}"#, Some("list")),
            (r#"{"list":[1],"text":7}"#, Some("text")),
            (r#"{"list":null,"text":"t"}"#, Some("list")),
            (r#"{"text":"t","other":1}"#, None),
        ] {
            let error = serde_json::from_str::<State>(state).unwrap_err();
            assert_eq!(field_at(state, &error).as_deref(), field, "{state}");
        }
    }
}
