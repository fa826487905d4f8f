//! Secrets of every form, of types that can't be shown, in a state that is derived as far as it may be.

use graph_runtime::graph;

/// Has them.
#[graph(id = "secrets")]
pub mod secrets {
    use std::collections::{BTreeMap, HashMap, HashSet};

    use serde::{Deserialize, Serialize};

    use crate::hygiene_cases::forms::plain::Plain;

    /// The state.
    #[state]
    #[derive(Clone, Serialize, Deserialize)]
    pub struct Secrets {
        /// Can't be shown.
        #[secret]
        #[input]
        pub plain: Plain,
        /// Has no order.
        #[secret]
        #[reduce(merge)]
        #[input]
        pub map: HashMap<String, u32>,
        /// Has none either.
        #[secret]
        #[serde(rename = "old")]
        pub set: HashSet<u32>,
        /// Not there.
        #[cfg(windows)]
        #[secret]
        pub nowhere: NoSuchType,
        /// There.
        #[cfg(not(windows))]
        #[secret]
        #[input]
        pub there: u32,
        /// A keyword.
        #[secret]
        pub r#type: BTreeMap<usize, Plain>,
        /// No secret.
        #[input]
        pub names: Vec<String>,
    }

    edges! {
        start -> set -> for name in &state.names { ask(name) };
        ask -> end;
    }

    #[node(writes(set, there))]
    fn set(there: u32, plain: &Plain) -> update::Set {
        update::Set::new().set([plain.x].into()).there(there + 1)
    }

    #[ask(into = r#type)]
    fn ask(name: &str) -> String {
        name.to_owned()
    }
}
