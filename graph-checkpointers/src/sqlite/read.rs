//! What reads: a moment's line, lists, threads, writes. All of it sees one state of the database.

use graph_runtime::{
    At, Chain, Message, MomentId, Page, Query, Record, ThreadKey, Timestamp, Usage, Write,
};
use rusqlite::{Connection, OptionalExtension, Row};

use super::change::numbers_below;
use super::failure::Failure;
use super::row::{self, record_columns, text};
use crate::signed::{last, limit, micros, time};

/// Under which number a thread's rows are kept.
pub(super) fn number_of(database: &Connection, key: &ThreadKey) -> Result<Option<i64>, Failure> {
    let query = "SELECT number FROM threads WHERE namespace = ?1 AND thread = ?2 AND path = ?3";
    let params = (key.namespace(), key.thread(), key.path());
    Ok(database
        .prepare_cached(query)?
        .query_row(params, |row| row.get(0))
        .optional()?)
}

/// A record's entry in the index.
#[derive(Clone, Copy)]
struct Entry {
    id: MomentId,
    base: MomentId,
    sequence: i64,
}

pub(super) fn load(
    database: &Connection,
    key: &ThreadKey,
    at: At,
) -> Result<Option<Chain>, Failure> {
    let Some(thread) = number_of(database, key)? else {
        return Ok(None);
    };
    let Some(head) = newest(database, thread)? else {
        return Ok(None);
    };
    let tip = match at {
        At::Moment(id) if id != head.id => find(database, thread, id)?,
        At::Moment(_) | At::Head => Some(head),
    };
    let Some(tip) = tip else {
        return Ok(None);
    };
    let writes = if tip.id == head.id {
        writes_of(database, thread)?
    } else {
        Vec::new()
    };
    Ok(Some(Chain {
        records: Chain::line(tip.id, of_base(database, thread, &tip)?),
        writes,
        sequence: head.sequence.cast_unsigned(),
        head: Some(head.id),
        rewrites: rewrites(database, thread)?,
    }))
}

fn rewrites(database: &Connection, thread: i64) -> Result<u64, Failure> {
    let query = "SELECT rewrites FROM threads WHERE number = ?1";
    let rewrites: i64 = database
        .prepare_cached(query)?
        .query_row((thread,), |row| row.get(0))?;
    Ok(rewrites.cast_unsigned())
}

fn newest(database: &Connection, thread: i64) -> Result<Option<Entry>, Failure> {
    entry(
        database,
        "SELECT id, base, sequence FROM records WHERE thread = ?1 ORDER BY sequence DESC LIMIT 1",
        (thread,),
    )
}

fn find(database: &Connection, thread: i64, id: MomentId) -> Result<Option<Entry>, Failure> {
    entry(
        database,
        "SELECT id, base, sequence FROM records WHERE thread = ?1 AND id = ?2",
        (thread, id.to_string()),
    )
}

fn entry(
    database: &Connection,
    query: &str,
    params: impl rusqlite::Params,
) -> Result<Option<Entry>, Failure> {
    let mut query = database.prepare_cached(query)?;
    let mut rows = query.query(params)?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    Ok(Some(Entry {
        id: text(row, 0)?.parse()?,
        base: text(row, 1)?.parse()?,
        sequence: row.get(2)?,
    }))
}

/// The records that share the tip's base, from the tip back to the base.
fn of_base(database: &Connection, thread: i64, tip: &Entry) -> Result<Vec<Record>, Failure> {
    let query = concat!(
        "SELECT ",
        record_columns!(),
        " FROM records WHERE thread = ?1 AND sequence <= ?2 AND base = ?3 ORDER BY sequence DESC"
    );
    let mut query = database.prepare_cached(query)?;
    let mut rows = query.query((thread, tip.sequence, tip.base.to_string()))?;
    let mut records = Vec::new();
    while let Some(row) = rows.next()? {
        let record = row::record(row)?;
        let is_base = record.is_snapshot();
        records.push(record);
        // Nothing before it belongs to it.
        if is_base {
            break;
        }
    }
    Ok(records)
}

pub(super) fn list(
    database: &Connection,
    key: &ThreadKey,
    query: &Query,
) -> Result<Vec<Record>, Failure> {
    let Some(thread) = number_of(database, key)? else {
        return Ok(Vec::new());
    };
    let statement = concat!(
        "SELECT ",
        record_columns!(),
        " FROM records WHERE thread = ?1 AND sequence <= ?2 AND NOT (?3 AND source = 'input')
        ORDER BY sequence DESC LIMIT ?4"
    );
    let mut statement = database.prepare_cached(statement)?;
    let params = (
        thread,
        last(query.before),
        query.without_inputs,
        limit(query.limit),
    );
    statement.query_and_then(params, row::record)?.collect()
}

pub(super) fn threads(
    database: &Connection,
    namespace: &str,
    page: &Page,
) -> Result<Vec<String>, Failure> {
    // No id is empty, so all come after "".
    let after = page.after.as_deref().unwrap_or_default();
    let query = "SELECT thread FROM threads INDEXED BY threads_themselves
                 WHERE namespace = ?1 AND path = '' AND thread > ?2
                 AND EXISTS (SELECT 1 FROM records WHERE records.thread = number)
                 ORDER BY thread LIMIT ?3";
    let mut query = database.prepare_cached(query)?;
    let params = (namespace, after, limit(page.limit));
    query
        .query_and_then(params, |row| Ok(row.get(0)?))?
        .collect()
}

pub(super) fn due(
    database: &Connection,
    namespace: &str,
    now: Timestamp,
    page: &Page<(String, Timestamp)>,
) -> Result<Vec<(String, Timestamp)>, Failure> {
    let query = "SELECT thread, due FROM threads INDEXED BY threads_due
                 WHERE namespace = ?1 AND path = '' AND due <= ?2 AND (due, thread) > (?3, ?4)
                 ORDER BY due, thread LIMIT ?5";
    by_time(database, query, namespace, now, page)
}

/// A page of what a query finds up to a time, or before it.
fn by_time(
    database: &Connection,
    query: &str,
    namespace: &str,
    given: Timestamp,
    page: &Page<(String, Timestamp)>,
) -> Result<Vec<(String, Timestamp)>, Failure> {
    // No time is before 0 and no id is empty, so all come after these.
    let (thread, due) = page
        .after
        .as_ref()
        .map_or(("", 0), |(thread, due)| (thread.as_str(), micros(*due)));
    let mut query = database.prepare_cached(query)?;
    let params = (namespace, micros(given), due, thread, limit(page.limit));
    query
        .query_and_then(params, |row| Ok((row.get(0)?, time(row.get(1)?))))?
        .collect()
}

/// Looks at the head of each thread: a column for it would be written with every step, for a question that is
/// asked once a day.
pub(super) fn idle(
    database: &Connection,
    namespace: &str,
    before: Timestamp,
    page: &Page<(String, Timestamp)>,
) -> Result<Vec<(String, Timestamp)>, Failure> {
    let query = "SELECT threads.thread, created_at FROM threads JOIN records
                 ON records.thread = number
                 AND sequence = (SELECT max(sequence) FROM records WHERE records.thread = number)
                 WHERE namespace = ?1 AND path = '' AND created_at >= 0 AND created_at < ?2
                 AND (created_at, threads.thread) > (?3, ?4)
                 ORDER BY created_at, threads.thread LIMIT ?5";
    by_time(database, query, namespace, before, page)
}

pub(super) fn paths(database: &Connection, key: &ThreadKey) -> Result<Vec<String>, Failure> {
    let mut paths = Vec::new();
    let query = "SELECT path FROM threads WHERE number = ?1 AND (
                 EXISTS (SELECT 1 FROM records WHERE records.thread = ?1)
                 OR EXISTS (SELECT 1 FROM writes WHERE writes.thread = ?1)
                 OR EXISTS (SELECT 1 FROM messages WHERE messages.thread = ?1))";
    let mut query = database.prepare_cached(query)?;
    for thread in numbers_below(database, key)? {
        let path: Option<String> = query.query_row((thread,), |row| row.get(0)).optional()?;
        paths.extend(path.filter(|path| path != key.path()));
    }
    paths.sort_unstable();
    Ok(paths)
}

pub(super) fn usage(database: &Connection, key: &ThreadKey) -> Result<Usage, Failure> {
    let mut parts = Vec::new();
    let query = "SELECT count(*), coalesce(sum(length(payload)), 0) FROM ";
    for thread in numbers_below(database, key)? {
        let mut bytes = 0;
        let mut count = |table: &str| -> Result<u64, Failure> {
            let query = format!("{query}{table} WHERE thread = ?1");
            let mut query = database.prepare_cached(&query)?;
            let (count, more): (i64, i64) =
                query.query_row((thread,), |row| Ok((row.get(0)?, row.get(1)?)))?;
            bytes += more.cast_unsigned();
            Ok(count.cast_unsigned())
        };
        let (records, writes, messages) = (count("records")?, count("writes")?, count("messages")?);
        parts.push(Usage {
            records,
            writes,
            messages,
            bytes,
        });
    }
    Ok(parts.into_iter().sum())
}

pub(super) fn inbox(database: &Connection, key: &ThreadKey) -> Result<Vec<Message>, Failure> {
    let Some(thread) = number_of(database, key)? else {
        return Ok(Vec::new());
    };
    let query = "SELECT position, payload FROM messages WHERE thread = ?1 ORDER BY position";
    let message = |row: &Row<'_>| {
        let position: i64 = row.get(0)?;
        Ok(Message {
            position: position.cast_unsigned(),
            payload: row.get(1)?,
        })
    };
    database
        .prepare_cached(query)?
        .query_and_then((thread,), message)?
        .collect()
}

pub(super) fn writes(database: &Connection, key: &ThreadKey) -> Result<Vec<Write>, Failure> {
    number_of(database, key)?.map_or(Ok(Vec::new()), |thread| writes_of(database, thread))
}

fn writes_of(database: &Connection, thread: i64) -> Result<Vec<Write>, Failure> {
    let query = "SELECT activation, item, kind, name, payload FROM writes WHERE thread = ?1";
    let mut query = database.prepare_cached(query)?;
    let mut writes: Vec<_> = query
        .query_and_then((thread,), row::write)?
        .collect::<Result<_, _>>()?;
    // By number, where the table goes by text.
    writes.sort_unstable_by(|one, other| one.key.cmp(&other.key));
    Ok(writes)
}
