//! What is sealed: it belongs to its row alone, and whatever was changed about it shows.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod support;

use std::sync::Arc;

use graph_checkpointers::{KeyRing, Sealed};
use graph_runtime::{
    ActivationId, At, Checkpointer, Commit, MemorySaver, MomentId, Query, Record, Seals, Source,
    StoreError, ThreadKey, Timestamp, Write, WriteKey, WriteKind,
};
use support::{adding, after, first, key};

const SECRET: &[u8] = b"what nobody else may read";

fn keys() -> KeyRing {
    KeyRing::new("current", [7; 32].into()).unwrap()
}

fn record(payload: &[u8]) -> Record {
    Record {
        payload: payload.to_vec(),
        ..first()
    }
}

fn write(payload: &[u8]) -> Write {
    let activation = ActivationId {
        moment: first().id,
        index: 3,
    };
    let key = WriteKey {
        item: Some(2),
        name: Some("charge".into()),
        ..WriteKey::of_turn(activation, WriteKind::Once)
    };
    Write {
        key,
        payload: payload.to_vec(),
    }
}

/// The row that is stored of a record.
async fn sealed(thread: &ThreadKey, record: &Record) -> Record {
    let inner = Arc::new(MemorySaver::new());
    let saver = Sealed::new(Arc::clone(&inner), keys());
    saver.commit(thread, adding(None, record)).await.unwrap();
    inner
        .list(thread, &Query::default())
        .await
        .unwrap()
        .remove(0)
}

/// The record that is read of a row.
async fn opened(thread: &ThreadKey, row: &Record) -> Result<Record, StoreError> {
    let inner = MemorySaver::new();
    inner.commit(thread, adding(None, row)).await.unwrap();
    let saver = Sealed::new(inner, keys());
    let chain = saver.load(thread, At::Head).await.map(Option::unwrap);
    let listed = saver.list(thread, &Query::default()).await;
    match (chain, listed) {
        (Ok(mut chain), Ok(listed)) => {
            assert_eq!(chain.records, listed);
            Ok(chain.records.remove(0))
        }
        (Err(error), Err(_)) => Err(error),
        other => panic!("loaded and listed: {other:?}"),
    }
}

async fn sealed_write(thread: &ThreadKey, write: &Write) -> Write {
    let inner = Arc::new(MemorySaver::new());
    let commit = Commit {
        writes: vec![write.clone()],
        ..Commit::default()
    };
    let saver = Sealed::new(Arc::clone(&inner), keys());
    saver.commit(thread, commit).await.unwrap();
    inner.writes(thread).await.unwrap().remove(0)
}

async fn opened_write(thread: &ThreadKey, row: &Write) -> Result<Write, StoreError> {
    let inner = MemorySaver::new();
    let commit = Commit {
        writes: vec![row.clone()],
        ..Commit::default()
    };
    inner.commit(thread, commit).await.unwrap();
    let mut writes = Sealed::new(inner, keys()).writes(thread).await?;
    Ok(writes.remove(0))
}

async fn sealed_message(thread: &ThreadKey, message: &[u8]) -> Vec<u8> {
    let inner = Arc::new(MemorySaver::new());
    let saver = Sealed::new(Arc::clone(&inner), keys());
    saver.send(thread, message.to_vec()).await.unwrap();
    inner.inbox(thread).await.unwrap().remove(0).payload
}

async fn opened_message(thread: &ThreadKey, stored: &[u8]) -> Result<Vec<u8>, StoreError> {
    let inner = MemorySaver::new();
    inner.send(thread, stored.to_vec()).await.unwrap();
    let mut messages = Sealed::new(inner, keys()).inbox(thread).await?;
    Ok(messages.remove(0).payload)
}

fn assert_corrupt<T: std::fmt::Debug>(read: &Result<T, StoreError>, what: &str) {
    assert!(
        matches!(read, Err(StoreError::Corrupt(_))),
        "{what}: {read:?}"
    );
}

fn shows(stored: &[u8], text: &[u8]) -> bool {
    stored.windows(text.len()).any(|part| part == text)
}

#[tokio::test]
async fn nothing_of_a_payload_shows() {
    let (record, write) = (record(SECRET), write(SECRET));
    let row = sealed(&key("t"), &record).await;
    assert!(row.payload.starts_with(b"sealed/1 current\n"));
    assert!(!shows(&row.payload, b"nobody"));
    assert_eq!(opened(&key("t"), &row).await.unwrap(), record);
    let row = sealed_write(&key("t"), &write).await;
    assert!(!shows(&row.payload, b"nobody"));
    assert_eq!(opened_write(&key("t"), &row).await.unwrap(), write);
    let message = sealed_message(&key("t"), SECRET).await;
    assert!(!shows(&message, b"nobody"));
    assert_eq!(opened_message(&key("t"), &message).await.unwrap(), SECRET);
}

#[tokio::test]
async fn what_is_sealed_twice_has_nothing_in_common() {
    let record = record(SECRET);
    let one = sealed(&key("t"), &record).await.payload;
    let other = sealed(&key("t"), &record).await.payload;
    let begin = b"sealed/1 current\n".len();
    assert_eq!(one.len(), begin + 24 + SECRET.len() + 16);
    let same = one[begin..]
        .iter()
        .zip(&other[begin..])
        .filter(|(one, other)| one == other);
    assert!(same.count() < 10);
}

/// In the first line, what is damaged may name another key or a newer format, and never opens.
#[tokio::test]
async fn every_flipped_bit_shows() {
    for payload in [SECRET, b""] {
        let row = sealed(&key("t"), &record(payload)).await;
        for bit in 0..row.payload.len() * 8 {
            let mut damaged = row.clone();
            damaged.payload[bit / 8] ^= 1 << (bit % 8);
            let is_named = (b"sealed/".len()..b"sealed/1 current\n".len()).contains(&(bit / 8));
            match opened(&key("t"), &damaged).await {
                Err(StoreError::Corrupt(_)) => {}
                Err(StoreError::UnknownKey { .. } | StoreError::FormatTooNew { .. })
                    if is_named => {}
                other => panic!("bit {bit}: {other:?}"),
            }
        }
    }
}

#[tokio::test]
async fn every_cut_shows() {
    let row = sealed(&key("t"), &record(SECRET)).await;
    for length in 0..row.payload.len() {
        let mut cut = row.clone();
        cut.payload.truncate(length);
        assert_corrupt(&opened(&key("t"), &cut).await, &format!("{length} bytes"));
        let mut beheaded = row.clone();
        beheaded.payload.drain(..=length);
        assert_corrupt(
            &opened(&key("t"), &beheaded).await,
            &format!("from {length} on"),
        );
    }
    let mut longer = row.clone();
    longer.payload.push(0);
    assert_corrupt(&opened(&key("t"), &longer).await, "one byte more");
}

#[tokio::test]
async fn every_column_of_a_record_belongs_to_it() {
    let before = record(b"");
    let record = Record {
        payload: SECRET.to_vec(),
        due: Some(Timestamp::from_micros(9)),
        ..after(&before)
    };
    let row = sealed(&key("t"), &record).await;
    let other = MomentId::at(Timestamp::now());
    assert_eq!(opened(&key("t"), &row).await.unwrap(), record);
    for edited in [
        Record {
            id: other,
            ..row.clone()
        },
        Record {
            parent: Some(other),
            ..row.clone()
        },
        Record {
            parent: None,
            ..row.clone()
        },
        Record {
            base: other,
            ..row.clone()
        },
        Record {
            base: row.id,
            ..row.clone()
        },
        Record {
            sequence: row.sequence + 1,
            ..row.clone()
        },
        Record {
            step: row.step + 1,
            ..row.clone()
        },
        Record {
            source: Source::Fork,
            ..row.clone()
        },
        Record {
            created_at: Timestamp::from_micros(1),
            ..row.clone()
        },
        Record {
            due: Some(Timestamp::from_micros(10)),
            ..row.clone()
        },
        Record {
            due: None,
            ..row.clone()
        },
    ] {
        assert_ne!(edited, row);
        assert_corrupt(&opened(&key("t"), &edited).await, &format!("{edited:?}"));
    }
}

#[tokio::test]
async fn a_payload_belongs_to_its_thread_and_its_path() {
    let child = key("t").child("web@1").unwrap();
    let others = [
        key("t"),
        key("t2"),
        key("t").child("web@2").unwrap(),
        child.child("search@1").unwrap(),
        key("t2").child("web@1").unwrap(),
        ThreadKey::new("tests2", "t")
            .unwrap()
            .child("web@1")
            .unwrap(),
    ];
    let row = sealed(&child, &record(SECRET)).await;
    let write = sealed_write(&child, &write(SECRET)).await;
    let message = sealed_message(&child, SECRET).await;
    opened(&child, &row).await.unwrap();
    opened_write(&child, &write).await.unwrap();
    opened_message(&child, &message).await.unwrap();
    for other in others {
        let what = format!("{other:?}");
        assert_corrupt(&opened(&other, &row).await, &what);
        assert_corrupt(&opened_write(&other, &write).await, &what);
        assert_corrupt(&opened_message(&other, &message).await, &what);
    }
}

#[tokio::test]
async fn rows_that_were_swapped_show() {
    let inner = Arc::new(MemorySaver::new());
    let saver = Sealed::new(Arc::clone(&inner), keys());
    let one = record(b"one");
    let two = Record {
        payload: b"two".to_vec(),
        ..after(&one)
    };
    saver.commit(&key("t"), adding(None, &one)).await.unwrap();
    saver
        .commit(&key("t"), adding(Some(&one), &two))
        .await
        .unwrap();
    let mut rows = inner.list(&key("t"), &Query::default()).await.unwrap();
    let (newer, older) = rows.split_at_mut(1);
    std::mem::swap(&mut newer[0].payload, &mut older[0].payload);
    for row in &rows {
        assert_corrupt(&opened(&key("t"), row).await, "swapped");
    }
}

#[tokio::test]
async fn a_write_belongs_to_its_key() {
    let write = write(SECRET);
    let row = sealed_write(&key("t"), &write).await;
    let WriteKey { activation, .. } = row.key;
    let of_another_moment = ActivationId {
        moment: first().id,
        ..activation
    };
    let of_another_turn = ActivationId {
        index: 4,
        ..activation
    };
    for key in [
        WriteKey {
            activation: of_another_moment,
            ..row.key.clone()
        },
        WriteKey {
            activation: of_another_turn,
            ..row.key.clone()
        },
        WriteKey {
            item: Some(3),
            ..row.key.clone()
        },
        WriteKey {
            item: None,
            ..row.key.clone()
        },
        WriteKey {
            kind: WriteKind::Answer,
            ..row.key.clone()
        },
        WriteKey {
            name: Some("refund".into()),
            ..row.key.clone()
        },
        WriteKey {
            name: None,
            ..row.key.clone()
        },
    ] {
        let payload = row.payload.clone();
        let edited = Write { key, payload };
        assert_ne!(edited, row);
        assert_corrupt(
            &opened_write(&support::key("t"), &edited).await,
            &edited.key.to_string(),
        );
    }
}

#[tokio::test]
async fn a_payload_of_one_kind_is_none_of_another() {
    let message = sealed_message(&key("t"), SECRET).await;
    let record = sealed(&key("t"), &record(SECRET)).await;
    let write = sealed_write(&key("t"), &write(SECRET)).await;
    for stored in [&record.payload, &write.payload] {
        assert_corrupt(&opened_message(&key("t"), stored).await, "as a message");
    }
    for payload in [&message, &write.payload] {
        let payload = payload.clone();
        let row = Record {
            payload,
            ..record.clone()
        };
        assert_corrupt(&opened(&key("t"), &row).await, "as a record");
    }
    for payload in [&message, &record.payload] {
        let payload = payload.clone();
        let row = Write {
            payload,
            ..write.clone()
        };
        assert_corrupt(&opened_write(&key("t"), &row).await, "as a write");
    }
}

#[tokio::test]
async fn what_is_in_the_clear_is_refused() {
    for plain in [
        b"moment/1 json 0000000000000000\n{}".as_slice(),
        SECRET,
        b"",
        b"sealed",
    ] {
        assert_corrupt(&opened(&key("t"), &record(plain)).await, "a record");
        assert_corrupt(&opened_write(&key("t"), &write(plain)).await, "a write");
        assert_corrupt(&opened_message(&key("t"), plain).await, "a message");
    }
}

#[tokio::test]
async fn a_first_line_says_what_there_is() {
    let row = sealed(&key("t"), &record(SECRET)).await;
    let sealed = &row.payload[b"sealed/1 current\n".len()..];
    let said = async |line: &str| {
        let payload = [line.as_bytes(), sealed].concat();
        opened(
            &key("t"),
            &Record {
                payload,
                ..row.clone()
            },
        )
        .await
    };
    said("sealed/1 current\n").await.unwrap();
    for line in [
        "sealed/01 current\n",
        "sealed/+1 current\n",
        "sealed/0 current\n",
        "sealed/-1 current\n",
        "sealed/ current\n",
        "sealed/1.0 current\n",
        "sealed/99999999999 current\n",
        "sealed/\u{661} current\n",
        "sealed/1  current\n",
        "sealed/1 current \n",
        "sealed/1\n",
        "sealed/1 \n",
    ] {
        assert_corrupt(&said(line).await, line);
    }
    let other = said("sealed/1 Current\n").await;
    assert!(
        matches!(&other, Err(StoreError::UnknownKey { id }) if id == "Current"),
        "{other:?}"
    );
    for line in ["sealed/2 current\n", "sealed/17\n"] {
        let read = said(line).await;
        let Err(StoreError::FormatTooNew {
            found,
            supported: 1,
        }) = read
        else {
            panic!("{line:?}: {read:?}");
        };
        assert!(found > 1);
    }
}

#[tokio::test]
async fn a_rewrite_is_sealed_too() {
    let inner = Arc::new(MemorySaver::new());
    let saver = Sealed::new(Arc::clone(&inner), keys());
    let before = record(b"before");
    saver
        .commit(&key("t"), adding(None, &before))
        .await
        .unwrap();
    let now = Record {
        payload: SECRET.to_vec(),
        ..before
    };
    let rewrite = graph_runtime::Rewrite {
        replaced: vec![now.clone()],
        ..graph_runtime::Rewrite::default()
    };
    saver.rewrite(&key("t"), rewrite).await.unwrap();
    let row = inner
        .list(&key("t"), &Query::default())
        .await
        .unwrap()
        .remove(0);
    assert!(!shows(&row.payload, b"nobody"));
    assert_eq!(opened(&key("t"), &row).await.unwrap(), now);
}

#[tokio::test]
async fn what_is_stored_is_what_is_counted() {
    let inner = Arc::new(MemorySaver::new());
    let saver = Sealed::new(Arc::clone(&inner), keys());
    saver
        .commit(&key("t"), adding(None, &record(SECRET)))
        .await
        .unwrap();
    saver.send(&key("t"), SECRET.to_vec()).await.unwrap();
    let usage = saver.usage(&key("t")).await.unwrap();
    assert_eq!(usage, inner.usage(&key("t")).await.unwrap());
    let around = b"sealed/1 current\n".len() + 24 + 16;
    assert_eq!(usage.bytes, 2 * (SECRET.len() + around) as u64);
}

fn seals(_: &impl Seals) {}

#[tokio::test]
async fn it_seals_by_its_type() {
    let saver = Sealed::new(MemorySaver::new(), keys());
    seals(&saver);
    assert!(saver.commits_inline());
    seals(&Arc::new(saver));
    let chosen: Box<dyn Checkpointer> = Box::new(MemorySaver::new());
    seals(&Sealed::new(chosen, keys()));
}

#[tokio::test]
async fn no_key_is_shown() {
    let saver = Sealed::new(MemorySaver::new(), keys());
    let shown = format!("{saver:?}");
    assert!(shown.contains("current"), "{shown}");
    assert!(!shown.contains("7, 7"), "{shown}");
}
