//! What is said in a conversation.

use serde::{Deserialize, Serialize};

/// Something that was said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    pub role: Role,
    pub text: String,
}

/// Who said it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    Customer,
    Desk,
}

impl Message {
    pub fn from_customer(text: impl Into<String>) -> Self {
        Self {
            role: Role::Customer,
            text: text.into(),
        }
    }

    pub fn from_desk(text: impl Into<String>) -> Self {
        Self {
            role: Role::Desk,
            text: text.into(),
        }
    }
}

/// What the customer has said since the desk spoke last.
pub fn unanswered(messages: &[Message]) -> String {
    let spoken = messages
        .iter()
        .rposition(|message| message.role == Role::Desk);
    let since = spoken.map_or(0, |place| place + 1);
    let texts: Vec<_> = messages[since..]
        .iter()
        .map(|message| message.text.as_str())
        .collect();
    texts.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_answered_is_left_out() {
        let said = [
            Message::from_customer("hello"),
            Message::from_desk("good day"),
            Message::from_customer("one"),
            Message::from_customer("two"),
        ];
        assert_eq!(unanswered(&said), "one\ntwo");
        assert_eq!(unanswered(&said[..2]), "");
        assert_eq!(unanswered(&said[..1]), "hello");
    }
}
