//! Graphs that are seen by few.

use graph_runtime::graph;

#[graph(id = "inner")]
mod inner {
    #[state]
    pub(super) struct Inner {
        pub(super) x: u32,
    }

    edges! { start -> set -> end; }

    #[node(writes(x))]
    fn set() -> u32 {
        1
    }
}

#[graph(id = "unused")]
pub(crate) mod unused {
    #[state]
    pub(crate) struct Unused {
        pub(crate) x: u32,
        y: Option<u32>,
    }

    edges! { start -> ask -> set -> end; }

    #[node(writes(x))]
    fn set(y: Option<u32>) -> u32 {
        y.unwrap_or_default()
    }

    #[ask(into = y)]
    fn ask() -> String {
        "y?".to_owned()
    }
}

/// Runs a graph that only this file sees.
pub async fn run() -> u32 {
    let input = inner::Input::new();
    let outcome = inner::Inner::graph().build().invoke(input).await;
    outcome
        .ok()
        .and_then(graph_runtime::Outcome::done)
        .map_or(0, |output| output.x)
}

/// Runs a graph that only this function sees.
pub async fn run_within_a_function() -> u32 {
    #[graph(id = "local")]
    mod local {
        #[state]
        pub(super) struct Local {
            pub(super) x: u32,
        }

        edges! { start -> set -> end; }

        #[node(writes(x), blocking)]
        fn set() -> u32 {
            2
        }
    }

    let outcome = local::Local::graph()
        .build()
        .invoke(local::Input::new())
        .await;
    outcome
        .ok()
        .and_then(graph_runtime::Outcome::done)
        .map_or(0, |output| output.x)
}
