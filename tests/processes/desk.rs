//! A desk at which one thing after another is done. What is being done stands still while a file says so, and is written
//! down in another one when it is done.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use graph_runtime::prelude::*;
use graph_runtime::{Builder, ThreadKey, Unsaved};

use self::desk::{Desk, Input, Office};

/// Where processes meet: doors that are shut, and a book of what was done.
#[derive(Clone, Debug)]
pub struct Folder(pub PathBuf);

impl Folder {
    /// What separates the test from others.
    fn name(&self) -> String {
        let name = self.0.file_name().unwrap_or_default();
        name.to_string_lossy().into_owned()
    }

    /// A thread of the test as the store knows it.
    pub fn key(&self, thread: &str) -> ThreadKey {
        ThreadKey::new(self.name(), thread).unwrap()
    }

    fn door(&self, text: &str) -> PathBuf {
        self.0.join(format!("{text}.shut"))
    }

    /// Whatever is done with this text stands still.
    pub fn shut(&self, text: &str) {
        fs::write(self.door(text), "").unwrap();
    }

    pub fn open(&self, text: &str) {
        fs::remove_file(self.door(text)).unwrap();
    }

    pub fn is_shut(&self, text: &str) -> bool {
        self.door(text).exists()
    }

    /// A line is written whole, by whichever process.
    pub fn note(&self, line: &str) {
        let path = self.0.join("book");
        let mut book = OpenOptions::new()
            .append(true)
            .create(true)
            .open(path)
            .unwrap();
        book.write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    /// What was done, in order.
    pub fn book(&self) -> Vec<String> {
        let book = fs::read_to_string(self.0.join("book")).unwrap_or_default();
        book.lines().map(str::to_owned).collect()
    }

    /// Waits until somebody has written this down.
    pub async fn until(&self, line: &str) {
        let patience = async {
            while !self.book().iter().any(|noted| noted == line) {
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        let waited = tokio::time::timeout(PATIENCE, patience).await;
        assert!(waited.is_ok(), "{line:?} is not in {:?}", self.book());
    }
}

/// Longer than anything here takes on a slow machine.
pub const PATIENCE: Duration = Duration::from_mins(2);

#[graph(id = "desk")]
pub mod desk {
    use super::*;

    #[state]
    #[derive(Debug)]
    pub struct Desk {
        #[input]
        #[scope(run)]
        #[reduce(append)]
        pub said: Vec<String>,
        #[reduce(append)]
        pub done: Vec<String>,
        #[scope(run)]
        pub approved: Option<bool>,
        pub rung: u32,
    }

    #[context]
    pub struct Office {
        pub folder: Folder,
    }

    edges! {
        start -> take -> work -> if state.said.iter().any(|said| said.starts_with("ask")) {
            approve
        } else if state.said.iter().any(|said| said.starts_with("later")) {
            rest
        } else {
            end
        };
        approve -> end;
        rest -> ring -> end;
    }

    #[node(writes(done))]
    fn take(said: &[String]) -> String {
        format!("take {}", said.join("+"))
    }

    #[node(writes(done))]
    async fn work(said: &[String], folder: &Folder) -> Result<String, std::io::Error> {
        let text = said.join("+");
        folder.note(&format!("at {text}"));
        while folder.is_shut(&text) {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        if said.last().is_some_and(|last| last.starts_with("fail")) {
            return Err(std::io::Error::other(format!("{text} was too much")));
        }
        folder.note(&text);
        Ok(text)
    }

    #[ask(into = approved)]
    fn approve(said: &[String]) -> String {
        format!("is {} well done?", said.join("+"))
    }

    #[wait(time = "200ms")]
    fn rest() {}

    #[node(writes(rung))]
    fn ring(rung: u32, folder: &Folder) -> u32 {
        folder.note("ring");
        rung + 1
    }
}

pub fn builder(folder: &Folder) -> Builder<Desk, Unsaved, Office> {
    let office = Office {
        folder: folder.clone(),
    };
    Desk::graph().context(office).namespace(folder.name())
}

pub fn say(text: &str) -> Input {
    Input::new().said([text.to_owned()])
}

/// What has to be done when each of these was, alone and in this order.
pub fn done<S: AsRef<str>>(texts: impl IntoIterator<Item = S>) -> Vec<String> {
    let each = |text: S| [format!("take {}", text.as_ref()), text.as_ref().to_owned()];
    texts.into_iter().flat_map(each).collect()
}

/// A directory of a test's own.
pub struct Room {
    directory: tempfile::TempDir,
}

impl Room {
    pub fn new() -> Self {
        Self {
            directory: tempfile::tempdir().unwrap(),
        }
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    pub fn folder(&self) -> Folder {
        Folder(self.path().to_owned())
    }
}
