//! Several servers: a change that counts only when a replica has it, and replicas that are taken for primaries.

use std::time::Duration;

use graph_checkpointers::RedisSaver;
use graph_runtime::{At, Checkpointer, Query, StoreError, ThreadKey};

use crate::server::{FLEETING, Server};
use crate::support::{adding, after, first, key};
use crate::walk::walk;

fn pair() -> (Server, Server) {
    let at_once = ["--repl-diskless-sync-delay", "0"];
    let primary = Server::start(&[FLEETING, &at_once].concat());
    let port = primary.port().to_string();
    let replica = Server::start(&[FLEETING, &["--replicaof", "127.0.0.1", &port]].concat());
    wait_for(&primary);
    (primary, replica)
}

fn wait_for(primary: &Server) {
    primary.wait_for(&["INFO", "replication"], "state=online");
}

async fn confirmed(primary: &Server, within: Duration) -> RedisSaver {
    let options = RedisSaver::options(&primary.url()).acknowledged_by(1, within);
    options.connect().await.unwrap()
}

#[tokio::test]
async fn what_is_acknowledged_is_on_the_replica() {
    let (primary, replica) = pair();
    let saver = confirmed(&primary, Duration::from_mins(1)).await;
    let mut last = None;
    for _ in 0..50 {
        let next = last.as_ref().map_or_else(first, after);
        saver
            .commit(&key("t"), adding(last.as_ref(), &next))
            .await
            .unwrap();
        let id: String = replica.tell(&["HGET", "graph:{tests}/t:head", "id"]);
        assert_eq!(id, next.id.to_string());
        last = Some(next);
    }
    walk(&saver, &ThreadKey::new("others", "u").unwrap()).await;
    // The primary is gone, and the replica takes over.
    drop(primary);
    replica.tell::<String>(&["REPLICAOF", "NO", "ONE"]);
    let chain = replica.saver().await.load(&key("t"), At::Head).await;
    assert_eq!(chain.unwrap().unwrap().records.len(), 50);
}

#[tokio::test]
async fn what_no_replica_has_is_unknown_also_when_it_is_repeated() {
    let (primary, replica) = pair();
    // It stays connected, and says nothing.
    replica.signal("STOP");
    let commit = adding(None, &first());
    for _ in 0..2 {
        // Each time on a connection that has written nothing yet.
        let saver = confirmed(&primary, Duration::from_millis(200)).await;
        let unknown = saver.commit(&key("t"), commit.clone()).await.unwrap_err();
        assert!(matches!(unknown, StoreError::Unknown(_)), "{unknown}");
        assert!(unknown.to_string().contains("0 of 1 replicas"), "{unknown}");
    }
    replica.signal("CONT");
    let saver = confirmed(&primary, Duration::from_mins(1)).await;
    saver.commit(&key("t"), commit).await.unwrap();
    let stored = saver.list(&key("t"), &Query::default()).await.unwrap();
    assert_eq!(stored.len(), 1);
    let id: String = replica.tell(&["HGET", "graph:{tests}/t:head", "id"]);
    assert_eq!(id, stored[0].id.to_string());
}

#[tokio::test]
async fn a_replica_is_said_to_be_one() {
    let (_primary, replica) = pair();
    let error = RedisSaver::connect(&replica.url()).await.unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
    assert!(
        error.to_string().contains("connect to the primary"),
        "{error}"
    );
}

#[tokio::test]
async fn a_primary_that_becomes_a_replica_is_said_to_be_one() {
    let (primary, replica) = pair();
    let saver = primary.saver().await;
    saver
        .commit(&key("t"), adding(None, &first()))
        .await
        .unwrap();
    replica.tell::<String>(&["REPLICAOF", "NO", "ONE"]);
    let port = replica.port().to_string();
    primary.tell::<String>(&["REPLICAOF", "127.0.0.1", &port]);
    let error = saver
        .commit(&key("u"), adding(None, &first()))
        .await
        .unwrap_err();
    assert!(matches!(error, StoreError::Unavailable(_)), "{error}");
    assert!(error.to_string().contains("replica"), "{error}");
}
