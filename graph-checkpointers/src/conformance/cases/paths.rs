//! What child graphs store: under their parent's thread, and apart from it.

use graph_runtime::{At, MAX_PATH_BYTES, Page, ThreadKey};

use super::super::Store;
use super::super::kit::{
    adding, after, assert_conflict, at, begin, begin_line, chain, consuming, go_on, head, key,
    line, listed, put, turn, update, writing,
};

/// Begins all of them, and says with how many records each of them is found after something was done.
async fn lengths_after(
    store: &Store,
    keys: &[ThreadKey],
    change: impl AsyncFnOnce(),
) -> Vec<usize> {
    for key in keys {
        begin(store, key).await;
    }
    change().await;
    let mut lengths = Vec::new();
    for key in keys {
        lengths.push(listed(store, key).await.len());
    }
    lengths
}

pub async fn a_path_has_records_of_its_own(store: Store) {
    let (thread, child) = (key("t"), at("t", &["web"]));
    let first = begin(&store, &thread).await;
    assert_eq!(head(&store, &child).await, None);
    let other = begin(&store, &child).await;
    let second = go_on(&store, &child, &other).await;
    assert_eq!(listed(&store, &thread).await, [first.id]);
    let below = chain(&store, &child).await;
    assert_eq!((below.head, below.sequence), (Some(second.id), 2));
    assert_eq!(below.records, [other, second]);
}

pub async fn a_path_has_writes_of_its_own(store: Store) {
    let (thread, child) = (key("t"), at("t", &["web"]));
    let records = line(1);
    put(&store, &thread, adding(None, &records)).await;
    put(&store, &child, adding(None, &records)).await;
    let write = update(turn(&records[0], 0), "the child's");
    put(&store, &child, writing([write.clone()])).await;
    assert!(store.writes(&thread).await.unwrap().is_empty());
    put(&store, &thread, consuming(&[turn(&records[0], 0)])).await;
    assert_eq!(store.writes(&child).await.unwrap(), [write]);
}

pub async fn a_path_has_a_head_of_its_own(store: Store) {
    let (thread, child) = (key("t"), at("t", &["web"]));
    let records = line(2);
    put(&store, &thread, adding(None, &records)).await;
    put(&store, &child, adding(None, &records[..1])).await;
    let stale = adding(Some(&records[1]), [&after(&records[1])]);
    assert_conflict(&store.commit(&child, stale).await, Some(&records[0]));
    go_on(&store, &child, &records[0]).await;
    assert_eq!(head(&store, &thread).await, Some(records[1].id));
}

pub async fn a_moment_of_another_path_is_not_found(store: Store) {
    let keys = [key("t"), at("t", &["a"]), at("t", &["a", "b"])];
    let mut firsts = Vec::new();
    for key in &keys {
        firsts.push(begin(&store, key).await);
    }
    for (place, key) in keys.iter().enumerate() {
        for (other, first) in firsts.iter().enumerate() {
            let found = store.load(key, At::Moment(first.id)).await.unwrap();
            assert_eq!(found.is_some(), place == other, "{key:?}");
        }
    }
}

/// Where a thread ends and a path begins, and where its steps end, is never in doubt.
pub async fn paths_that_look_alike_are_apart(store: Store) {
    let keys = [
        key("t"),
        key("t/a"),
        key("t/a/b"),
        at("t", &["a"]),
        at("t", &["a", "b"]),
        at("t", &["a", "b", "c"]),
        at("t", &["ab"]),
        at("t", &["a", "bc"]),
        at("t", &["A"]),
        at("t", &["a!"]),
        at("t", &["a!", "b"]),
        at("t", &["a0"]),
        at("t", &["t"]),
        at("t/a", &["b"]),
    ];
    let mut firsts = Vec::new();
    for key in &keys {
        assert_eq!(head(&store, key).await, None, "{key:?}");
        firsts.push(begin(&store, key).await);
    }
    for (key, first) in keys.iter().zip(firsts) {
        assert_eq!(listed(&store, key).await, [first.id], "{key:?}");
    }
}

pub async fn the_longest_path_in_the_longest_names(store: Store) {
    let long = "'".repeat(graph_runtime::MAX_ID_BYTES);
    let thread = ThreadKey::new(long.as_str(), long.as_str()).unwrap();
    let one = thread.child(&"%".repeat(MAX_PATH_BYTES)).unwrap();
    let steps = vec!["x"; MAX_PATH_BYTES / 2];
    let many = steps
        .into_iter()
        .fold(thread.clone(), |key, step| key.child(step).unwrap());
    let keys = [thread.clone(), one.clone(), many];
    let lengths = lengths_after(&store, &keys, async || {
        store.delete(&one).await.unwrap();
    });
    assert_eq!(lengths.await, [1, 0, 1]);
}

pub async fn paths_are_not_listed_as_threads(store: Store) {
    begin(&store, &key("t")).await;
    begin(&store, &at("t", &["web"])).await;
    begin(&store, &at("t", &["web", "search"])).await;
    begin(&store, &at("u", &["web"])).await;
    let threads = store.threads("conformance", &Page::default()).await;
    assert_eq!(threads.unwrap(), ["t"]);
}

/// A page is full also where many paths lie between its threads.
pub async fn pages_of_threads_do_not_count_paths(store: Store) {
    for thread in ["a", "b", "c"] {
        begin(&store, &key(thread)).await;
        for place in 0..5 {
            begin(&store, &at(thread, &[&format!("p{place}")])).await;
        }
    }
    let page = |after: Option<&str>| Page {
        after: after.map(str::to_owned),
        limit: Some(2),
    };
    let threads = store.threads("conformance", &page(None)).await.unwrap();
    assert_eq!(threads, ["a", "b"]);
    let threads = store
        .threads("conformance", &page(Some("a")))
        .await
        .unwrap();
    assert_eq!(threads, ["b", "c"]);
}

pub async fn deleting_a_thread_takes_all_below_along(store: Store) {
    let keys = [
        key("t"),
        at("t", &["a"]),
        at("t", &["a", "b"]),
        at("t", &["z"]),
        key("t2"),
        at("t2", &["a"]),
        key("s"),
        at("s", &["a"]),
        ThreadKey::new("elsewhere", "t").unwrap(),
    ];
    let lengths = lengths_after(&store, &keys, async || {
        for key in &keys {
            let write = update(turn(&line(1)[0], 0), "x");
            put(&store, key, writing([write])).await;
        }
        store.delete(&key("t")).await.unwrap();
    });
    assert_eq!(lengths.await, [0, 0, 0, 0, 1, 1, 1, 1, 1]);
    for (place, key) in keys.iter().enumerate() {
        let writes = store.writes(key).await.unwrap();
        assert_eq!(writes.len(), usize::from(place > 3), "{key:?}");
    }
}

pub async fn deleting_a_thread_that_has_only_paths(store: Store) {
    let keys = [at("t", &["a"]), at("t", &["a", "b"])];
    let lengths = lengths_after(&store, &keys, async || {
        store.delete(&key("t")).await.unwrap();
    });
    assert_eq!(lengths.await, [0, 0]);
}

pub async fn deleting_a_path_takes_what_is_below_along_and_nothing_else(store: Store) {
    let gone = [
        at("t", &["a"]),
        at("t", &["a", "b"]),
        at("t", &["a", "b", "c"]),
        at("t", &["a", "\u{10ffff}"]),
        at("t", &["a", "!"]),
    ];
    let kept = [
        key("t"),
        at("t", &["ab"]),
        at("t", &["a!"]),
        at("t", &["a!", "b"]),
        at("t", &["a."]),
        at("t", &["a0"]),
        at("t", &["A"]),
        at("t", &["b"]),
        at("t", &["b", "a"]),
        key("a"),
        at("u", &["a"]),
        at("u", &["a", "b"]),
    ];
    let keys = [&gone[..], &kept[..]].concat();
    let lengths = lengths_after(&store, &keys, async || {
        store.delete(&at("t", &["a"])).await.unwrap();
    });
    assert_eq!(
        lengths.await,
        [vec![0; gone.len()], vec![1; kept.len()]].concat()
    );
}

pub async fn deleting_a_path_that_looks_like_a_pattern(store: Store) {
    let patterns = [
        "%", "_", "*", "?", "[a-z]", ".*", "a%", "a_", "a*", "'", "\\",
    ];
    let kept = [
        at("t", &["a"]),
        at("t", &["ab"]),
        at("t", &["ab", "c"]),
        at("t", &["b"]),
    ];
    let lengths = lengths_after(&store, &kept, async || {
        for pattern in patterns {
            store.delete(&at("t", &[pattern])).await.unwrap();
        }
    });
    assert_eq!(lengths.await, [1; 4]);
}

pub async fn deleting_a_path_where_nothing_lies_takes_what_is_below(store: Store) {
    let keys = [at("t", &["a", "b"]), at("t", &["ab"])];
    let lengths = lengths_after(&store, &keys, async || {
        store.delete(&at("t", &["a"])).await.unwrap();
    });
    assert_eq!(lengths.await, [0, 1]);
}

pub async fn deleting_a_path_leaves_the_users_of_its_thread(store: Store) {
    store.thread_of("conformance", "user", "t").await.unwrap();
    begin(&store, &at("t", &["a"])).await;
    store.delete(&at("t", &["a"])).await.unwrap();
    let thread = store.thread_of("conformance", "user", "new").await.unwrap();
    assert_eq!(thread, "t");
}

pub async fn a_deleted_path_may_begin_again(store: Store) {
    let child = at("t", &["a"]);
    begin_line(&store, &child, 3).await;
    store.delete(&child).await.unwrap();
    let anew = begin(&store, &child).await;
    assert_eq!(chain(&store, &child).await.records, [anew]);
}
