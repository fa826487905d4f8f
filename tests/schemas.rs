//! What goes into a graph as JSON, and the schemas by which others know it.
#![allow(unreachable_pub)] // nothing is reached from outside of a test
#![allow(clippy::expect_used)] // helpers are tests too, which Clippy can't see

use std::collections::BTreeMap;

use desk::{Answer, Desk, Input, Node};
use graph_runtime::Schemas as _;
use graph_runtime::prelude::*;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::{Value, from_value, json, to_value};

/// What is said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Message {
    id: u32,
    text: String,
}

/// What a person is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Review {
    draft: String,
}

/// Every kind of field, and an ask.
#[graph(id = "desk")]
mod desk {
    use super::*;

    #[state]
    pub struct Desk {
        #[input(required)]
        pub subject: String,
        #[input(required)]
        pub language: Option<String>,
        #[input(required)]
        #[reduce(append)]
        pub messages: Vec<Message>,
        #[input]
        pub note: Option<String>,
        #[input]
        #[reduce(sum)]
        pub turns: u32,
        #[input]
        #[reduce(merge)]
        pub marks: BTreeMap<String, u32>,
        #[input]
        #[reduce(upsert(key = id))]
        pub known: Vec<Message>,
        #[output]
        pub approved: Option<bool>,
        #[input]
        #[output]
        pub r#type: u8,
    }

    edges! { start -> approve -> end; }

    #[ask(into = approved)]
    fn approve(subject: &str) -> Review {
        Review {
            draft: subject.to_owned(),
        }
    }
}

/// What has no schema.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Plain(u32);

/// A graph that nobody describes, beside others that are described.
#[graph(id = "plain")]
mod plain {
    use super::*;

    /// What can be given, and never comes from storage.
    #[derive(Clone, Debug, Default, PartialEq, Serialize)]
    pub struct Live;

    #[state]
    pub struct Undescribed {
        pub plain: Plain,
        pub answer: Option<Plain>,
        #[unsaved]
        pub live: Live,
    }

    edges! { start -> ask -> set -> end; }

    #[ask(into = answer)]
    fn ask() -> Plain {
        Plain(1)
    }

    #[node(writes(plain))]
    fn set(answer: Option<&Plain>) -> Plain {
        answer.cloned().unwrap_or_default()
    }
}

fn least() -> Value {
    json!({ "subject": "a bill", "language": null, "messages": [{ "id": 1, "text": "hi" }] })
}

fn with(field: &str, value: Value) -> Value {
    let mut input = least();
    input[field] = value;
    input
}

fn refusal(input: Value) -> String {
    from_value::<Input>(input)
        .expect_err("is refused")
        .to_string()
}

fn message(id: u32, text: &str) -> Message {
    Message {
        id,
        text: text.to_owned(),
    }
}

#[test]
fn an_input_is_what_its_setters_take() {
    let input = Input::new("a bill", None, [message(1, "hi")])
        .note(None)
        .turns(2)
        .marks([("a".to_owned(), 1)])
        .known([message(2, "ho")])
        .r#type(3);
    let json = json!({
        "subject": "a bill",
        "language": null,
        "messages": [{ "id": 1, "text": "hi" }],
        "note": null,
        "turns": 2,
        "marks": [["a", 1]],
        "known": [{ "id": 2, "text": "ho" }],
        "type": 3,
    });
    assert_eq!(to_value(&input).expect("encodes"), json);
    assert_eq!(from_value::<Input>(json).expect("decodes"), input);
}

#[test]
fn what_is_absent_stays_absent() {
    let input = Input::new("a bill", None, [message(1, "hi")]);
    assert_eq!(to_value(&input).expect("encodes"), least());
    assert_eq!(from_value::<Input>(least()).expect("decodes"), input);
    let nothing = from_value::<Input>(with("note", Value::Null)).expect("decodes");
    assert_ne!(nothing, input);
}

#[test]
fn an_input_that_doesnt_fit_is_refused() {
    for field in ["subject", "language", "messages"] {
        let mut input = least();
        input.as_object_mut().expect("an object").remove(field);
        assert!(refusal(input).contains(&format!("missing field `{field}`")));
    }
    assert!(refusal(with("turn", json!(1))).contains("unknown field `turn`"));
    assert!(refusal(with("turns", json!("one"))).contains("invalid type"));
    assert!(refusal(with("approved", json!(true))).contains("unknown field"));
}

#[test]
fn what_goes_past_a_reducer_has_no_plain_form() {
    let least = || Input::new("a bill", None, [message(1, "hi")]);
    for input in [least().set_turns(1), least().remove_marks(["a"])] {
        let error = to_value(&input).expect_err("is refused").to_string();
        assert!(error.contains("what a reducer is given"), "{error}");
    }
}

#[test]
fn an_input_may_be_a_part_of_something_else() {
    #[derive(Deserialize)]
    #[serde(tag = "do")]
    enum Request {
        Invoke { input: Input },
    }
    let request = json!({ "do": "Invoke", "input": least() });
    let Request::Invoke { input } = from_value(request).expect("decodes");
    assert_eq!(input, Input::new("a bill", None, [message(1, "hi")]));
}

#[test]
fn the_schema_of_an_input_is_that_of_its_json() {
    let schema = Desk::input_schema();
    let properties = &schema["properties"];
    assert_eq!(
        schema["required"],
        json!(["subject", "language", "messages"])
    );
    assert_eq!(schema["additionalProperties"], json!(false));
    assert_eq!(properties["subject"]["type"], json!("string"));
    assert_eq!(properties["note"]["type"], json!(["string", "null"]));
    assert_eq!(properties["messages"]["type"], json!("array"));
    assert_eq!(
        properties["messages"]["items"]["$ref"],
        json!("#/$defs/Message")
    );
    assert_eq!(properties["turns"]["type"], json!("integer"));
    assert_eq!(properties["marks"]["type"], json!("array"));
    assert_eq!(properties["type"]["maximum"], json!(255));
    assert!(properties.get("approved").is_none());
    assert!(schema["$defs"]["Message"]["properties"]["text"].is_object());
}

#[test]
fn the_schema_of_an_output_has_what_is_shown() {
    let schema = Desk::output_schema();
    assert_eq!(schema["required"], json!(["approved", "type"]));
    assert_eq!(
        schema["properties"]["approved"]["type"],
        json!(["boolean", "null"])
    );
}

#[tokio::test]
async fn an_answer_fits_its_schema() {
    let questions = Desk::question_schemas();
    assert_eq!(
        questions.keys().collect::<Vec<_>>(),
        [&Node::Approve.name()]
    );
    assert_eq!(
        questions["approve"]["properties"]["draft"]["type"],
        json!("string")
    );

    let schema = &Desk::answer_schemas()["approve"];
    assert_eq!(schema["required"], json!(["node", "id", "value"]));
    assert_eq!(schema["properties"]["node"], json!({ "const": "approve" }));
    assert_eq!(schema["properties"]["id"]["type"], json!("string"));
    assert_eq!(schema["properties"]["value"]["type"], json!("boolean"));

    let graph = Desk::graph().checkpointer(MemorySaver::new()).build();
    let input = from_value(least()).expect("decodes");
    let outcome = graph.thread("one").invoke(input).await.expect("runs");
    let Outcome::Paused(pause) = outcome else {
        panic!("asks");
    };
    let question = pause.approve().expect("is open");
    let answer = json!({ "node": "approve", "id": question.id, "value": true });
    let answer: Answer = from_value(answer).expect("decodes");
    assert_eq!(to_value(&answer).expect("encodes")["value"], json!(true));
}

#[tokio::test]
async fn a_graph_without_its_types_has_schemas_where_they_are_asked_for() {
    let graph = Desk::graph().checkpointer(MemorySaver::new()).build();
    assert_eq!(graph.erased().schemas(), None);
    let erased = graph.erased_with_schemas();
    let schemas = erased.schemas().expect("was made with them");
    assert_eq!(schemas.input, Desk::input_schema());
    assert_eq!(schemas.output, Desk::output_schema());
    assert_eq!(schemas.questions, Desk::question_schemas());
    assert_eq!(schemas.answers, Desk::answer_schemas());
    let written = to_value(&schemas).expect("encodes");
    assert_eq!(written["answers"]["approve"]["type"], json!("object"));
    // What fits them is taken.
    let paused = erased.thread("one").invoke(least()).await.expect("runs");
    assert_eq!(
        paused.questions()[0]["question"],
        json!({ "draft": "a bill" })
    );
}

#[test]
fn a_graph_needs_no_schemas() {
    assert_eq!(plain::Undescribed::ID, "plain");
    let input = plain::Input::new().plain(Plain(2));
    assert_eq!(input.clone(), input);
}
