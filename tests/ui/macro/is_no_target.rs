#![allow(unused)]

use graph_runtime::prelude::*;

#[graph(id = "test")]
mod test {
    #[state]
    pub struct Test {
        pub x: Option<u32>,
    }

    edges! {
        start -> a -> b | c;
        b -> {d, end};
        c -> {d, d};
        d -> {};
        e -> start;
        end -> a;
    }

    #[node]
    fn a() {}

    #[node]
    fn b() {}

    #[node]
    fn c() {}

    #[node]
    fn d() {}

    #[node]
    fn e() {}
}

fn main() {}
