//! What a task costs in a fan-out of any width, beside `join_all` of the same futures.

#![allow(clippy::unused_async, unreachable_pub)] // nodes are async to be measured as such; a bench has no outside

use graph_benches::{pair, show, time};
use graph_runtime::prelude::*;
use tokio::runtime::Runtime;

/// Tasks in one measurement, whatever the width.
const TASKS: u32 = 20_000;

#[graph(id = "fan")]
mod fan {
    #[state]
    pub struct Fan {
        #[input]
        pub width: u64,
        #[reduce(sum)]
        pub total: u64,
    }

    edges! {
        start -> for item in 0..state.width { work(item) };
        work -> end;
    }

    #[node(writes(total))]
    pub async fn work(item: u64) -> u64 {
        std::hint::black_box(item & 1)
    }
}

use fan::{Fan, Input};

fn main() {
    let Ok(runtime) = Runtime::new() else { return };
    let graph = Fan::graph().build();
    for width in [10, 100, 1_000, 10_000] {
        let rounds = TASKS / width;
        let fan_out = || {
            time(|| {
                runtime.block_on(async {
                    for _ in 0..rounds {
                        let _ = graph.invoke(Input::new().width(u64::from(width))).await;
                    }
                });
            })
        };
        let floor = || {
            time(|| {
                runtime.block_on(async {
                    for _ in 0..rounds {
                        let tasks = (0..u64::from(width)).map(fan::work);
                        std::hint::black_box(futures_util::future::join_all(tasks).await);
                    }
                });
            })
        };
        show(
            &format!("a task in a fan-out of {width}"),
            "task",
            pair(TASKS, fan_out, floor),
        );
    }
}
