//! Keys: where they come from, how they are written, and what they are called.

#![allow(clippy::unwrap_used, clippy::panic, reason = "these are tests")]

mod support;

use std::slice;
use std::sync::Arc;

use graph_checkpointers::{KeyError, KeyRing, SealKey, Sealed};
use graph_runtime::{At, Checkpointer, MemorySaver};
use support::{adding, first, key};

#[tokio::test]
async fn a_key_may_be_written_in_several_ways() {
    let bytes: [u8; 32] = std::array::from_fn(|place| u8::try_from(place * 8 + 3).unwrap());
    let hex = "030b131b232b333b434b535b636b737b838b939ba3abb3bbc3cbd3dbe3ebf3fb";
    let base64 = "AwsTGyMrMztDS1NbY2tze4OLk5ujq7O7w8vT2+Pr8/s=";
    let written = [
        hex.to_owned(),
        hex.to_uppercase(),
        base64.to_owned(),
        base64.replace('+', "-").replace('/', "_"),
        base64.trim_end_matches('=').to_owned(),
        format!("\t{hex}\r\n"),
    ];
    let record = first();
    let inner = Arc::new(MemorySaver::new());
    let sealing = |key: SealKey| Sealed::new(Arc::clone(&inner), KeyRing::new("k", key).unwrap());
    let saver = sealing(bytes.into());
    saver
        .commit(&key("t"), adding(None, &record))
        .await
        .unwrap();
    for text in written {
        let read = sealing(text.parse().unwrap())
            .load(&key("t"), At::Head)
            .await;
        assert_eq!(
            read.unwrap().unwrap().records,
            slice::from_ref(&record),
            "{text:?}"
        );
    }
}

#[test]
fn what_is_no_key_is_refused_and_not_shown() {
    let hex = "030b131b232b333b434b535b636b737b838b939ba3abb3bbc3cbd3dbe3ebf3fb";
    for text in [
        String::new(),
        hex[1..].to_owned(),
        format!("{hex}0"),
        hex.replace('f', "g"),
        hex.replacen("03", "é", 1),
        format!("{}=", "A".repeat(42) + "B"),
        "=".repeat(44),
        "\u{e9}".repeat(32),
    ] {
        let refused = text.parse::<SealKey>();
        let error = match refused {
            Err(error @ KeyError::Malformed { .. }) => format!("{error} {error:?}"),
            other => panic!("{text:?}: {other:?}"),
        };
        assert!(text.is_empty() || !error.contains(&text), "{error}");
    }
}

#[test]
fn a_key_may_lie_in_a_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("key");
    let missing = SealKey::from_file(&path).unwrap_err();
    assert!(matches!(missing, KeyError::File { .. }), "{missing}");
    assert!(missing.to_string().contains("key"), "{missing}");
    std::fs::write(&path, format!("{}\n", "ab".repeat(32))).unwrap();
    SealKey::from_file(&path).unwrap();
    std::fs::write(&path, [0xff; 64]).unwrap();
    let refused = SealKey::from_file(&path).unwrap_err();
    assert!(matches!(refused, KeyError::Malformed { .. }), "{refused}");
    assert!(
        refused.to_string().contains(&path.display().to_string()),
        "{refused}"
    );
}

#[test]
fn a_variable_that_is_not_set_is_named() {
    let refused = SealKey::from_env("GRAPH_TEST_NO_SUCH_KEY").unwrap_err();
    assert!(
        refused
            .to_string()
            .contains("`GRAPH_TEST_NO_SUCH_KEY` isn't set"),
        "{refused}"
    );
    // One that is set and holds no key: cargo sets it.
    let refused = SealKey::from_env("CARGO_PKG_NAME").unwrap_err();
    assert!(
        refused.to_string().contains("variable `CARGO_PKG_NAME`"),
        "{refused}"
    );
}

#[test]
fn ids_of_keys_are_checked() {
    let ring = |id: &str| KeyRing::new(id, [1; 32].into());
    for id in [
        "k",
        "2026-01",
        "team/blue#3",
        &"k".repeat(KeyRing::MAX_ID_BYTES),
    ] {
        ring(id).unwrap();
    }
    let long = "k".repeat(KeyRing::MAX_ID_BYTES + 1);
    for id in ["", " ", "a b", "a\n", "a\0", "\u{e9}", &long] {
        let refused = ring(id).unwrap_err();
        assert!(
            matches!(refused, KeyError::InvalidId { .. }),
            "{id:?}: {refused}"
        );
    }
    let twice = ring("k")
        .unwrap()
        .opening_with("k", [2; 32].into())
        .unwrap_err();
    assert!(matches!(twice, KeyError::TakenId { .. }), "{twice}");
}
