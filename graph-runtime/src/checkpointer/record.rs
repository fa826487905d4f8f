//! What goes in and out of a checkpointer: records, writes, and what is asked for.

use std::collections::HashMap;
use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::id::{ActivationId, InvalidId, MomentId, QuestionId, Timestamp, check_name, split_name};

/// What a checkpointer stores of a moment: a change to its parent, or a snapshot.
///
/// The payload is opaque; its checksum covers the other parts too, and the thread, so that a row that was
/// changed or swapped is found out when it is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
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
    /// When the thread wants to be woken, as long as this record is its head.
    pub due: Option<Timestamp>,
    /// The change or snapshot, with its checksum.
    #[serde(with = "serde_bytes")]
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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Write {
    /// What it belongs to.
    pub key: WriteKey,
    /// What happened, with its checksum.
    #[serde(with = "serde_bytes")]
    pub payload: Vec<u8>,
}

/// What a write belongs to. A thread has one write of each key at most.
///
/// Its text is `01J9ZQ4S7N2K0M4T3V5W6X7Y8Z-0/answer`, with `.3` before the kind for an item and `:size`
/// behind it for a name.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct WriteKey {
    /// The node's turn.
    pub activation: ActivationId,
    /// Which item, where the turn is a `for`.
    pub item: Option<u32>,
    /// What kind of thing happened.
    pub kind: WriteKind,
    /// Which one, where several of a kind happen in a turn.
    pub name: Option<Arc<str>>,
}

impl WriteKey {
    /// Of a whole turn.
    pub fn of_turn(activation: ActivationId, kind: WriteKind) -> Self {
        Self {
            activation,
            item: None,
            kind,
            name: None,
        }
    }

    /// Of what a question names.
    pub fn of_question(id: QuestionId, kind: WriteKind) -> Self {
        let QuestionId {
            activation,
            item,
            name,
        } = id;
        Self {
            activation,
            item,
            kind,
            name,
        }
    }

    /// The turn, the item and the name, whatever happened there.
    pub fn question(&self) -> QuestionId {
        QuestionId {
            activation: self.activation,
            item: self.item,
            name: self.name.clone(),
        }
    }

    /// Refuses a name that not every backend could store.
    ///
    /// # Errors
    /// The reason.
    pub(super) fn check(&self) -> Result<(), InvalidId> {
        self.name
            .as_ref()
            .map_or(Ok(()), |name| check_name("write", name))
    }
}

impl fmt::Display for WriteKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.activation)?;
        if let Some(item) = self.item {
            write!(f, ".{item}")?;
        }
        write!(f, "/{}", self.kind.as_str())?;
        match &self.name {
            Some(name) => write!(f, ":{name}"),
            None => Ok(()),
        }
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
        let (turn, rest) = text.split_once('/').ok_or_else(malformed)?;
        let (kind, name) = split_name("write", rest)?;
        let turn: QuestionId = turn.parse()?;
        // A name comes last, or nowhere.
        if turn.name.is_some() {
            return Err(malformed());
        }
        Ok(Self {
            name,
            ..Self::of_question(turn, kind.parse()?)
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
    /// A sub-step within the turn finished: its result.
    Once,
    /// The turn was begun once more; named by which time it was.
    Attempt,
    /// The turn failed in an orderly way: what it said.
    Failed,
    /// An effect is about to begin.
    Claim,
    /// Somebody lets it begin again.
    Requeue,
    /// A node failed for good while others were still running, and its `on_error` says who takes that on: the failure.
    Handled,
}

impl WriteKind {
    /// All of them, in their order.
    pub const ALL: [Self; 10] = [
        Self::Update,
        Self::Answer,
        Self::Pause,
        Self::Passed,
        Self::Once,
        Self::Attempt,
        Self::Failed,
        Self::Claim,
        Self::Requeue,
        Self::Handled,
    ];

    /// The word under which it is stored.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Update => "update",
            Self::Answer => "answer",
            Self::Pause => "pause",
            Self::Passed => "passed",
            Self::Once => "once",
            Self::Attempt => "attempt",
            Self::Failed => "failed",
            Self::Claim => "claim",
            Self::Requeue => "requeue",
            Self::Handled => "handled",
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
    /// How often the thread was [rewritten](super::Rewrite) so that records went.
    pub rewrites: u64,
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

/// A page of a list: of threads, by their ids, unless it says otherwise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page<After = String> {
    /// Only what comes after this in the list's order: the last one of the page before.
    pub after: Option<After>,
    /// How many at most; `None` for all.
    pub limit: Option<usize>,
}

impl<After> Default for Page<After> {
    fn default() -> Self {
        Self {
            after: None,
            limit: None,
        }
    }
}

impl Page<(String, Timestamp)> {
    /// Puts threads into the order of their times, and cuts out the page. For backends whose database doesn't.
    pub fn of(&self, mut threads: Vec<(String, Timestamp)>) -> Vec<(String, Timestamp)> {
        threads.sort_unstable_by(|one, other| by_time(one).cmp(&by_time(other)));
        if let Some(after) = &self.after {
            threads.retain(|entry| by_time(entry) > by_time(after));
        }
        threads.truncate(self.limit.unwrap_or(usize::MAX));
        threads
    }
}

fn by_time((thread, time): &(String, Timestamp)) -> (Timestamp, &str) {
    (*time, thread)
}
