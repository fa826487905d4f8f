//! Orders that are paid for and sent, over a line that breaks and with a plug that anybody may pull: nobody is charged
//! twice, and no second parcel leaves.
//!
//! ```text
//! cargo run --example payments -- order-7 4200
//! ```
//!
//! Start it again with the same order and it goes on where it was. `graph` is where to begin reading.
#![allow(unreachable_pub)] // what a module offers is `pub`, in a program as in a library

#[cfg(test)]
mod crashes;
mod graph;
mod outside;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::Parser;
use graph_checkpointers::SqliteSaver;
use graph_examples::terminal::{self, Terminal};
use graph_runtime::prelude::*;

use graph::payments::{Input, Outside, Payment};
use outside::{Bank, Courier};

/// Charges an order and sends it.
#[derive(Parser)]
struct Args {
    /// The order
    order: String,
    /// What it costs, in cents
    amount: u64,
    /// Where the bank and the courier keep their books, and this program its moments
    #[arg(long, value_name = "DIR", default_value = ".")]
    books: PathBuf,
    /// Lose so many of the bank's replies
    #[arg(long, value_name = "TIMES", default_value_t = 0)]
    lose: u32,
    /// Whose replies take an hour, to pull the plug meanwhile
    #[arg(long, value_name = "BOOK", value_parser = ["charges", "parcels"])]
    slow: Option<String>,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    terminal::leave(run(Args::parse()).await)
}

async fn run(args: Args) -> Result<()> {
    let slow = |book| match &args.slow {
        Some(slow) if slow == book => Duration::from_hours(1),
        _ => Duration::ZERO,
    };
    let graph = Payment::graph()
        .context(Outside {
            bank: Bank::new(&args.books, args.lose, slow("charges")),
            courier: Courier::new(&args.books, slow("parcels")),
        })
        .checkpointer(SqliteSaver::open(args.books.join("payments.db")).await?)
        .build();
    let thread = graph.thread(args.order.as_str());
    let mut terminal = Terminal::new();
    let mut events = match thread.state().await? {
        Some(_) => thread.resume().stream(),
        None => thread.stream(Input::new(args.order, args.amount)),
    };
    while let Some(event) = events.next().await {
        match event? {
            Event::Started { node, .. } => terminal.progress(node)?,
            Event::Retrying {
                node,
                attempt,
                error,
                ..
            } => {
                terminal.progress(format_args!("{node}, attempt {attempt}: {error}"))?;
            }
            Event::Done(done) => {
                let state = done.output;
                terminal.say(match (state.trouble, state.parcel) {
                    (Some(trouble), _) => format!("{}: {trouble}", state.order),
                    (None, parcel) => format!("{}: {}", state.order, parcel.unwrap_or_default()),
                })?;
            }
            _ => {}
        }
    }
    Ok(())
}
