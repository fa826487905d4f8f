//! What is stored of a payload that is sealed: one line that says how, a nonce, and the payload encrypted.
//!
//! `sealed/1 2026`, a newline, 24 bytes of nonce, and what XChaCha20-Poly1305 makes of the payload, its tag last. The
//! number is the format, the word the id of the key. The line and everything that the bytes belong to are
//! authenticated with them.

use chacha20poly1305::aead::common::Generate;
use chacha20poly1305::{AeadInOut, XNonce};
use graph_runtime::{Commit, StoreError, ThreadKey};

use super::keys::KeyRing;
use crate::wrapped::{FirstLine, Place};

const MARK: &str = "sealed/";
const FORMAT: u32 = 1;
const NONCE_BYTES: usize = 24;
const TAG_BYTES: usize = 16;

/// The first line of what a key sealed.
fn first_line(key: &str) -> String {
    format!("{MARK}{FORMAT} {key}\n")
}

/// Whether it was sealed with the current key. Whether it can be opened isn't asked.
pub(super) fn is_current(keys: &KeyRing, stored: &[u8]) -> bool {
    stored.starts_with(first_line(keys.current()).as_bytes())
}

pub(super) fn seal(
    keys: &KeyRing,
    thread: &ThreadKey,
    place: Place<'_>,
    payload: &[u8],
) -> Result<Vec<u8>, StoreError> {
    let key = keys.current();
    let line = first_line(key);
    let begin = line.len() + NONCE_BYTES;
    let (bytes, limit) = (begin + payload.len() + TAG_BYTES, Commit::MAX_STORED_BYTES);
    let too_large = || StoreError::TooLarge {
        what: place.kind(),
        bytes,
        limit,
    };
    // It would be refused when it is sealed, which takes a while.
    if bytes > limit {
        return Err(too_large());
    }
    let cipher = keys.cipher(key).ok_or_else(|| unknown(key))?;
    let nonce = XNonce::try_generate().map_err(StoreError::unavailable)?;
    let mut sealed = Vec::with_capacity(bytes);
    sealed.extend_from_slice(line.as_bytes());
    sealed.extend_from_slice(&nonce);
    sealed.extend_from_slice(payload);
    let tag = cipher
        .encrypt_inout_detached(
            &nonce,
            &belonging(&line, thread, place),
            (&mut sealed[begin..]).into(),
        )
        .map_err(|_| too_large())?;
    sealed.extend_from_slice(&tag);
    Ok(sealed)
}

/// Whether it says of itself that it is sealed.
pub(super) fn is_sealed(stored: &[u8]) -> bool {
    stored.starts_with(MARK.as_bytes())
}

/// What is in it.
///
/// # Errors
/// `Corrupt`, `UnknownKey` or `FormatTooNew`.
pub(super) fn open(
    keys: &KeyRing,
    thread: &ThreadKey,
    place: Place<'_>,
    mut stored: Vec<u8>,
) -> Result<Vec<u8>, StoreError> {
    if !is_sealed(&stored) {
        return Err(StoreError::Corrupt(format!(
            "{place} is in the clear, and only what is sealed is read here"
        )));
    }
    let FirstLine { line, rest: key } = FirstLine::read(MARK, FORMAT, place, &stored)?;
    if !KeyRing::can_name(key) {
        return Err(StoreError::Corrupt(format!(
            "the first line of {place} names no key"
        )));
    }
    let cipher = keys.cipher(key).ok_or_else(|| unknown(key))?;
    let belonging = belonging(line, thread, place);
    let broken = || {
        StoreError::Corrupt(format!(
            "the seal of {place} is broken: its bytes were changed, or its thread, or its place there"
        ))
    };
    let (nonce, _) = stored[line.len()..]
        .split_first_chunk::<NONCE_BYTES>()
        .ok_or_else(broken)?;
    let nonce = XNonce::from(*nonce);
    stored.drain(..line.len() + NONCE_BYTES);
    cipher
        .decrypt_in_place(&nonce, &belonging, &mut stored)
        .map_err(|_| broken())?;
    Ok(stored)
}

fn unknown(key: &str) -> StoreError {
    StoreError::UnknownKey { id: key.to_owned() }
}

/// What the bytes must belong to. A NUL can't be in any part, so no two places run together alike.
fn belonging(line: &str, thread: &ThreadKey, place: Place<'_>) -> Vec<u8> {
    let (namespace, path) = (thread.namespace(), thread.path());
    let thread = thread.thread();
    let place = match place {
        Place::Record(record) => {
            let parent = record.parent.map(|parent| parent.to_string());
            let due = record.due.map(|due| due.as_micros().to_string());
            format!(
                "record\0{}\0{}\0{}\0{}\0{}\0{}\0{}\0{}",
                record.id,
                parent.unwrap_or_default(),
                record.base,
                record.sequence,
                record.step,
                record.source.as_str(),
                record.created_at.as_micros(),
                due.unwrap_or_default(),
            )
        }
        Place::Write(key) => format!("write\0{key}"),
        Place::Message => "message".to_owned(),
    };
    format!("{line}{namespace}\0{thread}\0{path}\0{place}").into_bytes()
}
