//! What happens beside the records, until a record takes it in.

use graph_runtime::{ActivationId, Commit, MAX_ID_BYTES, StoreError, Write, WriteKind};

use super::super::Store;
use super::super::kit::{
    adding, after, begin, chain, consuming, fresh_id, go_on, key, listed, named, put, turn, update,
    writing, written,
};

pub async fn a_write_comes_back_at_the_head(store: Store) {
    let thread = key("t");
    let first = begin(&store, &thread).await;
    let done = update(turn(&first, 0), "done");
    put(&store, &thread, writing([done.clone()])).await;
    let writes = chain(&store, &thread).await.writes;
    assert_eq!(store.writes(&thread).await.unwrap(), writes);
    assert_eq!(writes, [done]);
}

pub async fn writes_come_with_the_records_of_their_commit(store: Store) {
    let thread = key("t");
    let first = begin(&store, &thread).await;
    let second = after(&first);
    let pause = written(turn(&second, 0), None, WriteKind::Pause, "here");
    let commit = Commit {
        writes: vec![pause.clone()],
        ..adding(Some(&first), [&second])
    };
    put(&store, &thread, commit).await;
    assert_eq!(chain(&store, &thread).await.writes, [pause]);
}

pub async fn the_first_write_of_a_key_stays(store: Store) {
    let thread = key("t");
    let first = begin(&store, &thread).await;
    let yes = written(turn(&first, 0), None, WriteKind::Answer, "yes");
    let no = written(turn(&first, 0), None, WriteKind::Answer, "no");
    put(&store, &thread, writing([yes.clone()])).await;
    put(&store, &thread, writing([no])).await;
    assert_eq!(chain(&store, &thread).await.writes, [yes]);
}

pub async fn the_first_write_of_a_key_in_one_commit_stays(store: Store) {
    let thread = key("t");
    let first = begin(&store, &thread).await;
    let (one, two) = (
        update(turn(&first, 0), "one"),
        update(turn(&first, 0), "two"),
    );
    put(&store, &thread, writing([one.clone(), two])).await;
    assert_eq!(chain(&store, &thread).await.writes, [one]);
}

pub async fn a_key_that_is_there_does_not_stop_its_neighbours(store: Store) {
    let thread = key("t");
    let first = begin(&store, &thread).await;
    let (old, new) = (
        update(turn(&first, 1), "old"),
        update(turn(&first, 1), "new"),
    );
    let (before, behind) = (update(turn(&first, 0), "a"), update(turn(&first, 2), "c"));
    put(&store, &thread, writing([old.clone()])).await;
    put(
        &store,
        &thread,
        writing([before.clone(), new, behind.clone()]),
    )
    .await;
    assert_eq!(chain(&store, &thread).await.writes, [before, old, behind]);
}

/// One of each kind and name.
fn of_every_kind(activation: ActivationId, item: Option<u32>) -> Vec<Write> {
    let kinds = WriteKind::ALL.into_iter();
    let write = |kind| {
        [None, Some("a"), Some("b")].map(|name| {
            let payload = format!("{item:?} {kind:?} {name:?}");
            let mut write = written(activation, item, kind, &payload);
            write.key.name = name.map(Into::into);
            write
        })
    };
    kinds.flat_map(write).collect()
}

pub async fn kinds_items_and_names_are_keys_of_their_own(store: Store) {
    let thread = key("t");
    let first = begin(&store, &thread).await;
    let items = [None, Some(0), Some(1), Some(u32::MAX)];
    let writes: Vec<_> = items
        .into_iter()
        .flat_map(|item| of_every_kind(turn(&first, 0), item))
        .collect();
    put(&store, &thread, writing(writes.clone())).await;
    assert_eq!(chain(&store, &thread).await.writes, writes);
}

/// Where a kind ends and a name begins is never in doubt.
pub async fn names_that_look_like_parts_of_a_key_are_names(store: Store) {
    let thread = key("t");
    let first = begin(&store, &thread).await;
    let own = turn(&first, 0).to_string();
    let names = [
        "-1", "0", "null", ":", "a:b", "/answer", "once", "update", &own, ".3", "A", "a", "a ",
        "\u{e9}", "e\u{301}",
    ];
    let mut writes: Vec<_> = names
        .into_iter()
        .map(|name| named(turn(&first, 0), name, name))
        .collect();
    writes.push(written(turn(&first, 0), None, WriteKind::Once, "none"));
    put(&store, &thread, writing(writes.clone())).await;
    writes.sort_by(|one, other| one.key.cmp(&other.key));
    assert_eq!(chain(&store, &thread).await.writes, writes);
}

pub async fn the_first_write_of_a_name_stays(store: Store) {
    let thread = key("t");
    let first = begin(&store, &thread).await;
    let of = |payload: &str| ["a", "b"].map(|name| named(turn(&first, 0), name, payload));
    let ([a, b], [_, late]) = (of("first"), of("second"));
    put(&store, &thread, writing([b.clone()])).await;
    put(&store, &thread, writing([a.clone(), late])).await;
    assert_eq!(chain(&store, &thread).await.writes, [a, b]);
}

pub async fn a_name_that_cannot_be_stored_is_refused(store: Store) {
    let thread = key("t");
    let first = begin(&store, &thread).await;
    let long = "x".repeat(MAX_ID_BYTES + 1);
    for name in ["", "a\0", "\0", &long] {
        let commit = Commit {
            writes: vec![
                update(turn(&first, 0), "fine"),
                named(turn(&first, 0), name, "x"),
            ],
            ..adding(Some(&first), [&after(&first)])
        };
        let refused = store.commit(&thread, commit).await;
        assert!(
            matches!(refused, Err(StoreError::InvalidId(_))),
            "{refused:?}"
        );
    }
    assert_eq!(listed(&store, &thread).await, [first.id]);
    assert!(store.writes(&thread).await.unwrap().is_empty());
}

/// By number: 2 comes before 10.
pub async fn writes_come_in_the_order_of_their_keys(store: Store) {
    let thread = key("t");
    let first = begin(&store, &thread).await;
    let second = go_on(&store, &thread, &first).await;
    let mut writes: Vec<_> = [10, 2, 1, 100, 0, u32::MAX]
        .into_iter()
        .flat_map(|index| [turn(&second, index), turn(&first, index)])
        .flat_map(|turn| [Some(10), Some(9), None].map(|item| (turn, item)))
        .flat_map(|(turn, item)| of_every_kind(turn, item))
        .collect();
    put(&store, &thread, writing(writes.clone())).await;
    writes.sort_by(|one, other| one.key.cmp(&other.key));
    assert_eq!(chain(&store, &thread).await.writes, writes);
    assert_eq!(store.writes(&thread).await.unwrap(), writes);
}

pub async fn consuming_removes_all_of_a_turn_and_nothing_else(store: Store) {
    let thread = key("t");
    let first = begin(&store, &thread).await;
    let of = |index| {
        let items = [None, Some(0), Some(12)];
        items
            .map(|item| of_every_kind(turn(&first, index), item))
            .concat()
    };
    // A prefix of one another as text.
    put(
        &store,
        &thread,
        writing([of(1), of(10), of(11), of(111)].concat()),
    )
    .await;
    let commit = Commit {
        consumed: vec![turn(&first, 1), turn(&first, 11)],
        ..adding(Some(&first), [&after(&first)])
    };
    put(&store, &thread, commit).await;
    assert_eq!(
        chain(&store, &thread).await.writes,
        [of(10), of(111)].concat()
    );
}

pub async fn writes_may_be_consumed_without_a_record(store: Store) {
    let thread = key("t");
    let first = begin(&store, &thread).await;
    put(&store, &thread, writing([update(turn(&first, 0), "x")])).await;
    put(&store, &thread, consuming(&[turn(&first, 0)])).await;
    assert!(chain(&store, &thread).await.writes.is_empty());
}

pub async fn consuming_what_is_not_there_is_fine(store: Store) {
    let thread = key("t");
    let first = begin(&store, &thread).await;
    let commit = Commit {
        consumed: vec![
            turn(&first, 0),
            turn(&first, 0),
            ActivationId {
                moment: fresh_id(),
                index: 3,
            },
        ],
        ..adding(Some(&first), [&after(&first)])
    };
    put(&store, &thread, commit).await;
    assert_eq!(chain(&store, &thread).await.records.len(), 2);
}

pub async fn a_commit_consumes_before_it_writes(store: Store) {
    let thread = key("t");
    let first = begin(&store, &thread).await;
    put(&store, &thread, writing([update(turn(&first, 0), "old")])).await;
    let new = update(turn(&first, 0), "new");
    let commit = Commit {
        consumed: vec![turn(&first, 0)],
        ..writing([new.clone()])
    };
    put(&store, &thread, commit).await;
    assert_eq!(chain(&store, &thread).await.writes, [new]);
}

pub async fn a_consumed_write_may_be_written_again(store: Store) {
    let thread = key("t");
    let first = begin(&store, &thread).await;
    for payload in ["one", "two"] {
        let write = update(turn(&first, 0), payload);
        put(&store, &thread, writing([write.clone()])).await;
        assert_eq!(chain(&store, &thread).await.writes, [write]);
        put(&store, &thread, consuming(&[turn(&first, 0)])).await;
    }
}

pub async fn writes_outlast_commits_that_do_not_consume_them(store: Store) {
    let thread = key("t");
    let first = begin(&store, &thread).await;
    let open = written(turn(&first, 0), Some(3), WriteKind::Answer, "yes");
    put(&store, &thread, writing([open.clone()])).await;
    let second = go_on(&store, &thread, &first).await;
    go_on(&store, &thread, &second).await;
    assert_eq!(chain(&store, &thread).await.writes, [open]);
}

pub async fn a_thread_may_hold_many_writes(store: Store) {
    let thread = key("t");
    let first = begin(&store, &thread).await;
    let writes: Vec<_> = (0..2_000)
        .map(|item| written(turn(&first, 0), Some(item), WriteKind::Update, "x"))
        .collect();
    put(&store, &thread, writing(writes.clone())).await;
    assert_eq!(store.writes(&thread).await.unwrap(), writes);
    put(&store, &thread, consuming(&[turn(&first, 0)])).await;
    assert!(store.writes(&thread).await.unwrap().is_empty());
}

pub async fn a_thread_without_writes_has_none(store: Store) {
    begin(&store, &key("t")).await;
    assert!(store.writes(&key("t")).await.unwrap().is_empty());
    assert!(store.writes(&key("nobody")).await.unwrap().is_empty());
}
