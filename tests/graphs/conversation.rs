//! A conversation: what was said grows from turn to turn, the topic is decided anew in each.

use std::sync::Arc;

use graph_runtime::prelude::*;
use serde::{Deserialize, Serialize};

/// Something that was said.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    /// What it is found by.
    pub id: u64,
    /// Who said it.
    pub role: Role,
    /// What was said.
    pub text: String,
}

/// Who said something.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// The person.
    User,
    /// The assistant.
    Assistant,
}

/// What a turn is about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Topic {
    /// Something that documents answer.
    Question(String),
    /// Nothing in particular.
    Smalltalk,
}

/// A model that answers.
pub trait Model: Send + Sync {
    /// Its next message.
    fn complete(&self, messages: &[Message], notes: &[String]) -> String;
}

/// Talks with a person over any number of turns.
#[graph(id = "conversation")]
pub mod conversation {
    use super::*;

    /// What is known of the conversation.
    #[state]
    pub struct Conversation {
        /// Everything that was said.
        #[input]
        #[reduce(upsert(key = id))]
        pub messages: Vec<Message>,
        /// How many turns there were.
        #[reduce(sum)]
        pub turns: u32,
        /// What this turn is about.
        #[scope(run)]
        pub topic: Option<Topic>,
        /// What was found for this turn.
        #[scope(run)]
        #[reduce(append)]
        pub notes: Vec<String>,
        /// How the assistant speaks.
        #[default("plainly".to_owned())]
        pub tone: String,
    }

    /// What the nodes use.
    #[context]
    pub struct App {
        /// The model.
        pub model: Arc<dyn Model>,
        /// What can be looked up.
        pub library: Vec<String>,
    }

    edges! {
        start -> classify -> match &state.topic {
            Some(Topic::Question(text)) if !text.is_empty() => {search_library, search_memory},
            Some(Topic::Question(_) | Topic::Smalltalk) => reply,
            None => end,
        };
        /// Answers once both have looked.
        {search_library, search_memory} -> reply -> end;
    }

    /// Decides what the turn is about.
    #[node(writes(topic))]
    fn classify(messages: &[Message]) -> Option<Topic> {
        let last = messages.last()?;
        Some(if last.text.ends_with('?') {
            Topic::Question(last.text.trim_end_matches('?').to_owned())
        } else {
            Topic::Smalltalk
        })
    }

    #[node(writes(notes))]
    async fn search_library(topic: Option<&Topic>, library: &[String]) -> Vec<String> {
        let Some(Topic::Question(text)) = topic else {
            return Vec::new();
        };
        library
            .iter()
            .filter(|entry| entry.contains(text.as_str()))
            .cloned()
            .collect()
    }

    #[node(writes(notes))]
    fn search_memory(state: &Conversation) -> Option<String> {
        state
            .messages
            .iter()
            .rev()
            .nth(1)
            .map(|message| message.text.clone())
    }

    #[node(writes(messages, turns))]
    fn reply(
        messages: &[Message],
        notes: &[String],
        model: &dyn Model,
        tone: &str,
    ) -> update::Reply {
        let text = format!("{} ({tone})", model.complete(messages, notes));
        let id = messages.len() as u64 + 1;
        update::Reply::new()
            .messages([Message {
                id,
                role: Role::Assistant,
                text,
            }])
            .turns(1)
    }
}
