//! Several processes on one database, processes that are killed, who may commit to a path, and a graph that is
//! answered from elsewhere. The test runs itself as the other process.

#![allow(clippy::unwrap_used, reason = "these are tests")]

#[path = "support/mongodb_proxy.rs"]
mod proxy;
#[path = "support/mongodb.rs"]
mod server;
mod support;

use std::env;
use std::io::{BufRead, BufReader, Write};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use ::mongodb::bson::{Document, doc};
use graph_checkpointers::MongoSaver;
use graph_runtime::{At, Checkpointer, Commit, Query, Record, StoreError, ThreadKey};
use proxy::{Act, Proxy};
use support::{adding, after, first, key};

/// Where the other process finds the database.
const DATABASE: &str = "MONGODB_SHARED_DATABASE";

const LONG: Duration = Duration::from_hours(1);

/// Runs one of the tests below in a process of its own.
fn start(role: &str, database: &str) -> Child {
    Command::new(env::current_exe().unwrap())
        .args([
            "--exact",
            role,
            "--ignored",
            "--nocapture",
            "--test-threads=1",
        ])
        .env(DATABASE, database)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

async fn open_as_told() -> MongoSaver {
    let database = env::var(DATABASE).unwrap();
    MongoSaver::connect(&server::uri(), &database)
        .await
        .unwrap()
}

async fn tip(saver: &MongoSaver, thread: &ThreadKey) -> Option<Record> {
    let chain = saver.load(thread, At::Head).await.unwrap();
    chain.and_then(|mut chain| chain.records.pop())
}

/// All records of a thread, oldest first, without a gap or half a commit.
async fn whole(saver: &MongoSaver, thread: &ThreadKey) -> Vec<Record> {
    let mut stored = saver.list(thread, &Query::default()).await.unwrap();
    stored.reverse();
    for (place, pair) in stored.windows(2).enumerate() {
        assert_eq!(pair[1].parent, Some(pair[0].id));
        assert_eq!(pair[1].sequence, place as u64 + 2);
    }
    stored
}

/// How often each process writes to the thread that all of them share.
const TURNS: usize = 15;

#[tokio::test]
#[ignore = "the other process of `several_processes_share_a_database`"]
async fn write_in_turns() {
    let saver = open_as_told().await;
    let mut written = 0;
    while written < TURNS {
        let last = tip(&saver, &key("shared")).await;
        let next = last.as_ref().map_or_else(first, after);
        let commit = adding(last.as_ref(), &next);
        match saver.commit(&key("shared"), commit).await {
            Ok(()) => written += 1,
            Err(StoreError::Conflict { .. }) => {}
            Err(error) => unreachable!("{error}"),
        }
    }
}

#[tokio::test]
async fn several_processes_share_a_database() {
    let name = "graph_tests_shared";
    let saver = server::open(name).await;
    let children: Vec<_> = (0..4).map(|_| start("write_in_turns", name)).collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    assert_eq!(whole(&saver, &key("shared")).await.len(), 4 * TURNS);
}

#[tokio::test]
#[ignore = "the other process of `a_killed_process_loses_nothing_that_was_acknowledged`"]
async fn write_until_killed() {
    let saver = open_as_told().await;
    let mut last = tip(&saver, &key("t")).await;
    loop {
        let next = last.as_ref().map_or_else(first, after);
        let commit = adding(last.as_ref(), &next);
        saver.commit(&key("t"), commit).await.unwrap();
        // The line break before it keeps clear of what the test harness prints.
        let line = format!("\nacknowledged {} {}\n", next.sequence, next.id);
        std::io::stdout().write_all(line.as_bytes()).unwrap();
        last = Some(next);
    }
}

/// Kills the child after a number of acknowledged commits, and gives the sequence and the id of the last one.
fn kill_after(commits: usize, mut child: Child) -> (usize, String) {
    let lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut last = None;
    let mut count = 0;
    for line in lines.map_while(Result::ok) {
        let words: Vec<_> = line.split(' ').collect();
        // The last line may be cut.
        if let ["acknowledged", sequence, id] = words[..]
            && id.len() == 26
        {
            last = Some((sequence.parse().unwrap(), id.to_owned()));
            count += 1;
            if count == commits {
                child.kill().unwrap();
            }
        }
    }
    assert!(count >= commits, "the other process ended by itself");
    child.wait().unwrap();
    last.unwrap()
}

#[tokio::test]
async fn a_killed_process_loses_nothing_that_was_acknowledged() {
    let name = "graph_tests_killed";
    let saver = server::open(name).await;
    for commits in [1, 7, 20, 33] {
        let (sequence, id) = kill_after(commits, start("write_until_killed", name));
        let stored = whole(&saver, &key("t")).await;
        assert_eq!(stored[sequence - 1].id.to_string(), id);
        // One that was under way may have happened.
        assert!(stored.len() <= sequence + 1);
    }
}

fn under(epoch: u64, commit: Commit) -> Commit {
    Commit { epoch, ..commit }
}

async fn leased(saver: &MongoSaver, holder: &str, ttl: Duration) -> u64 {
    let lease = saver.lease(&key("t"), holder, ttl).await.unwrap();
    lease.unwrap().epoch
}

/// From the moment when somebody has the lease, nothing of the one before gets to any path.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn nothing_of_the_old_holder_comes_to_a_path_after_the_new_one() {
    let saver = server::open("graph_tests_fences").await;
    for round in 0..15 {
        let child = key("t").child(&format!("web{round}")).unwrap();
        let epoch = leased(&saver, "ada", Duration::ZERO).await;
        let first = first();
        let begins = under(epoch, adding(None, &first));
        saver.commit(&child, begins).await.unwrap();
        let (old, of) = (saver.clone(), child.clone());
        let writer = tokio::spawn(async move { write_until_fenced(&old, &of, first, epoch).await });
        // Another point of the commits each time.
        tokio::time::sleep(Duration::from_millis(round)).await;
        leased(&saver, "bob", Duration::ZERO).await;
        let seen = tip(&saver, &child).await;
        writer.await.unwrap();
        assert_eq!(tip(&saver, &child).await, seen);
    }
}

async fn write_until_fenced(saver: &MongoSaver, child: &ThreadKey, mut last: Record, epoch: u64) {
    loop {
        let next = after(&last);
        let commit = under(epoch, adding(Some(&last), &next));
        match saver.commit(child, commit).await {
            Ok(()) => last = next,
            Err(StoreError::Fenced { .. }) => return,
            Err(error) => unreachable!("{error}"),
        }
    }
}

/// What was decided under the old lease, and comes to the server after the new one was given.
#[tokio::test]
async fn a_commit_to_a_path_that_was_held_up_on_its_way_is_fenced() {
    let name = "graph_tests_late";
    let saver = server::open(name).await;
    let marks = &["update", "graph_paths", "version", "head"];
    let proxy = Proxy::before(server::host(), Act::Hold, marks).await;
    let uri = server::at(&proxy.address);
    let old = MongoSaver::connect(&uri, name).await.unwrap();
    let child = key("t").child("web").unwrap();
    let epoch = leased(&old, "ada", Duration::ZERO).await;
    let first = first();
    let begins = under(epoch, adding(None, &first));
    old.commit(&child, begins).await.unwrap();

    proxy.arm();
    let late = under(epoch, adding(Some(&first), &after(&first)));
    let of = child.clone();
    let late = tokio::spawn(async move { old.commit(&of, late).await });
    proxy.caught().await;
    leased(&saver, "bob", LONG).await;
    proxy.let_go();
    let late = late.await.unwrap();
    assert!(matches!(late, Err(StoreError::Fenced { .. })), "{late:?}");
    assert_eq!(tip(&saver, &child).await, Some(first));
}

/// As if whoever was given the lease had been killed before the paths were disarmed.
#[tokio::test]
async fn a_lease_that_was_half_given_fences_and_is_given_whole_by_renewing() {
    let name = "graph_tests_half";
    let saver = server::open(name).await;
    let child = key("t").child("web").unwrap();
    let epoch = leased(&saver, "ada", LONG).await;
    let first = first();
    let begins = under(epoch, adding(None, &first));
    saver.commit(&child, begins).await.unwrap();
    let database = server::database(name).await;
    let threads = database.collection::<Document>("graph_threads");
    let bob = doc! { "$set": {
        "lease.epoch": (epoch + 64).cast_signed(), "lease.holder": "bob", "lease.alone": false,
    } };
    threads.update_one(doc! {}, bob).await.unwrap();

    let late = under(epoch, adding(Some(&first), &after(&first)));
    let late = saver.commit(&child, late).await;
    assert!(matches!(late, Err(StoreError::Fenced { .. })), "{late:?}");
    let paths = database.collection::<Document>("graph_paths");
    let armed = doc! { "armed": epoch.cast_signed() };
    assert_eq!(paths.count_documents(armed.clone()).await.unwrap(), 1);
    assert_eq!(leased(&saver, "bob", LONG).await, epoch + 64);
    assert_eq!(paths.count_documents(armed).await.unwrap(), 0);
}

mod run {
    use super::server;
    use graph_runtime::prelude::*;

    #[graph(id = "counter")]
    mod counter {
        #[state]
        pub(super) struct Counter {
            #[input]
            #[reduce(append)]
            pub words: Vec<String>,
            pub letters: usize,
            pub approved: Option<bool>,
        }

        edges! { start -> {count, check} -> approve -> end; }

        #[node(writes(letters))]
        fn count(words: &[String]) -> usize {
            words.iter().map(String::len).sum()
        }

        #[node]
        fn check() {}

        #[ask(into = approved)]
        fn approve(letters: usize) -> String {
            format!("{letters} letters; is that right?")
        }
    }

    use counter::{Counter, Input};

    #[tokio::test]
    async fn a_graph_is_run_paused_and_answered_from_elsewhere() {
        let saver = server::open("graph_tests_run").await;
        let graph = Counter::graph().checkpointer(saver).build();
        let input = Input::new().words(["one", "three"].map(str::to_owned));
        let outcome = graph.thread("ada").invoke(input).await.unwrap();
        assert!(matches!(outcome, Outcome::Paused(_)));

        let elsewhere = server::open("graph_tests_run").await;
        let graph = Counter::graph().checkpointer(elsewhere).build();
        let thread = graph.thread("ada");
        let questions = thread.questions().await.unwrap();
        let counter::Question::Approve(question) = &questions[0];
        assert_eq!(question.question, "8 letters; is that right?");
        let outcome = thread.answer(question.answer(true)).await.unwrap();
        let Outcome::Done(output) = outcome else {
            unreachable!("nothing else is asked");
        };
        assert_eq!((output.letters, output.approved), (8, Some(true)));
    }
}
