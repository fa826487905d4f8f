//! Fields that are there only sometimes.

use graph_runtime::graph;

/// Has some.
#[graph(id = "cfg")]
pub mod cfg {
    /// The state.
    #[state]
    pub struct Cfg {
        /// Not there.
        #[cfg(windows)]
        #[reduce(append)]
        pub nowhere: Vec<NoSuchType>,
        /// There.
        #[cfg(not(windows))]
        #[input]
        #[output]
        pub there: u32,
        /// Always there.
        #[output]
        pub always: u32,
    }

    edges! { start -> set -> end; }

    #[node(writes(there, always))]
    fn set(there: u32) -> update::Set {
        update::Set::new().there(there + 1).always(1)
    }
}
