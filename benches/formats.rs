//! What a step takes and costs with moments as `MessagePack`, beside the same with JSON, in memory. With a format and a
//! number of steps it only runs: `formats msgpack 1000`, for counting instructions.

#![allow(clippy::unused_async, unreachable_pub)] // nodes are async to be measured as such; a bench has no outside

use std::sync::Arc;
use std::time::Instant;

use graph_benches::{pair, show};
use graph_runtime::prelude::*;
use graph_runtime::{Checkpointer, Format, Query, ThreadKey};
use tokio::runtime::{Builder, Runtime};

const STEPS: u32 = 500;

#[graph(id = "talk")]
mod talk {
    use serde::{Deserialize, Serialize};

    #[derive(Clone, Debug, Serialize, Deserialize)]
    pub struct Message {
        pub id: u64,
        pub role: String,
        pub tokens: u32,
        pub score: f64,
        pub text: String,
    }

    #[state]
    pub struct Talk {
        #[input]
        pub limit: u32,
        #[input]
        pub length: usize,
        #[reduce(sum)]
        pub turns: u32,
        pub open: Option<bool>,
        #[reduce(append)]
        pub messages: Vec<Message>,
    }

    edges! {
        start -> say -> if state.turns < state.limit { say } else { end };
    }

    #[node(writes(turns, open, messages))]
    async fn say(turns: u32, length: usize) -> (u32, Option<bool>, Message) {
        let message = Message {
            id: 1_772_366_400_000 + u64::from(turns),
            role: "assistant".to_owned(),
            tokens: turns * 7,
            score: f64::from(turns) / 8.0,
            text: "a few words, ".repeat(length),
        };
        (1, Some(true), message)
    }
}

use talk::{Input, Talk};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let mut arguments = std::env::args()
        .skip(1)
        .filter(|argument| argument != "--bench");
    if let (Some(format), Some(steps)) = (arguments.next(), arguments.next()) {
        let format = if format == "json" {
            Format::Json
        } else {
            Format::MessagePack
        };
        runtime.block_on(run(format, steps.parse()?, 5, &MemorySaver::new().into()))?;
        return Ok(());
    }
    for (what, length) in [("short texts", 2), ("texts of a page", 200)] {
        let bytes = |format| stored(&runtime, format, length);
        let (json, packed) = (bytes(Format::Json)?, bytes(Format::MessagePack)?);
        println!("{what}: {json} bytes a step as JSON, {packed} as MessagePack");
        let timed = |format| {
            let began = Instant::now();
            let _ = runtime.block_on(run(format, STEPS, length, &Arc::default()));
            began.elapsed()
        };
        let both = pair(STEPS, || timed(Format::MessagePack), || timed(Format::Json));
        show(what, "step", both);
    }
    Ok(())
}

async fn run(
    format: Format,
    steps: u32,
    length: usize,
    saver: &Arc<MemorySaver>,
) -> Result<(), Error> {
    let graph = Talk::graph().step_limit(usize::MAX).format(format);
    let graph = graph.checkpointer(Arc::clone(saver)).build();
    let input = Input::new().limit(steps).length(length);
    graph.thread("t").invoke(input).await.map(drop)
}

/// The bytes that a step takes, on the average.
fn stored(
    runtime: &Runtime,
    format: Format,
    length: usize,
) -> Result<usize, Box<dyn std::error::Error>> {
    let saver = Arc::new(MemorySaver::new());
    runtime.block_on(async {
        run(format, STEPS, length, &saver).await?;
        let records = saver
            .list(&ThreadKey::new("talk", "t")?, &Query::default())
            .await?;
        let bytes: usize = records.iter().map(|record| record.payload.len()).sum();
        Ok(bytes / records.len())
    })
}
