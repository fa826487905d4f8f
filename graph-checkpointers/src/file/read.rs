//! What is read of threads. Nobody waits for whoever writes: what counts is never changed, only replaced.

use std::collections::HashMap;

use graph_runtime::{
    At, Chain, MomentId, Page, Query, Record, Source, StoreError, ThreadKey, Write,
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
        let is_same_life = now.as_ref().is_some_and(|now| now.life == head.life);
        if now.as_ref() == Some(&head) || (is_same_life && outcome.is_ok()) {
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
    let directory = entry::records(&place.of(key));
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
    let names = disk::names(&entry::records(&place.of(key)))?;
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
        let directory = entry::records(&place.of(key));
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
    let mut found = Vec::new();
    for file in disk::names(&directory)? {
        let id = match name::decode(&file) {
            Some(id) => Some(id),
            None if file.starts_with('~') => None,
            None => Head::read(&directory.join(&file))?.map(|head| head.thread),
        };
        let id = id.filter(|id| {
            page.after
                .as_deref()
                .is_none_or(|after| id.as_str() > after)
        });
        found.extend(id.map(|id| (id, file)));
    }
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
