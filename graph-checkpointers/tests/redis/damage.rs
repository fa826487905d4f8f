//! Keys that are gone, or hold something else: found out, never taken for a thread without moments.

use graph_checkpointers::RedisSaver;
use graph_runtime::{At, Checkpointer, Page, Query, StoreError, ThreadKey, Timestamp};

use crate::server::{FLEETING, Server};
use crate::support::{adding, after, first};
use crate::walk::fill;

fn key() -> ThreadKey {
    ThreadKey::new("support", "user-42").unwrap()
}

fn assert_corrupt<T: std::fmt::Debug>(outcome: &Result<T, StoreError>, what: &str) {
    let is_corrupt = matches!(outcome, Err(StoreError::Corrupt(text)) if text.contains("user-42"));
    assert!(is_corrupt, "without {what}: {outcome:?}");
}

async fn assert_found_out(saver: &RedisSaver, what: &str) {
    assert_corrupt(&saver.load(&key(), At::Head).await, what);
    assert_corrupt(&saver.list(&key(), &Query::default()).await, what);
    assert_corrupt(&saver.writes(&key()).await, what);
    assert_corrupt(&saver.inbox(&key()).await, what);
    let anew = saver.commit(&key(), adding(None, &first())).await;
    assert_corrupt(&anew, what);
    assert_corrupt(&saver.send(&key(), Vec::new()).await, what);
}

#[tokio::test]
async fn a_thread_that_is_gone_in_part_is_corrupt_and_can_be_deleted() {
    let server = Server::start(FLEETING);
    let saver = server.saver().await;
    let parts = [
        "head", "order", "ids", "records", "writes", "inbox", "paths",
    ];
    let parts = parts.map(|part| format!("graph:{{support}}/user-42:{part}"));
    let threads = "graph:{support}:threads".to_owned();
    for part in parts.iter().chain([&threads]) {
        let last = fill(&saver, &key()).await;
        assert_eq!(server.tell::<i64>(&["DEL", part]), 1, "{part}");
        assert_found_out(&saver, part).await;
        let next = saver
            .commit(&key(), adding(Some(&last), &after(&last)))
            .await;
        assert_corrupt(&next, part);

        saver.delete(&key()).await.unwrap();
        assert!(saver.load(&key(), At::Head).await.unwrap().is_none());
        let (now, page) = (Timestamp::now(), Page::default());
        let due = saver.due("support", now, &page).await.unwrap();
        assert!(due.is_empty(), "{part}");
        let left: Vec<String> = server.tell(&["KEYS", "*user-42*"]);
        assert!(left.is_empty(), "without {part} there were left {left:?}");
    }
}

#[tokio::test]
async fn a_record_that_is_gone_is_found_out() {
    let server = Server::start(FLEETING);
    let saver = server.saver().await;
    fill(&saver, &key()).await;
    let records = "graph:{support}/user-42:records";
    let fields: Vec<String> = server.tell(&["HKEYS", records]);
    assert_eq!(server.tell::<i64>(&["HDEL", records, &fields[1]]), 1);
    assert_found_out(&saver, "a record").await;
}

#[tokio::test]
async fn a_path_that_is_gone_in_part_is_corrupt_and_its_thread_is_not() {
    let server = Server::start(FLEETING);
    let saver = server.saver().await;
    let child = key().child("web").unwrap();
    fill(&saver, &key()).await;
    fill(&saver, &child).await;
    server.tell::<i64>(&["DEL", "graph:{support}/user-42:head/web"]);
    assert_corrupt(&saver.load(&child, At::Head).await, "its head");
    assert_corrupt(&saver.usage(&key()).await, "the head of a path");
    assert!(saver.load(&key(), At::Head).await.unwrap().is_some());
}

#[tokio::test]
async fn a_record_that_was_changed_is_corrupt() {
    let server = Server::start(FLEETING);
    let saver = server.saver().await;
    fill(&saver, &key()).await;
    let records = "graph:{support}/user-42:records";
    server.tell::<i64>(&["HSET", records, "0000000000000000003", "something else"]);
    let loaded = saver.load(&key(), At::Head).await;
    assert!(matches!(loaded, Err(StoreError::Corrupt(_))), "{loaded:?}");
}
