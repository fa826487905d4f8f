//! Reading one file.

use std::collections::HashMap;
use std::fs;
use std::path::Path;

use graph_examples::words;
use serde::{Deserialize, Serialize};

/// Larger files are hardly meant to be read by people.
const MAX_BYTES: u64 = 8 * 1024 * 1024;

/// What became of a file: a summary, or why there is none.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reading {
    pub file: String,
    pub summary: Result<Summary, String>,
}

/// What a text says at a glance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// The first line that says something.
    pub title: String,
    /// How the text goes on after it.
    pub opening: String,
    pub lines: usize,
    pub words: usize,
    /// What it says most often, most frequent first.
    pub terms: Vec<String>,
}

pub fn read(directory: &Path, file: String) -> Reading {
    let summary = text_of(&directory.join(&file)).map(|text| summarize(&text));
    Reading { file, summary }
}

fn text_of(path: &Path) -> Result<String, String> {
    let unreadable = |error: std::io::Error| error.to_string();
    if fs::metadata(path).map_err(unreadable)?.len() > MAX_BYTES {
        return Err(format!("larger than {} MiB", MAX_BYTES >> 20));
    }
    let bytes = fs::read(path).map_err(unreadable)?;
    String::from_utf8(bytes).map_err(|_| "not UTF-8 text".to_owned())
}

fn summarize(text: &str) -> Summary {
    let mut said = text.lines().map(plain).filter(|line| !line.is_empty());
    let title = said.next().unwrap_or_default();
    let opening = said.take(3).collect::<Vec<_>>().join(" ");
    Summary {
        title: words::beginning(title, 80),
        opening: words::beginning(&opening, 200),
        lines: text.lines().count(),
        words: text.split_whitespace().count(),
        terms: most_frequent(words::of(text), 5),
    }
}

/// A line without the marks of headings, quotes and comments.
fn plain(line: &str) -> &str {
    line.trim_matches(|letter: char| letter.is_whitespace() || "#>/*=-!`".contains(letter))
}

/// The words that come most often, those that come as often in order of the alphabet.
pub fn most_frequent(words: impl Iterator<Item = String>, limit: usize) -> Vec<String> {
    let mut counts = HashMap::<_, usize>::new();
    for word in words {
        *counts.entry(word).or_default() += 1;
    }
    let mut counted: Vec<_> = counts.into_iter().collect();
    counted.sort_by(|(one, often), (other, less)| less.cmp(often).then_with(|| one.cmp(other)));
    counted
        .into_iter()
        .take(limit)
        .map(|(word, _)| word)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_at_a_glance() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(
            directory.path().join("a.md"),
            "\n# Threads\n\nA thread holds moments.\nMoments!\n",
        )
        .unwrap();
        let Reading { file, summary } = read(directory.path(), "a.md".to_owned());
        let summary = summary.unwrap();
        assert_eq!(file, "a.md");
        assert_eq!(summary.title, "Threads");
        assert_eq!(summary.opening, "A thread holds moments. Moments");
        assert_eq!((summary.lines, summary.words), (5, 7));
        assert_eq!(summary.terms, ["moment", "thread", "hold"]);
    }

    #[test]
    fn what_is_no_text_says_why() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("b.bin"), [0xff, 0xfe, 0x00]).unwrap();
        let read = |file: &str| read(directory.path(), file.to_owned()).summary;
        assert_eq!(read("b.bin"), Err("not UTF-8 text".to_owned()));
        assert!(read("missing.txt").is_err());
        fs::write(directory.path().join("empty.txt"), "").unwrap();
        assert_eq!(read("empty.txt").unwrap().title, "");
    }
}
