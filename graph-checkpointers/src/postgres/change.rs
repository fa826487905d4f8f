//! What writes: commits, rewrites, messages, deletions, users, leases. Each is one function of the schema.

use std::time::Duration;

use graph_runtime::{
    Commit, Expect, Lease, MomentId, Record, Rewrite, Standing, StoreError, ThreadKey, Write,
};
use sqlx::Arguments as _;
use sqlx::error::BoxDynError;
use sqlx::postgres::{PgArguments, PgRow};

use super::database::{Call, Database, Kind, arguments};
use super::row::{add_expected, add_key, add_records, add_writes, get, id_or_none, number};
use crate::signed::time;

/// The bytes of payloads that go in one message to the server, which takes no more than a gigabyte and needs room for
/// it several times.
const PORTION_BYTES: usize = 128 * 1024 * 1024;

/// What `commit` and `rewrite` say.
struct Verdict {
    /// Whether it was applied, now or earlier.
    done: bool,
    standing: Standing,
}

impl Database {
    pub(super) async fn commit(&self, key: &ThreadKey, commit: &Commit) -> Result<(), StoreError> {
        let call = Call {
            sql: "SELECT * FROM {schema}.commit($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, \
                  $16, $17, $18, $19, $20, $21, $22, $23, $24, $25)",
            kind: kind_of(commit),
            arguments: &|again| {
                portions(commit)
                    .iter()
                    .map(|portion| portion.arguments(key, again))
                    .collect()
            },
        };
        let verdict = verdict(&self.one(&call).await?)?;
        // What doesn't apply is put into words where every backend does so.
        if verdict.done || !commit.applies(verdict.standing)? {
            return Ok(());
        }
        Err(self.contradiction())
    }

    pub(super) async fn rewrite(
        &self,
        key: &ThreadKey,
        rewrite: &Rewrite,
    ) -> Result<(), StoreError> {
        let call = Call {
            sql: "SELECT * FROM {schema}.rewrite($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, \
                  $16, $17, $18, $19, $20, $21)",
            // One that removes something is refused the second time, whoever did it the first time.
            kind: if rewrite.removed.is_empty() {
                Kind::Repeatable
            } else {
                Kind::Once
            },
            arguments: &|_| Ok(vec![rewriting(key, rewrite)?]),
        };
        let verdict = verdict(&self.one(&call).await?)?;
        if verdict.done {
            return Ok(());
        }
        rewrite.applies(verdict.standing)?;
        Err(self.contradiction())
    }

    /// Never repeated: the message would be there twice.
    pub(super) async fn send(&self, key: &ThreadKey, message: &[u8]) -> Result<u64, StoreError> {
        let call = Call {
            sql: "SELECT {schema}.send($1, $2, $3, $4) AS position",
            kind: Kind::Once,
            arguments: &|_| Ok(vec![keyed(key, |rest| rest.add(message))?]),
        };
        number(&self.one(&call).await?, "position")
    }

    pub(super) async fn forget(&self, key: &ThreadKey) -> Result<(), StoreError> {
        let call = Call {
            sql: "SELECT {schema}.forget($1, $2, $3)",
            kind: Kind::Repeatable,
            arguments: &|_| Ok(vec![keyed(key, |_| Ok(()))?]),
        };
        self.one(&call).await.map(drop)
    }

    pub(super) async fn thread_of(
        &self,
        user: &str,
        proposed: &ThreadKey,
    ) -> Result<String, StoreError> {
        let call = Call {
            sql: "SELECT {schema}.thread_of($1, $2, $3) AS thread",
            kind: Kind::Repeatable,
            arguments: &|_| {
                Ok(vec![arguments![
                    proposed.namespace(),
                    user,
                    proposed.thread()
                ]])
            },
        };
        get(&self.one(&call).await?, "thread")
    }

    pub(super) async fn take_lease(
        &self,
        key: &ThreadKey,
        holder: &str,
        ttl: Duration,
    ) -> Result<Lease, StoreError> {
        let ttl = i64::try_from(ttl.as_micros()).unwrap_or(i64::MAX);
        let call = Call {
            sql: "SELECT * FROM {schema}.lease($1, $2, $3, $4)",
            // Repeated, it is a renewal.
            kind: Kind::Repeatable,
            arguments: &|_| Ok(vec![arguments![key.namespace(), key.thread(), holder, ttl]]),
        };
        let row = self.one(&call).await?;
        let lease = Lease {
            epoch: number(&row, "epoch")?,
            holder: get(&row, "holder")?,
            until: time(get(&row, "until")?),
        };
        if !get::<bool>(&row, "given")? {
            Lease::renewed(Some(&lease), holder, time(get(&row, "now")?))?;
            return Err(self.contradiction());
        }
        Ok(lease)
    }

    pub(super) async fn release(&self, key: &ThreadKey, epoch: u64) -> Result<(), StoreError> {
        let call = Call {
            sql: "SELECT {schema}.release($1, $2, $3)",
            kind: Kind::Repeatable,
            arguments: &|_| {
                Ok(vec![arguments![
                    key.namespace(),
                    key.thread(),
                    epoch.cast_signed()
                ]])
            },
        };
        self.one(&call).await.map(drop)
    }

    /// The only row.
    async fn one(&self, call: &Call<'_>) -> Result<PgRow, StoreError> {
        let rows = self.run(call).await?;
        rows.into_iter().next().ok_or_else(|| self.contradiction())
    }
}

/// Whether a commit may be repeated by us when the reply to it is lost. Records are known by their ids. Writes alone
/// are added where they are missing, as long as the head is what it was; but what others have written meanwhile must
/// not be consumed, nor what they have consumed be added again.
fn kind_of(commit: &Commit) -> Kind {
    let is_known = !commit.records.is_empty()
        || commit.expected != Expect::Any && commit.consumed.is_empty()
        || commit.writes.is_empty() && commit.consumed.is_empty();
    if is_known {
        Kind::Repeatable
    } else {
        Kind::Once
    }
}

/// A part of a commit that goes in one message. All parts are one transaction, in which each goes on from the one
/// before.
struct Portion<'c> {
    commit: &'c Commit,
    records: &'c [Record],
    writes: &'c [Write],
    /// The last record of the part before; the first part has none.
    after: Option<Expect>,
}

/// Cuts a commit into as many parts as it takes; mostly one.
fn portions(commit: &Commit) -> Vec<Portion<'_>> {
    let mut portions = Vec::new();
    let (mut records, mut writes) = (commit.records.as_slice(), commit.writes.as_slice());
    let mut after = None;
    loop {
        let mut room = PORTION_BYTES;
        let (now, later) = cut(records, &mut room, |record| record.payload.len());
        records = later;
        // After the last record: what a commit consumes goes before its own writes come.
        let (added, rest) = if records.is_empty() {
            cut(writes, &mut room, |write| write.payload.len())
        } else {
            writes.split_at(0)
        };
        writes = rest;
        portions.push(Portion {
            commit,
            records: now,
            writes: added,
            after,
        });
        if records.is_empty() && writes.is_empty() {
            return portions;
        }
        let head = now.last().map(|last| Expect::Head(Some(last.id)));
        after = Some(head.or(after).unwrap_or(Expect::Any));
    }
}

/// As many things as there is room for, one at least where there is any room.
fn cut<'t, T>(things: &'t [T], room: &mut usize, size: impl Fn(&T) -> usize) -> (&'t [T], &'t [T]) {
    let mut count = 0;
    for thing in things {
        if *room == 0 || count > 0 && size(thing) > *room {
            break;
        }
        *room = room.saturating_sub(size(thing));
        count += 1;
    }
    things.split_at(count)
}

impl Portion<'_> {
    fn arguments(&self, key: &ThreadKey, again: bool) -> Result<PgArguments, BoxDynError> {
        let commit = self.commit;
        let is_first = self.after.is_none();
        let last = commit.records.last().filter(|_| is_first);
        keyed(key, |rest| {
            add_expected(rest, self.after.unwrap_or(commit.expected))?;
            rest.add(commit.rewrites.cast_signed())?;
            rest.add(commit.epoch.cast_signed())?;
            rest.add(last.map(|last| last.id.to_string()))?;
            rest.add(again)?;
            add_records(rest, self.records)?;
            let consumed = commit.consumed.iter().filter(|_| is_first);
            rest.add(consumed.map(ToString::to_string).collect::<Vec<_>>())?;
            let received = commit.received.iter().filter(|_| is_first);
            rest.add(
                received
                    .map(|position| position.cast_signed())
                    .collect::<Vec<_>>(),
            )?;
            add_writes(rest, self.writes)
        })
    }
}

fn rewriting(key: &ThreadKey, rewrite: &Rewrite) -> Result<PgArguments, BoxDynError> {
    keyed(key, |rest| {
        add_expected(rest, rewrite.expected)?;
        rest.add(rewrite.rewrites.cast_signed())?;
        let removed = rewrite.removed.iter();
        rest.add(removed.map(ToString::to_string).collect::<Vec<_>>())?;
        add_records(rest, &rewrite.replaced)?;
        add_writes(rest, &rewrite.writes)
    })
}

/// Arguments that begin with a key.
fn keyed(
    key: &ThreadKey,
    rest: impl FnOnce(&mut PgArguments) -> Result<(), BoxDynError>,
) -> Result<PgArguments, BoxDynError> {
    let mut arguments = PgArguments::default();
    add_key(&mut arguments, key)?;
    rest(&mut arguments)?;
    Ok(arguments)
}

fn verdict(row: &PgRow) -> Result<Verdict, StoreError> {
    let head: Option<MomentId> = id_or_none(row, "head")?;
    let sequence = number(row, "sequence")?;
    Ok(Verdict {
        done: get(row, "done")?,
        standing: Standing {
            head: head.map(|head| (head, sequence)),
            lease: number(row, "lease")?,
            rewrites: number(row, "rewrites")?,
        },
    })
}
