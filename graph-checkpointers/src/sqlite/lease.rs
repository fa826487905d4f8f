//! Who runs a thread: leases by this process's clock, which all processes on a local disk share.

use std::time::Duration;

use graph_runtime::{Lease, ThreadKey, Timestamp};
use rusqlite::Connection;

use super::failure::Failure;
use crate::signed::{micros, time};

/// The epoch of a thread's lease; 0 where it has none.
pub(super) fn epoch_of(database: &Connection, key: &ThreadKey) -> Result<u64, Failure> {
    Ok(held(database, key)?.map_or(0, |lease| lease.epoch))
}

pub(super) fn take(
    database: &Connection,
    key: &ThreadKey,
    holder: &str,
    ttl: Duration,
) -> Result<Lease, Failure> {
    let now = Timestamp::now();
    // As it will be read back.
    let until = time(micros(now.saturating_add(ttl)));
    let held = held(database, key)?;
    let epoch = match Lease::renewed(held.as_ref(), holder, now)? {
        Some(epoch) => renew(database, epoch, until)?,
        None => give(database, key, holder, until)?,
    };
    Ok(Lease {
        epoch,
        holder: holder.to_owned(),
        until,
    })
}

pub(super) fn release(database: &Connection, key: &ThreadKey, epoch: u64) -> Result<(), Failure> {
    let delete = "DELETE FROM leases WHERE epoch = ?1 AND namespace = ?2 AND thread = ?3";
    database.prepare_cached(delete)?.execute((
        epoch.cast_signed(),
        key.namespace(),
        key.thread(),
    ))?;
    Ok(())
}

fn held(database: &Connection, key: &ThreadKey) -> Result<Option<Lease>, Failure> {
    let query = "SELECT epoch, holder, until FROM leases WHERE namespace = ?1 AND thread = ?2";
    let mut query = database.prepare_cached(query)?;
    let mut rows = query.query((key.namespace(), key.thread()))?;
    let Some(row) = rows.next()? else {
        return Ok(None);
    };
    Ok(Some(Lease {
        epoch: row.get::<_, i64>(0)?.cast_unsigned(),
        holder: row.get(1)?,
        until: time(row.get(2)?),
    }))
}

fn renew(database: &Connection, epoch: u64, until: Timestamp) -> Result<u64, Failure> {
    let update = "UPDATE leases SET until = ?2 WHERE epoch = ?1";
    database
        .prepare_cached(update)?
        .execute((epoch.cast_signed(), micros(until)))?;
    Ok(epoch)
}

fn give(
    database: &Connection,
    key: &ThreadKey,
    holder: &str,
    until: Timestamp,
) -> Result<u64, Failure> {
    // In place of the one that has ended, with an epoch that nobody has had.
    let insert = "INSERT OR REPLACE INTO leases (namespace, thread, holder, until)
                  VALUES (?1, ?2, ?3, ?4)";
    let epoch = database.prepare_cached(insert)?.insert((
        key.namespace(),
        key.thread(),
        holder,
        micros(until),
    ))?;
    Ok(epoch.cast_unsigned())
}
