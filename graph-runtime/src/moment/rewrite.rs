//! Records as they are stored elsewhere or on other ground: a snapshot in the place of a change, a change on another
//! snapshot, a record or a write of another thread. No user type is involved.

use serde_json::value::RawValue;

use super::body::{Body, StoredActivation};
use super::payload::{ThreadSeal, draft};
use super::replay::Replay;
use crate::checkpointer::{Record, StoreError, Write};
use crate::error::Error;
use crate::id::{ActivationId, MomentId, QuestionId};

/// The record as a snapshot of what stands at it, which goes on from another one now. It has taken those answers.
///
/// # Errors
/// [`Error::Encode`].
pub(crate) fn as_snapshot(
    record: &Record,
    stood: &Replay<'_>,
    parent: Option<MomentId>,
    answered: Vec<(QuestionId, u64)>,
    seal: ThreadSeal,
) -> Result<Record, Error> {
    let state = RawValue::from_string(stood.image.to_json()).map_err(unwritable)?;
    let active = (0..).zip(&stood.active);
    let started = active.map(|(index, (id, turn))| {
        let by_place = ActivationId {
            moment: record.id,
            index,
        };
        StoredActivation {
            id: Some(*id).filter(|id| *id != by_place),
            ..turn.clone()
        }
    });
    let body = Body {
        run: Some(Box::new(stood.run.clone())),
        ran: stood.ran.as_slice().into(),
        state: Some(&state),
        started: started.collect(),
        answered,
        children: stood.children.clone(),
        slots: Some(stood.slots.clone()).filter(|slots| !slots.is_empty()),
        failures: Some(stood.failures.clone()).filter(|failures| !failures.is_empty()),
        ..Body::default()
    };
    let snapshot = Record {
        parent,
        base: record.id,
        payload: Vec::new(),
        ..record.clone()
    };
    written(snapshot, &body, seal)
}

/// A record with this in it.
///
/// # Errors
/// [`Error::Encode`].
pub(super) fn written(
    mut record: Record,
    body: &Body<'_>,
    seal: ThreadSeal,
) -> Result<Record, Error> {
    let mut bytes = draft(body.state.map_or(0, |state| state.get().len()));
    serde_json::to_writer(&mut bytes, body).map_err(unwritable)?;
    record.payload = seal.seal_record(&record, bytes);
    Ok(record)
}

pub(super) fn unwritable(source: serde_json::Error) -> Error {
    Error::Encode {
        what: "the moment".to_owned(),
        source,
    }
}

/// The record, which builds on another snapshot now.
///
/// # Errors
/// `Corrupt` or `FormatTooNew`.
pub(crate) fn based_on(
    record: &Record,
    base: MomentId,
    seal: ThreadSeal,
) -> Result<Record, StoreError> {
    let based = Record {
        base,
        payload: Vec::new(),
        ..record.clone()
    };
    Ok(with_body(based, seal.open_record(record)?, seal))
}

/// The record, which belongs to another thread now.
///
/// # Errors
/// `Corrupt` or `FormatTooNew`.
pub(crate) fn moved(
    record: &Record,
    from: ThreadSeal,
    to: ThreadSeal,
) -> Result<Record, StoreError> {
    let moved = Record {
        payload: Vec::new(),
        ..record.clone()
    };
    Ok(with_body(moved, from.open_record(record)?, to))
}

fn with_body(mut record: Record, body: &[u8], seal: ThreadSeal) -> Record {
    let mut bytes = draft(body.len());
    bytes.extend_from_slice(body);
    record.payload = seal.seal_record(&record, bytes);
    record
}

/// The write, which belongs to another thread now.
///
/// # Errors
/// `Corrupt` or `FormatTooNew`.
pub(crate) fn moved_write(
    write: &Write,
    from: ThreadSeal,
    to: ThreadSeal,
) -> Result<Write, StoreError> {
    let body = from.open_write(&write.key, &write.payload)?;
    Ok(Write {
        key: write.key.clone(),
        payload: to.seal_write(&write.key, &body),
    })
}
