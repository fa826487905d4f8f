//! Rewrites that meet others: writers, readers, another rewrite, a caller that goes away.

use std::sync::Arc;

use graph_runtime::{At, Commit, Query, Record, Rewrite, StoreError, ThreadKey};
use tokio::sync::Barrier;
use tokio::task::JoinSet;

use super::super::Store;
use super::super::kit::{
    adding, after, at, begin, begin_line, chain, ids, key, on, poll_once, put, removing, turn,
    update,
};

/// What leaves only the newest records of a line.
fn keeping(newest: usize, seen: u64, line: &[Record]) -> Rewrite {
    let (gone, kept) = line.split_at(line.len() - newest);
    Rewrite {
        rewrites: seen,
        replaced: on(&kept[0], kept),
        ..removing(&kept[newest - 1], gone)
    }
}

pub async fn of_two_rewrites_that_race_one_happens(store: Store) {
    for round in 0..20 {
        let thread = key(&format!("t{round}"));
        let records = begin_line(&store, &thread, 6).await;
        let barrier = Arc::new(Barrier::new(2));
        let mut tasks = JoinSet::new();
        for newest in [2, 4] {
            let (store, thread, barrier) = (store.clone(), thread.clone(), barrier.clone());
            let rewrite = keeping(newest, 0, &records);
            tasks.spawn(async move {
                barrier.wait().await;
                (newest, store.rewrite(&thread, rewrite).await)
            });
        }
        let outcomes = tasks.join_all().await;
        let (won, lost): (Vec<_>, Vec<_>) = outcomes
            .into_iter()
            .partition(|(_, outcome)| outcome.is_ok());
        assert_eq!((won.len(), lost.len()), (1, 1));
        assert!(matches!(lost[0].1, Err(StoreError::Rewritten)), "{lost:?}");
        let left = &records[6 - won[0].0..];
        let now = chain(&store, &thread).await;
        assert_eq!((ids(&now.records), now.rewrites), (ids(left), 1));
    }
}

/// Sixteen write, and one prunes what they have written; what each was told is what happened.
pub async fn a_rewrite_among_sixteen_writers_loses_nothing(store: Store) {
    const WRITERS: u64 = 16;
    const EACH: u64 = 6;
    let thread = key("t");
    begin(&store, &thread).await;
    let mut tasks = JoinSet::new();
    for _ in 0..WRITERS {
        let (store, thread) = (store.clone(), thread.clone());
        tasks.spawn(async move {
            for _ in 0..EACH {
                until_written(&store, &thread).await;
            }
        });
    }
    let (pruner, of) = (store.clone(), thread.clone());
    tasks.spawn(async move {
        let mut seen = 0;
        while seen < 10 {
            let line = chain(&pruner, &of).await;
            if line.records.len() < 3 {
                if line.sequence > WRITERS * EACH {
                    break;
                }
                tokio::task::yield_now().await;
                continue;
            }
            let rewrite = keeping(2, line.rewrites, &line.records);
            match pruner.rewrite(&of, rewrite).await {
                Ok(()) => seen += 1,
                Err(StoreError::Conflict { .. }) => {}
                Err(other) => unreachable!("{other:?}"),
            }
        }
    });
    tasks.join_all().await;
    let now = chain(&store, &thread).await;
    // One number for each that was acknowledged, and a line without a gap.
    assert_eq!(now.sequence, 1 + WRITERS * EACH);
    assert!(now.records[0].is_snapshot());
    for pair in now.records.windows(2) {
        assert_eq!(pair[1].parent, Some(pair[0].id));
        assert_eq!(pair[1].base, now.records[0].id);
    }
    let listed = store.list(&thread, &Query::default()).await.unwrap();
    let newest_first: Vec<_> = now.records.iter().rev().cloned().collect();
    assert_eq!(listed, newest_first);
}

async fn until_written(store: &Store, thread: &ThreadKey) {
    loop {
        let line = chain(store, thread).await;
        let last = line.records.last().unwrap();
        let commit = Commit {
            rewrites: line.rewrites,
            ..adding(Some(last), [&after(last)])
        };
        match store.commit(thread, commit).await {
            Ok(()) => return,
            Err(StoreError::Conflict { .. } | StoreError::Rewritten) => {
                tokio::task::yield_now().await;
            }
            Err(other) => unreachable!("{other:?}"),
        }
    }
}

/// Readers find a line as it was before or as it is after, whatever they ask for.
pub async fn a_read_sees_a_rewrite_whole(store: Store) {
    const LONG: usize = 60;
    let thread = key("t");
    let records = begin_line(&store, &thread, LONG).await;
    let mut tasks = JoinSet::new();
    for _ in 0..3 {
        let (store, thread, records) = (store.clone(), thread.clone(), records.clone());
        tasks.spawn(async move {
            loop {
                let line = chain(&store, &thread).await;
                let left = line.records.len();
                assert_eq!(ids(&line.records), ids(&records[LONG - left..]));
                assert!(line.records[0].is_snapshot());
                let base = line.records[0].id;
                assert!(line.records.iter().all(|record| record.base == base));
                let removed = usize::try_from(line.rewrites).unwrap() * 6;
                assert_eq!(left, LONG - removed);
                let list = store.list(&thread, &Query::default()).await.unwrap();
                let base = list.last().unwrap().id;
                assert!(list.iter().all(|record| record.base == base));
                assert_eq!(list.len() % 6, 0);
                if list.len() == 6 {
                    return;
                }
                tokio::task::yield_now().await;
            }
        });
    }
    for seen in 0..9 {
        let left = &records[seen * 6..];
        let rewrite = keeping(left.len() - 6, seen as u64, left);
        store.rewrite(&thread, rewrite).await.unwrap();
    }
    tasks.join_all().await;
}

pub async fn a_rewrite_that_was_never_polled_does_nothing(store: Store) {
    let thread = key("t");
    let records = begin_line(&store, &thread, 4).await;
    drop(store.rewrite(&thread, keeping(1, 0, &records)));
    tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    assert_eq!(chain(&store, &thread).await.records, records);
}

pub async fn a_dropped_rewrite_happens_whole_or_not_at_all(store: Store) {
    for round in 0..30 {
        let thread = key(&format!("t{round}"));
        let mut records = begin_line(&store, &thread, 5).await;
        let write = update(turn(&records[4], 0), "before");
        let last = after(&records[4]);
        let commit = Commit {
            writes: vec![write.clone()],
            ..adding(Some(&records[4]), [&last])
        };
        put(&store, &thread, commit).await;
        records.push(last);
        let mut rewrite = keeping(2, 0, &records);
        rewrite.writes = vec![update(turn(&records[4], 0), "after")];
        let (kept, now) = (rewrite.replaced.clone(), rewrite.writes.clone());
        poll_once(store.rewrite(&thread, rewrite)).await;
        let found = chain(&store, &thread).await;
        let (line, writes) = match found.rewrites {
            0 => (records, vec![write]),
            _ => (kept, now),
        };
        assert_eq!((found.records, found.writes), (line, writes));
    }
}

/// Whoever doesn't know whether it happened asks how often the thread was rewritten.
pub async fn a_dropped_rewrite_may_be_made_again(store: Store) {
    for round in 0..30 {
        let thread = key(&format!("t{round}"));
        let records = begin_line(&store, &thread, 5).await;
        let rewrite = keeping(2, 0, &records);
        poll_once(store.rewrite(&thread, rewrite.clone())).await;
        match store.rewrite(&thread, rewrite.clone()).await {
            Ok(()) | Err(StoreError::Rewritten) => {}
            Err(other) => unreachable!("{other:?}"),
        }
        let now = chain(&store, &thread).await;
        assert_eq!((now.records, now.rewrites), (rewrite.replaced, 1));
    }
}

/// A deletion beside it takes all of the thread, or what is left of it.
pub async fn a_rewrite_that_races_a_deletion_leaves_no_half_thread(store: Store) {
    for round in 0..20 {
        let thread = key(&format!("t{round}"));
        let records = begin_line(&store, &thread, 5).await;
        let (other, of) = (store.clone(), thread.clone());
        let deleting = tokio::spawn(async move { other.delete(&of).await });
        match store.rewrite(&thread, keeping(2, 0, &records)).await {
            Ok(()) | Err(StoreError::Conflict { found: None, .. }) => {}
            Err(other) => unreachable!("{other:?}"),
        }
        deleting.await.unwrap().unwrap();
        assert_eq!(store.load(&thread, At::Head).await.unwrap(), None);
        begin(&store, &thread).await;
    }
}

/// A rewrite spoils nothing beside it.
pub async fn many_threads_and_paths_are_rewritten_at_once(store: Store) {
    let mut tasks = JoinSet::new();
    for place in 0..30 {
        let store = store.clone();
        tasks.spawn(async move {
            let name = format!("t{}", place / 3);
            let thread = match place % 3 {
                0 => key(&name),
                below => at(&name, &[&format!("p{below}")]),
            };
            let records = begin_line(&store, &thread, 8).await;
            let rewrite = keeping(3, 0, &records);
            let kept = rewrite.replaced.clone();
            store.rewrite(&thread, rewrite).await.unwrap();
            assert_eq!(chain(&store, &thread).await.records, kept);
        });
    }
    tasks.join_all().await;
}
