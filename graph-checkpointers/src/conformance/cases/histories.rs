//! What is done to whole histories with the means of the contract: copied to another thread, thinned out by
//! runs or to the newest, and read by pages afterwards.

use graph_runtime::{At, Chain, Commit, MomentId, Query, Record, Rewrite, Source};

use super::super::Store;
use super::super::kit::{
    adding, after, assert_conflict, begin_line, branch, chain, first, go_on, ids, key, line_at,
    listed, on, put, removing, rewritten, snapshot, turn, update, writing,
};

/// What a copy puts into the other thread: the same records, whose payloads say where they are now.
fn copied(records: &[Record]) -> Vec<Record> {
    let copy = |record: &Record| Record {
        payload: [b"copy of ", &record.payload[..]].concat(),
        ..record.clone()
    };
    records.iter().map(copy).collect()
}

pub async fn a_thread_is_copied_with_its_branches_and_its_writes(store: Store) {
    let (from, to) = (key("from"), key("to"));
    let records = begin_line(&store, &from, 3).await;
    let fork = branch(&records[0], 4);
    let write = update(turn(&fork, 0), "open");
    let commit = Commit {
        writes: vec![write.clone()],
        ..adding(Some(&records[2]), [&fork])
    };
    put(&store, &from, commit).await;
    let mut all = store.list(&from, &Query::default()).await.unwrap();
    all.reverse();
    let copy = copied(&all);
    let commit = Commit {
        writes: store.writes(&from).await.unwrap(),
        ..adding(None, &copy)
    };
    put(&store, &to, commit).await;
    let there = Chain {
        records: vec![copy[0].clone(), copy[3].clone()],
        writes: vec![write],
        sequence: 4,
        head: Some(fork.id),
        rewrites: 0,
    };
    assert_eq!(chain(&store, &to).await, there);
    assert_eq!(line_at(&store, &to, records[2].id).await, copy[..3]);
    assert_eq!(listed(&store, &to).await, listed(&store, &from).await);
}

/// What happens to one of them from then on is nothing to the other.
pub async fn a_copy_goes_its_own_way(store: Store) {
    let (from, to) = (key("from"), key("to"));
    let records = begin_line(&store, &from, 3).await;
    put(&store, &to, adding(None, &copied(&records))).await;
    go_on(&store, &to, &records[2]).await;
    put(&store, &to, writing([update(turn(&records[2], 0), "x")])).await;
    let rewrite = Rewrite {
        replaced: on(&records[2], &records[2..]),
        ..removing(&records[2], &records[..2])
    };
    rewritten(&store, &from, rewrite).await;
    assert_eq!(listed(&store, &from).await, [records[2].id]);
    assert!(store.writes(&from).await.unwrap().is_empty());
    assert_eq!(chain(&store, &to).await.records.len(), 4);
    store.delete(&from).await.unwrap();
    assert_eq!(listed(&store, &to).await.len(), 4);
}

pub async fn a_thread_cannot_be_copied_onto_another(store: Store) {
    let records = begin_line(&store, &key("from"), 2).await;
    let there = begin_line(&store, &key("to"), 1).await;
    let copy = adding(None, &copied(&records));
    assert_conflict(&store.commit(&key("to"), copy).await, Some(&there[0]));
    assert_eq!(chain(&store, &key("to")).await.records, there);
}

/// A run in the middle of a line goes; what came after it stands on a snapshot and names no parent.
pub async fn the_records_of_a_run_go(store: Store) {
    let thread = key("t");
    let records = begin_line(&store, &thread, 9).await;
    let rest = on(&records[6], &records[6..]);
    let mut replaced = rest.clone();
    replaced[0].parent = None;
    let rewrite = Rewrite {
        replaced: replaced.clone(),
        ..removing(&records[8], &records[3..6])
    };
    rewritten(&store, &thread, rewrite).await;
    assert_eq!(chain(&store, &thread).await.records, replaced);
    for place in 0..3 {
        let before = line_at(&store, &thread, records[place].id).await;
        assert_eq!(before, records[..=place]);
    }
    let left: Vec<_> = [8, 7, 6, 2, 1, 0]
        .map(|place: usize| records[place].id)
        .into();
    assert_eq!(listed(&store, &thread).await, left);
}

pub async fn all_but_the_newest_go(store: Store) {
    let threads = ["a", "b", "c"];
    let mut heads = Vec::new();
    for thread in threads {
        let records = begin_line(&store, &key(thread), 5).await;
        let kept = on(&records[4], &records[4..]);
        let rewrite = Rewrite {
            replaced: kept.clone(),
            ..removing(&records[4], &records[..4])
        };
        if thread != "b" {
            rewritten(&store, &key(thread), rewrite).await;
        }
        heads.push(records[4].id);
    }
    for (thread, head) in threads.into_iter().zip(heads) {
        let now = chain(&store, &key(thread)).await;
        let length = if thread == "b" { 5 } else { 1 };
        assert_eq!((now.records.len(), now.head), (length, Some(head)));
        assert_eq!(now.sequence, 5);
    }
}

/// Changes after the base that was kept, other snapshots among them, and branches, each find their line.
pub async fn changes_over_a_pruned_base_find_their_line(store: Store) {
    let thread = key("t");
    let records = begin_line(&store, &thread, 4).await;
    let base = snapshot(after(&records[3]));
    put(&store, &thread, adding(Some(&records[3]), [&base])).await;
    let over = after(&base);
    put(&store, &thread, adding(Some(&base), [&over])).await;
    let fork = branch(&records[3], 7);
    put(&store, &thread, adding(Some(&over), [&fork])).await;
    let mut last = fork.clone();
    let mut line = vec![records[3].clone(), fork];
    for _ in 0..3 {
        last = go_on(&store, &thread, &last).await;
        line.push(last.clone());
    }
    let line = on(&records[3], &line);
    let rewrite = Rewrite {
        replaced: line.clone(),
        ..removing(&last, &records[..3])
    };
    rewritten(&store, &thread, rewrite).await;
    assert_eq!(chain(&store, &thread).await.records, line);
    assert_eq!(line_at(&store, &thread, over.id).await, [base, over]);
    assert_eq!(line_at(&store, &thread, records[3].id).await, line[..1]);
    let next = Record {
        base: records[3].id,
        ..after(&last)
    };
    let commit = Commit {
        rewrites: 1,
        ..adding(Some(&last), [&next])
    };
    put(&store, &thread, commit).await;
    assert_eq!(
        chain(&store, &thread).await.records,
        [&line[..], &[next]].concat()
    );
}

/// Gaps in the sequence are no gaps in the pages.
pub async fn pages_leave_out_what_went_and_nothing_else(store: Store) {
    let thread = key("t");
    let mut records = vec![first()];
    for sequence in 2..=30 {
        let last = &records[records.len() - 1];
        let next = Record {
            source: match sequence % 3 {
                0 => Source::Input,
                _ => Source::Step,
            },
            ..snapshot(after(last))
        };
        records.push(next);
    }
    put(&store, &thread, adding(None, &records)).await;
    let (gone, kept): (Vec<_>, Vec<_>) =
        (1..).zip(records).partition(|(number, _)| number % 4 == 1);
    let gone: Vec<_> = gone.into_iter().map(|(_, record)| record).collect();
    let kept: Vec<_> = kept.into_iter().map(|(_, record)| record).collect();
    rewritten(&store, &thread, removing(&kept[kept.len() - 1], &gone)).await;
    for without_inputs in [false, true] {
        let mut seen: Vec<MomentId> = Vec::new();
        let mut before = None;
        loop {
            let query = Query {
                before,
                limit: Some(4),
                without_inputs,
            };
            let page = store.list(&thread, &query).await.unwrap();
            let Some(last) = page.last() else { break };
            before = Some(last.sequence);
            seen.extend(ids(&page));
        }
        let expected: Vec<_> = kept
            .iter()
            .rev()
            .filter(|record| !(without_inputs && record.source == Source::Input))
            .map(|record| record.id)
            .collect();
        assert_eq!(seen, expected);
    }
    // What went may be where a page begins.
    let query = Query {
        before: Some(gone[5].sequence),
        limit: Some(1),
        ..Query::default()
    };
    let page = store.list(&thread, &query).await.unwrap();
    assert_eq!(page[0].sequence, gone[5].sequence - 1);
    let found = store.load(&thread, At::Moment(gone[5].id)).await.unwrap();
    assert_eq!(found, None);
}
