//! The graphs: a conversation, and what somebody thinks of it. Both live in one database, each under its own id.

use graph_runtime::prelude::*;

/// Talks about what was said.
#[graph(id = "chat")]
pub mod chat {
    /// A conversation.
    #[state]
    pub struct Chat {
        #[input]
        pub said: String,
        /// Who said what, in turns.
        #[reduce(append)]
        pub messages: Vec<String>,
    }

    edges! { start -> hear -> reply -> end; }

    #[node(writes(messages))]
    fn hear(said: &str) -> String {
        format!("you: {said}")
    }

    #[node(writes(messages))]
    fn reply(messages: &[String], said: &str) -> String {
        let before = messages.len() / 2;
        match before {
            0 => format!("desk: welcome; what about `{said}`?"),
            1 => format!("desk: after one word more, `{said}`"),
            _ => format!("desk: after {before} words more, `{said}`"),
        }
    }
}

/// Asks how it was, and waits for the answer for as long as it takes.
#[graph(id = "survey")]
pub mod survey {
    /// What somebody thinks.
    #[state]
    pub struct Survey {
        #[input(required)]
        pub about: String,
        pub stars: Option<u8>,
    }

    edges! { start -> ask -> end; }

    #[ask(into = stars)]
    fn ask(about: &str) -> String {
        format!("how many stars for {about}?")
    }
}
