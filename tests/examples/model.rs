//! The support desk, on a model.

use std::sync::atomic::{AtomicUsize, Ordering};

use serde_json::Value;

use crate::program::Program;
use crate::server::{Reply, serve};
use crate::support::Place;

fn start(place: &Place, server: &str) -> Program {
    let environment = [
        ("OPENAI_BASE_URL", server),
        ("OPENAI_API_KEY", "secret"),
        ("OPENAI_MODEL", "parrot"),
    ];
    place.start(&[], &environment)
}

fn is_classification(request: &Value) -> bool {
    assert_eq!(request["model"], "parrot");
    assert_eq!(request["stream"], true);
    request["messages"][0]["content"]
        .as_str()
        .unwrap()
        .contains("one word")
}

#[tokio::test]
async fn a_model_is_asked_and_its_words_are_shown() {
    let server = serve(|request| {
        if is_classification(request) {
            return Reply::Says(&["Ques", "tion."]);
        }
        // It is given what was found, and what was said.
        let messages = request["messages"].as_array().unwrap();
        let notes = messages[1]["content"].as_str().unwrap();
        assert!(
            notes.contains("[guide.md, Orders] Money is taken"),
            "{notes}"
        );
        assert_eq!(messages.last().unwrap()["content"], "Where is my money?");
        Reply::Says(&["It was ", "taken ", "when it left."])
    })
    .await;
    let place = Place::new();
    let mut program = start(&place, &server);
    program.say("Where is my money?").await;
    program
        .until("· answer\nIt was taken when it left.\n> ")
        .await;
    let ended = program.finish().await;
    assert_eq!((ended.code, ended.complained.as_str()), (Some(0), ""));
}

#[tokio::test]
async fn killed_in_the_middle_of_a_model_s_words_it_asks_again() {
    static ANSWERS: AtomicUsize = AtomicUsize::new(0);
    let server = serve(|request| {
        if is_classification(request) {
            return Reply::Says(&["question"]);
        }
        match ANSWERS.fetch_add(1, Ordering::SeqCst) {
            0 => Reply::Stalls(&["It was ", "taken"]),
            _ => Reply::Says(&["It was ", "taken yesterday."]),
        }
    })
    .await;
    let place = Place::new();
    let mut program = start(&place, &server);
    program.say("Where is my money?").await;
    program.until("It was taken").await;
    program.kill().await;

    let mut program = start(&place, &server);
    program
        .until("Welcome back. Going on at answer with: Where is my money?")
        .await;
    program.until("It was taken yesterday.\n> ").await;
    assert_eq!(program.finish().await.code, Some(0));
    assert_eq!(ANSWERS.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_model_that_fails_loses_nothing() {
    static REQUESTS: AtomicUsize = AtomicUsize::new(0);
    let server = serve(|request| match REQUESTS.fetch_add(1, Ordering::SeqCst) {
        0 => Reply::Refuses,
        _ if is_classification(request) => Reply::Says(&["smalltalk"]),
        2 => Reply::HangsUp(&["Good "]),
        _ => Reply::Says(&["Good ", "day!"]),
    })
    .await;
    let place = Place::new();
    let mut program = start(&place, &server);
    program.say("hello").await;
    program
        .until("That failed: the model `parrot` can't answer")
        .await;
    program.until("who are you?").await;
    // Enter tries again, and again.
    program.say("").await;
    program
        .until("Good \nThat failed: the model `parrot` broke off in the middle")
        .await;
    program.say("").await;
    program.until("Good day!\n> ").await;
    assert_eq!(program.finish().await.code, Some(0));
}

#[tokio::test]
async fn after_a_failure_something_else_is_looked_at_anew() {
    let server = serve(|request| {
        let messages = request["messages"].as_array().unwrap();
        let last = messages.last().unwrap()["content"].as_str().unwrap();
        match (is_classification(request), last) {
            (true, "hello") => Reply::Says(&["smalltalk"]),
            (true, _) => Reply::Says(&["refund"]),
            (false, _) => Reply::Refuses,
        }
    })
    .await;
    let place = Place::new();
    let mut program = start(&place, &server);
    program.say("hello").await;
    program.until("That failed").await;
    program.say("I want a refund").await;
    program.until("A customer wrote: \"hello").await;
    program.until("I want a refund\". Pay back? [y/n]").await;
    assert_eq!(program.finish().await.code, Some(0));
}

#[tokio::test]
async fn a_message_without_an_answer_waits_for_the_next_start() {
    let server = serve(|_| Reply::Refuses).await;
    let place = Place::new();
    let mut program = start(&place, &server);
    program.say("Where is my money?").await;
    let ended = program.finish().await;
    assert_eq!(ended.code, Some(1));
    assert!(
        ended.complained.contains("start again to go on with it"),
        "{}",
        ended.complained
    );

    // Another start, by rules this time, is as good.
    let ended = place.start(&[], &[]).finish().await;
    assert!(
        ended
            .said
            .starts_with("Welcome back. Going on at classify with: Where is my money?")
    );
    assert!(ended.said.contains("[guide.md (Orders)]"), "{}", ended.said);
}
