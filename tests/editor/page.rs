//! The text that the tests ask about: one graph, whole or with one fault, changed where a test has its cursor.

use std::fmt;

/// The mark for the cursor in a text; the server never sees it.
pub(crate) const CURSOR: &str = "$0";

const GRAPH: &str = include_str!("fixture.rs");

/// What may be wrong elsewhere in the graph: what it is, the sound words, the wrong ones. No test asks about these places.
const FAULTS: [(&str, &str, &str); 11] = [
    ("nothing wrong", "", ""),
    ("an unknown node", "close -> end;", "close -> nobody;"),
    (
        "a statement too many",
        "close -> end;",
        "close -> end; close -> end;",
    ),
    (
        "a join that is never complete",
        "close -> end;",
        "close -> end; {refund, close} -> reply;",
    ),
    ("an arrow to nowhere", "close -> end;", "close -> ;"),
    ("an arrow to nowhere, unclosed", "close -> end;", "close ->"),
    (
        "a condition that breaks off",
        "close -> end;",
        "close -> if state. { end } else { end };",
    ),
    (
        "a route that breaks off",
        "close -> end;",
        "close -> match state.",
    ),
    (
        "a body that breaks off",
        "let _ = state.turns;",
        "let _ = state.",
    ),
    (
        "a parameter without its type",
        "fn refund(messages: &[Message])",
        "fn refund(messages: )",
    ),
    (
        "a field that doesn't exist",
        "#[node]\n    fn close",
        "#[node(writes(nothing))]\n    fn close",
    ),
];

/// A text with a cursor in it.
#[derive(Clone, Copy)]
pub(crate) struct Page {
    fault: (&'static str, &'static str, &'static str),
}

impl Page {
    /// The sound graph, then one with each fault.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        FAULTS.into_iter().map(|fault| Self { fault })
    }

    /// The text with a cursor where `place` has it.
    pub(crate) fn at(self, place: &str) -> String {
        self.with(&place.replace(CURSOR, ""), place)
    }

    /// The text with `new`, in which the cursor is, in the place of `old`.
    pub(crate) fn with(self, old: &str, new: &str) -> String {
        let (_, sound, wrong) = self.fault;
        replace_one(&replace_one(GRAPH, sound, wrong), old, new)
    }

    pub(crate) fn is_sound(self) -> bool {
        self.fault.1.is_empty()
    }
}

impl fmt::Display for Page {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(self.fault.0)
    }
}

/// A test whose words have gone from the fixture, or stand there twice, would prove nothing.
fn replace_one(text: &str, old: &str, new: &str) -> String {
    if old.is_empty() {
        return text.to_owned();
    }
    assert_eq!(text.matches(old).count(), 1, "in the fixture: {old}");
    text.replace(old, new)
}
