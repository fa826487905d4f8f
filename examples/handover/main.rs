//! The book of a ward, kept on as many terminals as there are people on duty: one conversation, continued by whichever
//! process somebody talks to. Two who write at the same time come one after the other, what one is asked the other may
//! answer, and whoever pulls a plug takes nothing along.
//!
//! ```text
//! cargo run --example handover -- Ann --store sqlite:ward.db
//! add check the pump
//! ```
//!
//! Start it again on another terminal as `Ben`, with the same store, and go on there: `list`, `done 1`, `strike 1`. With
//! `--store postgres://..` the terminals may stand on different machines. `graph` is where to begin reading.
#![allow(unreachable_pub)] // what a module offers is `pub`, in a program as in a library

#[cfg(test)]
mod crashes;
mod graph;

use std::io::BufRead as _;
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use graph_checkpointers::connect;
use graph_examples::terminal;
use graph_runtime::Busy;
use graph_runtime::prelude::*;
use tokio::sync::mpsc;

use graph::handover::{Book, Input, Question};
use graph::{Line, list};

/// Keeps the book of a ward.
#[derive(Parser)]
struct Args {
    /// Who is on duty
    name: String,
    /// Where the book is kept
    #[arg(long, value_name = "URL", default_value = "sqlite:handover.db")]
    store: String,
    /// Which ward
    #[arg(long, default_value = "ward-3")]
    ward: String,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    terminal::leave(run(Args::parse()).await)
}

async fn run(args: Args) -> Result<()> {
    let graph = Book::graph()
        .shared()
        .if_busy(Busy::Enqueue)
        .checkpointer(connect(&args.store).await?)
        .build();
    let duty = Duty {
        book: graph.thread(args.ward),
        name: args.name,
    };
    duty.begin().await?;
    let mut lines = lines();
    while let Some(line) = lines.recv().await {
        if let Err(error) = duty.hear(line).await {
            say(&format!("! {error}"));
        }
    }
    Ok(())
}

/// What is typed, a line at a time. Runs of others are gone on with while nobody types.
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

/// Somebody at a terminal.
struct Duty {
    book: Thread<Book>,
    name: String,
}

impl Duty {
    /// Reads what the others have left.
    async fn begin(&self) -> Result<(), Error> {
        self.book.work().await?;
        match self.book.state().await? {
            None => say("the book is new"),
            // A terminal was switched off in the middle of something.
            Some(book) if !book.next.is_empty() => tell(&self.book.wake().await?),
            Some(book) => say(&list(&book.state.tasks)),
        }
        Ok(())
    }

    /// Writes a line into the book; where somebody is asked something, a word on that comes first.
    async fn hear(&self, text: String) -> Result<(), Error> {
        let open = self.book.questions().await?;
        let outcome = match (open.first(), text.as_str()) {
            (Some(Question::Agree(question)), "yes" | "no") => {
                self.book.answer(question.answer(text == "yes")).await?
            }
            (Some(Question::Agree(question)), _) => {
                say(&format!("{question} (yes or no)"));
                return Ok(());
            }
            (None, _) => {
                let by = self.name.clone();
                self.book
                    .invoke(Input::new().line(Line { by, text }))
                    .await?
            }
        };
        tell(&outcome);
        Ok(())
    }
}

/// What the book says.
fn tell(outcome: &Outcome<Book>) {
    match outcome {
        Outcome::Done(done) => say(&done.answer),
        Outcome::Paused(pause) => {
            for Question::Agree(question) in pause.questions() {
                say(&format!("{question} (yes or no)"));
            }
        }
    }
}

#[allow(clippy::print_stdout)] // it is what the program says
fn say(text: &str) {
    println!("{text}");
}
