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
    pub struct Test {}

    edges! {
        start -> a -> b -> c -> end;
        rescue -> end;
    }

    #[subgraph(other::Other, retry(times = 3), on_error = rescu)]
    fn a() -> other::Input {
        other::Input::new()
    }

    #[subgraph(other::Other, timeout = "3s", cache, on_error = rescue)]
    fn b() -> other::Input {
        other::Input::new()
    }

    #[subgraph(other::Other, at_most_once, alias = "a")]
    fn c() -> other::Input {
        other::Input::new()
    }

    #[node]
    fn rescue() {}
}

fn main() {}
