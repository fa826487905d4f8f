//! Commits and rewrites: how they are judged, and what they change.

use std::collections::{BTreeSet, HashSet};

use ::mongodb::bson::{Bson, Document, doc};
use graph_runtime::{ActivationId, Commit, Record, Rewrite, StoreError, ThreadKey, WriteKey};

use super::change::Change;
use super::database::Database;
use super::document::{parsed, unsigned};
use super::entry::{self, MESSAGE, RECORD, WRITE};
use super::lease::arm;
use super::part::{Part, Place, begin, look};
use super::tries::Tries;
use crate::signed::micros;

pub(super) async fn commit(
    database: &Database,
    key: &ThreadKey,
    commit: &Commit,
) -> Result<(), StoreError> {
    let mut tries = Tries::default();
    loop {
        tries.next().await?;
        let place = look(database, key).await?;
        if !commit.applies(place.standing())? || commit.is_empty() {
            return Ok(());
        }
        let Some(part) = place.part() else {
            if commit.records.is_empty() && commit.writes.is_empty() {
                return Ok(());
            }
            begin(database, key, &place).await?;
            continue;
        };
        if commit.epoch != 0 && !arm(database, &place, commit.epoch).await? {
            continue;
        }
        let change = of_commit(database, &place, part, commit).await?;
        if change.is_empty() {
            return Ok(());
        }
        let head = commit.records.last();
        let head = head.map_or_else(Document::new, |head| new_head(&place, head));
        if change.decide(head).await? {
            return Ok(());
        }
    }
}

/// What a commit adds and takes away.
async fn of_commit<'c>(
    database: &'c Database,
    place: &'c Place,
    part: &'c Part,
    commit: &Commit,
) -> Result<Change<'c>, StoreError> {
    let mut change = Change::new(database, place, part);
    for record in &commit.records {
        change.add(|origin, id| entry::of_record(origin, id, record));
    }
    let consumed: HashSet<_> = commit.consumed.iter().copied().collect();
    let written = commit.writes.iter().map(|write| write.key.activation);
    let turns = consumed.iter().copied().chain(written);
    let mut kept: HashSet<WriteKey> = HashSet::new();
    let mut gone = 0;
    for found in writes_of(database, part, turns).await? {
        let key = entry::key(&found)?;
        if consumed.contains(&key.activation) {
            change.take(&found)?;
            gone += 1;
        } else {
            kept.insert(key);
        }
    }
    let mut added = 0;
    for write in &commit.writes {
        if kept.insert(write.key.clone()) {
            change.add(|origin, id| entry::of_write(origin, id, write));
            added += 1;
        }
    }
    change.count_writes(added, gone);
    let received: Vec<_> = commit
        .received
        .iter()
        .map(|position| Bson::from(position.cast_signed()))
        .collect();
    for message in entry::with_any(database, part, MESSAGE, "position", &received).await? {
        change.take(&message)?;
    }
    Ok(change)
}

/// The writes that some turns have.
async fn writes_of(
    database: &Database,
    part: &Part,
    turns: impl Iterator<Item = ActivationId>,
) -> Result<Vec<Document>, StoreError> {
    if part.writes == 0 {
        return Ok(Vec::new());
    }
    let turns: BTreeSet<_> = turns.map(|turn| turn.to_string()).collect();
    let turns: Vec<_> = turns.into_iter().map(Bson::from).collect();
    entry::with_any(database, part, WRITE, "turn", &turns).await
}

/// What the document says whose head is that record.
fn new_head(place: &Place, head: &Record) -> Document {
    let mut new = doc! {
        "head": head.id.to_string(),
        "sequence": head.sequence.cast_signed(),
        "base": head.base.to_string(),
    };
    if place.is_root {
        new.insert("due", head.due.map(micros));
        new.insert("written", micros(head.created_at));
    }
    new
}

pub(super) async fn rewrite(
    database: &Database,
    key: &ThreadKey,
    rewrite: &Rewrite,
) -> Result<(), StoreError> {
    let mut tries = Tries::default();
    loop {
        tries.next().await?;
        let place = look(database, key).await?;
        rewrite.applies(place.standing())?;
        let Some(part) = place.part() else {
            return Ok(());
        };
        let change = of_rewrite(database, &place, part, rewrite).await?;
        let mut head = doc! { "rewrites": rewrite.rewrites_after().cast_signed() };
        let mut replaced = rewrite.replaced.iter();
        let new = replaced.find(|record| part.head == Some((record.id, record.sequence)));
        if let Some(new) = new {
            head.extend(new_head(&place, new));
        }
        if change.decide(head).await? {
            return Ok(());
        }
    }
}

/// What a rewrite adds and takes away. What is replaced is taken away and added anew.
async fn of_rewrite<'c>(
    database: &'c Database,
    place: &'c Place,
    part: &'c Part,
    rewrite: &Rewrite,
) -> Result<Change<'c>, StoreError> {
    let mut change = Change::new(database, place, part);
    let replaced = rewrite.replaced.iter().map(|record| record.id);
    let ids = rewrite.removed.iter().copied().chain(replaced);
    let ids: Vec<_> = ids.map(|id| Bson::from(id.to_string())).collect();
    let removed: HashSet<_> = rewrite.removed.iter().copied().collect();
    let mut there = HashSet::new();
    for found in entry::with_any(database, part, RECORD, "id", &ids).await? {
        let id = parsed(&found, "id")?;
        let place = (id, unsigned(&found, "sequence")?);
        let mut records = rewrite.replaced.iter();
        let is_replaced = records.any(|record| (record.id, record.sequence) == place);
        if is_replaced {
            there.insert(place);
        }
        if is_replaced || removed.contains(&id) {
            change.take(&found)?;
        }
    }
    for record in &rewrite.replaced {
        if there.remove(&(record.id, record.sequence)) {
            change.add(|origin, id| entry::of_record(origin, id, record));
        }
    }
    let turns = rewrite.writes.iter().map(|write| write.key.activation);
    for found in writes_of(database, part, turns).await? {
        let key = entry::key(&found)?;
        if let Some(write) = rewrite.writes.iter().find(|write| write.key == key) {
            change.take(&found)?;
            change.add(|origin, id| entry::of_write(origin, id, write));
        }
    }
    Ok(change)
}
