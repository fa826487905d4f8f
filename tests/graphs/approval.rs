//! An approval with a loop: a draft goes back until a person is content, or gives up.

use graph_runtime::prelude::*;
use serde::{Deserialize, Serialize};

/// What the person is asked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Review {
    /// The text in question.
    pub draft: String,
    /// How often it was written.
    pub attempt: u32,
}

/// What the person says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub enum Verdict {
    /// Publish it.
    Accept,
    /// Write it again, like this.
    Change(String),
    /// Forget it.
    Reject,
}

/// Writes until somebody is content.
#[graph(id = "approval")]
pub mod approval {
    use super::*;

    /// The text and what was said about it.
    #[state]
    pub struct Approval {
        /// What the text is about.
        #[input(required)]
        pub subject: String,
        /// The text.
        #[output]
        pub draft: String,
        /// How often it was written.
        #[reduce(sum)]
        #[output]
        pub attempts: u32,
        /// What the person said last.
        pub verdict: Option<Verdict>,
        /// Whether it was published.
        #[output]
        pub published: bool,
    }

    edges! {
        start -> write -> ask -> match &state.verdict {
            Some(Verdict::Accept) => publish,
            Some(Verdict::Change(_)) if state.attempts < 5 => write,
            _ => end,
        };
        publish -> end;
    }

    #[node(writes(draft, attempts))]
    async fn write(subject: &str, draft: &str, verdict: Option<&Verdict>) -> (String, u32) {
        let text = match verdict {
            Some(Verdict::Change(how)) => format!("{draft}, {how}"),
            _ => format!("about {subject}"),
        };
        (text, 1)
    }

    /// The run stops here until somebody answers.
    #[ask(into = verdict)]
    fn ask(draft: String, attempts: u32) -> Review {
        Review {
            draft,
            attempt: attempts,
        }
    }

    #[node(writes(published))]
    fn publish() -> bool {
        true
    }
}
