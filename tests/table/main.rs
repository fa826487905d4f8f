//! The table of what is lost when: for stores of this machine and a moment server. Those of databases' servers
//! are programs of their own, named after the server.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)] // helpers are tests too, which Clippy can't see

mod http;
mod power;

use graph_tests::walk::{Place, a_killed_process_costs};

#[tokio::test]
#[ignore = "the other process of the tests below"]
async fn walks() {
    graph_tests::walk::walk_as_told().await;
}

fn file(place: &Place) -> String {
    format!("file:{}", place.path("moments"))
}

fn sqlite(place: &Place) -> String {
    format!("sqlite:{}", place.path("moments.db"))
}

a_killed_process_costs!(in_files, file);
a_killed_process_costs!(in_sqlite, sqlite);
