//! Graphs that are killed wherever a run can be killed, by what the library gives its users for that.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use async_trait::async_trait;
use graph_runtime::prelude::*;
use graph_runtime::testing::{CrashError, Fault, Faulty, crash_everywhere};
use graph_runtime::{
    Asking, Asks, At, Chain, Checkpointer, Graph, StoreError, ThreadKey, WriteKind,
};
use serde::{Deserialize, Serialize};

use graph_tests::between::{Between, Over};
use graph_tests::graphs::chat::{self, Chat};
use graph_tests::graphs::risky::{self, Risky};
use graph_tests::office::office::Office;
use graph_tests::office::{Desk, builder, input, scale, yes};

const DURABILITIES: [Durability; 2] = [Durability::Sync, Durability::Async];

/// One of its nodes reads a field that is never stored, so what it sees depends on who runs it.
const UNSAVED: [&str; 1] = ["seen"];

fn office(saver: Arc<dyn Checkpointer>, seed: u64, durability: Durability) -> Graph<Office> {
    let graph = builder(&Desk::seeded(seed)).durability(durability);
    graph.checkpointer(saver).build()
}

#[tokio::test]
async fn the_office_survives_being_killed_anywhere() {
    for seed in 1..=scale() {
        for durability in DURABILITIES {
            let survived = crash_everywhere(|saver| office(saver, seed, durability), input)
                .answering(|question| Some(yes(question)))
                .ignoring(UNSAVED)
                .await
                .unwrap();
            assert!(survived.calls > 15, "{durability:?}: {survived:?}");
            assert!(survived.polls > 50, "{durability:?}: {survived:?}");
        }
    }
}

#[tokio::test]
async fn a_graph_that_nobody_answers_waits_at_the_same_place() {
    let make = |saver| office(saver, 3, Durability::Sync);
    let killed = crash_everywhere(make, input).every(5);
    killed.ignoring(UNSAVED).await.unwrap();
}

#[tokio::test]
async fn a_run_that_fails_by_itself_is_told_as_such() {
    let make = |saver| Risky::graph().checkpointer(saver).build();
    let error = crash_everywhere(make, || risky::Input::new().step(1)).await;
    assert!(
        matches!(error, Err(CrashError::Undisturbed(Error::Node { .. }))),
        "{error:?}"
    );
}

/// A node that does something else each time.
#[graph(id = "fickle")]
mod fickle {
    use super::*;

    #[state]
    pub struct Fickle {
        pub first: u32,
        pub second: u32,
    }

    #[context]
    pub struct Outside {
        pub counter: Arc<AtomicU32>,
    }

    edges! { start -> one -> two -> end; }

    #[node(writes(first))]
    async fn one(counter: &AtomicU32) -> u32 {
        counter.fetch_add(1, Ordering::SeqCst)
    }

    #[node(writes(second))]
    async fn two(counter: &AtomicU32) -> u32 {
        counter.fetch_add(1, Ordering::SeqCst)
    }
}

#[tokio::test]
async fn another_end_is_found_out_unless_it_is_ignored() {
    use fickle::{Fickle, Input, Outside};
    let make = |saver| {
        let outside = Outside {
            counter: Arc::default(),
        };
        Fickle::graph().context(outside).checkpointer(saver).build()
    };
    let error = crash_everywhere(make, Input::new).await.unwrap_err();
    assert!(matches!(error, CrashError::Differs { .. }), "{error}");
    let text = error.to_string();
    assert!(
        text.contains("killed") && text.contains("undisturbed, it is"),
        "{text}"
    );
    crash_everywhere(make, Input::new)
        .ignoring(["second"])
        .await
        .unwrap();
    crash_everywhere(make, Input::new)
        .or_ending(|fickle| (fickle.first, fickle.second) == (0, 0))
        .await
        .unwrap();
    let error = crash_everywhere(make, Input::new).or_ending(|fickle| fickle.second > 1);
    let error = error.await.unwrap_err();
    assert!(matches!(error, CrashError::Differs { .. }), "{error}");
}

#[tokio::test]
async fn every_end_is_looked_at() {
    let mut ends = 0;
    let survived = crash_everywhere(|saver| office(saver, 3, Durability::Sync), input)
        .answering(|question| Some(yes(question)))
        .after_each(|_| ends += 1)
        .ignoring(UNSAVED)
        .every(5)
        .await
        .unwrap();
    let kills = 2 * survived.calls + survived.polls as u64;
    assert_eq!(ends, 1 + kills);
}

/// Each of its items asks from within its node, but for one that has nothing to ask.
#[graph(id = "menu")]
mod menu {
    use super::*;

    #[state]
    pub struct Menu {
        #[input]
        pub guests: Vec<String>,
        #[reduce(append)]
        pub dishes: Vec<String>,
    }

    edges! { start -> for guest in state.guests.clone() { order(guest) }; order -> end; }

    #[node(writes(dishes), asks(Dish))]
    async fn order(guest: String, run: &Asking<Dish>) -> String {
        match guest.as_str() {
            "the cook" => "soup".to_owned(),
            _ => run.interrupt("dish", Dish(guest)).await,
        }
    }
}

#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Dish(String);

impl Asks for Dish {
    type Answer = String;
}

#[tokio::test]
async fn a_node_that_is_answered_is_not_one_that_runs_again() {
    let make = |saver| menu::Menu::graph().checkpointer(saver).build();
    let guests = ["ada", "the cook", "grace"].map(str::to_owned);
    crash_everywhere(make, || menu::Input::new().guests(guests.to_vec()))
        .answering(|question| match question {
            menu::Question::Order(question) => Some(question.answer("cake")),
        })
        .after_each(|menu| assert_eq!(menu.dishes, ["cake", "soup", "cake"]))
        .await
        .unwrap();
}

/// Forgets what siblings have finished, though it is stored.
struct Forgetful(Arc<dyn Checkpointer>);

#[async_trait]
impl Between for Forgetful {
    fn inner(&self) -> &dyn Checkpointer {
        &*self.0
    }

    async fn load(&self, thread: &ThreadKey, at: At) -> Result<Option<Chain>, StoreError> {
        let mut chain = self.0.load(thread, at).await?;
        if let Some(chain) = &mut chain {
            chain
                .writes
                .retain(|write| write.key.kind != WriteKind::Update);
        }
        Ok(chain)
    }
}

#[tokio::test]
async fn a_node_that_runs_again_is_found_out() {
    let make = |saver| office(Arc::new(Over(Forgetful(saver))), 5, Durability::Sync);
    let error = crash_everywhere(make, input)
        .answering(|question| Some(yes(question)))
        .ignoring(UNSAVED)
        .await
        .unwrap_err();
    assert!(matches!(error, CrashError::RanAgain { .. }), "{error}");
}

/// A graph in which the whole office is a node.
#[graph(id = "building")]
mod building {
    use super::*;
    use graph_tests::office::office;

    #[state]
    pub struct Building {
        pub office: Option<office::Output>,
    }

    #[context]
    pub struct Rooms {
        pub desk: Arc<Desk>,
    }

    edges! { start -> open -> work -> end; }

    #[node]
    fn open() {}

    #[subgraph(office::Office, into = office)]
    fn work() -> office::Input {
        input()
    }
}

fn building(saver: Arc<dyn Checkpointer>) -> Graph<building::Building> {
    let rooms = building::Rooms {
        desk: Desk::seeded(5),
    };
    let graph = building::Building::graph().durability(Durability::Sync);
    graph.context(rooms).checkpointer(saver).build()
}

#[allow(clippy::unnecessary_wraps)] // whoever answers may also say nothing
fn yes_within(question: &building::Question) -> Option<building::Answer> {
    let building::Question::Work(work) = question;
    Some(work.answer(yes(&work.question)))
}

#[tokio::test]
async fn a_graph_within_another_is_looked_at_too() {
    // The office has fields that depend on who runs it.
    let killed = crash_everywhere(building, building::Input::new).ignoring(["office"]);
    let survived = killed.answering(yes_within).every(3).await.unwrap();
    assert!(survived.calls > 15, "{survived:?}");
    let forgetful = |saver| building(Arc::new(Over(Forgetful(saver))));
    let killed = crash_everywhere(forgetful, building::Input::new).ignoring(["office"]);
    let error = killed.answering(yes_within).await.unwrap_err();
    assert!(matches!(error, CrashError::RanAgain { .. }), "{error}");
    assert!(error.to_string().contains("node `work` > `"), "{error}");
}

#[tokio::test]
async fn what_the_checkpointer_does_to_a_call_is_what_it_was_told() {
    let saver = Arc::new(MemorySaver::new());
    let faulty = |call, fault| Arc::new(Faulty::new(Arc::clone(&saver)).at(call, fault));
    let on = |saver: Arc<Faulty<_>>| {
        let graph = Chat::graph()
            .durability(Durability::Sync)
            .checkpointer(saver);
        graph.build().thread("t")
    };
    let said = |text: &str| chat::Input::new().messages([text.to_owned()]);
    // The first call loads the thread, the second stores the input.
    for fault in [Fault::Refused, Fault::RequestLost] {
        let error = on(faulty(2, fault)).invoke(said("lost")).await.unwrap_err();
        assert!(
            error.to_string().contains("call 2 was planned to fail"),
            "{error}"
        );
        assert!(
            saver
                .threads("chat", &graph_runtime::Page::default())
                .await
                .unwrap()
                .is_empty()
        );
    }
    on(faulty(2, Fault::ReplyLost))
        .invoke(said("kept"))
        .await
        .unwrap_err();
    on(faulty(2, Fault::Slow(3))).resume().await.unwrap();
    on(faulty(3, Fault::Twice))
        .invoke(said("twice"))
        .await
        .unwrap();
    let moment = on(faulty(0, Fault::Twice)).state().await.unwrap().unwrap();
    assert_eq!(
        moment.state.messages,
        ["kept", "echo: kept", "twice", "echo: twice"]
    );
}
