//! What a rewrite removes and replaces, and that nothing goes on from what is gone.

use std::slice;

use graph_runtime::{
    At, Commit, Expect, Page, Query, Record, Rewrite, StoreError, Timestamp, Write,
};

use super::super::Store;
use super::super::kit::{
    adding, after, assert_conflict, at, begin, begin_line, branch, chain, go_on, head, ids, key,
    line, line_at, listed, named, on, put, removing, rewritten, snapshot, turn, update, writing,
};

pub async fn the_oldest_records_go_and_the_rest_stands_on_a_snapshot(store: Store) {
    let thread = key("t");
    let records = begin_line(&store, &thread, 6).await;
    let rest = on(&records[3], &records[3..]);
    let rewrite = Rewrite {
        replaced: rest.clone(),
        ..removing(&records[5], &records[..3])
    };
    rewritten(&store, &thread, rewrite).await;
    assert_eq!(chain(&store, &thread).await.records, rest);
    assert_eq!(line_at(&store, &thread, rest[1].id).await, rest[..2]);
    let newest_first: Vec<_> = rest.iter().rev().cloned().collect();
    let found = store.list(&thread, &Query::default()).await.unwrap();
    assert_eq!(found, newest_first);
}

pub async fn a_branch_in_the_middle_goes(store: Store) {
    let thread = key("t");
    let records = begin_line(&store, &thread, 2).await;
    let left = branch(&records[0], 3);
    put(&store, &thread, adding(Some(&records[1]), [&left])).await;
    let further = after(&left);
    put(&store, &thread, adding(Some(&left), [&further])).await;
    let last = branch(&records[1], 5);
    put(&store, &thread, adding(Some(&further), [&last])).await;
    let rewrite = removing(&last, &[left.clone(), further.clone()]);
    rewritten(&store, &thread, rewrite).await;
    let whole = [&records[0], &records[1], &last].map(Clone::clone);
    assert_eq!(chain(&store, &thread).await.records, whole);
    assert_eq!(
        listed(&store, &thread).await,
        [last.id, records[1].id, records[0].id]
    );
    for gone in [left, further] {
        let found = store.load(&thread, At::Moment(gone.id)).await.unwrap();
        assert_eq!(found, None);
    }
}

/// Two branches that lose what they share stand on snapshots of their own.
pub async fn branches_stand_on_snapshots_of_their_own(store: Store) {
    let thread = key("t");
    let records = begin_line(&store, &thread, 3).await;
    let fork = branch(&records[0], 4);
    put(&store, &thread, adding(Some(&records[2]), [&fork])).await;
    let further = after(&fork);
    put(&store, &thread, adding(Some(&fork), [&further])).await;
    let one = on(&records[1], &records[1..]);
    let other = on(&fork, &[fork.clone(), further.clone()]);
    let rewrite = Rewrite {
        replaced: [one.clone(), other.clone()].concat(),
        ..removing(&further, &records[..1])
    };
    rewritten(&store, &thread, rewrite).await;
    assert_eq!(chain(&store, &thread).await.records, other);
    assert_eq!(line_at(&store, &thread, records[2].id).await, one);
}

pub async fn what_is_removed_is_not_found_any_more(store: Store) {
    let thread = key("t");
    let records = begin_line(&store, &thread, 5).await;
    let rewrite = Rewrite {
        replaced: on(&records[4], &records[4..]),
        ..removing(&records[4], &records[..4])
    };
    rewritten(&store, &thread, rewrite).await;
    for gone in &records[..4] {
        let found = store.load(&thread, At::Moment(gone.id)).await.unwrap();
        assert_eq!(found, None);
    }
    assert_eq!(listed(&store, &thread).await, [records[4].id]);
    assert_eq!(chain(&store, &thread).await.records.len(), 1);
}

pub async fn a_replaced_record_comes_back_as_it_is_now(store: Store) {
    let thread = key("t");
    let records = begin_line(&store, &thread, 3).await;
    let replaced = Record {
        parent: None,
        payload: b"\0another\xff".to_vec(),
        ..snapshot(records[1].clone())
    };
    let rest = Record {
        base: replaced.id,
        ..records[2].clone()
    };
    let rewrite = Rewrite {
        replaced: vec![rest.clone(), replaced.clone()],
        ..Rewrite::default()
    };
    rewritten(&store, &thread, rewrite).await;
    assert_eq!(
        chain(&store, &thread).await.records,
        [replaced.clone(), rest.clone()]
    );
    let alone = line_at(&store, &thread, replaced.id).await;
    assert_eq!(alone, slice::from_ref(&replaced));
    let found = store.list(&thread, &Query::default()).await.unwrap();
    assert_eq!(found, [rest, replaced, records[0].clone()]);
}

pub async fn the_head_may_be_replaced(store: Store) {
    let thread = key("t");
    let records = begin_line(&store, &thread, 3).await;
    let replaced = Record {
        payload: b"another".to_vec(),
        ..snapshot(records[2].clone())
    };
    let rewrite = Rewrite {
        replaced: vec![replaced.clone()],
        ..Rewrite::default()
    };
    rewritten(&store, &thread, rewrite).await;
    let now = chain(&store, &thread).await;
    assert_eq!((now.head, now.sequence), (Some(replaced.id), 3));
    assert_eq!(now.records, slice::from_ref(&replaced));
    let next = go_on(&store, &thread, &replaced).await;
    assert_eq!(chain(&store, &thread).await.records, [replaced, next]);
}

pub async fn any_bytes_may_take_the_place_of_others(store: Store) {
    let thread = key("t");
    let first = begin(&store, &thread).await;
    let write = update(turn(&first, 0), "before");
    put(&store, &thread, writing([write.clone()])).await;
    let all: Vec<u8> = (0..=u8::MAX).cycle().take(100_000).collect();
    for payload in [Vec::new(), vec![0], all, b"{\"a\":\"\\u0000\"}".to_vec()] {
        let record = Record {
            payload: payload.clone(),
            ..first.clone()
        };
        let write = Write {
            payload,
            ..write.clone()
        };
        let rewrite = Rewrite {
            replaced: vec![record.clone()],
            writes: vec![write.clone()],
            ..Rewrite::default()
        };
        rewritten(&store, &thread, rewrite).await;
        let now = chain(&store, &thread).await;
        assert_eq!((now.records, now.writes), (vec![record], vec![write]));
    }
}

pub async fn a_write_is_replaced_and_its_neighbours_are_not(store: Store) {
    let thread = key("t");
    let first = begin(&store, &thread).await;
    let names = ["a", "A", "a%", "a'", ":/", "\u{e9}", "e\u{301}"];
    let mut writes: Vec<_> = names.map(|name| named(turn(&first, 0), name, "x")).into();
    writes.push(update(turn(&first, 0), "x"));
    writes.push(update(turn(&first, 1), "x"));
    put(&store, &thread, writing(writes.clone())).await;
    writes.sort_by(|one, other| one.key.cmp(&other.key));
    for place in 0..writes.len() {
        let replaced = Write {
            payload: format!("now {place}").into_bytes(),
            ..writes[place].clone()
        };
        writes[place] = replaced.clone();
        let rewrite = Rewrite {
            writes: vec![replaced],
            ..Rewrite::default()
        };
        rewritten(&store, &thread, rewrite).await;
        assert_eq!(store.writes(&thread).await.unwrap(), writes);
    }
}

pub async fn what_is_not_there_is_left_out(store: Store) {
    let thread = key("t");
    let records = begin_line(&store, &thread, 2).await;
    let elsewhere = begin_line(&store, &key("other"), 3).await;
    let moved = Record {
        sequence: 9,
        payload: b"moved".to_vec(),
        ..records[0].clone()
    };
    let before = chain(&store, &thread).await;
    let rewrite = Rewrite {
        replaced: vec![elsewhere[2].clone(), moved],
        writes: vec![update(turn(&records[1], 0), "x")],
        ..removing(&records[1], &elsewhere[..2])
    };
    rewritten(&store, &thread, rewrite).await;
    let now = chain(&store, &thread).await;
    assert_eq!((now.records, now.writes), (before.records, before.writes));
    assert_eq!(
        listed(&store, &thread).await,
        [records[1].id, records[0].id]
    );
    assert_eq!(chain(&store, &key("other")).await.records, elsewhere);
}

/// Where the thread stands, what waits for it and what leads to it isn't touched.
pub async fn all_else_stays(store: Store) {
    let thread = key("t");
    let records = begin_line(&store, &thread, 3).await;
    let late = Timestamp::from_micros(7);
    let last = Record {
        due: Some(late),
        ..after(&records[2])
    };
    let write = update(turn(&last, 0), "open");
    let commit = Commit {
        writes: vec![write.clone()],
        ..adding(Some(&records[2]), [&last])
    };
    put(&store, &thread, commit).await;
    store.thread_of("conformance", "user", "t").await.unwrap();
    // Where there is an inbox.
    let _ = store.send(&thread, b"waits".to_vec()).await;
    let inbox = store.inbox(&thread).await.unwrap();
    let rewrite = Rewrite {
        replaced: on(&last, slice::from_ref(&last)),
        ..removing(&last, &records)
    };
    rewritten(&store, &thread, rewrite).await;
    let now = chain(&store, &thread).await;
    assert_eq!((now.head, now.sequence), (Some(last.id), 4));
    assert_eq!(now.writes, [write]);
    assert_eq!(store.inbox(&thread).await.unwrap(), inbox);
    let due = store.due("conformance", late, &Page::default()).await;
    assert_eq!(due.unwrap(), [("t".to_owned(), late)]);
    let user = store.thread_of("conformance", "user", "new").await;
    assert_eq!(user.unwrap(), "t");
    let threads = store.threads("conformance", &Page::default()).await;
    assert_eq!(threads.unwrap(), ["t"]);
}

pub async fn only_removing_raises_the_count(store: Store) {
    let thread = key("t");
    let records = begin_line(&store, &thread, 4).await;
    assert_eq!(chain(&store, &thread).await.rewrites, 0);
    let replacing = Rewrite {
        replaced: vec![records[1].clone()],
        ..Rewrite::default()
    };
    rewritten(&store, &thread, replacing).await;
    assert_eq!(chain(&store, &thread).await.rewrites, 0);
    for (seen, kept) in [1, 2].into_iter().enumerate() {
        let rewrite = Rewrite {
            rewrites: seen as u64,
            replaced: on(&records[kept], &records[kept..]),
            ..removing(&records[3], &records[kept - 1..kept])
        };
        rewritten(&store, &thread, rewrite).await;
        let now = chain(&store, &thread).await;
        assert_eq!(now.rewrites, seen as u64 + 1);
        let old = store.load(&thread, At::Moment(records[2].id)).await;
        assert_eq!(old.unwrap().unwrap().rewrites, seen as u64 + 1);
    }
}

/// A thread of a few records of which the first went; what is left of it, oldest first.
async fn pruned(store: &Store, thread: &str) -> Vec<Record> {
    let records = begin_line(store, &key(thread), 4).await;
    let rest = on(&records[1], &records[1..]);
    let rewrite = Rewrite {
        replaced: rest.clone(),
        ..removing(&records[3], &records[..1])
    };
    rewritten(store, &key(thread), rewrite).await;
    rest
}

pub async fn a_commit_from_before_is_refused_and_changes_nothing(store: Store) {
    let thread = key("t");
    let rest = pruned(&store, "t").await;
    put(
        &store,
        &thread,
        writing([update(turn(&rest[2], 0), "open")]),
    )
    .await;
    let before = chain(&store, &thread).await;
    let late = Commit {
        writes: vec![update(turn(&rest[2], 1), "never")],
        consumed: vec![turn(&rest[2], 0)],
        ..adding(Some(&rest[2]), [&after(&rest[2])])
    };
    let refused = store.commit(&thread, late).await;
    assert_rewritten(&refused);
    assert_eq!(chain(&store, &thread).await, before);
}

pub async fn a_commit_of_whoever_read_again_is_taken(store: Store) {
    let thread = key("t");
    let rest = pruned(&store, "t").await;
    let next = after(&rest[2]);
    let commit = Commit {
        rewrites: chain(&store, &thread).await.rewrites,
        ..adding(Some(&rest[2]), [&next])
    };
    put(&store, &thread, commit).await;
    assert_eq!(
        chain(&store, &thread).await.records,
        [&rest[..], &[next]].concat()
    );
}

/// A count that was never reached is no better than one that is past.
pub async fn a_count_from_nowhere_is_refused(store: Store) {
    let first = begin(&store, &key("t")).await;
    for rewrites in [1, u64::MAX] {
        let commit = Commit {
            rewrites,
            ..adding(Some(&first), [&after(&first)])
        };
        assert_rewritten(&store.commit(&key("t"), commit).await);
    }
    assert_eq!(head(&store, &key("t")).await, Some(first.id));
}

pub async fn answers_are_taken_though_records_went(store: Store) {
    let thread = key("t");
    let rest = pruned(&store, "t").await;
    let one = update(turn(&rest[2], 0), "answer");
    let two = update(turn(&rest[2], 1), "answer");
    put(&store, &thread, writing([one.clone()])).await;
    let at_the_head = Commit {
        expected: Expect::Head(Some(rest[2].id)),
        ..writing([two.clone()])
    };
    put(&store, &thread, at_the_head).await;
    assert_eq!(store.writes(&thread).await.unwrap(), [one, two]);
}

pub async fn a_repeat_of_what_happened_is_no_news_though_records_went(store: Store) {
    let thread = key("t");
    let records = begin_line(&store, &thread, 3).await;
    let last = after(&records[2]);
    let commit = adding(Some(&records[2]), [&last]);
    put(&store, &thread, commit.clone()).await;
    let rewrite = Rewrite {
        replaced: on(&last, slice::from_ref(&last)),
        ..removing(&last, &records)
    };
    rewritten(&store, &thread, rewrite).await;
    put(&store, &thread, commit).await;
    assert_eq!(listed(&store, &thread).await, [last.id]);
}

pub async fn a_conflict_comes_before_what_went(store: Store) {
    let rest = pruned(&store, "t").await;
    let late = adding(Some(&rest[1]), [&after(&rest[2])]);
    let refused = store.commit(&key("t"), late).await;
    assert_conflict(&refused, Some(&rest[2]));
}

pub async fn a_rewrite_from_before_is_refused_and_changes_nothing(store: Store) {
    let thread = key("t");
    let rest = pruned(&store, "t").await;
    let before = chain(&store, &thread).await;
    let replacing = Rewrite {
        replaced: vec![Record {
            payload: b"never".to_vec(),
            ..rest[2].clone()
        }],
        ..Rewrite::default()
    };
    let late = removing(&rest[2], &rest[..1]);
    for rewrite in [replacing, late] {
        assert_rewritten(&store.rewrite(&thread, rewrite).await);
    }
    assert_eq!(chain(&store, &thread).await, before);
}

pub async fn a_rewrite_at_a_stale_head_is_a_conflict(store: Store) {
    let thread = key("t");
    let records = begin_line(&store, &thread, 3).await;
    let refused = store.rewrite(&thread, removing(&records[1], &records[..1]));
    assert_conflict(&refused.await, Some(&records[2]));
    let replacing = Rewrite {
        expected: Expect::Head(Some(records[0].id)),
        replaced: vec![snapshot(records[2].clone())],
        ..Rewrite::default()
    };
    let refused = store.rewrite(&thread, replacing).await;
    assert_conflict(&refused, Some(&records[2]));
    assert_eq!(chain(&store, &thread).await.records, records);
}

pub async fn what_can_never_be_right_is_malformed(store: Store) {
    let thread = key("t");
    let records = begin_line(&store, &thread, 3).await;
    let rewrites = [
        // The head goes.
        removing(&records[2], &records[2..]),
        // What goes is replaced.
        Rewrite {
            replaced: vec![records[0].clone()],
            ..removing(&records[2], &records[..1])
        },
        // Of a thread of which nothing is known, and of one that has nothing.
        Rewrite {
            expected: Expect::Any,
            ..removing(&records[2], &records[..1])
        },
        Rewrite {
            expected: Expect::Head(None),
            ..removing(&records[2], &records[..1])
        },
    ];
    for rewrite in rewrites {
        let refused = store.rewrite(&thread, rewrite).await;
        assert!(
            matches!(refused, Err(StoreError::Malformed(_))),
            "{refused:?}"
        );
    }
    assert_eq!(chain(&store, &thread).await.records, records);
}

pub async fn a_payload_beyond_the_limit_is_refused(store: Store) {
    let thread = key("t");
    let records = begin_line(&store, &thread, 2).await;
    let write = update(turn(&records[1], 0), "x");
    put(&store, &thread, writing([write.clone()])).await;
    let huge = || vec![b'x'; Commit::MAX_PAYLOAD_BYTES + 1];
    let record = Rewrite {
        replaced: vec![Record {
            payload: huge(),
            ..snapshot(records[1].clone())
        }],
        ..removing(&records[1], &records[..1])
    };
    let of_a_write = Rewrite {
        writes: vec![Write {
            payload: huge(),
            ..write.clone()
        }],
        ..Rewrite::default()
    };
    for rewrite in [record, of_a_write] {
        let refused = store.rewrite(&thread, rewrite).await;
        assert!(
            matches!(refused, Err(StoreError::TooLarge { .. })),
            "{refused:?}"
        );
    }
    let now = chain(&store, &thread).await;
    assert_eq!((now.records, now.writes), (records, vec![write]));
}

pub async fn a_name_that_cannot_be_stored_is_refused(store: Store) {
    let first = begin(&store, &key("t")).await;
    for name in ["", "\0"] {
        let rewrite = Rewrite {
            writes: vec![named(turn(&first, 0), name, "x")],
            ..Rewrite::default()
        };
        let refused = store.rewrite(&key("t"), rewrite).await;
        assert!(
            matches!(refused, Err(StoreError::InvalidId(_))),
            "{refused:?}"
        );
    }
}

pub async fn an_empty_rewrite_leaves_no_trace(store: Store) {
    let thread = key("t");
    rewritten(&store, &thread, Rewrite::default()).await;
    assert_eq!(head(&store, &thread).await, None);
    begin_line(&store, &thread, 2).await;
    let before = chain(&store, &thread).await;
    rewritten(&store, &thread, Rewrite::default()).await;
    assert_eq!(chain(&store, &thread).await, before);
}

pub async fn a_thread_that_is_not_there_cannot_be_rewritten(store: Store) {
    let thread = key("t");
    let elsewhere = begin_line(&store, &key("other"), 2).await;
    let refused = store.rewrite(&thread, removing(&elsewhere[1], &elsewhere[..1]));
    assert_conflict(&refused.await, None);
    let replacing = Rewrite {
        replaced: elsewhere.clone(),
        writes: vec![update(turn(&elsewhere[1], 0), "x")],
        ..Rewrite::default()
    };
    rewritten(&store, &thread, replacing).await;
    assert_eq!(store.load(&thread, At::Head).await.unwrap(), None);
    let threads = store.threads("conformance", &Page::default()).await;
    assert_eq!(threads.unwrap(), ["other"]);
    begin(&store, &thread).await;
}

pub async fn paths_are_rewritten_apart(store: Store) {
    let keys = [key("t"), at("t", &["a"]), at("t", &["a", "b"]), key("u")];
    let records = begin_line(&store, &keys[0], 3).await;
    for key in &keys[1..] {
        put(&store, key, adding(None, &records)).await;
    }
    let rest = on(&records[2], &records[2..]);
    let rewrite = Rewrite {
        replaced: rest.clone(),
        ..removing(&records[2], &records[..2])
    };
    rewritten(&store, &keys[1], rewrite).await;
    for (place, key) in keys.iter().enumerate() {
        let now = chain(&store, key).await;
        let (left, count) = if place == 1 {
            (&rest, 1)
        } else {
            (&records, 0)
        };
        assert_eq!((&now.records, now.rewrites), (left, count), "{key:?}");
    }
    go_on(&store, &keys[0], &records[2]).await;
    go_on(&store, &keys[2], &records[2]).await;
}

pub async fn a_deleted_thread_begins_with_no_count(store: Store) {
    pruned(&store, "t").await;
    store.delete(&key("t")).await.unwrap();
    let first = begin(&store, &key("t")).await;
    go_on(&store, &key("t"), &first).await;
    assert_eq!(chain(&store, &key("t")).await.rewrites, 0);
}

pub async fn a_deleted_path_begins_with_no_count(store: Store) {
    let child = at("t", &["a"]);
    let records = begin_line(&store, &child, 2).await;
    let rewrite = Rewrite {
        replaced: on(&records[1], &records[1..]),
        ..removing(&records[1], &records[..1])
    };
    rewritten(&store, &child, rewrite).await;
    store.delete(&child).await.unwrap();
    let first = begin(&store, &child).await;
    go_on(&store, &child, &first).await;
}

pub async fn a_thread_goes_on_however_often_it_is_rewritten(store: Store) {
    let thread = key("t");
    let mut last = begin(&store, &thread).await;
    for round in 0..20 {
        let next = after(&last);
        let commit = Commit {
            rewrites: round,
            ..adding(Some(&last), [&next])
        };
        put(&store, &thread, commit).await;
        let kept = on(&next, slice::from_ref(&next));
        let rewrite = Rewrite {
            rewrites: round,
            replaced: kept.clone(),
            ..removing(&next, &[last])
        };
        rewritten(&store, &thread, rewrite).await;
        last = kept[0].clone();
        assert_eq!(chain(&store, &thread).await.records, kept);
        assert_eq!(listed(&store, &thread).await, ids(&kept));
    }
}

pub async fn thousands_of_records_go_at_once(store: Store) {
    let thread = key("t");
    let records = line(3_000);
    put(&store, &thread, adding(None, &records)).await;
    let rest = on(&records[2_500], &records[2_500..]);
    let rewrite = Rewrite {
        replaced: rest.clone(),
        ..removing(&records[2_999], &records[..2_500])
    };
    rewritten(&store, &thread, rewrite).await;
    assert_eq!(chain(&store, &thread).await.records, rest);
    assert_eq!(listed(&store, &thread).await.len(), 500);
}

/// That a commit or a rewrite was refused because records went.
fn assert_rewritten(outcome: &Result<(), StoreError>) {
    assert!(
        matches!(outcome, Err(StoreError::Rewritten)),
        "records went, and it said {outcome:?}"
    );
}
