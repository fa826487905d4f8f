//! What a server refuses: said so that a person knows what to do, without a password, and nothing is half done.

use graph_checkpointers::RedisSaver;
use graph_runtime::{At, Checkpointer, StoreError};

use crate::server::{FLEETING, Server};
use crate::support::{adding, after, first, key};
use crate::walk::walk;

const SECRET: &str = "s3cret-and-long";

fn assert_refused(error: &StoreError, words: &str) {
    let text = format!("{error} {error:?}");
    assert!(matches!(error, StoreError::Unavailable(_)), "{text}");
    assert!(text.contains(words), "{text}");
    assert!(!text.contains(SECRET), "{text}");
}

#[tokio::test]
async fn a_wrong_password_is_said_and_not_shown() {
    let server = Server::start(&[FLEETING, &["--requirepass", "right"]].concat());
    let at = |user: &str| format!("redis://{user}{}/", server.address());
    let none = RedisSaver::connect(&at("")).await.unwrap_err();
    assert_refused(&none, "wants a password");
    let wrong = RedisSaver::connect(&at(&format!(":{SECRET}@"))).await;
    assert_refused(&wrong.unwrap_err(), "refuses the user's name or password");
    let wrong = RedisSaver::connect(&at(&format!("ada:{SECRET}@"))).await;
    assert_refused(&wrong.unwrap_err(), "refuses the user's name or password");
    let saver = RedisSaver::connect(&at(":right@")).await.unwrap();
    walk(&saver, &key("t")).await;
}

#[tokio::test]
async fn a_password_is_in_no_debug() {
    let settings = ["--requirepass", SECRET];
    let server = Server::start(&[FLEETING, &settings].concat());
    let url = format!("redis://:{SECRET}@{}/", server.address());
    let options = RedisSaver::options(&url);
    let saver = options.clone().connect().await.unwrap();
    for text in [format!("{options:?}"), format!("{saver:?}")] {
        assert!(text.starts_with("Redis"), "{text}");
        assert!(!text.contains(SECRET), "{text}");
    }
    assert!(format!("{saver:?}").contains(&server.address()));
}

#[tokio::test]
async fn a_url_that_is_none_is_unfit_and_not_shown() {
    for url in [
        "",
        "nonsense",
        "http://:s3cret-and-long@host/",
        "redis://:s3cret-and-long@host:port/",
    ] {
        let error = RedisSaver::connect(url).await.unwrap_err();
        let text = format!("{error} {error:?}");
        assert!(matches!(error, StoreError::Unfit(_)), "{text}");
        assert!(text.contains("redis://host:6379/"), "{text}");
        assert!(!text.contains(SECRET), "{text}");
    }
}

#[cfg(not(feature = "tls"))]
#[tokio::test]
async fn a_url_that_asks_for_tls_says_which_feature_has_it() {
    let error = RedisSaver::connect("rediss://127.0.0.1/")
        .await
        .unwrap_err();
    assert!(error.to_string().contains("feature `tls`"), "{error}");
}

#[tokio::test]
async fn a_user_without_rights_is_said() {
    let server = Server::start(FLEETING);
    server.tell::<String>(&[
        "ACL", "SETUSER", "guest", "on", ">open", "~*", "+@all", "-eval", "-evalsha",
    ]);
    let url = format!("redis://guest:open@{}/", server.address());
    let saver = RedisSaver::connect(&url).await.unwrap();
    let error = saver.commit(&key("t"), adding(None, &first())).await;
    assert_refused(&error.unwrap_err(), "doesn't let this user do that");
}

#[tokio::test]
async fn a_server_without_memory_takes_nothing_and_keeps_what_it_has() {
    let server = Server::start(FLEETING);
    let saver = server.saver().await;
    let record = first();
    saver
        .commit(&key("t"), adding(None, &record))
        .await
        .unwrap();
    server.tell::<String>(&["CONFIG", "SET", "maxmemory", "1"]);
    let next = adding(Some(&record), &after(&record));
    let error = saver.commit(&key("t"), next.clone()).await.unwrap_err();
    assert_refused(&error, "has no memory left");
    let error = saver.send(&key("t"), b"x".to_vec()).await.unwrap_err();
    assert_refused(&error, "has no memory left");
    let chain = saver.load(&key("t"), At::Head).await.unwrap().unwrap();
    assert_eq!(chain.records, [record]);
    server.tell::<String>(&["CONFIG", "SET", "maxmemory", "0"]);
    saver.commit(&key("t"), next).await.unwrap();
}

/// What is forgotten makes room, so it must go also where there is none.
#[tokio::test]
async fn a_thread_can_be_deleted_from_a_full_server() {
    let server = Server::start(FLEETING);
    let saver = server.saver().await;
    saver
        .commit(&key("t"), adding(None, &first()))
        .await
        .unwrap();
    server.tell::<String>(&["CONFIG", "SET", "maxmemory", "1"]);
    saver.delete(&key("t")).await.unwrap();
    assert!(saver.load(&key("t"), At::Head).await.unwrap().is_none());
}
