//! What lies on the server, and that nothing else reaches it.

use std::collections::BTreeMap;

use graph_checkpointers::RedisSaver;
use graph_runtime::{At, Checkpointer, StoreError, ThreadKey};

use crate::server::{FLEETING, Server};
use crate::support::{adding, after, first, key};
use crate::walk::{fill, walk};

/// All keys with their types.
fn all(server: &Server) -> BTreeMap<String, String> {
    let keys: Vec<String> = server.tell(&["KEYS", "*"]);
    keys.into_iter()
        .map(|key| (key.clone(), server.tell(&["TYPE", &key])))
        .collect()
}

#[tokio::test]
async fn keys_are_those_of_the_docs() {
    let server = Server::start(FLEETING);
    let saver = server.saver().await;
    let thread = ThreadKey::new("support", "user-42").unwrap();
    fill(&saver, &thread).await;
    fill(&saver, &thread.child("web@1").unwrap()).await;
    saver.thread_of("support", "ada", "user-42").await.unwrap();
    let expected = [
        ("graph:format", "string"),
        ("graph:{support}/user-42:head", "hash"),
        ("graph:{support}/user-42:head/web@1", "hash"),
        ("graph:{support}/user-42:ids", "hash"),
        ("graph:{support}/user-42:ids/web@1", "hash"),
        ("graph:{support}/user-42:inbox", "hash"),
        ("graph:{support}/user-42:inbox/web@1", "hash"),
        ("graph:{support}/user-42:lease", "hash"),
        ("graph:{support}/user-42:order", "zset"),
        ("graph:{support}/user-42:order/web@1", "zset"),
        ("graph:{support}/user-42:paths", "zset"),
        ("graph:{support}/user-42:records", "hash"),
        ("graph:{support}/user-42:records/web@1", "hash"),
        ("graph:{support}/user-42:users", "set"),
        ("graph:{support}/user-42:writes", "hash"),
        ("graph:{support}/user-42:writes/web@1", "hash"),
        ("graph:{support}:due", "zset"),
        ("graph:{support}:epoch", "string"),
        ("graph:{support}:position", "string"),
        ("graph:{support}:threads", "zset"),
        ("graph:{support}:users", "hash"),
        ("graph:{support}:written", "zset"),
    ];
    let found = all(&server);
    let found = found.iter().map(|(key, of)| (key.as_str(), of.as_str()));
    assert_eq!(found.collect::<Vec<_>>(), expected);
}

#[tokio::test]
async fn a_person_can_read_a_record() {
    let server = Server::start(FLEETING);
    let saver = server.saver().await;
    let thread = ThreadKey::new("support", "user-42").unwrap();
    let record = first();
    saver.commit(&thread, adding(None, &record)).await.unwrap();
    let records = "graph:{support}/user-42:records";
    let row: Vec<u8> = server.tell(&["HGET", records, "0000000000000000001"]);
    let (header, payload) = row.split_at(170);
    let header = String::from_utf8(header.to_vec()).unwrap();
    let columns: Vec<_> = header.split_whitespace().collect();
    let id = record.id.to_string();
    assert_eq!([columns[0], columns[2], columns[5]], [&id, &id, "input"]);
    assert_eq!(payload, record.payload);
}

#[tokio::test]
async fn a_deleted_thread_leaves_nothing_and_nothing_outlives_its_time() {
    let server = Server::start(FLEETING);
    let saver = server.saver().await;
    walk(&saver, &key("t")).await;
    let left = all(&server);
    let left: Vec<_> = left.keys().collect();
    assert_eq!(
        left,
        [
            "graph:format",
            "graph:{tests}:epoch",
            "graph:{tests}:position"
        ]
    );
}

#[tokio::test]
async fn savers_of_two_prefixes_see_nothing_of_each_other() {
    let server = Server::start(FLEETING);
    let open = async |prefix| {
        let options = RedisSaver::options(&server.url()).prefix(prefix);
        options.connect().await.unwrap()
    };
    let (one, two) = (open("one").await, open("two").await);
    one.commit(&key("t"), adding(None, &first())).await.unwrap();
    assert!(two.load(&key("t"), At::Head).await.unwrap().is_none());
    walk(&two, &key("t")).await;
    assert!(one.load(&key("t"), At::Head).await.unwrap().is_some());
}

#[tokio::test]
async fn a_prefix_that_would_be_a_hash_tag_is_refused() {
    let server = Server::start(FLEETING);
    let refused = RedisSaver::options(&server.url()).prefix("{a}").connect();
    let error = refused.await.unwrap_err();
    assert!(matches!(error, StoreError::Unfit(_)), "{error}");
}

#[tokio::test]
async fn scripts_that_the_server_has_forgotten_are_told_again() {
    let server = Server::start(FLEETING);
    let saver = server.saver().await;
    let mut last = None;
    for _ in 0..5 {
        server.tell::<String>(&["SCRIPT", "FLUSH"]);
        let next = last.as_ref().map_or_else(first, after);
        saver
            .commit(&key("t"), adding(last.as_ref(), &next))
            .await
            .unwrap();
        server.tell::<String>(&["SCRIPT", "FLUSH"]);
        let chain = saver.load(&key("t"), At::Head).await.unwrap().unwrap();
        assert_eq!(chain.head, Some(next.id));
        last = Some(next);
    }
}

#[tokio::test]
async fn what_a_newer_version_wrote_is_refused() {
    let server = Server::start(FLEETING);
    let saver = server.saver().await;
    server.tell::<String>(&["SET", "graph:format", "2"]);
    let too_new = |error: &StoreError| {
        matches!(
            error,
            StoreError::FormatTooNew {
                found: 2,
                supported: 1
            }
        )
    };
    let error = RedisSaver::connect(&server.url()).await.unwrap_err();
    assert!(too_new(&error), "{error}");
    assert!(too_new(&saver.check().await.unwrap_err()));
    server.tell::<String>(&["SET", "graph:format", "of another program"]);
    let error = RedisSaver::connect(&server.url()).await.unwrap_err();
    assert!(matches!(error, StoreError::Corrupt(_)), "{error}");
}
