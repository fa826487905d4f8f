//! A diary that is kept by a checkpointer of its own.
//!
//! ```sh
//! cargo run --example own -- diary.log "it rained" "it still rains"
//! ```
//!
//! The checkpointer is in `log.rs`, and the test below proves that it keeps the contract: any store that does can stand
//! behind a graph.

mod log;

use graph_runtime::prelude::*;

use diary::{Diary, Input};
use log::LogSaver;

/// Writes down what it is told, with the number of the day.
#[graph(id = "diary")]
mod diary {
    #[state]
    pub(crate) struct Diary {
        #[input]
        pub said: String,
        #[reduce(append)]
        pub pages: Vec<String>,
    }

    edges! { start -> write -> end; }

    #[node(writes(pages))]
    fn write(said: &str, pages: &[String]) -> String {
        format!("day {}: {said}", pages.len() + 1)
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> anyhow::Result<()> {
    let mut arguments = std::env::args().skip(1);
    let path = arguments.next().unwrap_or_else(|| "diary.log".to_owned());
    let graph = Diary::graph().checkpointer(LogSaver::open(path)?).build();
    let thread = graph.thread("mine");
    for said in arguments {
        thread.invoke(Input::new().said(said)).await?;
    }
    if let Some(moment) = thread.state().await? {
        println!("{}", moment.state.pages.join("\n"));
    }
    Ok(())
}

#[cfg(test)]
graph_checkpointers::conformance!(
    contract,
    |place| crate::log::LogSaver::open(place.path("moments.log")).unwrap(),
    without(lease, inbox, upkeep)
);
