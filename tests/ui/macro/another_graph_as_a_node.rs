#![allow(unused)]

use graph_runtime::prelude::*;

#[graph(id = "other")]
pub mod other {
    #[state]
    pub struct Other {
        pub log: Vec<String>,
    }

    edges! {
        start -> a -> end;
    }

    #[node]
    fn a() {}
}

#[graph(id = "test")]
pub mod test {
    use super::other;

    #[state]
    pub struct Test {
        #[reduce(append)]
        pub log: Vec<String>,
        #[unsaved]
        pub cache: u32,
        #[input]
        pub list: Vec<u32>,
        pub plain: u32,
    }

    edges! {
        start -> {a, b} -> c -> for part in &state.list { d(part) };
        d -> e -> end;
    }

    #[subgraph(into = log)]
    fn a() -> other::Input {
        other::Input::new()
    }

    #[subgraph(other::Other, share(logs, cache), into = lg)]
    fn b() -> other::Input {
        other::Input::new()
    }

    #[subgraph(other::Other, share(log, log), writes(log))]
    fn c() {}

    #[subgraph(other::Other, memory)]
    fn d(part: &u32) -> other::Input {
        other::Input::new()
    }

    #[subgraph(Test)]
    fn e() -> Input {
        Input::new()
    }
}

#[graph(id = "race")]
pub mod race {
    use super::other;

    #[state]
    pub struct Race {
        pub log: Vec<String>,
    }

    edges! {
        start -> {a, b} -> c -> end;
    }

    #[subgraph(other::Other, share(log))]
    fn a() -> other::Input {
        other::Input::new()
    }

    #[subgraph(other::Other, share(log))]
    fn b() -> other::Input {
        other::Input::new()
    }

    #[node]
    fn c() {}
}

fn main() {}
