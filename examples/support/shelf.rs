//! A shelf of documents, and what on it answers a question: a term match, scored by BM25.

use std::collections::HashMap;

use graph_examples::words;
use serde::{Deserialize, Serialize};

use crate::section::Section;

/// How soon a word that is said again tells less, and how much a long section is held against it.
const SATURATION: f64 = 1.2;
const LENGTH: f64 = 0.75;

/// Documents that can be searched.
#[derive(Debug, Default)]
pub struct Shelf {
    sections: Vec<Indexed>,
    /// In how many sections a word stands.
    spread: HashMap<String, u32>,
}

#[derive(Debug)]
struct Indexed {
    section: Section,
    counts: HashMap<String, u32>,
}

/// A place that answers a question.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    pub source: String,
    pub heading: String,
    pub text: String,
}

impl Shelf {
    pub fn new(sections: Vec<Section>) -> Self {
        let sections: Vec<_> = sections.into_iter().map(Indexed::new).collect();
        let mut spread = HashMap::new();
        for word in sections.iter().flat_map(|indexed| indexed.counts.keys()) {
            *spread.entry(word.clone()).or_default() += 1;
        }
        Self { sections, spread }
    }

    /// The best sections, best first.
    pub fn search(&self, question: &str, limit: usize) -> Vec<Finding> {
        let asked: Vec<_> = words::of(question).collect();
        let all: f64 = self.sections.iter().map(Indexed::length).sum();
        let usual = all / count(self.sections.len());
        let mut scored: Vec<_> = self
            .sections
            .iter()
            .map(|indexed| (self.score(indexed, &asked, usual), indexed))
            .filter(|(score, _)| *score > 0.0)
            .collect();
        // Stable: where two are as good, the order of the documents decides.
        scored.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        scored
            .into_iter()
            .take(limit)
            .map(|(_, indexed)| indexed.finding(&asked))
            .collect()
    }

    fn score(&self, indexed: &Indexed, asked: &[String], usual: f64) -> f64 {
        let norm = SATURATION * (1.0 - LENGTH + LENGTH * indexed.length() / usual);
        let weight = |word: &String| {
            let said = f64::from(*indexed.counts.get(word)?);
            let spread = f64::from(*self.spread.get(word)?);
            let rarity = (1.0 + (count(self.sections.len()) - spread + 0.5) / (spread + 0.5)).ln();
            Some(rarity * said * (SATURATION + 1.0) / (said + norm))
        };
        asked.iter().filter_map(weight).sum()
    }
}

impl Indexed {
    fn new(section: Section) -> Self {
        let mut counts = HashMap::new();
        // A heading says what a section is about, so it counts twice.
        for text in [&section.heading, &section.heading, &section.text] {
            for word in words::of(text) {
                *counts.entry(word).or_default() += 1;
            }
        }
        Self { section, counts }
    }

    fn length(&self) -> f64 {
        self.counts.values().copied().map(f64::from).sum()
    }

    /// The paragraph that has most of what was asked.
    fn finding(&self, asked: &[String]) -> Finding {
        let matches = |line: &&str| words::of(line).filter(|word| asked.contains(word)).count();
        let lines = self
            .section
            .text
            .lines()
            .filter(|line| !line.trim().is_empty());
        // Of several that are as good, `max_by_key` gives the last, and the first says more.
        let text = lines.rev().max_by_key(matches).unwrap_or_default();
        Finding {
            source: self.section.source.clone(),
            heading: self.section.heading.clone(),
            text: words::beginning(text.trim(), 240),
        }
    }
}

fn count(sections: usize) -> f64 {
    u32::try_from(sections).map_or(f64::MAX, f64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shelf() -> Shelf {
        let section = |heading: &str, text: &str| Section {
            source: "guide.md".to_owned(),
            heading: heading.to_owned(),
            text: text.to_owned(),
        };
        Shelf::new(vec![
            section(
                "Threads",
                "A thread is a conversation.\nEach user has a thread.",
            ),
            section(
                "Resuming",
                "A run that was killed goes on.\nCall resume on its thread.",
            ),
            section("Forks", "Go back to a moment and leave from there."),
        ])
    }

    #[test]
    fn the_section_that_is_about_it_comes_first() {
        let found = shelf().search("How do I resume a thread?", 2);
        let headings: Vec<_> = found.iter().map(|finding| &*finding.heading).collect();
        assert_eq!(headings, ["Resuming", "Threads"]);
        assert_eq!(found[0].text, "Call resume on its thread.");
    }

    #[test]
    fn what_nobody_wrote_about_is_not_found() {
        assert_eq!(shelf().search("weather in Lisbon", 3), []);
        assert_eq!(shelf().search("", 3), []);
        assert_eq!(Shelf::default().search("thread", 3), []);
    }
}
