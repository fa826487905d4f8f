//! A support desk in the terminal: it looks questions up in this repository's own documents, and asks a person before it
//! pays money back. Kill it anywhere and start it again: it goes on where it was.
//!
//! ```text
//! cargo run --example support -- --user ada --db support.db
//! ```
//!
//! `graph` is where to begin reading.
#![allow(unreachable_pub)] // what a module offers is `pub`, in a program as in a library

mod assistant;
mod conversation;
#[cfg(test)]
mod crashes;
mod graph;
mod ledger;
mod message;
mod model;
mod rules;
mod section;
mod shelf;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result};
use clap::Parser;
use graph_checkpointers::SqliteSaver;
use graph_examples::files;
use graph_examples::terminal::{self, Terminal};

use assistant::Assistant;
use graph::support::{Desk, Support};
use ledger::Ledger;
use model::Model;
use rules::Rules;
use shelf::Shelf;

/// A support desk that never forgets.
///
/// It answers by rules, or by a model where `OPENAI_BASE_URL` or `OPENAI_API_KEY` is set (`OPENAI_MODEL` names it).
#[derive(Parser)]
struct Args {
    /// Who is talking; each has a conversation of their own
    #[arg(long)]
    user: String,
    /// Where conversations are kept
    #[arg(long, default_value = "support.db")]
    db: PathBuf,
    /// Print the conversation's moments, newest first
    #[arg(long)]
    history: bool,
    /// The documents to search [default: those around the nearest README.md above]
    #[arg(long, value_name = "DIR", value_parser = files::named)]
    docs: Option<PathBuf>,
    /// Take so long for each word, to watch, or to pull the plug
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 0)]
    slow: u64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    terminal::leave(run(Args::parse()).await)
}

async fn run(args: Args) -> Result<()> {
    let graph = Support::graph()
        .context(desk(&args)?)
        .checkpointer(SqliteSaver::open(&args.db).await?)
        .build();
    let thread = graph.thread_of(&args.user).await?;
    let mut terminal = Terminal::new();
    if args.history {
        conversation::history(&thread, &mut terminal).await
    } else {
        conversation::talk(&thread, &mut terminal).await
    }
}

fn desk(args: &Args) -> Result<Desk> {
    let pace = Duration::from_millis(args.slow);
    let assistant = match Model::from_environment()? {
        Some(model) => Assistant::Model(Box::new(model)),
        None => Assistant::Rules(Rules { pace }),
    };
    let docs = args.docs.clone().unwrap_or_else(nearest_docs);
    let unreadable = || format!("the documents in {} can't be read", docs.display());
    Ok(Desk {
        assistant,
        guides: Shelf::new(section::of_guides(&docs).with_context(unreadable)?),
        sources: Shelf::new(section::of_sources(&docs).with_context(unreadable)?),
        ledger: Ledger::new(args.db.with_extension("refunds.txt"), pace),
    })
}

fn nearest_docs() -> PathBuf {
    let here = std::env::current_dir().unwrap_or_default();
    let root = here
        .ancestors()
        .find(|directory| directory.join("README.md").exists());
    root.unwrap_or(Path::new(".")).to_owned()
}
