//! The program `moment-server`, as it is run: a graph goes on over its death, and what is wrong with how it is
//! started is said.

use std::path::Path;
use std::process::{Output, Stdio};

use graph_checkpointers::HttpSaver;
use graph_runtime::prelude::*;
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, BufReader};
use tokio::process::{Child, Command};

use crate::raw::Http;
use crate::support::served::TOKEN;
use refunds::{Input, Refunds};

/// Pays money back, if somebody says so.
#[graph(id = "refunds")]
mod refunds {
    #[state]
    pub(crate) struct Refunds {
        #[input]
        pub amount: u32,
        pub approved: Option<bool>,
        #[reduce(append)]
        pub notes: Vec<String>,
    }

    edges! {
        start -> look -> approve -> if state.approved == Some(true) { pay } else { refuse };
        pay | refuse -> end;
    }

    #[node(writes(notes))]
    fn look(amount: u32) -> String {
        format!("asked for {amount}")
    }

    #[ask(into = approved)]
    fn approve(amount: u32) -> String {
        format!("pay {amount} back?")
    }

    #[node(writes(notes))]
    fn pay(amount: u32) -> String {
        format!("paid {amount}")
    }

    #[node(writes(notes))]
    fn refuse() -> String {
        "refused".to_owned()
    }
}

struct Running {
    child: Child,
    url: String,
}

fn program(folder: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_moment-server"));
    command
        .env_clear()
        .current_dir(folder)
        .kill_on_drop(true)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

fn folder() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let tokens = format!("{{\"acme\": [\"{TOKEN}\"]}}");
    std::fs::write(folder.path().join("tokens.json"), tokens).unwrap();
    folder
}

impl Running {
    async fn start(folder: &Path, listen: &str) -> Self {
        let mut child = program(folder)
            .args(["--store", "sqlite://moments.db", "--tokens", "tokens.json"])
            .args(["--listen", listen])
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let line = lines.next_line().await.unwrap().unwrap();
        let url = line.rsplit(' ').next().unwrap().to_owned();
        Self { child, url }
    }

    fn address(&self) -> &str {
        self.url.strip_prefix("http://").unwrap()
    }
}

#[tokio::test]
async fn a_run_goes_on_over_the_death_of_the_server() {
    let folder = folder();
    let mut server = Running::start(folder.path(), "127.0.0.1:0").await;
    let address = server.address().to_owned();
    let health = Http::ask("GET", "/health").without("authorization");
    let health = health.send(address.parse().unwrap()).await;
    assert_eq!(health.body, br#"{"status":"ok"}"#);

    let saver = HttpSaver::connect(&server.url, TOKEN).await.unwrap();
    let graph = Refunds::graph().checkpointer(saver.clone()).build();
    let thread = graph.thread_of("ada").await.unwrap();
    let Outcome::Paused(pause) = thread.invoke(Input::new().amount(40)).await.unwrap() else {
        unreachable!("it asks first");
    };
    let answer = pause.approve().unwrap().answer(true);
    // No farewell.
    server.child.kill().await.unwrap();
    let failed = thread.state().await.unwrap_err();
    assert!(failed.to_string().contains("can't be reached"), "{failed}");

    let mut server = Running::start(folder.path(), &address).await;
    // The same client, which has met the one before.
    let Outcome::Done(output) = thread.answer(answer).await.unwrap() else {
        unreachable!("there is nothing more to ask");
    };
    assert_eq!(output.notes, ["asked for 40", "paid 40"]);
    // Another one, and what was kept of the first.
    let saver = HttpSaver::connect(&server.url, TOKEN).await.unwrap();
    let again = Refunds::graph().checkpointer(saver).build();
    let thread = again.thread_of("ada").await.unwrap();
    assert_eq!(
        thread.state().await.unwrap().unwrap().state.notes,
        output.notes
    );
    assert_eq!(thread.history().await.unwrap().len(), uninterrupted().await);
    server.child.kill().await.unwrap();
}

/// How many moments the same run has where nothing happens to it.
async fn uninterrupted() -> usize {
    let graph = Refunds::graph().checkpointer(MemorySaver::new()).build();
    let thread = graph.thread("ada");
    let Outcome::Paused(pause) = thread.invoke(Input::new().amount(40)).await.unwrap() else {
        unreachable!("it asks first");
    };
    let answer = pause.approve().unwrap().answer(true);
    thread.answer(answer).await.unwrap();
    thread.history().await.unwrap().len()
}

#[cfg(unix)]
#[tokio::test]
async fn it_ends_in_order_when_it_is_told_to() {
    let folder = folder();
    let mut server = Running::start(folder.path(), "127.0.0.1:0").await;
    let number = server.child.id().unwrap().to_string();
    let told = Command::new("kill").arg(number).status().await.unwrap();
    assert!(told.success());
    assert!(server.child.wait().await.unwrap().success());
}

async fn run(folder: &Path, arguments: &str, tokens: Option<&str>) -> Output {
    let mut command = program(folder);
    command.args(arguments.split_whitespace());
    if let Some(tokens) = tokens {
        command.env("MOMENT_SERVER_TOKENS", tokens);
    }
    command.output().await.unwrap()
}

#[tokio::test]
async fn what_is_wrong_is_said_at_once() {
    let folder = folder();
    std::fs::write(folder.path().join("nobody.json"), "{}").unwrap();
    let secret = "s3cret-s3cret-s3cret";
    std::fs::write(
        folder.path().join("flat.json"),
        format!("{{\"acme\": \"{secret}\"}}"),
    )
    .unwrap();
    for (arguments, said) in [
        ("", "Give `--store`"),
        ("--store memory:", "Give `--tokens`"),
        ("--store", "`--store` says nothing"),
        ("--listne a", "there is no option `--listne`"),
        ("--store memory: --tokens nowhere.json", "nowhere.json"),
        ("--store memory: --tokens nobody.json", "names no tenant"),
        ("--store memory: --tokens flat.json", "at line 1, column"),
        (
            "--store memory: --tokens tokens.json --listen here",
            "`here` is no address",
        ),
        (
            "--store memory: --tokens tokens.json --listen 0.0.0.0:0",
            "say `--insecure`",
        ),
        (
            "--store memory: --tokens tokens.json --listen [::]:0",
            "say `--insecure`",
        ),
    ] {
        let output = run(folder.path(), arguments, None).await;
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{arguments}: {text}");
        assert!(text.contains(said), "{arguments}: {text}");
        assert!(!text.contains(secret), "{text}");
    }
    let password = "--store oracle://ada:s3cret@db --tokens tokens.json";
    for (arguments, tokens, said) in [
        (password, None, "no backend `oracle`"),
        (
            "--store memory:",
            Some(r#"{"Acme": ["0123456789abcdef"]}"#),
            "\"Acme\" can't be",
        ),
        (
            "--store memory:",
            Some(r#"{"acme": ["s3cret"]}"#),
            "a token of the tenant `acme`",
        ),
    ] {
        let output = run(folder.path(), arguments, tokens).await;
        let text = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments}: {text}");
        assert!(text.contains(said), "{arguments}: {text}");
        assert!(!text.contains("s3cret"), "{text}");
    }
    let output = run(folder.path(), "--help", None).await;
    assert!(output.status.success() && output.stdout.starts_with(b"Puts the moments"));
}
