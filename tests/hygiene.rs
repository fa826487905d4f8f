//! The expansion beside names that it might trip over, and under lints that it has to keep.
#![deny(warnings, clippy::pedantic, missing_docs)]
#![allow(unreachable_pub)] // nothing is reached from outside of a test
#![allow(
    clippy::needless_pass_by_value,
    clippy::trivially_copy_pass_by_ref,
    clippy::unnecessary_wraps,
    clippy::unused_async
)] // nodes are written in every form here, needed or not

mod graphs;
mod hygiene_cases;

use graph_runtime::prelude::*;
use hygiene_cases::{cfg, derived, forms, private, raw, secrets, shadows, two, written};

#[tokio::test]
async fn types_of_the_user_may_be_called_like_those_of_std() {
    use shadows::shadows::{Input, Shadows};
    let graph = Shadows::graph().build();
    let done = graph
        .invoke(Input::new().words(["a".to_owned()]))
        .await
        .expect("runs");
    let output = done.done().expect("ends");
    assert_eq!(output.count, Some(1));
    assert_eq!(output.result.0, 1);
}

#[test]
fn secrets_of_any_type_are_not_shown() {
    use secrets::secrets::{Input, Secrets, Values, update};
    let state = Secrets::default();
    let shown = "[redacted]";
    assert_eq!(
        format!("{state:?}"),
        format!(
            "Secrets {{ plain: {shown}, map: {shown}, set: {shown}, type: {shown}, names: [] }}"
        )
    );
    let input = Input::new().map([("k4nary".to_owned(), 1)]).there(7);
    let values = Values::from(update::Set::new().set([9].into()));
    for text in [format!("{input:?}"), format!("{values:?}")] {
        assert!(text.contains("map: [redacted]"), "{text}");
        assert!(!text.contains("k4nary"), "{text}");
    }
}

#[tokio::test]
async fn words_of_rust_may_be_names() {
    use raw::raw::{Input, Node, Raw};
    let state = Raw {
        r#type: 1,
        r#match: vec![2],
    };
    assert_eq!(Node::route_from_start(&state), [Node::Loop]);
    assert_eq!(Node::Loop.name(), "loop");
    let done = Raw::graph()
        .build()
        .invoke(Input::new().r#type(3))
        .await
        .expect("runs");
    assert_eq!(done.done().expect("ends").r#match, [3, 4]);
}

#[tokio::test]
async fn a_file_holds_several_graphs() {
    let one = two::one::One::graph()
        .build()
        .invoke(two::one::Input::new())
        .await;
    let other = two::other::Other::graph()
        .build()
        .invoke(two::other::Input::new())
        .await;
    assert_eq!(one.expect("runs").done().expect("ends").x, 1);
    assert_eq!(other.expect("runs").done().expect("ends").x, 2);
}

#[tokio::test]
async fn a_module_may_be_as_private_as_it_likes() {
    assert_eq!(private::run().await, 1);
    assert_eq!(private::run_within_a_function().await, 2);
}

#[tokio::test]
async fn parameters_take_every_form() {
    use forms::forms::{App, Forms, Input};
    use std::sync::Arc;
    let app = App {
        arc: Arc::new(3),
        object: Arc::new(4),
        number: 5,
    };
    let graph = Forms::graph().context(app).build();
    let done = graph
        .invoke(Input::new())
        .await
        .expect("runs")
        .done()
        .expect("ends");
    assert_eq!(done.seen, ["", "[]", "p", "-", "7", "3 4 5", "7 x"]);
}

#[tokio::test]
async fn a_field_may_be_left_out_by_cfg() {
    let done = cfg::cfg::Cfg::graph()
        .build()
        .invoke(cfg::cfg::Input::new().there(1))
        .await;
    assert_eq!(done.expect("runs").done().expect("ends").there, 2);
}

#[test]
fn what_the_user_derives_is_left_alone() {
    use derived::derived::Derived;
    let state = Derived::default();
    let text = serde_json::to_string(&state).expect("encodes");
    assert_eq!(text, "{\"old\":1}");
    assert_eq!(
        serde_json::from_str::<Derived>(&text).expect("decodes"),
        state
    );
}

#[test]
fn stored_names_follow_serde() {
    use two::one::One;
    let one: One = serde_json::from_str("{\"was\": 5}").expect("decodes");
    assert_eq!(one.x, 5);
    assert_eq!(
        serde_json::to_string(&one).expect("encodes"),
        "{\"y\":5,\"many\":{}}"
    );
}

#[tokio::test]
async fn a_macro_of_the_users_may_write_the_graph() {
    use written::written::{Input, Written};
    let graph = Written::graph().checkpointer(MemorySaver::new()).build();
    let thread = graph.thread("a");
    let asked = thread.invoke(Input::new("x")).await.expect("runs");
    let pause = asked.paused().expect("asks");
    let answer = pause.asks().expect("asks while it runs").answer(7u32);
    let asked = thread.answer(answer).await.expect("goes on");
    let pause = asked.paused().expect("asks");
    assert_eq!(pause.ask().expect("asks").question, [1, 2, 3, 7]);
}
