//! The table of what is lost when: for PostgreSQL.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers are tests too, which Clippy can't see

use graph_tests::walk::{Place, a_killed_process_costs, server};

#[tokio::test]
#[ignore = "the other process of the tests below"]
async fn walks() {
    graph_tests::walk::walk_as_told().await;
}

fn postgres(place: &Place) -> String {
    let url = server("GRAPH_TEST_POSTGRES");
    let mark = if url.contains('?') { '&' } else { '?' };
    format!("{url}{mark}schema={}", place.name())
}

a_killed_process_costs!(in_postgres, postgres);
