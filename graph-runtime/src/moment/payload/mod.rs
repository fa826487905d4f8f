//! The bytes that a checkpointer keeps: one line that says what follows, then the body.
//!
//! `moment/1 json 8f14e45fceea167a`, a newline, and JSON. The number is the format, the word the encoding (`json`, or
//! `msgpack`: the same as `MessagePack`), the rest a checksum (XXH3, 64 bits) over the body, the encoding, and everything
//! that the bytes must belong to, so that a flipped bit and a swapped row both show.

use std::borrow::Cow;

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use super::Format;
#[cfg(feature = "msgpack")]
use super::msgpack;
use crate::checkpointer::{Record, StoreError, WriteKey};
use crate::id::{MomentId, ThreadKey, Timestamp};

/// The newest format that this version reads, and the one it writes.
const FORMAT: u32 = 1;

/// How a body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Json,
    MessagePack,
}

impl Encoding {
    const ALL: [Self; 2] = [Self::Json, Self::MessagePack];

    fn word(self) -> &'static str {
        match self {
            Self::Json => "json",
            Self::MessagePack => "msgpack",
        }
    }

    /// A payload without its body and its checksum.
    fn blank(self) -> &'static [u8] {
        match self {
            Self::Json => b"moment/1 json 0000000000000000\n",
            Self::MessagePack => b"moment/1 msgpack 0000000000000000\n",
        }
    }

    /// Whether a payload says that it is written like this.
    #[cfg(feature = "msgpack")]
    fn begins(self, payload: &[u8]) -> bool {
        let blank = self.blank();
        payload.starts_with(&blank[..blank.len() - 17])
    }

    fn draft(self, size: usize) -> Vec<u8> {
        let blank = self.blank();
        let mut draft = Vec::with_capacity(blank.len() + size);
        draft.extend_from_slice(blank);
        draft
    }
}

const HEX: &[u8; 16] = b"0123456789abcdef";

/// A thread's part of the checksum, worked out once for a run, and how its payloads are written.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ThreadSeal {
    thread: u64,
    format: Format,
}

impl ThreadSeal {
    pub(crate) fn new(thread: &ThreadKey, format: Format) -> Self {
        // A NUL can't be in any part, so no two keys run together alike.
        let text = format!(
            "{}\0{}\0{}",
            thread.namespace(),
            thread.thread(),
            thread.path()
        );
        Self {
            thread: xxh3_64(text.as_bytes()),
            format,
        }
    }

    /// That of another thread, or path, whose payloads are written alike.
    pub(crate) fn of(self, thread: &ThreadKey) -> Self {
        Self::new(thread, self.format)
    }

    /// The payload of a record from its draft; the record's other parts are set already.
    pub(crate) fn seal_record(self, record: &Record, draft: Vec<u8>) -> Vec<u8> {
        self.seal(self.of_record(record), draft)
    }

    /// Brings records that were loaded into the encoding that is read here. One that can't be is left as it is, so that
    /// whoever opens it is told.
    pub(crate) fn unpack(self, records: &mut [Record]) {
        #[cfg(feature = "msgpack")]
        for record in records {
            // What is JSON is checked when it is opened.
            if !Encoding::MessagePack.begins(&record.payload) {
                continue;
            }
            let identity = self.of_record(record);
            if let Ok((Encoding::MessagePack, body)) = open(identity, &record.payload)
                && let Some(json) = msgpack::unpack(body, draft(body.len() * 3 / 2))
            {
                record.payload = seal(identity, Encoding::Json, json);
            }
        }
        #[cfg(not(feature = "msgpack"))]
        let _ = records;
    }

    /// The body of a record that was [unpacked](Self::unpack).
    ///
    /// # Errors
    /// `Corrupt`, `FormatTooNew` or `FormatMissing`.
    pub(crate) fn open_record(self, record: &Record) -> Result<&[u8], StoreError> {
        match open(self.of_record(record), &record.payload)? {
            (Encoding::Json, body) => Ok(body),
            (Encoding::MessagePack, _) => Err(unreadable()),
        }
    }

    /// The payload of a write.
    pub(crate) fn seal_write(self, key: &WriteKey, body: &[u8]) -> Vec<u8> {
        let mut draft = draft(body.len());
        draft.extend_from_slice(body);
        self.seal(self.of_write(key), draft)
    }

    /// The body of a write.
    ///
    /// # Errors
    /// `Corrupt`, `FormatTooNew` or `FormatMissing`.
    pub(crate) fn open_write<'a>(
        self,
        key: &WriteKey,
        payload: &'a [u8],
    ) -> Result<Cow<'a, [u8]>, StoreError> {
        match open(self.of_write(key), payload)? {
            (Encoding::Json, body) => Ok(Cow::Borrowed(body)),
            #[cfg(feature = "msgpack")]
            (Encoding::MessagePack, body) => msgpack::unpack(body, Vec::new())
                .map(Cow::Owned)
                .ok_or_else(unreadable),
            #[cfg(not(feature = "msgpack"))]
            (Encoding::MessagePack, _) => Err(unreadable()),
        }
    }

    /// The payload of a message for the thread's inbox. Its position isn't known yet, so it belongs to the thread alone.
    /// It doesn't stay, so it is JSON whatever is wanted.
    pub(crate) fn seal_message(self, body: &[u8]) -> Vec<u8> {
        let mut draft = draft(body.len());
        draft.extend_from_slice(body);
        seal(self.of_message(), Encoding::Json, draft)
    }

    /// The body of a message.
    ///
    /// # Errors
    /// `Corrupt` or `FormatTooNew`.
    pub(crate) fn open_message(self, payload: &[u8]) -> Result<&[u8], StoreError> {
        match open(self.of_message(), payload)? {
            (Encoding::Json, body) => Ok(body),
            (Encoding::MessagePack, _) => Err(StoreError::Corrupt(
                "a message is never MessagePack".to_owned(),
            )),
        }
    }

    fn of_message(self) -> u64 {
        xxh3_64_with_seed(b"message", self.thread)
    }

    /// The payload from its draft, in the format that is wanted. What isn't JSON (the body of a write that says nothing)
    /// stays as it is.
    fn seal(self, identity: u64, draft: Vec<u8>) -> Vec<u8> {
        #[cfg(feature = "msgpack")]
        if self.format == Format::MessagePack {
            let body = &draft[Encoding::Json.blank().len()..];
            let packed = Encoding::MessagePack.draft(body.len());
            if let Some(packed) = msgpack::pack(body, packed) {
                return seal(identity, Encoding::MessagePack, packed);
            }
        }
        seal(identity, Encoding::Json, draft)
    }

    fn of_record(self, record: &Record) -> u64 {
        let Record {
            id,
            parent,
            base,
            sequence,
            step,
            source,
            created_at,
            due,
            payload: _,
        } = record;
        let mut identity = [0u8; 88];
        let parent = parent.map_or(0, MomentId::bits);
        // No record is due later than databases count, so nothing else looks like none.
        let due = due.map_or(u64::MAX, Timestamp::as_micros);
        identity[0..16].copy_from_slice(&id.bits().to_le_bytes());
        identity[16..32].copy_from_slice(&parent.to_le_bytes());
        identity[32..48].copy_from_slice(&base.bits().to_le_bytes());
        identity[48..56].copy_from_slice(&sequence.to_le_bytes());
        identity[56..64].copy_from_slice(&step.to_le_bytes());
        identity[64..72].copy_from_slice(&created_at.as_micros().to_le_bytes());
        identity[72..80].copy_from_slice(&due.to_le_bytes());
        let source = source.as_str().as_bytes();
        identity[80..80 + source.len()].copy_from_slice(source);
        xxh3_64_with_seed(&identity, self.thread)
    }

    fn of_write(self, key: &WriteKey) -> u64 {
        xxh3_64_with_seed(key.to_string().as_bytes(), self.thread)
    }
}

fn checksum(identity: u64, encoding: Encoding, body: &[u8]) -> u64 {
    let seed = xxh3_64_with_seed(encoding.word().as_bytes(), identity);
    xxh3_64_with_seed(body, seed)
}

/// Why what is `MessagePack` by its first line, and whole, can't be read.
fn unreadable() -> StoreError {
    if cfg!(feature = "msgpack") {
        StoreError::Corrupt("its body isn't the MessagePack of a moment".to_owned())
    } else {
        StoreError::FormatMissing {
            format: "MessagePack",
            feature: "msgpack",
        }
    }
}

/// Begins a payload, to whose end the body is written.
pub(crate) fn draft(size: usize) -> Vec<u8> {
    Encoding::Json.draft(size)
}

/// Puts the checksum into a draft.
fn seal(identity: u64, encoding: Encoding, mut draft: Vec<u8>) -> Vec<u8> {
    let begin = encoding.blank().len();
    let sum = checksum(identity, encoding, &draft[begin..]);
    for (digit, place) in draft[begin - 17..begin - 1].iter_mut().enumerate() {
        *place = HEX[(sum >> (60 - 4 * digit) & 15) as usize];
    }
    draft
}

/// How the body is written, and the body.
fn open(identity: u64, payload: &[u8]) -> Result<(Encoding, &[u8]), StoreError> {
    let corrupt = |what: &str| StoreError::Corrupt(what.to_owned());
    let end = payload
        .iter()
        .position(|&byte| byte == b'\n')
        .ok_or_else(|| corrupt("it has no first line"))?;
    let line =
        std::str::from_utf8(&payload[..end]).map_err(|_| corrupt("its first line is not text"))?;
    let mut words = line.split(' ');
    let (format, encoding) = (words.next(), words.next());
    let format = format
        .and_then(|word| word.strip_prefix("moment/"))
        .and_then(|number| number.parse::<u32>().ok())
        .ok_or_else(|| corrupt("its first line doesn't name a format"))?;
    if format > FORMAT {
        return Err(StoreError::FormatTooNew {
            found: format,
            supported: FORMAT,
        });
    }
    let body = &payload[end + 1..];
    let mut encodings = Encoding::ALL.into_iter();
    encodings
        .find(|known| encoding == Some(known.word()))
        .filter(|&known| {
            line == format!(
                "moment/{FORMAT} {} {:016x}",
                known.word(),
                checksum(identity, known, body)
            )
        })
        .map(|known| (known, body))
        .ok_or_else(|| corrupt("its checksum doesn't fit its bytes, its thread or its place there"))
}

#[cfg(test)]
mod tests;
