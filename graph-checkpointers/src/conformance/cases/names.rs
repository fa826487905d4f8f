//! Ids that look like something else: a path, a query, another id. Each names itself.

use graph_runtime::{InvalidId, MAX_ID_BYTES, Page, StoreError, ThreadKey};

use super::super::Store;
use super::super::kit::{begin, chain, ids, key, listed, named, put, turn, writing};

/// Each name as a thread, and each as a namespace.
fn keys_of(names: &[&str]) -> Vec<ThreadKey> {
    let as_thread = names
        .iter()
        .map(|name| ThreadKey::new("plain", *name).unwrap());
    let as_namespace = names
        .iter()
        .map(|name| ThreadKey::new(*name, "plain").unwrap());
    as_thread.chain(as_namespace).collect()
}

/// Each name holds its own thread, is listed as itself, and goes alone.
async fn keep_apart(store: Store, names: &[&str]) {
    let keys = keys_of(names);
    let mut firsts = Vec::new();
    for key in &keys {
        firsts.push(begin(&store, key).await);
    }
    for (key, first) in keys.iter().zip(&firsts) {
        let records = chain(&store, key).await.records;
        assert_eq!(ids(&records), [first.id], "{key:?}");
    }
    let mut sorted = names.to_vec();
    sorted.sort_unstable();
    let threads = store.threads("plain", &Page::default()).await.unwrap();
    assert_eq!(threads, sorted);
    store.delete(&keys[0]).await.unwrap();
    assert!(listed(&store, &keys[0]).await.is_empty());
    for key in &keys[1..] {
        assert_eq!(listed(&store, key).await.len(), 1, "{key:?}");
    }
    each_is_a_user(&store, names).await;
    each_is_a_step(&store, names).await;
    each_names_a_write(&store, names).await;
}

/// Each holds its own records below a thread, and goes alone.
async fn each_is_a_step(store: &Store, names: &[&str]) {
    let thread = key("parent");
    let steps = names.iter().filter(|name| !name.contains('/'));
    let keys: Vec<_> = steps.map(|step| thread.child(step).unwrap()).collect();
    for key in &keys {
        begin(store, key).await;
    }
    let Some((gone, kept)) = keys.split_first() else {
        return;
    };
    store.delete(gone).await.unwrap();
    assert!(listed(store, gone).await.is_empty());
    for key in kept {
        assert_eq!(listed(store, key).await.len(), 1, "{key:?}");
    }
}

/// Each is a write of its own in one turn.
async fn each_names_a_write(store: &Store, names: &[&str]) {
    let thread = key("writes");
    let first = begin(store, &thread).await;
    let write = |name: &&str| named(turn(&first, 0), name, name);
    let mut writes: Vec<_> = names.iter().map(write).collect();
    put(store, &thread, writing(writes.clone())).await;
    writes.sort_by(|one, other| one.key.cmp(&other.key));
    assert_eq!(chain(store, &thread).await.writes, writes);
}

async fn each_is_a_user(store: &Store, names: &[&str]) {
    for name in names {
        let thread = store.thread_of("plain", name, name).await.unwrap();
        assert_eq!(thread, **name);
    }
    for name in names {
        let thread = store.thread_of("plain", name, "late").await.unwrap();
        assert_eq!(thread, **name);
    }
}

pub async fn paths(store: Store) {
    let names = [
        "..",
        ".",
        "../../etc/passwd",
        "/etc/passwd",
        "C:\\Windows",
        "a/b",
        "a\\b",
        "a/../b",
        "b",
        "~",
        "./b",
        "file:b",
        "CON",
        "nul.json",
        "a.",
        "a",
        "-rf",
        "--",
        "b.db",
        "b.db-wal",
    ];
    keep_apart(store, &names).await;
}

pub async fn queries(store: Store) {
    let names = [
        "'; DROP TABLE records; --",
        "' OR '1'='1",
        "\" OR \"\"=\"",
        "\"quoted\"",
        "`tick`",
        "x'; --",
        "1; SELECT 1",
        "$1",
        "?1",
        ":name",
        "@name",
        "NULL",
        "null",
        "0",
        "1",
        "true",
        "NaN",
        "1e3",
        "1000",
    ];
    keep_apart(store, &names).await;
}

pub async fn operators(store: Store) {
    let names = [
        "$gt",
        "$where",
        "{\"$gt\": \"\"}",
        "{$ne: null}",
        "a.$b",
        "a.b",
        "*",
        "user:*",
        "?",
        "[a-z]",
        "h?llo",
        "{tag}",
        "a\r\nDEL b",
        "EVAL",
        "@field:{x}",
        "(a|b)",
        "^a.*$",
    ];
    keep_apart(store, &names).await;
}

pub async fn wildcards(store: Store) {
    let names = [
        "%", "_", "a%", "a_", "ab", "a", "abc", "\\%", "\\_", "[a]", "a\\", "a\\\\",
    ];
    keep_apart(store, &names).await;
}

pub async fn separators(store: Store) {
    let names = [
        ":", "a:b", ":a", "a:", "|", "a|b", "/", "\u{1f}", "\u{1}", "a\tb", "a\nb", "\n", "a b",
        " a", "a ", "a  ", "a", ",", ";", "#", "&", "=", "a=b&c", "%2F", "%00", "a%2Fb", "a/b",
        "+", "a+b",
    ];
    keep_apart(store, &names).await;
}

pub async fn cases_of_letters(store: Store) {
    let names = [
        "thread", "Thread", "THREAD", "tHREAD", "ß", "ss", "SS", "ẞ", "i", "I", "ı", "İ", "ǆ", "ǅ",
        "Ǆ",
    ];
    keep_apart(store, &names).await;
}

/// One look, several spellings.
pub async fn forms_of_unicode(store: Store) {
    let names = [
        "\u{e9}",
        "e\u{301}",
        "e",
        "\u{212b}",
        "\u{c5}",
        "A\u{30a}",
        "\u{fb01}",
        "fi",
        "\u{ff41}",
        "a",
        "\u{430}",
        "\u{2126}",
        "\u{3a9}",
        "\u{1e9b}\u{323}",
        "\u{ac00}",
        "\u{1100}\u{1161}",
    ];
    keep_apart(store, &names).await;
}

pub async fn what_cannot_be_seen(store: Store) {
    let names = [
        "a",
        "a\u{200b}",
        "\u{feff}a",
        "a\u{200d}",
        "\u{202e}a",
        "\u{2060}",
        "\u{ad}",
        "\u{a0}",
        " ",
        "\u{2003}",
        "\u{7f}",
        "\u{80}",
        "\u{fffd}",
        "\u{ffff}",
        "\u{10ffff}",
        "\u{e000}",
        "👩‍👩‍👧‍👦",
        "👩",
        "🏳️‍🌈",
    ];
    keep_apart(store, &names).await;
}

pub async fn the_longest(store: Store) {
    let long = "x".repeat(MAX_ID_BYTES);
    let longest_but_one = "x".repeat(MAX_ID_BYTES - 1);
    let differs_at_the_end = format!("{longest_but_one}y");
    let of_wide_letters = "𝔵".repeat(MAX_ID_BYTES / 4);
    let of_quotes = "'".repeat(MAX_ID_BYTES);
    let of_slashes = "/".repeat(MAX_ID_BYTES);
    let names = [
        &long,
        &longest_but_one,
        &differs_at_the_end,
        &of_wide_letters,
        &of_quotes,
        &of_slashes,
    ];
    keep_apart(store, &names.map(String::as_str)).await;
}

pub async fn the_longest_in_every_part(store: Store) {
    let long = "ü".repeat(MAX_ID_BYTES / 2);
    let key = ThreadKey::new(long.as_str(), long.as_str()).unwrap();
    let first = begin(&store, &key).await;
    assert_eq!(chain(&store, &key).await.records, [first]);
    let thread = store.thread_of(&long, &long, &long).await.unwrap();
    assert_eq!(thread, long);
    store.delete(&key).await.unwrap();
    assert!(listed(&store, &key).await.is_empty());
}

pub async fn a_user_that_cannot_be_named_is_refused(store: Store) {
    let long = "x".repeat(MAX_ID_BYTES + 1);
    for user in ["", "a\0b", "\0", &long] {
        let refused = store.thread_of("ns", user, "t").await;
        assert!(
            matches!(refused, Err(StoreError::InvalidId(_))),
            "{refused:?}"
        );
    }
    let empty = store.thread_of("ns", "", "t").await;
    assert!(matches!(
        empty,
        Err(StoreError::InvalidId(InvalidId::Empty { what: "user" }))
    ));
}

pub async fn a_thread_that_cannot_be_named_is_not_kept_for_a_user(store: Store) {
    let long = "x".repeat(MAX_ID_BYTES + 1);
    for (namespace, thread) in [
        ("ns", ""),
        ("ns", "a\0"),
        ("ns", &*long),
        ("", "t"),
        ("n\0", "t"),
        (&*long, "t"),
    ] {
        let refused = store.thread_of(namespace, "user", thread).await;
        assert!(
            matches!(refused, Err(StoreError::InvalidId(_))),
            "{refused:?}"
        );
    }
    assert_eq!(store.thread_of("ns", "user", "t").await.unwrap(), "t");
}
