//! What lies below a thread, and how much is stored of it.

use graph_runtime::{Commit, MAX_PATH_BYTES, Rewrite, ThreadKey, Usage, Write};

use super::super::Store;
use super::super::kit::{
    LONG, adding, after, at, begin, begin_line, chain, consuming, key, line, on, put, receiving,
    removing, rewritten, turn, update, writing,
};

async fn below(store: &Store, thread: &ThreadKey) -> Vec<String> {
    store.paths(thread).await.unwrap()
}

pub async fn paths_come_in_byte_order(store: Store) {
    assert!(below(&store, &key("t")).await.is_empty());
    begin(&store, &key("t")).await;
    assert!(below(&store, &key("t")).await.is_empty());
    let steps = ["b", "a", "Z", "é", "a!", "a0", "ab", "10", "9", "_"];
    for step in steps {
        begin(&store, &at("t", &[step])).await;
        begin(&store, &at("t", &[step, "x"])).await;
    }
    let mut all: Vec<_> = steps
        .into_iter()
        .flat_map(|step| [step.to_owned(), format!("{step}/x")])
        .collect();
    all.sort();
    assert_eq!(below(&store, &key("t")).await, all);
}

pub async fn only_what_lies_below_is_listed(store: Store) {
    for key in [
        key("t"),
        at("t", &["a"]),
        at("t", &["a", "b"]),
        at("t", &["a", "b", "c"]),
        at("t", &["a!", "b"]),
        at("t", &["ab", "c"]),
        at("t", &["a0"]),
        at("t", &["A", "b"]),
        at("t2", &["a", "x"]),
        at("a", &["b"]),
    ] {
        begin(&store, &key).await;
    }
    let elsewhere = ThreadKey::new("elsewhere", "t").unwrap();
    begin(&store, &elsewhere.child("a").unwrap().child("z").unwrap()).await;
    let whole = ["A/b", "a", "a!/b", "a/b", "a/b/c", "a0", "ab/c"];
    assert_eq!(below(&store, &key("t")).await, whole);
    assert_eq!(below(&store, &at("t", &["a"])).await, ["a/b", "a/b/c"]);
    assert_eq!(below(&store, &at("t", &["a", "b"])).await, ["a/b/c"]);
    assert_eq!(below(&store, &at("t", &["a!"])).await, ["a!/b"]);
    for nothing in [
        at("t", &["a", "b", "c"]),
        at("t", &["a", "c"]),
        at("t", &["z"]),
        key("u"),
    ] {
        assert!(below(&store, &nothing).await.is_empty(), "{nothing:?}");
    }
}

pub async fn only_paths_that_hold_something_are_listed(store: Store) {
    let write = || update(turn(&line(1)[0], 0), "x");
    put(&store, &at("t", &["writes"]), writing([write()])).await;
    begin(&store, &at("t", &["gone", "deep"])).await;
    let first = begin(&store, &at("t", &["gone"])).await;
    begin(&store, &at("t", &["records"])).await;
    // Refused, and so never begun.
    let refused = adding(Some(&first), [&after(&first)]);
    let never = store.commit(&at("t", &["never"]), refused).await;
    never.unwrap_err();
    put(&store, &at("t", &["empty"]), Commit::default()).await;
    store.delete(&at("t", &["gone"])).await.unwrap();
    assert_eq!(below(&store, &key("t")).await, ["records", "writes"]);
    // Where there is an inbox, a message is something.
    if let Ok(position) = store.send(&at("t", &["told"]), b"x".to_vec()).await {
        assert_eq!(
            below(&store, &key("t")).await,
            ["records", "told", "writes"]
        );
        put(&store, &at("t", &["told"]), receiving(&[position])).await;
        assert_eq!(below(&store, &key("t")).await, ["records", "writes"]);
    }
    store.delete(&key("t")).await.unwrap();
    assert!(below(&store, &key("t")).await.is_empty());
}

pub async fn consumed_writes_leave_no_path(store: Store) {
    let of = turn(&line(1)[0], 0);
    let child = at("t", &["a"]);
    put(&store, &child, writing([update(of, "x")])).await;
    put(&store, &child, consuming(&[of])).await;
    assert!(below(&store, &key("t")).await.is_empty());
}

pub async fn paths_may_be_called_anything(store: Store) {
    let long = "%".repeat(MAX_PATH_BYTES);
    let mut steps = vec![
        "%",
        "_",
        "*",
        "?",
        "[a-z]",
        ".*",
        "'",
        "\"",
        "\\",
        "..",
        ".",
        "$gt",
        ":",
        "{x}",
        " ",
        "\u{e9}",
        "e\u{301}",
        "\u{10ffff}",
        "COM1",
        "a\nb",
        "--",
        &long,
    ];
    for step in &steps {
        begin(&store, &at("t", &[step])).await;
    }
    steps.sort_unstable();
    assert_eq!(below(&store, &key("t")).await, steps);
    for step in &steps[..steps.len() - 1] {
        let nothing = below(&store, &at("t", &[step])).await;
        assert!(nothing.is_empty(), "{step:?}: {nothing:?}");
    }
}

async fn usage(store: &Store, thread: &ThreadKey) -> Usage {
    store.usage(thread).await.unwrap()
}

/// Records of those sizes.
fn usage_of(records: &[usize], writes: &[usize]) -> Usage {
    Usage {
        records: records.len() as u64,
        writes: writes.len() as u64,
        messages: 0,
        bytes: records.iter().chain(writes).sum::<usize>() as u64,
    }
}

/// A line whose records have these sizes, and a write for its last one of each of those.
async fn begin_sized(store: &Store, thread: &ThreadKey, records: &[usize], writes: &[usize]) {
    let mut all = line(records.len());
    for (record, size) in all.iter_mut().zip(records) {
        record.payload = vec![b'x'; *size];
    }
    let last = all[all.len() - 1].clone();
    let write = |(index, size): (u32, &usize)| Write {
        payload: vec![0xff; *size],
        ..update(turn(&last, index), "")
    };
    let commit = Commit {
        writes: (0..).zip(writes).map(write).collect(),
        ..adding(None, &all)
    };
    put(store, thread, commit).await;
}

pub async fn nothing_takes_no_room(store: Store) {
    begin(&store, &key("other")).await;
    assert_eq!(usage(&store, &key("t")).await, Usage::default());
    assert_eq!(usage(&store, &at("t", &["a"])).await, Usage::default());
    assert_eq!(usage(&store, &at("other", &["a"])).await, Usage::default());
}

pub async fn all_that_is_stored_is_counted(store: Store) {
    let sizes: (&[_], &[_]) = (&[0, 1, 1_000, 70_000], &[0, 3, 5_000]);
    begin_sized(&store, &key("t"), sizes.0, sizes.1).await;
    let mut whole = usage_of(sizes.0, sizes.1);
    assert_eq!(usage(&store, &key("t")).await, whole);
    // Whoever leads to the thread and runs it isn't counted.
    store.thread_of("conformance", "user", "t").await.unwrap();
    let _ = store.lease(&key("t"), "ada", LONG).await.unwrap();
    assert_eq!(usage(&store, &key("t")).await, whole);
    // Where there is an inbox.
    if store.send(&key("t"), vec![7; 40]).await.is_ok() {
        whole.messages += 1;
        whole.bytes += 40;
    }
    assert_eq!(usage(&store, &key("t")).await, whole);
}

pub async fn what_lies_below_is_counted_along(store: Store) {
    begin_sized(&store, &key("t"), &[1], &[2]).await;
    begin_sized(&store, &at("t", &["a"]), &[10, 10], &[]).await;
    begin_sized(&store, &at("t", &["a", "b"]), &[100], &[100]).await;
    begin_sized(&store, &at("t", &["ab"]), &[1_000], &[]).await;
    begin_sized(&store, &at("u", &["a"]), &[9], &[9]).await;
    let deep = usage_of(&[100], &[100]);
    assert_eq!(usage(&store, &at("t", &["a", "b"])).await, deep);
    let middle = usage_of(&[10, 10, 100], &[100]);
    assert_eq!(usage(&store, &at("t", &["a"])).await, middle);
    let whole = usage_of(&[1, 10, 10, 100, 1_000], &[2, 100]);
    assert_eq!(usage(&store, &key("t")).await, whole);
}

pub async fn what_goes_is_not_counted_any_more(store: Store) {
    let thread = key("t");
    begin_sized(&store, &thread, &[10, 20, 30], &[5]).await;
    begin_sized(&store, &at("t", &["a"]), &[7], &[]).await;
    let records = chain(&store, &thread).await.records;
    let mut kept = on(&records[1], &records[1..]);
    kept[0].payload = vec![1; 500];
    let rewrite = Rewrite {
        replaced: kept,
        ..removing(&records[2], &records[..1])
    };
    rewritten(&store, &thread, rewrite).await;
    let whole = usage_of(&[500, 30, 7], &[5]);
    assert_eq!(usage(&store, &thread).await, whole);
    put(&store, &thread, consuming(&[turn(&records[2], 0)])).await;
    let whole = usage_of(&[500, 30, 7], &[]);
    assert_eq!(usage(&store, &thread).await, whole);
    store.delete(&at("t", &["a"])).await.unwrap();
    assert_eq!(usage(&store, &thread).await, usage_of(&[500, 30], &[]));
    store.delete(&thread).await.unwrap();
    assert_eq!(usage(&store, &thread).await, Usage::default());
}

pub async fn a_commit_that_is_repeated_is_counted_once(store: Store) {
    let records = begin_line(&store, &key("t"), 1).await;
    let next = after(&records[0]);
    let commit = adding(Some(&records[0]), [&next]);
    put(&store, &key("t"), commit.clone()).await;
    let once = usage(&store, &key("t")).await;
    put(&store, &key("t"), commit).await;
    assert_eq!(usage(&store, &key("t")).await, once);
}
