//! What a person sees of moments by SQL: a graph is run, and the queries of the docs are asked.

#![allow(missing_docs, clippy::unwrap_used, reason = "these are tests")]

#[path = "support/postgres.rs"]
mod server;
mod support;

use graph_runtime::prelude::*;
use graph_runtime::{Checkpointer, Record, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use server::{fresh_schema, open, plain, rows};
use sqlx::Row;
use sqlx::postgres::PgRow;
use support::{adding, after, first, key};

/// What the person is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Refund {
    /// How much.
    pub amount: u32,
}

#[graph(id = "support")]
pub mod support_graph {
    use super::*;

    #[state]
    pub struct Support {
        #[input]
        #[reduce(append)]
        pub messages: Vec<String>,
        #[reduce(sum)]
        pub turns: u32,
        pub approved: Option<bool>,
    }

    edges! {
        start -> read -> approve -> reply -> end;
    }

    #[node(writes(turns))]
    fn read() -> u32 {
        1
    }

    #[ask(into = approved)]
    fn approve(messages: &[String]) -> Refund {
        let words = messages.len();
        Refund {
            amount: u32::try_from(words).unwrap_or_default(),
        }
    }

    #[node(writes(messages))]
    fn reply(approved: Option<&bool>) -> String {
        format!("approved: {approved:?}")
    }
}

/// The queries that the docs show, in a schema of the name that they have there.
const EXAMPLES: &str = include_str!("../src/postgres/sql/examples.sql");

fn json(row: &PgRow, column: &str) -> Value {
    // As text, since `sqlx` is built without its types for JSON.
    let text: Option<String> = row.get(column);
    text.map_or(Value::Null, |text| serde_json::from_str(&text).unwrap())
}

#[tokio::test]
async fn the_queries_of_the_docs_show_what_happened() {
    let saver = open("graph").await;
    let graph = support_graph::Support::graph().checkpointer(saver).build();
    let thread = graph.thread("user-42");
    let input = support_graph::Input::new().messages(["money".to_owned()]);
    let Outcome::Paused(pause) = thread.invoke(input).await.unwrap() else {
        unreachable!("it asks");
    };
    let examples: Vec<&str> = EXAMPLES.split_inclusive(';').collect();
    let [history, waiting, _] = examples[..] else {
        unreachable!("there are two")
    };
    let as_text = |query: &str| {
        let query = query.trim_end().trim_end_matches(';');
        format!("SELECT to_jsonb(asked)::text AS row FROM ({query}) AS asked")
    };
    let mut connection = plain().await;
    let waits = rows(&mut connection, &as_text(waiting)).await;
    assert_eq!(waits.len(), 1);
    let wait = json(&waits[0], "row");
    assert_eq!(wait["thread"], "user-42");
    assert_eq!(wait["node"], json!(["approve"]));
    assert!(
        wait["questions"].to_string().contains(r#""amount":1"#),
        "{wait}"
    );

    let question = pause.approve().unwrap();
    thread.answer(question.answer(true)).await.unwrap();
    assert!(rows(&mut connection, &as_text(waiting)).await.is_empty());
    let history = rows(&mut connection, &as_text(history)).await;
    let history: Vec<Value> = history.iter().map(|row| json(row, "row")).collect();
    let ran: Vec<&Value> = history.iter().map(|row| &row["ran"]).collect();
    assert_eq!(
        ran,
        [
            &json!(["reply"]),
            &json!(["approve"]),
            // Once when it asked, once when it had its answer.
            &json!(["approve"]),
            &json!(["read"]),
            &Value::Null
        ]
    );
    assert_eq!(history[4]["source"], "input");
    assert!(
        history[0]["change"]
            .to_string()
            .contains("approved: Some(true)"),
        "{}",
        history[0]
    );
    let year = &history[0]["created_at"].as_str().unwrap()[..4];
    assert!(year.parse::<u32>().unwrap() >= 2024, "{year}");
}

#[tokio::test]
async fn what_is_no_json_is_null_and_disturbs_no_other() {
    let schema = fresh_schema();
    let saver = open(&schema).await;
    let json_of = |body: &[u8]| [b"moment/1 json 0000000000000000\n", body].concat();
    let bodies = [
        (json_of(br#"{"a": 1}"#), json!({"a": 1})),
        (json_of(br#""\u00e9""#), json!("\u{e9}")),
        (Vec::new(), Value::Null),
        (b"moment/1 json 0000000000000000".to_vec(), Value::Null),
        (json_of(b""), Value::Null),
        (json_of(br#"{"a":"#), Value::Null),
        (json_of(br#""\u0000""#), Value::Null),
        (json_of(b"\"\xff\""), Value::Null),
        (json_of(b"1e999999"), Value::Null),
        (json_of("[".repeat(100_000).as_bytes()), Value::Null),
        (b"moment/2 json 0000000000000000\n{}".to_vec(), Value::Null),
        (vec![0, 1, 2], Value::Null),
    ];
    let mut last: Option<Record> = None;
    for (payload, _) in &bodies {
        let record = Record {
            payload: payload.clone(),
            // Clocks may say anything.
            created_at: Timestamp::from_micros(u64::MAX),
            ..last.as_ref().map_or_else(first, after)
        };
        let commit = adding(last.as_ref(), &record);
        saver.commit(&key("t"), commit).await.unwrap();
        last = Some(record);
    }
    let query = format!(
        "SELECT body::text AS body, created_at::text, bytes FROM {schema}.moments ORDER BY sequence"
    );
    let found = rows(&mut plain().await, &query).await;
    for (row, (payload, value)) in found.iter().zip(&bodies) {
        assert_eq!(json(row, "body"), *value);
        assert_eq!(row.get::<Option<String>, _>("created_at"), None);
        assert_eq!(
            usize::try_from(row.get::<i32, _>("bytes")),
            Ok(payload.len())
        );
    }
    assert_eq!(found.len(), bodies.len());
}

/// The rest of a row, as a person reads it.
#[tokio::test]
async fn a_row_says_where_it_stands() {
    let schema = fresh_schema();
    let saver = open(&schema).await;
    let mut one = first();
    one.created_at = Timestamp::from_micros(1_700_000_000_123_456);
    one.due = Some(Timestamp::from_micros(0));
    let two = after(&one);
    let path = key("t").child("web").unwrap();
    saver.commit(&path, adding(None, &one)).await.unwrap();
    saver.commit(&path, adding(Some(&one), &two)).await.unwrap();
    let query = format!(
        "SELECT namespace || '/' || thread || '/' || path AS place, id, parent, source, is_snapshot, is_head,
                created_at AT TIME ZONE 'UTC' || '' AS created_at, due AT TIME ZONE 'UTC' || '' AS due
         FROM {schema}.moments ORDER BY sequence"
    );
    let found = rows(&mut plain().await, &query).await;
    let text = |row: usize, column: &str| found[row].get::<Option<String>, _>(column);
    let flag = |row: usize, column: &str| found[row].get::<bool, _>(column);
    assert_eq!(text(0, "place").unwrap(), "tests/t/web");
    assert_eq!(text(0, "created_at").unwrap(), "2023-11-14 22:13:20.123456");
    assert_eq!(text(0, "due").unwrap(), "1970-01-01 00:00:00");
    assert_eq!(text(0, "parent"), None);
    assert_eq!(text(1, "parent").unwrap(), one.id.to_string());
    assert_eq!(text(1, "id").unwrap(), two.id.to_string());
    assert_eq!(text(1, "due"), None);
    assert_eq!((flag(0, "is_snapshot"), flag(0, "is_head")), (true, false));
    assert_eq!((flag(1, "is_snapshot"), flag(1, "is_head")), (false, true));
}
