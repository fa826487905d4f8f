#![allow(unused)]

use graph_runtime::prelude::*;

#[graph(id = "test")]
mod test {
    #[state]
    pub struct Test {
        pub x: Option<u32>,
    }

    edges! {
        start -> a -> {b, c};
        {b, c} -> end;
        {b, c} -> {d, a};
        {start, b if state.x.is_some()} -> d;
        d -> end;
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
