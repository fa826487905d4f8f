//! Words in an image: how much room they take, where they are broken, how XML writes them.

/// Words broken into lines.
pub(super) struct Wrapped {
    pub(super) lines: Vec<String>,
    /// Whether not all of them are there.
    pub(super) is_shortened: bool,
}

impl Wrapped {
    /// How many columns the widest line takes.
    pub(super) fn columns(&self) -> usize {
        let lines = self.lines.iter();
        lines.map(|line| columns(line)).max().unwrap_or_default()
    }
}

/// Breaks a text into at most so many lines of so many columns, behind a word if it can.
pub(super) fn wrap(text: &str, width: usize, most: usize) -> Wrapped {
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let mut lines = vec![String::new()];
    for piece in text.split_inclusive([' ', '_', ':', '.', ',', '(']) {
        let used = columns(lines.last().map_or("", String::as_str));
        if used > 0 && used + columns(piece.trim_end()) > width {
            lines.push(String::new());
        }
        push(&mut lines, piece, width);
    }
    let is_shortened = lines.len() > most;
    lines.truncate(most);
    if let (Some(last), true) = (lines.last_mut(), is_shortened) {
        while columns(last) >= width {
            last.pop();
        }
        last.truncate(last.trim_end().len());
        last.push('…');
    }
    for line in &mut lines {
        line.truncate(line.trim_end().len());
    }
    Wrapped {
        lines,
        is_shortened,
    }
}

/// Adds a piece to the last line, and breaks it where no line could hold it.
fn push(lines: &mut Vec<String>, piece: &str, width: usize) {
    for letter in piece.chars() {
        let used = columns(lines.last().map_or("", String::as_str));
        if used + columns_of(letter) > width && letter != ' ' {
            lines.push(String::new());
        }
        if let Some(line) = lines.last_mut() {
            line.push(letter);
        }
    }
}

/// How many columns a text takes in a font of even width.
pub(super) fn columns(text: &str) -> usize {
    text.chars().map(columns_of).sum()
}

/// Letters of East Asia and pictures take two.
fn columns_of(letter: char) -> usize {
    match u32::from(letter) {
        0x1100..=0x115F
        | 0x2E80..=0xA4CF
        | 0xAC00..=0xD7A3
        | 0xF900..=0xFAFF
        | 0xFE30..=0xFE6F
        | 0xFF00..=0xFF60
        | 0x1F300..=0x1FAFF
        | 0x20000..=0x3FFFD => 2,
        _ => 1,
    }
}

/// A text as XML and HTML write it.
pub(super) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            _ if letter.is_whitespace() => escaped.push(' '),
            _ if letter.is_control() || matches!(letter, '\u{FFFE}' | '\u{FFFF}') => {
                escaped.push(char::REPLACEMENT_CHARACTER);
            }
            _ => escaped.push(letter),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_behind_words() {
        assert_eq!(
            wrap("search_all_sources", 12, 2).lines,
            ["search_all_", "sources"]
        );
        assert_eq!(wrap("if  a ==\nb", 6, 3).lines, ["if a", "== b"]);
        assert_eq!(wrap("abcdefgh", 3, 3).lines, ["abc", "def", "gh"]);
        assert_eq!(wrap("abc", 3, 1).lines, ["abc"]);
    }

    #[test]
    fn what_is_too_long_is_shortened() {
        let wrapped = wrap("one two three four", 6, 2);
        assert_eq!(wrapped.lines, ["one", "two…"]);
        assert!(wrapped.is_shortened);
        assert_eq!(wrap("abcdefgh", 3, 1).lines, ["ab…"]);
        assert!(!wrap("one two", 10, 1).is_shortened);
    }

    #[test]
    fn wide_letters_take_two_columns() {
        assert_eq!(columns("añ"), 2);
        assert_eq!(columns("状態"), 4);
    }

    #[test]
    fn what_xml_reserves_is_escaped() {
        assert_eq!(
            escape("a < b && \"c\" > 'd'\n\u{1}"),
            "a &lt; b &amp;&amp; &quot;c&quot; &gt; &#39;d&#39; \u{FFFD}"
        );
    }
}
