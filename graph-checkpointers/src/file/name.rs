//! Names as those of files: any name becomes a safe one, and no two become the same.
//!
//! What is written here holds `a-z 0-9 _ - %`, and `~` where it was too long. Files and directories of the
//! store's own hold a `.`, a `~` at their beginning or a `+`, so nothing that a user names is taken for one.

use xxhash_rust::xxh3::xxh3_128;

/// The longest name as it is written; file systems take 255 bytes, with an ending.
const LONGEST: usize = 200;

/// How much of a longer one can still be read.
const READABLE: usize = 120;

/// What stands between what can be read of a long name and its hash.
const SHORTENED: char = '~';

const DIGITS: &[u8; 16] = b"0123456789abcdef";

/// The name of the file or directory for a name.
pub(super) fn encode(name: &str) -> String {
    let text = escape(name);
    if text.len() <= LONGEST {
        return text;
    }
    shorten(&text, name)
}

/// The name of the directory for a path: its steps, each with what marks it in front.
pub(super) fn encode_path(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    for step in path.split('/') {
        text.push(STEP);
        text += &escape(step);
    }
    if text.len() <= LONGEST {
        return text;
    }
    shorten(&text, path)
}

/// What begins each step of a path.
pub(super) const STEP: char = '+';

/// The name that was written; `None` for one that was shortened, which is told in the files.
pub(super) fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'%' => {
                let digits = [rest.next()?, rest.next()?];
                let digits = std::str::from_utf8(&digits).ok()?;
                bytes.push(u8::from_str_radix(digits, 16).ok()?);
            }
            byte if is_plain(byte) => bytes.push(byte),
            _ => return None,
        }
    }
    String::from_utf8(bytes).ok()
}

/// The path that was written; `None` for one that was shortened.
pub(super) fn decode_path(text: &str) -> Option<String> {
    let steps: Option<Vec<_>> = text.strip_prefix(STEP)?.split(STEP).map(decode).collect();
    Some(steps?.join("/"))
}

fn escape(name: &str) -> String {
    let is_device = is_device(name);
    let mut text = String::with_capacity(name.len());
    for (place, byte) in name.bytes().enumerate() {
        if is_plain(byte) && !(is_device && place == 0) {
            text.push(char::from(byte));
        } else {
            text.push('%');
            text.extend([byte >> 4, byte & 15].map(|digit| char::from(DIGITS[usize::from(digit)])));
        }
    }
    text
}

/// Capital letters are not plain: some disks don't tell them from small ones.
fn is_plain(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_' | b'-')
}

/// What Windows takes for a device wherever it lies.
fn is_device(name: &str) -> bool {
    let numbered = |kind: &str| {
        let number = name.strip_prefix(kind);
        number.is_some_and(|number| number.len() == 1 && number.as_bytes()[0].is_ascii_digit())
    };
    matches!(name, "con" | "prn" | "aux" | "nul") || numbered("com") || numbered("lpt")
}

fn shorten(text: &str, name: &str) -> String {
    let readable = &text[..READABLE];
    // No half of an escape at the end.
    let end = match readable.rfind('%') {
        Some(escape) if escape + 3 > READABLE => escape,
        _ => READABLE,
    };
    format!(
        "{}{SHORTENED}{:032x}",
        &text[..end],
        xxh3_128(name.as_bytes())
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_reads_back_and_is_safe() {
        let names = [
            "a", "A", "..", ".", "a/b", "a\\b", "con", "com1", "com12", "nul.json", "~", "+a",
            "%2f", "é", "\n",
        ];
        for name in names {
            let text = encode(name);
            assert_eq!(decode(&text).as_deref(), Some(name));
            let is_safe = |byte| is_plain(byte) || byte == b'%';
            assert!(text.bytes().all(is_safe) && !is_device(&text), "{text}");
        }
    }

    #[test]
    fn a_long_name_is_shortened_and_stays_its_own() {
        for (one, other) in [("x", "y"), ("'", "\""), ("ab'", "ab\"")] {
            let long = "'".repeat(100);
            let (one, other) = (
                encode(&format!("{long}{one}")),
                encode(&format!("{long}{other}")),
            );
            assert!(one.len() <= LONGEST && one != other);
            assert_eq!(decode(&one), None);
        }
    }

    #[test]
    fn a_path_reads_back() {
        for path in ["a", "a/b", "+/~", "A/%"] {
            assert_eq!(decode_path(&encode_path(path)).as_deref(), Some(path));
        }
        assert_ne!(encode_path("a/b"), encode_path("a+b"));
        assert!(encode_path(&"X/".repeat(500)).starts_with(STEP));
    }
}
