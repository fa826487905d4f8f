use graph_runtime::prelude::*;
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Message {
    pub text: String,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Topic {
    Refund,
    Bug,
    Many(u32),
}

pub struct Llm;

impl Llm {
    pub async fn classify(&self, messages: &[Message]) -> Option<Topic> {
        messages.first().map(|_| Topic::Bug)
    }
}

/// Answers a customer; a person has the last word on refunds.
#[graph(id = "support")]
pub mod support {
    use super::*;

    #[state]
    pub struct Support {
        #[input]
        #[reduce(append)]
        pub messages: Vec<Message>,
        #[reduce(sum)]
        pub turns: u32,
        #[scope(run)]
        pub topic: Option<Topic>,
        #[scope(run)]
        pub approved: Option<bool>,
    }

    #[context]
    pub struct App {
        pub llm: Llm,
    }

    edges! {
        start -> classify -> match state.topic {
            Some(Topic::Refund) => approve,
            Some(Topic::Bug) => {search_docs, search_issues},
            Some(Topic::Many(count)) => for part in 0..count { investigate(part) },
            None => end,
        };
        approve -> if state.approved == Some(true) { refund } else { reply };
        {search_docs, search_issues} -> reply;
        refund | investigate -> reply;
        reply -> close;
        close -> end;
    }

    #[node(writes(topic))]
    async fn classify(messages: &[Message], llm: &Llm) -> Option<Topic> {
        llm.classify(messages).await
    }

    #[ask(into = approved)]
    fn approve(messages: &[Message]) -> String {
        format!("a refund, after {} messages?", messages.len())
    }

    #[node]
    async fn search_docs() {}

    #[node]
    async fn search_issues() {}

    #[node]
    async fn investigate(part: u32) {
        let _ = part;
    }

    #[node]
    async fn refund(messages: &[Message]) {
        let _ = messages;
    }

    #[node(writes(messages, turns))]
    fn reply(state: &Support) -> update::Reply {
        let text = format!("{:?}", state.topic);
        update::Reply::new().messages([Message { text }]).turns(1)
    }

    #[node]
    fn close(state: &Support) {
        let _ = state.turns;
    }
}
