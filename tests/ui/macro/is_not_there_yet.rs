#![allow(unused)]

use graph_runtime::prelude::*;

#[graph(id = "test")]
mod test {
    #[state]
    pub struct Test {
        #[secret]
        pub token: String,
    }

    edges! {
        start -> a -> d -> end;
    }

    #[node(retry(times = 3), timeout = "30s", on_error = d)]
    fn a() {}

    #[node(effect, cache, retry = 3)]
    fn d() {}
}

fn main() {}
