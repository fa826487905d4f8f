//! What goes in and out of a checkpointer: records, writes, and what is asked for.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::id::{ActivationId, InvalidId, MomentId, Timestamp};

/// What a checkpointer stores of a moment: a change to its parent, or a snapshot.
///
/// The payload is opaque; its checksum covers the other parts too, and the thread, so that a row that was
/// changed or swapped is found out when it is read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// The moment's id.
    pub id: MomentId,
    /// The moment that it goes on from; `None` for a thread's first.
    pub parent: Option<MomentId>,
    /// The nearest snapshot on the way back, from which it is rebuilt: its own id if it is one.
    pub base: MomentId,
    /// The order of writing within the thread, over all branches, from 1. Databases count with a sign, so
    /// it ends at `i64::MAX`.
    pub sequence: u64,
    /// How many steps lie behind it on its branch, inputs among them.
    pub step: u64,
    /// What made it.
    pub source: Source,
    /// When.
    pub created_at: Timestamp,
    /// The change or snapshot, with its checksum.
    pub payload: Vec<u8>,
}

impl Record {
    /// Whether it holds the whole state rather than a change.
    pub fn is_snapshot(&self) -> bool {
        self.base == self.id
    }
}

/// What made a moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// An input was merged.
    Input,
    /// Nodes ran.
    Step,
    /// Somebody set values by hand.
    Update,
    /// A branch began at an older moment.
    Fork,
}

impl Source {
    /// The word under which it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Step => "step",
            Self::Update => "update",
            Self::Fork => "fork",
        }
    }
}

impl FromStr for Source {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        [Self::Input, Self::Step, Self::Update, Self::Fork]
            .into_iter()
            .find(|source| source.as_str() == text)
            .ok_or_else(|| InvalidId::Malformed {
                what: "source",
                text: text.to_owned(),
                form: "input",
            })
    }
}

/// Something that happened beside the records: kept until a record takes it in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// What it belongs to.
    pub key: WriteKey,
    /// What happened, with its checksum.
    pub payload: Vec<u8>,
}

/// What a write belongs to. A thread has one write of each key at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WriteKey {
    /// The node's turn.
    pub activation: ActivationId,
    /// Which item, where the turn is a `for`.
    pub item: Option<u32>,
    /// What kind of thing happened.
    pub kind: WriteKind,
}

impl fmt::Display for WriteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.activation)?;
        self.item.map_or(Ok(()), |item| write!(f, ".{item}"))?;
        write!(f, "/{}", self.kind.as_str())
    }
}

impl FromStr for WriteKey {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let malformed = || InvalidId::Malformed {
            what: "write",
            text: text.to_owned(),
            form: "01J9ZQ4S7N2K0M4T3V5W6X7Y8Z-0/update",
        };
        let (question, kind) = text.split_once('/').ok_or_else(malformed)?;
        let question: crate::id::QuestionId = question.parse()?;
        Ok(Self {
            activation: question.activation,
            item: question.item,
            kind: kind.parse()?,
        })
    }
}

/// What kind of thing a write records.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum WriteKind {
    /// A node finished while others were still running: its update.
    Update,
    /// A question was answered.
    Answer,
    /// The run paused here, as it was told to.
    Pause,
    /// Somebody let the run go on past that pause.
    Passed,
}

impl WriteKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Update, Self::Answer, Self::Pause, Self::Passed];

    /// The word under which it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Update => "update",
            Self::Answer => "answer",
            Self::Pause => "pause",
            Self::Passed => "passed",
        }
    }
}

impl FromStr for WriteKind {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == text)
            .ok_or_else(|| InvalidId::Malformed {
                what: "kind of write",
                text: text.to_owned(),
                form: "update",
            })
    }
}

/// Which moment to load.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum At {
    /// What was written last.
    Head,
    /// This one.
    Moment(MomentId),
}

/// What a moment is rebuilt from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Chain {
    /// A snapshot and the changes up to the moment, oldest first. Never empty.
    pub records: Vec<Record>,
    /// The thread's writes in the order of their keys, if the moment is the head; else empty.
    pub writes: Vec<Write>,
    /// The thread's highest sequence, over all branches.
    pub sequence: u64,
    /// The thread's head.
    pub head: Option<MomentId>,
}

impl Chain {
    /// Picks a moment's line out of the records that share its base, by following parents.
    ///
    /// For backends: query by `base` and `sequence`, then call this. Returns the line oldest first; it is
    /// shorter than it should be where records are missing, which loading reports as damage.
    pub fn line(tip: MomentId, candidates: Vec<Record>) -> Vec<Record> {
        let mut by_id: HashMap<_, _> = candidates
            .into_iter()
            .map(|record| (record.id, record))
            .collect();
        let mut line = Vec::new();
        let mut next = Some(tip);
        while let Some(record) = next.and_then(|id| by_id.remove(&id)) {
            next = if record.is_snapshot() {
                None
            } else {
                record.parent
            };
            line.push(record);
        }
        line.reverse();
        line
    }
}

/// Which records to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// Only records written before the one with this sequence.
    pub before: Option<u64>,
    /// How many at most; `None` for all.
    pub limit: Option<usize>,
    /// Leave out the records of inputs.
    pub without_inputs: bool,
}

/// Which threads to list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// Only ids after this one, in byte order.
    pub after: Option<String>,
    /// How many at most; `None` for all.
    pub limit: Option<usize>,
}
