//! The parts of a graph that are said in JSON, as errors name them.

use std::fmt;

/// What of a graph is said in JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum JsonPart {
    /// What a run is given.
    Input,
    /// What is set by hand.
    Values,
    /// An answer, by its place among those that were given, from 0.
    Answer(usize),
    /// What is asked.
    Question,
    /// What a run gives.
    Output,
    /// What a run tells.
    Event,
    /// What was saved.
    Moment,
}

impl JsonPart {
    fn is_given(self) -> bool {
        matches!(self, Self::Input | Self::Values | Self::Answer(_))
    }

    pub(crate) fn trouble(self) -> &'static str {
        if self.is_given() {
            "can't be read"
        } else {
            "can't be said in JSON"
        }
    }

    pub(crate) fn remedy(self) -> &'static str {
        if self.is_given() {
            "nothing was changed, give what the graph's types take"
        } else {
            "what was done stands"
        }
    }
}

impl fmt::Display for JsonPart {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Input => f.write_str("the input"),
            Self::Values => f.write_str("the values"),
            Self::Answer(0) => f.write_str("the answer"),
            Self::Answer(place) => write!(f, "answer {}", place + 1),
            Self::Question => f.write_str("a question"),
            Self::Output => f.write_str("the output"),
            Self::Event => f.write_str("an event"),
            Self::Moment => f.write_str("a moment"),
        }
    }
}
