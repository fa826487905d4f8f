//! The table of what is lost when: for Redis.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers are tests too, which Clippy can't see

use graph_tests::walk::{Place, a_killed_process_costs, server};

#[tokio::test]
#[ignore = "the other process of the tests below"]
async fn walks() {
    graph_tests::walk::walk_as_told().await;
}

fn redis(place: &Place) -> String {
    format!("{}?prefix={}", server("GRAPH_TEST_REDIS"), place.name())
}

a_killed_process_costs!(in_redis, redis);
