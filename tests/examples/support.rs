//! The support desk, on its rules.

use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;

use crate::program::{Ended, Program, run};

/// A place with some documents and a database.
pub(crate) struct Place {
    directory: TempDir,
    db: String,
    docs: String,
}

impl Place {
    pub(crate) fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let docs = directory.path().join("docs");
        fs::create_dir_all(docs.join("src")).unwrap();
        let guide = "# Orders\n\nMoney is taken when an order leaves the house.\n\n# Returns\n\nSend it back in its box.\n";
        fs::write(docs.join("guide.md"), guide).unwrap();
        fs::write(
            docs.join("src/lib.rs"),
            "/// Where money is kept.\npub fn purse() {}\n",
        )
        .unwrap();
        let db = directory.path().join("support.db").display().to_string();
        let docs = docs.display().to_string();
        Self {
            directory,
            db,
            docs,
        }
    }

    pub(crate) fn start(&self, more: &[&str], environment: &[(&str, &str)]) -> Program {
        Program::start("support", &self.args("ada", more), environment)
    }

    async fn run(&self, user: &str, input: &str) -> Ended {
        run("support", &self.args(user, &[]), input).await
    }

    async fn history(&self, user: &str) -> Vec<String> {
        let ended = run("support", &self.args(user, &["--history"]), "").await;
        assert_eq!(ended.code, Some(0), "{}", ended.complained);
        // Without the time.
        ended
            .said
            .lines()
            .map(|line| line.split_once("  ").unwrap().1.to_owned())
            .collect()
    }

    fn paid(&self) -> Vec<String> {
        let ledger: PathBuf = self.directory.path().join("support.refunds.txt");
        let lines = fs::read_to_string(ledger).unwrap_or_default();
        lines
            .lines()
            .map(|line| line.split('\t').next_back().unwrap().to_owned())
            .collect()
    }

    fn args<'a>(&'a self, user: &'a str, more: &[&'a str]) -> Vec<&'a str> {
        [
            &["--user", user, "--db", &self.db, "--docs", &self.docs][..],
            more,
        ]
        .concat()
    }
}

#[tokio::test]
async fn a_conversation_over_a_pipe() {
    let place = Place::new();
    let ended = place
        .run("ada", "Where is my money?\nI want a refund\ny\n")
        .await;
    let expected = "\
A new conversation. Ask how something works, or for a refund.
> Where is my money?
· classify
· search_guides
· search_sources
· answer
This is what I have found:
- Money is taken when an order leaves the house. [guide.md (Orders)]
- Where money is kept. [src/lib.rs (fn purse)]
> I want a refund
· classify
· approve
A customer wrote: \"I want a refund\". Pay back? [y/n] y
· refund
· answer
Your money is on its way back.
> 
";
    assert_eq!(ended.said, expected);
    assert_eq!((ended.code, ended.complained.as_str()), (Some(0), ""));
    assert_eq!(place.paid(), ["I want a refund"]);
    let steps = [
        "step 10   answer -> end",
        "step 9    refund -> answer",
        "step 8    approve -> refund",
        "step 7    approve -> approve",
        "step 6    classify -> approve",
        "step 4    answer -> end",
        "step 3    search_guides, search_sources -> answer",
        "step 2    classify -> search_guides, search_sources",
    ];
    assert_eq!(place.history("ada").await, steps);
}

#[tokio::test]
async fn killed_in_the_middle_of_a_turn_it_finishes_that_turn_first() {
    for point in ["· classify", "· answer", "This is what"] {
        let place = Place::new();
        let mut program = place.start(&["--slow", "300"], &[]);
        program.say("Where is my money?").await;
        program.until(point).await;
        let said = program.kill().await;
        assert!(!said.contains("src/lib.rs"), "killed too late:\n{said}");

        let ended = place.run("ada", "thanks\n").await;
        let (before, after) = ended.said.split_once("> thanks\n").unwrap();
        assert!(
            before.starts_with("Welcome back. Going on at "),
            "{point}:\n{before}"
        );
        assert!(
            before.contains("with: Where is my money?"),
            "{point}:\n{before}"
        );
        assert!(
            before.ends_with("Where money is kept. [src/lib.rs (fn purse)]\n"),
            "{point}:\n{before}"
        );
        assert!(after.contains("At your service"), "{point}:\n{after}");
        // Nothing was done twice: the turns look as if nobody had pulled the plug.
        assert_eq!(place.history("ada").await.len(), 5, "{point}");
    }
}

#[tokio::test]
async fn killed_while_it_pays_it_pays_once() {
    let place = Place::new();
    let mut program = place.start(&["--slow", "500"], &[]);
    program.say("I want a refund").await;
    program.say("y").await;
    program.until("· refund").await;
    while place.paid().is_empty() {
        tokio::task::yield_now().await;
    }
    program.kill().await;

    let ended = place.run("ada", "").await;
    assert!(
        ended.said.starts_with("Welcome back. Going on at "),
        "{}",
        ended.said
    );
    assert!(
        ended.said.contains("Your money is on its way back."),
        "{}",
        ended.said
    );
    assert_eq!(place.paid(), ["I want a refund"]);
}

#[tokio::test]
async fn a_question_waits_for_its_answer_over_any_number_of_starts() {
    let place = Place::new();
    let mut program = place.start(&[], &[]);
    program.say("I want a refund").await;
    program.until("[y/n]").await;
    program.kill().await;
    for _ in 0..2 {
        let ended = place.run("ada", "").await;
        assert!(
            ended
                .said
                .starts_with("Welcome back. You were asked something:"),
            "{}",
            ended.said
        );
        assert!(
            ended
                .said
                .ends_with("The question stays open; start again to answer it.\n")
        );
        assert_eq!(ended.code, Some(0));
    }
    let ended = place.run("ada", "what?\nNo\n").await;
    assert!(
        ended.said.contains("Please answer y or n."),
        "{}",
        ended.said
    );
    assert!(
        ended.said.contains("we can't refund this one"),
        "{}",
        ended.said
    );
    assert_eq!(place.paid(), Vec::<String>::new());
    // The old answer is no answer to the next request.
    let ended = place.run("ada", "I want a refund\n").await;
    assert!(ended.said.contains("stays open"), "{}", ended.said);
}

#[tokio::test]
async fn every_customer_has_a_conversation_of_their_own() {
    let place = Place::new();
    place.run("ada", "Where is my money?\n").await;
    let ended = place.run("bob", "hello\n").await;
    assert!(
        ended.said.starts_with("A new conversation."),
        "{}",
        ended.said
    );
    assert_eq!(place.history("ada").await.len(), 3);
    assert_eq!(place.history("bob").await.len(), 2);
    let ended = place.run("ada", "").await;
    assert!(
        ended
            .said
            .starts_with("Welcome back. The last answer was:\nThis is what I have found:")
    );
    let nobody = run("support", &place.args("eve", &["--history"]), "").await;
    assert_eq!(nobody.said, "Nothing was said yet.\n");
}

#[tokio::test]
async fn an_input_that_is_no_text_is_no_reason_to_stop() {
    let place = Place::new();
    let mut program = place.start(&[], &[]);
    program.say("").await;
    program.say("\u{0}\u{7f}").await;
    program.say(&"money ".repeat(50_000)).await;
    let ended = program.finish().await;
    assert_eq!(ended.code, Some(0), "{}", ended.complained);
    assert!(ended.said.contains("[guide.md (Orders)]"));
}

#[tokio::test]
async fn what_is_wrong_is_said_kindly() {
    let place = Place::new();
    fs::write(&place.db, "a text").unwrap();
    let ended = place.run("ada", "").await;
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.complained.contains("is not an SQLite database"),
        "{}",
        ended.complained
    );

    let place = Place::new();
    let ended = place.run("", "").await;
    assert_eq!((ended.code, ended.said.as_str()), (Some(1), ""));
    assert!(
        ended.complained.contains("the user id is empty"),
        "{}",
        ended.complained
    );

    for (args, complaint) in [
        (vec![], "--user <USER>"),
        (
            vec!["--user", "ada", "--slow", "much"],
            "invalid value 'much'",
        ),
        (
            vec!["--user", "ada", "--docs", "/nowhere"],
            "No such file or directory",
        ),
    ] {
        let ended = run("support", &args, "").await;
        assert_eq!((ended.code, ended.said.as_str()), (Some(2), ""), "{args:?}");
        assert!(ended.complained.contains(complaint), "{}", ended.complained);
    }
}

#[tokio::test]
async fn this_repository_s_own_documents_are_searched() {
    let place = Place::new();
    let root = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let args = ["--user", "ada", "--db", &place.db, "--docs", root];
    let ended = run("support", &args, "How do I resume a thread?\n").await;
    // Which of several such functions is found first is a matter of their words.
    let found = ended.said.lines();
    let found = found.filter(|line| line.ends_with(".rs (fn resume)]"));
    assert!(found.count() > 0, "{}", ended.said);
}
