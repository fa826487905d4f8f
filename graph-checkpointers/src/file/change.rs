//! What changes a thread: each change is made by the one file that is replaced at its end.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use graph_runtime::{Commit, MomentId, StoreError, ThreadKey, Timestamp, Write};

use super::head::{Gone, Head};
use super::place::Place;
use super::{disk, entry, name, users};

/// What the directories of threads that are being removed begin with.
const REMOVED: &str = "~gone-";

pub(super) fn commit(place: &Place, key: &ThreadKey, commit: &Commit) -> Result<(), StoreError> {
    let _lock = place.lock_thread(key)?;
    finish_forgetting(&place.thread(key))?;
    let found = Head::of(place, key)?;
    let standing = found.as_ref().map(Head::standing).unwrap_or_default();
    if !commit.applies(standing)? || commit.is_empty() {
        return Ok(());
    }
    let directory = place.of(key);
    let begins = found.is_none();
    let old = found.unwrap_or_else(|| Head::new(key));
    let writes = changed_writes(&directory, &old, commit)?;
    if writes.is_none() && commit.records.is_empty() {
        return Ok(());
    }
    let records = old.records(&directory);
    if begins {
        place.make(&records)?;
    }
    clean(&directory, &old)?;
    for record in &commit.records {
        entry::write_record(&records, record)?;
    }
    disk::sync(&records).map_err(|error| disk::failed(&records, &error))?;
    let new = following(&old, commit, &directory, writes)?;
    new.replace(&directory)?;
    if let Some(gone) = old.writes.filter(|_| new.writes != old.writes) {
        // It doesn't count any more; the next commit removes it where this fails.
        let _ = disk::remove(&entry::writes(&directory, gone));
    }
    Ok(())
}

/// The writes after a commit; `None` where it changes nothing about them.
fn changed_writes(
    directory: &Path,
    old: &Head,
    commit: &Commit,
) -> Result<Option<Vec<Write>>, StoreError> {
    if commit.writes.is_empty() && (commit.consumed.is_empty() || old.writes.is_none()) {
        return Ok(None);
    }
    let before = match old.writes {
        Some(number) => entry::read_writes(&entry::writes(directory, number))?,
        None => Vec::new(),
    };
    let keyed = before
        .iter()
        .map(|write| (write.key.clone(), write.payload.clone()));
    let mut writes: BTreeMap<_, _> = keyed.collect();
    writes.retain(|key, _| !commit.consumed.contains(&key.activation));
    for write in &commit.writes {
        writes
            .entry(write.key.clone())
            .or_insert_with(|| write.payload.clone());
    }
    let after: Vec<_> = writes
        .into_iter()
        .map(|(key, payload)| Write { key, payload })
        .collect();
    Ok(Some(after).filter(|after| *after != before))
}

/// The head after a commit, whose writes are on the disk.
fn following(
    old: &Head,
    commit: &Commit,
    directory: &Path,
    writes: Option<Vec<Write>>,
) -> Result<Head, StoreError> {
    let mut new = old.clone();
    new.commits += 1;
    if let Some(last) = commit.records.last() {
        new.moment = Some(last.id);
        new.sequence = last.sequence;
        new.due = last.due;
    }
    if let Some(writes) = writes {
        new.writes = (!writes.is_empty()).then_some(new.commits);
        if let Some(number) = new.writes {
            entry::write_writes(&entry::writes(directory, number), &writes)?;
        }
    }
    Ok(new)
}

/// Removes what doesn't count: what a commit or a rewrite has left that didn't come to its end, or has replaced. A
/// record would count as soon as the head is above it.
pub(super) fn clean(directory: &Path, head: &Head) -> Result<(), StoreError> {
    let records = head.records(directory);
    for file in disk::names(&records)? {
        let counts = entry::parse_file(&file).is_none_or(|(sequence, _)| sequence <= head.sequence);
        if !counts {
            disk::remove(&records.join(file))?;
        }
    }
    let kept = head.writes.map(|number| entry::writes(directory, number));
    for file in disk::names(directory)? {
        let path = directory.join(&file);
        if file.starts_with(entry::WRITES) && Some(&path) != kept.as_ref() {
            disk::remove(&path)?;
        } else if file.starts_with(entry::RECORDS) && path != records {
            disk::remove_all(&path)?;
        }
    }
    Ok(())
}

pub(super) fn delete(place: &Place, key: &ThreadKey) -> Result<(), StoreError> {
    let _lock = place.lock_thread(key)?;
    let thread = place.thread(key);
    finish_forgetting(&thread)?;
    if !key.path().is_empty() {
        if thread.is_dir() {
            Gone::new(key).write(&thread)?;
            finish_forgetting(&thread)?;
        }
        return Ok(());
    }
    users::free(place, key)?;
    let namespace = place.namespace(key.namespace());
    if thread.is_dir() {
        let away = namespace.join(format!("{REMOVED}{}", MomentId::at(Timestamp::now())));
        fs::rename(&thread, &away).map_err(|error| disk::failed(&thread, &error))?;
        disk::sync(&namespace).map_err(|error| StoreError::Unknown(error.into()))?;
    }
    // Also those of whoever was killed here before.
    for removed in disk::names(&namespace)? {
        if removed.starts_with(REMOVED) {
            disk::remove_all(&namespace.join(removed))?;
        }
    }
    Ok(())
}

/// Removes what was said to be gone below a thread.
pub(super) fn finish_forgetting(thread: &Path) -> Result<(), StoreError> {
    let Some(gone) = Gone::read(thread)? else {
        return Ok(());
    };
    for step in disk::names(thread)? {
        if !step.starts_with(name::STEP) {
            continue;
        }
        let directory = thread.join(&step);
        let path = match name::decode_path(&step) {
            Some(path) => Some(path),
            None => Head::read(&directory)?.map(|head| head.path),
        };
        if path.is_some_and(|path| gone.takes_path(&path)) {
            // Without its head it is nothing, whatever else is still there.
            disk::remove_all(&directory)?;
        }
    }
    let sync = || disk::sync(thread).map_err(|error| disk::failed(thread, &error));
    sync()?;
    disk::remove(&Gone::file(thread))?;
    sync()
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "these are tests")]
mod tests {
    use super::super::read;
    use super::*;
    use graph_runtime::{ActivationId, At, WriteKey, WriteKind};

    fn writing() -> Commit {
        let moment = MomentId::at(Timestamp::now());
        let turn = ActivationId { moment, index: 0 };
        let key = WriteKey::of_turn(turn, WriteKind::Update);
        let payload = b"done".to_vec();
        Commit {
            writes: vec![Write { key, payload }],
            ..Commit::default()
        }
    }

    /// As if the process had been killed after it was said what goes and before it went.
    #[test]
    fn what_is_said_to_be_gone_is_gone_and_goes_with_the_next_change() {
        let directory = tempfile::tempdir().unwrap();
        let place = Place::open(directory.path()).unwrap();
        let thread = ThreadKey::new("tests", "t").unwrap();
        let gone = thread.child("a").unwrap();
        let long = gone.child(&"X".repeat(300)).unwrap();
        let kept = thread.child("ab").unwrap();
        for key in [&gone, &long, &kept] {
            commit(&place, key, &writing()).unwrap();
        }
        Gone::new(&gone).write(&place.thread(&thread)).unwrap();
        for key in [&gone, &long] {
            assert!(read::writes(&place, key).unwrap().is_empty());
        }
        assert_eq!(read::writes(&place, &kept).unwrap().len(), 1);
        commit(&place, &thread, &writing()).unwrap();
        assert!(!place.of(&gone).exists() && !place.of(&long).exists());
        assert_eq!(read::writes(&place, &kept).unwrap().len(), 1);
        commit(&place, &long, &writing()).unwrap();
        assert_eq!(read::writes(&place, &long).unwrap().len(), 1);
        assert_eq!(read::load(&place, &long, At::Head).unwrap(), None);
    }
}
