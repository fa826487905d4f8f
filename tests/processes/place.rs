//! Where the processes of this suite meet: a store that each of them opens for itself, chosen by what the suite is called.
//!
//! A suite over another server is a target with the same modules, called `postgres_processes`, say, and a line in
//! [`SERVERS`]. Tests that share a server are kept apart by the namespace that each test's directory gives its graph.

use std::path::Path;
use std::sync::Arc;

use graph_checkpointers::connect;
use graph_runtime::Checkpointer;

/// The suites that need a server, each with the variable that says where it is.
const SERVERS: [(&str, &str); 3] = [
    ("mongodb_processes", "GRAPH_TEST_MONGODB"),
    ("postgres_processes", "GRAPH_TEST_POSTGRES"),
    ("redis_processes", "GRAPH_TEST_REDIS"),
];

/// The store of a test, which has a directory of its own, as a URL.
pub fn of(room: &Path) -> String {
    let suite = env!("CARGO_CRATE_NAME");
    match SERVERS.iter().find(|(name, _)| *name == suite) {
        None => format!("sqlite:{}", room.join("moments.db").display()),
        Some((_, variable)) => std::env::var(variable).unwrap_or_else(|_| {
            panic!("{variable} says where the server is; `cargo xtask test {suite}` starts one")
        }),
    }
}

/// A handle on it, as a process opens it.
pub async fn open(place: &str) -> Arc<dyn Checkpointer> {
    connect(place).await.unwrap()
}
