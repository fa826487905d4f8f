//! A briefing that is killed wherever it can be killed, and a lookup by itself: what runs twice is looked at in the graph
//! that is killed, not in those within it.

use std::fs;
use std::sync::Arc;

use graph_runtime::testing::crash_everywhere;

use crate::graph::briefing::{self, Briefing};
use crate::library::Library;
use crate::search::lookup::{self, Lookup};

const TEXT: &str = "Bees make honey. Honey is sweet. Wasps don't make it.";

fn library() -> Arc<Library> {
    let directory = tempfile::tempdir().unwrap();
    let text = directory.path().join("text");
    fs::write(&text, TEXT).unwrap();
    Arc::new(Library::open(&text).unwrap())
}

#[tokio::test]
async fn a_briefing_is_the_same_wherever_it_is_killed() {
    let library = library();
    let survived = crash_everywhere(
        |saver| {
            let shelf = briefing::Shelf {
                library: Arc::clone(&library),
            };
            Briefing::graph().context(shelf).checkpointer(saver).build()
        },
        || {
            let topics = ["bees", "nectar", "wasps", "mead"];
            briefing::Input::new().topics(topics.map(str::to_owned).to_vec())
        },
    )
    .answering(|question| match question {
        briefing::Question::LookUp(within) => {
            let lookup::Question::Name(topic) = &within.question;
            Some(within.answer(topic.answer("honey")))
        }
    })
    .after_each(|briefing| {
        assert_eq!(briefing.text.matches("(honey)").count(), 2);
        assert!(briefing.text.ends_with("6 sentences quoted."));
    })
    .every(3)
    .await
    .unwrap();
    assert!(survived.calls > 20 && survived.polls > 10, "{survived:?}");
}

#[tokio::test]
async fn a_lookup_is_the_same_wherever_it_is_killed() {
    let library = library();
    let survived = crash_everywhere(
        |saver| {
            let shelf = lookup::Shelf {
                library: Arc::clone(&library),
            };
            Lookup::graph().context(shelf).checkpointer(saver).build()
        },
        || lookup::Input::new("nectar"),
    )
    .answering(|question| match question {
        lookup::Question::Name(question) => Some(question.answer("honey")),
    })
    .after_each(|lookup| assert_eq!((lookup.found.len(), lookup.quoted), (2, 2)))
    .await
    .unwrap();
    assert!(survived.calls > 5 && survived.polls > 10, "{survived:?}");
}
