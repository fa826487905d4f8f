//! Running suites one after the other, each within its budget, all of them whatever fails.

use std::env;
use std::process::{Child, Command, ExitCode};
use std::thread;
use std::time::{Duration, Instant};

use crate::servers::{Kind, Servers};
use crate::toolchain;

/// How often a running suite is looked at.
const LOOK: Duration = Duration::from_millis(50);

/// A command that passes or fails.
pub(crate) struct Suite {
    name: String,
    budget: Duration,
    command: Call,
    server: Option<Kind>,
}

/// A cargo command.
pub(crate) struct Call {
    arguments: Vec<String>,
    variables: Vec<(&'static str, &'static str)>,
}

enum Verdict {
    Passed,
    Failed(String),
    /// What it needs can't be had here.
    Skipped(String),
}

/// Calls the cargo that runs this program.
pub(crate) fn cargo(arguments: &[&str]) -> Call {
    Call {
        arguments: arguments
            .iter()
            .map(|argument| (*argument).to_owned())
            .collect(),
        variables: Vec::new(),
    }
}

impl Call {
    pub(crate) fn env(mut self, name: &'static str, value: &'static str) -> Self {
        self.variables.push((name, value));
        self
    }

    fn spawn(&self, servers: &Servers) -> std::io::Result<Child> {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        Command::new(cargo)
            .args(&self.arguments)
            .envs(self.variables.iter().copied())
            .envs(servers.variables())
            .spawn()
    }
}

impl Suite {
    pub(crate) fn new(name: &str, minutes: u64, command: Call) -> Self {
        Self {
            name: name.to_owned(),
            budget: Duration::from_secs(60 * minutes),
            command,
            server: None,
        }
    }

    /// The suite needs this server to be running.
    pub(crate) fn with_server(mut self, server: Option<Kind>) -> Self {
        self.server = server;
        self
    }

    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    fn verdict(&self, servers: &mut Servers) -> Verdict {
        let server = self.server.map_or(Ok(()), |kind| servers.need(kind));
        let components = toolchain::components_of(&self.name);
        if let Err(why) = server.and_then(|()| toolchain::need(components)) {
            return Verdict::Skipped(why);
        }
        let mut child = match self.command.spawn(servers) {
            Ok(child) => child,
            Err(error) => return Verdict::Failed(format!("can't be started: {error}")),
        };
        let began = Instant::now();
        loop {
            match child.try_wait() {
                Ok(Some(status)) if status.success() => return Verdict::Passed,
                Ok(Some(status)) => return Verdict::Failed(status.to_string()),
                Ok(None) if began.elapsed() < self.budget => thread::sleep(LOOK),
                Ok(None) => return Verdict::Failed(stop(&mut child, self.budget)),
                Err(error) => return Verdict::Failed(format!("can't be waited for: {error}")),
            }
        }
    }
}

fn stop(child: &mut Child, budget: Duration) -> String {
    let stopped = child.kill().and_then(|()| child.wait());
    let how = stopped.map_or_else(
        |error| format!("can't be stopped: {error}"),
        |_| "stopped".to_owned(),
    );
    format!("over its budget of {} min; {how}", budget.as_secs() / 60)
}

/// Runs the suites and says how each ended.
pub(crate) fn run(suites: &[Suite]) -> ExitCode {
    let mut lines = Vec::new();
    let mut servers = Servers::default();
    let (mut failures, mut skips) = (0, 0);
    for suite in suites {
        println!("\n=== {}", suite.name);
        let began = Instant::now();
        let verdict = suite.verdict(&mut servers);
        let seconds = began.elapsed().as_secs();
        lines.push(match verdict {
            Verdict::Passed => format!("{:<14} passed  {seconds:>5} s", suite.name),
            Verdict::Failed(why) => {
                failures += 1;
                format!("{:<14} FAILED  {seconds:>5} s  {why}", suite.name)
            }
            Verdict::Skipped(why) => {
                skips += 1;
                format!("{:<14} skipped {seconds:>5} s  {why}", suite.name)
            }
        });
    }
    println!("\n{}", lines.join("\n"));
    println!(
        "suites: {} passed, {failures} failed, {skips} skipped",
        suites.len() - failures - skips
    );
    ExitCode::from(u8::from(failures > 0 || suites.is_empty()))
}
