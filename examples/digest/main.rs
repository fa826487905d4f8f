//! A digest of a directory: reads its files side by side, merges what they say into a report, and writes it once a person
//! agrees. Kill it anywhere and start it again: it goes on where it was, and reads no file twice.
//!
//! ```text
//! cargo run --example digest -- DIR
//! ```
//!
//! `graph` is where to begin reading.
#![allow(unreachable_pub)] // what a module offers is `pub`, in a program as in a library

#[cfg(test)]
mod crashes;
mod graph;
mod progress;
mod reading;
mod report;

use std::path::{Path, PathBuf, absolute};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use clap::Parser;
use graph_checkpointers::SqliteSaver;
use graph_examples::files;
use graph_examples::terminal::{self, Terminal};
use graph_runtime::{Durability, Error, Invocation};

use graph::digest::{Digest, Input, Question, Reader};
use progress::Progress;

/// Merges what the text files of a directory say into a report.
#[derive(Parser)]
struct Args {
    /// The directory to read
    #[arg(value_name = "DIR", value_parser = files::named)]
    directory: PathBuf,
    /// The report
    #[arg(long, value_name = "FILE", default_value = "digest.md")]
    out: PathBuf,
    /// Where the work is kept while it goes on [default: beside the report, with the ending .db]
    #[arg(long, value_name = "FILE")]
    db: Option<PathBuf>,
    /// Begin again, whatever was interrupted
    #[arg(long)]
    again: bool,
    /// Take so long for each file, to watch, or to pull the plug
    #[arg(long, value_name = "MILLISECONDS", default_value_t = 0)]
    slow: u64,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    terminal::leave(run(Args::parse()).await)
}

async fn run(args: Args) -> Result<()> {
    let db = args
        .db
        .clone()
        .unwrap_or_else(|| args.out.with_extension("db"));
    let graph = Digest::graph()
        .context(Reader {
            pace: Duration::from_millis(args.slow),
        })
        .checkpointer(SqliteSaver::open(&db).await?)
        .durability(Durability::Sync)
        .build();
    let thread = graph
        .thread_of(args.directory.display().to_string())
        .await?;
    let mut terminal = Terminal::new();

    let interrupted = thread
        .state()
        .await?
        .filter(|moment| !moment.next.is_empty() && !args.again);
    let (run, files) = if let Some(moment) = interrupted {
        terminal.note("Going on where it was interrupted; --again begins again.")?;
        (thread.resume(), moment.state.files)
    } else {
        let out = absolute(&args.out)?;
        let files = files_of(&args.directory, &[&out, &absolute(&db)?])?;
        (
            thread.from_start(Input::new(args.directory, files.clone(), out)),
            files,
        )
    };
    show(run, Progress::new(&mut terminal, &files)).await?;
    if let Some(Question::Approve(question)) = thread.questions().await?.first() {
        terminal.say(&question.report)?;
        let asked = format!("Write this to {}?", question.out.display());
        let Some(approved) = terminal.ask_yes_or_no(asked)? else {
            return Ok(terminal.note("The question stays open; start again to answer it.")?);
        };
        let answered = thread.answer(question.answer(approved));
        show(answered, Progress::new(&mut terminal, &files)).await?;
    }
    let ended = thread.state().await?;
    let is_written = ended.is_some_and(|moment| moment.state.approved == Some(true));
    Ok(terminal.note(if is_written {
        "The report is written."
    } else {
        "Nothing is written."
    })?)
}

async fn show(run: Invocation<Digest>, mut progress: Progress<'_>) -> Result<()> {
    let mut events = run.stream();
    while let Some(event) = events.next().await {
        match event {
            Ok(event) => progress.show(&event)?,
            Err(Error::Node { node, source, .. }) => {
                let what = format!("`{node}` failed; start again to go on there");
                return Err(anyhow::Error::new(source).context(what));
            }
            Err(error) => return Err(error.into()),
        }
    }
    Ok(())
}

/// The directory's files, by their names within it; without the program's own and what their names begin.
fn files_of(directory: &Path, own: &[&Path]) -> Result<Vec<String>> {
    let own: Vec<_> = own
        .iter()
        .map(|path| path.as_os_str().as_encoded_bytes())
        .collect();
    let is_own = |path: &PathBuf| {
        let path = path.as_os_str().as_encoded_bytes();
        own.iter().any(|own| path.starts_with(own))
    };
    let mut found = files::below(directory).context("the directory can't be listed")?;
    found.retain(|path| !is_own(path));
    let names = found
        .iter()
        .filter_map(|path| path.strip_prefix(directory).ok()?.to_str());
    let names: Vec<_> = names.map(str::to_owned).collect();
    ensure!(
        !names.is_empty(),
        "there is no file in {}",
        directory.display()
    );
    Ok(names)
}
