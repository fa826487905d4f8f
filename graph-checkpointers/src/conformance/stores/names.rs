//! Segments and keys that look like something else. Each names itself.

use std::sync::Arc;

use graph_runtime::{MAX_ID_BYTES, Prefixes, Search, Store, StoreError};
use serde_json::json;

use super::kit::{at, entry, get, keys, listed, now, put};

/// Each name holds its own entries as a segment, as one below another, and as a key, and goes alone.
async fn keep_apart(store: Arc<dyn Store>, names: &[&str]) {
    for name in names {
        put(&store, &[name], "k", format!("at {name}")).await;
        put(&store, &["below", name], "k", format!("below {name}")).await;
        put(&store, &["keys"], name, format!("under {name}")).await;
    }
    for name in names {
        let at_it = get(&store, &[name], "k").await;
        assert_eq!(at_it, Some(json!(format!("at {name}"))));
        let below = get(&store, &["below", name], "k").await;
        assert_eq!(below, Some(json!(format!("below {name}"))));
        let under = get(&store, &["keys"], name).await;
        assert_eq!(under, Some(json!(format!("under {name}"))));
        let found = keys(&store, Search::under(at(&[name]))).await;
        assert_eq!(found, ["k"], "{name:?}");
    }
    let mut sorted = names.to_vec();
    sorted.sort_unstable();
    assert_eq!(keys(&store, Search::under(at(&["keys"]))).await, sorted);
    let below: Vec<_> = sorted.iter().map(|name| at(&["below", name])).collect();
    let prefixes = listed(&store, Prefixes::under(at(&["below"]))).await;
    assert_eq!(prefixes, below);
    go_one_by_one(&store, names).await;
}

async fn go_one_by_one(store: &Arc<dyn Store>, names: &[&str]) {
    for (gone, name) in names.iter().enumerate() {
        store.clear(&at(&["below", name])).await.unwrap();
        store.delete(&at(&["keys"]), name).await.unwrap();
        let left = names.len() - gone - 1;
        let below = keys(store, Search::under(at(&["below"]))).await;
        assert_eq!(below.len(), left, "{name:?}");
        let under = keys(store, Search::under(at(&["keys"]))).await;
        assert_eq!(under.len(), left, "{name:?}");
    }
}

pub async fn paths_and_separators(store: Arc<dyn Store>) {
    let names = [
        "/", "a/b", "a", "..", ".", "a/", "/a", "\\", "a\\b", ":", "a:b", "|", "a|b", ",", "\u{1}",
        "a\u{1}", "\u{1}a", "\u{1f}", "a\tb", "\n", " ", "a ", " a", "[\"a\"]", "a\",\"b",
    ];
    keep_apart(store, &names).await;
}

pub async fn wildcards(store: Arc<dyn Store>) {
    let names = [
        "%", "_", "a%", "a_", "ab", "a", "abc", "*", "a*", "?", "a?", "[a-z]", "\\%", "^a", "a$",
        ".*",
    ];
    keep_apart(store, &names).await;
}

pub async fn queries(store: Arc<dyn Store>) {
    let names = [
        "'; DROP TABLE entries; --",
        "' OR '1'='1",
        "\" OR \"\"=\"",
        "x'00'",
        "1; SELECT 1",
        "$1",
        "?1",
        ":name",
        "@name",
        "NULL",
        "null",
        "0",
        "00",
        "1",
        "1.0",
        "true",
        "{\"$gt\": \"\"}",
        "$where",
    ];
    keep_apart(store, &names).await;
}

pub async fn forms_of_unicode(store: Arc<dyn Store>) {
    let names = [
        "\u{e9}",
        "e\u{301}",
        "e",
        "E",
        "ß",
        "ss",
        "\u{fb01}",
        "fi",
        "\u{430}",
        "\u{200b}",
        "\u{feff}e",
        "\u{202e}e",
        "\u{a0}",
        "\u{80}",
        "\u{ffff}",
        "\u{10ffff}",
        "👩‍👩‍👧‍👦",
        "👩",
    ];
    keep_apart(store, &names).await;
}

pub async fn the_longest(store: Arc<dyn Store>) {
    // Beside `below`, and with a byte more for each segment.
    let room = MAX_ID_BYTES - "below".len() - 2;
    let (plain, quotes) = ("x".repeat(room), "'".repeat(room));
    let (shorter, wide) = ("x".repeat(room - 1), "𝔵".repeat(room / 4));
    let other_end = format!("{shorter}y");
    keep_apart(store, &[&plain, &quotes, &shorter, &wide, &other_end]).await;
}

pub async fn the_longest_in_every_part(store: Arc<dyn Store>) {
    let (segment, key) = ("x".repeat(MAX_ID_BYTES - 1), "k".repeat(MAX_ID_BYTES));
    put(&store, &[&segment], &key, 1).await;
    assert_eq!(get(&store, &[&segment], &key).await, Some(json!(1)));
    let many = vec!["x"; MAX_ID_BYTES / 2];
    put(&store, &many, "deep", 2).await;
    assert_eq!(get(&store, &many, "deep").await, Some(json!(2)));
    assert_eq!(keys(&store, Search::under(at(&["x"; 100]))).await, ["deep"]);
}

pub async fn keys_that_cannot_be_stored_are_refused(store: Arc<dyn Store>) {
    let long = "x".repeat(MAX_ID_BYTES + 1);
    for key in ["", "\0", "a\0b", &long] {
        let put = store.put(entry(&["p"], key, 1), now()).await;
        let get = store.get(&at(&["p"]), key, now()).await.map(drop);
        let deleted = store.delete(&at(&["p"]), key).await;
        for refused in [put, get, deleted] {
            assert!(
                matches!(refused, Err(StoreError::InvalidId(_))),
                "{refused:?}"
            );
        }
    }
    assert!(keys(&store, Search::default()).await.is_empty());
}
