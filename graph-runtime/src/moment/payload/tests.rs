//! Payloads that are changed, cut, moved, or written by another version.

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
    [Encoding::Json.blank(), body].concat()
}

fn seal_of(thread: &str) -> ThreadSeal {
    ThreadSeal::new(&ThreadKey::new("graph", thread).unwrap(), Format::Json)
}

/// In every format that this program has.
fn formats() -> Vec<ThreadSeal> {
    let thread = ThreadKey::new("graph", "t").unwrap();
    let formats = [
        Format::Json,
        #[cfg(feature = "msgpack")]
        Format::MessagePack,
    ];
    formats
        .map(|format| ThreadSeal::new(&thread, format))
        .to_vec()
}

/// As a reader opens it.
fn opened(seal: ThreadSeal, record: &Record) -> Result<Vec<u8>, StoreError> {
    let mut records = [record.clone()];
    seal.unpack(&mut records);
    seal.open_record(&records[0]).map(<[u8]>::to_vec)
}

#[test]
fn every_flipped_bit_and_every_cut_shows() {
    let body = br#"{"state":{"x":1,"long":1e99,"odd":0.10,"text":"a\u0000b"}}"#;
    for seal in formats() {
        let mut record = record();
        record.payload = seal.seal_record(&record, drafted(body));
        let corrupt = |record: &Record, what: &str| {
            let opened = opened(seal, record);
            let is_told = matches!(
                opened,
                Err(StoreError::Corrupt(_) | StoreError::FormatTooNew { .. })
            );
            assert!(is_told, "{seal:?}: {what}: {opened:?}");
        };
        // Whatever is written now, either is read.
        for reader in formats() {
            assert_eq!(opened(reader, &record).unwrap(), body);
        }
        for bit in 0..record.payload.len() * 8 {
            let mut damaged = record.clone();
            damaged.payload[bit / 8] ^= 1 << (bit % 8);
            corrupt(&damaged, &format!("bit {bit}"));
        }
        for length in 0..record.payload.len() {
            let mut cut = record.clone();
            cut.payload.truncate(length);
            corrupt(&cut, &format!("length {length}"));
        }
        let mut longer = record.clone();
        longer.payload.push(b' ');
        corrupt(&longer, "a byte more");
    }
}

#[test]
fn a_write_comes_back_as_it_was_given() {
    let turn = ActivationId {
        moment: record().id,
        index: 0,
    };
    let key = WriteKey::of_turn(turn, WriteKind::Once);
    // One that says nothing, one with spaces around, one that isn't JSON at all.
    let bodies: [&[u8]; 6] = [b"", b" 1 ", b"{", b"\"x\"", b"[1, 2]", b"1.50"];
    for (seal, body) in formats()
        .into_iter()
        .flat_map(|seal| bodies.map(|body| (seal, body)))
    {
        let payload = seal.seal_write(&key, body);
        for reader in formats() {
            assert_eq!(&*reader.open_write(&key, &payload).unwrap(), body);
        }
        for bit in 0..payload.len() * 8 {
            let mut damaged = payload.clone();
            damaged[bit / 8] ^= 1 << (bit % 8);
            assert!(seal.open_write(&key, &damaged).is_err(), "bit {bit}");
        }
    }
}

/// A payload that says it is packed.
fn sealed_as_packed(seal: ThreadSeal, record: &Record, body: &[u8]) -> Vec<u8> {
    let mut draft = Encoding::MessagePack.draft(body.len());
    draft.extend_from_slice(body);
    super::seal(seal.of_record(record), Encoding::MessagePack, draft)
}

#[cfg(feature = "msgpack")]
#[test]
fn a_sealed_body_that_nobody_has_packed_is_damaged() {
    let seal = formats()[1];
    for body in [
        &b""[..],
        &[0xdd, 255, 255, 255, 255],
        &[0x91; 5000],
        &[0xc1],
        b"{}",
    ] {
        let mut record = record();
        record.payload = sealed_as_packed(seal, &record, body);
        let opened = opened(seal, &record);
        assert!(
            matches!(&opened, Err(StoreError::Corrupt(what)) if what.contains("MessagePack")),
            "{opened:?}"
        );
    }
}

#[cfg(not(feature = "msgpack"))]
#[test]
fn what_needs_a_feature_names_it() {
    let seal = seal_of("t");
    let mut record = record();
    record.payload = sealed_as_packed(seal, &record, &[0x80]);
    let error = opened(seal, &record).unwrap_err();
    assert!(
        matches!(
            error,
            StoreError::FormatMissing {
                feature: "msgpack",
                ..
            }
        ),
        "{error:?}"
    );
    // What is damaged beside that is damaged.
    record.payload.push(0);
    assert!(matches!(opened(seal, &record), Err(StoreError::Corrupt(_))));
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
    record.payload = ThreadSeal::new(&child, Format::Json).seal_record(&record, drafted(b"{}"));
    assert!(
        ThreadSeal::new(&child, Format::Json)
            .open_record(&record)
            .is_ok()
    );
    for other in [thread, child.child("t").unwrap()] {
        let opened = ThreadSeal::new(&other, Format::Json).open_record(&record);
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
