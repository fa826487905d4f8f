//! What a server keeps: asked for, told, required.

use std::fmt::{Debug, Write as _};
use std::sync::{LazyLock, Mutex};

use graph_checkpointers::{Persistence, RedisSaver};
use graph_runtime::StoreError;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event, Level, Metadata, Subscriber};

use crate::server::{DURABLE, FLEETING, Server};

/// The warnings that were given.
static WARNINGS: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// Whoever has this first is there before anything is warned of: see the `traces` of the workspace.
static LISTENING: LazyLock<()> = LazyLock::new(|| {
    tracing::subscriber::set_global_default(Listener).unwrap();
});

struct Listener;

struct Message(String);

impl Visit for Message {
    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        if field.name() == "message" {
            write!(self.0, "{value:?}").unwrap();
        }
    }
}

impl Subscriber for Listener {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        *metadata.level() <= Level::WARN
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Event<'_>) {
        let mut message = Message(String::new());
        event.record(&mut message);
        WARNINGS.lock().unwrap().push(message.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

/// What was warned of about a server.
fn warnings(server: &Server) -> Vec<String> {
    let address = server.address();
    let all = WARNINGS.lock().unwrap();
    let of_server = all.iter().filter(|text| text.contains(&address));
    of_server.cloned().collect()
}

async fn required(server: &Server, wanted: Persistence) -> Result<RedisSaver, StoreError> {
    let options = RedisSaver::options(&server.url()).require_persistence(wanted);
    options.connect().await
}

#[tokio::test]
async fn a_server_that_keeps_everything_is_nothing_to_warn_of() {
    LazyLock::force(&LISTENING);
    let server = Server::start(DURABLE);
    let saver = server.saver().await;
    assert_eq!(saver.persistence(), Persistence::EveryWrite);
    assert_eq!(saver.evicts(), Some(false));
    assert!(warnings(&server).is_empty());
    required(&server, Persistence::EveryWrite).await.unwrap();
}

#[tokio::test]
async fn a_server_that_keeps_nothing_is_warned_of_and_can_be_refused() {
    LazyLock::force(&LISTENING);
    let server = Server::start(FLEETING);
    let saver = server.saver().await;
    assert_eq!(saver.persistence(), Persistence::None);
    let warnings = warnings(&server);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(
        warnings[0].contains("puts nothing onto its disk"),
        "{warnings:?}"
    );
    let refused = required(&server, Persistence::Snapshots).await.unwrap_err();
    assert!(matches!(refused, StoreError::Unfit(_)), "{refused}");
    assert!(refused.to_string().contains("appendonly yes"), "{refused}");
}

#[tokio::test]
async fn each_way_of_keeping_is_told_apart() {
    let server = Server::start(FLEETING);
    let set = |name: &str, value: &str| {
        server.tell::<String>(&["CONFIG", "SET", name, value]);
    };
    set("save", "3600 1");
    assert_eq!(server.saver().await.persistence(), Persistence::Snapshots);
    set("appendonly", "yes");
    for (sync, persistence) in [
        ("no", Persistence::Deferred),
        ("everysec", Persistence::EverySecond),
        ("always", Persistence::EveryWrite),
    ] {
        set("appendfsync", sync);
        assert_eq!(server.saver().await.persistence(), persistence);
        required(&server, Persistence::Deferred).await.unwrap();
        let synced = required(&server, Persistence::EveryWrite).await;
        assert_eq!(synced.is_ok(), sync == "always");
    }
}

#[tokio::test]
async fn a_server_that_removes_keys_is_warned_of_and_can_be_refused() {
    LazyLock::force(&LISTENING);
    let evicting = ["--maxmemory-policy", "allkeys-lru"];
    let server = Server::start(&[DURABLE, &evicting].concat());
    let saver = server.saver().await;
    assert_eq!(saver.evicts(), Some(true));
    let warnings = warnings(&server);
    assert_eq!(warnings.len(), 1, "{warnings:?}");
    assert!(warnings[0].contains("noeviction"), "{warnings:?}");
    let refused = required(&server, Persistence::EverySecond)
        .await
        .unwrap_err();
    assert!(matches!(refused, StoreError::Unfit(_)), "{refused}");
    // What removes only keys with a time to live removes none of ours.
    server.tell::<String>(&["CONFIG", "SET", "maxmemory-policy", "volatile-lru"]);
    required(&server, Persistence::EveryWrite).await.unwrap();
}

#[tokio::test]
async fn a_server_that_may_not_be_asked_is_unknown() {
    let server = Server::start(DURABLE);
    server.tell::<String>(&[
        "ACL", "SETUSER", "guest", "on", ">open", "~*", "+@all", "-config",
    ]);
    let url = format!("redis://guest:open@{}/", server.address());
    let saver = RedisSaver::connect(&url).await.unwrap();
    assert_eq!(saver.persistence(), Persistence::Unknown);
    assert_eq!(saver.evicts(), None);
    let options = RedisSaver::options(&url).require_persistence(Persistence::None);
    let refused = options.connect().await.unwrap_err();
    assert!(matches!(refused, StoreError::Unfit(_)), "{refused}");
}
