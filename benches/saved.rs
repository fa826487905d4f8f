//! What a step costs with SQLite, in both durabilities, as it is and sealed and compressed, beside one raw insert a
//! transaction in the same mode (WAL, full sync) on the same disk.

#![allow(clippy::unused_async, unreachable_pub)] // nodes are async to be measured as such; a bench has no outside

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use graph_benches::{pair, show, time};
use graph_checkpointers::{Compressed, KeyRing, Sealed, SqliteSaver};
use graph_runtime::Checkpointer;
use graph_runtime::prelude::*;
use rusqlite::Connection;
use tokio::runtime::Runtime;

const STEPS: u32 = 200;

#[graph(id = "talk")]
mod talk {
    #[state]
    pub struct Talk {
        #[input]
        pub limit: u32,
        #[reduce(sum)]
        pub turns: u32,
        #[reduce(append)]
        pub messages: Vec<String>,
    }

    edges! {
        start -> say -> if state.turns < state.limit { say } else { end };
    }

    #[node(writes(turns, messages))]
    async fn say(turns: u32) -> (u32, String) {
        (
            1,
            format!(
                "what was said in turn {turns}, about as long as a short line of a conversation"
            ),
        )
    }
}

use talk::{Input, Talk};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let runtime = Runtime::new()?;
    let saver = runtime.block_on(SqliteSaver::open(folder.path().join("moments.db")))?;
    let sealed = Sealed::new(saver.clone(), KeyRing::new("bench", [7; 32].into())?);
    let compressed = Compressed::new(sealed.clone()).threshold(0);
    let savers: [(&str, Arc<dyn Checkpointer>); 3] = [
        ("SQLite", Arc::new(saver)),
        ("SQLite, sealed", Arc::new(sealed)),
        ("SQLite, compressed and sealed", Arc::new(compressed)),
    ];
    let raw = raw(&folder.path().join("raw.db"))?;
    let mut run = 0;
    for (name, saver) in savers {
        let graph = Talk::graph().checkpointer(saver).build();
        for durability in [Durability::Sync, Durability::Async] {
            let mut work = || {
                run += 1;
                runtime.block_on(async {
                    let began = Instant::now();
                    let _ = graph
                        .thread(format!("run {run}"))
                        .invoke(Input::new().limit(STEPS))
                        .durability(durability)
                        .await;
                    began.elapsed()
                })
            };
            let what = format!("a step with {name}, {durability:?}").to_lowercase();
            show(&what, "step", pair(STEPS, &mut work, || inserts(&raw)));
        }
    }
    Ok(())
}

fn raw(path: &Path) -> rusqlite::Result<Connection> {
    let raw = Connection::open(path)?;
    raw.pragma_update(None, "journal_mode", "WAL")?;
    raw.pragma_update(None, "synchronous", "FULL")?;
    raw.execute_batch("CREATE TABLE floor (id INTEGER PRIMARY KEY, payload BLOB NOT NULL)")?;
    Ok(raw)
}

/// The floor: as many inserts of as many bytes, each in a transaction of its own.
fn inserts(raw: &Connection) -> Duration {
    let payload = [b'x'; 400];
    time(|| {
        for _ in 0..STEPS {
            let inserted = raw.prepare_cached("INSERT INTO floor (payload) VALUES (?1)");
            let _ = inserted.and_then(|mut insert| insert.execute([&payload[..]]));
        }
    })
}
