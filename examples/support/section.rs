//! Documents, taken apart at their headings.

use std::path::Path;
use std::{fs, io};

use graph_examples::files;
use pulldown_cmark::{Event, Parser, Tag, TagEnd};

/// What stands under one heading.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// The document.
    pub source: String,
    pub heading: String,
    /// A paragraph a line.
    pub text: String,
}

/// The sections of all Markdown files below a directory.
pub fn of_guides(root: &Path) -> io::Result<Vec<Section>> {
    read(root, |path| ends_in(path, "md"), of_markdown)
}

/// The documentation of public items in all Rust crates below a directory.
pub fn of_sources(root: &Path) -> io::Result<Vec<Section>> {
    let is_source = |path: &Path| path.iter().any(|part| part == "src") && ends_in(path, "rs");
    read(root, is_source, of_rust)
}

fn ends_in(path: &Path, extension: &str) -> bool {
    path.extension().is_some_and(|found| found == extension)
}

fn read(
    root: &Path,
    is_wanted: impl Fn(&Path) -> bool,
    sections: impl Fn(&str, &str) -> Vec<Section>,
) -> io::Result<Vec<Section>> {
    let mut found = Vec::new();
    for path in files::below(root)? {
        let source = path.strip_prefix(root).unwrap_or(&path);
        // A file that can't be read, or isn't text, has nothing to say.
        if is_wanted(source)
            && let Ok(text) = fs::read_to_string(&path)
        {
            found.extend(sections(&source.to_string_lossy(), &text));
        }
    }
    Ok(found)
}

/// Sections without their markup.
fn of_markdown(source: &str, text: &str) -> Vec<Section> {
    let begun = || Section {
        source: source.to_owned(),
        heading: String::new(),
        text: String::new(),
    };
    let mut sections = vec![begun()];
    let mut section = begun();
    let mut is_heading = false;
    for event in Parser::new(text) {
        match event {
            Event::Start(Tag::Heading { .. }) => {
                sections.push(std::mem::replace(&mut section, begun()));
                is_heading = true;
            }
            Event::End(TagEnd::Heading(_)) => is_heading = false,
            Event::Text(text) | Event::Code(text) if is_heading => section.heading.push_str(&text),
            Event::Text(text) | Event::Code(text) => section.text.push_str(&text),
            Event::SoftBreak => section.text.push(' '),
            Event::HardBreak | Event::End(TagEnd::Paragraph | TagEnd::Item | TagEnd::CodeBlock) => {
                section.text.push('\n');
            }
            _ => {}
        }
    }
    sections.push(section);
    sections.retain(|section| !section.text.trim().is_empty());
    sections
}

/// A section for each documented public item, headed by its name.
fn of_rust(source: &str, text: &str) -> Vec<Section> {
    let mut sections = Vec::new();
    let mut doc = String::new();
    for line in text.lines().map(str::trim) {
        if let Some(part) = line.strip_prefix("///") {
            doc.push_str(part.strip_prefix(' ').unwrap_or(part));
            doc.push('\n');
        } else if let Some(item) = line.strip_prefix("pub ").filter(|_| !doc.is_empty()) {
            let text = of_markdown(source, &doc)
                .into_iter()
                .map(|section| section.text)
                .collect();
            let name = item
                .split(['(', '<', '{', ':', ';', '='])
                .next()
                .unwrap_or(item);
            sections.push(Section {
                source: source.to_owned(),
                heading: name.trim().to_owned(),
                text,
            });
            doc.clear();
        } else if !line.starts_with("#[") {
            doc.clear();
        }
    }
    sections
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markdown_comes_apart_at_its_headings() {
        let text = "before\n\n# One *thing*\nsaid `so`\nand so\n\n```\n# no heading\n```\n\nTwo\n---\n- a\n- b\n";
        let sections = of_markdown("a.md", text);
        let found: Vec<_> = sections
            .iter()
            .map(|found| (&*found.heading, &*found.text))
            .collect();
        let expected = [
            ("", "before\n"),
            ("One thing", "said so and so\n# no heading\n\n"),
            ("Two", "a\nb\n"),
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn documented_public_items_are_sections() {
        let text = "/// Goes on.\n///\n/// # Errors\n/// Never.\n#[inline]\npub fn resume(&self) {}\n\n/// Hidden.\nfn inner() {}\npub struct Bare;\n";
        let sections = of_rust("src/lib.rs", text);
        assert_eq!(sections.len(), 1);
        assert_eq!(sections[0].heading, "fn resume");
        assert_eq!(sections[0].text, "Goes on.\nNever.\n");
    }
}
