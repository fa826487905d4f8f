//! The table of what is lost when: for MongoDB.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers are tests too, which Clippy can't see

use graph_tests::walk::{Place, a_killed_process_costs, server};

#[tokio::test]
#[ignore = "the other process of the tests below"]
async fn walks() {
    graph_tests::walk::walk_as_told().await;
}

/// The server's URL, with a database of the place's own.
fn mongodb(place: &Place) -> String {
    let url = server("GRAPH_TEST_MONGODB");
    let (server, options) = url.split_once('?').unwrap_or((&url, ""));
    format!(
        "{}/{}?{options}",
        server.trim_end_matches('/'),
        place.name()
    )
}

a_killed_process_costs!(in_mongodb, mongodb);
