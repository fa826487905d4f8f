//! A process of its own: this program once more, told by its environment what to do. It says in lines of JSON how that went.

use std::io::Write as _;
use std::process::Stdio;
use std::time::Duration;

use graph_runtime::prelude::*;
use graph_runtime::{Busy, Clock as _, SystemClock};
use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, BufReader, Lines};
use tokio::process::ChildStdout;

use crate::desk::desk::{Desk, Graph};
use crate::desk::{Folder, PATIENCE, Room, builder, say};
use crate::place;
use crate::together::until;

const ORDERS: &str = "GRAPH_TESTS_ORDERS";
/// What distinguishes a line of ours from those of the test runner.
const MARK: &str = "@ ";

/// What a child is to do, where.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Orders {
    place: String,
    folder: std::path::PathBuf,
    lease: Duration,
    jobs: Vec<Job>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub enum Job {
    /// One after the other.
    Invoke {
        texts: Vec<String>,
        busy: Busy,
    },
    Enqueue {
        texts: Vec<String>,
    },
    /// Works for others, until it is killed.
    Work,
    /// Wakes whoever is due, until this file is there.
    Schedule {
        until: std::path::PathBuf,
    },
}

/// How something went.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Said {
    /// It is about to do this.
    Begins(String),
    Done {
        said: Vec<String>,
        done: Vec<String>,
    },
    Paused,
    /// What kind of error, and its text.
    Failed(String, String),
    Enqueued(String),
}

impl Said {
    fn of(outcome: Result<Outcome<Desk>, Error>) -> Self {
        match outcome {
            Ok(Outcome::Done(done)) => Self::Done {
                said: done.said.clone(),
                done: done.done.clone(),
            },
            Ok(Outcome::Paused(_)) => Self::Paused,
            Err(error) => Self::failed(&error),
        }
    }

    fn failed(error: &Error) -> Self {
        let kind = format!("{error:?}");
        let kind = kind.split([' ', '{', '(']).next().unwrap_or_default();
        Self::Failed(kind.to_owned(), error.to_string())
    }
}

/// A process as this one sees it.
pub struct Process {
    child: tokio::process::Child,
    lines: Lines<BufReader<ChildStdout>>,
}

impl Process {
    pub fn start(room: &Room, lease: Duration, jobs: impl Into<Vec<Job>>) -> Self {
        let orders = Orders {
            place: place::of(room.path()),
            folder: room.path().to_owned(),
            lease,
            jobs: jobs.into(),
        };
        let mut child = tokio::process::Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "child::does_what_it_is_told",
                "--ignored",
                "--nocapture",
            ])
            .env(ORDERS, serde_json::to_string(&orders).unwrap())
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()
            .unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        Self { child, lines }
    }

    /// The next thing that it says; `None` when it is over.
    pub async fn next(&mut self) -> Option<Said> {
        let line = async {
            loop {
                let line = self.lines.next_line().await.unwrap()?;
                // The test runner may have begun the line.
                if let Some((_, json)) = line.split_once(MARK) {
                    return Some(serde_json::from_str(json).unwrap());
                }
            }
        };
        tokio::time::timeout(PATIENCE, line)
            .await
            .expect("it says nothing")
    }

    /// Everything that it says until it is over.
    pub async fn rest(mut self) -> Vec<Said> {
        let mut said = Vec::new();
        while let Some(next) = self.next().await {
            said.push(next);
        }
        said
    }

    /// Kills it as `kill -9` does.
    pub async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    /// Lets it stand still, all of it.
    pub async fn stop(&self) {
        self.signal("STOP").await;
        // The signal reaches one thread first.
        until(async || self.stands_still()).await;
    }

    fn stands_still(&self) -> bool {
        let tasks = format!("/proc/{}/task", self.child.id().unwrap());
        let mut tasks = std::fs::read_dir(tasks).unwrap();
        tasks.all(|task| {
            let stat = std::fs::read_to_string(task.unwrap().path().join("stat"));
            let state = stat
                .unwrap()
                .rsplit(") ")
                .next()
                .and_then(|rest| rest.chars().next());
            state == Some('T')
        })
    }

    /// Lets it go on.
    pub async fn go_on(&self) {
        self.signal("CONT").await;
    }

    async fn signal(&self, signal: &str) {
        let id = self.child.id().unwrap().to_string();
        let mut kill = tokio::process::Command::new("kill");
        let status = kill.args(["-s", signal, &id]).status().await.unwrap();
        assert!(status.success());
    }
}

fn tell(said: &Said) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "\n{MARK}{}", serde_json::to_string(said).unwrap()).unwrap();
    out.flush().unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "it is what a child process does"]
async fn does_what_it_is_told() {
    let Ok(orders) = std::env::var(ORDERS) else {
        return;
    };
    let orders: Orders = serde_json::from_str(&orders).unwrap();
    let graph = builder(&Folder(orders.folder))
        .lease(orders.lease)
        .checkpointer(place::open(&orders.place).await)
        .build();
    for job in orders.jobs {
        does(&graph, job).await;
    }
}

async fn does(graph: &Graph, job: Job) {
    let thread = graph.thread("t");
    match job {
        Job::Invoke { texts, busy } => {
            for text in texts {
                tell(&Said::Begins(text.clone()));
                let run = thread.invoke(say(&text)).if_busy(busy);
                tell(&Said::of(run.durability(Durability::Sync).await));
            }
        }
        Job::Enqueue { texts } => {
            for text in texts {
                tell(&match thread.invoke(say(&text)).enqueue().await {
                    Ok(_) => Said::Enqueued(text),
                    Err(error) => Said::failed(&error),
                });
            }
        }
        Job::Work => loop {
            thread.work().await.unwrap();
            tokio::time::sleep(Duration::from_millis(1)).await;
        },
        Job::Schedule { until } => {
            tell(&Said::Begins("scheduling".to_owned()));
            while !until.exists() {
                for (due, _) in graph.due(SystemClock.now()).await.unwrap() {
                    due.wake().await.unwrap();
                }
                tokio::time::sleep(Duration::from_millis(1)).await;
            }
        }
    }
}
