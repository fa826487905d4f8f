//! Everything that generated code needs has another meaning here.

use graph_runtime::graph;
use serde::{Deserialize, Serialize};

/// Not the one of std.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Result(pub u32);

/// Not the one of std.
pub struct Box;
/// Not the one of std.
pub struct Vec;
/// Not the one of std.
pub struct String;
/// Not the one of std.
pub struct Option;
/// Not the one of std.
pub struct Future;
/// Not the one of std.
pub struct Arc;
/// Not ours.
pub struct Node;
/// Not ours.
pub struct State;
/// Not ours.
pub struct Update;
/// Not ours.
pub struct Patch;
/// Not the one of std.
pub trait Clone {}
/// Not the one of std.
pub trait Default {}
/// Not the one of std.
pub trait Into {}
/// Not the one of std.
pub trait Iterator {}
/// Not the one of std.
#[allow(non_snake_case)]
#[must_use]
pub fn Some(x: u32) -> u32 {
    x
}
/// Not the one of std.
#[allow(non_snake_case)]
#[must_use]
pub fn Ok(x: u32) -> u32 {
    x
}
/// Not ours.
pub fn call() {}
/// Not ours.
#[must_use]
pub fn returned() -> (Node, State, Update, Patch) {
    (Node, State, Update, Patch)
}

/// Uses them all.
#[graph(id = "shadows")]
pub mod shadows {
    use super::*;

    /// The state.
    #[state]
    pub struct Shadows {
        /// A list of std.
        #[reduce(append)]
        pub words: std::vec::Vec<std::string::String>,
        /// An option of std.
        pub count: std::option::Option<usize>,
        /// A result of the user's.
        pub result: Result,
    }

    edges! {
        start -> count -> if let std::option::Option::Some(1..) = state.count { result } else { none };
        none -> for word in &state.words { each(word) };
        result | each -> end;
    }

    #[node(writes(count))]
    fn count(
        words: &[std::string::String],
    ) -> std::result::Result<std::option::Option<usize>, std::io::Error> {
        std::result::Result::Ok(std::option::Option::Some(words.len()))
    }

    #[node(writes(result))]
    fn result(count: std::option::Option<usize>) -> Result {
        Result(
            count
                .and_then(|count| u32::try_from(count).ok())
                .unwrap_or_default(),
        )
    }

    #[node]
    fn each(word: &str) {
        let _ = word;
    }

    #[node]
    fn none() {}
}
