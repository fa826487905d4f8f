//! The bytes that a checkpointer keeps: one line that says what follows, then the body.
//!
//! `moment/1 json 8f14e45fceea167a`, a newline, and JSON. The number is the format, the word the encoding, the
//! rest a checksum (XXH3, 64 bits) over the body, the encoding, and everything that the bytes must belong to,
//! so that a flipped bit and a swapped row both show.

use xxhash_rust::xxh3::{xxh3_64, xxh3_64_with_seed};

use crate::checkpointer::{Record, StoreError, WriteKey};
use crate::id::{MomentId, ThreadKey, Timestamp};

/// The newest format that this version reads, and the one it writes.
const FORMAT: u32 = 1;
const ENCODING: &str = "json";

const HEX: &[u8; 16] = b"0123456789abcdef";

/// A thread's part of the checksum, worked out once for a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ThreadSeal(u64);

impl ThreadSeal {
    pub(crate) fn new(thread: &ThreadKey) -> Self {
        // A NUL can't be in any part, so no two keys run together alike.
        let text = format!(
            "{}\0{}\0{}",
            thread.namespace(),
            thread.thread(),
            thread.path()
        );
        Self(xxh3_64(text.as_bytes()))
    }

    /// The payload of a record from its draft; the record's other parts are set already.
    pub(crate) fn seal_record(self, record: &Record, draft: Vec<u8>) -> Vec<u8> {
        seal(self.of_record(record), draft)
    }

    /// The body of a record.
    ///
    /// # Errors
    /// `Corrupt` or `FormatTooNew`.
    pub(crate) fn open_record(self, record: &Record) -> Result<&[u8], StoreError> {
        open(self.of_record(record), &record.payload)
    }

    /// The payload of a write.
    pub(crate) fn seal_write(self, key: &WriteKey, body: &[u8]) -> Vec<u8> {
        let mut draft = draft(body.len());
        draft.extend_from_slice(body);
        seal(self.of_write(key), draft)
    }

    /// The body of a write.
    ///
    /// # Errors
    /// `Corrupt` or `FormatTooNew`.
    pub(crate) fn open_write<'a>(
        self,
        key: &WriteKey,
        payload: &'a [u8],
    ) -> Result<&'a [u8], StoreError> {
        open(self.of_write(key), payload)
    }

    /// The payload of a message for the thread's inbox. Its position isn't known yet, so it belongs to the thread alone.
    pub(crate) fn seal_message(self, body: &[u8]) -> Vec<u8> {
        let mut draft = draft(body.len());
        draft.extend_from_slice(body);
        seal(self.of_message(), draft)
    }

    /// The body of a message.
    ///
    /// # Errors
    /// `Corrupt` or `FormatTooNew`.
    pub(crate) fn open_message(self, payload: &[u8]) -> Result<&[u8], StoreError> {
        open(self.of_message(), payload)
    }

    fn of_message(self) -> u64 {
        xxh3_64_with_seed(b"message", self.0)
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
        xxh3_64_with_seed(&identity, self.0)
    }

    fn of_write(self, key: &WriteKey) -> u64 {
        xxh3_64_with_seed(key.to_string().as_bytes(), self.0)
    }
}

fn checksum(identity: u64, encoding: &str, body: &[u8]) -> u64 {
    xxh3_64_with_seed(body, xxh3_64_with_seed(encoding.as_bytes(), identity))
}

/// A payload without its body and its checksum.
const BLANK: &[u8; 31] = b"moment/1 json 0000000000000000\n";

/// Begins a payload, to whose end the body is written.
pub(crate) fn draft(size: usize) -> Vec<u8> {
    let mut draft = Vec::with_capacity(BLANK.len() + size);
    draft.extend_from_slice(BLANK);
    draft
}

/// Puts the checksum into a draft.
fn seal(identity: u64, mut draft: Vec<u8>) -> Vec<u8> {
    let sum = checksum(identity, ENCODING, &draft[BLANK.len()..]);
    for (digit, place) in draft[BLANK.len() - 17..BLANK.len() - 1]
        .iter_mut()
        .enumerate()
    {
        *place = HEX[(sum >> (60 - 4 * digit) & 15) as usize];
    }
    draft
}

fn open(identity: u64, payload: &[u8]) -> Result<&[u8], StoreError> {
    let corrupt = |what: &str| StoreError::Corrupt(what.to_owned());
    let end = payload
        .iter()
        .position(|&byte| byte == b'\n')
        .ok_or_else(|| corrupt("it has no first line"))?;
    let line =
        std::str::from_utf8(&payload[..end]).map_err(|_| corrupt("its first line is not text"))?;
    let mut words = line.split(' ');
    let (format, encoding, sum) = (words.next(), words.next(), words.next());
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
    let expected = format!(
        "moment/{FORMAT} {ENCODING} {:016x}",
        checksum(identity, ENCODING, body)
    );
    if encoding != Some(ENCODING) || sum.is_none() || line != expected {
        return Err(corrupt(
            "its checksum doesn't fit its bytes, its thread or its place there",
        ));
    }
    Ok(body)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::checkpointer::{Source, WriteKind};
    use crate::id::ActivationId;

    fn record() -> Record {
        let id = MomentId::at(Timestamp::from_micros(5));
        Record {
            id,
            parent: None,
            base: id,
            sequence: 1,
            step: 1,
            source: Source::Input,
            created_at: Timestamp::from_micros(5),
            due: None,
            payload: Vec::new(),
        }
    }

    fn drafted(body: &[u8]) -> Vec<u8> {
        [BLANK, body].concat()
    }

    fn seal_of(thread: &str) -> ThreadSeal {
        ThreadSeal::new(&ThreadKey::new("graph", thread).unwrap())
    }

    #[test]
    fn every_flipped_bit_and_every_cut_shows() {
        let mut record = record();
        record.payload = seal_of("t").seal_record(&record, drafted(br#"{"state":{"x":1}}"#));
        assert_eq!(
            seal_of("t").open_record(&record).unwrap(),
            br#"{"state":{"x":1}}"#
        );
        for bit in 0..record.payload.len() * 8 {
            let mut damaged = record.clone();
            damaged.payload[bit / 8] ^= 1 << (bit % 8);
            assert!(seal_of("t").open_record(&damaged).is_err(), "bit {bit}");
        }
        for length in 0..record.payload.len() {
            let mut cut = record.clone();
            cut.payload.truncate(length);
            assert!(seal_of("t").open_record(&cut).is_err(), "length {length}");
        }
    }

    #[test]
    fn bytes_belong_to_their_row() {
        let mut record = record();
        record.payload = seal_of("t").seal_record(&record, drafted(b"{}"));
        assert!(matches!(
            seal_of("other").open_record(&record),
            Err(StoreError::Corrupt(_))
        ));
        let moved = [
            Record {
                sequence: 2,
                ..record.clone()
            },
            Record {
                step: 2,
                ..record.clone()
            },
            Record {
                parent: Some(record.id),
                ..record.clone()
            },
            Record {
                source: Source::Step,
                ..record.clone()
            },
            Record {
                created_at: Timestamp::from_micros(6),
                ..record.clone()
            },
        ];
        let due = [0, 5].map(|due| Record {
            due: Some(Timestamp::from_micros(due)),
            ..record.clone()
        });
        for row in moved.into_iter().chain(due) {
            assert!(
                matches!(seal_of("t").open_record(&row), Err(StoreError::Corrupt(_))),
                "{row:?}"
            );
        }
    }

    #[test]
    fn bytes_belong_to_their_path() {
        let thread = ThreadKey::new("graph", "t").unwrap();
        let child = thread.child("t").unwrap();
        let mut record = record();
        record.payload = ThreadSeal::new(&child).seal_record(&record, drafted(b"{}"));
        assert!(ThreadSeal::new(&child).open_record(&record).is_ok());
        for other in [thread, child.child("t").unwrap()] {
            let opened = ThreadSeal::new(&other).open_record(&record);
            assert!(matches!(opened, Err(StoreError::Corrupt(_))), "{other:?}");
        }
    }

    #[test]
    fn a_write_belongs_to_its_name() {
        let turn = ActivationId {
            moment: record().id,
            index: 0,
        };
        let key = |name: Option<&str>| WriteKey {
            name: name.map(Into::into),
            ..WriteKey::of_turn(turn, WriteKind::Once)
        };
        let payload = seal_of("t").seal_write(&key(Some("charge")), b"1");
        assert!(
            seal_of("t")
                .open_write(&key(Some("charge")), &payload)
                .is_ok()
        );
        for other in [key(None), key(Some("refund"))] {
            assert!(seal_of("t").open_write(&other, &payload).is_err());
        }
    }

    #[test]
    fn a_message_belongs_to_its_thread_and_is_no_write() {
        let payload = seal_of("t").seal_message(b"{}");
        assert_eq!(seal_of("t").open_message(&payload).unwrap(), b"{}");
        let other = seal_of("other").open_message(&payload);
        assert!(matches!(other, Err(StoreError::Corrupt(_))));
        let key = WriteKey::of_turn(
            ActivationId {
                moment: record().id,
                index: 0,
            },
            WriteKind::Once,
        );
        assert!(seal_of("t").open_write(&key, &payload).is_err());
    }

    #[test]
    fn a_newer_format_is_refused_as_such() {
        let payload = b"moment/2 json 0000000000000000\n{}".to_vec();
        let newer = Record {
            payload,
            ..record()
        };
        assert!(matches!(
            seal_of("t").open_record(&newer),
            Err(StoreError::FormatTooNew {
                found: 2,
                supported: 1
            })
        ));
    }
}
