//! Where a name leads, and where it is mentioned.

use crate::{in_editor, lsp::Result, page::Page};

/// The name at the cursor leads to the one line that begins with `line`.
fn leads(place: &str, line: &str) -> Result<()> {
    in_editor(|project| {
        for page in Page::all() {
            let seen = project.definition(&page.at(place))?;
            assert!(
                matches!(&seen[..], [only] if only.starts_with(line)),
                "`{place}`, {page}: {seen:?}"
            );
        }
        Ok(())
    })
}

/// What is at the cursor is mentioned in these lines, from top to bottom, and in no others.
fn is_mentioned(place: &str, lines: &[&str]) -> Result<()> {
    in_editor(|project| {
        for page in Page::all() {
            let seen = project.references(&page.at(place))?;
            let same = seen.len() == lines.len()
                && seen
                    .iter()
                    .zip(lines)
                    .all(|(seen, line)| seen.starts_with(line));
            assert!(same, "`{place}`, {page}: {seen:?}");
        }
        Ok(())
    })
}

#[test]
fn from_an_edge_to_its_node() -> Result<()> {
    leads("start -> class$0ify", "async fn classify(")?;
    leads("=> app$0rove,", "fn approve(")?;
    leads(
        "=> {search_docs, search_$0issues},",
        "async fn search_issues(",
    )?;
    leads("{ inves$0tigate(part) }", "async fn investigate(")?;
    leads("else { re$0ply }", "fn reply(")
}

#[test]
fn from_a_use_to_its_field() -> Result<()> {
    leads("match state.to$0pic", "pub topic:")?;
    leads("writes(to$0pic)", "pub topic:")?;
    leads("into = appro$0ved", "pub approved:")?;
    leads("state.to$0pic);", "pub topic:")
}

#[test]
fn mentions_of_a_node() -> Result<()> {
    let lines = [
        "Some(Topic::Bug) => {",
        "{search_docs, search_issues} -> reply;",
        "async fn search_docs(",
    ];
    is_mentioned("fn search_$0docs", &lines)?;
    is_mentioned("=> {search_$0docs,", &lines)
}

#[test]
fn mentions_of_a_field() -> Result<()> {
    let lines = [
        "pub topic:",
        "start -> classify -> match",
        "#[node(writes(topic)",
        "let text =",
    ];
    is_mentioned("pub to$0pic:", &lines)?;
    is_mentioned("match state.to$0pic", &lines)
}
