#![allow(unused)]

use graph_runtime::prelude::*;

#[graph(id = "inner")]
pub mod inner {
    use super::*;

    #[state]
    pub struct Inner {
        #[input(required)]
        pub topic: String,
        pub log: Vec<String>,
        pub approved: Option<bool>,
    }

    #[context]
    pub struct Tools {
        pub llm: std::sync::Arc<str>,
    }

    edges! {
        start -> a -> approve -> end;
    }

    #[node(writes(log))]
    fn a(llm: &str) -> Vec<String> {
        vec![llm.to_owned()]
    }

    #[ask(into = approved)]
    fn approve() -> String {
        String::new()
    }
}

pub struct Newest;

impl graph_runtime::Reducer<String> for Newest {
    type Delta = String;

    fn reduce(value: &mut String, delta: String) {
        *value = delta;
    }
}

/// The context lacks `llm`, one field has another type there, another isn't there, the input is none, the output
/// doesn't fit.
#[graph(id = "outer")]
pub mod outer {
    use super::*;

    #[state]
    pub struct Outer {
        pub log: Vec<u32>,
        pub missing: u32,
        #[reduce(Newest)]
        pub topic: String,
        pub found: Option<String>,
    }

    #[context]
    pub struct Tools {
        pub llm: String,
    }

    edges! {
        start -> a -> b -> c -> d -> end;
    }

    #[subgraph(inner::Inner, share(log))]
    fn a() -> inner::Input {
        inner::Input::new("a")
    }

    #[subgraph(inner::Inner, share(missing))]
    fn b() -> inner::Input {
        inner::Input::new("b")
    }

    #[subgraph(inner::Inner, share(topic), into = found)]
    fn c() -> inner::Input {
        inner::Input::new("c")
    }

    #[subgraph(inner::Inner)]
    fn d() -> String {
        String::new()
    }
}

#[graph(id = "asked")]
pub mod asked {
    use super::*;

    #[state]
    pub struct Asked {
        pub found: Option<inner::Output>,
    }

    #[context]
    pub struct Tools {
        pub llm: std::sync::Arc<str>,
    }

    edges! {
        start -> a -> end;
    }

    #[subgraph(inner::Inner, into = found)]
    fn a() -> inner::Input {
        inner::Input::new("a")
    }
}

fn main() {
    let _ = asked::Asked::graph().context(asked::Tools { llm: "".into() }).build();
}
