//! A thread is a tree: each moment is rebuilt from its own line.

use graph_runtime::{At, Record};

use super::super::Store;
use super::super::kit::{
    adding, after, begin_line, branch, chain, go_on, ids, key, line_at, listed, put, snapshot,
    turn, update, writing,
};

/// `1 2 3`, and then `4` from 1 and `5` from 4.
async fn fork(store: &Store) -> Vec<Record> {
    let thread = key("t");
    let mut records = begin_line(store, &thread, 3).await;
    let fourth = branch(&records[0], 4);
    put(store, &thread, adding(Some(&records[2]), [&fourth])).await;
    let fifth = go_on(store, &thread, &fourth).await;
    records.extend([fourth, fifth]);
    records
}

pub async fn branches_of_one_base_each_have_their_line(store: Store) {
    let records = fork(&store).await;
    let [one, two, three, four, five] = records.as_slice() else {
        unreachable!("there are five")
    };
    let line = async |tip: &Record| ids(&line_at(&store, &key("t"), tip.id).await);
    assert_eq!(line(one).await, [one.id]);
    assert_eq!(line(two).await, [one.id, two.id]);
    assert_eq!(line(three).await, [one.id, two.id, three.id]);
    assert_eq!(line(four).await, [one.id, four.id]);
    assert_eq!(line(five).await, [one.id, four.id, five.id]);
}

pub async fn the_head_is_on_the_branch_that_was_written_last(store: Store) {
    let records = fork(&store).await;
    let at_head = chain(&store, &key("t")).await;
    assert_eq!(at_head.head, Some(records[4].id));
    // Back to the old branch.
    let sixth = branch(&records[2], 6);
    put(&store, &key("t"), adding(Some(&records[4]), [&sixth])).await;
    let chain = chain(&store, &key("t")).await;
    assert_eq!(chain.head, Some(sixth.id));
    let line = [&records[0], &records[1], &records[2], &sixth].map(|record| record.id);
    assert_eq!(ids(&chain.records), line);
}

pub async fn an_old_moment_knows_the_threads_head_and_sequence(store: Store) {
    let records = fork(&store).await;
    let loaded = store.load(&key("t"), At::Moment(records[1].id)).await;
    let chain = loaded.unwrap().unwrap();
    assert_eq!((chain.head, chain.sequence), (Some(records[4].id), 5));
}

pub async fn only_the_head_comes_with_writes(store: Store) {
    let records = fork(&store).await;
    let thread = key("t");
    put(
        &store,
        &thread,
        writing([update(turn(&records[4], 0), "done")]),
    )
    .await;
    for record in &records {
        let loaded = store.load(&thread, At::Moment(record.id)).await.unwrap();
        let is_head = record.id == records[4].id;
        assert_eq!(!loaded.unwrap().writes.is_empty(), is_head);
    }
}

pub async fn the_head_is_the_same_by_its_id(store: Store) {
    let records = fork(&store).await;
    let by_id = store.load(&key("t"), At::Moment(records[4].id)).await;
    assert_eq!(by_id.unwrap().unwrap(), chain(&store, &key("t")).await);
}

pub async fn listing_shows_every_branch_in_the_order_of_writing(store: Store) {
    let records = fork(&store).await;
    let newest_first: Vec<_> = ids(&records).into_iter().rev().collect();
    assert_eq!(listed(&store, &key("t")).await, newest_first);
}

pub async fn a_line_begins_at_the_nearest_snapshot(store: Store) {
    let thread = key("t");
    let mut records = begin_line(&store, &thread, 3).await;
    let fourth = snapshot(after(&records[2]));
    let fifth = after(&fourth);
    put(
        &store,
        &thread,
        adding(Some(&records[2]), [&fourth, &fifth]),
    )
    .await;
    assert_eq!(
        chain(&store, &thread).await.records,
        [fourth.clone(), fifth]
    );
    assert_eq!(line_at(&store, &thread, fourth.id).await, [fourth]);
    let third = records.remove(2);
    assert_eq!(line_at(&store, &thread, third.id).await.len(), 3);
}

pub async fn a_branch_from_before_a_snapshot_has_the_older_base(store: Store) {
    let thread = key("t");
    let records = begin_line(&store, &thread, 2).await;
    let third = snapshot(after(&records[1]));
    put(&store, &thread, adding(Some(&records[1]), [&third])).await;
    let fourth = branch(&records[1], 4);
    put(&store, &thread, adding(Some(&third), [&fourth])).await;
    let line = [&records[0], &records[1], &fourth].map(|record| record.id);
    assert_eq!(ids(&chain(&store, &thread).await.records), line);
}

pub async fn a_branch_may_begin_with_a_snapshot(store: Store) {
    let thread = key("t");
    let records = begin_line(&store, &thread, 3).await;
    let fourth = snapshot(branch(&records[0], 4));
    put(&store, &thread, adding(Some(&records[2]), [&fourth])).await;
    let fifth = go_on(&store, &thread, &fourth).await;
    assert_eq!(chain(&store, &thread).await.records, [fourth, fifth]);
}

/// Each record leaves from the one before the last: many short twigs on one base.
pub async fn many_branches_do_not_mix(store: Store) {
    let thread = key("t");
    let mut records = begin_line(&store, &thread, 2).await;
    for sequence in 3..60 {
        let twig = branch(&records[records.len() - 2], sequence);
        put(&store, &thread, adding(records.last(), [&twig])).await;
        records.push(twig);
    }
    for record in &records {
        let line = line_at(&store, &thread, record.id).await;
        assert_eq!(line.last(), Some(record));
        for pair in line.windows(2) {
            assert_eq!(pair[1].parent, Some(pair[0].id));
        }
        assert!(line[0].is_snapshot());
    }
}

/// A branch from the very beginning, when much was written since.
pub async fn a_late_branch_reaches_far_back(store: Store) {
    let thread = key("t");
    let records = begin_line(&store, &thread, 200).await;
    let late = branch(&records[3], 201);
    put(&store, &thread, adding(records.last(), [&late])).await;
    let line = chain(&store, &thread).await.records;
    assert_eq!(ids(&line[..4]), ids(&records[..4]));
    assert_eq!(line[4..], [late]);
}

pub async fn a_line_of_snapshots_loads_one_record(store: Store) {
    let thread = key("t");
    let mut head = begin_line(&store, &thread, 1).await.remove(0);
    for _ in 0..20 {
        let next = snapshot(after(&head));
        put(&store, &thread, adding(Some(&head), [&next])).await;
        head = next;
    }
    assert_eq!(chain(&store, &thread).await.records, [head]);
}
