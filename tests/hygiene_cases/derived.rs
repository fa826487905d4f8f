//! A state whose author derives more than is needed.

use graph_runtime::graph;

/// Has one.
#[graph(id = "derived")]
pub mod derived {
    use serde::{Deserialize, Serialize};

    /// The state.
    #[state]
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    pub struct Derived {
        /// Stored by another name.
        #[serde(rename = "old", default)]
        pub x: u32,
    }

    impl Default for Derived {
        fn default() -> Self {
            Self { x: 1 }
        }
    }

    edges! { start -> set -> end; }

    #[node(writes(x))]
    fn set() -> Result<u32, Box<dyn std::error::Error + Send + Sync>> {
        Ok(2)
    }
}
