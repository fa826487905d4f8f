//! What upkeep did outlasts the handle that did it, and is seen by the others.

use graph_runtime::{At, Commit, Expect, Record, Rewrite, StoreError, Write};

use super::super::Reopen;
use super::super::kit::{
    adding, after, at, begin, begin_line, chain, key, listed, on, poll_once, put, removing,
    rewritten, turn, update,
};

/// What leaves only the last of a line.
fn keeping_the_last(line: &[Record]) -> Rewrite {
    let (last, gone) = line.split_last().unwrap();
    Rewrite {
        replaced: on(last, std::slice::from_ref(last)),
        ..removing(last, gone)
    }
}

pub async fn what_was_rewritten_is_so_again(place: Reopen) {
    let store = place.open().await;
    let records = begin_line(&store, &key("t"), 4).await;
    let write = update(turn(&records[3], 0), "before");
    let last = after(&records[3]);
    let commit = Commit {
        writes: vec![write.clone()],
        ..adding(Some(&records[3]), [&last])
    };
    put(&store, &key("t"), commit).await;
    let now = Write {
        payload: b"now".to_vec(),
        ..write
    };
    let kept = on(&last, std::slice::from_ref(&last));
    let rewrite = Rewrite {
        replaced: kept.clone(),
        writes: vec![now.clone()],
        ..removing(&last, &records)
    };
    rewritten(&store, &key("t"), rewrite).await;
    drop(store);
    let store = place.open().await;
    let found = chain(&store, &key("t")).await;
    assert_eq!(
        (found.records, found.writes, found.rewrites),
        (kept, vec![now], 1)
    );
    assert_eq!((found.head, found.sequence), (Some(last.id), 5));
    for gone in &records {
        let found = store.load(&key("t"), At::Moment(gone.id)).await.unwrap();
        assert_eq!(found, None);
    }
    assert_eq!(listed(&store, &key("t")).await, [last.id]);
}

pub async fn a_commit_from_before_is_refused_after_reopening(place: Reopen) {
    let store = place.open().await;
    let records = begin_line(&store, &key("t"), 3).await;
    rewritten(&store, &key("t"), keeping_the_last(&records)).await;
    drop(store);
    let store = place.open().await;
    let next = after(&records[2]);
    let late = adding(Some(&records[2]), [&next]);
    let refused = store.commit(&key("t"), late.clone()).await;
    assert!(matches!(refused, Err(StoreError::Rewritten)), "{refused:?}");
    put(
        &store,
        &key("t"),
        Commit {
            rewrites: 1,
            ..late
        },
    )
    .await;
}

pub async fn a_handle_sees_what_another_rewrote(place: Reopen) {
    let (one, two) = (place.open().await, place.open().await);
    let mut last = begin(&one, &key("t")).await;
    for round in 0..10 {
        assert_eq!(chain(&two, &key("t")).await.rewrites, round);
        let next = after(&last);
        let commit = Commit {
            rewrites: round,
            ..adding(Some(&last), [&next])
        };
        put(&two, &key("t"), commit.clone()).await;
        let rewrite = Rewrite {
            rewrites: round,
            ..keeping_the_last(&[last, next.clone()])
        };
        rewritten(&one, &key("t"), rewrite).await;
        let late = Commit {
            expected: Expect::Head(Some(next.id)),
            records: vec![after(&next)],
            ..commit
        };
        let refused = two.commit(&key("t"), late).await;
        assert!(matches!(refused, Err(StoreError::Rewritten)), "{refused:?}");
        last = next;
    }
    assert_eq!(listed(&two, &key("t")).await, [last.id]);
}

pub async fn paths_and_sizes_are_there_again(place: Reopen) {
    let store = place.open().await;
    for steps in [&["b"][..], &["a"], &["a", "c"]] {
        begin_line(&store, &at("t", steps), 3).await;
    }
    let records = begin_line(&store, &key("t"), 3).await;
    rewritten(&store, &key("t"), keeping_the_last(&records)).await;
    store.delete(&at("t", &["b"])).await.unwrap();
    let usage = store.usage(&key("t")).await.unwrap();
    assert_eq!(usage.records, 7);
    drop(store);
    let store = place.open().await;
    assert_eq!(store.paths(&key("t")).await.unwrap(), ["a", "a/c"]);
    assert_eq!(store.usage(&key("t")).await.unwrap(), usage);
}

pub async fn a_handle_dropped_in_a_hurry_leaves_whole_rewrites(place: Reopen) {
    for round in 0..20 {
        let thread = key(&format!("t{round}"));
        let store = place.open().await;
        let records = begin_line(&store, &thread, 6).await;
        let rewrite = keeping_the_last(&records);
        let kept = rewrite.replaced.clone();
        poll_once(store.rewrite(&thread, rewrite)).await;
        drop(store);
        let store = place.open().await;
        let found = chain(&store, &thread).await;
        let expected = if found.rewrites == 0 { records } else { kept };
        assert_eq!(found.records, expected);
        assert_eq!(listed(&store, &thread).await.len(), expected.len());
    }
}
