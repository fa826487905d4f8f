//! Words that errors hold for the whole life of the program, and that come from a server.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// How many are kept. The contract has about twenty; a server that sends more is no server of ours.
const MOST: usize = 256;

/// The longest that is kept.
const LONGEST: usize = 256;

/// What stands for those that aren't.
const OTHER: &str = "what was sent";

static WORDS: Mutex<BTreeSet<&'static str>> = Mutex::new(BTreeSet::new());

/// Keeps a word for good: each once, and no more than a few.
pub(super) fn kept(word: &str) -> &'static str {
    let mut words = WORDS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = words.get(word) {
        return known;
    }
    if words.len() >= MOST || word.len() > LONGEST {
        return OTHER;
    }
    let word: &'static str = Box::leak(word.into());
    words.insert(word);
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_kept_once_and_not_without_end() {
        let (one, again) = (kept("inbox"), kept(&String::from("inbox")));
        assert!(std::ptr::eq(one, again));
        assert_eq!(kept(&"x".repeat(LONGEST + 1)), OTHER);
        for number in 0..2 * MOST {
            kept(&number.to_string());
        }
        assert_eq!(WORDS.lock().unwrap().len(), MOST);
        assert_eq!(kept("one too many"), OTHER);
        assert_eq!(kept("inbox"), "inbox");
    }
}
