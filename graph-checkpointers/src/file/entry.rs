//! Records and writes as text: a line that says what it is, and the payload as it is.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use graph_runtime::{MomentId, Record, Source, StoreError, Timestamp, Write};
use serde::{Deserialize, Serialize};

use super::disk;

#[derive(Serialize, Deserialize)]
struct RecordLine {
    id: MomentId,
    parent: Option<MomentId>,
    base: MomentId,
    sequence: u64,
    step: u64,
    source: Source,
    created_at: Timestamp,
    due: Option<Timestamp>,
}

#[derive(Serialize, Deserialize)]
struct WriteLine<'a> {
    key: Cow<'a, str>,
    bytes: usize,
}

/// The records of a thread or a path, as they were written one by one, or by a rewrite.
pub(super) fn records(directory: &Path, rewrite: Option<u64>) -> PathBuf {
    directory.join(match rewrite {
        None => RECORDS.to_owned(),
        Some(number) => format!("{RECORDS}-{number}"),
    })
}

/// What the names of directories with records begin with.
pub(super) const RECORDS: &str = "records";

/// The writes that a commit wrote.
pub(super) fn writes(directory: &Path, commit: u64) -> PathBuf {
    directory.join(format!("{WRITES}{commit}.json"))
}

/// What the names of files with writes begin with.
pub(super) const WRITES: &str = "writes-";

/// The file of a record, among the others: by its place in the order, which can be read from the name.
pub(super) fn file(sequence: u64, id: MomentId) -> String {
    // No capital letters, for disks that don't tell them from small ones.
    format!("{sequence:019}-{id}.json").to_lowercase()
}

/// The place and the id that a file's name says; `None` for what isn't a record.
pub(super) fn parse_file(file: &str) -> Option<(u64, MomentId)> {
    let (sequence, id) = file.strip_suffix(".json")?.split_once('-')?;
    Some((sequence.parse().ok()?, id.to_uppercase().parse().ok()?))
}

pub(super) fn write_record(directory: &Path, record: &Record) -> Result<(), StoreError> {
    let line = RecordLine {
        id: record.id,
        parent: record.parent,
        base: record.base,
        sequence: record.sequence,
        step: record.step,
        source: record.source,
        created_at: record.created_at,
        due: record.due,
    };
    let mut text = disk::line(&line).map_err(StoreError::unavailable)?;
    text.extend_from_slice(&record.payload);
    disk::write(&directory.join(file(record.sequence, record.id)), &text)
}

/// Reads a record that counts.
pub(super) fn read_record(
    directory: &Path,
    sequence: u64,
    id: MomentId,
) -> Result<Record, StoreError> {
    let path = directory.join(file(sequence, id));
    let mut text = disk::read(&path)?.ok_or_else(|| disk::damaged(&path, "it is missing"))?;
    let end = end_of_line(&path, &text)?;
    let line: RecordLine = disk::parse(&path, &text[..end])?;
    if (line.sequence, line.id) != (sequence, id) {
        return Err(disk::damaged(&path, "it holds another record"));
    }
    text.drain(..=end);
    Ok(Record {
        id,
        parent: line.parent,
        base: line.base,
        sequence,
        step: line.step,
        source: line.source,
        created_at: line.created_at,
        due: line.due,
        payload: text,
    })
}

pub(super) fn write_writes(path: &Path, writes: &[Write]) -> Result<(), StoreError> {
    let mut text = Vec::new();
    for write in writes {
        let line = WriteLine {
            key: write.key.to_string().into(),
            bytes: write.payload.len(),
        };
        text.extend(disk::line(&line).map_err(StoreError::unavailable)?);
        text.extend_from_slice(&write.payload);
        text.push(b'\n');
    }
    disk::write(path, &text)
}

pub(super) fn read_writes(path: &Path) -> Result<Vec<Write>, StoreError> {
    let text = disk::read(path)?.ok_or_else(|| disk::damaged(path, "it is missing"))?;
    let mut rest = text.as_slice();
    let mut writes = Vec::new();
    while !rest.is_empty() {
        let end = end_of_line(path, rest)?;
        let line: WriteLine<'_> = disk::parse(path, &rest[..end])?;
        rest = &rest[end + 1..];
        let short = || disk::damaged(path, "a write is shorter than it says");
        let (payload, after) = rest.split_at_checked(line.bytes).ok_or_else(short)?;
        rest = after.strip_prefix(b"\n").ok_or_else(short)?;
        writes.push(Write {
            key: line
                .key
                .parse()
                .map_err(|error| disk::damaged(path, error))?,
            payload: payload.to_vec(),
        });
    }
    Ok(writes)
}

fn end_of_line(path: &Path, text: &[u8]) -> Result<usize, StoreError> {
    let end = text.iter().position(|&byte| byte == b'\n');
    end.ok_or_else(|| disk::damaged(path, "a line has no end"))
}
