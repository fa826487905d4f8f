//! Behaviour 21: when what was said is stored, and what a killed process costs.

use std::io::{BufRead, BufReader, Write as _};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use graph_checkpointers::SqliteSaver;
use graph_runtime::prelude::*;
use graph_runtime::{Checkpointer, Commit, MemorySaver, StoreError, ThreadKey};

use graph_tests::between::{Between, Over};

/// Says each step before it takes it.
#[graph(id = "steps")]
mod steps {
    use std::sync::Arc;

    #[state]
    pub struct Steps {
        #[input]
        pub limit: u32,
        #[reduce(sum)]
        pub taken: u32,
    }

    #[context]
    pub struct Voice {
        pub say: Arc<dyn Fn(u32) + Send + Sync>,
    }

    edges! {
        start -> step -> if state.taken < state.limit { step } else { end };
    }

    #[node(writes(taken))]
    async fn step(taken: u32, say: &(dyn Fn(u32) + Send + Sync)) -> u32 {
        say(taken);
        tokio::task::yield_now().await;
        1
    }
}

use steps::{Input, Steps, Voice};

fn silent() -> Voice {
    Voice {
        say: Arc::new(|_| ()),
    }
}

/// A memory whose commits take their time, and fail from the k-th on.
struct Slow {
    inner: MemorySaver,
    delay: Duration,
    commits: AtomicUsize,
    fail_from: usize,
    steps: Mutex<Vec<u64>>,
}

impl Slow {
    fn new(delay: Duration, fail_from: usize) -> Arc<Over<Self>> {
        let (inner, commits, steps) = (MemorySaver::new(), AtomicUsize::new(0), Mutex::default());
        Arc::new(Over(Self {
            inner,
            delay,
            commits,
            fail_from,
            steps,
        }))
    }

    fn stored(&self) -> usize {
        self.steps.lock().unwrap().len()
    }
}

#[async_trait]
impl Between for Slow {
    fn inner(&self) -> &dyn Checkpointer {
        &self.inner
    }

    async fn commit(&self, thread: &ThreadKey, commit: Commit) -> Result<(), StoreError> {
        tokio::time::sleep(self.delay).await;
        if self.commits.fetch_add(1, Ordering::SeqCst) >= self.fail_from {
            return Err(StoreError::unavailable("the disk is gone"));
        }
        let steps: Vec<_> = commit.records.iter().map(|record| record.step).collect();
        self.inner.commit(thread, commit).await?;
        self.steps.lock().unwrap().extend(steps);
        Ok(())
    }
}

/// Runs so many steps and gives, for each, how many moments were stored when its node began.
async fn stored_at_each_step(durability: Durability, delay: Duration) -> (Vec<usize>, usize) {
    let saver = Slow::new(delay, usize::MAX);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let say = {
        let (saver, seen) = (Arc::clone(&saver), Arc::clone(&seen));
        move |_| seen.lock().unwrap().push(saver.stored())
    };
    let graph = Steps::graph()
        .context(Voice { say: Arc::new(say) })
        .checkpointer(Arc::clone(&saver))
        .durability(durability)
        .build();
    graph
        .thread("t")
        .invoke(Input::new().limit(30))
        .await
        .unwrap();
    let seen = seen.lock().unwrap().clone();
    (seen, saver.stored())
}

#[tokio::test]
async fn in_sync_a_step_is_stored_before_the_next_one_starts() {
    let (seen, stored) = stored_at_each_step(Durability::Sync, Duration::ZERO).await;
    assert_eq!(seen, (1..=30).collect::<Vec<_>>());
    assert_eq!(stored, 31);
}

#[tokio::test]
async fn in_async_the_input_comes_first_the_run_is_at_most_eight_steps_ahead_and_all_is_stored_at_the_end()
 {
    let (seen, stored) = stored_at_each_step(Durability::Async, Duration::from_millis(2)).await;
    assert_eq!(seen[0], 1);
    for (step, stored) in seen.iter().enumerate() {
        // The input, and the steps before this one less those that may be on their way.
        assert!(stored + 8 > step, "step {step} began with {stored} stored");
    }
    assert!(
        seen.iter()
            .enumerate()
            .any(|(step, stored)| *stored < step + 1),
        "it never ran ahead: {seen:?}"
    );
    assert_eq!(stored, 31);
}

#[tokio::test]
async fn an_error_of_the_writer_is_the_runs_error() {
    for (durability, commits) in [
        (Durability::Sync, 4),
        (Durability::Async, 4),
        (Durability::Exit, 1),
    ] {
        let saver = Slow::new(Duration::ZERO, commits);
        let graph = Steps::graph()
            .context(silent())
            .checkpointer(Arc::clone(&saver))
            .durability(durability)
            .build();
        let error = graph
            .thread("t")
            .invoke(Input::new().limit(100))
            .await
            .unwrap_err();
        assert!(matches!(&error, Error::Store { .. }), "{error}");
        assert!(error.to_string().contains("the disk is gone"), "{error}");
    }
}

#[tokio::test]
async fn an_input_that_can_not_be_stored_runs_nothing() {
    let ran = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&ran);
    let say = move |_| {
        counter.fetch_add(1, Ordering::SeqCst);
    };
    let graph = Steps::graph()
        .context(Voice { say: Arc::new(say) })
        .checkpointer(Slow::new(Duration::ZERO, 0))
        .build();
    assert!(
        graph
            .thread("t")
            .invoke(Input::new().limit(3))
            .await
            .is_err()
    );
    assert_eq!(ran.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_run_dropped_at_any_moment_goes_on_where_it_was() {
    for milliseconds in 0..12 {
        let saver = Slow::new(Duration::from_millis(1), usize::MAX);
        let graph = Steps::graph().context(silent()).checkpointer(saver).build();
        let thread = graph.thread("t");
        let run = thread.invoke(Input::new().limit(20)).into_future();
        if tokio::time::timeout(Duration::from_millis(milliseconds), run)
            .await
            .is_ok()
        {
            continue;
        }
        match thread.resume().await {
            Ok(outcome) => assert_eq!(outcome.done().unwrap().taken, 20),
            // Dropped before the input was acknowledged: then nothing was.
            Err(error) => assert!(matches!(error, Error::NothingToResume { .. }), "{error}"),
        }
    }
}

/// Tells a child what to do; the test is its own child.
const CHILD: &str = "BEHAVIOURS_CRASH_CHILD";

#[test]
fn a_killed_process_loses_at_most_what_its_durability_says() {
    if let Ok(task) = std::env::var(CHILD) {
        return child(&task);
    }
    for (durability, behind) in [("sync", 0), ("async", 8), ("exit", u32::MAX / 2)] {
        for kill_at in [0u32, 1, 7, 40] {
            let folder = tempfile::tempdir().unwrap();
            let database = folder.path().join("moments.db");
            kill_when_said(durability, &database, kill_at);
            let (taken, end) = tokio::runtime::Runtime::new()
                .unwrap()
                .block_on(after_the_crash(&database));
            // The node of step `kill_at` had begun, so that many steps had been taken.
            assert!(
                taken + behind >= kill_at,
                "{durability}: {taken} kept of {kill_at}"
            );
            if durability == "exit" {
                assert_eq!(taken, 0, "nothing but the input is stored");
            }
            assert_eq!(end, 2_000);
        }
    }
}

/// Runs a child until it says that it takes the given step, and kills it there.
fn kill_when_said(durability: &str, database: &Path, step: u32) {
    let task = format!("{durability} {}", database.display());
    let mut child: Child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "durability::a_killed_process_loses_at_most_what_its_durability_says",
            "--nocapture",
        ])
        .env(CHILD, task)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let said = format!("step {step}");
    let found = lines.map_while(Result::ok).any(|line| line == said);
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(found, "the child never came to {said}");
}

fn child(task: &str) {
    let (durability, database) = task.split_once(' ').unwrap();
    let durability = match durability {
        "sync" => Durability::Sync,
        "async" => Durability::Async,
        _ => Durability::Exit,
    };
    let say = |step| {
        let mut out = std::io::stdout().lock();
        writeln!(out, "step {step}")
            .and_then(|()| out.flush())
            .unwrap();
    };
    tokio::runtime::Runtime::new().unwrap().block_on(async {
        let saver = SqliteSaver::open(database).await.unwrap();
        let graph = Steps::graph()
            .context(Voice { say: Arc::new(say) })
            .checkpointer(saver)
            .step_limit(usize::MAX)
            .build();
        graph
            .thread("t")
            .invoke(Input::new().limit(2_000))
            .durability(durability)
            .await
            .unwrap();
    });
}

/// How many steps are kept, and what the thread comes to when it is resumed.
async fn after_the_crash(database: &Path) -> (u32, u32) {
    let saver = SqliteSaver::open(database).await.unwrap();
    let thread = Steps::graph()
        .context(silent())
        .checkpointer(saver)
        .step_limit(usize::MAX)
        .build()
        .thread("t");
    let kept = thread.state().await.unwrap().unwrap().state.taken;
    let end = thread.resume().await.unwrap().done().unwrap().taken;
    (kept, end)
}
