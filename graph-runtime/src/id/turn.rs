//! One turn of one node, and what it asks.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::{InvalidId, MomentId, check_name};

/// One turn of one node: what pending writes, questions and idempotency keys hang on.
///
/// Named by the moment that started it and its place in there, so it is unique everywhere.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct ActivationId {
    /// The moment whose commit started the node.
    pub moment: MomentId,
    /// The place among those which that moment started.
    pub index: u32,
}

impl fmt::Display for ActivationId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.moment, self.index)
    }
}

impl FromStr for ActivationId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let malformed = || InvalidId::Malformed {
            what: "activation",
            text: text.to_owned(),
            form: "01J9ZQ4S7N2K0M4T3V5W6X7Y8Z-0",
        };
        let (moment, index) = text.split_once('-').ok_or_else(malformed)?;
        Ok(Self {
            moment: moment.parse()?,
            index: index.parse().map_err(|_| malformed())?,
        })
    }
}

/// The id of a question: an activation, the item's index where one is asked for each item of a `for`, and
/// the name where a node asks several.
///
/// Its text is `01J9ZQ4S7N2K0M4T3V5W6X7Y8Z-0`, with `.3` for an item and `:size` for a name. An answer
/// carries it, so an answer can only ever reach its own question.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct QuestionId {
    /// The node's turn that asks.
    pub activation: ActivationId,
    /// Which item it asks about, in a `for`.
    pub item: Option<u32>,
    /// What the node calls it, where it asks several.
    pub name: Option<Arc<str>>,
}

impl fmt::Display for QuestionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.activation)?;
        if let Some(item) = self.item {
            write!(f, ".{item}")?;
        }
        match &self.name {
            Some(name) => write!(f, ":{name}"),
            None => Ok(()),
        }
    }
}

impl FromStr for QuestionId {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, InvalidId> {
        let malformed = || InvalidId::Malformed {
            what: "question",
            text: text.to_owned(),
            form: "01J9ZQ4S7N2K0M4T3V5W6X7Y8Z-0",
        };
        let (turn, name) = split_name("question", text)?;
        let (activation, item) = match turn.split_once('.') {
            Some((activation, item)) => (activation, Some(item.parse().map_err(|_| malformed())?)),
            None => (turn, None),
        };
        Ok(Self {
            activation: activation.parse().map_err(|_| malformed())?,
            item,
            name,
        })
    }
}

/// The name of something is all that comes after the first colon.
pub(crate) fn split_name<'a>(
    what: &'static str,
    text: &'a str,
) -> Result<(&'a str, Option<Arc<str>>), InvalidId> {
    match text.split_once(':') {
        Some((rest, name)) => {
            check_name(what, name)?;
            Ok((rest, Some(name.into())))
        }
        None => Ok((text, None)),
    }
}

#[cfg(test)]
mod tests {
    use super::super::{MAX_ID_BYTES, Timestamp};
    use super::*;

    fn question(item: Option<u32>, name: Option<&str>) -> QuestionId {
        QuestionId {
            activation: ActivationId {
                moment: MomentId::at(Timestamp::from_micros(7)),
                index: 3,
            },
            item,
            name: name.map(Arc::from),
        }
    }

    #[test]
    fn text_of_a_question_reads_back_whatever_it_is_called() {
        let names = ["size", ":", "a:b", "a.b", "a/b", "-1", " ", "é\n", ".3:x"];
        for name in names.map(Some).into_iter().chain([None]) {
            for item in [None, Some(0), Some(u32::MAX)] {
                let id = question(item, name);
                assert_eq!(id.to_string().parse(), Ok(id));
            }
        }
    }

    #[test]
    fn a_name_that_not_every_backend_could_store_is_refused() {
        let long = "x".repeat(MAX_ID_BYTES + 1);
        for name in ["", "a\0", &long] {
            let text = question(None, Some(name)).to_string();
            assert!(text.parse::<QuestionId>().is_err(), "{name:?}");
        }
        assert!("01J9ZQ4S7N2K0M4T3V5W6X7Y8Z-".parse::<QuestionId>().is_err());
        assert!(
            "01J9ZQ4S7N2K0M4T3V5W6X7Y8Z-0.:x"
                .parse::<QuestionId>()
                .is_err()
        );
    }

    #[test]
    fn questions_come_by_turn_then_item_then_name() {
        let sorted = [
            question(None, None),
            question(None, Some("a")),
            question(Some(2), None),
            question(Some(2), Some("b")),
            question(Some(10), Some("a")),
        ];
        assert!(sorted.is_sorted());
    }
}
