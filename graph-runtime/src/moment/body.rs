//! What is inside a payload. Every part that isn't there on every record may be left out, and readers pass
//! over parts they don't know, so later versions have room.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::value::RawValue;

use super::evolve::fingerprint;
use crate::definition::StateGraph;
use crate::failure::Failure;
use crate::id::{ActivationId, MomentId, QuestionId, Timestamp};

/// The body of a record. A snapshot has `state` and the whole frontier, a change has `change` and what became
/// different about the frontier.
#[derive(Debug, Default, Serialize, Deserialize)]
pub(crate) struct Body<'a> {
    /// The run; on its first record and on snapshots, else as on the parent.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(crate) run: Option<Box<RunHeader<'a>>>,
    /// The nodes that ran.
    #[serde(borrow, default, skip_serializing_if = "<[_]>::is_empty")]
    pub(crate) ran: Cow<'a, [Cow<'a, str>]>,
    /// The whole state.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(crate) state: Option<&'a RawValue>,
    /// What was done to the state.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(crate) change: Option<&'a RawValue>,
    /// The node turns that began earlier and go on. All others are over: mostly that is all there are, so nothing
    /// is written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) still: Vec<ActivationId>,
    /// The node turns that begin with this record.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) started: Vec<StoredActivation<'a>>,
    /// The node turns that began earlier and wait for answers from now on.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) asked: Vec<StoredQuestions<'a>>,
    /// The answers that were taken, each with the checksum of its text, so that one that comes in a second
    /// time is known for the same.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) answered: Vec<(QuestionId, u64)>,
    /// How the run has ended that an input goes on with, or leaves: for whoever waits for that one elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) left: Option<Left>,
    /// How far graphs within this one have come: those that moved, in a snapshot all that still matter.
    #[serde(borrow, default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) children: Vec<StoredChild<'a>>,
    /// The slots that are filled, of every join where that changed.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(crate) slots: Option<BTreeMap<Cow<'a, str>, Vec<u32>>>,
    /// The failures that wait at joins, each with its join; else as on the parent.
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(crate) failures: Option<Vec<(Cow<'a, str>, Failure)>>,
}

/// How a run has ended that came to no end of its graph.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Left {
    /// It failed, and this is what it said.
    Failed(String),
    /// Another run has stopped it.
    Cancelled,
}

/// What is the same for all records of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct RunHeader<'a> {
    #[serde(borrow)]
    pub(crate) id: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) graph: Cow<'a, str>,
    #[serde(borrow)]
    pub(crate) fingerprint: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) metadata: BTreeMap<String, String>,
    /// For a graph within another one: who called it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) call: Option<StoredCall>,
}

impl RunHeader<'static> {
    /// Of a run of a graph.
    pub(crate) fn of<G: StateGraph>(id: String, metadata: &BTreeMap<String, String>) -> Self {
        Self {
            id: id.into(),
            graph: G::ID.into(),
            fingerprint: fingerprint::<G>().into(),
            metadata: metadata.clone(),
            call: None,
        }
    }
}

/// How far a graph within another has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredChild<'a> {
    #[serde(borrow)]
    pub(crate) node: Cow<'a, str>,
    /// The turn of the node; nothing for one that remembers its calls.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) turn: Option<ActivationId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) item: Option<u32>,
    /// The moment at which it stands.
    pub(crate) head: MomentId,
}

impl StoredChild<'_> {
    /// The last part of its path.
    pub(crate) fn step(&self) -> String {
        Self::path(&self.node, self.turn.map(|turn| (turn, self.item)))
    }

    /// The last part of the path of a graph that a node calls: one for each call, or one for all where it remembers them.
    pub(crate) fn path(node: &str, call: Option<(ActivationId, Option<u32>)>) -> String {
        match call {
            None => node.to_owned(),
            Some((turn, None)) => format!("{node}@{turn}"),
            Some((turn, Some(item))) => format!("{node}@{turn}.{item}"),
        }
    }

    pub(crate) fn is_same(&self, other: &Self) -> bool {
        (&self.node, self.turn, self.item) == (&other.node, other.turn, other.item)
    }

    /// Whether it can be gone on with at a moment at which these turns are active.
    pub(crate) fn matters(&self, mut active: impl Iterator<Item = ActivationId>) -> bool {
        self.turn
            .is_none_or(|turn| active.any(|active| active == turn))
    }

    pub(crate) fn into_owned(self) -> StoredChild<'static> {
        StoredChild {
            node: Cow::Owned(self.node.into_owned()),
            turn: self.turn,
            item: self.item,
            head: self.head,
        }
    }
}

/// Takes in how far graphs have moved.
pub(crate) fn move_on<'a>(
    children: &mut Vec<StoredChild<'a>>,
    moved: impl IntoIterator<Item = StoredChild<'a>>,
) {
    for child in moved {
        children.retain(|other| !other.is_same(&child));
        children.push(child);
    }
}

/// One call of a graph by a node of another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredCall {
    /// The turn of the node.
    pub(crate) turn: ActivationId,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) item: Option<u32>,
    /// The moment with which the call began; until that is written, nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) began: Option<MomentId>,
}

/// A node turn. Its id is the record's and its place in the list, unless an older one is carried along.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct StoredActivation<'a> {
    #[serde(borrow)]
    pub(crate) node: Cow<'a, str>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<ActivationId>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(crate) items: Option<&'a RawValue>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) limit: Option<usize>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(crate) questions: Option<Vec<StoredQuestion<'a>>>,
    /// What it is there to take on.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) failures: Vec<Failure>,
}

impl StoredActivation<'_> {
    /// How many items it has, in a `for`.
    pub(super) fn item_count(&self) -> Option<usize> {
        let items = serde_json::from_str::<Vec<IgnoredAny>>(self.items?.get());
        Some(items.map_or(0, |items| items.len()))
    }

    /// Whether it waits, and has tasks that don't.
    pub(super) fn waits_in_part(&self) -> bool {
        let (Some(count), Some(questions)) = (self.item_count(), &self.questions) else {
            return false;
        };
        let waiting: BTreeSet<_> = questions.iter().map(|question| question.item).collect();
        waiting.len() < count
    }
}

/// What a node turn asks.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct StoredQuestions<'a> {
    pub(crate) id: ActivationId,
    #[serde(borrow)]
    pub(crate) questions: Vec<StoredQuestion<'a>>,
}

/// One question, or a time that is waited for.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct StoredQuestion<'a> {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) item: Option<u32>,
    #[serde(borrow, default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<Cow<'a, str>>,
    /// Its id, unless that is made of the turn, the item and the name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) id: Option<QuestionId>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) due: Option<Timestamp>,
    /// What is asked; nothing where only the clock answers.
    #[serde(
        borrow,
        default,
        deserialize_with = "as_it_is",
        skip_serializing_if = "Option::is_none"
    )]
    pub(crate) question: Option<&'a RawValue>,
}

/// What is there is there, also a `null`.
fn as_it_is<'de: 'a, 'a, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<&'a RawValue>, D::Error> {
    <&RawValue>::deserialize(deserializer).map(Some)
}
