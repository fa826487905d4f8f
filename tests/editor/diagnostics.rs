//! What is underlined while somebody types.

use crate::{in_editor, lsp::Result, page::Page};

/// Any place will do: a graph is looked at as a whole.
const PLACE: &str = "edges! {$0";

#[test]
fn a_sound_graph_has_no_errors() -> Result<()> {
    in_editor(|project| {
        for page in Page::all().filter(|page| page.is_sound()) {
            let none: [&str; 0] = [];
            assert_eq!(project.errors(&page.at(PLACE))?, none);
        }
        Ok(())
    })
}

#[test]
fn a_fault_is_an_error() -> Result<()> {
    in_editor(|project| {
        for page in Page::all().filter(|page| !page.is_sound()) {
            let seen = project.errors(&page.at(PLACE))?;
            assert!(!seen.is_empty(), "{page}");
        }
        Ok(())
    })
}
