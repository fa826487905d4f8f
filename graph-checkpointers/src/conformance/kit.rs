//! Records, writes and commits to make cases of.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use graph_runtime::{
    ActivationId, At, Chain, Commit, Expect, Lease, MomentId, Query, Record, Rewrite, Source,
    StoreError, ThreadKey, Timestamp, Write, WriteKey, WriteKind,
};

use super::Store;

/// A thread in the namespace that most cases share.
pub(super) fn key(thread: &str) -> ThreadKey {
    ThreadKey::new("conformance", thread).unwrap()
}

/// A path below a thread there.
pub(super) fn at(thread: &str, steps: &[&str]) -> ThreadKey {
    let down = |key: ThreadKey, step: &&str| key.child(step).unwrap();
    steps.iter().fold(key(thread), down)
}

/// An id that nothing has yet.
pub(super) fn fresh_id() -> MomentId {
    MomentId::at(Timestamp::now())
}

/// The first record of a thread: a snapshot.
pub(super) fn first() -> Record {
    let id = fresh_id();
    Record {
        id,
        parent: None,
        base: id,
        sequence: 1,
        step: 1,
        source: Source::Input,
        created_at: Timestamp::now(),
        due: None,
        payload: b"first".to_vec(),
    }
}

/// A change that goes on from a record.
pub(super) fn after(parent: &Record) -> Record {
    Record {
        id: fresh_id(),
        parent: Some(parent.id),
        base: parent.base,
        sequence: parent.sequence + 1,
        step: parent.step + 1,
        source: Source::Step,
        created_at: Timestamp::now(),
        due: None,
        payload: format!("after {}", parent.sequence).into_bytes(),
    }
}

/// A change that goes on from an older record, written as the `sequence`th.
pub(super) fn branch(parent: &Record, sequence: u64) -> Record {
    Record {
        sequence,
        source: Source::Fork,
        ..after(parent)
    }
}

/// The same record as a snapshot.
pub(super) fn snapshot(record: Record) -> Record {
    Record {
        base: record.id,
        ..record
    }
}

/// A line of records from a first one.
pub(super) fn line(length: usize) -> Vec<Record> {
    let next = |record: &Record| Some(after(record));
    std::iter::successors(Some(first()), next)
        .take(length)
        .collect()
}

/// A commit of records at a head.
pub(super) fn adding<'a>(
    head: Option<&Record>,
    records: impl IntoIterator<Item = &'a Record>,
) -> Commit {
    Commit {
        expected: Expect::Head(head.map(|record| record.id)),
        records: records.into_iter().cloned().collect(),
        ..Commit::default()
    }
}

/// A commit of writes alone.
pub(super) fn writing(writes: impl IntoIterator<Item = Write>) -> Commit {
    Commit {
        writes: writes.into_iter().collect(),
        ..Commit::default()
    }
}

/// A commit that removes writes alone.
pub(super) fn consuming(turns: &[ActivationId]) -> Commit {
    Commit {
        consumed: turns.to_vec(),
        ..Commit::default()
    }
}

/// A commit that removes messages alone.
pub(super) fn receiving(positions: &[u64]) -> Commit {
    Commit {
        received: positions.to_vec(),
        ..Commit::default()
    }
}

/// A rewrite at a head that removes records of a thread of which none went before.
pub(super) fn removing<'a>(
    head: &Record,
    removed: impl IntoIterator<Item = &'a Record>,
) -> Rewrite {
    Rewrite {
        expected: Expect::Head(Some(head.id)),
        removed: removed.into_iter().map(|record| record.id).collect(),
        ..Rewrite::default()
    }
}

/// Records as they are once one of them is a snapshot on which the others stand.
pub(super) fn on(snapshot: &Record, records: &[Record]) -> Vec<Record> {
    let based = |record: &Record| Record {
        base: snapshot.id,
        ..record.clone()
    };
    records.iter().map(based).collect()
}

/// A node's turn that a record started.
pub(super) fn turn(record: &Record, index: u32) -> ActivationId {
    ActivationId {
        moment: record.id,
        index,
    }
}

/// What a turn did.
pub(super) fn update(activation: ActivationId, payload: &str) -> Write {
    written(activation, None, WriteKind::Update, payload)
}

/// Any write.
pub(super) fn written(
    activation: ActivationId,
    item: Option<u32>,
    kind: WriteKind,
    payload: &str,
) -> Write {
    let key = WriteKey {
        item,
        ..WriteKey::of_turn(activation, kind)
    };
    Write {
        key,
        payload: payload.as_bytes().to_vec(),
    }
}

/// One of several things that a turn remembers.
pub(super) fn named(activation: ActivationId, name: &str, payload: &str) -> Write {
    let mut write = written(activation, None, WriteKind::Once, payload);
    write.key.name = Some(name.into());
    write
}

/// Longer than any case takes.
pub(super) const LONG: Duration = Duration::from_hours(1);

/// Takes a lease or renews it, and it must succeed.
pub(super) async fn leased(
    store: &Store,
    thread: &ThreadKey,
    holder: &str,
    ttl: Duration,
) -> Lease {
    let lease = store.lease(thread, holder, ttl).await.unwrap();
    let Some(lease) = lease else {
        unreachable!("a store that keeps no leases is to be proved `without(lease)`");
    };
    lease
}

/// A lease that doesn't end before the case does.
pub(super) async fn taken(store: &Store, thread: &ThreadKey, holder: &str) -> Lease {
    leased(store, thread, holder, LONG).await
}

/// Commits, and it must succeed.
pub(super) async fn put(store: &Store, thread: &ThreadKey, commit: Commit) {
    store.commit(thread, commit).await.unwrap();
}

/// Rewrites, and it must succeed.
pub(super) async fn rewritten(store: &Store, thread: &ThreadKey, rewrite: Rewrite) {
    store.rewrite(thread, rewrite).await.unwrap();
}

/// Begins a thread with one record.
pub(super) async fn begin(store: &Store, thread: &ThreadKey) -> Record {
    let first = first();
    put(store, thread, adding(None, [&first])).await;
    first
}

/// Goes on at a head by one record.
pub(super) async fn go_on(store: &Store, thread: &ThreadKey, head: &Record) -> Record {
    let next = after(head);
    put(store, thread, adding(Some(head), [&next])).await;
    next
}

/// Begins a thread with a line of records, a commit each.
pub(super) async fn begin_line(store: &Store, thread: &ThreadKey, length: usize) -> Vec<Record> {
    let records = line(length);
    for (place, record) in records.iter().enumerate() {
        let head = place.checked_sub(1).map(|before| &records[before]);
        put(store, thread, adding(head, [record])).await;
    }
    records
}

/// What is loaded at the head, where there is one.
pub(super) async fn chain(store: &Store, thread: &ThreadKey) -> Chain {
    store.load(thread, At::Head).await.unwrap().unwrap()
}

/// The head, if the thread has one.
pub(super) async fn head(store: &Store, thread: &ThreadKey) -> Option<MomentId> {
    store
        .load(thread, At::Head)
        .await
        .unwrap()
        .and_then(|chain| chain.head)
}

/// The records that a moment is rebuilt from.
pub(super) async fn line_at(store: &Store, thread: &ThreadKey, id: MomentId) -> Vec<Record> {
    let chain = store.load(thread, At::Moment(id)).await.unwrap();
    chain.unwrap().records
}

/// The ids of a thread's records, newest first.
pub(super) async fn listed(store: &Store, thread: &ThreadKey) -> Vec<MomentId> {
    ids(&store.list(thread, &Query::default()).await.unwrap())
}

/// The ids of records.
pub(super) fn ids(records: &[Record]) -> Vec<MomentId> {
    records.iter().map(|record| record.id).collect()
}

/// That a commit was refused because of the head, and which head it names.
pub(super) fn assert_conflict(outcome: &Result<(), StoreError>, head: Option<&Record>) {
    let Err(StoreError::Conflict { found, .. }) = outcome else {
        unreachable!("a conflict was due, and the commit said {outcome:?}");
    };
    assert_eq!(*found, head.map(|record| record.id));
}

/// Polls a future once, drops it, and says whether it was over.
pub(super) async fn poll_once<F: Future>(future: F) -> Option<F::Output> {
    let mut future = pin!(future);
    poll_fn(|context| {
        Poll::Ready(match future.as_mut().poll(context) {
            Poll::Ready(output) => Some(output),
            Poll::Pending => None,
        })
    })
    .await
}
