//! Who runs a thread. A lease is kept in the thread's document, and holds for all paths below.
//!
//! A commit to the thread itself compares with the document that holds the lease, so it can't come after the
//! next holder's lease. A path has a document of its own. A commit to it that is made under a lease is fenced so:
//!
//! 1. The path's document is *armed* with the lease's epoch. That is a change like any other: it raises the version.
//! 2. The path is looked at, then the thread, and the thread still has that epoch.
//! 3. The commit compares with the version of the path that was looked at.
//!
//! Whoever takes the lease writes it into the thread's document first. Then it disarms all paths that are armed
//! with an epoch before, which raises their versions, and only then it has the lease. A commit that succeeds after
//! that has seen an armed path, and after it the old epoch in the thread, so it looked before the lease was
//! written; from then on the path would have stayed armed and unchanged while all armed ones were disarmed. So there
//! is no such commit.

use std::time::Duration;

use ::mongodb::bson::doc;
use graph_runtime::{Lease, StoreError, ThreadKey};

use super::database::Database;
use super::document::time;
use super::failure;
use super::part::{Held, Place, Thread, begin, look};
use super::tries::Tries;
use crate::signed::micros;

pub(super) async fn take(
    database: &Database,
    key: &ThreadKey,
    holder: &str,
    ttl: Duration,
) -> Result<Lease, StoreError> {
    let root = key.root();
    let mut tries = Tries::default();
    loop {
        tries.next().await?;
        let place = look(database, &root).await?;
        let Some(thread) = &place.thread else {
            begin(database, &root, &place).await?;
            continue;
        };
        let now = database.now().await?;
        let held = thread.lease.as_ref();
        let epoch = Lease::renewed(held.map(|held| &held.lease), holder, now)?;
        let lease = Lease {
            epoch: match epoch {
                Some(epoch) => epoch,
                None => database.count(&root).await?,
            },
            holder: holder.to_owned(),
            // As it will be read back.
            until: time(micros(now.saturating_add(ttl)).cast_unsigned()),
        };
        let written = match held.filter(|_| epoch.is_some()) {
            Some(held) => renew(database, thread, held, &lease).await?,
            None => give(database, thread, &lease).await?,
        };
        if written {
            return Ok(lease);
        }
    }
}

/// Moves the end of a lease; `false` where it isn't there any more.
async fn renew(
    database: &Database,
    thread: &Thread,
    held: &Held,
    lease: &Lease,
) -> Result<bool, StoreError> {
    let this = doc! { "_id": &thread.part.id, "lease.epoch": lease.epoch.cast_signed() };
    let until = doc! { "$set": { "lease.until": micros(lease.until) } };
    let renewed = database.threads.update_one(this, until).await;
    let renewed = renewed.map_err(|error| failure::deciding(&error))?;
    if renewed.matched_count == 0 {
        return Ok(false);
    }
    // Whoever was given it may have been stopped before the paths were disarmed.
    if !held.alone {
        disarm(database, thread, lease.epoch).await?;
    }
    Ok(true)
}

/// Writes a new lease; `false` where somebody else changed the thread, or the old lease was renewed after all.
async fn give(database: &Database, thread: &Thread, lease: &Lease) -> Result<bool, StoreError> {
    let mut this = doc! { "_id": &thread.part.id, "version": thread.part.version };
    if let Some(ended) = &thread.lease {
        this.insert("lease.until", micros(ended.lease.until));
    }
    let given = doc! { "$set": {
        "version": thread.part.version + 1,
        "lease": {
            "epoch": lease.epoch.cast_signed(),
            "holder": &lease.holder,
            "until": micros(lease.until),
            "alone": false,
        },
    } };
    let given = database.threads.update_one(this, given).await;
    let given = given.map_err(|error| failure::deciding(&error))?;
    if given.matched_count == 0 {
        return Ok(false);
    }
    disarm(database, thread, lease.epoch).await?;
    Ok(true)
}

/// Keeps those who held the lease before from all paths.
async fn disarm(database: &Database, thread: &Thread, epoch: u64) -> Result<(), StoreError> {
    let epoch = epoch.cast_signed();
    let armed = doc! {
        "life": &thread.part.id, "armed": { "$gt": 0_i64, "$lt": epoch },
    };
    let disarm = doc! { "$set": { "armed": 0_i64 }, "$inc": { "version": 1_i64 } };
    let disarmed = database.paths.update_many(armed, disarm).await;
    disarmed.map_err(|error| failure::deciding(&error))?;
    let this = doc! { "_id": &thread.part.id, "lease.epoch": epoch };
    let alone = doc! { "$set": { "lease.alone": true } };
    // Where it fails, the next renewal disarms once more.
    let _ = database.threads.update_one(this, alone).await;
    Ok(())
}

/// Lets the holder of a lease commit to a path. `false` where that had to be written, or somebody else changed the
/// path: then it is to be looked at anew.
pub(super) async fn arm(
    database: &Database,
    place: &Place,
    epoch: u64,
) -> Result<bool, StoreError> {
    let Some(child) = &place.child else {
        return Ok(true);
    };
    if child.armed == epoch {
        return Ok(true);
    }
    let this = doc! { "_id": &child.part.id, "version": child.part.version };
    let arm = doc! { "$set": {
        "armed": epoch.cast_signed(), "version": child.part.version + 1,
    } };
    let armed = database.paths.update_one(this, arm).await;
    armed.map_err(|error| failure::before(&error))?;
    Ok(false)
}

pub(super) async fn release(
    database: &Database,
    key: &ThreadKey,
    epoch: u64,
) -> Result<(), StoreError> {
    let held = doc! {
        "namespace": key.namespace(), "thread": key.thread(), "lease.epoch": epoch.cast_signed(),
    };
    let free = doc! { "$set": { "lease": null }, "$inc": { "version": 1_i64 } };
    let released = database.threads.update_one(held, free).await;
    released
        .map(drop)
        .map_err(|error| failure::deciding(&error))
}
