#![allow(unused)]

use graph_runtime::prelude::*;

#[graph(id = "test")]
mod test {
    #[state]
    pub struct Test {
        pub x: Option<u32>,
    }

    edges! {
        start -> a -> b -> end;
        c -> d -> c;
    }

    #[node]
    fn a() {}

    #[node]
    fn b() {}

    #[node]
    fn c() {}

    #[node]
    fn d() {}
}

fn main() {}
