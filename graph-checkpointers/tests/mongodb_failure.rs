//! What a server that can't be used means to whoever asks: which error, in which words, and without a password.

#![allow(clippy::unwrap_used, reason = "these are tests")]

#[path = "support/mongodb_proxy.rs"]
mod proxy;
#[path = "support/mongodb.rs"]
mod server;
mod support;

use graph_checkpointers::MongoSaver;
use graph_runtime::{At, Checkpointer, Query, StoreError};
use proxy::{Act, Proxy};
use support::{adding, after, first, key};
use tokio::net::TcpListener;

const PASSWORD: &str = "s3cret";

fn assert_unavailable(error: &StoreError, words: &[&str]) {
    assert!(matches!(error, StoreError::Unavailable(_)), "{error:?}");
    let text = format!("{error} {error:?}");
    for word in words {
        assert!(text.contains(word), "`{word}` isn't in: {text}");
    }
    assert!(!text.contains(PASSWORD), "{text}");
}

async fn refused(uri: &str) -> StoreError {
    MongoSaver::connect(uri, "graph_tests").await.unwrap_err()
}

#[tokio::test]
async fn a_server_that_is_not_there_is_said_with_its_address() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    drop(listener);
    let error = refused(&format!("mongodb://ada:{PASSWORD}@{address}/")).await;
    assert_unavailable(&error, &[&address, "is it running there"]);
}

#[tokio::test]
async fn a_uri_that_is_none_is_said_at_once() {
    for uri in [
        format!("http://ada:{PASSWORD}@db/"),
        format!("ada:{PASSWORD}"),
        format!("mongodb://ada:{PASSWORD}"),
        format!("mongodb://ada:{PASSWORD}@"),
        format!("mongodb://ada:{PASSWORD}@db:port/"),
        format!("mongodb://ada:{PASSWORD}%zz@db/"),
        format!("mongodb://ada:x:{PASSWORD}@db/"),
        format!("mongodb://ada:x/{PASSWORD}@db/"),
        format!("mongodb://ada:x@{PASSWORD}@db/"),
        format!("mongodb://ada:x?{PASSWORD}@db/"),
        format!("mongodb://ada:x?{PASSWORD}=1@db/"),
        format!("mongodb://ada:{PASSWORD}@db/?connectTimeoutMS=soon"),
        String::new(),
    ] {
        assert_unavailable(&refused(&uri).await, &["URI"]);
    }
    let error = refused("mongodb://db/?connectTimeoutMS=soon").await;
    assert_unavailable(&error, &["connecttimeoutms"]);
}

#[tokio::test]
async fn a_database_that_cannot_be_named_is_said_at_once() {
    for name in ["", "a.b", "a/b", "a b", "$cmd"] {
        let refused = MongoSaver::connect(&server::uri(), name).await;
        let error = refused.unwrap_err();
        assert!(matches!(error, StoreError::Unfit(_)), "{error:?}");
    }
}

/// The server of these tests knows no users; a real one says the same in other words.
#[tokio::test]
async fn a_user_who_is_refused_is_said_without_the_password() {
    let host = server::host();
    let error = refused(&format!(
        "mongodb://nobody:{PASSWORD}@{host}/?directConnection=true"
    ))
    .await;
    assert_unavailable(&error, &["refuses the user or the password"]);
}

#[tokio::test]
async fn a_commit_whose_reply_is_lost_is_unknown_and_may_be_repeated() {
    let name = "graph_tests_lost";
    let direct = server::open(name).await;
    let proxy = Proxy::before(
        server::host(),
        Act::Cut,
        &["update", "graph_threads", "version"],
    )
    .await;
    let saver = MongoSaver::connect(&server::at(&proxy.address), name)
        .await
        .unwrap();
    let record = first();
    saver
        .commit(&key("t"), adding(None, &record))
        .await
        .unwrap();
    let next = adding(Some(&record), &after(&record));
    proxy.arm();
    let lost = saver.commit(&key("t"), next.clone()).await;
    proxy.caught().await;
    assert!(matches!(lost, Err(StoreError::Unknown(_))), "{lost:?}");
    let there = direct.list(&key("t"), &Query::default()).await.unwrap();
    assert_eq!(there.len(), 2);
    saver.commit(&key("t"), next).await.unwrap();
    let there = direct.list(&key("t"), &Query::default()).await.unwrap();
    assert_eq!(there.len(), 2);
}

#[tokio::test]
async fn what_is_lost_before_it_counts_changed_nothing() {
    let name = "graph_tests_before";
    let direct = server::open(name).await;
    let proxy = Proxy::before(
        server::host(),
        Act::Cut,
        &["insert", "graph_entries", "payload"],
    )
    .await;
    let saver = MongoSaver::connect(&server::at(&proxy.address), name)
        .await
        .unwrap();
    let record = first();
    saver
        .commit(&key("t"), adding(None, &record))
        .await
        .unwrap();
    let next = adding(Some(&record), &after(&record));
    proxy.arm();
    let lost = saver.commit(&key("t"), next.clone()).await;
    proxy.caught().await;
    assert_unavailable(&lost.unwrap_err(), &["MongoDB"]);
    let chain = direct.load(&key("t"), At::Head).await.unwrap().unwrap();
    assert_eq!(chain.records, [record]);
    saver.commit(&key("t"), next).await.unwrap();
    let there = direct.list(&key("t"), &Query::default()).await.unwrap();
    assert_eq!(there.len(), 2);
}
