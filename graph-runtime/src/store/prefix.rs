//! Where in a store something lies: a list of segments, from the outside in.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::id::{InvalidId, MAX_ID_BYTES, check_name};

/// What ends a segment. No name holds it, so nobody's segment runs into the next, and lists of segments sort
/// like their texts.
const END: char = '\0';

/// Where in a store something lies: segments from the outside in, such as `users`, `42`, `facts`.
///
/// A segment may hold any character but NUL, and means itself: there are no separators to escape and no
/// wildcards. Prefixes sort segment by segment, byte by byte. The default one has no segments: the whole
/// store lies below it.
///
/// ```
/// use graph_runtime::Prefix;
///
/// let ada = Prefix::new(["users", "ada"])?;
/// assert!(ada.is_under(&Prefix::new(["users"])?));
/// assert!(!ada.is_under(&Prefix::new(["users", "a"])?));
/// assert_ne!(Prefix::new(["users/ada"])?, ada);
/// # Ok::<(), graph_runtime::InvalidId>(())
/// ```
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Prefix(Arc<str>);

impl Prefix {
    /// A prefix of these segments.
    ///
    /// # Errors
    /// [`InvalidId`] if a segment is empty or holds a NUL, or if all of them, each counted with one byte
    /// more, are longer than [`MAX_ID_BYTES`].
    pub fn new<S: AsRef<str>>(segments: impl IntoIterator<Item = S>) -> Result<Self, InvalidId> {
        Self::default().join(segments)
    }

    /// The prefix with further segments below it.
    ///
    /// # Errors
    /// As for [`Prefix::new`].
    ///
    /// ```
    /// # use graph_runtime::Prefix;
    /// let users = Prefix::new(["users"])?;
    /// assert_eq!(users.join(["ada"])?, Prefix::new(["users", "ada"])?);
    /// # Ok::<(), graph_runtime::InvalidId>(())
    /// ```
    pub fn join<S: AsRef<str>>(
        &self,
        segments: impl IntoIterator<Item = S>,
    ) -> Result<Self, InvalidId> {
        let mut text = self.0.to_string();
        for segment in segments {
            let segment = segment.as_ref();
            check_name("segment", segment)?;
            text.push_str(segment);
            text.push(END);
        }
        if text.len() > MAX_ID_BYTES {
            return Err(InvalidId::TooLong {
                what: "prefix",
                bytes: text.len(),
                limit: MAX_ID_BYTES,
            });
        }
        Ok(Self(text.into()))
    }

    /// The segments, from the outside in.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.0.split_terminator(END)
    }

    /// How many segments there are.
    pub fn depth(&self) -> usize {
        self.segments().count()
    }

    /// Whether it is that prefix, or lies below it.
    pub fn is_under(&self, other: &Self) -> bool {
        self.0.starts_with(&*other.0)
    }

    /// The outermost segments.
    ///
    /// ```
    /// # use graph_runtime::Prefix;
    /// let facts = Prefix::new(["users", "ada", "facts"])?;
    /// assert_eq!(facts.cut(2), Prefix::new(["users", "ada"])?);
    /// # Ok::<(), graph_runtime::InvalidId>(())
    /// ```
    #[must_use]
    pub fn cut(&self, depth: usize) -> Self {
        let kept = self.0.split_inclusive(END).take(depth).map(str::len).sum();
        Self(self.0[..kept].into())
    }

    /// For backends: bytes that sort as prefixes do and tell them apart. Every segment is followed by a NUL.
    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }

    /// For backends: the prefix that such bytes stand for.
    ///
    /// # Errors
    /// [`InvalidId`] if they are not those of a prefix.
    ///
    /// ```
    /// # use graph_runtime::Prefix;
    /// let ada = Prefix::new(["users", "ada"])?;
    /// assert_eq!(Prefix::from_bytes(ada.as_bytes())?, ada);
    /// assert!(Prefix::from_bytes(b"users").is_err());
    /// # Ok::<(), graph_runtime::InvalidId>(())
    /// ```
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, InvalidId> {
        let malformed = || InvalidId::Malformed {
            what: "prefix",
            text: String::from_utf8_lossy(bytes).into_owned(),
            form: "users\\0ada\\0",
        };
        let text = std::str::from_utf8(bytes).map_err(|_| malformed())?;
        if !text.is_empty() && !text.ends_with(END) {
            return Err(malformed());
        }
        Self::new(text.split_terminator(END))
    }

    /// For backends: where the bytes of what lies outside of it and behind it begin. From
    /// [`Prefix::as_bytes`] up to here, without it, are the prefix and all below it.
    pub fn end(&self) -> Vec<u8> {
        let mut end = self.as_bytes().to_vec();
        match end.last_mut() {
            // What ends a segment is the smallest byte there is.
            Some(last) => *last += 1,
            // No text holds this byte.
            None => end.push(u8::MAX),
        }
        end
    }
}

impl Default for Prefix {
    fn default() -> Self {
        Self("".into())
    }
}

/// As a list, so that a segment can't be taken for two.
impl fmt::Display for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.segments()).finish()
    }
}

impl fmt::Debug for Prefix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Serialize for Prefix {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.segments())
    }
}

impl<'de> Deserialize<'de> for Prefix {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let segments = Vec::<String>::deserialize(deserializer)?;
        Self::new(segments).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn prefix(segments: &[&str]) -> Prefix {
        Prefix::new(segments).unwrap()
    }

    #[test]
    fn prefixes_sort_like_their_segments_and_so_do_their_bytes() {
        let mut lists: Vec<&[&str]> = vec![
            &["b"],
            &["a", "b"],
            &["a\u{1}"],
            &["a"],
            &[],
            &["ab"],
            &["a", "\u{10ffff}"],
            &["a/b"],
        ];
        lists.sort_unstable();
        let prefixes: Vec<_> = lists.iter().map(|segments| prefix(segments)).collect();
        assert!(prefixes.is_sorted());
        assert!(prefixes.is_sorted_by_key(Prefix::as_bytes));
    }

    #[test]
    fn the_bytes_of_what_lies_below_are_a_range() {
        let all = [
            prefix(&[]),
            prefix(&["a"]),
            prefix(&["a", "b"]),
            prefix(&["a", "\u{10ffff}", "c"]),
            prefix(&["a\u{1}"]),
            prefix(&["ab"]),
            prefix(&["\u{10ffff}"]),
        ];
        for above in &all {
            let end = above.end();
            for below in &all {
                let inside = (above.as_bytes()..end.as_slice()).contains(&below.as_bytes());
                assert_eq!(inside, below.is_under(above), "{below} under {above}");
            }
        }
    }

    #[test]
    fn what_is_no_prefix_is_refused() {
        let long = "x".repeat(MAX_ID_BYTES);
        for segments in [
            &[""][..],
            &["a", ""],
            &["a\0b"],
            &["\0"],
            &[&*long],
            &["a", &long[2..]],
        ] {
            assert!(Prefix::new(segments).is_err(), "{segments:?}");
        }
        prefix(&[&long[1..]]);
        prefix(&["a", &long[3..]]);
        for bytes in [&b"a"[..], b"\0", b"a\0\0", b"\xff\0"] {
            assert!(Prefix::from_bytes(bytes).is_err(), "{bytes:?}");
        }
    }

    #[test]
    fn a_prefix_is_written_as_a_list() {
        let facts = prefix(&["users", "a\"b"]);
        let text = serde_json::to_string(&facts).unwrap();
        assert_eq!(text, r#"["users","a\"b"]"#);
        assert_eq!(serde_json::from_str::<Prefix>(&text).unwrap(), facts);
        assert!(serde_json::from_str::<Prefix>(r#"["a\u0000b"]"#).is_err());
        assert_eq!(facts.to_string(), r#"["users", "a\"b"]"#);
    }
}
