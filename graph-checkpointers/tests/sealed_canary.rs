//! Nothing that a graph works on is found in what a sealed store writes, wherever it is looked for.

#![allow(clippy::unwrap_used, clippy::unused_async, reason = "these are tests")]
#![allow(missing_docs, unreachable_pub, reason = "a test has no outside")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use graph_checkpointers::{Compressed, FileSaver, KeyRing, Sealed, SqliteSaver};
use graph_runtime::prelude::*;
use graph_runtime::{Asking, Asks, Checkpointer, Run, ThreadKey};
use serde::{Deserialize, Serialize};

/// What is looked for. Each use of it says where it was.
const CANARY: &str = "canary";

fn canary(place: &str) -> String {
    format!("{CANARY} in {place}")
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Which(String);

impl Asks for Which {
    type Answer = String;
}

/// A graph within.
#[graph(id = "reader")]
mod reader {
    use super::*;

    #[state]
    pub struct Reader {
        #[input(required)]
        pub letter: String,
        pub read: String,
        pub agreed: Option<String>,
    }

    edges! { start -> read -> agree -> end; }

    #[node(writes(read))]
    fn read(letter: &str) -> String {
        canary(&format!("what was read of {letter}"))
    }

    #[ask(into = agreed)]
    fn agree(letter: &str) -> String {
        canary(&format!("the question within, about {letter}"))
    }
}

#[graph(id = "office")]
mod office {
    use super::*;

    #[state]
    pub struct Office {
        #[input]
        #[reduce(append)]
        pub letters: Vec<String>,
        #[reduce(append)]
        pub notes: Vec<String>,
        pub found: Option<reader::Output>,
        pub signed: Option<String>,
    }

    #[context]
    pub struct Desk {
        pub is_broken: Arc<AtomicBool>,
    }

    edges! {
        start -> open -> {for letter in &state.letters { sort(letter) }, post} -> dig -> sign;
        sign -> file -> end;
        sorry -> end;
    }

    #[node(writes(notes))]
    async fn open(run: &Run) -> Result<String, Error> {
        run.once("stamp", async { Ok::<_, Error>(canary("a sub-step")) })
            .await
    }

    /// Of the second letter it asks.
    #[node(writes(notes), asks(Which))]
    async fn sort(letter: &str, run: &Asking<Which>) -> String {
        if run.item() == Some(1) {
            let which = Which(canary("a question on the way"));
            return run.interrupt("which", which).await;
        }
        canary(&format!("what was sorted of {letter}"))
    }

    /// Fails at first, so that what the others did is kept beside the records.
    #[node(writes(notes))]
    async fn post(is_broken: &AtomicBool) -> Result<String, String> {
        if is_broken.load(Ordering::SeqCst) {
            return Err(canary("what ends a run"));
        }
        Ok(canary("the post"))
    }

    #[subgraph(reader::Reader, into = found)]
    fn dig() -> reader::Input {
        reader::Input::new(canary("an input within"))
    }

    #[ask(into = signed)]
    fn sign(letters: &[String]) -> String {
        canary(&format!("the question about {} letters", letters.len()))
    }

    #[node(on_error = sorry)]
    fn file() -> Result<(), String> {
        Err(canary("a failure"))
    }

    #[node(writes(notes))]
    fn sorry(run: &Run) -> String {
        let said = run.failure().map(|failure| failure.error.clone());
        format!("{}: {}", canary("an excuse"), said.unwrap_or_default())
    }
}

use office::{Input, Office, Question, Values};

fn input() -> Input {
    Input::new().letters([canary("the first letter"), canary("the second letter")])
}

/// Runs all that can be stored, and leaves some of it open.
async fn work(saver: Arc<dyn Checkpointer>, look: impl Fn()) {
    let is_broken = Arc::new(AtomicBool::new(true));
    let desk = office::Desk {
        is_broken: Arc::clone(&is_broken),
    };
    let graph = Office::graph()
        .context(desk)
        .durability(Durability::Sync)
        .checkpointer(Arc::clone(&saver))
        .build();
    for (user, ends) in [("ada", true), ("bob", false)] {
        is_broken.store(true, Ordering::SeqCst);
        let thread = graph.thread(user);
        let begun = thread
            .invoke(input())
            .metadata("who", canary("metadata"))
            .await;
        assert!(begun.is_err(), "the post was to fail");
        look();
        is_broken.store(false, Ordering::SeqCst);
        let mut outcome = thread.resume().await.unwrap();
        look();
        let mut asked = 0;
        while let Outcome::Paused(pause) = &outcome {
            asked += 1;
            if !ends && asked == 3 {
                break;
            }
            let question = pause.questions()[0].clone();
            let answer = match &question {
                Question::Sort(sort) => sort.answer(canary("an answer on the way")),
                Question::Dig(dig) => {
                    let reader::Question::Agree(agree) = &**dig;
                    dig.answer(agree.answer(canary("an answer within")))
                }
                Question::Sign(sign) => sign.answer(canary("an answer")),
            };
            outcome = thread.answer(answer).await.unwrap();
            look();
        }
        assert_eq!(asked, 3);
        let values = Values::new().notes([canary("an update")]);
        thread
            .update(values)
            .metadata("by", canary("its metadata"))
            .await
            .unwrap();
    }
    let ada = ThreadKey::new("office", "ada").unwrap();
    // Where there is an inbox.
    let _ = saver.send(&ada, canary("a message").into_bytes()).await;
    look();
}

/// The files below a directory in which it is found.
fn found(directory: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(self::found(&path));
        } else {
            let bytes = fs::read(&path).unwrap();
            let shows = |part: &[u8]| part.eq_ignore_ascii_case(CANARY.as_bytes());
            if bytes.windows(CANARY.len()).any(shows) {
                found.push(path);
            }
        }
    }
    found
}

fn keys() -> KeyRing {
    KeyRing::new("current", [7; 32].into()).unwrap()
}

fn holds_nothing(directory: &Path) {
    assert_eq!(found(directory), [""; 0].map(PathBuf::from));
}

#[tokio::test]
async fn in_sqlite_nothing_is_found() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let saver = SqliteSaver::open(path.join("moments.db")).await.unwrap();
    work(Arc::new(Sealed::new(saver, keys())), || holds_nothing(path)).await;
    holds_nothing(path);
}

#[tokio::test]
async fn in_files_nothing_is_found() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let saver = FileSaver::open(path.join("moments")).await.unwrap();
    work(Arc::new(Sealed::new(saver, keys())), || holds_nothing(path)).await;
    holds_nothing(path);
}

#[tokio::test]
async fn compressed_and_sealed_nothing_is_found() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let saver = SqliteSaver::open(path.join("moments.db")).await.unwrap();
    let saver = Compressed::new(Sealed::new(saver, keys())).threshold(0);
    work(Arc::new(saver), || holds_nothing(path)).await;
    holds_nothing(path);
}

/// The same work in the clear: what isn't found there isn't looked for either.
#[tokio::test]
async fn in_the_clear_all_of_it_is_found() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path();
    let saver = FileSaver::open(path.join("moments")).await.unwrap();
    let seen = std::sync::Mutex::new(String::new());
    let gather = || {
        for file in found(path) {
            let bytes = fs::read(file).unwrap();
            seen.lock()
                .unwrap()
                .push_str(&String::from_utf8_lossy(&bytes));
        }
    };
    work(Arc::new(saver), gather).await;
    let seen = seen.into_inner().unwrap();
    for place in [
        "the first letter",
        "the second letter",
        "metadata",
        "a sub-step",
        "what was sorted of",
        "a question on the way",
        "an answer on the way",
        "a failure",
        "the post",
        "an input within",
        "what was read of",
        "the question within",
        "an answer within",
        "the question about 2 letters",
        "an answer\"",
        "an excuse",
        "an update",
        "its metadata",
    ] {
        assert!(seen.contains(&canary(place)), "{place}");
    }
    let saver = SqliteSaver::open(path.join("moments.db")).await.unwrap();
    work(Arc::new(saver), || ()).await;
    assert!(found(path).iter().any(|file| file.ends_with("moments.db")));
}
