//! What is asked of a thread, or of one path of it.

use graph_runtime::{At, Commit, Lease, MomentId, Query, Rewrite, ThreadKey, Timestamp};

use super::super::call::Call;
use super::super::reply::{Refusal, Reply};
use crate::wire::{Kind, Paths, Sent, Stored, Taken, Taking};

/// A commit with records may be repeated whether it happened or not: either its last record is the head, and it
/// changes nothing, or the head isn't what it expects. One without is judged by nothing that it has done.
pub(super) async fn commit(mut call: Call) -> Result<Reply, Refusal> {
    let key = call.key()?;
    call.params.end()?;
    let commit: Commit = call.frame()?;
    let last = commit.records.last();
    let Some(last) = last.map(|record| (record.id, record.sequence)) else {
        call.only_once()?;
        call.store.commit(&key, commit).await?;
        return Ok(Reply::done());
    };
    match call.store.commit(&key, commit).await {
        Ok(()) => Ok(Reply::done()),
        // The head may have moved on from what this very commit has added.
        Err(_) if call.is_lost && is_there(&call, &key, last).await => Ok(Reply::done()),
        Err(error) => Err(error.into()),
    }
}

/// Whether a record is there. If it can't be told, it is taken not to be: what was said of the commit stands.
async fn is_there(call: &Call, key: &ThreadKey, (id, sequence): (MomentId, u64)) -> bool {
    let query = Query {
        before: Some(sequence.saturating_add(1)),
        limit: Some(1),
        ..Query::default()
    };
    let found = call.store.list(key, &query).await.unwrap_or_default();
    found.first().is_some_and(|record| record.id == id)
}

pub(super) async fn load(mut call: Call) -> Result<Reply, Refusal> {
    let key = call.key()?;
    let at = match call.params.optional_value("at")? {
        None => At::Head,
        Some(id) => At::Moment(id),
    };
    call.params.end()?;
    match call.store.load(&key, at).await? {
        Some(chain) => Reply::frame(&chain),
        None => Err(Refusal::new(
            Kind::NoMoment,
            "there is no such moment in this thread",
        )),
    }
}

pub(super) async fn list(mut call: Call) -> Result<Reply, Refusal> {
    let key = call.key()?;
    let query = Query {
        before: call.params.optional_value("before")?,
        limit: call.params.optional_value("limit")?,
        without_inputs: call
            .params
            .optional_value("without_inputs")?
            .unwrap_or_default(),
    };
    call.params.end()?;
    Reply::frame(&call.store.list(&key, &query).await?)
}

/// Repeated, it could take a thread that began in the meantime.
pub(super) async fn delete(mut call: Call) -> Result<Reply, Refusal> {
    let key = call.key()?;
    call.params.end()?;
    call.only_once()?;
    call.store.delete(&key).await?;
    Ok(Reply::done())
}

pub(super) async fn writes(mut call: Call) -> Result<Reply, Refusal> {
    let key = call.key()?;
    call.params.end()?;
    Reply::frame(&call.store.writes(&key).await?)
}

/// Who holds it already renews it, so it may be repeated whether it happened or not.
pub(super) async fn lease(mut call: Call) -> Result<Reply, Refusal> {
    let key = call.key()?;
    call.params.end()?;
    let taking: Taking = call.json()?;
    let lease = call.store.lease(&key, &taking.holder, taking.ttl()).await?;
    Reply::json(&Taken::from(lease))
}

/// No other lease has its epoch, so it may be repeated whether it happened or not.
pub(super) async fn release(mut call: Call) -> Result<Reply, Refusal> {
    let key = call.key()?;
    let lease = Lease {
        epoch: call.params.value("epoch")?,
        holder: call.params.text("holder")?,
        until: Timestamp::from_micros(call.params.value("until")?),
    };
    call.params.end()?;
    call.store.release(&key, &lease).await?;
    Ok(Reply::done())
}

/// Repeated, it would be there twice.
pub(super) async fn send(mut call: Call) -> Result<Reply, Refusal> {
    let key = call.key()?;
    call.params.end()?;
    let message = call.bytes()?;
    call.only_once()?;
    let position = call.store.send(&key, message).await?;
    Reply::json(&Sent { position })
}

pub(super) async fn inbox(mut call: Call) -> Result<Reply, Refusal> {
    let key = call.key()?;
    call.params.end()?;
    Reply::frame(&call.store.inbox(&key).await?)
}

/// Repeated, it could undo a later one.
pub(super) async fn rewrite(mut call: Call) -> Result<Reply, Refusal> {
    let key = call.key()?;
    call.params.end()?;
    let rewrite: Rewrite = call.frame()?;
    call.only_once()?;
    call.store.rewrite(&key, rewrite).await?;
    Ok(Reply::done())
}

pub(super) async fn paths(mut call: Call) -> Result<Reply, Refusal> {
    let key = call.key()?;
    call.params.end()?;
    let paths = call.store.paths(&key).await?;
    Reply::json(&Paths { paths })
}

pub(super) async fn usage(mut call: Call) -> Result<Reply, Refusal> {
    let key = call.key()?;
    call.params.end()?;
    let usage = call.store.usage(&key).await?;
    Reply::json(&Stored::from(usage))
}
