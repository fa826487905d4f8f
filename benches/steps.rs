//! What a step costs: a loop that counts, without a checkpointer and with moments in memory, beside a plain
//! async loop over the same function.

#![allow(clippy::unused_async, unreachable_pub)] // nodes are async to be measured as such; a bench has no outside

use std::time::Duration;

use graph_benches::{pair, show, time};
use graph_runtime::prelude::*;
use tokio::runtime::Runtime;

const STEPS: u32 = 20_000;

#[graph(id = "count")]
mod count {
    #[state]
    pub struct Count {
        #[input]
        pub limit: u32,
        #[input]
        pub n: u32,
    }

    edges! {
        start -> step -> if state.n < state.limit { step } else { end };
    }

    #[node(writes(n))]
    pub async fn step(n: u32) -> u32 {
        n + 1
    }
}

use count::{Count, Input};

fn main() {
    let Ok(runtime) = Runtime::new() else { return };
    let floor = || plain(&runtime);

    let graph = Count::graph().step_limit(usize::MAX).build();
    let unsaved = || time(|| runtime.block_on(async { graph.invoke(input()).await.is_ok() }));
    show(
        "a step without a checkpointer",
        "step",
        pair(STEPS, unsaved, floor),
    );

    let graph = Count::graph()
        .step_limit(usize::MAX)
        .checkpointer(MemorySaver::new())
        .build();
    let saved = || {
        runtime.block_on(async {
            let thread = graph.thread("bench");
            let _ = thread.reset().await;
            let began = std::time::Instant::now();
            let _ = thread.invoke(input()).await;
            began.elapsed()
        })
    };
    show(
        "a step with moments in memory",
        "step",
        pair(STEPS, saved, floor),
    );
}

fn input() -> Input {
    Input::new().n(0).limit(STEPS)
}

/// The floor: the same function in a plain loop, kept from being folded into nothing.
fn plain(runtime: &Runtime) -> Duration {
    time(|| {
        runtime.block_on(async {
            let mut n = 0;
            while n < std::hint::black_box(STEPS) {
                n = std::hint::black_box(count::step(std::hint::black_box(n)).await);
            }
            n
        })
    })
}
