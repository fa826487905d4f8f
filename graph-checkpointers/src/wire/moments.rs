//! Commits, chains, records, writes, messages and rewrites as lines with their payloads behind them: records
//! first, then writes.

use graph_runtime::{
    ActivationId, Chain, Commit, Expect, Message, MomentId, Record, Rewrite, Source, Timestamp,
    Write, WriteKey,
};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use super::frame::{Broken, Frame, Payloads, joined, split};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordLine {
    id: MomentId,
    parent: Option<MomentId>,
    base: MomentId,
    sequence: u64,
    step: u64,
    source: Source,
    created_at: Timestamp,
    due: Option<Timestamp>,
    bytes: u64,
}

impl From<&Record> for RecordLine {
    fn from(record: &Record) -> Self {
        Self {
            id: record.id,
            parent: record.parent,
            base: record.base,
            sequence: record.sequence,
            step: record.step,
            source: record.source,
            created_at: record.created_at,
            due: record.due,
            bytes: record.payload.len() as u64,
        }
    }
}

impl RecordLine {
    fn with(self, payloads: &mut Payloads<'_>) -> Result<Record, Broken> {
        Ok(Record {
            id: self.id,
            parent: self.parent,
            base: self.base,
            sequence: self.sequence,
            step: self.step,
            source: self.source,
            created_at: self.created_at,
            due: self.due,
            payload: payloads.take(self.bytes)?,
        })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WriteLine {
    key: WriteKey,
    bytes: u64,
}

impl From<&Write> for WriteLine {
    fn from(write: &Write) -> Self {
        Self {
            key: write.key.clone(),
            bytes: write.payload.len() as u64,
        }
    }
}

impl WriteLine {
    fn with(self, payloads: &mut Payloads<'_>) -> Result<Write, Broken> {
        Ok(Write {
            key: self.key,
            payload: payloads.take(self.bytes)?,
        })
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MessageLine {
    position: u64,
    bytes: u64,
}

/// A head that is expected: `any`, `none`, or a moment's id.
struct Expected(Expect);

const ANY: &str = "any";
const NONE: &str = "none";

impl Serialize for Expected {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            Expect::Any => serializer.serialize_str(ANY),
            Expect::Head(None) => serializer.serialize_str(NONE),
            Expect::Head(Some(head)) => serializer.collect_str(&head),
        }
    }
}

impl<'de> Deserialize<'de> for Expected {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Ok(Self(match text.as_str() {
            ANY => Expect::Any,
            NONE => Expect::Head(None),
            head => Expect::Head(Some(head.parse().map_err(D::Error::custom)?)),
        }))
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CommitLine {
    expected: Expected,
    records: Vec<RecordLine>,
    writes: Vec<WriteLine>,
    consumed: Vec<ActivationId>,
    received: Vec<u64>,
    rewrites: u64,
    epoch: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ChainLine {
    records: Vec<RecordLine>,
    writes: Vec<WriteLine>,
    sequence: u64,
    head: Option<MomentId>,
    rewrites: u64,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RewriteLine {
    expected: Expected,
    rewrites: u64,
    removed: Vec<MomentId>,
    replaced: Vec<RecordLine>,
    writes: Vec<WriteLine>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordsLine {
    records: Vec<RecordLine>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WritesLine {
    writes: Vec<WriteLine>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MessagesLine {
    messages: Vec<MessageLine>,
}

fn lines<'a, T: 'a, L: From<&'a T>>(items: &'a [T]) -> Vec<L> {
    items.iter().map(L::from).collect()
}

fn payloads<'a>(
    records: &'a [Record],
    writes: &'a [Write],
) -> impl Iterator<Item = &'a [u8]> + Clone {
    let records = records.iter().map(|record| record.payload.as_slice());
    records.chain(writes.iter().map(|write| write.payload.as_slice()))
}

fn records(lines: Vec<RecordLine>, payloads: &mut Payloads<'_>) -> Result<Vec<Record>, Broken> {
    lines.into_iter().map(|line| line.with(payloads)).collect()
}

fn writes(lines: Vec<WriteLine>, payloads: &mut Payloads<'_>) -> Result<Vec<Write>, Broken> {
    lines.into_iter().map(|line| line.with(payloads)).collect()
}

impl Frame for Commit {
    fn body(&self) -> serde_json::Result<Vec<u8>> {
        let line = CommitLine {
            expected: Expected(self.expected),
            records: lines(&self.records),
            writes: lines(&self.writes),
            consumed: self.consumed.clone(),
            received: self.received.clone(),
            rewrites: self.rewrites,
            epoch: self.epoch,
        };
        joined(&line, payloads(&self.records, &self.writes))
    }

    fn read(body: &[u8]) -> Result<Self, Broken> {
        let (line, mut rest) = split::<CommitLine>(body)?;
        let commit = Self {
            expected: line.expected.0,
            records: records(line.records, &mut rest)?,
            writes: writes(line.writes, &mut rest)?,
            consumed: line.consumed,
            received: line.received,
            rewrites: line.rewrites,
            epoch: line.epoch,
        };
        rest.end().map(|()| commit)
    }
}

impl Frame for Chain {
    fn body(&self) -> serde_json::Result<Vec<u8>> {
        let line = ChainLine {
            records: lines(&self.records),
            writes: lines(&self.writes),
            sequence: self.sequence,
            head: self.head,
            rewrites: self.rewrites,
        };
        joined(&line, payloads(&self.records, &self.writes))
    }

    fn read(body: &[u8]) -> Result<Self, Broken> {
        let (line, mut rest) = split::<ChainLine>(body)?;
        let chain = Self {
            records: records(line.records, &mut rest)?,
            writes: writes(line.writes, &mut rest)?,
            sequence: line.sequence,
            head: line.head,
            rewrites: line.rewrites,
        };
        rest.end().map(|()| chain)
    }
}

impl Frame for Rewrite {
    fn body(&self) -> serde_json::Result<Vec<u8>> {
        let line = RewriteLine {
            expected: Expected(self.expected),
            rewrites: self.rewrites,
            removed: self.removed.clone(),
            replaced: lines(&self.replaced),
            writes: lines(&self.writes),
        };
        joined(&line, payloads(&self.replaced, &self.writes))
    }

    fn read(body: &[u8]) -> Result<Self, Broken> {
        let (line, mut rest) = split::<RewriteLine>(body)?;
        let rewrite = Self {
            expected: line.expected.0,
            rewrites: line.rewrites,
            removed: line.removed,
            replaced: records(line.replaced, &mut rest)?,
            writes: writes(line.writes, &mut rest)?,
        };
        rest.end().map(|()| rewrite)
    }
}

impl Frame for Vec<Record> {
    fn body(&self) -> serde_json::Result<Vec<u8>> {
        let line = RecordsLine {
            records: lines(self),
        };
        joined(&line, payloads(self, &[]))
    }

    fn read(body: &[u8]) -> Result<Self, Broken> {
        let (line, mut rest) = split::<RecordsLine>(body)?;
        let records = records(line.records, &mut rest)?;
        rest.end().map(|()| records)
    }
}

impl Frame for Vec<Write> {
    fn body(&self) -> serde_json::Result<Vec<u8>> {
        let line = WritesLine {
            writes: lines(self),
        };
        joined(&line, payloads(&[], self))
    }

    fn read(body: &[u8]) -> Result<Self, Broken> {
        let (line, mut rest) = split::<WritesLine>(body)?;
        let writes = writes(line.writes, &mut rest)?;
        rest.end().map(|()| writes)
    }
}

impl Frame for Vec<Message> {
    fn body(&self) -> serde_json::Result<Vec<u8>> {
        let line = |message: &Message| MessageLine {
            position: message.position,
            bytes: message.payload.len() as u64,
        };
        let line = MessagesLine {
            messages: self.iter().map(line).collect(),
        };
        joined(&line, self.iter().map(|message| message.payload.as_slice()))
    }

    fn read(body: &[u8]) -> Result<Self, Broken> {
        let (line, mut rest) = split::<MessagesLine>(body)?;
        let with = |line: MessageLine| {
            Ok(Message {
                position: line.position,
                payload: rest.take(line.bytes)?,
            })
        };
        let messages: Result<_, Broken> = line.messages.into_iter().map(with).collect();
        let messages = messages?;
        rest.end().map(|()| messages)
    }
}
