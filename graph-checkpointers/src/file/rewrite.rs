//! Rewriting a thread: its records go into a new directory, which counts as soon as the head names it.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

use graph_runtime::{MomentId, Record, Rewrite, StoreError, ThreadKey, WriteKey};

use super::change::{clean, finish_forgetting};
use super::head::Head;
use super::place::Place;
use super::{disk, entry};

pub(super) fn rewrite(place: &Place, key: &ThreadKey, rewrite: &Rewrite) -> Result<(), StoreError> {
    let _lock = place.lock_thread(key)?;
    finish_forgetting(&place.thread(key))?;
    let found = Head::of(place, key)?;
    rewrite.applies(found.as_ref().map(Head::standing).unwrap_or_default())?;
    let Some(old) = found.filter(|_| !rewrite.is_empty()) else {
        return Ok(());
    };
    let directory = place.of(key);
    clean(&directory, &old)?;
    let mut new = old.clone();
    new.commits += 1;
    new.rewrites = rewrite.rewrites_after();
    if !(rewrite.removed.is_empty() && rewrite.replaced.is_empty()) {
        new.records = Some(new.commits);
        write_anew(&old.records(&directory), &new.records(&directory), rewrite)?;
    }
    if let Some(number) = old.writes.filter(|_| !rewrite.writes.is_empty()) {
        new.writes = Some(new.commits);
        replace_writes(&directory, number, new.commits, rewrite)?;
    }
    new.replace(&directory)?;
    // What doesn't count any more goes now, or with the next change where this fails.
    let _ = clean(&directory, &new);
    Ok(())
}

/// Puts what is left of the records into a directory of its own.
fn write_anew(from: &Path, to: &Path, rewrite: &Rewrite) -> Result<(), StoreError> {
    let removed: HashSet<MomentId> = rewrite.removed.iter().copied().collect();
    let named = |record: &'_ Record| entry::file(record.sequence, record.id);
    let replaced = rewrite.replaced.iter();
    let replaced: HashMap<_, _> = replaced.map(|record| (named(record), record)).collect();
    disk::make(to)?;
    for file in disk::names(from)? {
        let Some((sequence, id)) = entry::parse_file(&file) else {
            continue;
        };
        if removed.contains(&id) {
            continue;
        }
        match replaced.get(&file) {
            None => share(&from.join(&file), &to.join(&file))?,
            Some(now) => {
                let before = entry::read_record(from, sequence, id)?;
                let record = Record {
                    parent: now.parent,
                    base: now.base,
                    payload: now.payload.clone(),
                    ..before
                };
                entry::write_record(to, &record)?;
            }
        }
    }
    disk::sync(to).map_err(|error| disk::failed(to, &error))
}

/// Has a file in another directory too. What is written once is never changed, so both may be one file.
fn share(from: &Path, to: &Path) -> Result<(), StoreError> {
    match fs::hard_link(from, to) {
        Ok(()) => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound => Err(disk::failed(from, &error)),
        // Not every file system has files of two names.
        Err(_) => {
            let body = disk::read_bytes(from)?;
            let body = body.ok_or_else(|| disk::damaged(from, "it is missing"))?;
            disk::write_bytes(to, &[&body])
        }
    }
}

fn replace_writes(
    directory: &Path,
    old: u64,
    new: u64,
    rewrite: &Rewrite,
) -> Result<(), StoreError> {
    let payload_of = |key: &WriteKey| {
        let mut given = rewrite.writes.iter().rev();
        given.find(|write| write.key == *key)
    };
    let mut writes = entry::read_writes(&entry::writes(directory, old))?;
    for write in &mut writes {
        if let Some(now) = payload_of(&write.key) {
            write.payload.clone_from(&now.payload);
        }
    }
    entry::write_writes(&entry::writes(directory, new), &writes)
}
