//! A new name reaches every place, and only those.

use crate::{in_editor, lsp::Result, page::Page};

/// Giving `name` to what is at the cursor makes these lines, from top to bottom,
/// and changes no others.
fn renames(place: &str, name: &str, lines: &[&str]) -> Result<()> {
    in_editor(|project| {
        for page in Page::all() {
            let seen = project.rename(&page.at(place), name)?;
            assert_eq!(seen, lines, "`{place}`, {page}");
        }
        Ok(())
    })
}

#[test]
fn a_node() -> Result<()> {
    // The method `llm.classify` has only its name in common with the node.
    let lines = [
        "start -> sort -> match state.topic {",
        "async fn sort(messages: &[Message], llm: &Llm) -> Option<Topic> {",
    ];
    renames("fn class$0ify(messages", "sort", &lines)?;
    renames("start -> class$0ify", "sort", &lines)
}

#[test]
fn a_node_in_groups() -> Result<()> {
    let lines = [
        "Some(Topic::Bug) => {look_up, search_issues},",
        "{look_up, search_issues} -> reply;",
        "async fn look_up() {}",
    ];
    renames("fn search_$0docs", "look_up", &lines)?;
    renames("=> {search_$0docs,", "look_up", &lines)
}

#[test]
fn a_field() -> Result<()> {
    let lines = [
        "pub subject: Option<Topic>,",
        "start -> classify -> match state.subject {",
        "#[node(writes(subject))]",
        "let text = format!(\"{:?}\", state.subject);",
    ];
    renames("pub to$0pic:", "subject", &lines)?;
    renames("match state.to$0pic", "subject", &lines)?;
    renames("writes(to$0pic)", "subject", &lines)?;
    renames("state.to$0pic);", "subject", &lines)
}

#[test]
fn a_field_that_takes_an_answer() -> Result<()> {
    let lines = [
        "pub granted: Option<bool>,",
        "approve -> if state.granted == Some(true) { refund } else { reply };",
        "#[ask(into = granted)]",
    ];
    renames("pub appro$0ved:", "granted", &lines)?;
    renames("into = appro$0ved", "granted", &lines)
}
