//! An example as a child process.

use std::collections::HashMap;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::OnceLock;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::process::{Child, ChildStdin, ChildStdout};

/// Longer than anything here takes on a slow machine.
const PATIENCE: Duration = Duration::from_mins(1);

/// A running example.
pub(crate) struct Program {
    child: Child,
    stdin: ChildStdin,
    stdout: ChildStdout,
    /// What it has said so far.
    said: String,
    /// How much of that was waited for.
    seen: usize,
}

/// What an example leaves behind.
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) said: String,
    pub(crate) complained: String,
}

impl Program {
    pub(crate) fn start(name: &str, args: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut child = tokio::process::Command::new(executable(name))
            .args(args)
            .env_remove("OPENAI_API_KEY")
            .env_remove("OPENAI_BASE_URL")
            .env_remove("OPENAI_MODEL")
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let (stdin, stdout) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        Self {
            child,
            stdin,
            stdout,
            said: String::new(),
            seen: 0,
        }
    }

    /// Waits until it says this, after what was waited for before.
    pub(crate) async fn until(&mut self, text: &str) {
        let mut bytes = [0; 4096];
        loop {
            if let Some(place) = self.said[self.seen..].find(text) {
                self.seen += place + text.len();
                return;
            }
            let read = tokio::time::timeout(PATIENCE, self.stdout.read(&mut bytes)).await;
            let Ok(Ok(1..)) = read else {
                panic!("it never said {text:?}, only:\n{}", self.said);
            };
            let count = read.unwrap().unwrap();
            // A letter is never cut: pieces are written whole, and are smaller than a pipe.
            self.said
                .push_str(std::str::from_utf8(&bytes[..count]).unwrap());
        }
    }

    pub(crate) async fn say(&mut self, line: &str) {
        self.stdin
            .write_all(format!("{line}\n").as_bytes())
            .await
            .unwrap();
    }

    /// Kills it as `kill -9` does, and gives what it had said.
    pub(crate) async fn kill(mut self) -> String {
        self.child.kill().await.unwrap();
        self.stdout.read_to_string(&mut self.said).await.unwrap();
        self.said
    }

    /// Closes its input and waits for its end.
    pub(crate) async fn finish(self) -> Ended {
        let Self {
            child,
            stdin,
            mut stdout,
            mut said,
            ..
        } = self;
        drop(stdin);
        let rest = async {
            stdout.read_to_string(&mut said).await.unwrap();
            child.wait_with_output().await.unwrap()
        };
        let output = tokio::time::timeout(PATIENCE, rest)
            .await
            .expect("it never ends");
        let complained = String::from_utf8(output.stderr).unwrap();
        Ended {
            code: output.status.code(),
            said,
            complained,
        }
    }
}

/// Runs an example on some input, to its end.
pub(crate) async fn run(name: &str, args: &[&str], input: &str) -> Ended {
    let mut program = Program::start(name, args, &[]);
    // One that ends at once doesn't read it.
    let _ = program.stdin.write_all(input.as_bytes()).await;
    program.finish().await
}

/// Where the examples are, built once. Cargo has built them for their own tests, which are other executables.
fn executable(name: &str) -> &'static PathBuf {
    static BUILT: OnceLock<HashMap<String, PathBuf>> = OnceLock::new();
    &BUILT.get_or_init(build)[name]
}

fn build() -> HashMap<String, PathBuf> {
    // The whole workspace, so that dependencies have the features that they were built with already.
    let mut cargo = Command::new(env!("CARGO"));
    // What Cargo says of this test to this test would be news to build scripts, which would run again.
    for (name, _) in std::env::vars().filter(|(name, _)| is_about_this_package(name)) {
        cargo.env_remove(name);
    }
    let output = cargo
        .args([
            "build",
            "--workspace",
            "--examples",
            "--message-format=json",
        ])
        .current_dir(concat!(env!("CARGO_MANIFEST_DIR"), "/.."))
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success(), "the examples can't be built");
    let messages = serde_json::Deserializer::from_slice(&output.stdout).into_iter();
    messages
        .map(|message| message.expect("cargo speaks JSON"))
        .filter_map(|message: serde_json::Value| {
            let name = message["target"]["name"].as_str()?.to_owned();
            Some((name, message["executable"].as_str()?.into()))
        })
        .collect()
}

fn is_about_this_package(variable: &str) -> bool {
    variable.starts_with("CARGO_PKG_") || variable.starts_with("CARGO_MANIFEST_")
}
