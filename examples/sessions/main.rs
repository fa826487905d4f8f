//! Sessions of users: each finds theirs again, over restarts; what is a month old is cleared away. Two graphs keep them in
//! one database.
//!
//! ```text
//! cargo run --example sessions -- --db sessions.db
//! ada: good morning
//! rate ada 5
//! later 31
//! clean
//! ```
//!
//! `sessions` is where to begin reading.
#![allow(unreachable_pub)] // what a module offers is `pub`, in a program as in a library

mod graph;
mod sessions;

use std::io::BufRead as _;
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::Parser;
use graph_examples::terminal;

use sessions::{Calendar, Sessions};

/// Keeps sessions.
#[derive(Parser)]
struct Args {
    /// Where they are kept
    #[arg(long, value_name = "FILE", default_value = "sessions.db")]
    db: PathBuf,
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    terminal::leave(run(Args::parse()).await)
}

async fn run(args: Args) -> Result<()> {
    let calendar = Calendar::default();
    let sessions = Sessions::open(&args.db, &calendar).await?;
    for line in std::io::stdin().lock().lines() {
        match hear(&sessions, &calendar, &line?).await {
            Ok(lines) => lines.iter().for_each(|line| say(line)),
            Err(error) => say(&format!("! {error:#}")),
        }
    }
    Ok(())
}

/// What one line comes to.
async fn hear(sessions: &Sessions, calendar: &Calendar, line: &str) -> Result<Vec<String>> {
    if let Some((user, text)) = line.split_once(':') {
        return Ok(vec![sessions.say(user.trim(), text.trim()).await?]);
    }
    let mut words = line.split_whitespace();
    match (words.next(), words.next(), words.next()) {
        (Some("session"), Some(user), None) => {
            let session = sessions.create_session(user).await?;
            Ok(vec![format!("{user} talks on {}", session.id())])
        }
        (Some("rate"), Some(user), stars) => {
            let stars = stars.map(str::parse).transpose().context("how many?")?;
            Ok(vec![sessions.rate(user, stars).await?])
        }
        (Some("later"), Some(days), None) => {
            calendar.turn(days.parse().context("how many days?")?);
            Ok(vec![format!("{days} days later")])
        }
        (Some("list"), None, None) => sessions.list().await,
        (Some("clean"), None, None) => {
            let swept = sessions.clean().await?;
            let deleted: usize = swept.iter().map(|swept| swept.deleted).sum();
            let moments: usize = swept.iter().map(|swept| swept.moments).sum();
            Ok(vec![format!(
                "{deleted} sessions deleted, {moments} moments of others"
            )])
        }
        _ => Ok(vec![
            "say `USER: TEXT`, `session USER`, `rate USER [STARS]`, `list`, `later DAYS` or `clean`"
                .to_owned(),
        ]),
    }
}

#[allow(clippy::print_stdout)] // it is what the program says
fn say(text: &str) {
    println!("{text}");
}
