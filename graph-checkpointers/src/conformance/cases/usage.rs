//! How much is stored of a thread, to the byte: for stores that keep payloads as they are.

use graph_runtime::{Commit, Rewrite, ThreadKey, Usage, Write};

use super::super::Store;
use super::super::kit::{
    LONG, adding, at, chain, consuming, key, line, on, put, removing, rewritten, turn, update,
    usage,
};

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
