//! A walk of many steps, by a process that may be killed on the way: what of it is stored then.

use std::env;
use std::io::Write;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;

use graph_runtime::prelude::*;
use graph_runtime::{Checkpointer, Graph, Timestamp};

use self::walk::{Input, Pace, Walk};

/// How many steps there are.
pub const LENGTH: u32 = 250;

/// How far a run in async durability may be ahead of what is stored.
const AHEAD: u32 = 8;

/// What the walking process is told: where to store, and how durably.
const URL: &str = "GRAPH_WALK_URL";
const DURABILITY: &str = "GRAPH_WALK_DURABILITY";

/// Steps that say when they begin.
#[graph(id = "walk")]
pub mod walk {
    use super::*;

    #[state]
    pub struct Walk {
        #[input]
        pub from: String,
        #[reduce(sum)]
        pub steps: u32,
    }

    #[context]
    pub struct Pace {
        /// How long a step takes, and whether it says so.
        pub pause: Option<Duration>,
    }

    edges! { start -> step -> if state.steps < LENGTH { step } else { end }; }

    #[node(writes(steps))]
    async fn step(steps: u32, pause: Option<Duration>) -> u32 {
        if let Some(pause) = pause {
            say(steps + 1);
            tokio::time::sleep(pause).await;
        }
        1
    }
}

/// What a step says before it does anything, in one write.
fn say(step: u32) {
    let mut out = std::io::stdout();
    out.write_all(format!("\nbegun {step}.\n").as_bytes())
        .and_then(|()| out.flush())
        .unwrap();
}

/// Which step a line says has begun; none, where the line was cut.
pub fn begun(line: &str) -> Option<u32> {
    line.strip_prefix("begun ")?.strip_suffix('.')?.parse().ok()
}

fn graph(saver: Arc<dyn Checkpointer>, pause: Option<Duration>) -> Graph<Walk> {
    Walk::graph()
        .context(Pace { pause })
        .checkpointer(saver)
        .build()
}

/// The other process: it walks until it is killed.
pub async fn walk_as_told() {
    let saver = graph_checkpointers::connect(&env::var(URL).unwrap())
        .await
        .unwrap();
    let durability = match &*env::var(DURABILITY).unwrap() {
        "sync" => Durability::Sync,
        "async" => Durability::Async,
        _ => Durability::Exit,
    };
    let graph = graph(saver, Some(Duration::from_millis(1)));
    let run = graph.thread("t").invoke(Input::new().from("here"));
    run.durability(durability).await.unwrap();
}

/// Starts the other process, which is a test named `walks` of this program, behind another program if one is named.
pub fn start(behind: &[&str], url: &str, durability: &str) -> Command {
    let this = env::current_exe().unwrap();
    let mut command = match behind {
        [] => Command::new(this),
        [first, rest @ ..] => {
            let mut command = Command::new(first);
            command.args(rest).arg(this);
            command
        }
    };
    command
        .args([
            "--exact",
            "walks",
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(URL, url)
        .env(DURABILITY, durability)
        .stdout(Stdio::piped());
    command
}

/// Kills the process in a step, and looks at what is stored of it. Then the walk goes on to its end.
pub async fn is_killed(url: &str, durability: &str, in_step: u32) {
    let begun = walk_until(url, durability, in_step);
    let saver = graph_checkpointers::connect(url).await.unwrap();
    let thread = graph(saver, None).thread("t").clone();
    let moment = thread.state().await.unwrap();
    let stored = moment.expect("the input is stored before the first step begins");
    assert_eq!(stored.state.from, "here");
    let done = stored.state.steps;
    let least = match durability {
        "sync" => begun - 1,
        "async" => (begun - 1).saturating_sub(AHEAD),
        _ => 0,
    };
    assert!(
        (least..begun).contains(&done),
        "{durability}: step {begun} had begun, and {done} steps are stored"
    );
    if durability == "exit" {
        assert_eq!(
            done, 0,
            "a run that was killed is forgotten back to its input"
        );
    }
    let outcome = thread.resume().await.unwrap();
    assert_eq!(outcome.done().unwrap().steps, LENGTH);
    assert_eq!(thread.history().await.unwrap().len(), LENGTH as usize);
}

/// The last step that had begun when the process was killed.
fn walk_until(url: &str, durability: &str, in_step: u32) -> u32 {
    use std::io::{BufRead, BufReader};
    let mut child = start(&[], url, durability).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut last = 0;
    for step in lines.map_while(Result::ok).filter_map(|line| begun(&line)) {
        last = step;
        if step == in_step {
            child.kill().unwrap();
        }
    }
    assert!(!child.wait().unwrap().success(), "it walked to its end");
    assert!(last >= in_step, "it ended by itself in step {last}");
    last
}

/// A test for each durability: a killed process at the url that the expression gives.
#[doc(hidden)]
#[macro_export]
macro_rules! __a_killed_process_costs {
    ($name:ident, $url:expr) => {
        mod $name {
            #[allow(unused_imports, clippy::wildcard_imports)]
            use super::*;

            async fn is_killed(durability: &str) {
                for in_step in [1, 11, 90] {
                    let place = $crate::walk::Place::new();
                    let url = $url(&place);
                    $crate::walk::is_killed(&url, durability, in_step).await;
                }
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn in_sync_nothing_that_a_step_has_seen() {
                is_killed("sync").await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn in_async_eight_steps_at_most() {
                is_killed("async").await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn in_exit_the_run_back_to_its_input() {
                is_killed("exit").await;
            }
        }
    };
}

#[doc(inline)]
pub use __a_killed_process_costs as a_killed_process_costs;

/// The URL of a server that the tests were given.
pub fn server(variable: &str) -> String {
    let url = env::var(variable).unwrap_or_default();
    assert!(
        !url.is_empty(),
        "set {variable} to the url of a server, or let `cargo xtask test table` start one"
    );
    url
}

/// A directory and a name of one test's own.
pub struct Place {
    folder: tempfile::TempDir,
    name: String,
}

impl Place {
    pub fn new() -> Self {
        use std::sync::atomic::{AtomicU32, Ordering};
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        Self {
            folder: tempfile::tempdir().unwrap(),
            // A server may have been used by a process of the same number.
            name: format!(
                "walk_{}_{}_{count}",
                Timestamp::now().as_micros(),
                std::process::id()
            ),
        }
    }

    pub fn path(&self, file: &str) -> String {
        self.folder.path().join(file).display().to_string()
    }

    /// Of letters, digits and `_`.
    pub fn name(&self) -> &str {
        &self.name
    }
}
