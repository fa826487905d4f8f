#![allow(unused)]

use graph_runtime::prelude::*;

#[graph(id = "test")]
mod test {
    #[state]
    pub struct Test {
        #[secret]
        pub token: String,
        pub approved: Option<bool>,
    }

    edges! {
        start -> a -> b -> c -> d -> end;
    }

    #[node(retry(times = 3), timeout = "30s", on_error = d)]
    fn a() {}

    #[ask(into = approved)]
    fn b() -> String {
        String::new()
    }

    #[subgraph(other::Other, into = token)]
    fn c() -> other::Input {
        other::Input::new()
    }

    #[node(effect, cache, retry = 3)]
    fn d() {}
}

fn main() {}
