//! Canaries: secrets are put into a graph wherever one can be, and looked for in everything that is said and stored.
//! They are found where a node or the user asks for them, and nowhere else.
#![allow(clippy::unused_async)] // what is async is so to show that it may be
#![allow(unreachable_pub)] // nothing is reached from outside of a test
#![allow(clippy::unwrap_used, clippy::panic)] // helpers are tests too, which Clippy can't see

mod mask;
mod overheard;
mod vault;

use std::sync::Arc;

use graph_runtime::prelude::*;
use graph_runtime::testing::crash_everywhere;
use graph_runtime::{
    Checkpointer, ErasedThread, Event, Invocation, Kind, Schemas, StateGraph, ThreadKey,
};
use serde_json::{Value, json};

use mask::{Masked, stored};
use overheard::Overheard;
use vault::door::Door;
use vault::later::Later;
use vault::open::{self, Open};
use vault::passing::{self, Passing};
use vault::vault::{self as a_vault, Answer, Input, Question, Vault};

/// The secret text.
const TOKEN: &str = "c4nary-in-a-coal-mine";

/// The secret number.
const PIN: u64 = 8_130_729_641;

/// What the node says that fails.
const FAILED: &str = "the door is stuck";

fn input() -> Input {
    Input::new(TOKEN)
        .keys([format!("{TOKEN} in the drawer")])
        .rooms(vec![1, 2, 3])
}

/// Where everything is stored in the clear, and the graph that seals it.
fn built() -> (Arc<dyn Checkpointer>, graph_runtime::Graph<Vault>) {
    overheard::trace();
    let saver: Arc<dyn Checkpointer> = Arc::new(MemorySaver::new());
    let graph = Vault::graph()
        .checkpointer(Masked(Arc::clone(&saver)))
        .build();
    (saver, graph)
}

/// Streams all that a run tells, and what it ends with.
async fn listen(run: Invocation<Vault>, heard: &mut Overheard) -> Option<Error> {
    let mut events = run.only([Kind::Debug, Kind::Values]).stream();
    while let Some(event) = events.next().await {
        match event {
            Ok(event) => {
                if let Event::Updated { update, .. } = &event {
                    heard.json("an update as JSON", update);
                }
                heard.event(&event);
            }
            Err(error) => {
                heard.error("an error", &error);
                return Some(error);
            }
        }
    }
    None
}

async fn look(thread: &Thread<Vault>, heard: &mut Overheard) {
    for moment in thread.history().with_inputs().await.unwrap() {
        heard.debug("a moment as text", &moment);
        heard.json("a moment as JSON", &moment);
        heard.debug("a state", &moment.state);
        for child in &moment.children {
            let child = thread.child::<Door>(child).unwrap();
            heard.debug("a child's moments", &child.history().await.unwrap());
            heard.json("a child's moments as JSON", &child.history().await.unwrap());
        }
    }
    let drawing = thread.drawing().await.unwrap();
    heard.text("a drawing", &drawing.mermaid());
    heard.text("a drawing", &drawing.dot());
    heard.text("a drawing", &drawing.svg());
    for question in thread.questions().await.unwrap() {
        heard.debug("a question as text", &question);
        heard.json("a question as JSON", &question);
    }
}

async fn answer(thread: &Thread<Vault>) -> Answer {
    let questions = thread.questions().await.unwrap();
    let [Question::AskPin(question)] = &questions[..] else {
        panic!("{questions:?}");
    };
    question.answer(PIN)
}

#[track_caller]
fn nobody_said_a_secret(heard: &Overheard) {
    for secret in [TOKEN, &PIN.to_string()] {
        let said = heard.who_said(secret);
        assert!(said.is_empty(), "{said:#?}");
    }
}

#[tokio::test]
async fn nothing_that_a_graph_tells_or_stores_has_a_secret_in_it() {
    let (saver, graph) = built();
    let thread = graph.thread("ada");
    let mut heard = Overheard::default();
    heard.debug("an input", &input());
    let paused = listen(thread.invoke(input()), &mut heard).await;
    assert!(paused.is_none(), "{paused:?}");
    look(&thread, &mut heard).await;
    let answer = answer(&thread).await;
    heard.debug("an answer", &answer);
    let failed = listen(thread.answer(answer), &mut heard).await.unwrap();
    assert!(failed.to_string().contains(FAILED), "{failed}");
    look(&thread, &mut heard).await;

    let values = a_vault::Values::new()
        .token(format!("{TOKEN} by hand"))
        .keys([TOKEN.to_owned()])
        .remove_found([format!("{TOKEN} in room 2")])
        .pin(Some(PIN))
        .steady(true);
    heard.debug("values", &values);
    heard.debug("a moment as text", &thread.update(values).await.unwrap());
    assert!(listen(thread.resume(), &mut heard).await.is_none());
    look(&thread, &mut heard).await;

    heard.text("a drawing", &Vault::topology().svg());
    heard.debug("a graph", &graph);
    heard.traces();
    for who in [
        "an event as JSON",
        "an update as JSON",
        "an error",
        "a child's moments",
        "a question as text",
        "a drawing",
        "tracing",
    ] {
        assert!(heard.heard(who), "{who}");
    }
    assert!(!heard.who_said("[redacted]").is_empty());
    assert!(!heard.who_said("door is stuck").is_empty());
    nobody_said_a_secret(&heard);

    // What is stored has them, under the seal.
    let key = ThreadKey::new("vault", "ada").unwrap();
    let payloads = stored(&saver, &key).await;
    let holds = |payloads: &[Vec<u8>]| {
        let is_in = |payload: &Vec<u8>| String::from_utf8_lossy(payload).contains(TOKEN);
        payloads.iter().filter(|payload| is_in(payload)).count()
    };
    assert_eq!(holds(&payloads), 0);
    let sealed: Arc<dyn Checkpointer> = Arc::new(Masked(saver));
    let held = holds(&stored(&sealed, &key).await);
    assert!(held > 3, "{held}");
}

#[tokio::test]
async fn a_secret_that_never_comes_to_a_checkpointer_needs_no_seal() {
    let saver: Arc<dyn Checkpointer> = Arc::new(MemorySaver::new());
    let graph = Passing::graph().checkpointer(Arc::clone(&saver)).build();
    let input = passing::Input::new().hint(TOKEN);
    let done = graph
        .thread("t")
        .invoke(input)
        .await
        .unwrap()
        .done()
        .unwrap();
    assert_eq!(done.length, TOKEN.len());
    let payloads = stored(&saver, &ThreadKey::new("passing", "t").unwrap()).await;
    assert_eq!(payloads.len(), 2);
    for payload in payloads {
        assert!(!String::from_utf8(payload).unwrap().contains(TOKEN));
    }
}

#[tokio::test]
async fn whoever_asks_for_a_secret_has_it() {
    let (_, graph) = built();
    let thread = graph.thread("ada");
    thread.invoke(input().steady(true)).await.unwrap();
    let done = thread.answer(answer(&thread).await).await.unwrap();
    let output = done.done().unwrap();
    assert_eq!((output.seen, output.doors.len()), (6, 1));
    let state = thread.state().await.unwrap().unwrap().state;
    assert_eq!(state.token, format!("{TOKEN}, worn"));
    assert_eq!(state.pin, Some(PIN));
    assert_eq!(state.keys.len(), 3);
    assert_eq!(state.found[&format!("{TOKEN} in room 3")], PIN);
    // It is never stored, so it is gone.
    assert_eq!(state.hint, "");
    let update = a_vault::update::Wander::new().token(TOKEN);
    assert_eq!(update.get_token().map(String::as_str), Some(TOKEN));
    // What goes in is as its sender writes it.
    let sent = serde_json::to_value(input()).unwrap();
    assert_eq!(sent["token"], TOKEN);
    // What a node shows, or copies, is shown.
    let mut heard = Overheard::default();
    let mut events = Open::graph().build().stream(open::Input::new(TOKEN));
    while let Some(event) = events.next().await {
        heard.event(&event.unwrap());
    }
    let shown = heard.who_said(TOKEN);
    assert!(
        shown.iter().any(|(_, said)| said.contains("emitted")),
        "{shown:#?}"
    );
}

#[tokio::test]
async fn a_graph_without_its_types_says_no_secret() {
    let (_, graph) = built();
    let erased = graph.erased_with_schemas();
    let thread = erased.thread("ada");
    let mut heard = Overheard::default();
    let given = serde_json::to_value(input().steady(true)).unwrap();
    let paused = thread.invoke(given).await.unwrap();
    heard.debug("an outcome", &paused);
    heard.json("an outcome", &paused);
    tell(&thread, &mut heard).await;
    let id = &paused.questions()[0]["id"];
    let mut events = thread.answer(json!({ "id": id, "value": PIN })).stream();
    while let Some(event) = events.next().await {
        heard.json("an event as JSON", &event.unwrap());
    }
    let values = json!({ "token": TOKEN, "pin": PIN, "seen": 5 });
    heard.json("a moment", &thread.update(values).await.unwrap());
    tell(&thread, &mut heard).await;
    nobody_said_a_secret(&heard);

    let state = &thread.state().await.unwrap().unwrap()["state"];
    let fields: Vec<_> = state
        .as_object()
        .unwrap()
        .keys()
        .map(String::as_str)
        .collect();
    assert_eq!(fields, ["doors", "rooms", "seen", "steady"]);
    let schemas = erased.schemas().unwrap();
    assert_eq!(schemas.input["properties"]["token"]["writeOnly"], true);
    assert_eq!(schemas.input["properties"]["rooms"].get("writeOnly"), None);
    assert_eq!(
        schemas.answers["ask_pin"]["properties"]["value"]["writeOnly"],
        true
    );
    let shown: Vec<_> = schemas.output["properties"]
        .as_object()
        .unwrap()
        .keys()
        .collect();
    assert_eq!(shown, ["doors", "rooms", "seen", "steady"]);
    assert_eq!(Vault::input_schema(), schemas.input);
}

async fn tell(thread: &ErasedThread, heard: &mut Overheard) {
    heard.json("a moment", &thread.state().await.unwrap());
    heard.json("a history", &thread.history().with_inputs().await.unwrap());
    heard.json("questions", &thread.questions().await.unwrap());
    heard.text("a drawing", &thread.drawing().await.unwrap().svg());
}

#[tokio::test]
async fn an_error_about_a_secret_says_nothing_of_it() {
    let (saver, graph) = built();
    let thread = graph.erased().thread("ada");
    let mut heard = Overheard::default();
    let mut refused = |by: &'static str, error: Error, part: &str| {
        let text = error.to_string();
        assert!(text.contains(part), "{by}: {text}");
        heard.error(by, &error);
    };
    let wrong: [(&str, Value); 5] = [
        ("a number for a text", json!({ "token": PIN })),
        ("a text for a list", json!({ "token": "x", "keys": TOKEN })),
        ("a list of numbers", json!({ "token": "x", "keys": [PIN] })),
        ("a bare secret", json!(TOKEN)),
        ("a list", json!([TOKEN, PIN])),
    ];
    for (by, given) in wrong {
        refused(by, thread.invoke(given).await.unwrap_err(), "the input");
    }
    let paused = thread
        .invoke(serde_json::to_value(input()).unwrap())
        .await
        .unwrap();
    let question = &paused.questions()[0];
    for value in [json!(TOKEN), json!({ TOKEN: PIN })] {
        let by_id = json!({ "id": question["id"], "value": value });
        let whole = json!({ "node": "ask_pin", "id": question["id"], "value": value });
        for answer in [by_id, whole] {
            let error = thread.answer(answer).await.unwrap_err();
            refused("an answer", error, "the answer");
        }
    }
    let error = thread.answer(json!(TOKEN)).await.unwrap_err();
    refused("a bare answer", error, "the answer");
    for values in [json!({ "pin": TOKEN }), json!({ "found": [PIN] })] {
        let error = thread.update(values).await.unwrap_err();
        refused("values", error, "the values");
    }
    // Another version of the graph that takes it for something else.
    let later = Later::graph()
        .checkpointer(Masked(saver))
        .build()
        .thread("ada");
    let error = later.state().await.unwrap_err();
    refused("another version", error, "at field `token`");
    nobody_said_a_secret(&heard);
}

#[tokio::test]
async fn secrets_survive_a_crash_at_any_point() {
    let survived = crash_everywhere(
        |saver| Vault::graph().checkpointer(Masked(saver)).build(),
        || input().steady(true),
    )
    .answering(|question| match question {
        Question::AskPin(question) => Some(question.answer(PIN)),
        Question::Enter(_) => None,
    })
    .await
    .unwrap();
    assert!(survived.calls > 0 && survived.polls > 0);
}
