//! A map over files: each is read on its own, several at once, and the results come in order.

use std::path::{Path, PathBuf};

use graph_runtime::prelude::*;

/// Counts the words of files.
#[graph(id = "files")]
pub mod files {
    use super::*;

    /// The files and what was found in them.
    #[state]
    #[derive(Debug, PartialEq)]
    pub struct Files {
        /// What to read.
        #[input(required)]
        pub paths: Vec<PathBuf>,
        /// Lines that are longer than this are left out.
        #[input]
        #[default(120)]
        pub width: usize,
        /// The words of each file, in the order of the files.
        #[output]
        #[reduce(append)]
        pub counts: Vec<usize>,
        /// The longest word.
        #[output]
        #[reduce(max)]
        pub longest: usize,
        /// All of them together.
        #[output]
        pub total: usize,
        #[unsaved]
        seen: Vec<String>,
    }

    edges! {
        start -> if state.paths.is_empty() {
            total
        } else {
            for path in &state.paths, limit = 4 { count(path) }
        };
        count -> total -> end;
    }

    #[node(writes(counts, longest), blocking)]
    fn count(path: &Path, width: usize) -> std::io::Result<(usize, usize)> {
        let text = std::fs::read_to_string(path)?;
        let lines = text.lines().filter(|line| line.len() <= width);
        let words: Vec<&str> = lines.flat_map(str::split_whitespace).collect();
        Ok((
            words.len(),
            words
                .iter()
                .map(|word| word.len())
                .max()
                .unwrap_or_default(),
        ))
    }

    #[node(writes(total, seen))]
    fn total(counts: &[usize]) -> update::Total {
        update::Total::new()
            .total(counts.iter().sum())
            .seen(vec!["total".to_owned()])
    }
}
