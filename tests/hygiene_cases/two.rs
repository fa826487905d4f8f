//! Two graphs in one file, and one that stores its fields by other names.

use std::collections::HashMap;

use graph_runtime::graph;

/// The first.
#[graph(id = "one")]
pub mod one {
    use super::*;

    /// Its state.
    #[state]
    pub struct One {
        /// Its field.
        #[serde(rename = "y", alias = "was")]
        pub x: u32,
        /// Not stored.
        #[unsaved]
        pub cache: Option<String>,
        /// Stored in order.
        #[reduce(merge)]
        pub many: HashMap<String, u32>,
    }

    edges! { start -> set -> end; }

    #[node(writes(x, cache, many))]
    fn set() -> (u32, Option<String>, HashMap<String, u32>) {
        (1, None, HashMap::from([("a".to_owned(), 1)]))
    }
}

/// The second.
#[graph(id = "other")]
pub mod other {
    /// Its state.
    #[state]
    pub struct Other {
        /// Its field.
        pub x: u32,
    }

    edges! { start -> set -> end; }

    #[node(writes(x), spawn)]
    async fn set() -> u32 {
        2
    }
}
