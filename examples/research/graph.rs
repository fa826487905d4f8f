//! A briefing: each topic is looked up by a graph of its own, several at a time; what they find is put together.

use std::fmt::Write as _;
use std::sync::Arc;

use graph_runtime::prelude::*;

use crate::library::Library;
use crate::search::lookup;

/// Looks topics up and writes a briefing on them.
#[graph(id = "briefing")]
pub mod briefing {
    use super::*;

    #[state]
    pub struct Briefing {
        #[input]
        pub topics: Vec<String>,
        #[scope(run)]
        #[reduce(append)]
        pub sections: Vec<lookup::Output>,
        #[scope(run)]
        #[reduce(sum)]
        pub quoted: usize,
        #[output]
        pub text: String,
    }

    #[context]
    pub struct Shelf {
        pub library: Arc<Library>,
    }

    edges! {
        start -> for topic in &state.topics, limit = 3 { look_up(topic) };
        look_up -> write -> end;
    }

    /// What it finds becomes a section; what it quotes is counted here too.
    #[subgraph(lookup::Lookup, share(quoted), into = sections)]
    fn look_up(topic: &str) -> lookup::Input {
        lookup::Input::new(topic)
    }

    #[node(writes(text))]
    fn write(sections: &[lookup::Output], quoted: usize) -> String {
        let mut text = String::new();
        for lookup::Output {
            topic,
            found,
            other_name,
        } in sections
        {
            let name = other_name.as_deref().filter(|name| !name.is_empty());
            let name = name.map(|name| format!(" ({name})")).unwrap_or_default();
            let _ = writeln!(text, "# {topic}{name}\n");
            if found.is_empty() {
                text.push_str("Nothing is said about it.\n");
            }
            for sentence in found {
                let _ = writeln!(text, "- {sentence}");
            }
            text.push('\n');
        }
        let _ = write!(text, "{quoted} sentences quoted.");
        text
    }
}
