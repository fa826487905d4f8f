//! What can only be seen from inside: a thread that dies, a disk that is full, a group that one spoils.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::mpsc;
use std::task::Poll;
use std::thread;
use std::time::Duration;

use graph_runtime::{
    At, Checkpointer, Commit, Expect, MomentId, Page, Record, Source, StoreError, ThreadKey,
    Timestamp,
};
use rusqlite::Connection;

use super::SqliteSaver;
use super::failure::Failure;

fn key(thread: &str) -> ThreadKey {
    ThreadKey::new("tests", thread).unwrap()
}

fn first(payload: Vec<u8>) -> Commit {
    let now = Timestamp::now();
    let id = MomentId::at(now);
    let record = Record {
        id,
        parent: None,
        base: id,
        sequence: 1,
        step: 1,
        source: Source::Input,
        created_at: now,
        due: None,
        payload,
    };
    Commit {
        expected: Expect::Head(None),
        records: vec![record],
        ..Commit::default()
    }
}

fn die(_: &Connection) -> Result<(), Failure> {
    panic!("this thread dies for a test");
}

#[tokio::test]
async fn a_writer_that_died_is_a_typed_error() {
    let saver = SqliteSaver::memory().await.unwrap();
    let in_hand = saver.change(die).await;
    assert!(
        matches!(in_hand, Err(StoreError::Unknown(_))),
        "{in_hand:?}"
    );
    // The reply is dropped a little before the inbox.
    thread::sleep(Duration::from_millis(50));
    for _ in 0..2 {
        let after = saver.commit(&key("t"), first(vec![])).await;
        assert!(
            matches!(after, Err(StoreError::Unavailable(_))),
            "{after:?}"
        );
        let read = saver.load(&key("t"), At::Head).await;
        assert!(matches!(read, Err(StoreError::Unavailable(_))), "{read:?}");
    }
}

#[tokio::test]
async fn a_reader_that_died_leaves_the_writer() {
    let directory = tempfile::tempdir().unwrap();
    let saver = SqliteSaver::open(directory.path().join("x.db"))
        .await
        .unwrap();
    let in_hand = saver.read(die).await;
    assert!(
        matches!(in_hand, Err(StoreError::Unavailable(_))),
        "{in_hand:?}"
    );
    saver.commit(&key("t"), first(vec![])).await.unwrap();
}

/// Lets the database grow by no more than a few pages.
async fn fill_the_disk(saver: &SqliteSaver) {
    let limit = |connection: &Connection| {
        let pages: i64 = connection.query_row("PRAGMA page_count", (), |row| row.get(0))?;
        Ok(connection.pragma_update(None, "max_page_count", pages + 20)?)
    };
    saver.change(limit).await.unwrap();
}

#[tokio::test]
async fn a_full_disk_is_a_typed_error_that_names_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("full.db");
    let saver = SqliteSaver::open(&path).await.unwrap();
    fill_the_disk(&saver).await;
    let error = saver
        .commit(&key("t"), first(vec![0; 1 << 20]))
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    let text = error.to_string();
    assert!(
        text.contains("full.db") && text.contains("is full"),
        "{text}"
    );
    assert!(saver.load(&key("t"), At::Head).await.unwrap().is_none());
    saver.commit(&key("t"), first(vec![0; 100])).await.unwrap();
}

/// Lets everything be asked while the writer is held, so that it becomes one group, and waits for all of it.
async fn together(
    saver: &SqliteSaver,
    mut commits: Vec<Pin<Box<dyn Future<Output = Outcome> + Send + '_>>>,
) -> Vec<Outcome> {
    let (release, held) = mpsc::channel::<()>();
    let wait = move |_: &Connection| {
        // An error is what it waits for.
        let _ = held.recv();
        Ok(())
    };
    commits.insert(0, Box::pin(saver.change(wait)));
    for commit in &mut commits {
        // Asked at the first poll.
        poll_fn(|context| Poll::Ready(commit.as_mut().poll(context).is_ready())).await;
    }
    drop(release);
    let mut outcomes = Vec::new();
    for commit in commits.into_iter().skip(1) {
        outcomes.push(commit.await);
    }
    outcomes
}

type Outcome = Result<(), StoreError>;

#[tokio::test]
async fn one_that_spoils_a_group_spoils_no_other() {
    let saver = SqliteSaver::memory().await.unwrap();
    fill_the_disk(&saver).await;
    let keys: Vec<_> = (0..9).map(|place| key(&format!("t{place}"))).collect();
    let sizes = [10, 10, 10, 10, 1 << 20, 10, 10, 10, 10];
    let commits = keys
        .iter()
        .zip(sizes)
        .map(|(key, size)| saver.commit(key, first(vec![0; size])));
    let outcomes = together(&saver, commits.collect()).await;
    for (outcome, size) in outcomes.iter().zip(sizes) {
        assert_eq!(outcome.is_ok(), size == 10, "{outcome:?}");
    }
    let threads = saver.threads("tests", &Page::default()).await.unwrap();
    assert_eq!(threads.len(), 8);
}

#[tokio::test]
async fn commits_that_wait_together_share_a_transaction() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("x.db");
    let saver = SqliteSaver::open(&path).await.unwrap();
    let log = path.with_extension("db-wal");
    let before = log.metadata().unwrap().len();
    let keys: Vec<_> = (0..100).map(|place| key(&format!("t{place}"))).collect();
    let commits = keys.iter().map(|key| saver.commit(key, first(vec![0; 10])));
    for outcome in together(&saver, commits.collect()).await {
        outcome.unwrap();
    }
    // A hundred transactions would write three pages each.
    let pages = (log.metadata().unwrap().len() - before) / 4096;
    assert!(pages < 40, "{pages} pages were written");
}

#[tokio::test]
async fn every_setting_that_keeps_what_was_acknowledged_is_on() {
    let directory = tempfile::tempdir().unwrap();
    let saver = SqliteSaver::open(directory.path().join("x.db"))
        .await
        .unwrap();
    let settings = |connection: &Connection| {
        let number = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
        let mode: String = connection.pragma_query_value(None, "journal_mode", |row| row.get(0))?;
        Ok((mode, number("synchronous")?, number("fullfsync")?))
    };
    let full = ("wal".to_owned(), 2, 1);
    assert_eq!(saver.change(settings).await.unwrap(), full);
}
