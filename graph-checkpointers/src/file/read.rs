//! What is read of threads. Nobody waits for whoever writes: what counts is never changed, only replaced.

use std::collections::HashMap;
use std::path::Path;

use graph_runtime::{
    At, Chain, MomentId, Page, Query, Record, Source, StoreError, ThreadKey, Timestamp, Write,
};

use super::head::Head;
use super::place::Place;
use super::{disk, entry, name};

/// How often something is read anew because it was replaced meanwhile, before its writers have to wait.
const TRIES: usize = 8;

/// Reads a thread as one head says it is; the default where there is none.
fn of_one_state<T: Default>(
    place: &Place,
    key: &ThreadKey,
    read: impl Fn(&Head) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    for _ in 0..TRIES {
        let Some(head) = Head::of(place, key)? else {
            return Ok(T::default());
        };
        let outcome = read(&head);
        let now = Head::of(place, key)?;
        // What only grew meanwhile was read whole.
        let same = |now: &Head| (now.life, now.records) == (head.life, head.records);
        let is_whole = outcome.is_ok() && now.as_ref().is_some_and(same);
        if now.as_ref() == Some(&head) || is_whole {
            return outcome;
        }
    }
    let _lock = place.lock_thread(key)?;
    Head::of(place, key)?.map_or_else(|| Ok(T::default()), |head| read(&head))
}

pub(super) fn load(place: &Place, key: &ThreadKey, at: At) -> Result<Option<Chain>, StoreError> {
    of_one_state(place, key, |head| {
        let Some((tip, sequence)) = head.tip() else {
            return Ok(None);
        };
        let wanted = match at {
            At::Head => tip,
            At::Moment(id) => id,
        };
        let Some(records) = line(place, key, head, wanted)? else {
            return Ok(None);
        };
        let is_head = wanted == tip;
        Ok(Some(Chain {
            records,
            writes: if is_head {
                stored_writes(place, key, head)?
            } else {
                Vec::new()
            },
            sequence,
            head: Some(tip),
            rewrites: head.rewrites,
        }))
    })
}

/// The line that leads to a moment, oldest first; `None` where there is no such moment.
fn line(
    place: &Place,
    key: &ThreadKey,
    head: &Head,
    tip: MomentId,
) -> Result<Option<Vec<Record>>, StoreError> {
    let directory = head.records(&place.of(key));
    if head.moment == Some(tip) {
        let record = entry::read_record(&directory, head.sequence, tip)?;
        if record.is_snapshot() {
            return Ok(Some(vec![record]));
        }
    }
    // Of several with one id the last one is meant.
    let mut places = HashMap::new();
    for (sequence, id) in counting(place, key, head)? {
        let last = places.entry(id).or_insert(sequence);
        *last = sequence.max(*last);
    }
    let Some(&sequence) = places.get(&tip) else {
        return Ok(None);
    };
    let mut line = vec![entry::read_record(&directory, sequence, tip)?];
    while let Some((parent, sequence)) = line.last().and_then(|last| parent(last, &places)) {
        line.push(entry::read_record(&directory, sequence, parent)?);
    }
    line.reverse();
    Ok(Some(line))
}

/// What a record goes on from, which lies before it, or the line would never end.
fn parent(record: &Record, places: &HashMap<MomentId, u64>) -> Option<(MomentId, u64)> {
    let parent = record.parent.filter(|_| !record.is_snapshot())?;
    let sequence = *places.get(&parent)?;
    (sequence < record.sequence).then_some((parent, sequence))
}

/// The records that count, by their names.
fn counting(
    place: &Place,
    key: &ThreadKey,
    head: &Head,
) -> Result<Vec<(u64, MomentId)>, StoreError> {
    let names = disk::names(&head.records(&place.of(key)))?;
    let records = names.iter().filter_map(|name| entry::parse_file(name));
    Ok(records
        .filter(|(sequence, _)| *sequence <= head.sequence)
        .collect())
}

pub(super) fn list(
    place: &Place,
    key: &ThreadKey,
    query: &Query,
) -> Result<Vec<Record>, StoreError> {
    let limit = query.limit.unwrap_or(usize::MAX);
    of_one_state(place, key, |head| {
        let mut found = counting(place, key, head)?;
        found.retain(|(sequence, _)| query.before.is_none_or(|before| *sequence < before));
        found.sort_unstable_by(|one, other| other.cmp(one));
        let directory = head.records(&place.of(key));
        let mut records = Vec::new();
        for (sequence, id) in found {
            if records.len() >= limit {
                break;
            }
            let record = entry::read_record(&directory, sequence, id)?;
            if !(query.without_inputs && record.source == Source::Input) {
                records.push(record);
            }
        }
        Ok(records)
    })
}

pub(super) fn writes(place: &Place, key: &ThreadKey) -> Result<Vec<Write>, StoreError> {
    of_one_state(place, key, |head| stored_writes(place, key, head))
}

fn stored_writes(place: &Place, key: &ThreadKey, head: &Head) -> Result<Vec<Write>, StoreError> {
    match head.writes {
        Some(number) => entry::read_writes(&entry::writes(&place.of(key), number)),
        None => Ok(Vec::new()),
    }
}

pub(super) fn threads(
    place: &Place,
    namespace: &str,
    page: &Page,
) -> Result<Vec<String>, StoreError> {
    let directory = place.namespace(namespace);
    let mut found = ids(place, namespace)?;
    let after = page.after.as_deref();
    found.retain(|(id, _)| after.is_none_or(|after| id.as_str() > after));
    found.sort_unstable();
    let limit = page.limit.unwrap_or(usize::MAX);
    let mut threads = Vec::new();
    for (id, file) in found {
        if threads.len() >= limit {
            break;
        }
        let head = Head::read(&directory.join(file))?;
        if head.is_some_and(|head| head.moment.is_some()) {
            threads.push(id);
        }
    }
    Ok(threads)
}

/// The ids of a namespace's threads, each with its directory, also of those that have no records of their own.
fn ids(place: &Place, namespace: &str) -> Result<Vec<(String, String)>, StoreError> {
    let directory = place.namespace(namespace);
    let mut found = Vec::new();
    for file in disk::names(&directory)? {
        let id = match name::decode(&file) {
            Some(id) => Some(id),
            None if file.starts_with('~') => None,
            None => Head::read(&directory.join(&file))?.map(|head| head.thread),
        };
        found.extend(id.map(|id| (id, file)));
    }
    Ok(found)
}

/// The threads whose heads say something about a time.
fn by_time(
    place: &Place,
    namespace: &str,
    page: &Page<(String, Timestamp)>,
    say: impl Fn(&Head, &Path) -> Result<Option<Timestamp>, StoreError>,
) -> Result<Vec<(String, Timestamp)>, StoreError> {
    let mut said = Vec::new();
    for (id, _) in ids(place, namespace)? {
        let key = ThreadKey::new(namespace, id.as_str())?;
        let directory = place.of(&key);
        let time = of_one_state(place, &key, |head| say(head, &directory))?;
        said.extend(time.map(|time| (id, time)));
    }
    Ok(page.of(said))
}

pub(super) fn due(
    place: &Place,
    namespace: &str,
    now: Timestamp,
    page: &Page<(String, Timestamp)>,
) -> Result<Vec<(String, Timestamp)>, StoreError> {
    by_time(place, namespace, page, |head, _| {
        Ok(head.due.filter(|due| *due <= now))
    })
}

pub(super) fn idle(
    place: &Place,
    namespace: &str,
    before: Timestamp,
    page: &Page<(String, Timestamp)>,
) -> Result<Vec<(String, Timestamp)>, StoreError> {
    by_time(place, namespace, page, |head, directory| {
        let Some((tip, sequence)) = head.tip() else {
            return Ok(None);
        };
        let written = entry::read_record(&head.records(directory), sequence, tip)?.created_at;
        Ok(Some(written).filter(|written| *written < before))
    })
}

pub(super) fn paths(place: &Place, key: &ThreadKey) -> Result<Vec<String>, StoreError> {
    let thread = place.thread(key);
    let mut paths = Vec::new();
    for step in disk::names(&thread)? {
        if !step.starts_with(name::STEP) {
            continue;
        }
        let path = match name::decode_path(&step) {
            Some(path) => Some(path),
            None => Head::read(&thread.join(&step))?.map(|head| head.path),
        };
        let Some(path) = path else { continue };
        let part = key.at_path(&path)?;
        let is_below = part != *key && key.contains(&part);
        if is_below && Head::of(place, &part)?.is_some_and(|head| head.holds_something()) {
            paths.push(path);
        }
    }
    paths.sort_unstable();
    Ok(paths)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "these are tests")]
mod tests {
    use std::cell::Cell;

    use graph_runtime::{Commit, Expect, Rewrite};

    use super::super::{change, rewrite};
    use super::*;

    fn snapshot(sequence: u64, parent: Option<MomentId>) -> Record {
        let id = MomentId::at(Timestamp::now());
        Record {
            id,
            parent,
            base: id,
            sequence,
            step: sequence,
            source: Source::Step,
            created_at: Timestamp::now(),
            due: None,
            payload: Vec::new(),
        }
    }

    /// As if a rewrite came between the head and what is read by it, when half of that is gone already.
    #[test]
    fn what_is_rewritten_while_it_is_read_is_read_again() {
        let directory = tempfile::tempdir().unwrap();
        let place = Place::open(directory.path()).unwrap();
        let key = ThreadKey::new("tests", "t").unwrap();
        let first = snapshot(1, None);
        let second = snapshot(2, Some(first.id));
        let begun = Commit {
            expected: Expect::Head(None),
            records: vec![first.clone(), second.clone()],
            ..Commit::default()
        };
        change::commit(&place, &key, &begun).unwrap();
        let pruned = Rewrite {
            expected: Expect::Head(Some(second.id)),
            removed: vec![first.id],
            ..Rewrite::default()
        };
        let times = Cell::new(0);
        let seen = of_one_state(&place, &key, |head| {
            times.set(times.get() + 1);
            if times.get() == 1 {
                rewrite::rewrite(&place, &key, &pruned)?;
            }
            Ok(head.rewrites)
        });
        assert_eq!((seen.unwrap(), times.get()), (1, 2));
        let left = list(&place, &key, &Query::default()).unwrap();
        assert_eq!(left, [second]);
    }
}
