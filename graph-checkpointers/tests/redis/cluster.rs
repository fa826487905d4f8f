//! A cluster of one node: it refuses a script whose keys are in several slots.

use graph_runtime::{Checkpointer, ThreadKey};

use crate::server::{FLEETING, Server};
use crate::walk::{fill, walk};

fn node() -> Server {
    let server = Server::start(&[FLEETING, &["--cluster-enabled", "yes"]].concat());
    server.tell::<String>(&["CLUSTER", "ADDSLOTSRANGE", "0", "16383"]);
    server.wait_for(&["CLUSTER", "INFO"], "cluster_state:ok");
    server
}

const NAMES: [&str; 6] = [
    "support",
    "{support}",
    "}{",
    "a{b}c{d}",
    "{}",
    "ns:{x}:threads",
];

#[tokio::test]
async fn every_script_stays_in_one_slot_whatever_the_names() {
    let server = node();
    let two_slots = redis::cmd("EVAL")
        .arg("return 1")
        .arg(2)
        .arg("a")
        .arg("b")
        .to_owned();
    let refused = two_slots
        .query::<i64>(&mut server.connection())
        .unwrap_err();
    assert_eq!(refused.code(), Some("CROSSSLOT"), "{refused}");
    let saver = server.saver().await;
    for namespace in NAMES {
        for thread in NAMES {
            walk(&saver, &ThreadKey::new(namespace, thread).unwrap()).await;
        }
    }
}

#[tokio::test]
async fn all_keys_of_a_namespace_are_in_one_slot() {
    let server = node();
    let saver = server.saver().await;
    let mut slots = Vec::new();
    for namespace in NAMES {
        for thread in NAMES {
            let key = ThreadKey::new(namespace, thread).unwrap();
            fill(&saver, &key).await;
            fill(&saver, &key.child("{x}").unwrap()).await;
            saver.thread_of(namespace, thread, thread).await.unwrap();
        }
        let keys: Vec<String> = server.tell(&["KEYS", "graph:*{*"]);
        let slot = |key: &String| server.tell::<u32>(&["CLUSTER", "KEYSLOT", key]);
        let mut found: Vec<_> = keys.iter().map(slot).collect();
        found.sort_unstable();
        found.dedup();
        assert_eq!(found.len(), 1, "{namespace}: {keys:?}");
        slots.extend(found);
        server.tell::<String>(&["FLUSHALL"]);
    }
    slots.dedup();
    assert!(slots.len() > 1, "namespaces lie apart");
}
