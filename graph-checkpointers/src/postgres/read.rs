//! What reads: a moment's line, lists, threads, writes. Each is one statement, which sees one state of the database.

use graph_runtime::{
    At, Chain, InvalidId, Message, MomentId, Page, Query, Record, StoreError, ThreadKey, Timestamp,
    Usage, Write,
};
use sqlx::Arguments as _;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArguments, PgRow};

use super::database::{Call, Database, Kind};
use super::row::{self, add_key, get, id, number};
use crate::signed::{last, limit, micros, time};

/// The thread's place, the records that share the tip's base from there to the tip, and at the head the writes: rows
/// of one shape, told apart by `what`.
const LOAD: &str = "
    WITH place AS MATERIALIZED (SELECT * FROM {schema}.at($1, $2, $3) WHERE head IS NOT NULL),
    tip AS MATERIALIZED (
        SELECT r.thread, r.sequence, r.id, r.base, r.sequence = place.sequence AS is_head
        FROM place JOIN {schema}.records r ON r.thread = place.number AND r.sequence = CASE
            WHEN $4::text IS NULL OR $4 = place.head THEN place.sequence
            ELSE (SELECT max(x.sequence) FROM {schema}.records x WHERE x.thread = place.number AND x.id = $4)
        END
    ),
    base AS MATERIALIZED (
        SELECT coalesce(max(r.sequence), 0) AS sequence
        FROM tip JOIN {schema}.records r ON r.thread = tip.thread AND r.id = tip.base AND r.sequence <= tip.sequence
    )
    SELECT 'place' AS what, place.head AS id, NULL AS parent, tip.id AS base, place.sequence AS sequence,
        place.rewrites AS step, '' AS source, 0::bigint AS created_at, NULL::bigint AS due, ''::bytea AS payload,
        '' AS activation, 0::bigint AS item, '' AS kind, '' AS name
    FROM place, tip
    UNION ALL
    SELECT 'record', r.id, r.parent, r.base, r.sequence, r.step, r.source, r.created_at, r.due, r.payload, '', 0, '', ''
    FROM tip, base, {schema}.records r
    WHERE r.thread = tip.thread AND r.sequence BETWEEN base.sequence AND tip.sequence AND r.base = tip.base
    UNION ALL
    SELECT 'write', '', NULL, '', 0, 0, '', 0, NULL, w.payload, w.activation, w.item, w.kind, w.name
    FROM tip, {schema}.writes w
    WHERE tip.is_head AND w.thread = tip.thread";

const LIST: &str = "
    SELECT r.* FROM {schema}.at($1, $2, $3) t JOIN {schema}.records r ON r.thread = t.number
    WHERE r.sequence <= $4 AND NOT ($5 AND r.source = 'input')
    ORDER BY r.sequence DESC LIMIT $6";

const THREADS: &str = "
    SELECT thread FROM {schema}.threads
    WHERE namespace = $1 AND path = '' AND head IS NOT NULL AND thread > $2
    ORDER BY thread LIMIT $3";

const DUE: &str = "
    SELECT thread, due AS time FROM {schema}.threads
    WHERE namespace = $1 AND path = '' AND due <= $2 AND (due, thread) > ($3, $4)
    ORDER BY due, thread LIMIT $5";

/// A clock may have said anything, also what a database counts below 0: with the highest bit turned, signed numbers
/// are in the order of those without a sign.
const IDLE: &str = "
    SELECT t.thread, r.created_at AS time
    FROM {schema}.threads t JOIN {schema}.records r ON r.thread = t.number AND r.sequence = t.sequence,
        LATERAL (SELECT r.created_at # (1::bigint << 63) AS written) AS turned
    WHERE t.namespace = $1 AND t.path = '' AND t.head IS NOT NULL AND written < $2 AND (written, t.thread) > ($3, $4)
    ORDER BY written, t.thread LIMIT $5";

const WRITES: &str = "
    SELECT w.* FROM {schema}.at($1, $2, $3) t JOIN {schema}.writes w ON w.thread = t.number";

const INBOX: &str = "
    SELECT m.position, m.payload FROM {schema}.at($1, $2, $3) t JOIN {schema}.messages m ON m.thread = t.number
    ORDER BY m.position";

const PATHS: &str = "
    SELECT t.path FROM {schema}.below($1, $2, $3) t
    WHERE t.path <> $3 AND (
        t.head IS NOT NULL
        OR EXISTS (SELECT FROM {schema}.writes w WHERE w.thread = t.number)
        OR EXISTS (SELECT FROM {schema}.messages m WHERE m.thread = t.number)
    )
    ORDER BY t.path";

const USAGE: &str = "
    WITH parts AS MATERIALIZED (SELECT number FROM {schema}.below($1, $2, $3)),
    counted AS (
        SELECT 1 AS record, 0 AS write, 0 AS message, octet_length(r.payload) AS bytes
        FROM parts JOIN {schema}.records r ON r.thread = parts.number
        UNION ALL
        SELECT 0, 1, 0, octet_length(w.payload) FROM parts JOIN {schema}.writes w ON w.thread = parts.number
        UNION ALL
        SELECT 0, 0, 1, octet_length(m.payload) FROM parts JOIN {schema}.messages m ON m.thread = parts.number
    )
    SELECT coalesce(sum(record), 0)::bigint AS records, coalesce(sum(write), 0)::bigint AS writes,
        coalesce(sum(message), 0)::bigint AS messages, coalesce(sum(bytes), 0)::bigint AS bytes
    FROM counted";

impl Database {
    pub(super) async fn load(&self, key: &ThreadKey, at: At) -> Result<Option<Chain>, StoreError> {
        let moment = match at {
            At::Head => None,
            At::Moment(id) => Some(id.to_string()),
        };
        let rows = self
            .of(key, LOAD, |rest| rest.add(moment.as_deref()))
            .await?;
        let mut chain = None;
        let (mut records, mut writes) = (Vec::new(), Vec::new());
        for row in &rows {
            match get(row, "what")? {
                "place" => chain = Some(placed(row)?),
                "record" => records.push(row::record(row)?),
                _ => writes.push(row::write(row)?),
            }
        }
        Ok(chain.map(|(tip, chain)| Chain {
            records: Chain::line(tip, records),
            writes: in_order(writes),
            ..chain
        }))
    }

    pub(super) async fn list(
        &self,
        key: &ThreadKey,
        query: &Query,
    ) -> Result<Vec<Record>, StoreError> {
        let rows = self.of(key, LIST, |rest| {
            rest.add(last(query.before))?;
            rest.add(query.without_inputs)?;
            rest.add(limit(query.limit))
        });
        rows.await?.iter().map(row::record).collect()
    }

    pub(super) async fn threads(
        &self,
        namespace: &str,
        page: &Page,
    ) -> Result<Vec<String>, StoreError> {
        // No id is empty, so all come after "".
        let after = page.after.as_deref().unwrap_or_default();
        let rows = self.in_namespace(namespace, THREADS, |rest| {
            rest.add(before_nul(after))?;
            rest.add(limit(page.limit))
        });
        rows.await?.iter().map(|row| get(row, "thread")).collect()
    }

    pub(super) async fn due(
        &self,
        namespace: &str,
        now: Timestamp,
        page: &Page<(String, Timestamp)>,
    ) -> Result<Vec<(String, Timestamp)>, StoreError> {
        self.by_time(namespace, DUE, micros(now), page, micros)
            .await
    }

    pub(super) async fn idle(
        &self,
        namespace: &str,
        before: Timestamp,
        page: &Page<(String, Timestamp)>,
    ) -> Result<Vec<(String, Timestamp)>, StoreError> {
        self.by_time(namespace, IDLE, turned(before), page, turned)
            .await
    }

    pub(super) async fn writes(&self, key: &ThreadKey) -> Result<Vec<Write>, StoreError> {
        let rows = self.of(key, WRITES, |_| Ok(())).await?;
        let writes: Result<_, _> = rows.iter().map(row::write).collect();
        writes.map(in_order)
    }

    pub(super) async fn inbox(&self, key: &ThreadKey) -> Result<Vec<Message>, StoreError> {
        let rows = self.of(key, INBOX, |_| Ok(())).await?;
        let message = |row| {
            Ok(Message {
                position: number(row, "position")?,
                payload: get(row, "payload")?,
            })
        };
        rows.iter().map(message).collect()
    }

    pub(super) async fn paths(&self, key: &ThreadKey) -> Result<Vec<String>, StoreError> {
        let rows = self.of(key, PATHS, |_| Ok(())).await?;
        rows.iter().map(|row| get(row, "path")).collect()
    }

    pub(super) async fn usage(&self, key: &ThreadKey) -> Result<Usage, StoreError> {
        let rows = self.of(key, USAGE, |_| Ok(())).await?;
        let usage = |row| {
            Ok(Usage {
                records: number(row, "records")?,
                writes: number(row, "writes")?,
                messages: number(row, "messages")?,
                bytes: number(row, "bytes")?,
            })
        };
        rows.iter().map(usage).sum()
    }

    /// What is read of a thread, or of one path of it.
    async fn of(
        &self,
        key: &ThreadKey,
        sql: &'static str,
        rest: impl Fn(&mut PgArguments) -> Result<(), BoxDynError> + Send + Sync,
    ) -> Result<Vec<PgRow>, StoreError> {
        let arguments = |_| {
            let mut arguments = PgArguments::default();
            add_key(&mut arguments, key)?;
            rest(&mut arguments)?;
            Ok(vec![arguments])
        };
        self.run(&Call {
            sql,
            kind: Kind::Read,
            arguments: &arguments,
        })
        .await
    }

    /// What is read of a namespace's threads.
    async fn in_namespace(
        &self,
        namespace: &str,
        sql: &'static str,
        rest: impl Fn(&mut PgArguments) -> Result<(), BoxDynError> + Send + Sync,
    ) -> Result<Vec<PgRow>, StoreError> {
        // A namespace that can't be stored has no threads, and can't even be asked for.
        if InvalidId::check("namespace", namespace).is_err() {
            return Ok(Vec::new());
        }
        let arguments = |_| {
            let mut arguments = PgArguments::default();
            arguments.add(namespace)?;
            rest(&mut arguments)?;
            Ok(vec![arguments])
        };
        self.run(&Call {
            sql,
            kind: Kind::Read,
            arguments: &arguments,
        })
        .await
    }

    /// A page of threads by a time, up to a bound, as `count` has the database count them.
    async fn by_time(
        &self,
        namespace: &str,
        sql: &'static str,
        bound: i64,
        page: &Page<(String, Timestamp)>,
        count: fn(Timestamp) -> i64,
    ) -> Result<Vec<(String, Timestamp)>, StoreError> {
        // No time is lower and no id is empty, so all come after these.
        let (thread, after) = page
            .after
            .as_ref()
            .map_or(("", i64::MIN), |(thread, time)| (thread, count(*time)));
        let rows = self.in_namespace(namespace, sql, |rest| {
            rest.add(bound)?;
            rest.add(after)?;
            rest.add(before_nul(thread))?;
            rest.add(limit(page.limit))
        });
        let rows = rows.await?;
        let entry = |row| Ok((get(row, "thread")?, time(get(row, "time")?)));
        rows.iter().map(entry).collect()
    }
}

/// The tip, and what a chain says of the thread.
fn placed(row: &PgRow) -> Result<(MomentId, Chain), StoreError> {
    let chain = Chain {
        head: Some(id(row, "id")?),
        sequence: number(row, "sequence")?,
        rewrites: number(row, "step")?,
        ..Chain::default()
    };
    Ok((id(row, "base")?, chain))
}

/// By number, where the table goes by text.
fn in_order(mut writes: Vec<Write>) -> Vec<Write> {
    writes.sort_unstable_by(|one, other| one.key.cmp(&other.key));
    writes
}

/// A time in the order of those without a sign.
fn turned(time: Timestamp) -> i64 {
    (time.as_micros() ^ 1 << 63).cast_signed()
}

/// Text as the server takes it. What no id has a NUL in comes after a text exactly if it comes after what is before
/// the NUL there.
fn before_nul(text: &str) -> &str {
    text.split('\0').next().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn turned_times_are_in_the_order_of_times() {
        let times = [0, 1, 1 << 62, (1 << 63) - 1, 1 << 63, u64::MAX];
        let turned = times.map(|time| turned(Timestamp::from_micros(time)));
        assert!(turned.is_sorted_by(|one, other| one < other));
    }

    #[test]
    fn what_comes_after_a_text_with_a_nul_comes_after_its_beginning() {
        for id in ["a", "a\u{1}", "ab", "b", "A"] {
            assert_eq!(id > "a\0b", id > before_nul("a\0b"), "{id:?}");
        }
    }
}
