#![allow(unused)]

use graph_runtime::prelude::*;

#[graph(id = "test")]
mod test {
    #[state]
    pub struct Test {
        #[input]
        pub x: u32,
        #[unsaved]
        pub y: u32,
    }

    edges! {
        start -> a -> b -> c -> d -> e -> f -> end;
    }

    #[node(retry(tims = 3), timeout = "30")]
    async fn a() {}

    #[node(retry(times = 0, factor = 0.5, not()), timeout(run = "1s", idel = "2s"))]
    async fn b() {}

    #[node(at_most_once, retry(times = 1), cache)]
    async fn c() {}

    #[node(timeout = "30s", cache(ttl = 5), on_error = g)]
    fn d() {}

    #[node(effect, at_most_once, on_error = end)]
    fn e() {}

    #[node(writes(x), cache)]
    fn f(y: u32) -> u32 {
        y
    }
}

fn main() {}
