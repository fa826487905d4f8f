//! A briefing on topics, from a text: each topic is looked up by a graph of its own, several at a time. Where one
//! finds nothing it asks for another name; the others go on meanwhile. Leave in the middle and start again: the
//! questions are still open, and nothing is looked up twice.
//!
//! ```text
//! cargo run --example research -- TEXT TOPIC..
//! ```
//!
//! `graph` is where to begin reading, and then `search`, with the graph within it.
#![allow(unreachable_pub)] // what a module offers is `pub`, in a program as in a library

#[cfg(test)]
mod crashes;
mod graph;
mod library;
mod search;

use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::Result;
use clap::Parser;
use graph_checkpointers::SqliteSaver;
use graph_examples::terminal::{self, Terminal};
use graph_runtime::Invocation;
use graph_runtime::prelude::*;

use graph::briefing::{Answer, Briefing, Input, Question, Shelf, Within};
use library::Library;
use search::lookup;

/// Writes a briefing on topics, from a text.
#[derive(Parser)]
struct Args {
    /// The text
    #[arg(value_name = "TEXT")]
    text: PathBuf,
    /// What to look up
    #[arg(value_name = "TOPIC", required = true)]
    topics: Vec<String>,
    /// Where the work is kept while it goes on
    #[arg(long, value_name = "FILE", default_value = "research.db")]
    db: PathBuf,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    terminal::leave(run(Args::parse()).await)
}

async fn run(args: Args) -> Result<()> {
    let library = Arc::new(Library::open(&args.text)?);
    let graph = Briefing::graph()
        .context(Shelf { library })
        .checkpointer(SqliteSaver::open(&args.db).await?)
        .build();
    let thread = graph.thread_of(args.text.display().to_string()).await?;
    let mut terminal = Terminal::new();
    let state = thread.state().await?;
    let is_unfinished =
        state.is_some_and(|moment| !moment.next.is_empty() && moment.state.topics == args.topics);
    let mut run = if is_unfinished {
        terminal.note("Going on where it was left.")?;
        thread.resume()
    } else {
        thread.from_start(Input::new().topics(args.topics))
    };
    loop {
        if let Some(text) = show(run, &mut terminal).await? {
            return Ok(terminal.say(text)?);
        }
        let questions = thread.questions().await?;
        let Some(answers) = asked(&questions, &mut terminal)? else {
            return Ok(terminal.note("The questions stay open; start again to answer them.")?);
        };
        run = thread.answers(answers);
    }
}

/// Shows what happens, also within the lookups, and gives the briefing if it is there.
async fn show(run: Invocation<Briefing>, terminal: &mut Terminal) -> Result<Option<String>> {
    let mut events = run.stream();
    while let Some(event) = events.next().await {
        match event? {
            Event::Within {
                item: Some(item),
                event: Within::LookUp(Event::Started { node, .. }),
                ..
            } => terminal.progress(format_args!("topic {}: {node}", item + 1))?,
            Event::Done(done) => return Ok(Some(done.output.text)),
            _ => {}
        }
    }
    Ok(None)
}

/// Asks for the other names; nothing at the end of the input.
fn asked(questions: &[Question], terminal: &mut Terminal) -> Result<Option<Vec<Answer>>> {
    let mut answers = Vec::new();
    for Question::LookUp(within) in questions {
        let lookup::Question::Name(topic) = &within.question;
        let prompt = format!("Nothing is said about “{topic}”. What else is it called?");
        let Some(name) = terminal.ask(prompt)? else {
            return Ok(None);
        };
        answers.push(within.answer(topic.answer(name)));
    }
    Ok(Some(answers))
}
