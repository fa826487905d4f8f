//! A node that is a graph and was renamed: what its graph has stored is found under the name that the node had.

use std::sync::Arc;

use graph_runtime::Checkpointer;
use graph_runtime::prelude::*;

use graph_tests::store::on_every_backend;

/// Looks, and asks.
#[graph(id = "probe")]
mod probe {
    #[state]
    pub struct Probe {
        #[input(required)]
        pub part: String,
        #[reduce(append)]
        pub looked: Vec<String>,
        pub fine: Option<bool>,
    }

    edges! { start -> look -> confirm -> end; }

    #[node(writes(looked))]
    fn look(part: &str) -> String {
        format!("{part}, looked at by {}", super::version())
    }

    #[ask(into = fine)]
    fn confirm(part: &str) -> String {
        format!("is {part} fine?")
    }
}

/// The same in the second version, in which its own nodes have other names, too.
#[graph(id = "probe")]
mod inspection {
    #[state]
    pub struct Inspection {
        #[input(required)]
        pub part: String,
        #[reduce(append)]
        pub looked: Vec<String>,
        pub fine: Option<bool>,
    }

    edges! { start -> inspect -> approve -> end; }

    #[node(writes(looked), alias = "look")]
    fn inspect(part: &str) -> String {
        format!("{part}, looked at by {}", super::version())
    }

    #[ask(into = fine, alias("clear", "confirm"))]
    fn approve(part: &str) -> String {
        format!("do you approve of {part}?")
    }
}

/// Counts its calls.
#[graph(id = "tally")]
mod tally {
    #[state]
    pub struct Tally {
        #[reduce(sum)]
        pub calls: u32,
    }

    edges! { start -> count -> end; }

    #[node(writes(calls))]
    fn count() -> u32 {
        1
    }
}

thread_local! {
    static VERSION: std::cell::Cell<&'static str> = const { std::cell::Cell::new("the first") };
}

/// The version whose nodes run on this thread.
fn version() -> &'static str {
    VERSION.get()
}

#[graph(id = "renamed")]
mod first {
    use super::*;

    #[state]
    pub struct First {
        #[input]
        pub parts: Vec<String>,
        #[scope(run)]
        #[reduce(append)]
        pub found: Vec<probe::Output>,
        pub calls: Option<tally::Output>,
    }

    edges! {
        start -> note -> for part in &state.parts { web(part) };
        web -> end;
    }

    #[subgraph(probe::Probe, into = found)]
    fn web(part: &str) -> probe::Input {
        probe::Input::new(part)
    }

    #[subgraph(tally::Tally, memory, into = calls)]
    fn note() -> tally::Input {
        tally::Input::new()
    }
}

#[graph(id = "renamed")]
mod second {
    use super::*;

    #[state]
    pub struct Second {
        #[input]
        pub parts: Vec<String>,
        #[scope(run)]
        #[reduce(append)]
        pub found: Vec<inspection::Output>,
        pub calls: Option<tally::Output>,
    }

    edges! {
        start -> pad -> for part in &state.parts { search(part) };
        search -> end;
    }

    #[subgraph(inspection::Inspection, into = found, alias("browse", "web"))]
    fn search(part: &str) -> inspection::Input {
        inspection::Input::new(part)
    }

    #[subgraph(tally::Tally, alias = "note", memory, into = calls)]
    fn pad() -> tally::Input {
        tally::Input::new()
    }
}

fn old(saver: Arc<dyn Checkpointer>) -> Thread<first::First> {
    VERSION.set("the first");
    first::First::graph()
        .checkpointer(saver)
        .build()
        .thread("t")
}

fn new(saver: Arc<dyn Checkpointer>) -> Thread<second::Second> {
    VERSION.set("the second");
    second::Second::graph()
        .checkpointer(saver)
        .build()
        .thread("t")
}

const PARTS: [&str; 2] = ["roof", "door"];

fn parts() -> Vec<String> {
    PARTS.map(str::to_owned).to_vec()
}

fn yes(question: &second::Question) -> second::Answer {
    match question {
        second::Question::Search(search) => {
            let inspection::Question::Approve(confirm) = &search.question;
            search.answer(confirm.answer(true))
        }
        second::Question::Pad(pad) => match pad.question {},
    }
}

/// Nobody but the version that began a part has looked at it.
fn check(done: &second::Output, version: &str, calls: u32) {
    assert_eq!(done.calls, Some(tally::Output { calls }));
    let looked: Vec<_> = done.found.iter().flat_map(|found| &found.looked).collect();
    let expected: Vec<_> = PARTS
        .iter()
        .map(|part| format!("{part}, looked at by {version}"))
        .collect();
    assert!(
        looked.into_iter().eq(&expected),
        "{:?}",
        done.found
            .iter()
            .map(|found| &found.looked)
            .collect::<Vec<_>>()
    );
    assert!(done.found.iter().all(|found| found.fine == Some(true)));
}

on_every_backend! {
    async fn what_the_old_name_has_stored_is_gone_on_with(store) {
        let paused = old(store.open().await).invoke(first::Input::new().parts(parts())).await.unwrap();
        assert!(paused.is_paused());
        // One by one, each in a process of its own.
        let questions = new(store.open().await).questions().await.unwrap();
        assert_eq!(questions.len(), 2);
        assert!(new(store.open().await).answer(yes(&questions[1])).await.unwrap().is_paused());
        let outcome = new(store.open().await).answer(yes(&questions[0])).await.unwrap();
        check(&outcome.done().unwrap(), "the first", 1);
        // What begins now begins under the new name; what remembers goes on remembering.
        for calls in 2..4 {
            let thread = new(store.open().await);
            let mut outcome = thread.invoke(second::Input::new().parts(parts())).await.unwrap();
            while let Outcome::Paused(pause) = outcome {
                outcome = thread.answers(pause.questions().iter().map(yes)).await.unwrap();
            }
            check(&outcome.done().unwrap(), "the second", calls);
        }
    }

    async fn an_answer_as_json_may_say_the_old_name(store) {
        old(store.open().await).invoke(first::Input::new().parts(parts())).await.unwrap();
        let thread = new(store.open().await);
        let questions = thread.questions().await.unwrap();
        let json = serde_json::to_string(&yes(&questions[0])).unwrap();
        assert!(json.contains("\"search\""), "{json}");
        let answer = serde_json::from_str(&json.replace("\"search\"", "\"web\"")).unwrap();
        thread.answer(answer).await.unwrap();
        assert_eq!(thread.questions().await.unwrap().len(), 1);
    }

    async fn moments_lead_to_what_the_old_name_has_stored(store) {
        old(store.open().await).invoke(first::Input::new().parts(parts())).await.unwrap();
        let thread = new(store.open().await);
        let questions = thread.questions().await.unwrap();
        thread.answers(questions.iter().map(yes)).await.unwrap();
        let moment = &thread.history().limit(1).await.unwrap()[0];
        assert_eq!(moment.children.len(), 3, "{:?}", moment.children);
        for child in moment.children.iter().filter(|child| child.item.is_some()) {
            let state = thread.child::<inspection::Inspection>(child).unwrap().state().await.unwrap();
            assert_eq!(state.state.fine, Some(true));
        }
    }
}
