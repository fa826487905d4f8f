//! Looking one topic up: a graph of its own, which can be run and tested by itself. Where it finds nothing it asks
//! a person for another name.

use std::sync::Arc;

use graph_runtime::prelude::*;

use crate::library::Library;

/// Looks a topic up, under another name if it has to.
#[graph(id = "lookup")]
pub mod lookup {
    use super::*;

    #[state]
    pub struct Lookup {
        #[input(required)]
        #[output]
        pub topic: String,
        #[output]
        pub found: Vec<String>,
        /// What else it is called; nothing where nobody knows.
        #[output]
        pub other_name: Option<String>,
        /// How many sentences have been quoted, of all topics.
        #[reduce(sum)]
        pub quoted: usize,
    }

    #[context]
    pub struct Shelf {
        pub library: Arc<Library>,
    }

    edges! {
        start -> search -> if state.found.is_empty() { name } else { end };
        name -> search_again -> end;
    }

    #[node(writes(found, quoted))]
    fn search(topic: &str, library: &Library) -> (Vec<String>, usize) {
        counted(library.about(topic))
    }

    /// Asked for each topic of which the text doesn't speak.
    #[ask(into = other_name)]
    fn name(topic: String) -> String {
        topic
    }

    #[node(writes(found, quoted))]
    fn search_again(other_name: Option<&str>, library: &Library) -> (Vec<String>, usize) {
        counted(library.about(other_name.unwrap_or_default()))
    }

    fn counted(found: Vec<String>) -> (Vec<String>, usize) {
        let count = found.len();
        (found, count)
    }
}

#[cfg(test)]
mod tests {
    use super::lookup::{Lookup, Node};

    #[test]
    fn only_who_has_found_nothing_asks() {
        let state = |found: &[&str]| {
            let found: Vec<_> = found.iter().map(|found| (*found).to_owned()).collect();
            serde_json::from_value::<Lookup>(serde_json::json!({ "topic": "bees", "found": found }))
                .unwrap()
        };
        assert_eq!(Node::Search.route(&state(&[])), [Node::Name]);
        assert_eq!(Node::Search.route(&state(&["Bees make honey."])), []);
    }
}
