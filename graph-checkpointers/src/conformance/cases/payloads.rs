//! Bytes come back as they went in, up to the limit.

use graph_runtime::{Commit, Query, Record, StoreError, Write};

use super::super::Store;
use super::super::kit::{
    adding, after, begin, chain, first, head, key, listed, put, turn, update, writing,
};

/// Stores a payload in a record and in a write, and reads both back.
async fn round_trip(store: Store, payload: Vec<u8>) {
    let thread = key("t");
    let record = Record {
        payload: payload.clone(),
        ..first()
    };
    put(&store, &thread, adding(None, [&record])).await;
    let write = Write {
        payload,
        ..update(turn(&record, 0), "")
    };
    put(&store, &thread, writing([write.clone()])).await;
    let chain = chain(&store, &thread).await;
    // Without `assert_eq`: it would print them.
    assert!(
        chain.records == [record.clone()],
        "the record's payload was changed"
    );
    assert!(chain.writes == [write], "the write's payload was changed");
    let listed = store.list(&thread, &Query::default()).await.unwrap();
    assert!(listed == [record], "the listed payload was changed");
}

pub async fn nothing(store: Store) {
    round_trip(store, Vec::new()).await;
}

pub async fn a_single_nul(store: Store) {
    round_trip(store, vec![0]).await;
}

pub async fn every_byte(store: Store) {
    round_trip(store, (0..=255).cycle().take(1_000).collect()).await;
}

pub async fn what_is_not_utf_8(store: Store) {
    round_trip(store, vec![0xff, 0xfe, 0xc0, 0x80, 0xed, 0xa0, 0x80, 0xf5]).await;
}

/// A document keeps its spaces, the order of its keys, its doubled keys and its numbers.
pub async fn json_as_it_was_written(store: Store) {
    let text = r#" {"b" : 1.0, "a": [ 1e400, 9007199254740993 ], "a":null, "\u0000": "\ud800" }  "#;
    round_trip(store, text.as_bytes().to_vec()).await;
}

pub async fn what_looks_like_an_escape(store: Store) {
    round_trip(store, br"\x00 \\ \0 X'00' $$ base64== 'quoted'".to_vec()).await;
}

/// Around the sizes at which stores change how they keep a value.
pub async fn sizes_around_pages(store: Store) {
    let thread = key("t");
    let mut head = begin(&store, &thread).await;
    let mut records = vec![head.clone()];
    for size in [
        1, 127, 128, 1_000, 2_000, 4_000, 4_095, 4_096, 4_097, 8_192, 65_535, 65_536, 65_537,
    ] {
        let record = Record {
            payload: noise(size),
            ..after(&head)
        };
        put(&store, &thread, adding(Some(&head), [&record])).await;
        records.push(record.clone());
        head = record;
    }
    assert!(chain(&store, &thread).await.records == records);
}

pub async fn several_megabytes(store: Store) {
    round_trip(store, noise(5 * 1024 * 1024)).await;
}

/// What stands before a backend needs room around what it is given, so a little more than the largest may fit.
pub async fn the_largest(store: Store) {
    let thread = key("t");
    let given = Commit::MAX_STORED_BYTES + 1;
    let record = |size| Record {
        payload: noise(size),
        ..first()
    };
    let refused = store.commit(&thread, adding(None, [&record(given)])).await;
    let (bytes, limit) = too_large(&refused);
    let largest = record(limit - (bytes - given));
    assert!(largest.payload.len() >= Commit::MAX_PAYLOAD_BYTES);
    put(&store, &thread, adding(None, [&largest])).await;
    assert!(chain(&store, &thread).await.records == [largest]);
}

pub async fn a_record_beyond_the_limit_is_refused(store: Store) {
    let thread = key("t");
    let fine = first();
    let large = Record {
        payload: vec![0; Commit::MAX_STORED_BYTES + 1],
        ..after(&fine)
    };
    too_large(&store.commit(&thread, adding(None, [&fine, &large])).await);
    assert_eq!(head(&store, &thread).await, None);
}

pub async fn a_write_beyond_the_limit_is_refused(store: Store) {
    let thread = key("t");
    let first = begin(&store, &thread).await;
    let payload = vec![0; Commit::MAX_STORED_BYTES + 1];
    let commit = Commit {
        writes: vec![
            update(turn(&first, 0), "fine"),
            Write {
                payload,
                ..update(turn(&first, 1), "")
            },
        ],
        ..adding(Some(&first), [&after(&first)])
    };
    too_large(&store.commit(&thread, commit).await);
    assert_eq!(listed(&store, &thread).await, [first.id]);
    assert!(store.writes(&thread).await.unwrap().is_empty());
}

/// That a commit was too large; how large it was, and how large it might have been.
fn too_large(outcome: &Result<(), StoreError>) -> (usize, usize) {
    let Err(StoreError::TooLarge { bytes, limit, .. }) = outcome else {
        unreachable!("it was too large, and the commit said {outcome:?}");
    };
    assert_eq!(*limit, Commit::MAX_STORED_BYTES);
    assert!(bytes > limit, "{bytes}");
    (*bytes, *limit)
}

/// Bytes without a pattern, the same each time.
fn noise(size: usize) -> Vec<u8> {
    let mut state = 0x9e37_79b9_u32;
    let next = || {
        state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
        state.to_le_bytes()[3]
    };
    std::iter::repeat_with(next).take(size).collect()
}
