//! What is read of threads. Nobody waits for whoever writes: what was read counts if nothing changed meanwhile.

use ::mongodb::bson::{Document, doc};
use ::mongodb::options::FindOptions;
use graph_runtime::{
    At, Chain, Message, MomentId, Page, Query, Record, StoreError, ThreadKey, Timestamp, Usage,
    Write,
};

use super::database::{Database, found};
use super::document::{odd, parsed, text, time, unsigned};
use super::entry::{self, MESSAGE, PIECE};
use super::part::{Part, Place, below, is_unchanged, look, thread};
use super::tries::Tries;
use crate::signed::micros;

/// Of how many parts the sizes are asked for at once.
const PARTS: usize = 100;

/// What was read, and whether it is certain that all of it was there.
type Seen<T> = Result<(T, bool), StoreError>;

/// Reads a part as it is at one time; the default where there is none.
///
/// Whoever changes it meanwhile adds what isn't seen yet, and may have removed what was. Where that isn't ruled
/// out by what was seen, the part must be as it was.
macro_rules! of_one_state {
    ($database:expr, $key:expr, |$part:ident| $read:expr) => {{
        let mut tries = Tries::default();
        loop {
            tries.next().await?;
            let place: Place = look($database, $key).await?;
            let Some($part) = place.part() else {
                return Ok(Default::default());
            };
            match $read.await {
                Ok((seen, true)) => return Ok(seen),
                seen if is_unchanged($database, &place).await? => {
                    return seen.map(|(seen, _)| seen);
                }
                _ => {}
            }
        }
    }};
}

pub(super) async fn load(
    database: &Database,
    key: &ThreadKey,
    at: At,
) -> Result<Option<Chain>, StoreError> {
    of_one_state!(database, key, |part| chain(database, part, at))
}

async fn chain(database: &Database, part: &Part, at: At) -> Seen<Option<Chain>> {
    let (Some((head, sequence)), Some(base)) = (part.head, part.base) else {
        return Ok((None, true));
    };
    let is_head = match at {
        At::Head => true,
        At::Moment(id) => id == head,
    };
    let tip = match at {
        At::Moment(id) if !is_head => find(database, part, id).await?,
        At::Moment(_) | At::Head => Some((head, sequence, base)),
    };
    let Some((tip, last, base)) = tip else {
        return Ok((None, false));
    };
    let which = doc! {
        "base": base.to_string(), "sequence": { "$lte": last.cast_signed() },
    };
    let options = FindOptions::builder().sort(doc! { "sequence": 1 }).build();
    let candidates = entry::records(database, part, which, options).await?;
    let records = Chain::line(tip, candidates);
    let is_whole = records.first().is_some_and(Record::is_snapshot);
    let (writes, all) = if is_head {
        all_writes(database, part).await?
    } else {
        (Vec::new(), true)
    };
    let chain = Chain {
        records,
        writes,
        sequence,
        head: Some(head),
        rewrites: part.rewrites,
    };
    Ok((Some(chain), is_whole && all))
}

async fn all_writes(database: &Database, part: &Part) -> Seen<Vec<Write>> {
    let writes = entry::writes(database, part).await?;
    let all = writes.len() as u64 == part.writes;
    Ok((writes, all))
}

/// A record's sequence and its nearest snapshot. Of several with one id the last one is meant.
async fn find(
    database: &Database,
    part: &Part,
    id: MomentId,
) -> Result<Option<(MomentId, u64, MomentId)>, StoreError> {
    let mut filter = part.counting(entry::RECORD);
    filter.insert("id", id.to_string());
    let found = entry::outlines(database, filter).await?;
    let mut places = Vec::new();
    for one in &found {
        let base = parsed(one, "base")?;
        places.push((id, unsigned(one, "sequence")?, base));
    }
    Ok(places.into_iter().max_by_key(|(_, sequence, _)| *sequence))
}

pub(super) async fn list(
    database: &Database,
    key: &ThreadKey,
    query: &Query,
) -> Result<Vec<Record>, StoreError> {
    let Some(limit) = limit(query.limit) else {
        return Ok(Vec::new());
    };
    let before = query.before.unwrap_or(u64::MAX);
    let before = i64::try_from(before).unwrap_or(i64::MAX);
    // The largest sequence that there may be is before all larger numbers.
    let compare = if query.before == Some(before.cast_unsigned()) {
        "$lt"
    } else {
        "$lte"
    };
    let mut which = doc! { "sequence": { compare: before } };
    if query.without_inputs {
        which.insert("source", doc! { "$ne": "input" });
    }
    of_one_state!(database, key, |part| {
        let options = FindOptions::builder()
            .sort(doc! { "sequence": -1 })
            .limit(limit)
            .build();
        uncertain(entry::records(database, part, which.clone(), options))
    })
}

pub(super) async fn writes(database: &Database, key: &ThreadKey) -> Result<Vec<Write>, StoreError> {
    of_one_state!(database, key, |part| all_writes(database, part))
}

pub(super) async fn inbox(
    database: &Database,
    key: &ThreadKey,
) -> Result<Vec<Message>, StoreError> {
    of_one_state!(database, key, |part| uncertain(entry::messages(
        database, part
    )))
}

/// What may lack something that was removed meanwhile.
async fn uncertain<T>(read: impl Future<Output = Result<T, StoreError>>) -> Seen<T> {
    Ok((read.await?, false))
}

/// A limit as the server takes it, where 0 is none; `None` where nothing is wanted.
fn limit(limit: Option<usize>) -> Option<i64> {
    match limit {
        None => Some(0),
        Some(0) => None,
        Some(limit) => Some(i64::try_from(limit).unwrap_or(i64::MAX)),
    }
}

pub(super) async fn threads(
    database: &Database,
    namespace: &str,
    page: &Page,
) -> Result<Vec<String>, StoreError> {
    let Some(limit) = limit(page.limit) else {
        return Ok(Vec::new());
    };
    // No id is empty, so all come after "".
    let after = page.after.as_deref().unwrap_or_default();
    let filter = doc! {
        "namespace": namespace, "thread": { "$gt": after }, "head": { "$gt": "" },
    };
    let options = FindOptions::builder()
        .sort(doc! { "thread": 1 })
        .projection(doc! { "thread": 1 })
        .limit(limit)
        .build();
    let found = found(&database.threads, filter, options).await?;
    let ids = found.iter().map(|one| Ok(text(one, "thread")?.to_owned()));
    ids.collect()
}

pub(super) async fn due(
    database: &Database,
    namespace: &str,
    now: Timestamp,
    page: &Page<(String, Timestamp)>,
) -> Result<Vec<(String, Timestamp)>, StoreError> {
    by_time(database, namespace, "due", ("$lte", now), page).await
}

pub(super) async fn idle(
    database: &Database,
    namespace: &str,
    before: Timestamp,
    page: &Page<(String, Timestamp)>,
) -> Result<Vec<(String, Timestamp)>, StoreError> {
    by_time(database, namespace, "written", ("$lt", before), page).await
}

/// Threads in the order of a time, up to an end, as the index has them.
async fn by_time(
    database: &Database,
    namespace: &str,
    field: &str,
    (compare, end): (&str, Timestamp),
    page: &Page<(String, Timestamp)>,
) -> Result<Vec<(String, Timestamp)>, StoreError> {
    let Some(limit) = limit(page.limit) else {
        return Ok(Vec::new());
    };
    let after = page.after.as_ref();
    let begin = after.map_or(0, |(_, time)| micros(*time));
    let mut filter = doc! {
        "namespace": namespace, field: { "$gte": begin, compare: micros(end) },
    };
    if let Some((thread, _)) = after {
        let later = doc! { field: { "$gt": begin } };
        let beside = doc! { field: begin, "thread": { "$gt": thread } };
        filter.insert("$or", vec![later, beside]);
    }
    let options = FindOptions::builder()
        .sort(doc! { field: 1, "thread": 1 })
        .projection(doc! { field: 1, "thread": 1 })
        .limit(limit)
        .build();
    let found = found(&database.threads, filter, options).await?;
    let threads = found.iter().map(|one| {
        let id = text(one, "thread")?.to_owned();
        Ok((id, unsigned(one, field).map(time)?))
    });
    threads.collect()
}

pub(super) async fn paths(database: &Database, key: &ThreadKey) -> Result<Vec<String>, StoreError> {
    let Some(thread) = thread(database, key).await? else {
        return Ok(Vec::new());
    };
    let mut paths = Vec::new();
    for child in below(database, key, &thread).await? {
        let part = &child.part;
        if part.head.is_some() || part.writes > 0 || has_messages(database, part).await? {
            paths.push(child.path);
        }
    }
    Ok(paths)
}

async fn has_messages(database: &Database, part: &Part) -> Result<bool, StoreError> {
    let options = FindOptions::builder()
        .projection(doc! { "_id": 1 })
        .limit(1)
        .build();
    let found = found(&database.entries, part.counting(MESSAGE), options).await?;
    Ok(!found.is_empty())
}

/// Added up by the server.
pub(super) async fn usage(database: &Database, key: &ThreadKey) -> Result<Usage, StoreError> {
    let place = look(database, key).await?;
    let Some(thread) = &place.thread else {
        return Ok(Usage::default());
    };
    let children = below(database, key, thread).await?;
    let parts = children.iter().map(|child| &child.part);
    let parts: Vec<_> = parts.chain(place.part()).collect();
    let mut usage = Usage::default();
    for lot in parts.chunks(PARTS) {
        let counting: Vec<_> = lot.iter().map(|part| part.counting_all()).collect();
        let pipeline = [
            doc! { "$match": { "$or": counting, "kind": { "$ne": PIECE } } },
            doc! { "$group": {
                "_id": "$kind", "count": { "$sum": 1 }, "bytes": { "$sum": "$bytes" },
            } },
        ];
        for sum in database.sums(pipeline).await? {
            add(&mut usage, &sum)?;
        }
    }
    Ok(usage)
}

fn add(usage: &mut Usage, sum: &Document) -> Result<(), StoreError> {
    let count = unsigned(sum, "count")?;
    match text(sum, "_id")? {
        entry::RECORD => usage.records += count,
        entry::WRITE => usage.writes += count,
        MESSAGE => usage.messages += count,
        _ => return Err(odd(sum, "_id")),
    }
    usage.bytes += unsigned(sum, "bytes")?;
    Ok(())
}
