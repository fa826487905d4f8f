//! What a commit may do that is made under a lease, and what one whose lease is lost.

use std::time::Duration;

use graph_runtime::{Commit, Record, StoreError, ThreadKey};

use super::super::Store;
use super::super::kit::{
    LONG, adding, after, assert_conflict, at, begin, chain, consuming, first, go_on, head, key,
    leased, listed, put, taken, turn, update, writing,
};

/// A commit under a lease.
fn under(epoch: u64, commit: Commit) -> Commit {
    Commit { epoch, ..commit }
}

/// A lease that its holder has lost, and the one that there is now.
async fn lost(store: &Store, thread: &ThreadKey) -> (u64, u64) {
    let old = leased(store, thread, "ada", Duration::ZERO).await;
    let new = taken(store, thread, "bob").await;
    (old.epoch, new.epoch)
}

fn assert_fenced(outcome: &Result<(), StoreError>, mine: u64, theirs: u64) {
    let Err(StoreError::Fenced { epoch, current }) = outcome else {
        unreachable!("the lease was lost, and the commit said {outcome:?}");
    };
    assert_eq!((*epoch, *current), (mine, theirs));
}

pub async fn the_holder_may_commit(store: Store) {
    let thread = key("t");
    let lease = taken(&store, &thread, "ada").await;
    let first = first();
    put(&store, &thread, under(lease.epoch, adding(None, [&first]))).await;
    let next = adding(Some(&first), [&after(&first)]);
    put(&store, &thread, under(lease.epoch, next)).await;
    assert_eq!(listed(&store, &thread).await.len(), 2);
}

pub async fn the_holder_may_commit_after_renewing(store: Store) {
    let thread = key("t");
    let lease = taken(&store, &thread, "ada").await;
    taken(&store, &thread, "ada").await;
    put(
        &store,
        &thread,
        under(lease.epoch, adding(None, [&first()])),
    )
    .await;
}

/// It is late, but nobody was in between.
pub async fn the_holder_of_one_that_has_ended_may_commit_while_nobody_takes_it(store: Store) {
    let thread = key("t");
    let lease = leased(&store, &thread, "ada", Duration::ZERO).await;
    put(
        &store,
        &thread,
        under(lease.epoch, adding(None, [&first()])),
    )
    .await;
}

pub async fn whoever_lost_it_is_fenced_and_changes_nothing(store: Store) {
    let thread = key("t");
    let first = begin(&store, &thread).await;
    put(&store, &thread, writing([update(turn(&first, 0), "kept")])).await;
    let before = chain(&store, &thread).await;
    let (old, new) = lost(&store, &thread).await;
    let commit = Commit {
        writes: vec![update(turn(&first, 1), "never")],
        consumed: vec![turn(&first, 0)],
        ..adding(Some(&first), [&after(&first)])
    };
    assert_fenced(
        &store.commit(&thread, under(old, commit.clone())).await,
        old,
        new,
    );
    assert_eq!(chain(&store, &thread).await, before);
    put(&store, &thread, under(new, commit)).await;
}

pub async fn writes_alone_are_fenced_too(store: Store) {
    let thread = key("t");
    let first = begin(&store, &thread).await;
    put(&store, &thread, writing([update(turn(&first, 0), "kept")])).await;
    let (old, new) = lost(&store, &thread).await;
    for commit in [
        writing([update(turn(&first, 1), "x")]),
        consuming(&[turn(&first, 0)]),
    ] {
        assert_fenced(&store.commit(&thread, under(old, commit)).await, old, new);
    }
    assert_eq!(store.writes(&thread).await.unwrap().len(), 1);
}

pub async fn a_fenced_commit_begins_no_thread(store: Store) {
    let thread = key("t");
    let (old, new) = lost(&store, &thread).await;
    let refused = store
        .commit(&thread, under(old, adding(None, [&first()])))
        .await;
    assert_fenced(&refused, old, new);
    assert_eq!(head(&store, &thread).await, None);
}

pub async fn whoever_gave_it_back_is_fenced(store: Store) {
    let thread = key("t");
    let lease = taken(&store, &thread, "ada").await;
    store.release(&thread, &lease).await.unwrap();
    let late = under(lease.epoch, adding(None, [&first()]));
    assert_fenced(&store.commit(&thread, late).await, lease.epoch, 0);
}

pub async fn an_epoch_that_was_never_given_is_fenced(store: Store) {
    let invented = under(u64::MAX, adding(None, [&first()]));
    assert_fenced(&store.commit(&key("t"), invented).await, u64::MAX, 0);
    let lease = taken(&store, &key("u"), "ada").await;
    let early = under(lease.epoch + 1, adding(None, [&first()]));
    let refused = store.commit(&key("u"), early).await;
    assert_fenced(&refused, lease.epoch + 1, lease.epoch);
}

pub async fn the_lease_of_another_thread_is_none(store: Store) {
    let lease = taken(&store, &key("t"), "ada").await;
    let foreign = under(lease.epoch, adding(None, [&first()]));
    assert_fenced(&store.commit(&key("u"), foreign).await, lease.epoch, 0);
    let elsewhere = ThreadKey::new("elsewhere", "t").unwrap();
    let foreign = under(lease.epoch, adding(None, [&first()]));
    assert_fenced(&store.commit(&elsewhere, foreign).await, lease.epoch, 0);
}

/// An answer comes from anywhere; the head alone decides.
pub async fn a_commit_without_a_lease_is_judged_by_the_head_alone(store: Store) {
    let thread = key("t");
    taken(&store, &thread, "ada").await;
    let first = begin(&store, &thread).await;
    put(
        &store,
        &thread,
        writing([update(turn(&first, 0), "answer")]),
    )
    .await;
    let second = go_on(&store, &thread, &first).await;
    let stale = adding(Some(&first), [&after(&first)]);
    assert_conflict(&store.commit(&thread, stale).await, Some(&second));
}

pub async fn children_commit_under_the_lease_of_their_thread(store: Store) {
    let (thread, child) = (key("t"), at("t", &["web", "search"]));
    let lease = leased(&store, &thread, "ada", Duration::ZERO).await;
    let mine = first();
    put(&store, &child, under(lease.epoch, adding(None, [&mine]))).await;
    let new = taken(&store, &thread, "bob").await;
    let late = under(lease.epoch, adding(Some(&mine), [&after(&mine)]));
    let refused = store.commit(&child, late).await;
    assert_fenced(&refused, lease.epoch, new.epoch);
}

/// A conflict could be tried again, and whoever lost the lease must not.
pub async fn being_fenced_comes_before_a_conflict(store: Store) {
    let thread = key("t");
    let first = begin(&store, &thread).await;
    let (old, new) = lost(&store, &thread).await;
    go_on(&store, &thread, &first).await;
    let late = under(old, adding(Some(&first), [&after(&first)]));
    assert_fenced(&store.commit(&thread, late).await, old, new);
}

/// It had happened before the lease was lost.
pub async fn a_repeat_of_what_happened_is_no_news(store: Store) {
    let thread = key("t");
    let lease = leased(&store, &thread, "ada", Duration::ZERO).await;
    let commit = under(lease.epoch, adding(None, [&first()]));
    put(&store, &thread, commit.clone()).await;
    taken(&store, &thread, "bob").await;
    put(&store, &thread, commit).await;
    assert_eq!(listed(&store, &thread).await.len(), 1);
}

pub async fn deleting_a_thread_fences_whoever_runs_it(store: Store) {
    let thread = key("t");
    let lease = taken(&store, &thread, "ada").await;
    let first = begin(&store, &thread).await;
    store.delete(&thread).await.unwrap();
    let late = under(lease.epoch, writing([update(turn(&first, 0), "late")]));
    assert_fenced(&store.commit(&thread, late.clone()).await, lease.epoch, 0);
    let new = taken(&store, &thread, "bob").await;
    assert_fenced(&store.commit(&thread, late).await, lease.epoch, new.epoch);
}

/// From the moment when somebody has the lease, nothing of the one before gets in.
pub async fn nothing_of_the_old_holder_comes_after_the_new_one(store: Store) {
    for round in 0..10 {
        let thread = key(&format!("t{round}"));
        let lease = leased(&store, &thread, "ada", Duration::ZERO).await;
        let first = first();
        put(&store, &thread, under(lease.epoch, adding(None, [&first]))).await;
        let (old, of) = (store.clone(), thread.clone());
        let writer =
            tokio::spawn(async move { write_until_fenced(&old, &of, first, lease.epoch).await });
        store.lease(&thread, "bob", LONG).await.unwrap();
        let seen = head(&store, &thread).await;
        writer.await.unwrap();
        assert_eq!(head(&store, &thread).await, seen);
    }
}

async fn write_until_fenced(store: &Store, thread: &ThreadKey, mut last: Record, epoch: u64) {
    loop {
        let next = after(&last);
        let commit = under(epoch, adding(Some(&last), [&next]));
        match store.commit(thread, commit).await {
            Ok(()) => last = next,
            Err(StoreError::Fenced { .. }) => return,
            Err(error) => unreachable!("{error}"),
        }
    }
}
