//! Names that are words of Rust.

use graph_runtime::graph;

/// A graph of them.
#[graph(id = "raw")]
pub mod raw {
    /// The state.
    #[state]
    pub struct Raw {
        /// What is put in.
        pub r#type: u32,
        /// What comes out.
        #[reduce(append)]
        pub r#match: Vec<u32>,
    }

    edges! {
        start -> r#loop -> if state.r#type > 0 { r#for } else { end };
        r#for -> for r#ref in [state.r#type + 1] { r#where(r#ref) };
        r#where -> end;
    }

    #[node]
    fn r#loop(r#type: u32) {
        let _ = r#type;
    }

    #[node(writes(r#match))]
    fn r#for(r#type: &u32) -> update::For {
        update::For::new().r#match([*r#type])
    }

    #[node(writes(r#match))]
    fn r#where(r#ref: u32) -> u32 {
        r#ref
    }
}
