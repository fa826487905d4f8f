//! What a commit stores, and where the head is after it.

use graph_runtime::{At, Commit, Page, Query, Record, Source, Timestamp};

use super::super::Store;
use super::super::kit::{
    adding, after, begin, begin_line, branch, chain, first, go_on, head, ids, key, line, listed,
    put, turn, update, writing,
};

pub async fn the_first_record_becomes_the_head(store: Store) {
    let thread = key("t");
    let first = begin(&store, &thread).await;
    assert_eq!(head(&store, &thread).await, Some(first.id));
}

pub async fn each_commit_moves_the_head(store: Store) {
    let thread = key("t");
    let first = begin(&store, &thread).await;
    let second = go_on(&store, &thread, &first).await;
    let third = go_on(&store, &thread, &second).await;
    let chain = chain(&store, &thread).await;
    assert_eq!(chain.head, Some(third.id));
    assert_eq!(chain.records, [first, second, third]);
}

pub async fn a_batch_is_stored_whole_and_its_last_record_is_the_head(store: Store) {
    let thread = key("t");
    let records = line(5);
    put(&store, &thread, adding(None, &records)).await;
    let chain = chain(&store, &thread).await;
    assert_eq!(chain.head, Some(records[4].id));
    assert_eq!(chain.records, records);
}

pub async fn a_batch_goes_on_at_the_head(store: Store) {
    let thread = key("t");
    let records = line(6);
    put(&store, &thread, adding(None, &records[..2])).await;
    put(&store, &thread, adding(Some(&records[1]), &records[2..])).await;
    assert_eq!(chain(&store, &thread).await.records, records);
}

pub async fn every_part_of_a_record_comes_back(store: Store) {
    let thread = key("t");
    let first = begin(&store, &thread).await;
    let second = Record {
        step: 77,
        source: Source::Update,
        created_at: Timestamp::from_micros(1_234_567_890_123_456),
        due: Some(Timestamp::from_micros(1_234_567_890_123_457)),
        payload: b"all of it".to_vec(),
        ..after(&first)
    };
    put(&store, &thread, adding(Some(&first), [&second])).await;
    let loaded = store.load(&thread, At::Moment(second.id)).await.unwrap();
    assert_eq!(loaded.unwrap().records, [first.clone(), second.clone()]);
    let listed = store.list(&thread, &Query::default()).await.unwrap();
    assert_eq!(listed, [second, first]);
}

pub async fn every_source_comes_back(store: Store) {
    for source in [Source::Input, Source::Step, Source::Update, Source::Fork] {
        let thread = key(source.as_str());
        let record = Record { source, ..first() };
        put(&store, &thread, adding(None, [&record])).await;
        assert_eq!(chain(&store, &thread).await.records, [record]);
    }
}

pub async fn the_largest_numbers_come_back(store: Store) {
    let thread = key("t");
    let large = Record {
        sequence: i64::MAX.cast_unsigned(),
        step: u64::MAX,
        created_at: Timestamp::from_micros(u64::MAX),
        due: Some(Timestamp::from_micros(i64::MAX.cast_unsigned())),
        ..first()
    };
    put(&store, &thread, adding(None, [&large])).await;
    let chain = chain(&store, &thread).await;
    assert_eq!(chain.sequence, large.sequence);
    let listed = store.list(&thread, &Query::default()).await.unwrap();
    assert_eq!(listed, chain.records);
    assert_eq!(listed, [large]);
}

pub async fn the_smallest_numbers_come_back(store: Store) {
    let thread = key("t");
    let small = Record {
        step: 0,
        created_at: Timestamp::from_micros(0),
        due: Some(Timestamp::from_micros(0)),
        ..first()
    };
    put(&store, &thread, adding(None, [&small])).await;
    assert_eq!(chain(&store, &thread).await.records, [small]);
}

pub async fn sequences_may_have_gaps(store: Store) {
    let thread = key("t");
    let first = begin(&store, &thread).await;
    let second = Record {
        sequence: 10,
        ..after(&first)
    };
    let third = Record {
        sequence: 1_000_000_007,
        ..after(&second)
    };
    put(&store, &thread, adding(Some(&first), [&second, &third])).await;
    assert_eq!(chain(&store, &thread).await.records, [first, second, third]);
}

/// Clocks stand still, and go back.
pub async fn order_is_by_sequence_and_not_by_clock(store: Store) {
    let thread = key("t");
    let mut records = line(4);
    for (record, clock) in records.iter_mut().zip([500, 500, 400, 450]) {
        record.created_at = Timestamp::from_micros(clock);
    }
    for place in 0..records.len() {
        let head = place.checked_sub(1).map(|before| &records[before]);
        put(&store, &thread, adding(head, &records[place..=place])).await;
    }
    assert_eq!(head(&store, &thread).await, Some(records[3].id));
    let newest_first: Vec<_> = ids(&records).into_iter().rev().collect();
    assert_eq!(listed(&store, &thread).await, newest_first);
    assert_eq!(chain(&store, &thread).await.records, records);
}

/// An id made earlier may be written later: two runs, two clocks.
pub async fn order_is_by_sequence_and_not_by_id(store: Store) {
    let thread = key("t");
    let mut records = line(3);
    let (early, late) = (records[0].id, records[2].id);
    records[0] = Record {
        id: late,
        base: late,
        ..records[0].clone()
    };
    records[1] = Record {
        parent: Some(late),
        base: late,
        ..records[1].clone()
    };
    records[2] = Record {
        id: early,
        base: late,
        ..records[2].clone()
    };
    put(&store, &thread, adding(None, &records)).await;
    assert_eq!(head(&store, &thread).await, Some(early));
    assert_eq!(chain(&store, &thread).await.records, records);
    assert_eq!(listed(&store, &thread).await, [early, records[1].id, late]);
}

pub async fn the_head_is_what_was_written_last_and_not_the_highest_step(store: Store) {
    let thread = key("t");
    let records = begin_line(&store, &thread, 5).await;
    let fork = branch(&records[0], 6);
    assert!(fork.step < records[4].step);
    put(&store, &thread, adding(Some(&records[4]), [&fork])).await;
    assert_eq!(head(&store, &thread).await, Some(fork.id));
}

pub async fn a_commit_of_writes_alone_keeps_the_head(store: Store) {
    let thread = key("t");
    let first = begin(&store, &thread).await;
    put(&store, &thread, writing([update(turn(&first, 0), "done")])).await;
    let chain = chain(&store, &thread).await;
    assert_eq!((chain.head, chain.sequence), (Some(first.id), 1));
}

pub async fn an_empty_commit_changes_nothing(store: Store) {
    let (begun, new) = (key("begun"), key("new"));
    let first = begin(&store, &begun).await;
    put(&store, &begun, Commit::default()).await;
    put(&store, &begun, adding(Some(&first), [])).await;
    put(&store, &new, Commit::default()).await;
    put(&store, &new, adding(None, [])).await;
    assert_eq!(listed(&store, &begun).await, [first.id]);
    assert_eq!(head(&store, &new).await, None);
    let threads = store.threads(begun.namespace(), &Page::default()).await;
    assert_eq!(threads.unwrap(), ["begun"]);
}

pub async fn a_long_line_comes_back_whole(store: Store) {
    let thread = key("t");
    let records = begin_line(&store, &thread, 300).await;
    assert_eq!(chain(&store, &thread).await.records, records);
}

pub async fn a_huge_batch_comes_back_whole(store: Store) {
    let thread = key("t");
    let records = line(5_000);
    put(&store, &thread, adding(None, &records)).await;
    assert_eq!(chain(&store, &thread).await.records, records);
}
