//! Conversations that are killed wherever they can be killed.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use graph_runtime::Checkpointer;
use graph_runtime::testing::crash_everywhere;

use crate::assistant::Assistant;
use crate::graph::support::{Desk, Graph, Input, Question, Support};
use crate::ledger::Ledger;
use crate::message::Message;
use crate::rules::Rules;
use crate::section;
use crate::shelf::Shelf;

const GUIDE: &str =
    "# Threads\n\nA thread is a conversation.\n\n# Resuming\n\nCall resume on its thread.\n";
const SOURCE: &str = "/// Goes on where the thread was left.\npub fn resume(&self) {}\n";

/// It takes its time, which passes at once, so that it can be killed between any two words.
const PACE: Duration = Duration::from_millis(1);

fn desk(docs: &Path, saver: Arc<dyn Checkpointer>) -> Graph {
    let desk = Desk {
        assistant: Assistant::Rules(Rules { pace: PACE }),
        guides: Shelf::new(section::of_guides(docs).unwrap()),
        sources: Shelf::new(section::of_sources(docs).unwrap()),
        ledger: Ledger::new(docs.join("refunds"), PACE),
    };
    Support::graph().context(desk).checkpointer(saver).build()
}

/// Kills it everywhere, and looks into the ledger each time.
async fn survives(said: &str, refunds: u32) {
    let docs = tempfile::tempdir().unwrap();
    let docs = docs.path();
    fs::create_dir(docs.join("src")).unwrap();
    fs::write(docs.join("guide.md"), GUIDE).unwrap();
    fs::write(docs.join("src/lib.rs"), SOURCE).unwrap();
    let survived = crash_everywhere(
        |saver| desk(docs, saver),
        || Input::new().messages([Message::from_customer(said)]),
    )
    .answering(|question| match question {
        Question::Approve(question) => Some(question.answer(true)),
    })
    .after_each(|support| {
        assert_eq!((support.refunds, support.messages.len()), (refunds, 2));
        let paid = fs::read_to_string(docs.join("refunds")).unwrap_or_default();
        assert_eq!(paid.lines().count(), refunds as usize, "{paid}");
        let _ = fs::remove_file(docs.join("refunds"));
    })
    .await
    .unwrap();
    assert!(survived.calls > 4 && survived.polls > 20, "{survived:?}");
}

#[tokio::test(start_paused = true)]
async fn a_refund_is_paid_once_wherever_it_is_killed() {
    survives("I want a refund", 1).await;
}

#[tokio::test(start_paused = true)]
async fn a_question_is_answered_wherever_it_is_killed() {
    survives("How do I resume a thread?", 0).await;
}
