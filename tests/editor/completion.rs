//! What is proposed at the cursor.

use crate::{in_editor, lsp::Result, page::Page};

const FIELDS: [&str; 4] = ["messages", "turns", "topic", "approved"];

/// `start` and `end` are names of the block like the others.
const NODES: [&str; 10] = [
    "approve",
    "classify",
    "close",
    "end",
    "investigate",
    "refund",
    "reply",
    "search_docs",
    "search_issues",
    "start",
];

/// With `new` in the place of `old`, everything `wanted` is proposed, word for word.
fn proposes(old: &str, new: &str, wanted: &[&str]) -> Result<()> {
    in_editor(|project| {
        for page in Page::all() {
            let seen = project.complete(&page.with(old, new))?;
            for wanted in wanted {
                assert!(
                    seen.iter().any(|it| it == wanted),
                    "`{new}`, {page}: no `{wanted}` in {seen:?}"
                );
            }
        }
        Ok(())
    })
}

/// With `new` in the place of `old`, nodes are proposed and nothing else, as bare names: a call's parentheses would be wrong.
fn proposes_nodes(old: &str, new: &str) -> Result<()> {
    in_editor(|project| {
        for page in Page::all() {
            let mut seen = project.complete(&page.with(old, new))?;
            seen.sort();
            assert_eq!(seen, NODES, "`{new}`, {page}");
        }
        Ok(())
    })
}

#[test]
fn a_field_of_the_state_in_a_body() -> Result<()> {
    proposes("state.topic);", "state.$0);", &FIELDS)?;
    proposes("state.topic);", "state.top$0);", &FIELDS)?;
    proposes("let text =", "state.$0\n        let text =", &FIELDS)
}

#[test]
fn what_a_parameter_has() -> Result<()> {
    proposes("messages.len())", "messages.$0)", &["len()$0", "first()$0"])?;
    proposes("llm.classify(messages).await", "messages[0].$0", &["text"])
}

#[test]
fn a_field_of_the_state_in_a_route() -> Result<()> {
    proposes("match state.topic {", "match state.$0 {", &FIELDS)?;
    proposes("match state.topic {", "match state.to$0 {", &FIELDS)?;
    proposes("if state.approved ==", "if state.$0 ==", &FIELDS)?;
    proposes(
        "if state.approved == Some(true) {",
        "if state.$0 {",
        &FIELDS,
    )
}

#[test]
fn a_field_of_the_state_in_a_guard() -> Result<()> {
    proposes(
        "Some(Topic::Bug) =>",
        "Some(Topic::Bug) if state.$0 =>",
        &FIELDS,
    )
}

#[test]
fn a_field_of_the_state_in_a_for() -> Result<()> {
    proposes("for part in 0..count {", "for part in state.$0 {", &FIELDS)
}

#[test]
fn a_route_that_has_only_begun() -> Result<()> {
    proposes("reply -> close;", "reply -> match state.$0\n", &FIELDS)?;
    proposes("reply -> close;", "reply -> match state.$0;", &FIELDS)?;
    proposes("reply -> close;", "reply -> if state.$0;", &FIELDS)
}

#[test]
fn a_pattern() -> Result<()> {
    let variants = ["Refund$0", "Bug$0", "Many($1)$0"];
    proposes("Some(Topic::Bug)", "Some(Topic::$0)", &variants)?;
    proposes("Some(Topic::Bug)", "Some(Topic::Bu$0)", &variants)
}

#[test]
fn a_node_that_has_only_begun() -> Result<()> {
    proposes_nodes("reply -> close;", "reply -> cl$0;")?;
    proposes_nodes("reply -> close;", "reply -> cl$0\n")?;
    proposes_nodes("=> approve,", "=> app$0,")?;
    proposes_nodes(
        "=> {search_docs, search_issues},",
        "=> {search_docs, sea$0},",
    )?;
    proposes_nodes("{ refund } else", "{ refu$0 } else")?;
    proposes_nodes("refund | investigate -> reply", "refund | inv$0 -> reply")
}

#[test]
fn a_node_that_is_already_there() -> Result<()> {
    proposes_nodes("reply -> close;", "reply -> close$0;")?;
    proposes_nodes("None => end,", "None => end$0,")
}

#[test]
fn a_node_where_there_is_nothing_yet() -> Result<()> {
    proposes_nodes("reply -> close;", "reply -> $0;")?;
    proposes_nodes("reply -> close;", "reply -> $0\n")?;
    proposes_nodes("=> approve,", "=> $0,")?;
    proposes_nodes("=> {search_docs, search_issues},", "=> {search_docs, $0},")?;
    proposes_nodes("else { reply }", "else { $0 }")
}

#[test]
fn a_field_that_a_node_writes() -> Result<()> {
    proposes("writes(topic)", "writes($0)", &FIELDS)?;
    proposes("writes(topic)", "writes(to$0)", &FIELDS)?;
    proposes(
        "writes(messages, turns)",
        "writes(messages, $0)",
        &["turns", "topic", "approved"],
    )?;
    proposes("into = approved", "into = $0", &FIELDS)?;
    proposes("into = approved", "into = app$0", &FIELDS)
}

#[test]
fn a_node_that_takes_failures() -> Result<()> {
    let node = "#[node(writes(topic))]";
    proposes_nodes(node, "#[node(writes(topic), on_error = $0)]")?;
    proposes_nodes(node, "#[node(writes(topic), on_error = re$0)]")
}

#[test]
fn a_field_of_the_state_in_an_attribute() -> Result<()> {
    let answered = "into = approved, within = \"3d\", else = state.$0";
    proposes("into = approved", answered, &FIELDS)?;
    proposes(
        "#[node]\n    async fn search_docs",
        "#[wait(until = state.to$0)]\n    fn search_docs",
        &FIELDS,
    )
}
