//! What is searched: the sentences of a text.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use graph_examples::words;

/// A text, sentence by sentence.
pub struct Library {
    sentences: Vec<String>,
}

impl Library {
    pub fn open(text: &Path) -> Result<Self> {
        let text = fs::read_to_string(text)
            .with_context(|| format!("{} can't be read", text.display()))?;
        let library = Self::of(&text);
        ensure!(!library.sentences.is_empty(), "there is no sentence in it");
        Ok(library)
    }

    fn of(text: &str) -> Self {
        let flat = text.split_whitespace().collect::<Vec<_>>().join(" ");
        let sentences = flat.split_inclusive(['.', '!', '?']);
        let sentences = sentences.map(|sentence| sentence.trim().to_owned());
        Self {
            sentences: sentences.filter(|sentence| !sentence.is_empty()).collect(),
        }
    }

    /// The sentences that speak of something: those with all of its words.
    pub fn about(&self, topic: &str) -> Vec<String> {
        let wanted: Vec<_> = words::of(topic).collect();
        let speaks = |sentence: &&String| {
            let said: Vec<_> = words::of(sentence).collect();
            !wanted.is_empty() && wanted.iter().all(|word| said.contains(word))
        };
        self.sentences.iter().filter(speaks).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sentences_are_found_by_all_their_words() {
        let library = Library::of("Bees make\nhoney. Honey is sweet! Wasps don't.");
        assert_eq!(library.about("bees and honey"), ["Bees make honey."]);
        assert_eq!(library.about("Honey").len(), 2);
        assert!(library.about("the").is_empty());
    }
}
