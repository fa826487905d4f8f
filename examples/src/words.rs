//! Taking text apart into the words that tell something.

/// Words that are everywhere and tell nothing.
const COMMON: &[&str] = &[
    "about", "after", "again", "all", "also", "and", "any", "are", "been", "before", "but", "can",
    "could", "did", "does", "don", "each", "for", "from", "had", "has", "have", "her", "him",
    "his", "how", "into", "its", "just", "may", "more", "most", "much", "not", "now", "one",
    "only", "other", "our", "out", "over", "she", "should", "some", "such", "tell", "than", "that",
    "the", "their", "them", "then", "there", "these", "they", "this", "those", "through", "too",
    "very", "was", "way", "well", "were", "what", "when", "where", "which", "while", "who", "why",
    "will", "with", "would", "you", "your",
];

/// The telling words of a text, in lower case and without a plural's `s`.
pub fn of(text: &str) -> impl Iterator<Item = String> {
    text.split(|letter: char| !letter.is_alphanumeric())
        .map(str::to_lowercase)
        .filter(|word| word.chars().count() > 2 && !COMMON.contains(&word.as_str()))
        .map(singular)
}

fn singular(mut word: String) -> String {
    if word.chars().count() > 3 && word.ends_with('s') && !word.ends_with("ss") {
        word.pop();
    }
    word
}

/// The beginning of a text, cut between words.
pub fn beginning(text: &str, letters: usize) -> String {
    let Some((cut, _)) = text.char_indices().nth(letters) else {
        return text.to_owned();
    };
    let kept = text[..cut].rfind(char::is_whitespace).unwrap_or(cut);
    format!("{} …", text[..kept].trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_that_tell_something() {
        let words: Vec<_> = of("How does `thread_of(user)` find the Threads?").collect();
        assert_eq!(words, ["thread", "user", "find", "thread"]);
    }

    #[test]
    fn a_beginning_ends_between_words_and_never_within_a_letter() {
        assert_eq!(beginning("short", 10), "short");
        assert_eq!(beginning("one two three", 9), "one two …");
        assert_eq!(beginning("ääääää", 3), "äää …");
    }
}
