//! Compression: what is made smaller and what isn't, and what comes of damage and of bombs.

#![allow(clippy::unwrap_used, reason = "these are tests")]

mod support;

use std::sync::Arc;

use graph_checkpointers::{Compressed, KeyRing, Sealed, SqliteSaver};
use graph_runtime::{
    ActivationId, At, Checkpointer, Commit, MemorySaver, Query, Record, Seals, StoreError, Write,
    WriteKey, WriteKind,
};
use support::{adding, first, key};

const TEXT: &str = "what is said in a conversation, again and again; ";

fn text(bytes: usize) -> Vec<u8> {
    TEXT.bytes().cycle().take(bytes).collect()
}

/// Bytes that can't be made smaller.
fn noise(bytes: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        state.to_le_bytes()[5]
    };
    std::iter::repeat_with(next).take(bytes).collect()
}

fn record(payload: Vec<u8>) -> Record {
    Record { payload, ..first() }
}

/// What comes back of a payload, and what is stored of it.
async fn stored(
    compressed: impl FnOnce(Arc<MemorySaver>) -> Compressed<Arc<MemorySaver>>,
    payload: Vec<u8>,
) -> Vec<u8> {
    let inner = Arc::new(MemorySaver::new());
    let saver = compressed(Arc::clone(&inner));
    let record = record(payload);
    saver
        .commit(&key("t"), adding(None, &record))
        .await
        .unwrap();
    let chain = saver.load(&key("t"), At::Head).await.unwrap().unwrap();
    assert!(chain.records == [record], "it came back as another one");
    only(&*inner).await
}

/// The payload of the only record.
async fn only(saver: &impl Checkpointer) -> Vec<u8> {
    let mut records = saver.list(&key("t"), &Query::default()).await.unwrap();
    assert_eq!(records.len(), 1);
    records.remove(0).payload
}

/// What becomes of stored bytes when they are read.
async fn read(stored: Vec<u8>) -> Result<Vec<u8>, StoreError> {
    let inner = MemorySaver::new();
    let record = record(stored);
    inner
        .commit(&key("t"), adding(None, &record))
        .await
        .unwrap();
    let chain = Compressed::new(inner).load(&key("t"), At::Head).await?;
    Ok(chain.unwrap().records.remove(0).payload)
}

#[tokio::test]
async fn what_repeats_itself_is_stored_small() {
    let payload = text(100_000);
    let compressed = stored(Compressed::new, payload.clone()).await;
    assert!(compressed.starts_with(b"zstd/1 100000\n"));
    assert!(compressed.len() < 1_000, "{}", compressed.len());
}

#[tokio::test]
async fn what_is_below_the_threshold_is_stored_as_it_is() {
    for bytes in [0, 1, 1_023] {
        assert_eq!(stored(Compressed::new, text(bytes)).await, text(bytes));
    }
    assert!(stored(Compressed::new, text(1_024)).await.len() < 200);
    let low = |inner| Compressed::new(inner).threshold(100);
    assert_eq!(stored(low, text(99)).await, text(99));
    assert!(stored(low, text(200)).await.starts_with(b"zstd/1 200\n"));
}

#[tokio::test]
async fn what_would_not_become_smaller_is_stored_as_it_is() {
    for bytes in [1_024, 5_000, 300_000] {
        assert_eq!(stored(Compressed::new, noise(bytes)).await, noise(bytes));
    }
    let at_once = |inner| Compressed::new(inner).threshold(0);
    for bytes in 0..100 {
        assert!(stored(at_once, text(bytes)).await.len() <= bytes);
    }
}

#[tokio::test]
async fn what_looks_compressed_is_told_apart() {
    for payload in [
        "zstd/",
        "zstd/1 5\n",
        "zstd/1 5\nhello",
        "zstd/2 ?\n",
        "zstd/x",
    ] {
        let stored = stored(Compressed::new, payload.as_bytes().to_vec()).await;
        assert!(stored.starts_with(b"zstd/1 "), "{payload}");
        assert!(stored.len() < payload.len() + 40);
    }
    let like = [b"zstd/1 7\n".to_vec(), noise(Commit::MAX_PAYLOAD_BYTES - 9)].concat();
    let stored = stored(|inner| Compressed::new(inner).level(1), like).await;
    assert!(stored.len() <= Commit::MAX_STORED_BYTES);
}

#[tokio::test]
async fn every_level_is_read_by_every_other() {
    let mut sizes = Vec::new();
    for level in [i32::MIN, 1, 3, 19, i32::MAX] {
        let compressed = stored(|inner| Compressed::new(inner).level(level), text(50_000)).await;
        assert_eq!(read(compressed.clone()).await.unwrap(), text(50_000));
        sizes.push(compressed.len());
    }
    assert_eq!((sizes[0], sizes[4] <= sizes[1]), (sizes[1], true));
}

#[tokio::test]
async fn what_was_stored_before_is_read() {
    for payload in [text(5_000), noise(5_000), Vec::new(), b"zst".to_vec()] {
        assert_eq!(read(payload.clone()).await.unwrap(), payload);
    }
}

#[tokio::test]
async fn writes_and_messages_are_compressed_too() {
    let inner = Arc::new(MemorySaver::new());
    let saver = Compressed::new(Arc::clone(&inner));
    let first = record(text(2_000));
    let activation = ActivationId {
        moment: first.id,
        index: 0,
    };
    let write = Write {
        key: WriteKey::of_turn(activation, WriteKind::Update),
        payload: text(3_000),
    };
    let commit = Commit {
        writes: vec![write.clone()],
        ..adding(None, &first)
    };
    saver.commit(&key("t"), commit).await.unwrap();
    saver.send(&key("t"), text(4_000)).await.unwrap();
    assert_eq!(saver.writes(&key("t")).await.unwrap(), [write]);
    let message = saver.inbox(&key("t")).await.unwrap().remove(0);
    assert_eq!(message.payload, text(4_000));
    let usage = saver.usage(&key("t")).await.unwrap();
    assert_eq!(usage, inner.usage(&key("t")).await.unwrap());
    assert_eq!((usage.records, usage.writes, usage.messages), (1, 1, 1));
    assert!(usage.bytes < 600, "{usage:?}");
}

#[tokio::test]
async fn damage_is_corrupt_or_changes_nothing() {
    let payload = text(3_000);
    let compressed = stored(Compressed::new, payload.clone()).await;
    let begin = b"zstd/1 3000\n".len();
    let mut ignored = 0;
    for bit in begin * 8..compressed.len() * 8 {
        let mut damaged = compressed.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        match read(damaged).await {
            Err(StoreError::Corrupt(_)) => {}
            // Bits of a frame that decoders look over.
            Ok(read) if read == payload => ignored += 1,
            other => panic!("bit {bit}: {other:?}"),
        }
    }
    assert!(ignored < 20, "{ignored}");
    for length in b"zstd/".len()..compressed.len() {
        let cut = compressed[..length].to_vec();
        let cut = read(cut).await;
        assert!(
            matches!(cut, Err(StoreError::Corrupt(_))),
            "{length}: {cut:?}"
        );
    }
}

#[tokio::test]
async fn a_first_line_that_is_damaged_is_no_other_payload() {
    let payload = text(3_000);
    let compressed = stored(Compressed::new, payload.clone()).await;
    for bit in 0..b"zstd/1 3000\n".len() * 8 {
        let mut damaged = compressed.clone();
        damaged[bit / 8] ^= 1 << (bit % 8);
        match read(damaged.clone()).await {
            Err(StoreError::Corrupt(_) | StoreError::FormatTooNew { .. }) => {}
            // Without its mark it is a payload like any other, which doesn't have the form of a moment.
            Ok(read) => assert!(bit < 5 * 8 && read == damaged, "bit {bit}"),
            other => panic!("bit {bit}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_bomb_is_refused() {
    let bytes = Commit::MAX_PAYLOAD_BYTES;
    let large = stored(Compressed::new, vec![0; bytes]).await;
    assert!(large.len() < 10_000, "{}", large.len());
    let frame = &large[format!("zstd/1 {bytes}\n").len()..];
    // It says less than it becomes, more, more than there may be, and nothing that is a number.
    for said in [
        "1000",
        "0",
        "67112960",
        "67112961",
        "18446744073709551615",
        "1e9",
        "-1",
        "",
    ] {
        let bomb = [format!("zstd/1 {said}\n").as_bytes(), frame].concat();
        let read = read(bomb).await.map(|payload| payload.len());
        assert!(
            matches!(read, Err(StoreError::Corrupt(_))),
            "{said}: {read:?}"
        );
    }
}

#[tokio::test]
async fn more_than_one_frame_becomes_no_more_than_is_said() {
    let compressed = stored(Compressed::new, text(3_000)).await;
    let frame = &compressed[b"zstd/1 3000\n".len()..];
    let twice = [b"zstd/1 3000\n", frame, frame].concat();
    assert!(matches!(read(twice).await, Err(StoreError::Corrupt(_))));
}

#[tokio::test]
async fn a_newer_format_is_refused_as_such() {
    let refused = read(b"zstd/2 dictionary 7\n...".to_vec()).await;
    let Err(StoreError::FormatTooNew { found, supported }) = refused else {
        panic!("{refused:?}");
    };
    assert_eq!((found, supported), (2, 1));
}

fn seals(_: &impl Seals) {}

#[tokio::test]
async fn it_seals_where_what_it_stands_before_does() {
    let sqlite = SqliteSaver::memory().await.unwrap();
    let keys = KeyRing::new("current", [7; 32].into()).unwrap();
    let saver = Compressed::new(Sealed::new(sqlite.clone(), keys));
    seals(&saver);
    let record = record(text(10_000));
    saver
        .commit(&key("t"), adding(None, &record))
        .await
        .unwrap();
    let chain = saver.load(&key("t"), At::Head).await.unwrap().unwrap();
    assert!(chain.records == [record]);
    let sealed = only(&sqlite).await;
    assert!(sealed.starts_with(b"sealed/1 current\n"));
    assert!(sealed.len() < 500, "{}", sealed.len());
}
