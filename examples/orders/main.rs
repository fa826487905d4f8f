//! An order desk: orders wait for somebody's word, for a parcel, for their time, over restarts. A line is a word or an
//! event from outside; a scheduler wakes whoever has waited long enough.
//!
//! ```text
//! cargo run --example orders -- --db orders.db
//! order ada 700
//! yes ada
//! delivered ada in the hall
//! ```
//!
//! `graph` is where to begin reading, `Desk::wake` is the scheduler, and `Desk::take_up` goes on where a desk was killed.
#![allow(unreachable_pub)] // what a module offers is `pub`, in a program as in a library

#[cfg(test)]
mod crashes;
mod graph;
mod post;

use std::io::BufRead as _;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use clap::Parser;
use graph_checkpointers::SqliteSaver;
use graph_examples::terminal;
use graph_runtime::{Clock, Outcome, Page, SystemClock};
use tokio::sync::mpsc;

use graph::orders::{Graph, Input, Office, Order, Question};
use post::Post;

/// How often somebody looks whose time has come.
const ROUND: Duration = Duration::from_millis(100);

/// Keeps an order desk.
#[derive(Parser)]
struct Args {
    /// Where the orders are kept
    #[arg(long, value_name = "FILE", default_value = "orders.db")]
    db: PathBuf,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    terminal::leave(run(Args::parse()).await)
}

async fn run(args: Args) -> Result<()> {
    let desk = Desk {
        graph: Order::graph()
            .context(Office { post: Post })
            .checkpointer(SqliteSaver::open(&args.db).await?)
            .build(),
    };
    desk.take_up().await?;
    let mut lines = lines();
    let mut round = tokio::time::interval(ROUND);
    loop {
        tokio::select! {
            line = lines.recv() => match line {
                Some(line) => {
                    if let Err(error) = desk.hear(&line).await {
                        say(&format!("! {error:#}"));
                    }
                }
                None => return Ok(()),
            },
            _ = round.tick() => desk.wake().await?,
        }
    }
}

/// What is typed, a line at a time.
fn lines() -> mpsc::UnboundedReceiver<String> {
    let (sender, lines) = mpsc::unbounded_channel();
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if sender.send(line).is_err() {
                break;
            }
        }
    });
    lines
}

struct Desk {
    graph: Graph,
}

impl Desk {
    /// Goes on with every order that isn't done. A scheduler alone would miss those that a desk was killed in the middle of:
    /// where nobody waits, nothing is ever due.
    async fn take_up(&self) -> Result<()> {
        for id in self.graph.threads(&Page::default()).await? {
            let order = self.graph.thread(id.as_str());
            let stands = order.state().await?;
            if stands.is_some_and(|moment| !moment.next.is_empty()) {
                tell(&id, order.wake().await?);
            }
        }
        Ok(())
    }

    /// Lets time take effect, on every order that has waited long enough.
    async fn wake(&self) -> Result<()> {
        for (order, _) in self.graph.due(SystemClock.now()).await? {
            tell(order.id(), order.wake().await?);
        }
        Ok(())
    }

    /// Takes an order, somebody's word on one, or the news of a parcel.
    async fn hear(&self, line: &str) -> Result<()> {
        let mut words = line.splitn(3, ' ');
        let (word, id) = (words.next().unwrap_or_default(), words.next());
        let id =
            id.context("say `order NAME TOTAL`, `yes NAME`, `no NAME` or `delivered NAME WHERE`")?;
        let order = self.graph.thread(id);
        let rest = words.next();
        let outcome = match word {
            "order" => {
                let total = rest
                    .context("how much is it?")?
                    .parse()
                    .context("that is no number")?;
                order.invoke(Input::new(id, total)).await?
            }
            "yes" | "no" => {
                let open = order.questions().await?;
                let Some(Question::Approve(question)) = open.first() else {
                    bail!("nobody has asked about {id}");
                };
                order.answer(question.answer(word == "yes")).await?
            }
            "delivered" => {
                let open = order.questions().await?;
                let Some(Question::Parcel(question)) = open.first() else {
                    bail!("no parcel is on its way to {id}");
                };
                let place = rest.unwrap_or("at the door");
                order.answer(question.answer(place)).await?
            }
            other => bail!("`{other}` is no word that is known here"),
        };
        tell(id, outcome);
        Ok(())
    }
}

/// How an order stands.
fn tell(order: &str, outcome: Outcome<Order>) {
    match outcome {
        Outcome::Done(_) => say(&format!("{order} is done")),
        Outcome::Paused(pause) => {
            let until = pause
                .due()
                .map_or_else(String::new, |due| format!(", until {due}"));
            match pause.questions().first() {
                Some(Question::Approve(question)) => {
                    say(&format!("{order}: {question} yes or no{until}"));
                }
                Some(Question::Parcel(question)) => {
                    say(&format!("{order}: {question} ({}{until})", question.id));
                }
                None => say(&format!("{order} waits{until}")),
            }
        }
    }
}

#[allow(clippy::print_stdout)] // it is what the program says
fn say(text: &str) {
    println!("{text}");
}
