//! The contract, proved for Redis.

#![allow(clippy::unwrap_used, reason = "these are tests")]

use std::sync::LazyLock;

use graph_checkpointers::RedisSaver;
use graph_checkpointers::conformance::Place;
use graph_runtime::Timestamp;

/// A server may have been used by other runs of these tests, and by processes of the same number.
static RUN: LazyLock<u64> = LazyLock::new(|| Timestamp::now().as_micros());

async fn connect(place: Place) -> RedisSaver {
    let url = std::env::var("GRAPH_TEST_REDIS").unwrap_or_default();
    assert!(
        !url.is_empty(),
        "set GRAPH_TEST_REDIS to a server's URL, or run `cargo xtask test redis`, which starts one"
    );
    let prefix = format!("{}_{}", place.name(), *RUN);
    let options = RedisSaver::options(&url).prefix(&prefix);
    options.connect().await.unwrap()
}

graph_checkpointers::conformance!(server, |place| connect(place).await);
