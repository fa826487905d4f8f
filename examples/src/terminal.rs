//! Talking to a person: with colour and a spinner where there is a terminal, in plain lines where there isn't.

use std::fmt::Display;
use std::io::{self, BufRead, IsTerminal, Write};
use std::time::Duration;

use anstream::AutoStream;
use anstyle::{AnsiColor, Style};
use indicatif::ProgressBar;

const PROMPT: Style = AnsiColor::Cyan.on_default().bold();
const ASIDE: Style = Style::new().dimmed();

/// Standard input and output, as a person sees them.
pub struct Terminal {
    out: AutoStream<io::Stdout>,
    is_live: bool,
    is_typed: bool,
    is_within_line: bool,
    spinner: Option<ProgressBar>,
}

impl Terminal {
    /// The terminal, or the pipe, that the program was started with.
    pub fn new() -> Self {
        let out = io::stdout();
        Self {
            is_live: out.is_terminal(),
            is_typed: io::stdin().is_terminal(),
            out: AutoStream::auto(out),
            is_within_line: false,
            spinner: None,
        }
    }

    /// Whether somebody watches.
    pub fn is_live(&self) -> bool {
        self.is_live
    }

    /// A line of the conversation.
    pub fn say(&mut self, text: impl Display) -> io::Result<()> {
        self.end_line()?;
        writeln!(self.out, "{text}")
    }

    /// A line about the conversation.
    pub fn note(&mut self, text: impl Display) -> io::Result<()> {
        self.say(format_args!("{ASIDE}{text}{ASIDE:#}"))
    }

    /// A part of a line, as it comes.
    pub fn piece(&mut self, text: &str) -> io::Result<()> {
        self.rest();
        self.is_within_line = !text.ends_with('\n');
        write!(self.out, "{text}")?;
        self.out.flush()
    }

    /// What is being done: a spinner that goes away, or a line.
    pub fn progress(&mut self, what: impl Display) -> io::Result<()> {
        if !self.is_live {
            return self.say(format_args!("· {what}"));
        }
        let spinner = self.spinner.get_or_insert_with(|| {
            let spinner = ProgressBar::new_spinner();
            spinner.enable_steady_tick(Duration::from_millis(100));
            spinner
        });
        spinner.set_message(what.to_string());
        Ok(())
    }

    /// Asks for a line; `None` at the end of the input.
    pub fn ask(&mut self, prompt: impl Display) -> io::Result<Option<String>> {
        self.end_line()?;
        self.piece(&format!("{PROMPT}{prompt}{PROMPT:#} "))?;
        self.is_within_line = false;
        let mut line = Vec::new();
        if io::stdin().lock().read_until(b'\n', &mut line)? == 0 {
            self.say("")?;
            return Ok(None);
        }
        let line = String::from_utf8_lossy(&line).trim().to_owned();
        // What is typed can be seen already; what comes through a pipe can't.
        if !self.is_typed {
            self.say(&line)?;
        }
        Ok(Some(line))
    }

    /// Asks until the answer is yes or no; `None` at the end of the input.
    pub fn ask_yes_or_no(&mut self, question: impl Display) -> io::Result<Option<bool>> {
        let prompt = format!("{question} [y/n]");
        loop {
            let Some(line) = self.ask(&prompt)? else {
                return Ok(None);
            };
            match line.to_lowercase().as_str() {
                "y" | "yes" => return Ok(Some(true)),
                "n" | "no" => return Ok(Some(false)),
                _ => self.note("Please answer y or n.")?,
            }
        }
    }

    fn end_line(&mut self) -> io::Result<()> {
        self.rest();
        if std::mem::take(&mut self.is_within_line) {
            writeln!(self.out)?;
        }
        Ok(())
    }

    fn rest(&mut self) {
        if let Some(spinner) = self.spinner.take() {
            spinner.finish_and_clear();
        }
    }
}

impl Default for Terminal {
    fn default() -> Self {
        Self::new()
    }
}

/// What a program leaves behind: a kind word, and the code that a shell sees.
pub fn leave(result: anyhow::Result<()>) -> std::process::ExitCode {
    match result {
        // Whoever read the output has seen enough, as `head` does.
        Err(error) if is_broken_pipe(&error) => std::process::ExitCode::SUCCESS,
        Err(error) => {
            let red = AnsiColor::Red.on_default();
            // A closed standard error leaves nobody to tell.
            let _ = writeln!(anstream::stderr(), "{red}error:{red:#} {error:#}");
            std::process::ExitCode::FAILURE
        }
        Ok(()) => std::process::ExitCode::SUCCESS,
    }
}

fn is_broken_pipe(error: &anyhow::Error) -> bool {
    error
        .downcast_ref::<io::Error>()
        .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
}
